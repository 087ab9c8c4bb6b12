"""Finds the cases whose verdict is not the same each time they are put to the same model.

That is the noise of the model itself (`--repeat N`); flips against a baseline are `suite.pairing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from suite.measured import Measured
from suite.run import CaseResult, Run, Selection
from suite.stats_cluster import rate_interval

SELF_FLIP_RATE = "self_flip_rate"


@dataclass(frozen=True, slots=True)
class Repeated:
    """The verdicts of one case that was asked more than once."""

    case_id: str
    verdicts: tuple[bool | None, ...]
    """By repeat; None: it has no verdict."""
    cluster: str | None = None

    @property
    def flips(self) -> bool:
        """Whether they are not all the same; one that is missing is never the same."""
        return None in self.verdicts or len(set(self.verdicts)) > 1

    def __str__(self) -> str:
        passed, missing = self.verdicts.count(True), self.verdicts.count(None)
        lost = f", {missing} without a verdict" if missing else ""
        return f"{self.case_id} ({passed} of {len(self.verdicts)} pass{lost})"


def find_repeated(results: Iterable[CaseResult]) -> list[Repeated]:
    """Return the cases that were asked more than once, by id.

    Args:
        results: Of one model and task, further repeats included.
    """
    found: dict[str, dict[int, CaseResult]] = {}
    for result in results:
        found.setdefault(result.case_id, {})[result.repeat] = result
    return [
        Repeated(
            case_id,
            tuple(each.score.passed if each.score else None for _, each in sorted(times.items())),
            next(iter(times.values())).cluster,
        )
        for case_id, times in sorted(found.items())
        if len(times) > 1
    ]


def find_self_flips(run: Run, model: str, task: str) -> list[Repeated]:
    """Return the cases of a model and task whose verdict flips between repeats, by id."""
    both = (*run.of(model, task), *run.repeats_of(model, task))
    return [each for each in find_repeated(both) if each.flips]


def measure_self_flips(results: Sequence[CaseResult]) -> Iterator[Measured]:
    """Yield the share of cases that flip between repeats, with the interval of a rate.

    Args:
        results: Of one model and task, further repeats included; nothing is measured where no
            case was asked twice.
    """
    if repeated := find_repeated(results):
        count, n = sum(each.flips for each in repeated), len(repeated)
        interval = rate_interval(
            [(int(each.flips), 1) for each in repeated], [each.cluster for each in repeated]
        )
        yield Measured(SELF_FLIP_RATE, count / n, n, interval.low, interval.high, count=count)


def find_unasked(selection: Selection) -> str | None:
    """Return why a rate of flips is not of all cases, None where each was asked as often."""
    if not selection.repeats:
        return "every case was asked once; ask again: --repeat N"
    fewest = min(map(len, selection.repeats))
    if fewest < len(selection.known):
        return f"{fewest} of {len(selection.known)} cases have all of their repeats selected"
    return None
