"""Decides `no_regression`: the same cases judged in the baseline and now, metric by metric.

Whether a run may be compared at all is decided in `suite.gates`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from suite.gate_file import NoRegression
from suite.pairing import Pairing
from suite.run import GateStatus
from suite.sentences import join_some
from suite.stats import detectable_drop, mcnemar_exact
from suite.stats_cluster import MIN_CLUSTERS, sign_flip
from suite.task import Direction

_WORST_FIRST: tuple[GateStatus, ...] = ("FAIL", "INCONCLUSIVE", "WARN", "PASS")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One metric of the same cases, then and now."""

    metric: str
    direction: Direction
    pairing: Pairing
    p: float | None
    """Of the one-sided test, not adjusted; None: nothing can be concluded."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says, before the options of the session are applied."""

    status: GateStatus
    sentence: str


def compare(metric: str, direction: Direction, pairing: Pairing) -> Comparison:
    """Test whether more cases broke than were fixed, with clusters as units where there are any."""
    if not pairing.n:
        p = None
    elif pairing.differences is None:
        p = mcnemar_exact(len(pairing.broke), len(pairing.fixed))
    elif len(pairing.differences) < MIN_CLUSTERS:
        p = None
    else:
        p = sign_flip(pairing.differences)
    return Comparison(metric, direction, pairing, p)


def verdict(adjusted: float | None, rule: NoRegression) -> GateStatus:
    """Return what an adjusted p-value means under a rule; None: nothing can be concluded."""
    if adjusted is None:
        return "INCONCLUSIVE"
    if adjusted <= rule.alpha:
        return "FAIL"
    return "WARN" if rule.warn_alpha is not None and adjusted <= rule.warn_alpha else "PASS"


def decide_regression(
    rule: NoRegression,
    comparisons: Sequence[Comparison],
    adjusted: Sequence[float],
    family: int,
    accepting: bool = False,
) -> Finding:
    """Decide a rule; its worst metric counts.

    Args:
        rule: With its alphas.
        comparisons: A metric each.
        adjusted: Their p-values, adjusted over all tests of the model and task.
        family: How many tests these are.
        accepting: This run becomes the baseline, so a regression is no more than a warning.
    """
    statuses: list[GateStatus] = []
    parts = []
    for comparison, p in zip(comparisons, adjusted, strict=True):
        status = verdict(None if comparison.p is None else p, rule)
        statuses.append(status)
        parts.append(_describe(comparison, p, status, rule))
    worst = min(statuses, key=_WORST_FIRST.index)
    if worst == "FAIL" and accepting:
        worst = "WARN"
        parts.append("accepted by this run")
    return Finding(worst, "; ".join([*parts, *_say_sight(comparisons, rule.alpha / family)]))


def _describe(
    comparison: Comparison, adjusted: float, status: GateStatus, rule: NoRegression
) -> str:
    pairing, metric = comparison.pairing, comparison.metric
    if not pairing.n:
        return f"{metric}: no case is still what the baseline answered"
    clusters = "" if pairing.differences is None else f" in {len(pairing.differences)} clusters"
    then, now = (
        (pairing.n - good if comparison.direction == "lower" else good) / pairing.n
        for good in (pairing.good_then, pairing.good_now)
    )
    counts = f"{len(pairing.broke)} broke, {len(pairing.fixed)} fixed of {pairing.n}{clusters}"
    rates = f"{metric} {then:.3f} → {now:.3f}"
    if comparison.p is None:
        return f"{counts}, {rates}, too few clusters: a verdict wants {MIN_CLUSTERS}"
    p = f"p = {comparison.p:.2g}"
    if adjusted != comparison.p:
        p += f", Holm {adjusted:.2g}"
    limit = {"FAIL": rule.alpha, "WARN": rule.warn_alpha}.get(status)
    p += "" if limit is None else f" ≤ {limit:g}"
    ids = f": {join_some(pairing.broke)}" if pairing.broke and status != "PASS" else ""
    return f"{counts} ({p}), {rates}{ids}"


def _say_sight(comparisons: Sequence[Comparison], alpha: float) -> list[str]:
    """Say how small a drop can be seen behind the churn: what flipped as often the other way."""
    drops = []
    for pairing in [each.pairing for each in comparisons if each.p is not None]:
        units, noun = pairing.n, "cases"
        churn = min(len(pairing.broke), len(pairing.fixed))
        if pairing.differences is not None:
            units, noun = len(pairing.differences), "clusters"
            worse = sum(difference > 0 for difference in pairing.differences)
            better = sum(difference < 0 for difference in pairing.differences)
            churn = min(worse, better)
        drop = detectable_drop(units, alpha, fixed=churn / units)
        if drop is None:
            return [f"{units} {noun} are too few to see a drop"]
        drops.append(drop)
    if not drops:
        return []
    return [f"this suite can see drops of {100 * max(drops):.1f} points or more (power 80%)"]
