"""Statistics of counts and of paired 0/1 outcomes, from the standard library alone.

No scipy: its import alone takes longer than a whole run with everything cached. The tests hold
every function against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, comb, exp, lgamma, log, log1p, log2, sqrt
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval of a rate."""

    low: float
    high: float


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
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    rate = count / n
    denominator = 1 + z * z / n
    centre = (rate + z * z / (2 * n)) / denominator
    half = z * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)) / denominator
    low = 0.0 if count == 0 else centre - half
    high = 1.0 if count == n else centre + half
    return Interval(low, high)


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


def detectable_drop(n: int, alpha: float, power: float = 0.8) -> float | None:
    """Return the smallest true drop of a rate that the paired test sees with this power.

    The best case, in which no case gets better: the test then rejects from
    ceil(log2(1 / alpha)) broken cases on, and a drop of d breaks Bin(n, d) of them.

    Args:
        n: Paired cases.
        alpha: Of the one-sided test.
        power: Chance of rejecting when the drop is real.

    Returns:
        The drop in [0, 1], or None when n cases cannot show any drop at this alpha.
    """
    needed = ceil(log2(1 / alpha))
    if n < needed:
        return None
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        if binomial_tail(needed, n, middle) < power:
            low = middle
        else:
            high = middle
    return high


def binomial_tail(k: int, n: int, p: float) -> float:
    """Return P(X >= k) for X ~ Bin(n, p)."""
    if k <= 0:
        return 1.0
    if k > n or p <= 0.0:
        return 0.0
    if p >= 1.0:
        return 1.0
    below = sum(
        exp(lgamma(n + 1) - lgamma(i + 1) - lgamma(n - i + 1) + i * log(p) + (n - i) * log1p(-p))
        for i in range(k)
    )
    return max(0.0, 1 - below)
