"""Lays out what runs found: for terminals, as a page, as text and as pictures; computes nothing."""
