"""Simulates models that did not change, or that lost, to measure how often the gates fail.

A pair of runs is drawn as the counts that the paired tests read: no case, model or text is made.
The p-values, their adjustment and the verdict are those of the gates themselves.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate
from math import sqrt
from random import Random

from suite.gate_file import NoRegression
from suite.regression import verdict
from suite.stats import binomial_pmf, holm, mcnemar_exact, paired_power
from suite.stats_cluster import MIN_CLUSTERS, sign_flip

MARGIN = 0.02
"""How far a bare threshold stands from the rate it is compared with."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What lies between two runs of the same cases."""

    n: int
    """Cases."""
    churn: float
    """Share of the cases that flip by chance, half of them each way."""
    drop: float = 0.0
    """Share of the cases that break besides, in the first metric; the others stay unchanged."""
    cluster_size: int = 1
    """So many cases flip together; it divides `n`."""

    @property
    def units(self) -> int:
        """What flips by itself: cases, or clusters of them."""
        return self.n // self.cluster_size

    @property
    def is_decidable(self) -> bool:
        """Whether there are enough clusters for a verdict."""
        return self.cluster_size == 1 or self.units >= MIN_CLUSTERS

    def problem(self) -> str | None:
        """Return why it cannot be simulated, None when it can."""
        if self.n % self.cluster_size:
            whole = f"whole clusters of {self.cluster_size} (--cluster-size 1: no clusters)"
            return f"{self.n} cases do not make {whole}"
        if self.churn + self.drop > 1:
            return f"churn {self.churn:g} and drop {self.drop:g} together are above 1"
        return None


@dataclass(frozen=True, slots=True)
class Tally:
    """How often the gate, and simpler rules, spoke up over all pairs of one scenario."""

    scenario: Scenario
    pairs: int
    failed: int
    """The gate ended FAIL."""
    warned: int
    """It ended WARN."""
    any_drop: int
    """The rate of the first metric was lower than before."""
    fell_by_margin: int
    """It was lower by more than `MARGIN`."""
    unclustered: int
    """McNemar at the adjusted alpha would reject, clusters ignored, in any metric."""
    exact: float
    """Chance of FAIL, computed rather than simulated; the metrics are independent."""


def simulate(scenario: Scenario, rule: NoRegression, pairs: int = 10_000, seed: int = 0) -> Tally:
    """Draw pairs of runs and count what the gate makes of them.

    Independent metrics are the hardest case for a shared error budget; real ones overlap.

    Args:
        scenario: Whose `problem()` is None.
        rule: The gate; its metrics share the budget.
        pairs: How many to draw.
        seed: The same gives the same tally, whatever other scenarios are simulated.
    """
    problem = scenario.problem()
    assert problem is None, problem
    rng = Random(f"{seed} {scenario}")
    tests = len(rule.metrics)
    chances = [_chances(scenario, first=index == 0) for index in range(tests)]
    columns = [_draw_flips(rng, scenario.units, *each, pairs) for each in chances]
    size = scenario.cluster_size

    @cache
    def p_of(flips: tuple[int, int]) -> float:
        broke, fixed = flips
        if size == 1:
            return mcnemar_exact(broke, fixed)
        return sign_flip([size] * broke + [-size] * fixed)

    failed = warned = unclustered = 0
    for flips in zip(*columns, strict=True):
        worst = min(holm([p_of(each) for each in flips]))
        status = verdict(worst if scenario.is_decidable else None, rule)
        failed += status == "FAIL"
        warned += status == "WARN"
        unclustered += any(_mcnemar(size * b, size * f) <= rule.alpha / tests for b, f in flips)
    losses = [size * (broke - fixed) / scenario.n for broke, fixed in columns[0]]
    missed = 1.0
    for each in chances:
        missed *= 1 - paired_power(scenario.units, *each, rule.alpha / tests)
    return Tally(
        scenario,
        pairs,
        failed,
        warned,
        any_drop=sum(loss > 0 for loss in losses),
        fell_by_margin=sum(loss > MARGIN + 1e-12 for loss in losses),
        unclustered=unclustered,
        exact=1 - missed if scenario.is_decidable else 0.0,
    )


def false_alarm_limit(alpha: float, pairs: int) -> float:
    """Return the highest rate of false alarms that chance explains: alpha + 3 standard errors."""
    return alpha + 3 * sqrt(alpha * (1 - alpha) / pairs)


_mcnemar = lru_cache(maxsize=100_000)(mcnemar_exact)


def _chances(scenario: Scenario, first: bool) -> tuple[float, float]:
    """Return the chances that a unit breaks and that it is fixed."""
    drop = scenario.drop if first else 0.0
    return scenario.churn / 2 + drop, scenario.churn / 2


def _draw_flips(
    rng: Random, units: int, broke: float, fixed: float, pairs: int
) -> list[tuple[int, int]]:
    """Draw how many units broke and how many were fixed, a pair of runs each."""
    flipped = broke + fixed
    share = broke / flipped if flipped else 0.0
    draw_flipped = _sampler(rng, units, flipped)
    samplers: dict[int, Callable[[], int]] = {}
    drawn = []
    for _ in range(pairs):
        count = draw_flipped()
        if count not in samplers:
            samplers[count] = _sampler(rng, count, share)
        down = samplers[count]()
        drawn.append((down, count - down))
    return drawn


def _sampler(rng: Random, n: int, p: float) -> Callable[[], int]:
    """Return what draws from Bin(n, p)."""
    cumulated = list(accumulate(binomial_pmf(k, n, p) for k in range(n + 1)))
    return lambda: min(bisect(cumulated, rng.random()), n)
