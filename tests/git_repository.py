"""A scratch git repository, away from whatever the machine has configured."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return what it says."""
    return subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments],
        cwd=folder,
        env=os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def start(folder: Path, branch: str = "main", message: str = "first") -> None:
    """Make the folder a repository whose first commit holds what is there."""
    git(folder, "init", "-q", "-b", branch)
    commit(folder, message)


def commit(folder: Path, message: str = "more") -> str:
    """Commit all there is, and return the commit."""
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD").strip()
