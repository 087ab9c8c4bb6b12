"""Loads the pytest plugin of this repository, nothing else."""

pytest_plugins = ["fixtures.plugin"]
