"""Loads the pytest plugin of this repository, and pytester, which its own tests use."""

pytest_plugins = ["fixtures.plugin", "pytester"]
