"""Chooses the decision threshold of a classifier on a validation split.

Where it is used is `suite.verifier_measures`; asking the model for shares is the caller's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from suite.classification import Labelled, lay_out, trace_roc


@dataclass(frozen=True, slots=True)
class ChosenThreshold:
    """A threshold with what it reaches on the cases that it was chosen on."""

    threshold: float
    """In (0, 1): cases with a share of at least this are predicted 1."""
    accuracy: float
    n: int


def choose_threshold(rows: Sequence[Labelled]) -> ChosenThreshold:
    """Return the threshold with the highest accuracy, of equally good ones the nearest to 0.5.

    Only midpoints between neighbouring shares are tried, and 0.5: any other threshold parts the
    cases as one of these does.

    Args:
        rows: Of a split that nothing else is measured on; both labels occur, each has a share.

    Raises:
        ValueError: They do not.
    """
    if len({row.label for row in rows}) < 2 or any(row.share is None for row in rows):
        raise ValueError("a threshold is chosen on cases of both labels, each with a share")
    sample = lay_out(rows)
    ones = sum(sample.labels)
    zeros = len(sample.labels) - ones
    points = trace_roc(sample)
    candidates = []
    for point, after in pairwise(points):
        # the first point has no share: nothing is predicted 1
        low, high = after.threshold, min(point.threshold, 1.0)
        middle = (low + high) / 2
        if low < 0.5 <= high:
            middle = 0.5
        threshold = middle if middle > low else high  # neighbouring floats have none between
        right = point.true_positive_rate * ones + (1 - point.false_positive_rate) * zeros
        candidates.append((round(right), threshold))
    last = points[-1]
    everything = 0.5 if last.threshold >= 0.5 else last.threshold / 2
    candidates.append((ones, everything))
    fair = [each for each in candidates if 0 < each[1] < 1]
    right, threshold = max(fair, key=lambda each: (each[0], -abs(each[1] - 0.5)))
    return ChosenThreshold(threshold, right / len(rows), len(rows))
