"""Judges a recorded run by a git revision: its gates, goldens and cases in place of those kept.

Nothing is generated and nothing is written; deciding is `suite.gates`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from suite.bar import Bar, BarPlaces, read_bar
from suite.bar_changes import note_bar
from suite.gate_file import Gates
from suite.run_folder import RecordedRun, find_named


def judge_at(
    recorded: RecordedRun, ref: str, gates: Path, goldens: Path | None, here: Path
) -> tuple[RecordedRun, Gates]:
    """Return a run with the baselines and anchors of a revision, and the gates that decide.

    Args:
        recorded: Its cases are compared with those of the revision.
        ref: Such as `origin/main`.
        gates: The gate file in the working tree.
        goldens: The folder in the working tree; None: the one that the run names.
        here: The current folder.

    Raises:
        InputError: There is no such revision, or a file cannot be read.
    """
    run = recorded.run
    tasks = sorted({each.task for each in run.selections if each.is_suite})
    places = BarPlaces(
        goldens or find_named(run.files.get("goldens", ""), recorded, here),
        gates,
        find_named(run.files.get("cases", ""), recorded, here) if tasks else None,
    )
    models = sorted({each.model for each in run.selections})
    bar = read_bar(places, models, tasks, ref=ref)
    noted = note_bar(run, bar, recorded.cases(), run.allowed_conditions)
    judged = replace(recorded, run=noted, baselines=bar.baselines, anchors=bar.anchors)
    return judged, bar.gates


def judge_here(recorded: RecordedRun, gates: Gates) -> tuple[RecordedRun, Gates]:
    """Return a run that says how its cases differ from those of the baselines it has.

    Args:
        recorded: With the baselines and anchors that are to judge it.
        gates: That are to decide; returned as they are.
    """
    bar = Bar(gates, recorded.baselines, recorded.anchors)
    run = note_bar(recorded.run, bar, recorded.cases(), recorded.run.allowed_conditions)
    return replace(recorded, run=run), gates
