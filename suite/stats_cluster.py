"""The paired test and the interval where counts share a cluster, from the standard library alone.

Cases made from one template flip together, so they are not the independent coins that the McNemar
test counts: its false alarms rise from its alpha to a third and more. Here the cluster is the coin.
Likewise the fields of one answer are right or wrong together, and an interval that took them for
independent would be too narrow; so are questions over one text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import fsum
from random import Random
from statistics import NormalDist

from suite.stats import Interval, score_interval, wilson

MIN_CLUSTERS = 10
"""With fewer there is no verdict: one template decides, and no p-value is below 2**-9."""

EXACT_CLUSTERS = 500
"""Up to so many clusters that changed all sign patterns are counted, beyond they are drawn."""

_DRAWS = 100_000
_ROUNDING = 1e-9
"""Values that differ by no more are equal: thirds, added up, are off by 1e-16."""


def find_clusters(names: Iterable[str | None]) -> list[list[int]]:
    """Return the cases of each cluster by their places, in the order in which clusters first occur.

    Args:
        names: The cluster of each case; one that names none is a cluster of its own.
    """
    found: dict[str | int, list[int]] = {}
    for place, name in enumerate(names):
        found.setdefault(name or place, []).append(place)
    return list(found.values())


def sum_clusters(
    counts: Sequence[tuple[int, int]], names: Iterable[str | None]
) -> list[tuple[int, int]]:
    """Return the counts of clusters, given those of cases and the cluster that each case names."""
    return [
        (sum(counts[place][0] for place in places), sum(counts[place][1] for place in places))
        for places in find_clusters(names)
    ]


def rate_interval(counts: Sequence[tuple[int, int]], names: Sequence[str | None]) -> Interval:
    """Return the interval of a rate: clustered where two of its cases share one, else Wilson's.

    Args:
        counts: Per case, 0 or 1 that is right and 1 in all, or 0 where it is in no part of the
            rate; some case is.
        names: The cluster of each case.
    """
    pairs = [each for each in zip(counts, names, strict=True) if each[0][1]]
    clusters = sum_clusters([count for count, _ in pairs], (name for _, name in pairs))
    if len(clusters) < len(pairs):
        return clustered_interval(clusters)
    return wilson(sum(right for right, _ in clusters), len(clusters))


def sign_flip(differences: Sequence[int], seed: int = 0) -> float:
    """Return the one-sided p-value of the sign-flip test that more broke than was fixed.

    Under no change a cluster is as likely to show its difference as the opposite one, whatever
    binds its cases together. The p-value is the share of all sign patterns whose sum is at least
    the sum seen. R. A. Fisher, The Design of Experiments (1935), section 21; for clusters: A. M.
    Winkler et al., NeuroImage 123 (2015). With one case per cluster it is the exact McNemar test.

    Args:
        differences: Per cluster, cases that broke minus cases that were fixed; zeros add nothing.
        seed: Of the drawn sign patterns, where there are too many clusters to count all.
    """
    total = sum(differences)
    sizes = Counter(abs(difference) for difference in differences if difference)
    if sizes.total() <= EXACT_CLUSTERS:
        return _count_patterns(sizes, total)
    return _draw_patterns(sizes, total, seed)


def _count_patterns(sizes: Counter[int], total: int) -> float:
    """Count the patterns by their sum, as the polynomial whose factors are 1 + x**size.

    Its coefficients stand in the digits of one integer, so that a factor is a shift and a sum.
    """
    clusters = sizes.total()
    digit = clusters // 8 + 1  # bytes: no coefficient is above 2**clusters
    polynomial = 1
    for size, count in sizes.items():
        for _ in range(count):
            polynomial += polynomial << (8 * digit * size)
    reach = sum(size * count for size, count in sizes.items())
    # exponent e: clusters of that size in all are positive, so the sum is 2 e - reach
    least = (total + reach + 1) // 2
    digits = polynomial.to_bytes(digit * (reach + 1), "little")
    tail = sum(
        int.from_bytes(digits[digit * power : digit * (power + 1)], "little")
        for power in range(least, reach + 1)
    )
    return float(tail / 2**clusters)


def _draw_patterns(sizes: Counter[int], total: int, seed: int) -> float:
    """Draw sign patterns; the one seen counts as drawn too, so that no p-value is 0.

    B. Phipson and G. K. Smyth, Statistical Applications in Genetics and Molecular Biology 9 (2010).
    """
    draw = Random(seed)
    reached = 0
    for _ in range(_DRAWS):
        # of `count` clusters of one size, as many are positive as there are ones in random bits
        drawn = sum(
            size * (2 * draw.getrandbits(count).bit_count() - count)
            for size, count in sizes.items()
        )
        reached += drawn >= total
    return (reached + 1) / (_DRAWS + 1)


def clustered_interval(counts: Sequence[tuple[int, int]], confidence: float = 0.95) -> Interval:
    """Return the interval of a rate over units that share clusters, such as fields of a case.

    The rate is the ratio of two sums over clusters. The Wilson interval is taken at the number of
    independent units that would tell as much (`effective_n`), corrected for so few clusters by the
    squared ratio of the normal to the t quantile: E. L. Korn and B. I. Graubard, "Confidence
    intervals for proportions with small expected number of positive counts estimated from survey
    data", Survey Methodology 24 (1998); with Wilson's in place of the exact interval: C. Franco et
    al., "Comparative study of confidence intervals for proportions in complex sample surveys",
    Journal of Survey Statistics and Methodology 7 (2019). So it stays within [0, 1] and is not
    empty at 0 or 1.

    Args:
        counts: Per cluster, units that are right and all units; some cluster has a unit.
        confidence: Of the two-sided interval.
    """
    right, of = (sum(each[side] for each in counts) for side in (0, 1))
    if not 0 <= right <= of or of < 1:
        raise ValueError(f"got {right} of {of}; wants 0 <= right <= of and of >= 1")
    return score_interval(right / of, effective_n(counts, confidence), confidence)


def effective_n(counts: Sequence[tuple[int, int]], confidence: float = 0.95) -> float:
    """Return how many independent units tell as much of a rate as clustered ones do.

    That is R (1 - R) / v, where v is the variance of the ratio R of both sums, linearized and
    robust to whatever binds the units of a cluster: C / (C - 1) sum((right - R of)^2) / (sum of)^2
    over C clusters. W. G. Cochran, Sampling Techniques (1977), section 6.4. Where R is 0 or 1 or
    there is one cluster, v says nothing: then each cluster counts for one unit.

    Args:
        counts: Per cluster, units that are right and all units.
        confidence: Of the interval whose quantiles correct for few clusters.

    Returns:
        From 1 to the number of units; 0 where there is none.
    """
    counts = [each for each in counts if each[1]]
    clusters = len(counts)
    right, of = (sum(each[side] for each in counts) for side in (0, 1))
    if clusters < 2:
        return float(clusters)
    rate = right / of
    if right in (0, of):
        return float(clusters)
    correction = _few_clusters(clusters - 1, confidence)
    residuals = sum((part - rate * whole) ** 2 for part, whole in counts)
    variance = clusters / (clusters - 1) * residuals / of**2
    if variance * of <= rate * (1 - rate):  # not more than if all units were independent
        return max(1.0, of * correction)
    return max(1.0, rate * (1 - rate) / variance * correction)


def mean_interval(clusters: Sequence[tuple[float, int]], confidence: float = 0.95) -> Interval:
    """Return the interval of a mean of values in [0, 1], such as token F1, that share clusters.

    As `clustered_interval`, at the number of independent 0/1 units whose mean would vary as much.
    Values that are no 0/1 vary less, so that may be more than there are.

    Args:
        clusters: Per cluster, the sum of its values and how many these are; at least one.
        confidence: Of the two-sided interval.
    """
    of = sum(size for _, size in clusters)
    # sums of tenths go over 1 by a rounding
    mean = min(1.0, max(0.0, fsum(total for total, _ in clusters) / of))
    count = len(clusters)
    n = float(count)
    residuals = fsum((total - mean * size) ** 2 for total, size in clusters)
    if count > 1 and residuals > _ROUNDING**2 * of and 0 < mean < 1:
        variance = count / (count - 1) * residuals / of**2
        n = max(1.0, mean * (1 - mean) / variance * _few_clusters(count - 1, confidence))
    return score_interval(mean, n, confidence)


def _few_clusters(freedom: int, confidence: float) -> float:
    """Return the squared ratio of the normal quantile to that of t, expanded in 1 / freedom.

    M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions (1964), 26.7.5; off by 12 %
    of the quantile with two clusters, by less than 1 % from four on.
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    t = (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * freedom**4)
    )
    return (z / t) ** 2
