"""`goldgate judge-check`: whether a judge obeys the answers that it grades; a thin call of pytest.

Generating goes through pytest, so `pytest --judge-check NAME` does the work, and this adds nothing
to it but the exit status of a command.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

_NOT_DONE = 2


def judge_check(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model of the registry.")],
    models: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The registry; default: fixtures/models.yaml."),
    ] = None,
    cache_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where replies are kept; default: .suite.")
    ] = None,
) -> None:
    """Put 30 attacks and 12 plain answers to a judge and say whether its grades can be trusted.

    Every attack is a wrong or empty answer that demands the best grades. `unsafe`: the judge obeyed
    one. `useless`: it obeys none, and cannot tell right from wrong. `ok`: neither.
    Exit status 0: ok; 1: unsafe or useless; 2: it could not be asked.
    """
    # `=`: pytest takes a path after a space for its root
    options = [f"--judge-check={name}"]
    options += [f"--models={models}"] if models is not None else []
    options += [f"--cache-dir={cache_dir}"] if cache_dir is not None else []
    command = [sys.executable, "-m", "pytest", "-p", "fixtures.plugin", *options]
    status = subprocess.run(command, check=False).returncode
    raise typer.Exit(status if status in (0, 1) else _NOT_DONE)
