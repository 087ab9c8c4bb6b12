"""Scores recorded texts again, with the scorers of today; no model answers anything.

A change of weights cannot be seen here, and no gate is decided: `suite.gates` takes the new run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from suite.baseline import Baseline
from suite.case import Case
from suite.case_files import TaskFile
from suite.judging import judge_again
from suite.measures import measure_run
from suite.outcome_table import OutcomeRule, decide
from suite.run import CaseResult, Run, Selection
from suite.schema import SchemaCheckError, SchemaError
from suite.score import Score
from suite.shard import digest_cases
from suite.tasks import TASKS, find_groups, find_sizes

Cases = Mapping[tuple[str, str], Case]
_GATES_DECIDE = OutcomeRule(held=False, flips="gate")
"""A scorer changed: no answer is held, and no single flip fails."""

_ASKED_OTHERWISE = "the case is asked otherwise today: the recorded text answers another question"


@dataclass(frozen=True, slots=True)
class Move:
    """A recorded answer that is judged otherwise today."""

    model: str
    task: str
    case_id: str
    then: Score
    now: Score

    @property
    def verdict_moved(self) -> bool:
        """Whether it passes now and did not, or the other way round."""
        return self.then.passed != self.now.passed


@dataclass(frozen=True, slots=True)
class Rescored:
    """A run judged again."""

    run: Run
    """With today's scores, and no gates decided."""
    moves: tuple[Move, ...]
    """By model, task and case: another verdict, metric, count or reason. Of the first repeat."""
    asked_otherwise: tuple[str, ...]
    """Ids whose messages are others today: the recorded text answers another question."""
    gone: tuple[str, ...]
    """Ids that the cases of today lack."""
    lost: tuple[str, ...] = ()
    """Ids that had a verdict and cannot be judged today, as on a limit of a regex."""

    @property
    def verdicts(self) -> tuple[Move, ...]:
        """The moves that are another verdict."""
        return tuple(move for move in self.moves if move.verdict_moved)


def rescore(
    run: Run,
    asked: Cases,
    baselines: Mapping[tuple[str, str], Baseline],
    files: Mapping[str, TaskFile] | None = None,
) -> Rescored:
    """Score every recorded text of a run again.

    Args:
        run: Its texts are kept as they are.
        asked: The cases as they were put to the models, by task and id.
        baselines: What the run was compared with; changes are told against them.
        files: The cases of today by task, to judge by other schemas or expectations; None: the
            cases as they were asked, so only a scorer can move a verdict.
    """
    today = asked if files is None else _index(files)
    moves: list[Move] = []
    results: list[CaseResult] = []
    repeats: list[CaseResult] = []
    otherwise: set[str] = set()
    gone: set[str] = set()
    lost: set[str] = set()
    for result in (*run.results, *run.repeats):
        kept = results if result.repeat == 1 else repeats
        place = result.task, result.case_id
        case = today.get(place)
        if case is None:
            gone.add(result.case_id)
            continue
        if case.messages != asked[place].messages:
            otherwise.add(result.case_id)
            kept.append(_lose(result, case, _ASKED_OTHERWISE))
            continue
        baseline = baselines.get((result.model, result.task))
        new = _rescore_one(result, case, baseline)
        kept.append(new)
        then, now = result.score, new.score
        if then and now is None:
            lost.add(result.case_id)
        if then and now and _verdict(then) != _verdict(now) and result.repeat == 1:
            moves.append(Move(result.model, result.task, result.case_id, then, now))
    selections = run.selections if files is None else tuple(_reselect(run.selections, files))
    rescored = replace(
        run, results=tuple(results), repeats=tuple(repeats), selections=selections, gates=()
    )
    ids = (tuple(sorted(each)) for each in (otherwise, gone, lost))
    return Rescored(measure_run(rescored), tuple(moves), *ids)


def _index(files: Mapping[str, TaskFile]) -> dict[tuple[str, str], Case]:
    return {(case.task, case.id): case for file in files.values() for case in file.cases}


def _verdict(score: Score) -> tuple[object, ...]:
    return score.passed, score.metrics, score.counts, score.reason


def _rescore_one(result: CaseResult, case: Case, baseline: Baseline | None) -> CaseResult:
    result = replace(result, case_hash=case.hash, cluster=case.cluster)
    if result.score is None or result.generation is None:
        return result  # no verdict then, and nothing to make one of
    try:
        score = TASKS[case.task].score(case, result.generation)
    except (SchemaError, SchemaCheckError) as error:
        # as in a session: what cannot be judged has no verdict, and the others keep theirs
        return _lose(result, case, f"not judged today: {type(error).__name__}: {error}")
    golden = baseline.golden(case.id, case.hash) if baseline else None
    judged = replace(result, score=score, judgement=judge_again(result, case))
    settled = decide(judged, golden, _GATES_DECIDE)
    return replace(
        judged,
        outcome=settled.outcome,
        change=settled.change,
        answer=settled.answer,
        message=f"judged again: {settled.change or settled.outcome}",
    )


def _lose(result: CaseResult, case: Case, message: str) -> CaseResult:
    return replace(
        result,
        case_hash=case.hash,
        outcome="error",
        score=None,
        generation=None,
        judgement=None,
        change=None,
        answer=None,
        cluster=case.cluster,
        message=message,
    )


def _reselect(
    selections: Iterable[Selection], files: Mapping[str, TaskFile]
) -> Iterable[Selection]:
    for selection in selections:
        file = files.get(selection.task)
        known = tuple(sorted(case.id for case in file.cases)) if file else ()
        yield replace(
            selection,
            version=file.version if file else selection.version,
            known=known,
            selected=tuple(sorted(set(selection.selected) & set(known))),
            repeats=tuple(tuple(sorted({*ids} & {*known})) for ids in selection.repeats),
            case_file=str(file.path) if file else selection.case_file,
            cases_digest=digest_cases(file.cases if file else ()),
            sizes=find_sizes(selection.task, file.cases if file else ()),
            groups=find_groups(selection.task, file.cases if file else ()),
        )
