"""Puts lines of a training command on the terminal, with nothing in them that it would obey."""

from __future__ import annotations

import sys
from typing import NoReturn, TextIO

import typer

from suite.sinks import encodable, log_safe, terminal_safe


def say(text: str, stream: TextIO | None = None) -> None:
    r"""Print text line by line.

    Args:
        text: Anything; only `\n` ends a line.
        stream: None: standard output.
    """
    out = stream or sys.stdout
    for line in text.split("\n"):
        print(encodable(log_safe(terminal_safe(line)), out.encoding), file=out, flush=True)


def refuse(command: str, problems: str) -> NoReturn:
    """Print problems, a line each, and end with exit status 2.

    Raises:
        typer.Exit: Always.
    """
    for line in problems.split("\n"):
        say(f"train {command}: {line}", sys.stderr)
    raise typer.Exit(2)
