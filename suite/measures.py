"""Finds the figures of a run that are no rates, in all and by group of cases.

What a task measures is its own; this asks it, adds what any task has of requests and of repeats,
and keeps it with the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from suite.errors import InputError
from suite.measured import Measured
from suite.run import CaseResult, GroupMeasures, Measures, Run, Selection
from suite.self_flips import SELF_FLIP_RATE, measure_self_flips
from suite.service_measures import SERVICE_MEASURES, measure_service
from suite.task import Direction
from suite.tasks import TASKS

ANY_TASK: dict[str, Direction] = SERVICE_MEASURES | {SELF_FLIP_RATE: "lower"}
"""Measures that a run of any task may have."""


def measure_directions(task: str) -> dict[str, Direction]:
    """Return the measures that a run of a task may have, and which way each is better."""
    return dict(TASKS[task].measures) | ANY_TASK


def measure_run(run: Run) -> Run:
    """Return a run with the measures of each of its models and tasks.

    Where other people's code breaks over it, the model has a note that says so: the answers took
    hours, and a gate on what is not measured fails anyway.
    """
    found, notes = [], {name: list(record.notes) for name, record in run.models.items()}
    for selection in run.selections:
        try:
            found.append(_measure(run, selection))
        except InputError as error:
            model, task = selection.model, selection.task
            found.append(Measures(model, task, tuple(_measure_any(run, model, task)), ()))
            notes[model] += error.problems
    models = {
        name: replace(record, notes=tuple(dict.fromkeys(notes[name])))
        for name, record in run.models.items()
    }
    return replace(run, measures=tuple(found), models=models)


def find_measures(run: Run, model: str, task: str) -> tuple[Measured, ...]:
    """Return the measures of a model and task, none where nothing was selected."""
    found = _find(run, model, task)
    return found.of_all if found else ()


def find_group_measures(run: Run, model: str, task: str) -> tuple[GroupMeasures, ...]:
    """Return the measures of each group of cases, those with none left out."""
    found = _find(run, model, task)
    return found.groups if found else ()


def _find(run: Run, model: str, task: str) -> Measures | None:
    return next((each for each in run.measures if (each.model, each.task) == (model, task)), None)


def _measure(run: Run, selection: Selection) -> Measures:
    model, task = selection.model, selection.task
    results = run.of(model, task)
    of_all = list(_ask(task, results))
    threshold, measure_at = run.models[model].decision_threshold, TASKS[task].measure_at
    if results and threshold is not None and measure_at is not None:
        of_all += measure_at(results, threshold)
    of_all += _measure_any(run, model, task)
    groups = []
    for kind, tags in selection.groups.items():
        for tag, known in tags.items():
            members = set(known)
            part = [result for result in results if result.case_id in members]
            if measured := tuple(_ask(task, part)):
                groups.append(GroupMeasures(kind, tag, measured))
    return Measures(model, task, tuple(of_all), tuple(groups))


def _measure_any(run: Run, model: str, task: str) -> Iterator[Measured]:
    every = (*run.of(model, task), *run.repeats_of(model, task))
    yield from measure_service(every)
    yield from measure_self_flips(every)


def _ask(task: str, results: Sequence[CaseResult]) -> Iterator[Measured]:
    measure = TASKS[task].measure
    if measure is not None and results:
        yield from measure(results)
