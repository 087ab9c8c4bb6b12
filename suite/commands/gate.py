"""`goldgate gate`: decides today's gates over a recorded run, without any model.

It reads and prints; deciding is `suite.gates`.
"""

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


def gate(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run folder, a run id or its start, or `last`.")
    ],
    gates: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Default: the gate file the run names.")
    ] = None,
    goldens: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Default: the baselines kept in the run folder."),
    ] = None,
    cases: CasesDir = None,
    baseline_ref: Annotated[
        str | None,
        typer.Option(
            metavar="REF",
            help="Judge by the gates, goldens and cases of this git revision: origin/main; "
            "default: by the commit that the run was judged by, if any.",
        ),
    ] = None,
    require_gates: RequireGates = False,
    accept_removed: AcceptRemoved = False,
    allow_conditions: AllowConditions = None,
    allow_code: AllowCode = False,
    cache_dir: CacheDir = None,
) -> None:
    """Decide the gates of today over a recorded run: a changed threshold costs no generation.

    Exit status 0: no gate fails; 1: one fails, or the run was stopped; 2: it could not be decided.
    """
    with refusing("gate", cases, allow_code):
        from dataclasses import replace

        from suite.errors import InputError
        from suite.gates import GateOptions, decide_gates
        from suite.recorded_bar import Asked, hold_to_bar
        from suite.report.bar import render_bar, render_place
        from suite.report.console import console_width, write_lines
        from suite.report.terminal import render_gates
        from suite.run_folder import find_run, read_folder

        here = Path.cwd()
        recorded = read_folder(find_run(run, here, cache_dir))
        allowed = tuple(allow_conditions or ())
        asked = Asked(baseline_ref, gates, goldens, cases, accept_removed, allowed)
        held = hold_to_bar(recorded, asked, here)
        recorded, rules = held.recorded, held.gates
        decided = recorded.run
        if not decided.stopped:
            results = decide_gates(
                decided,
                recorded.baselines,
                rules,
                GateOptions(require_gates, accept_removed=decided.accept_removed),
                recorded.anchors,
            )
            decided = replace(decided, gates=results)
            if not results:
                raise InputError(f"{rules.path}: has no gate for any task of this run")
        width = console_width()
        lines = [*render_bar(decided, width), *render_gates(decided, width)[1:]]
        write_lines([*lines, (), render_place(decided, held.place)], sys.stdout)
    fails = decided.stopped or any(each.fails for each in decided.gates)
    raise typer.Exit(1 if fails else 0)
