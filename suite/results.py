"""Recorded runs as plain lists of rows, for notebooks and spreadsheets of one's own.

Nothing is judged or computed here that a report would not show, too. Two runs, or two models of
one, are compared case by case by `suite.run_pairs.pair_runs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from suite.errors import InputError
from suite.measured import Measured
from suite.measures import find_group_measures, find_measures, measure_directions
from suite.rates import Rate, find_group_rates, find_rates
from suite.run import Change, Outcome, Run, Selection
from suite.run_files import list_runs
from suite.run_folder import RecordedRun, read_folder
from suite.task import Direction


@dataclass(frozen=True, slots=True)
class FoundRuns:
    """The runs of a folder."""

    runs: tuple[RecordedRun, ...]
    """By when they started, the oldest first."""
    left_out: tuple[str, ...]
    """Folders of runs that cannot be read or did not reach their end, and why; a line each."""


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A rate or a measure of a model in a run, over all selected cases or over a group."""

    run: str
    started: str
    """ISO 8601, UTC."""
    model: str
    task: str
    cases: str
    """The case file: rates over other cases are other rates."""
    kind: str
    """Of the group, such as `difficulty`; empty: all cases."""
    group: str
    """Such as `hard`; empty: all cases."""
    metric: str
    direction: Direction
    value: float
    low: float | None
    """Of the 95 % interval; None: it has none."""
    high: float | None
    n: int
    """What it is over; of a counted metric its unit, else cases."""
    text: str
    """As reports show it, with count and interval."""


@dataclass(frozen=True, slots=True)
class ResultRow:
    """What came of one case with one model."""

    run: str
    started: str
    model: str
    task: str
    case_id: str
    outcome: Outcome
    passed: bool
    """False also without a verdict."""
    reason: str
    """Why it did not pass, empty where it did; `no_verdict` without a verdict."""
    change: Change | None
    """Against the baseline."""
    completion_tokens: int | None
    text: str | None
    """What the model answered: untrusted, any text."""


def read_runs(folder: Path) -> FoundRuns:
    """Read all runs of a folder, such as `.suite/runs`.

    Args:
        folder: Of run folders; one that is not there holds none.
    """
    runs, left_out = [], []
    for path in list_runs(folder):
        try:
            recorded = read_folder(path)
        except InputError as error:
            left_out.append(f"{path}: {error.problems[0]}")
            continue
        if recorded.run.stopped:  # its rates would count what never ran as failed
            left_out.append(f"{path}: stopped before its end")
        else:
            runs.append(recorded)
    runs.sort(key=lambda each: each.run.started)  # a copied one is written later
    return FoundRuns(tuple(runs), tuple(left_out))


def list_figures(runs: Iterable[RecordedRun]) -> list[FigureRow]:
    """Return every rate and measure of every model and task, in all and by group.

    Rates are over what was selected: a case without a verdict counts as a failure.
    """
    return [row for recorded in runs for row in _list_figures(recorded.run)]


def list_results(runs: Iterable[RecordedRun]) -> list[ResultRow]:
    """Return every result, a row per run, model and case; of repeats the first."""
    return [row for recorded in runs for row in _list_results(recorded.run)]


def _list_figures(run: Run) -> Iterator[FigureRow]:
    for selection in run.selections:
        model, task = selection.model, selection.task
        rates = find_rates(run, model, task)
        yield from (_row(run, selection, rate) for rate in rates)
        measures = find_measures(run, model, task)
        yield from (_row(run, selection, measured) for measured in measures)
        for kind, groups in find_group_rates(run, model, task).items():
            for tag, found in groups.items():
                yield from (_row(run, selection, rate, kind, tag) for rate in found)
        for group in find_group_measures(run, model, task):
            for measured in group.measured:
                yield _row(run, selection, measured, group.kind, group.tag)


def _row(
    run: Run, selection: Selection, figure: Rate | Measured, kind: str = "", group: str = ""
) -> FigureRow:
    if isinstance(figure, Rate):
        low: float | None = figure.interval.low
        high: float | None = figure.interval.high
        direction = figure.direction
    else:
        low, high = figure.low, figure.high
        direction = measure_directions(selection.task).get(figure.metric, "neither")
    return FigureRow(
        run=run.id,
        started=run.started,
        model=selection.model,
        task=selection.task,
        cases=selection.case_file,
        kind=kind,
        group=group,
        metric=figure.metric,
        direction=direction,
        value=figure.value,
        low=low,
        high=high,
        n=figure.n,
        text=str(figure),
    )


def _list_results(run: Run) -> Iterator[ResultRow]:
    for result in run.results:
        score, generation = result.score, result.generation
        yield ResultRow(
            run=run.id,
            started=run.started,
            model=result.model,
            task=result.task,
            case_id=result.case_id,
            outcome=result.outcome,
            passed=bool(score and score.passed),
            reason=(score.reason or "") if score else "no_verdict",
            change=result.change,
            completion_tokens=generation.completion_tokens if generation else None,
            text=generation.text if generation else None,
        )
