"""Where the pictures of the page put things."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.report.charts import HEIGHT, WIDTH, TrendInput, draw_histogram, draw_trend
from tests.run_records import PROPERTY


def test_a_trend_wants_two_runs() -> None:
    assert draw_trend([TrendInput(0.5, 0.4, 0.6, "now")]) is None


def test_a_higher_rate_stands_higher_and_the_last_is_now() -> None:
    trend = draw_trend([TrendInput(0.5, 0.4, 0.6, "then"), TrendInput(0.7, 0.6, 0.8, "now")])
    assert trend is not None
    first, last = trend.points
    assert (first.is_now, last.is_now) == (False, True)
    assert first.x < last.x
    assert last.high_y < last.y < last.low_y
    assert last.y < first.y  # downwards is more in SVG
    assert [label for _, label in trend.ticks] == ["0.80", "0.40"]


def test_noise_of_a_tenth_of_a_point_is_no_cliff() -> None:
    trend = draw_trend([TrendInput(0.5, 0.5, 0.5, "then"), TrendInput(0.501, 0.501, 0.501, "now")])
    assert trend is not None
    assert abs(trend.points[0].y - trend.points[1].y) < 2


@PROPERTY
@given(st.lists(st.floats(0, 1), min_size=2, max_size=16))
def test_a_trend_stays_inside_its_picture(values: list[float]) -> None:
    trend = draw_trend([TrendInput(v, max(0, v - 0.1), min(1, v + 0.1), "") for v in values])
    assert trend is not None
    for point in trend.points:
        assert 0 <= point.x <= WIDTH
        assert 0 <= point.high_y <= point.y <= point.low_y <= HEIGHT


def test_a_histogram_counts_whole_numbers_by_themselves() -> None:
    chart = draw_histogram([1, 1, 3], "tokens", whole=True)
    assert chart is not None
    assert [bar.title for bar in chart.bars] == ["1 tokens: 2", "2 tokens: 0", "3 tokens: 1"]
    assert (chart.most, chart.start, chart.end) == (2, "1", "3")
    assert chart.caption == "median 1, longest 3 tokens; 3 answers"


def test_times_are_binned_from_zero_in_round_steps() -> None:
    chart = draw_histogram([0.05, 0.11, 0.9], "s")
    assert chart is not None
    assert chart.bars[0].title == "0 to 0.05 s: 0"
    assert chart.bars[1].title == "0.05 to 0.1 s: 1"


@pytest.mark.parametrize("values", [[], [0, 0]], ids=["nothing", "zeros"])
def test_where_nothing_was_measured_nothing_is_drawn(values: list[float]) -> None:
    assert draw_histogram(values, "s") is None


@PROPERTY
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=50), st.booleans())
def test_every_value_is_in_one_bin_of_at_most_25(values: list[int], whole: bool) -> None:
    chart = draw_histogram(values, "x", whole)
    if chart is None:
        assert not any(values)
        return
    assert len(chart.bars) <= 25
    assert sum(int(bar.title.rpartition(" ")[2]) for bar in chart.bars) == len(values)
    assert all(bar.y + bar.height <= HEIGHT and bar.x + bar.width <= WIDTH for bar in chart.bars)
