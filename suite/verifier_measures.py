"""Figures of the verifier task over many cases, with intervals.

Judging one answer is `suite.verifier_score`; what a figure is, `suite.classification`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import mul

from suite.bootstrap import Figures, find_intervals
from suite.classification import (
    Labelled,
    Sample,
    count_confusion,
    find_areas,
    find_brier,
    find_calibration_error,
    lay_out,
)
from suite.measured import Measured
from suite.run import CaseResult
from suite.score import Score
from suite.stats_cluster import rate_interval
from suite.task import Direction
from suite.verifier_score import flawed_share

VERIFIER_MEASURES: dict[str, Direction] = {
    "precision_right": "higher",
    "recall_right": "higher",
    "f1_right": "higher",
    "precision_flawed": "higher",
    "recall_flawed": "higher",
    "f1_flawed": "higher",
    "roc_auc": "higher",
    "average_precision": "higher",
    "expected_calibration_error": "lower",
    "brier_score": "lower",
    "mass_on_neither": "lower",
}
THRESHOLD_MEASURES: dict[str, Direction] = {
    "decision_threshold": "neither",
    "accuracy_at_threshold": "higher",
    "false_positive_rate_at_threshold": "lower",
    "recall_flawed_at_threshold": "higher",
    "f1_flawed_at_threshold": "higher",
}
"""Those of a model whose adapter brings a decision threshold along."""
_NAMES = ("right", "flawed")
_MOST = 1.001
"""Of a probability: a server rounds."""
_ROUNDING = 1e-9
"""Weighted sums over draws of the same cases differ by less."""


def measure_verifier(results: Sequence[CaseResult]) -> Iterator[Measured]:
    """Yield the figures of a model over its selected cases.

    Precision, recall and F1 are per class and by the likelier label. The area under the ROC curve,
    average precision, calibration error and Brier score are of P(flawed) when the answer is one of
    both labels, with flawed as the positive class; `mass_on_neither` is the mean of what the two
    lack to 1. The latter are left out where no case has probabilities; where only some have, the
    others are taken for as wrong as can be.

    None is yielded where a case has no verdict, or only one of the labels occurs: a figure over
    the rest would not be the one that is asked for.
    """
    rows = read_rows(results)
    if rows is None:
        return
    sample, outside = lay_out(rows), _find_outside(results)

    def find(weights: Sequence[float]) -> dict[str, float]:
        return _find_figures(sample, outside, weights)

    yield from _with_intervals(find, rows)


def measure_at_threshold(results: Sequence[CaseResult], threshold: float) -> Iterator[Measured]:
    """Yield what comes of it when P(flawed) of at least a threshold means flawed.

    Args:
        results: As of `measure_verifier`.
        threshold: In (0, 1), chosen on other cases than these.
    """
    rows = read_rows(results)
    if rows is None or all(row.share is None for row in rows):
        return
    decided = [apply_threshold(row, threshold) for row in rows]
    sample = lay_out(decided)

    def find(weights: Sequence[float]) -> dict[str, float]:
        confusion = count_confusion(sample, weights)
        return {
            "accuracy_at_threshold": confusion.accuracy,
            "false_positive_rate_at_threshold": 1 - confusion.recall(0),
            "recall_flawed_at_threshold": confusion.recall(1),
            "f1_flawed_at_threshold": confusion.f1(1),
        }

    yield Measured("decision_threshold", threshold, len(rows))
    yield from _with_intervals(find, decided)


def apply_threshold(row: Labelled, threshold: float) -> Labelled:
    """Return a case as it is predicted by a threshold on its share of flawed."""
    return replace(row, predicted=None if row.share is None else int(row.share >= threshold))


def read_rows(results: Sequence[CaseResult]) -> list[Labelled] | None:
    """Return what was predicted for what; None where that says too little to measure.

    That is so when a case has no verdict, or a recorded one without what is measured, or not both
    labels occur.
    """
    found = [_read(each.score, each.cluster or "") if each.score else None for each in results]
    rows = [row for row in found if row is not None]
    if len(rows) < len(results) or len({row.label for row in rows}) < 2:
        return None
    return rows


def _read(score: Score, cluster: str) -> Labelled | None:
    """Return what a score says, None where it is none of this task: a file may hold any."""
    values = score.values
    label, predicted = values.get("label"), values.get("predicted")
    both = [values[name] for name in ("p_right", "p_flawed") if name in values]
    fits = len(both) in (0, 2) and all(0 <= each <= _MOST for each in both)
    if not fits or label not in (0, 1) or predicted not in (0, 1, None):
        return None
    return Labelled(
        label=int(label),
        predicted=None if predicted is None else int(predicted),
        share=flawed_share(both[0], both[1]) if both else None,
        cluster=cluster,
    )


def _find_outside(results: Sequence[CaseResult]) -> list[float]:
    """Return the mass on neither label of each case, 1 where unknown; empty: it always is."""
    found = [
        1 - result.score.values["p_right"] - result.score.values["p_flawed"]
        if result.score and "p_right" in result.score.values
        else None
        for result in results
    ]
    if all(each is None for each in found):
        return []
    return [1.0 if each is None else max(0.0, each) for each in found]  # roundings


def _find_figures(
    sample: Sample, outside: Sequence[float], weights: Sequence[float]
) -> dict[str, float]:
    confusion = count_confusion(sample, weights)
    found: dict[str, float] = {}
    for label, name in enumerate(_NAMES):
        found[f"precision_{name}"] = confusion.precision(label)
        found[f"recall_{name}"] = confusion.recall(label)
        found[f"f1_{name}"] = confusion.f1(label)
    if (areas := find_areas(sample, weights)) is not None:
        found["roc_auc"], found["average_precision"] = areas
    if sample.shares:
        found["expected_calibration_error"] = find_calibration_error(sample, weights)
        found["brier_score"] = find_brier(sample, weights)
        found["mass_on_neither"] = sum(map(mul, weights, outside)) / sum(weights)
    return found


def _with_intervals(find: Figures, rows: Sequence[Labelled]) -> Iterator[Measured]:
    """Yield figures with the interval of a rate where they are shares of cases, else a bootstrap's.

    A bootstrap of what is the same in every draw, such as the area of a perfect score, is empty:
    it does not say how sure that is, and then there is none.
    """
    names = [row.cluster for row in rows]
    intervals = find_intervals(find, names)
    for name, value in find([1.0] * len(rows)).items():
        shares = _count_shares(name, rows)
        n = len(rows) if shares is None else sum(of for _, of in shares)
        found = intervals[name]
        if shares is not None:
            ends = rate_interval(shares, names) if n else None
        else:
            ends = found if found.high - found.low > _ROUNDING else None
        low, high = (ends.low, ends.high) if ends else (None, None)
        yield Measured(name, value, n, low, high)


def _count_shares(name: str, rows: Sequence[Labelled]) -> list[tuple[int, int]] | None:
    """Return of each case whether a share counts it and whether it is over it; None: no share."""
    label = 1 if "flawed" in name else 0
    if name.startswith("precision"):
        return [
            (int(row.label == row.predicted), 1) if row.predicted == label else (0, 0)
            for row in rows
        ]
    if name.startswith("recall"):
        return [(int(row.predicted == label), 1) if row.label == label else (0, 0) for row in rows]
    if name.startswith("false_positive_rate"):
        return [(int(row.predicted != 0), 1) if row.label == 0 else (0, 0) for row in rows]
    if name.startswith("accuracy"):
        return [(int(row.predicted == row.label), 1) for row in rows]
    return None
