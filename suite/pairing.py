"""Pairs the cases of a run with their goldens: what a paired test is made of, and what it is not.

Deciding whether a loss is tolerable is `suite.regression` and `suite.gates`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from suite.baseline import Baseline
from suite.run import CaseResult, Selection
from suite.score import Count
from suite.stats_cluster import find_clusters
from suite.task import Direction
from suite.tasks import is_good


@dataclass(frozen=True, slots=True)
class Pairing:
    """The same cases judged in the baseline and now, by one metric."""

    n: int
    broke: tuple[str, ...]
    """Ids, sorted: good in the baseline, bad or without a verdict now."""
    fixed: tuple[str, ...]
    good_then: int
    """Cases that were good in the baseline."""
    clusters: tuple[tuple[Count, ...], tuple[Count, ...]] | None = None
    """Per cluster the good cases of all, in the baseline and now; None where no two cases share a
    cluster."""

    @property
    def differences(self) -> tuple[int, ...] | None:
        """Per cluster, the cases that broke minus those fixed; None likewise."""
        if self.clusters is None:
            return None
        return tuple(then.right - now.right for then, now in zip(*self.clusters, strict=True))

    @property
    def good_now(self) -> int:
        """Cases that are good now."""
        return self.good_then - len(self.broke) + len(self.fixed)


@dataclass(frozen=True, slots=True)
class CaseChanges:
    """Cases that cannot be paired, ids sorted."""

    new: tuple[str, ...]
    """Selected and not in the baseline."""
    changed: tuple[str, ...]
    """Their content is not what the golden answered."""
    removed: tuple[str, ...]
    """In the baseline and no longer in the case file."""


@dataclass(frozen=True, slots=True)
class _Paired:
    """One case by one metric."""

    case_id: str
    cluster: str | None
    goods: tuple[bool, bool]
    """Whether it was good in the baseline, and is now."""


def pair(
    baseline: Baseline,
    results: Sequence[CaseResult],
    selection: Selection,
    metric: str,
    direction: Direction,
) -> Pairing:
    """Pair selected cases with their goldens by one metric; new and changed ones take no part.

    A case without a result (its worker died), without a verdict, or whose score lacks the metric
    is bad now. A case that names no cluster is a cluster of its own; so is one without a result,
    which only a run has that was stopped.
    """
    paired = list(_pair_cases(baseline, results, selection, metric, direction))
    together = find_clusters(each.cluster for each in paired)
    sides = tuple(
        tuple(
            Count(sum(paired[place].goods[side] for place in places), len(places))
            for places in together
        )
        for side in (0, 1)
    )
    return Pairing(
        len(paired),
        tuple(sorted(each.case_id for each in paired if each.goods == (True, False))),
        tuple(sorted(each.case_id for each in paired if each.goods == (False, True))),
        sum(each.goods[0] for each in paired),
        clusters=(sides[0], sides[1]) if len(together) < len(paired) else None,
    )


def _pair_cases(
    baseline: Baseline,
    results: Sequence[CaseResult],
    selection: Selection,
    metric: str,
    direction: Direction,
) -> Iterator[_Paired]:
    by_id = {result.case_id: result for result in results}
    for case_id in selection.selected:
        golden, result = baseline.goldens.get(case_id), by_id.get(case_id)
        if golden is None or metric not in golden.metrics:
            continue
        if result is not None and result.case_hash != golden.case_hash:
            continue
        value = result.score.metrics.get(metric) if result and result.score else None
        goods = (
            is_good(direction, golden.metrics[metric]),
            value is not None and is_good(direction, value),
        )
        yield _Paired(case_id, result.cluster if result else None, goods)


def find_case_changes(
    baseline: Baseline, results: Sequence[CaseResult], selection: Selection
) -> CaseChanges:
    """Find the cases that are not what the baseline was made of."""
    return CaseChanges(
        new=tuple(sorted(r.case_id for r in results if r.case_id not in baseline.goldens)),
        changed=tuple(
            sorted(
                result.case_id
                for result in results
                if result.case_id in baseline.goldens
                and baseline.goldens[result.case_id].case_hash != result.case_hash
            )
        ),
        removed=tuple(sorted(baseline.goldens.keys() - set(selection.known))),
    )
