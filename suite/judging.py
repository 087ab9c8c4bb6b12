"""Puts a judge's grades to the results of a run, and takes them from a recorded one.

Asking a judge is not done here (`fixtures.judge`), and grades change no outcome.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from suite.case import Case
from suite.judge_prompt import JudgeItem, digest_item, item_of, settle_again
from suite.judgement import Judgement
from suite.run import CaseResult, Judge, Place, Run, differing, result_place
from suite.sentences import join_some
from suite.tasks import TASKS

Cases = Mapping[tuple[str, str], Case]


def find_items(run: Run, cases: Cases, task: str) -> dict[Place, tuple[str, JudgeItem]]:
    """Return what a judge is to grade: case id and item of every answer to a task."""
    return {
        result_place(result): (result.case_id, item_of(cases[task, result.case_id], generation))
        for result in run.results
        if result.task == task and (generation := result.generation) is not None
    }


def add_judgements(
    run: Run, judgements: Mapping[Place, Judgement], judges: Mapping[str, Judge]
) -> Run:
    """Return a run with judgements put to its results, and their judges by task."""
    results = tuple(
        replace(result, judgement=judgements[place])
        if (place := result_place(result)) in judgements
        else result
        for result in run.results
    )
    return replace(run, results=results, judges={**run.judges, **judges})


def take_judgements(run: Run, recorded: Run, cases: Cases) -> Run:
    """Return a run with the judgements of a recorded one, for answers that are the same.

    Whose answers they are does not matter: a judgement is of a question, its references and an
    answer.
    """
    known = {
        (result.task, result.case_id, result.judgement.item): result.judgement
        for result in recorded.results
        if result.judgement is not None
    }
    found: dict[Place, Judgement] = {}
    for task in recorded.judges:
        for place, (case_id, item) in find_items(run, cases, task).items():
            if (judgement := known.get((task, case_id, digest_item(item)))) is not None:
                found[place] = judgement
    present = {place[1] for place in found}
    return add_judgements(run, found, {t: j for t, j in recorded.judges.items() if t in present})


def judge_again(result: CaseResult, case: Case) -> Judgement | None:
    """Return a result's judgement as today's parser reads it, None where it is of another case."""
    if result.judgement is None or result.generation is None or not TASKS[case.task].judged:
        return None
    return settle_again(result.judgement, item_of(case, result.generation))


def find_tasks(run: Run) -> set[str]:
    """Return the tasks of a run that a judge may grade."""
    return {each.task for each in run.selections if TASKS[each.task].judged}


def compare_judges(one: Judge | None, two: Judge | None) -> str | None:
    """Say why grades of two runs do not belong together, None: they do."""
    if one is None or two is None:
        return None if one is two else "only one was graded by a judge"
    if one.name != two.name:
        return f"graded by {one.name} and by {two.name}"
    if one.protocol != two.protocol:
        return f"the judge was asked in two ways (protocols {one.protocol} and {two.protocol})"
    fields = [
        *differing(one.model.subject, two.model.subject),
        *differing(one.model.conditions, two.model.conditions),
    ]
    return f"the judge {one.name} is not the same: {join_some(fields)}" if fields else None


def describe_judges(run: Run) -> Iterator[tuple[str, str]]:
    """Yield for each model and task that was judged a sentence for people: the model, the text."""
    for selection in run.selections:
        judge = run.judges.get(selection.task)
        if judge is None:
            continue
        results = run.of(selection.model, selection.task)
        unscored = [each for each in results if each.generation is not None
                    and (each.judgement is None or each.judgement.grades is None)]  # fmt: skip
        count = f"; {len(unscored)} unscored" if unscored else ""
        yield (
            selection.model,
            f"{selection.task} graded by {judge.name}, which may err as any model{count}",
        )
