"""Counts how one baseline differs from another: which cases got worse or better, by any metric.

Whether a difference is tolerable is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from suite.baseline import Baseline, Golden
from suite.run import differing
from suite.score import Count
from suite.sentences import join_some
from suite.tasks import TASKS, is_better, is_good


@dataclass(frozen=True, slots=True)
class BaselineDiff:
    """Case ids, sorted."""

    worse: tuple[str, ...]
    """Some verdict or metric is worse, whatever else is better."""
    better: tuple[str, ...]
    other: tuple[str, ...]
    """The same verdicts, another answer."""
    changed: tuple[str, ...]
    """The case itself is another one."""
    new: tuple[str, ...]
    removed: tuple[str, ...]
    head: tuple[str, ...]
    """Subject and conditions that differ, dotted."""

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))

    def __str__(self) -> str:
        counts = [
            f"{len(ids)} {name}" for name, ids in self.groups().items() if ids and name != "worse"
        ]
        if self.worse:
            counts.insert(0, f"{len(self.worse)} worse ({join_some(self.worse)})")
        if self.head:
            counts.append(f"made of other {join_some(self.head)}")
        return ", ".join(counts) or "nothing differs"

    def groups(self) -> dict[str, tuple[str, ...]]:
        """Return the ids by what became of the case, the worst first."""
        return {
            "worse": self.worse,
            "removed": self.removed,
            "changed": self.changed,
            "better": self.better,
            "new": self.new,
            "with another answer": self.other,
        }


def diff_baselines(then: Baseline, now: Baseline) -> BaselineDiff:
    """Compare two baselines of one model and task."""
    worse: list[str] = []
    better: list[str] = []
    other: list[str] = []
    changed: list[str] = []
    for case_id in sorted(then.goldens.keys() & now.goldens.keys()):
        one, two = then.goldens[case_id], now.goldens[case_id]
        if one.case_hash != two.case_hash:
            changed.append(case_id)
        elif ways := _find_ways(one, two, then.task):
            (worse if "worse" in ways else better).append(case_id)
        elif one.text != two.text:
            other.append(case_id)
    return BaselineDiff(
        worse=tuple(worse),
        better=tuple(better),
        other=tuple(other),
        changed=tuple(changed),
        new=tuple(sorted(now.goldens.keys() - then.goldens.keys())),
        removed=tuple(sorted(then.goldens.keys() - now.goldens.keys())),
        head=(*differing(then.subject, now.subject), *differing(then.conditions, now.conditions)),
    )


def _find_ways(then: Golden, now: Golden, task: str) -> set[str]:
    pairs = [(then.passed, now.passed)]
    for metric, direction in TASKS[task].metrics.items():
        if direction != "neither" and metric in then.metrics:
            # one that is not measured any more can no longer be seen to fail
            value = now.metrics.get(metric)
            good = value is not None and is_good(direction, value)
            pairs.append((is_good(direction, then.metrics[metric]), good))
    for metric, count in then.counts.items():
        way = TASKS[task].metrics.get(metric, "neither")
        worst = Count(int(way == "lower"), 1)
        share, before = now.counts.get(metric, worst).share, count.share
        pairs.append((is_better(way, before, share), is_better(way, share, before)))
    return {"better" if after else "worse" for before, after in pairs if before != after}
