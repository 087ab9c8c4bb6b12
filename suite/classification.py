"""Figures of a binary classifier over many cases, each as scikit-learn defines it.

Own code, since importing scikit-learn takes longer than a whole warm run; the tests hold every
figure against it. Cases may be weighted, which is how `suite.bootstrap` asks. What the two classes
mean is the caller's business.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

BINS = 15
"""Of equal width, over [0, 1]. C. Guo et al., "On calibration of modern neural networks", ICML
2017, uses as many."""
_EDGES = [edge / BINS for edge in range(1, BINS)]


@dataclass(frozen=True, slots=True)
class Labelled:
    """One case that was classified."""

    label: int
    """0 or 1: what is right."""
    predicted: int | None
    """0 or 1; None: the answer was neither, which is wrong whatever is right."""
    share: float | None = None
    """Probability of 1, in [0, 1]; None: unknown."""
    cluster: str = ""
    """Cases that share it are not independent."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often what was predicted for what; weights may make it fractions."""

    counts: tuple[tuple[float, float, float], tuple[float, float, float]]
    """By label, then predicted 0, predicted 1, neither."""

    def support(self, label: int) -> float:
        """Return how many cases have a label."""
        return sum(self.counts[label])

    def precision(self, label: int) -> float:
        """Return the share of right ones among those predicted; 0 where nothing was."""
        said = self.counts[0][label] + self.counts[1][label]
        return self.counts[label][label] / said if said else 0.0

    def recall(self, label: int) -> float:
        """Return the share of a label's cases that were found; 0 where there are none."""
        support = self.support(label)
        return self.counts[label][label] / support if support else 0.0

    def f1(self, label: int) -> float:
        """Return the harmonic mean of precision and recall, 0 where both are."""
        said = self.counts[0][label] + self.counts[1][label]
        both = said + self.support(label)
        return 2 * self.counts[label][label] / both if both else 0.0

    @property
    def accuracy(self) -> float:
        """The share of cases that are right; 0 where there are none."""
        total = self.support(0) + self.support(1)
        return (self.counts[0][0] + self.counts[1][1]) / total if total else 0.0


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A point of the ROC curve."""

    false_positive_rate: float
    true_positive_rate: float
    threshold: float
    """Cases with a share of at least this are predicted 1."""


@dataclass(frozen=True, slots=True)
class Bin:
    """A bin of the reliability diagram that has cases."""

    low: float
    high: float
    n: float
    mean_share: float
    positives: float
    """The share of its cases whose label is 1."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Cases laid out once, so that their figures can be asked for under many weights."""

    labels: tuple[int, ...]
    cells: tuple[int, ...]
    """Place in the confusion matrix: 3 * label + what was predicted, 2 for neither."""
    shares: tuple[float, ...]
    """Empty where no case has one."""
    ranks: tuple[tuple[int, int, bool], ...]
    """Index, label, and whether a lower share comes next, the highest share first."""
    squares: tuple[float, ...]
    """Squared distance of the share from the label."""
    gaps: tuple[tuple[int, float], ...]
    """Bin, and share minus label."""


def lay_out(rows: Sequence[Labelled]) -> Sample:
    """Lay cases out.

    Where some have a share, those without one are taken for as wrong as can be: the share of an
    answer that says neither is unknown, and leaving it out would flatter the model.
    """
    labels = tuple(row.label for row in rows)
    cells = tuple(3 * row.label + (2 if row.predicted is None else row.predicted) for row in rows)
    shares: tuple[float, ...] = ()
    if any(row.share is not None for row in rows):
        shares = tuple(1.0 - row.label if row.share is None else row.share for row in rows)
    order = sorted(range(len(shares)), key=lambda index: -shares[index])
    return Sample(
        labels=labels,
        cells=cells,
        shares=shares,
        ranks=tuple(
            (
                index,
                labels[index],
                place + 1 == len(order) or shares[order[place + 1]] != shares[index],
            )
            for place, index in enumerate(order)
        ),
        squares=tuple((share - label) ** 2 for share, label in zip(shares, labels, strict=False)),
        gaps=tuple(
            (find_bin(share), share - label) for share, label in zip(shares, labels, strict=False)
        ),
    )


def find_bin(share: float) -> int:
    """Return the bin of a share: bin m of M holds ((m - 1) / M, m / M], the first also 0."""
    return bisect_left(_EDGES, share)


def count_confusion(sample: Sample, weights: Sequence[float]) -> Confusion:
    """Count what was predicted for what."""
    counts = [0.0] * 6
    for cell, weight in zip(sample.cells, weights, strict=True):
        counts[cell] += weight
    return Confusion(((counts[0], counts[1], counts[2]), (counts[3], counts[4], counts[5])))


def find_areas(sample: Sample, weights: Sequence[float]) -> tuple[float, float] | None:
    """Return the area under the ROC curve and the average precision of class 1.

    The first is the chance that a random 1 has a higher share than a random 0, a tie counting half
    (J. A. Hanley and B. J. McNeil, Radiology 143, 1982). The second is the sum over thresholds of
    precision times what the recall grew by, without interpolation.

    Returns:
        None where one of the classes has no case, or no case has a share.
    """
    area = precision = 0.0
    ones = zeros = 0.0  # so far
    new_ones = new_zeros = 0.0  # with the share at hand
    for index, label, is_last in sample.ranks:
        if label:
            new_ones += weights[index]
        else:
            new_zeros += weights[index]
        if is_last and (new_ones or new_zeros):
            area += new_zeros * (ones + new_ones / 2)
            ones += new_ones
            zeros += new_zeros
            if new_ones:
                precision += new_ones * ones / (ones + zeros)
            new_ones = new_zeros = 0.0
    if not (ones and zeros):
        return None
    return area / (ones * zeros), precision / ones


def find_brier(sample: Sample, weights: Sequence[float]) -> float:
    """Return the Brier score: the mean squared distance of the shares from the labels.

    G. W. Brier, Monthly Weather Review 78 (1950), in the form for two classes, from 0 to 1.
    """
    total: float = sum(map(mul, weights, sample.squares))
    return total / sum(weights)


def find_calibration_error(sample: Sample, weights: Sequence[float]) -> float:
    """Return the expected calibration error over `BINS` bins of the share of class 1.

    That is the mean, over cases, of the distance between the mean share of a case's bin and the
    share of ones in it. Guo et al. (2017) bin the confidence in the predicted class, which is the
    same but for two bins of mirrored shares becoming one, where errors of opposite sign cancel.
    """
    gaps = [0.0] * BINS
    for (place, gap), weight in zip(sample.gaps, weights, strict=True):
        gaps[place] += weight * gap
    return sum(map(abs, gaps)) / sum(weights)


def trace_roc(sample: Sample) -> list[CurvePoint]:
    """Return the ROC curve from (0, 0) to (1, 1), a point for every share that occurs.

    Empty where one of the classes has no case, or no case has a share.
    """
    total = sum(sample.labels)
    others = len(sample.labels) - total
    if not (sample.ranks and total and others):
        return []
    points = [CurvePoint(0.0, 0.0, float("inf"))]
    ones = zeros = 0
    for index, label, is_last in sample.ranks:
        ones, zeros = ones + label, zeros + 1 - label
        if is_last:
            points.append(CurvePoint(zeros / others, ones / total, sample.shares[index]))
    return points


def find_bins(sample: Sample) -> list[Bin]:
    """Return the bins of the reliability diagram that have cases, in order."""
    members: dict[int, list[int]] = {}
    for index, (place, _) in enumerate(sample.gaps):
        members.setdefault(place, []).append(index)
    return [
        Bin(
            place / BINS,
            (place + 1) / BINS,
            len(found),
            sum(sample.shares[index] for index in found) / len(found),
            sum(sample.labels[index] for index in found) / len(found),
        )
        for place, found in sorted(members.items())
    ]
