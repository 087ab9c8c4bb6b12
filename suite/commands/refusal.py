"""Ends a command that cannot be carried out: the problems on standard error, exit status 2."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer


@contextmanager
def refusing(command: str) -> Iterator[None]:
    """Turn bad input into exit status 2, one line per problem."""
    from suite.errors import InputError

    try:
        yield
    except InputError as error:
        for problem in error.problems:
            for line in problem.splitlines():
                _say(command, line)
        raise typer.Exit(2) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _say(command, f"{where}{error.strerror or error}")
        raise typer.Exit(2) from None


def _say(command: str, line: str) -> None:
    from suite.sinks import log_safe, terminal_safe

    typer.echo(log_safe(f"goldgate {command}: {terminal_safe(line)}"), err=True)
