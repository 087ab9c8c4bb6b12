"""Compares two runs case by case: the same cases, then and now, as one paired sample.

The test is that of `suite.regression`; whether a difference is tolerable is for gates to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from suite.baseline import Baseline, Golden, conditions_of
from suite.errors import InputError, unknown
from suite.pairing import pair
from suite.rates import Rate, find_rates
from suite.regression import Comparison, compare
from suite.run import CaseResult, Run, differing
from suite.task import Direction
from suite.tasks import TASKS, paired_metrics


@dataclass(frozen=True, slots=True)
class RunPair:
    """One task of one model in two runs."""

    task: str
    models: tuple[str, str]
    comparisons: tuple[Comparison, ...]
    """By 0/1 metric, in the order of the task; `p` is None where nothing can be concluded."""
    counted: tuple[tuple[Rate, Rate], ...]
    """Counted metrics then and now, over the cases that are the same in both."""
    conditions: tuple[str, ...]
    """Those that differ: then no p is given."""
    subject: tuple[str, ...]
    """What differs of the weights."""
    changed: tuple[str, ...]
    """Ids of cases whose content differs; they take no part."""
    only: tuple[tuple[str, ...], tuple[str, ...]]
    """Ids of cases that only the first, and only the second run has results of."""


def pair_runs(then: Run, now: Run, models: Sequence[str] = ()) -> list[RunPair]:
    """Pair two runs, task by task.

    Args:
        then: The first run.
        now: The second; may be the same, to compare two models of it.
        models: One name, in both runs; two names, the first in the first run and the second in the
            second; none: every model that both have, or the only one of each.

    Raises:
        InputError: A model is not in its run, or the runs have no model and task in common.
    """
    pairs = [
        _pair(then, now, task, one, two)
        for one, two in _choose_models(then, now, models)
        for task in sorted(_tasks(then, one) & _tasks(now, two))
    ]
    if not pairs:
        raise InputError(f"{then.id} and {now.id} have no model and task in common")
    return pairs


def _choose_models(then: Run, now: Run, models: Sequence[str]) -> list[tuple[str, str]]:
    if len(models) > 2:
        raise InputError(f"--model: one name or two, got {len(models)}")
    if models:
        chosen = models[0], models[-1]
        problems = [
            f"--model: run {run.id}: {unknown('model', name, run.models)}"
            for run, name in zip((then, now), chosen, strict=True)
            if name not in run.models
        ]
        if problems:
            raise InputError(problems)
        return [chosen]
    if common := sorted(then.models.keys() & now.models.keys()):
        return [(name, name) for name in common]
    if len(then.models) == len(now.models) == 1:
        return [(next(iter(then.models)), next(iter(now.models)))]
    names = [", ".join(sorted(run.models)) or "none" for run in (then, now)]
    raise InputError(
        f"no model is in both runs ({then.id}: {names[0]}; {now.id}: {names[1]}); "
        "name one of each: --model A --model B"
    )


def _tasks(run: Run, model: str) -> set[str]:
    return {selection.task for selection in run.selections if selection.model == model}


def _pair(then: Run, now: Run, task: str, one: str, two: str) -> RunPair:
    before, after = then.selection(one, task), now.selection(two, task)
    records = then.models[one], now.models[two]
    before_of, after_of = (conditions_of(record, task) for record in records)
    conditions = differing(before_of, after_of)
    hashes = [
        {r.case_id: r.case_hash for r in run.of(m, task)} for run, m in ((then, one), (now, two))
    ]
    baseline = Baseline.model_construct(
        model=one,
        task=task,
        version=before.version,
        reference_mode=records[0].reference_mode,
        subject=records[0].subject,
        conditions=records[0].conditions,
        goldens={result.case_id: _golden(result, task) for result in then.of(one, task)},
    )
    results = now.of(two, task)
    comparisons = []
    for metric, way in paired_metrics(task).items():
        # a metric that only informs has no better way; its counts are still worth showing
        direction: Direction = "higher" if way == "neither" else way
        found = compare(metric, way, pair(baseline, results, after, metric, direction))
        if conditions or way == "neither":
            found = Comparison(metric, way, found.pairing, None)
        comparisons.append(found)
    chosen = hashes[0].keys(), hashes[1].keys()
    return RunPair(
        task=task,
        models=(one, two),
        comparisons=tuple(comparisons),
        counted=tuple(_count(then, now, (one, two), task, hashes)) if TASKS[task].counted else (),
        conditions=tuple(conditions),
        subject=tuple(differing(records[0].subject, records[1].subject)),
        changed=tuple(
            sorted(
                case_id
                for case_id in chosen[0] & chosen[1]
                if hashes[0][case_id] != hashes[1][case_id]
            )
        ),
        only=(tuple(sorted(chosen[0] - chosen[1])), tuple(sorted(chosen[1] - chosen[0]))),
    )


def _count(
    then: Run, now: Run, models: tuple[str, str], task: str, hashes: Sequence[Mapping[str, str]]
) -> Iterator[tuple[Rate, Rate]]:
    same = sorted(
        case_id for case_id, known in hashes[0].items() if hashes[1].get(case_id) == known
    )
    sides = []
    for run, model in zip((then, now), models, strict=True):
        selection = replace(run.selection(model, task), selected=tuple(same))
        sides.append(find_rates(replace(run, selections=(selection,)), model, task))
    for before, after in zip(*sides, strict=True):
        if before.unit != "cases":
            yield before, after


def _golden(result: CaseResult, task: str) -> Golden:
    """Return what a result was, as if accepted; what has no verdict was bad in every metric."""
    known = result.score.metrics if result.score else {}
    metrics = {
        metric: known.get(metric, 1 if way == "lower" else 0)
        for metric, way in paired_metrics(task).items()
    }
    return Golden(
        case_hash=result.case_hash,
        passed=bool(result.score and result.score.passed),
        metrics=metrics,
        reason=result.score.reason if result.score else None,
        text="",
    )
