"""The figures of the qa task that are no rates, over many answers.

A single answer is judged in `suite.qa_score`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from suite.judge_measures import JUDGE_MEASURES, mean_of, measure_judge
from suite.measured import Measured
from suite.run import CaseResult
from suite.task import Direction

QA_MEASURES: dict[str, Direction] = {
    "token_f1": "higher",
    "unanswerable_accuracy": "higher",
    **JUDGE_MEASURES,
}
_ALIKE = 0.5
"""From this token F1 on, an answer that is no exact match is right enough to agree with a judge
that calls it right: "the yard at Brattli" for "Brattli"."""


def measure_qa(results: Sequence[CaseResult]) -> Iterator[Measured]:
    """Yield token F1, the share of unanswerable questions recognised, and what a judge says.

    Intervals are clustered by context. A case without a score has a token F1 of 0; as nobody can
    tell whether it is answerable, it counts among the unanswerable ones that were not recognised.
    """
    yield mean_of("token_f1", [(each, _value(each, "token_f1")) for each in results])
    parts = [each for each in results if each.score is None or "unanswerable" in each.score.values]
    if any(each.score for each in parts):
        recognised = [(each, _value(each, "unanswerable")) for each in parts]
        yield mean_of("unanswerable_accuracy", recognised)
    yield from measure_judge(results, _is_right)


def _value(result: CaseResult, name: str) -> float:
    value = result.score.values.get(name, 0.0) if result.score else 0.0
    return min(1.0, max(0.0, value))  # a file may hold any number, also none


def _is_right(result: CaseResult) -> bool:
    score = result.score
    return score is not None and (score.passed or _value(result, "token_f1") >= _ALIKE)
