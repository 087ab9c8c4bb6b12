"""`goldgate new-case`: adds a case to the file of a task, ready to be run and then filled."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from suite.commands.arguments import AllowCode
from suite.commands.pasting import write_call
from suite.commands.refusal import refusing


def new_case(
    task: Annotated[str, typer.Argument(metavar="TASK", help="Whose file it goes into.")],
    cases: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The case files; default: suite/cases.")
    ] = None,
    allow_code: AllowCode = False,
    case_id: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="Of the case; default: a fresh one.")
    ] = None,
) -> None:
    """Add a case with every key that its task wants, at the end of the task's file.

    The rest of the file is kept as it is, to the character.
    Exit status 0: added; 2: it could not be done, and nothing was written.
    """
    with refusing("new-case", cases, allow_code):
        from suite.case_skeleton import add_case
        from suite.errors import InputError, unknown
        from suite.own_tasks import OWN_HINT
        from suite.sinks import log_safe, terminal_safe
        from suite.tasks import TASKS
        from suite.whole_file import write_whole_bytes

        if task not in TASKS:
            raise InputError(f"{unknown('task', task, TASKS)}; {OWN_HINT}")
        folder = Path(__file__).parents[1] / "cases" if cases is None else cases
        path = folder / f"{task}.yaml"
        try:
            text = path.read_bytes().decode("utf-8")  # line ends as they are
        except FileNotFoundError:
            raise InputError(f"{path}: no such file") from None
        except UnicodeDecodeError as error:
            raise InputError(f"{path}: cannot be read as UTF-8 text: {error}") from None
        made = add_case(text, path, TASKS[task], case_id)
        write_whole_bytes(path, made.text.encode())
        call = write_call(["pytest", "-m", task, "-k", made.id], cases, allow_code)
        said = (
            f"{path}: line {made.line}: case {made.id}; next: write what it asks and expects, "
            f"then: {call}"
        )
        typer.echo(log_safe(terminal_safe(said)))
