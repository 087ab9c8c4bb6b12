"""`goldgate rescore`: today's scorers on the recorded texts of a run, without any model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from suite.commands.arguments import AllowCode, CacheDir
from suite.commands.refusal import refusing

if TYPE_CHECKING:
    from suite.rescoring import Rescored
    from suite.run_folder import RecordedRun


def rescore(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run folder, a run id or its start, or `last`.")
    ],
    cases: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Judge by the case files of this folder; default: by the cases as recorded.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the run as judged today here.")
    ] = None,
    allow_code: AllowCode = False,
    cache_dir: CacheDir = None,
) -> None:
    """Judge the recorded texts of a run again and say which verdicts move.

    Nothing is written without --output; what is written there can be gated (`goldgate gate DIR`).
    Exit status 0: no verdict moves, or --output was given; 1: some move; 2: it could not be done.
    """
    with refusing("rescore", cases, allow_code):
        from suite.case_files import load_cases
        from suite.errors import InputError
        from suite.report.console import console_width, write_lines
        from suite.report.rescore import render_rescored
        from suite.rescoring import rescore as judge_again
        from suite.run_folder import check_output, find_run, read_folder

        recorded = read_folder(find_run(run, Path.cwd(), cache_dir))
        if cases is not None and not cases.is_dir():
            raise InputError(f"--cases: {cases}: no such folder")
        if output is not None:
            check_output(output, [recorded.folder])
        files = load_cases(cases) if cases else None
        rescored = judge_again(recorded.run, recorded.cases(), recorded.baselines, files)
        write_lines(render_rescored(recorded.run, rescored, console_width()), sys.stdout)
        if output is not None:
            _write(output, recorded, rescored, cases)
            raise typer.Exit(0)
    raise typer.Exit(1 if rescored.verdicts or rescored.lost else 0)


def _write(output: Path, recorded: RecordedRun, rescored: Rescored, cases: Path | None) -> None:
    from dataclasses import replace

    from suite.case_files import load_cases
    from suite.report.console import write_lines
    from suite.report.html import write_page
    from suite.report.lines import Span
    from suite.report.verifier_files import write_verifier_files
    from suite.run_folder import write_folder
    from suite.sinks import terminal_safe

    run = rescored.run
    if cases is None:
        asked = list(recorded.cases().values())
    else:
        asked = [case for file in load_cases(cases).values() for case in file.cases]
        run = replace(run, files={**run.files, "cases": str(cases)})
    write_folder(output, run, asked, recorded.baselines, recorded.anchors)
    write_page(output, run, recorded.baselines, asked)
    write_verifier_files(output, run, asked)
    where = terminal_safe(str(output))
    write_lines(
        [(), (Span("run  ", "title"), Span(f"{where}; next: goldgate gate {where}"))], sys.stdout
    )
