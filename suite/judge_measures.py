"""What a judge's grades come to over many answers, and how far they agree with the task's verdict.

Grades are figures of a run, never the verdict on a case: a gate wants them by name, and by default
none does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import fsum
from types import MappingProxyType

from suite.judgement import BEST, WORST, Grades
from suite.measured import Measured
from suite.run import CaseResult
from suite.stats_cluster import find_clusters, mean_interval
from suite.task import Direction

GOOD = 4
"""A score from here on says that an answer is right."""
JUDGE_MEASURES: Mapping[str, Direction] = MappingProxyType(
    {
        "judge_score": "higher",
        "judge_faithfulness": "higher",
        "judge_completeness": "higher",
        "judge_agreement": "higher",
        "judge_unscored": "lower",
    }
)


def measure_judge(
    results: Sequence[CaseResult], is_right: Callable[[CaseResult], bool]
) -> Iterator[Measured]:
    """Yield what a judge's grades come to, nothing where no judge was asked.

    A case without an answer has the worst grades: what is not there cannot be unscored. An answer
    that the judge gave no readable grades to is in none of the means, but in `judge_unscored`,
    their share of all answers; where that is all of them, the means are left out. The share of the
    graded answers that judge and task call alike is `judge_agreement`.

    Args:
        results: Of one model, or of a group of cases.
        is_right: The task's own verdict, which the judge's score is held against.
    """
    if not any(result.judgement for result in results):
        return
    answered = [(each, _grades(each)) for each in results if each.generation is not None]
    graded = [(each, grades) for each, grades in answered if grades is not None]
    if graded:
        for name in Grades.__slots__:
            found = [(each, _scale(getattr(grades, name))) for each, grades in graded]
            found += [(each, 0.0) for each in results if each.generation is None]
            yield _stretch(mean_of(f"judge_{name}", found))
        alike = [(each, float((grades.score >= GOOD) == is_right(each))) for each, grades in graded]
        yield mean_of("judge_agreement", alike)
    if answered:
        yield mean_of("judge_unscored", [(each, float(g is None)) for each, g in answered])


def mean_of(metric: str, values: Iterable[tuple[CaseResult, float]]) -> Measured:
    """Return a mean with its interval, clustered by the case's cluster.

    Args:
        metric: What it is called.
        values: At least one, each in [0, 1].
    """
    pairs = list(values)
    found = [value for _, value in pairs]
    together = find_clusters(result.cluster for result, _ in pairs)
    interval = mean_interval(
        [(fsum(found[place] for place in places), len(places)) for places in together]
    )
    return Measured(metric, fsum(found) / len(found), len(found), interval.low, interval.high)


def _grades(result: CaseResult) -> Grades | None:
    return result.judgement.grades if result.judgement else None


def _scale(grade: int) -> float:
    # a file may hold any
    return (min(BEST, max(WORST, grade)) - WORST) / (BEST - WORST)


def _stretch(share: Measured) -> Measured:
    """Return a mean of shares as one of grades."""

    def grade(value: float) -> float:
        return WORST + value * (BEST - WORST)

    assert share.low is not None, share
    assert share.high is not None, share
    return Measured(share.metric, grade(share.value), share.n, grade(share.low), grade(share.high))
