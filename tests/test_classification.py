"""Figures of a classifier: each equals scikit-learn's, and those on written-out cases."""

from __future__ import annotations

import math
import warnings
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suite.classification import (
    BINS,
    Labelled,
    count_confusion,
    find_areas,
    find_bin,
    find_bins,
    find_brier,
    find_calibration_error,
    lay_out,
    trace_roc,
)

metrics: Any = pytest.importorskip("sklearn.metrics")
calibration: Any = pytest.importorskip("sklearn.calibration")
CLOSE = 1e-12

shares = st.one_of(
    st.sampled_from([0.0, 0.25, 0.5, 0.5, 0.75, 1.0]),  # ties, and the ends
    st.floats(0, 1, allow_subnormal=False),
)
rows = st.lists(
    st.builds(
        Labelled,
        label=st.integers(0, 1),
        predicted=st.sampled_from([0, 1, 0, 1, None]),
        share=shares,
    ),
    min_size=1,
    max_size=40,
)
drawn = st.integers(0, 4).map(float)


def ones(found: list[Labelled]) -> list[float]:
    return [1.0] * len(found)


@given(rows, st.data())
@settings(deadline=None)
def test_precision_recall_f1_and_accuracy_equal_scikit_learns(
    found: list[Labelled], data: st.DataObject
) -> None:
    weights = data.draw(st.lists(drawn, min_size=len(found), max_size=len(found)).filter(any))
    confusion = count_confusion(lay_out(found), weights)
    right = [row.label for row in found]
    said = [-1 if row.predicted is None else row.predicted for row in found]
    want = metrics.precision_recall_fscore_support(
        right, said, labels=[0, 1], sample_weight=weights, zero_division=0
    )
    for label in (0, 1):
        assert confusion.precision(label) == pytest.approx(want[0][label], abs=CLOSE)
        assert confusion.recall(label) == pytest.approx(want[1][label], abs=CLOSE)
        assert confusion.f1(label) == pytest.approx(want[2][label], abs=CLOSE)
        assert confusion.support(label) == want[3][label]
    accuracy = metrics.accuracy_score(right, said, sample_weight=weights)
    assert confusion.accuracy == pytest.approx(accuracy, abs=CLOSE)


@given(rows, st.data())
@settings(deadline=None)
def test_both_areas_equal_scikit_learns_with_ties_and_weights(
    found: list[Labelled], data: st.DataObject
) -> None:
    weights = data.draw(st.lists(drawn, min_size=len(found), max_size=len(found)))
    areas = find_areas(lay_out(found), weights)
    kept = [(row, weight) for row, weight in zip(found, weights, strict=True) if weight]
    if len({row.label for row, _ in kept}) < 2:
        assert areas is None  # scikit-learn warns and returns nan or 0
        return
    right, share = [row.label for row, _ in kept], [row.share for row, _ in kept]
    given_weights = [weight for _, weight in kept]
    assert areas is not None
    assert areas[0] == pytest.approx(
        metrics.roc_auc_score(right, share, sample_weight=given_weights), abs=CLOSE
    )
    assert areas[1] == pytest.approx(
        metrics.average_precision_score(right, share, sample_weight=given_weights), abs=CLOSE
    )


@given(rows, st.data())
@settings(deadline=None)
def test_the_brier_score_equals_scikit_learns_for_one_class_also(
    found: list[Labelled], data: st.DataObject
) -> None:
    weights = data.draw(st.lists(drawn, min_size=len(found), max_size=len(found)).filter(any))
    right, share = [row.label for row in found], [row.share for row in found]
    want = metrics.brier_score_loss(right, share, sample_weight=weights, pos_label=1)
    assert find_brier(lay_out(found), weights) == pytest.approx(want, abs=CLOSE)


@given(rows)
@settings(deadline=None)
def test_bins_equal_scikit_learns_calibration_curve(found: list[Labelled]) -> None:
    sample = lay_out(found)
    bins = find_bins(sample)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of one class: it asks for labels it was given
        positives, means = (
            calibration.calibration_curve(
                [row.label for row in found], [row.share for row in found], n_bins=BINS
            )
            if len({row.label for row in found}) == 2
            else (None, None)
        )
    if positives is None:
        return
    assert [each.positives for each in bins] == pytest.approx(list(positives), abs=CLOSE)
    assert [each.mean_share for each in bins] == pytest.approx(list(means), abs=CLOSE)
    gaps = [each.n * abs(each.mean_share - each.positives) for each in bins]
    error = find_calibration_error(sample, ones(found))
    assert error == pytest.approx(sum(gaps) / len(found), abs=CLOSE)


@given(rows)
@settings(deadline=None)
def test_the_roc_curve_equals_scikit_learns(found: list[Labelled]) -> None:
    points = trace_roc(lay_out(found))
    if len({row.label for row in found}) < 2:
        assert points == []
        return
    right, share = [row.label for row in found], [row.share for row in found]
    false, true, thresholds = metrics.roc_curve(right, share, drop_intermediate=False)
    assert [point.false_positive_rate for point in points] == pytest.approx(list(false), abs=CLOSE)
    assert [point.true_positive_rate for point in points] == pytest.approx(list(true), abs=CLOSE)
    assert [point.threshold for point in points] == list(thresholds)


WRITTEN = [
    # label, share: of bins 1, 8, 8, 15
    (0, 0.02),
    (1, 0.48),
    (0, 0.52),
    (1, 0.98),
]


def test_brier_score_of_written_out_cases() -> None:
    found = [Labelled(label, None, share) for label, share in WRITTEN]
    # (0.02^2 + 0.52^2 + 0.52^2 + 0.02^2) / 4
    assert find_brier(lay_out(found), ones(found)) == pytest.approx(0.1354, abs=CLOSE)


def test_calibration_error_of_written_out_cases() -> None:
    found = [Labelled(label, None, share) for label, share in WRITTEN]
    # bins of one: 0.02 and 0.02; the bin of two: mean share 0.5, half of them ones: 0
    assert find_calibration_error(lay_out(found), ones(found)) == pytest.approx(0.01, abs=CLOSE)
    # sure and wrong all the time
    wrong = [Labelled(0, 1, 1.0), Labelled(1, 0, 0.0)]
    assert find_calibration_error(lay_out(wrong), ones(wrong)) == 1.0
    # 0.9 sure, right nine times of ten: calibrated
    fair = [Labelled(int(place < 9), 1, 0.9) for place in range(10)]
    assert find_calibration_error(lay_out(fair), ones(fair)) == pytest.approx(0.0, abs=CLOSE)
    # mirrored errors in one bin of confidence do not cancel: 0.2 for 0.1 flawed, 0.8 for 0.7
    low = [Labelled(int(place == 0), 0, 0.2) for place in range(10)]
    high = [Labelled(int(place < 7), 1, 0.8) for place in range(10)]
    assert find_calibration_error(lay_out(low + high), ones(low + high)) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("share", "place"),
    [(0.0, 0), (1 / 15, 0), (math.nextafter(1 / 15, 1), 1), (0.5, 7), (14 / 15, 13), (1.0, 14)],
)
def test_a_bin_holds_its_upper_edge(share: float, place: int) -> None:
    assert find_bin(share) == place


def test_areas_of_written_out_cases() -> None:
    found = [Labelled(1, 1, 0.9), Labelled(0, 1, 0.8), Labelled(1, 1, 0.7), Labelled(0, 0, 0.1)]
    # pairs of a one and a zero in the right order: (0.9, 0.8), (0.9, 0.1), (0.7, 0.1), of four
    # precision when a one is found: 1/1 and 2/3, each worth half of the recall
    assert find_areas(lay_out(found), ones(found)) == pytest.approx((0.75, (1 + 2 / 3) / 2))
    tied = [Labelled(1, 1, 0.5), Labelled(0, 1, 0.5)]
    assert find_areas(lay_out(tied), ones(tied)) == (0.5, 0.5)


def test_a_share_that_is_unknown_among_known_ones_is_as_wrong_as_can_be() -> None:
    found = [Labelled(1, None, None), Labelled(0, 0, 0.0), Labelled(1, 1, 1.0)]
    sample = lay_out(found)
    assert sample.shares == (0.0, 0.0, 1.0)
    assert find_brier(sample, ones(found)) == pytest.approx(1 / 3)
    assert lay_out([Labelled(1, 1, None)]).shares == ()
