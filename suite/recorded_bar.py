"""Holds a recorded run to gates, goldens and cases: those it had, those given, or a revision's.

Nothing is generated and nothing is written; deciding is `suite.gates`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from suite.bar import Bar, BarPlaces, check_allowed, read_bar
from suite.bar_changes import note_bar
from suite.errors import InputError
from suite.gate_file import Gates, load_gates
from suite.run_folder import RecordedRun, find_named, replace_goldens


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says of the bar, paths relative to the current folder."""

    ref: str | None = None
    """`--baseline-ref`."""
    gates: Path | None = None
    goldens: Path | None = None
    cases: Path | None = None
    """`--cases`, for what a revision says of them; None: where the run says."""
    accept_removed: bool = False
    """`--accept-removed`."""
    allow_conditions: tuple[str, ...] = ()
    """`--allow-conditions`, beside those that the run was recorded with."""


@dataclass(frozen=True, slots=True)
class HeldRun:
    """A run with what decides its gates."""

    recorded: RecordedRun
    """With those baselines and anchors, and a list of how they differ from what lies here."""
    gates: Gates
    place: Path
    """The gate file in the working tree: several copies may answer to one name."""


@dataclass(frozen=True, slots=True)
class _Given:
    """Where files lie in the working tree."""

    gates: Path
    goldens: Path | None
    """None: where the run says; so are the cases."""
    cases: Path | None


def hold_to_bar(
    recorded: RecordedRun, asked: Asked, here: Path, holds_ref: bool = False
) -> HeldRun:
    """Return a run with what it is held to; where the command line says nothing, to what it was.

    A run that was held to a revision is held to that commit again, wherever the branch is now:
    the working tree may have been loosened since, and is not the bar then.

    Args:
        recorded: As read.
        asked: Gates or goldens given without a revision decide alone, and none is named then.
        here: The current folder.
        holds_ref: A revision that the run was held to counts beside them.

    Raises:
        InputError: The revision or a file cannot be read.
    """
    place = here / asked.gates if asked.gates else find_named("gates", recorded, here)
    goldens = here / asked.goldens if asked.goldens else None
    # what was said of the bar then does not excuse what another bar has
    same_bar = asked.ref is None and goldens is None
    removed = asked.accept_removed or (same_bar and recorded.run.accept_removed)
    allowed = (*recorded.run.allowed_conditions, *asked.allow_conditions)
    run = replace(
        recorded.run, accept_removed=removed, allowed_conditions=tuple(dict.fromkeys(allowed))
    )
    recorded = replace(recorded, run=run)
    places = _Given(place, goldens, here / asked.cases if asked.cases else None)
    if asked.ref is not None:
        recorded, gates = _hold_to_revision(recorded, asked.ref, places, here)
    elif (
        run.baseline_ref
        and run.baseline_commit
        and (holds_ref or not (asked.gates or asked.goldens))
    ):
        commit = run.baseline_commit
        try:
            recorded, gates = _hold_to_revision(recorded, run.baseline_ref, places, here, commit)
        except InputError as error:
            hint = (
                f"this run was judged by {run.baseline_ref} ({commit[:12]}); --baseline-ref REF "
                "judges by another revision"
            )
            raise InputError([*error.problems, hint]) from None
    else:
        recorded, gates = _hold_to_files(replace_goldens(recorded, goldens), load_gates(place))
    accepted = (*recorded.baselines.values(), *recorded.anchors.values())
    conditions = [each.conditions for each in run.models.values()]
    check_allowed(asked.allow_conditions, conditions + [each.conditions for each in accepted])
    return HeldRun(recorded, gates, place)


def _hold_to_revision(
    recorded: RecordedRun, ref: str, given: _Given, here: Path, commit: str | None = None
) -> tuple[RecordedRun, Gates]:
    """Return a run with the baselines and anchors of a revision, and the gates that decide.

    Args:
        recorded: Its cases are compared with those of the revision.
        ref: Such as `origin/main`.
        given: Where the files lie in the working tree.
        here: The current folder.
        commit: What `ref` was when the run was recorded; None: what it is now.

    Raises:
        InputError: There is no such revision, or a file cannot be read.
    """
    run = recorded.run
    tasks = sorted({each.task for each in run.selections if each.is_suite})
    places = BarPlaces(
        given.goldens or find_named("goldens", recorded, here),
        given.gates,
        (given.cases or find_named("cases", recorded, here)) if tasks else None,
    )
    pairs = sorted((each.model, each.task) for each in run.selections if each.is_suite)
    bar = read_bar(places, pairs, tasks, ref=ref, commit=commit)
    noted = note_bar(run, bar, recorded.cases(), run.allowed_conditions)
    held = replace(recorded, run=noted, baselines=bar.baselines, anchors=bar.anchors)
    return held, bar.gates


def _hold_to_files(recorded: RecordedRun, gates: Gates) -> tuple[RecordedRun, Gates]:
    """Return a run that says how its cases differ from those of the baselines it has.

    Args:
        recorded: With the baselines and anchors that it is held to.
        gates: That are to decide; returned as they are.
    """
    bar = Bar(gates, recorded.baselines, recorded.anchors)
    run = note_bar(recorded.run, bar, recorded.cases(), recorded.run.allowed_conditions)
    return replace(recorded, run=run), gates
