"""The decision threshold: the best on its cases, and as near to 0.5 as that allows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suite.classification import Labelled
from suite.decision_threshold import choose_threshold


def rows(*pairs: tuple[int, float]) -> list[Labelled]:
    return [Labelled(label, None, share) for label, share in pairs]


def accuracy(found: list[Labelled], threshold: float) -> float:
    right = [(row.share is not None and row.share >= threshold) == row.label for row in found]
    return sum(right) / len(found)


def test_a_threshold_parts_right_from_flawed_where_it_can() -> None:
    chosen = choose_threshold(rows((0, 0.05), (0, 0.2), (1, 0.3), (1, 0.4)))
    assert (chosen.threshold, chosen.accuracy, chosen.n) == (0.25, 1.0, 4)


def test_of_equally_good_thresholds_the_nearest_to_one_half_is_taken() -> None:
    assert choose_threshold(rows((0, 0.1), (1, 0.9))).threshold == 0.5
    # a flawed case that looks right: finding it costs as much as it brings
    chosen = choose_threshold(rows((1, 0.2), (0, 0.3), (1, 0.8)))
    assert (chosen.threshold, chosen.accuracy) == (0.5, 2 / 3)


@given(
    st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=2, max_size=30).filter(
        lambda pairs: len({label for label, _ in pairs}) == 2
    )
)
@settings(deadline=None)
def test_no_other_threshold_is_better(pairs: list[tuple[int, float]]) -> None:
    found = rows(*pairs)
    chosen = choose_threshold(found)
    assert 0 < chosen.threshold < 1
    assert accuracy(found, chosen.threshold) == pytest.approx(chosen.accuracy)
    others = [0.001, 0.5, 0.999] + [share for _, share in pairs if 0.001 < share < 0.999]
    assert max(accuracy(found, other) for other in others) <= chosen.accuracy + 1e-9


@pytest.mark.parametrize(
    "found",
    [rows((1, 0.5), (1, 0.6)), [*rows((0, 0.5)), Labelled(1, 1, None)], []],
    ids=["one label", "no share", "none"],
)
def test_cases_that_allow_no_choice_are_refused(found: list[Labelled]) -> None:
    with pytest.raises(ValueError, match="both labels, each with a share"):
        choose_threshold(found)
