"""Statistics of counts and of paired 0/1 outcomes, from the standard library alone.

No scipy: its import alone takes longer than a whole run with everything cached. The tests hold
every function against it. Cases that share a cluster are the business of `suite.stats_cluster`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, comb, exp, lgamma, log, log1p, log2, sqrt
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval of a rate."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:.3f}-{self.high:.3f}"


def wilson(count: int, n: int, confidence: float = 0.95) -> Interval:
    """Return the Wilson score interval, without continuity correction, of `count` in `n`.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22
    (1927). Unlike the normal interval it stays within [0, 1] and is not empty at 0 or n.

    Args:
        count: Successes, 0 to n.
        n: Trials, at least 1.
        confidence: Of the two-sided interval, such as 0.95.
    """
    if not 0 <= count <= n or n < 1:
        raise ValueError(f"got {count} of {n}; wants 0 <= count <= n and n >= 1")
    return score_interval(count / n, n, confidence)


def score_interval(rate: float, n: float, confidence: float = 0.95) -> Interval:
    """Return the Wilson interval of a rate as if it were seen in `n` independent trials.

    Args:
        rate: In [0, 1].
        n: More than 0; a fraction where trials are not independent and fewer would tell as much.
        confidence: Of the two-sided interval.
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    denominator = 1 + z * z / n
    centre = (rate + z * z / (2 * n)) / denominator
    half = z * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)) / denominator
    low = 0.0 if rate == 0 else centre - half
    high = 1.0 if rate == 1 else centre + half
    return Interval(low, high)


def clopper_pearson(count: int, n: int, confidence: float = 0.95) -> Interval:
    """Return the exact binomial interval of `count` in `n`: never too narrow, often too wide.

    C. J. Clopper and E. S. Pearson, Biometrika 26 (1934): each end is the rate at which so extreme
    a count has a chance of (1 - confidence) / 2. For rates near 0 and 1 that a claim rests on.

    Args:
        count: Successes, 0 to n.
        n: Trials, at least 1.
        confidence: Of the two-sided interval.
    """
    if not 0 <= count <= n or n < 1:
        raise ValueError(f"got {count} of {n}; wants 0 <= count <= n and n >= 1")
    tail = (1 - confidence) / 2

    def lower_end(successes: int) -> float:
        if successes == 0:
            return 0.0
        return _least(lambda rate: binomial_tail(successes, n, rate) >= tail)

    return Interval(lower_end(count), 1 - lower_end(n - count))


def needed_n(rate: float, bound: float, confidence: float = 0.95) -> int | None:
    """Return how many cases with this rate have a Wilson interval that stays clear of a bound.

    The Wilson interval inverts the score test, so it ends at `bound` where
    n (rate - bound)^2 = z^2 bound (1 - bound).

    Args:
        rate: In [0, 1], on the good side of the bound.
        bound: In [0, 1].
        confidence: Of the two-sided interval.

    Returns:
        The number of cases, or None when the rate is the bound itself: no number would do.
    """
    if rate == bound:
        return None
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    return max(1, ceil(z * z * bound * (1 - bound) / (rate - bound) ** 2))


def mcnemar_exact(broke: int, fixed: int) -> float:
    """Return the one-sided p-value of the exact McNemar test that more broke than was fixed.

    Under no change each discordant pair is a fair coin, so this is the upper tail of a binomial
    with p = 1/2: P(X >= broke), X ~ Bin(broke + fixed, 1/2). Q. McNemar, Psychometrika 12 (1947).

    Args:
        broke: Pairs that were good and are bad now.
        fixed: Pairs that were bad and are good now.
    """
    if broke < 0 or fixed < 0:
        raise ValueError(f"got {broke} broke and {fixed} fixed; counts are not negative")
    n = broke + fixed
    tail = sum(comb(n, k) for k in range(broke, n + 1))
    return float(tail / 2**n)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values adjusted so that all of them together keep one error budget.

    S. Holm, Scandinavian Journal of Statistics 6 (1979): the smallest of m is multiplied by m, the
    next by m - 1, and so on, none below the one before it. Holds under any dependence. At least
    one is at most alpha exactly when the smallest p-value is at most alpha / m.

    Args:
        p_values: Of one family of tests, in any order.

    Returns:
        In the order given.
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p_values[index]))
        adjusted[index] = largest
    return tuple(adjusted)


def detectable_drop(n: int, alpha: float, power: float = 0.8, fixed: float = 0.0) -> float | None:
    """Return the smallest true drop of a rate that the paired test sees with this power.

    Cases that flip by chance hide a drop: with a share `fixed` that gets better as many get worse
    without any drop. With none, the test rejects from ceil(log2(1 / alpha)) broken cases on, and a
    drop of d breaks Bin(n, d) of them. Where cases share clusters the same holds of clusters that
    flip as a whole.

    Args:
        n: Paired cases, or clusters of them.
        alpha: Of the one-sided test.
        power: Chance of rejecting when the drop is real.
        fixed: Share of the cases that get better by chance, below 0.5.

    Returns:
        The drop in [0, 1], to 0.0001 where there is chance in it, or None when n cases cannot show
        any drop at this alpha.
    """
    needed = ceil(log2(1 / alpha))
    if n < needed:
        return None
    if not fixed:
        return _least(lambda drop: binomial_tail(needed, n, drop) >= power)
    most = 1 - 2 * fixed
    if most <= 0 or paired_power(n, 1 - fixed, fixed, alpha) < power:
        return None
    share = _least(
        lambda share: paired_power(n, fixed + share * most, fixed, alpha) >= power, steps=14
    )
    return share * most


def paired_power(n: int, broke: float, fixed: float, alpha: float) -> float:
    """Return the chance that the exact McNemar test rejects, exactly.

    The discordant pairs are Bin(n, broke + fixed), and of these Bin(d, broke / (broke + fixed))
    broke. With broke == fixed this is the size of the test: its rate of false alarms.

    Args:
        n: Pairs.
        broke: Chance that a pair breaks.
        fixed: Chance that a pair is fixed; broke + fixed is at most 1.
        alpha: Of the one-sided test.
    """
    discordant = broke + fixed
    if not 0 <= discordant <= 1:
        raise ValueError(f"got broke {broke:g} and fixed {fixed:g}; together they are at most 1")
    if not discordant:
        return 0.0
    spread = 9 * sqrt(n * discordant * (1 - discordant)) + 9
    first = max(1, int(n * discordant - spread))
    power = 0.0
    for pairs in range(first, min(n, int(n * discordant + spread)) + 1):
        critical = _least_broke(pairs, alpha)
        weight = binomial_pmf(pairs, n, discordant)
        power += weight * binomial_tail(critical, pairs, broke / discordant)
    return min(1.0, power)


@lru_cache(maxsize=4096)
def _least_broke(discordant: int, alpha: float) -> int:
    """Return how many of the discordant pairs must have broken for the test to reject."""
    alpha *= 1 + 1e-9  # p-values such as 2**-7 may equal it, and the tail is a sum of floats
    broke = int(discordant / 2 + NormalDist().inv_cdf(1 - alpha) * sqrt(discordant) / 2)
    broke = min(max(broke, 0), discordant)
    while broke > 0 and binomial_tail(broke, discordant, 0.5) <= alpha:
        broke -= 1
    while binomial_tail(broke, discordant, 0.5) > alpha:
        broke += 1
    return broke


def binomial_tail(k: int, n: int, p: float) -> float:
    """Return P(X >= k) for X ~ Bin(n, p)."""
    if k <= 0:
        return 1.0
    if k > n or p <= 0.0:
        return 0.0
    if p >= 1.0:
        return 1.0
    # away from the mean, where terms shrink: the sum ends early and loses nothing
    odds = p / (1 - p)
    total, i = 0.0, k if k > n * p else k - 1
    term = binomial_pmf(i, n, p)
    if k > n * p:
        while i <= n and term > total * 1e-18:
            total += term
            term *= (n - i) / (i + 1) * odds
            i += 1
        return min(1.0, total)
    while i >= 0 and term > total * 1e-18:
        total += term
        term *= i / (n - i + 1) / odds
        i -= 1
    return max(0.0, 1 - total)


def binomial_pmf(k: int, n: int, p: float) -> float:
    """Return P(X = k) for X ~ Bin(n, p), 0 <= k <= n."""
    if p <= 0.0 or p >= 1.0:
        return float(k == (n if p >= 1.0 else 0))
    chosen = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
    return exp(chosen + k * log(p) + (n - k) * log1p(-p))


def _least(holds: Callable[[float], bool], steps: int = 60) -> float:
    """Return the least number in [0, 1] from which on a condition holds; it holds at 1."""
    low, high = 0.0, 1.0
    for _ in range(steps):
        middle = (low + high) / 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return high
