"""`goldgate new-task`: writes the files of a task of one's own, ready to be run and then filled."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from suite.commands.arguments import AllowCode
from suite.commands.pasting import write_call
from suite.commands.refusal import refusing


def new_task(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Small letters, digits and `_`.")],
    cases: Annotated[
        Path, typer.Option(metavar="DIR", help="The folder for it, made where missing.")
    ] = Path("cases"),
    allow_code: AllowCode = False,
) -> None:
    """Write a task of one's own: two cases, a scorer and a gate that run as they are.

    NAME.yaml is made, scorers.py and gates.yaml are made or added to; nothing is replaced. Adding
    to a scorers.py that is there wants --allow-code, because all of it is tried first.
    Exit status 0: written; 2: it could not be done, and nothing was written.
    """
    with refusing("new-task"):
        from suite.sinks import log_safe, terminal_safe
        from suite.task_skeleton import write_task
        from suite.whole_file import write_whole

        def say(text: str) -> None:
            typer.echo(log_safe(terminal_safe(text)))

        files = write_task(name, cases, allow_code)
        is_new = {path: not path.exists() for path in files}
        for path, text in files.items():
            write_whole(path, text)
            say(f"{'written' if is_new[path] else 'added to'}: {path}")
        call = write_call(["pytest", "-m", name], cases, allow_code=True)
        say(f"next: write what it asks and how it judges, then: {call}")
