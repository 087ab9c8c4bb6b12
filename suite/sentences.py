"""Pieces of sentences for people."""

from __future__ import annotations

from collections.abc import Sequence

_MOST = 10


def count_noun(number: int, noun: str) -> str:
    """Return `1 case`, `2 cases`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def join_some(names: Sequence[str]) -> str:
    """Return the first ten names, and how many more there are."""
    more = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {more} more" if more > 0 else "")
