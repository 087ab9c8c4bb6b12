"""The paired test where cases share a cluster, from the standard library alone.

Cases made from one template flip together, so they are not the independent coins that the McNemar
test counts: its false alarms rise from its alpha to a third and more. Here the cluster is the coin.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

MIN_CLUSTERS = 10
"""With fewer there is no verdict: one template decides, and no p-value is below 2**-9."""

EXACT_CLUSTERS = 500
"""Up to so many clusters that changed all sign patterns are counted, beyond they are drawn."""

_DRAWS = 100_000


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
