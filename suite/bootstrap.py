"""Bootstrap intervals of figures over cases, whole clusters drawn at a time.

What a figure is, is the caller's; those of 0/1 metrics have closed forms in `suite.stats`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

from suite.stats import Interval
from suite.stats_cluster import find_clusters

DRAWS = 1000
"""Ends of a 95 % interval are then the 25th draw from either end."""

Figures = Callable[[Sequence[float]], Mapping[str, float]]
"""Given how often each case was drawn, returns the figures that are defined, by name."""


def find_intervals(
    find: Figures, clusters: Sequence[str], draws: int = DRAWS, seed: int = 0
) -> dict[str, Interval]:
    """Return the 95 % percentile interval of each figure.

    B. Efron, Annals of Statistics 7 (1979). As many clusters as there are, are drawn with
    replacement, each with all of its cases, since cases of one cluster are right or wrong together
    (A. C. Davison and D. V. Hinkley, Bootstrap Methods and their Application, 1997, section 3.8).
    A draw for which a figure is not defined does not count for it.

    Args:
        find: The figures of a draw.
        clusters: Of each case; the empty one is a case's own.
        draws: How many.
        seed: The same seed and cases give the same intervals.
    """
    together = find_clusters(clusters)
    of_case = [0] * len(clusters)
    for number, places in enumerate(together):
        for place in places:
            of_case[place] = number
    random = Random(seed)
    numbers = range(len(together))
    found: dict[str, list[float]] = {}
    for _ in range(draws):
        counts = [0.0] * len(together)
        for number in random.choices(numbers, k=len(together)):
            counts[number] += 1.0
        for name, value in find([counts[number] for number in of_case]).items():
            found.setdefault(name, []).append(value)
    return {name: _find_ends(sorted(values)) for name, values in found.items()}


def _find_ends(values: Sequence[float]) -> Interval:
    return Interval(_quantile(values, 0.025), _quantile(values, 0.975))


def _quantile(values: Sequence[float], share: float) -> float:
    """Return a quantile of sorted values, linear between two of them."""
    place = share * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (place - below) * (values[above] - values[below])
