"""Lists what a reader must see first: by what this run was judged otherwise than its baseline.

Cases are compared with those of a git revision, or by their hashes with what the goldens answered.
An answer is judged again by the earlier form of its case, which tells a loosening for certain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import get_args

from suite.bar import Bar
from suite.baseline import Baseline, conditions_of, differing_conditions, is_allowed
from suite.case import Case
from suite.case_diff import CaseDiff, diff_cases
from suite.errors import InputError
from suite.pairing import find_case_changes
from suite.run import BarChange, BarKind, CaseResult, Run
from suite.schema import SchemaCheckError, SchemaError
from suite.score import Score
from suite.sentences import join_some
from suite.task import Direction
from suite.tasks import TASKS, is_better, is_good

_KINDS: tuple[BarKind, ...] = get_args(BarKind)


def note_bar(
    run: Run,
    bar: Bar,
    cases: Mapping[tuple[str, str], Case],
    allowed_conditions: tuple[str, ...] = (),
) -> Run:
    """Return a run that says by what it is judged, and how that differs from what lies here.

    Args:
        run: Its results.
        bar: What it is judged by.
        cases: As they were put to the models, by task and id.
        allowed_conditions: Those of `--allow-conditions`.
    """
    run = replace(
        run,
        baseline_ref=bar.ref.name if bar.ref else None,
        baseline_commit=bar.ref.commit if bar.ref else None,
        allowed_conditions=allowed_conditions,
        unjudged=bar.unjudged,
        first_accepted=tuple(sorted(bar.accepted.keys() - bar.baselines.keys())),
    )
    return replace(run, bar_changes=find_bar_changes(run, bar, cases))


def find_bar_changes(
    run: Run, bar: Bar, cases: Mapping[tuple[str, str], Case]
) -> tuple[BarChange, ...]:
    """List every change of gates, cases and conditions, the loosened first.

    Args:
        run: Its results.
        bar: What it is judged by.
        cases: As they were put to the models, by task and id.
    """
    found = [*bar.changes, *_find_conditions(run, bar)]
    if bar.ref is None:
        found += _find_by_hash(run, bar.baselines)
    else:
        found += _find_at_ref(run, bar, cases)
    if run.accept_removed and any(change.kind == "removed" and change.cases for change in found):
        sentence = "the removed cases do not fail the gates, as asked for"
        found.append(BarChange("looser", "--accept-removed", sentence))
    return _sort(found)


def merge_bar_changes(parts: Iterable[Iterable[BarChange]]) -> tuple[BarChange, ...]:
    """Return what one session would have listed of what several shards of it list."""
    cases: dict[tuple[BarKind, str, str], set[str]] = {}
    for change in (change for part in parts for change in part):
        cases.setdefault((change.kind, change.place, change.sentence), set()).update(change.cases)
    return _sort(BarChange(*head, tuple(sorted(ids))) for head, ids in cases.items())


def _sort(changes: Iterable[BarChange]) -> tuple[BarChange, ...]:
    def order(change: BarChange) -> tuple[int, str, str]:
        return _KINDS.index(change.kind), change.place, change.sentence

    return tuple(sorted(changes, key=order))


def _find_conditions(run: Run, bar: Bar) -> Iterator[BarChange]:
    for what, accepted in (("", bar.baselines), (" anchor", bar.anchors)):
        for (model, task), baseline in accepted.items():
            record = run.models.get(model)
            for field in differing_conditions(baseline, record) if record else ():
                if not is_allowed(field, run.allowed_conditions):
                    continue
                assert record is not None
                now_of = conditions_of(record, task)
                then, now = _look_up(baseline.conditions, field), _look_up(now_of, field)
                sentence = f"conditions: {field} {then!r} → {now!r} (--allow-conditions)"
                yield BarChange("looser", f"{model} {task}{what}", sentence)


def _look_up(conditions: Mapping[str, object], field: str) -> object:
    found: object = conditions
    for step in field.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _find_by_hash(run: Run, baselines: Mapping[tuple[str, str], Baseline]) -> Iterator[BarChange]:
    for selection in run.selections:
        baseline = baselines.get((selection.model, selection.task))
        if baseline is None or not selection.is_suite:
            continue
        results = run.of(selection.model, selection.task)
        changes = find_case_changes(baseline, results, selection)
        place = f"{selection.model}: {selection.case_file}"
        groups: tuple[tuple[BarKind, tuple[str, ...], str], ...] = (
            ("changed", changes.changed, "not what the goldens answered; no longer compared"),
            ("removed", changes.removed, "gone, though they have goldens"),
            ("new", changes.new, "without a golden; not compared"),
        )
        for kind, ids, sentence in groups:
            if ids:
                yield BarChange(kind, place, sentence, ids)


def _find_at_ref(run: Run, bar: Bar, cases: Mapping[tuple[str, str], Case]) -> Iterator[BarChange]:
    assert bar.ref is not None
    files = {each.task: each for each in run.selections if each.is_suite}
    results: dict[tuple[str, str], list[CaseResult]] = {}
    for result in run.results:
        results.setdefault((result.task, result.case_id), []).append(result)
    for task, selection in sorted(files.items()):
        if task not in bar.cases:  # said as a whole
            continue
        then = {case.id: case for case in bar.cases[task].cases}
        place, known = selection.case_file, set(selection.known)
        if gone := tuple(sorted(then.keys() - known)):
            yield BarChange("removed", place, f"gone; {bar.ref.name} has them", gone)
        if new := tuple(sorted(known - then.keys())):
            yield BarChange("new", place, "not compared", new)
        groups: dict[tuple[BarKind, str], list[str]] = {}
        for case_id in sorted(known & then.keys()):
            if selection.shard and case_id not in selection.selected:
                continue  # listed with its answer by the shard that has it
            now = cases.get((task, case_id))
            old = then[case_id]
            if now is not None and (now.hash, now.cluster) != (old.hash, old.cluster):
                asked = results.get((task, case_id), [])
                groups.setdefault(_describe(old, now, asked), []).append(case_id)
        for (kind, sentence), ids in groups.items():
            yield BarChange(kind, place, sentence, tuple(ids))


def _describe(then: Case, now: Case, results: Iterable[CaseResult]) -> tuple[BarKind, str]:
    diff = diff_cases(then, now)
    moved = _find_moved(then, diff, results)
    parts = [diff.sentence] if diff.sentence else []
    if moved:
        parts.append(f"the same answer is judged better than it was: {join_some(moved)}")
    return "looser" if diff.looser or moved else "changed", "; ".join(parts)


def _find_moved(then: Case, diff: CaseDiff, results: Iterable[CaseResult]) -> list[str]:
    """Return the models whose answer is better now than by the case as it was, by any metric."""
    if not diff.same_question:
        return []
    moved = []
    for result in results:
        if result.score is None or result.generation is None:
            continue
        try:
            before = TASKS[result.task].score(then, result.generation)
        # the earlier form could not judge it, or is nothing that a scorer of one's own expects
        except (SchemaError, SchemaCheckError, InputError):
            continue
        ways = TASKS[result.task].metrics
        if any(
            _is_better(result.score, before, metric, way) for metric, way in ways.items()
        ) or any(
            is_better(ways[metric], count.share, before.counts[metric].share)
            for metric, count in result.score.counts.items()
            if metric in before.counts
        ):
            moved.append(result.model)
    return sorted(moved)


def _is_better(now: Score, then: Score, metric: str, direction: Direction) -> bool:
    if direction == "neither" or metric not in now.metrics or metric not in then.metrics:
        return False
    return is_good(direction, now.metrics[metric]) and not is_good(direction, then.metrics[metric])
