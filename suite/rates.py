"""The rates of a run: each metric over what was selected, in all and by group, with its interval.

Nothing is judged here: a case without a verdict counts as a failure, and gates decide elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from suite.run import CaseResult, Run, Selection
from suite.score import Count
from suite.stats import Interval, wilson
from suite.stats_cluster import clustered_interval
from suite.task import Direction
from suite.tasks import TASKS


@dataclass(frozen=True, slots=True)
class Rate:
    """A metric over the selected cases."""

    metric: str
    direction: Direction
    count: int
    n: int
    """Selected cases, those without a verdict included; of a counted metric, what these have of
    its unit."""
    missing: int
    """Cases without a verdict: in `count` with all they have when lower is better, else not."""
    unit: str = "cases"
    """What is counted: `cases`, or such as `fields`, several of a case."""
    clusters: tuple[Count, ...] = ()
    """Of a counted metric: its counts per case, or per cluster of cases; empty: 0/1 per case."""
    cases: int | None = None
    """How many were selected; None: `n`, as each counts once."""

    @property
    def value(self) -> float:
        """The rate in [0, 1]."""
        return self.count / self.n

    @property
    def interval(self) -> Interval:
        """Wilson, 95 %; of a counted metric clustered by case."""
        if self.clusters:
            return clustered_interval(self.clusters)
        return wilson(self.count, self.n)

    @property
    def is_unscored(self) -> bool:
        """Whether no case has a score of the metric."""
        return self.missing == (self.n if self.cases is None else self.cases)

    @property
    def counts(self) -> str:
        """Such as `187/200`, or `412/600 fields`."""
        return f"{self.count}/{self.n}{'' if self.unit == 'cases' else f' {self.unit}'}"

    def __str__(self) -> str:
        low, high = self.interval.low, self.interval.high
        return f"{self.value:.3f} ({self.counts}, 95% {low:.3f}-{high:.3f})"


def find_rates(run: Run, model: str, task: str) -> list[Rate]:
    """Return every metric of a task over what was selected, none when that is nothing.

    A selected case without a verdict, or whose score lacks the metric, counts as a failure; of a
    counted metric, as one in all that the case has.
    """
    selection = run.selection(model, task)
    return _find_rates(selection, run.of(model, task), selection.selected)


def find_group_rates(run: Run, model: str, task: str) -> dict[str, dict[str, list[Rate]]]:
    """Return the rates of each group of cases by its kind and tag, none where none is selected."""
    selection = run.selection(model, task)
    results, selected = run.of(model, task), set(selection.selected)
    found: dict[str, dict[str, list[Rate]]] = {}
    for kind, groups in selection.groups.items():
        for tag, known in groups.items():
            if chosen := [case_id for case_id in known if case_id in selected]:
                found.setdefault(kind, {})[tag] = _find_rates(selection, results, chosen)
    return found


def _find_rates(
    selection: Selection, results: Iterable[CaseResult], chosen: Sequence[str]
) -> list[Rate]:
    if not chosen:
        return []
    wanted = set(chosen)
    scored = [each for each in results if each.score is not None and each.case_id in wanted]
    counted = TASKS[selection.task].counted
    rates = []
    for metric, direction in TASKS[selection.task].metrics.items():
        if metric in counted:
            rate = _count_rate(metric, direction, counted[metric], selection, scored, chosen)
            if rate.n:  # of flawed solutions alone there is no rate of right ones
                rates.append(rate)
            continue
        scores = [each.score.metrics for each in scored if each.score is not None]
        values = [metrics[metric] for metrics in scores if metric in metrics]
        rates.append(_rate(metric, direction, values, len(chosen)))
    return rates


def _rate(metric: str, direction: Direction, values: list[int], n: int) -> Rate:
    missing = n - len(values)
    assert missing >= 0, f"{metric}: {len(values)} scores of {n} selected cases"
    count = sum(values) + (missing if direction == "lower" else 0)
    return Rate(metric, direction, count, n, missing)


def _count_rate(
    metric: str,
    direction: Direction,
    unit: str,
    selection: Selection,
    scored: Iterable[CaseResult],
    chosen: Iterable[str],
) -> Rate:
    """Return the rate of a counted metric; what a case without a score has of it is all wrong."""
    known = {each.case_id: each for each in scored if each.score and metric in each.score.counts}
    clusters: dict[tuple[str, bool], Count] = {}
    missing = cases = 0
    for case_id in chosen:
        if not selection.sizes[case_id]:  # nothing of it is counted, whatever the answer
            continue
        cases += 1
        result = known.get(case_id)
        if result is None or result.score is None:
            missing += 1
            size = selection.sizes[case_id]
            count, cluster = Count(size if direction == "lower" else 0, size), None
        else:
            count, cluster = Count(*result.score.counts[metric]), result.cluster
        place = (cluster, True) if cluster else (case_id, False)
        before = clusters.get(place, Count(0, 0))
        clusters[place] = Count(before.right + count.right, before.of + count.of)
    return sum_rate(metric, direction, unit, tuple(clusters.values()), missing, cases)


def sum_rate(
    metric: str,
    direction: Direction,
    unit: str,
    clusters: Sequence[Count],
    missing: int,
    cases: int,
) -> Rate:
    """Return the rate of a counted metric.

    Args:
        metric: Its name.
        direction: Which way is better.
        unit: What is counted, such as `fields`.
        clusters: Counts per case or cluster of cases; together they count at least one thing.
        missing: Cases without a score, which are in the counts.
        cases: How many the counts are of.
    """
    right, of = (sum(each[side] for each in clusters) for side in (0, 1))
    return Rate(metric, direction, right, of, missing, unit, tuple(clusters), cases)
