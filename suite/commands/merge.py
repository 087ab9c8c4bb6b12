"""`goldgate merge`: makes one run of the shards of several CI jobs, and gates it as a whole."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from suite.commands.arguments import (
    AcceptRemoved,
    AllowCode,
    AllowConditions,
    CacheDir,
    CasesDir,
    RequireGates,
)
from suite.commands.refusal import refusing


def merge(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="Run folders, ids, or `last`.")
    ],
    output: Annotated[
        Path, typer.Option(metavar="DIR", help="The run folder to write; its parts stay as is.")
    ],
    gates: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Default: the gate file the runs name.")
    ] = None,
    goldens: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Default: the baselines kept in the run folders."),
    ] = None,
    cases: CasesDir = None,
    baseline_ref: Annotated[
        str | None,
        typer.Option(
            metavar="REF",
            help="Judge by the gates and goldens of this git revision; default: that of the runs.",
        ),
    ] = None,
    require_gates: RequireGates = False,
    accept_removed: AcceptRemoved = False,
    allow_conditions: AllowConditions = None,
    allow_code: AllowCode = False,
    cache_dir: CacheDir = None,
) -> None:
    """Join the runs of `pytest --shard 1/N` to N/N, decide the gates and print the report.

    Single failing tests were for the shards' own sessions to report; here the gates decide.
    Exit status 0: no gate fails; 1: one fails; 2: the runs are no parts of one.
    """
    with refusing("merge", cases, allow_code):
        from dataclasses import replace

        from suite.gates import GateOptions, decide_gates
        from suite.merging import merge_runs
        from suite.recorded_bar import Asked, hold_to_bar
        from suite.report.bar import render_place
        from suite.report.console import console_width, write_lines
        from suite.report.html import write_page
        from suite.report.lines import Span
        from suite.report.terminal import render_report
        from suite.report.verifier_files import write_verifier_files
        from suite.run_folder import check_output, find_run, read_folder, write_folder
        from suite.sinks import terminal_safe

        folders = [find_run(name, Path.cwd(), cache_dir) for name in runs]
        check_output(output, folders)
        parts = [read_folder(folder) for folder in folders]
        # what the parts name is looked for from a part: the output may be anywhere
        whole = replace(merge_runs(parts, output), folder=parts[0].folder)
        allowed = tuple(allow_conditions or ())
        asked = Asked(baseline_ref, gates, goldens, cases, accept_removed, allowed)
        held = hold_to_bar(whole, asked, Path.cwd(), True)
        whole, rules = held.recorded, held.gates
        options = GateOptions(require_gates, accept_removed=whole.run.accept_removed)
        results = decide_gates(whole.run, whole.baselines, rules, options, whole.anchors)
        run, asked_cases = replace(whole.run, gates=results), whole.cases().values()
        write_folder(output, run, asked_cases, whole.baselines, whole.anchors)
        write_page(output, run, whole.baselines, asked_cases)
        write_verifier_files(output, run, asked_cases)
        where = terminal_safe(str(output))
        lines = render_report(run, whole.baselines, console_width())
        lines += [(), render_place(run, held.place), (Span("run  ", "title"), Span(where))]
        write_lines(lines, sys.stdout)
    raise typer.Exit(1 if any(each.fails for each in run.gates) else 0)
