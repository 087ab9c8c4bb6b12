"""Ends a command that cannot be carried out: the problems on standard error, exit status 2."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

_MOST_PROBLEMS = 40


@contextmanager
def refusing(command: str, cases: Path | None = None, allow_code: bool = False) -> Iterator[None]:
    """Turn bad input into exit status 2, one line per problem.

    Args:
        command: Which is carried out within.
        cases: `--cases`, whose own tasks are known meanwhile.
        allow_code: `--allow-code`, without which they are not.
    """
    from suite.errors import InputError

    try:
        if cases is None and not allow_code:
            yield
            return
        from suite.own_tasks import own_tasks

        with own_tasks(cases, allow_code):
            yield
    except InputError as error:
        for problem in error.problems[:_MOST_PROBLEMS]:
            for line in problem.splitlines():
                _say(command, line)
        if (more := len(error.problems) - _MOST_PROBLEMS) > 0:
            _say(command, f"and {more} more problems")
        raise typer.Exit(2) from None
    except OSError as error:
        # the second is the target of a move, which is the name that was given
        name = error.filename2 or error.filename
        where = f"{name}: " if name else ""
        _say(command, f"{where}{error.strerror or error}")
        raise typer.Exit(2) from None


def _say(command: str, line: str) -> None:
    from suite.sinks import log_safe, terminal_safe

    typer.echo(log_safe(f"goldgate {command}: {terminal_safe(line)}"), err=True)
