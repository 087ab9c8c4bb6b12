"""Makes one run of several: shards of one suite, or models that were run apart.

The whole is what one session would have recorded, but for times. What does not belong together is
refused; deciding the gates of the whole is `suite.gates`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from suite.bar_changes import merge_bar_changes
from suite.baseline import Baseline
from suite.errors import InputError
from suite.generation import without_times
from suite.judgement import judgement_without_times
from suite.judging import compare_judges, find_tasks
from suite.measures import measure_run
from suite.run import CaseResult, ModelRecord, Place, Selection, differing, result_place
from suite.run_folder import RecordedRun
from suite.sentences import join_some
from suite.served import forget_served, note_served
from suite.shard import read_shard


def merge_runs(recorded: Sequence[RecordedRun], folder: Path) -> RecordedRun:
    """Return the run that several make up, its gates not decided.

    Args:
        recorded: In any order; the earliest gives the name.
        folder: Where the whole is to be written; nothing is written here.

    Raises:
        InputError: With every problem: a stopped run, another subject, other conditions, cases,
            versions or baselines, the same case with two results, a shard that is missing.
    """
    ordered = sorted(recorded, key=lambda each: (each.run.started, each.run.id))
    problems = [f"{each.folder}: was stopped" for each in ordered if each.run.stopped]
    first = ordered[0]
    for each in ordered[1:]:
        problems += _find_differences(first, each)
    selections = list(_merge_selections(ordered, problems))
    results = _merge_results([(each.folder, each.run.results) for each in ordered], problems)
    repeats = _merge_results([(each.folder, each.run.repeats) for each in ordered], problems)
    baselines = _merge_baselines(ordered, "baselines", problems)
    anchors = _merge_baselines(ordered, "anchors", problems)
    if problems:
        raise InputError(problems)
    cases = {place: case for each in ordered for place, case in each.cases().items()}
    merged = replace(
        first.run,
        models=_merge_models(ordered),
        selections=tuple(selections),
        results=results,
        repeats=repeats,
        gates=(),
        judges={task: judge for each in ordered for task, judge in each.run.judges.items()},
        bar_changes=merge_bar_changes(each.run.bar_changes for each in ordered),
    )
    return RecordedRun(folder, measure_run(note_served(merged)), baselines, anchors, cases)


def _find_differences(first: RecordedRun, other: RecordedRun) -> Iterator[str]:
    """Yield what keeps two runs from being parts of one, a sentence each."""
    where = f"{other.folder} and {first.folder}"
    for name in sorted(first.run.models.keys() & other.run.models.keys()):
        one, two = first.run.models[name], other.run.models[name]
        for kind, left, right in (
            ("subject", one.subject, two.subject),
            ("conditions", one.conditions, two.conditions),
        ):
            if fields := differing(left, right):
                yield f"{where}: model {name}: other {kind}: {join_some(fields)}"
        if one.reference_mode != two.reference_mode:
            yield f"{where}: model {name}: only one is in reference mode"
    for field in (
        "baseline_commit",
        "allowed_conditions",
        "accept_removed",
        "files",
        "models_named",
    ):
        if getattr(first.run, field) != getattr(other.run, field):
            yield f"{where}: judged by other {field.replace('_', ' ')}"
    if fields := differing(first.run.environment, other.run.environment):
        yield f"{where}: other library versions: {join_some(fields)}"
    for task in sorted(find_tasks(first.run) & find_tasks(other.run)):
        one_judge, other_judge = (run.judges.get(task) for run in (first.run, other.run))
        if (what := compare_judges(one_judge, other_judge)) is not None:
            yield f"{where}: {task}: {what}; name one for both: pytest --judge NAME"


def _merge_selections(ordered: Sequence[RecordedRun], problems: list[str]) -> Iterator[Selection]:
    places: dict[tuple[str, str], list[tuple[RecordedRun, Selection]]] = {}
    for each in ordered:
        for selection in each.run.selections:
            places.setdefault((selection.model, selection.task), []).append((each, selection))
    for (model, task), parts in places.items():
        start, one = parts[0]
        for each, two in parts[1:]:
            for field in ("version", "known", "cases_digest", "case_file", "is_suite"):
                if getattr(one, field) != getattr(two, field):
                    what = {"known": "cases", "cases_digest": "case content"}.get(field, field)
                    problems.append(
                        f"{each.folder} and {start.folder}: {model}, {task}: other {what}"
                    )
            if len(one.repeats) != len(two.repeats):
                times = [1 + len(side.repeats) for side in (two, one)]
                problems.append(
                    f"{each.folder} and {start.folder}: {model}, {task}: other --repeat: "
                    f"{times[0]} and {times[1]}"
                )
        problems += _find_missing_shards(f"{model}, {task}", [part for _, part in parts])
        asked = {each for _, part in parts for each in part.asked()}
        ids = [
            tuple(sorted(case_id for n, case_id in asked if n == repeat))
            for repeat in range(1, len(one.repeats) + 2)
        ]
        yield replace(one, selected=ids[0], repeats=tuple(ids[1:]), shard=None)


def _find_missing_shards(where: str, parts: Sequence[Selection]) -> Iterator[str]:
    shards = [read_shard(part.shard) for part in parts if part.shard]
    counts = sorted({shard.count for shard in shards})
    if len(counts) > 1:
        yield f"{where}: shards of different splits: of {', of '.join(map(str, counts))}"
    elif counts:
        there = {shard.index for shard in shards}
        missing = [f"{i}/{counts[0]}" for i in range(1, counts[0] + 1) if i not in there]
        if missing:
            yield f"{where}: missing shards: {join_some(missing)}"


def _merge_results(
    ordered: Sequence[tuple[Path, Sequence[CaseResult]]], problems: list[str]
) -> tuple[CaseResult, ...]:
    found: dict[Place, tuple[Path, CaseResult]] = {}
    for folder, results in ordered:
        for result in results:
            place = result_place(result)
            if place not in found:
                found[place] = folder, result
            elif _without_time(found[place][1]) != _without_time(result):
                which = f", repeat {result.repeat}" if result.repeat > 1 else ""
                problems.append(
                    f"{folder} and {found[place][0]}: {result.model}, "
                    f"{result.case_id}{which}: two results that differ"
                )
    return tuple(result for _, (_, result) in sorted(found.items()))


def _without_time(result: CaseResult) -> CaseResult:
    return replace(
        result,
        generation=result.generation and without_times(result.generation),
        judgement=result.judgement and judgement_without_times(result.judgement),
    )


def _merge_baselines(
    ordered: Sequence[RecordedRun], kind: Literal["baselines", "anchors"], problems: list[str]
) -> dict[tuple[str, str], Baseline]:
    found: dict[tuple[str, str], tuple[RecordedRun, Baseline | None]] = {}
    for each in ordered:
        for selection in each.run.selections:
            place = selection.model, selection.task
            kept = each.baselines if kind == "baselines" else each.anchors
            baseline = kept.get(place)
            start, known = found.setdefault(place, (each, baseline))
            if known != baseline:
                problems.append(
                    f"{each.folder} and {start.folder}: {', '.join(place)}: judged against "
                    f"other {kind}"
                )
    return {place: baseline for place, (_, baseline) in found.items() if baseline is not None}


def _merge_models(ordered: Sequence[RecordedRun]) -> dict[str, ModelRecord]:
    found: dict[str, ModelRecord] = {}
    machines: dict[str, list[str]] = {}
    for each in ordered:
        for name, noted in each.run.models.items():
            record = forget_served(noted)  # counted anew over the whole
            known = found.setdefault(name, record)
            machines.setdefault(name, []).extend(differing(known.environment, record.environment))
            found[name] = replace(
                known,
                notes=tuple(dict.fromkeys([*known.notes, *record.notes])),
                golden_refusal=known.golden_refusal or record.golden_refusal,
            )
    for name, fields in machines.items():
        if fields:
            what = join_some(sorted(set(fields)))
            note = f"merged from runs whose environment differs: {what}"
            found[name] = replace(found[name], notes=(*found[name].notes, note))
    return found
