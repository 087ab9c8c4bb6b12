"""The rates of a run: each metric over what was selected, in all and by group, with its interval.

Nothing is judged here: a case without a verdict counts as a failure, and gates decide elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from suite.run import CaseResult, Run, Selection
from suite.score import Count
from suite.stats import Interval, wilson
from suite.stats_cluster import clustered_interval, sum_clusters
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
    """Counts per cluster of cases, where two cases share one or the metric counts several things
    of a case; empty: each case counts once and is independent of the others."""
    cases: int | None = None
    """How many were selected; None: `n`, as each counts once."""

    @property
    def value(self) -> float:
        """The rate in [0, 1]."""
        return self.count / self.n

    @property
    def shown(self) -> str:
        """The value, such as `0.935`."""
        return f"{self.value:.3f}"

    @property
    def interval(self) -> Interval:
        """Of 95 %: Wilson's, or the clustered one where there are clusters."""
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

    @property
    def basis(self) -> str:
        """What the value rests on, such as `187/200, 95% 0.892-0.962`."""
        return f"{self.counts}, 95% {self.interval}"

    def __str__(self) -> str:
        return f"{self.shown} ({self.basis})"


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
    by_id = {each.case_id: each for each in results}
    cases = [(case_id, by_id.get(case_id)) for case_id in chosen]
    names = [result.cluster if result else None for _, result in cases]
    counted = TASKS[selection.task].counted
    rates = []
    for metric, direction in TASKS[selection.task].metrics.items():
        if metric in counted:
            rate = _count_rate(metric, direction, counted[metric], selection, cases)
            if rate.n:  # of flawed solutions alone there is no rate of right ones
                rates.append(rate)
            continue
        scores = (each.score if each else None for _, each in cases)
        values = [score.metrics.get(metric) if score else None for score in scores]
        rates.append(case_rate(metric, direction, values, names))
    return rates


def _count_rate(
    metric: str,
    direction: Direction,
    unit: str,
    selection: Selection,
    chosen: Iterable[tuple[str, CaseResult | None]],
) -> Rate:
    """Return the rate of a counted metric; what a case without a score has of it is all wrong."""
    counts: list[Count] = []
    names: list[str | None] = []
    missing = 0
    for case_id, result in chosen:
        size = selection.sizes[case_id]
        if not size:  # nothing of it is counted, whatever the answer
            continue
        names.append(result.cluster if result else None)
        if result and result.score and metric in result.score.counts:
            counts.append(result.score.counts[metric])
        else:
            missing += 1
            counts.append(Count(size if direction == "lower" else 0, size))
    return sum_rate(metric, direction, unit, counts, names, missing)


def case_rate(
    metric: str,
    direction: Direction,
    values: Sequence[int | None],
    names: Sequence[str | None],
) -> Rate:
    """Return the rate of a metric that is 0 or 1 of each case.

    Args:
        metric: Its name.
        direction: Which way is better.
        values: Of each case, at least one; None: it has no score of it, and counts as a failure.
        names: The cluster of each case.
    """
    worst = 1 if direction == "lower" else 0
    counts = [Count(worst if value is None else value, 1) for value in values]
    clusters = [Count(*each) for each in sum_clusters(counts, names)]
    return Rate(
        metric,
        direction,
        count=sum(each.right for each in counts),
        n=len(counts),
        missing=values.count(None),
        clusters=tuple(clusters) if len(clusters) < len(counts) else (),
    )


def sum_rate(
    metric: str,
    direction: Direction,
    unit: str,
    counts: Sequence[Count],
    names: Sequence[str | None],
    missing: int = 0,
) -> Rate:
    """Return the rate of a counted metric.

    Args:
        metric: Its name.
        direction: Which way is better.
        unit: What is counted, such as `fields`.
        counts: Of each case that has something to count.
        names: The cluster of each of these cases.
        missing: How many of them have no score, and count as failures in all.
    """
    clusters = tuple(Count(*each) for each in sum_clusters(counts, names))
    right, of = (sum(each[side] for each in clusters) for side in (0, 1))
    return Rate(metric, direction, right, of, missing, unit, clusters, len(counts))
