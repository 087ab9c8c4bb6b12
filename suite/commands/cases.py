"""`goldgate cases`: lists tasks and their cases by tag, with what is wrong or odd about them."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from suite.commands.arguments import AllowCode
from suite.commands.refusal import refusing

if TYPE_CHECKING:
    from suite.case_review import FolderReview


def cases(
    folder: Annotated[
        Path | None,
        typer.Option("--cases", metavar="DIR", help="The case files; default: suite/cases."),
    ] = None,
    allow_code: AllowCode = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print it for programs.")] = False,
) -> None:
    """List the tasks of a cases folder, their cases by tag, and what is wrong or odd about them.

    Odd, which stops nothing: prompts that are nearly the same, cases without tags, tags that look
    misspelt or that a task counts by and no case has, expected answers that break their schema.
    Exit status 0: every file can be used; 2: one cannot, or there is none.
    """
    with refusing("cases", folder, allow_code):
        from suite.case_review import review_folder
        from suite.report.console import has_color

        where = Path(__file__).parents[1] / "cases" if folder is None else folder
        found = review_folder(where)
        if as_json:
            data = {
                "folder": str(where),
                "tasks": [asdict(each) | {"path": str(each.path)} for each in found.tasks],
                "broken": found.broken,
            }
            sys.stdout.write(json.dumps(data, indent=2) + "\n")
        else:
            _print(found, has_color(sys.stdout))
    raise typer.Exit(2 if found.broken else 0)


def _print(found: FolderReview, color: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from suite.case_review import describe_counts, describe_tags
    from suite.report.console import console_width
    from suite.sinks import log_safe, terminal_safe

    def safe(text: str, style: str = "") -> Text:
        return Text(log_safe(terminal_safe(text)), style)  # a text's own brackets are no markup

    console = Console(
        file=sys.stdout, width=console_width(), no_color=not color, force_terminal=color
    )
    table = Table("task", "version", "cases", "tags", box=None, pad_edge=False, header_style="bold")
    for each in found.tasks:
        cells = describe_counts(each), describe_tags(each)
        table.add_row(safe(each.task), str(each.version), *map(safe, cells))
    if found.tasks:
        console.print(table)
    for each in found.tasks:
        for remark in each.remarks:
            console.print(safe(f"{each.path}: {remark}", "yellow"), soft_wrap=True)
    for problem in (problem for problems in found.broken.values() for problem in problems):
        console.print(safe(problem, "red"), soft_wrap=True)
