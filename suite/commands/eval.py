"""`goldgate eval`: runs pytest as an evaluation file says; what it does is pytest's alone."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from suite.checkout import ROOT
from suite.commands.refusal import refusing


def eval_(
    config: Annotated[Path, typer.Option(metavar="FILE", help="What is asked of which models.")],
    more: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- ARGUMENT...]", help="Further arguments of pytest, after --."),
    ] = None,
    show: Annotated[
        bool, typer.Option("--show", help="Print the command instead of running it.")
    ] = False,
) -> None:
    """Run an evaluation that is written down in a file: `task`, `models`, `output_dir`, and more.

    It calls pytest in goldgate's checkout. Paths in the file are relative to the file.
    Exit status: 2 when the file is wrong, else pytest's (0 passed, 1 failed, 4 wrong input).
    """
    with refusing("eval"):
        from suite.eval_config import load_eval, locate, pytest_arguments
        from suite.own_tasks import own_tasks
        from suite.tasks import TASKS

        found = load_eval(config)
        cases = None if found.cases is None else locate(found.cases, config)
        with own_tasks(cases, found.allow_code):
            arguments = pytest_arguments(found, config, TASKS)
    command = [sys.executable, "-m", "pytest", *arguments, *(more or ())]
    if show:
        _print(command)
        return
    raise typer.Exit(_run(command))


def _run(command: list[str]) -> int:
    with subprocess.Popen(command, cwd=ROOT) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:  # pytest gets it, too, and ends its session in order
                continue


def _print(command: list[str]) -> None:
    from suite.sinks import log_safe, terminal_safe

    typer.echo(log_safe(terminal_safe(f"cd {shlex.quote(str(ROOT))} && {shlex.join(command)}")))
