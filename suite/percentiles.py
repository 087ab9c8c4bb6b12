"""Percentiles of what was seen, with intervals that assume no distribution.

From the standard library alone, as `suite.stats` is.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from suite.stats import binomial_tail


def nearest_rank(ordered: Sequence[float], percent: int) -> float:
    """Return the least value that `percent` of 100 values do not exceed.

    R. J. Hyndman and Y. Fan, "Sample quantiles in statistical packages", The American Statistician
    50 (1996), definition 1: always a value that was seen, none between two, so that a request
    without an end can be counted as one of infinite length.

    Args:
        ordered: Ascending, at least one.
        percent: From 1 to 100.
    """
    return ordered[_rank(len(ordered), percent) - 1]


def rank_interval(
    ordered: Sequence[float], percent: int, confidence: float = 0.95
) -> tuple[float, float] | None:
    """Return two of the values between which the percentile of all that might be seen lies.

    The number of values at or below it is binomial, whatever their distribution (W. J. Conover,
    "Practical Nonparametric Statistics", 3rd edition, section 3.2): each end leaves out at most
    (1 - confidence) / 2.

    Args:
        ordered: Ascending, at least one.
        percent: From 1 to 99.
        confidence: Of the two-sided interval.

    Returns:
        The values, None where there are too few or the upper one is infinite.
    """
    n, share, tail = len(ordered), percent / 100, (1 - confidence) / 2
    middle = _rank(n, percent)
    low = next((r for r in range(middle, 0, -1) if 1 - binomial_tail(r, n, share) <= tail), 0)
    high = next((r for r in range(middle, n + 1) if binomial_tail(r, n, share) <= tail), 0)
    if not low or not high or not isfinite(ordered[high - 1]):
        return None
    return ordered[low - 1], ordered[high - 1]


def _rank(n: int, percent: int) -> int:
    return -(-percent * n // 100)  # in whole numbers: 0.07 * 100 is more than 7
