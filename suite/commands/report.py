"""`goldgate report`: prints the report of a recorded run again, or puts it into files.

It reads and writes; laying out is `suite.report`, `suite.report.summary` and `suite.report.csv`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from suite.commands.arguments import AllowCode, CacheDir, CodeDir
from suite.commands.refusal import refusing

if TYPE_CHECKING:
    from suite.run_folder import RecordedRun


def report(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run folder, a run id or its start, or `last`.")
    ],
    cache_dir: CacheDir = None,
    summary: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write it as Markdown; a job summary is appended to."),
    ] = None,
    comment: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write Markdown short enough for a comment.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a table of all cases.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the page for a browser anew.")
    ] = None,
    annotations: Annotated[
        bool,
        typer.Option("--annotations", help="Print only annotations for GitHub."),
    ] = False,
    cases: CodeDir = None,
    allow_code: AllowCode = False,
) -> None:
    """Print the report of a recorded run as its session did, gates as they were decided then.

    Exit status 0: printed; 2: there is no such run.
    """
    with refusing("report", cases, allow_code):
        from suite.report.console import console_width, write_lines
        from suite.report.lines import Span
        from suite.report.terminal import render_report
        from suite.run_folder import find_run, read_folder
        from suite.sinks import terminal_safe

        recorded = read_folder(find_run(run, Path.cwd(), cache_dir))
        if summary or comment or csv or html or annotations:
            _put_out(recorded, summary, comment, csv, html, annotations)
            return
        lines = render_report(recorded.run, recorded.baselines, console_width())
        where = Span(terminal_safe(str(recorded.folder)))
        write_lines([*lines, (), (Span("run  ", "title"), where)], sys.stdout)


def _put_out(
    recorded: RecordedRun,
    summary: Path | None,
    comment: Path | None,
    csv: Path | None,
    html: Path | None,
    annotations: bool,
) -> None:
    from suite.earlier_runs import read_earlier_runs
    from suite.report.csv import render_csv
    from suite.report.html import render_page
    from suite.report.summary import render_annotations, render_comment, write_summary
    from suite.sinks import encodable
    from suite.whole_file import write_whole

    run, baselines = recorded.run, recorded.baselines
    if summary is not None:
        write_summary(summary, run, baselines)
    if comment is not None:
        write_whole(comment, render_comment(run, baselines))
    if csv is not None:
        write_whole(csv, render_csv(run))
    if html is not None:
        earlier = read_earlier_runs(recorded.folder.parent, run.id)
        write_whole(html, render_page(run, baselines, recorded.cases(), earlier))
    if annotations:
        notes = "".join(f"{line}\n" for line in render_annotations(run))
        sys.stdout.write(encodable(notes, sys.stdout.encoding))
