"""Bootstrap intervals: whole clusters are drawn, and the interval covers as often as it says."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from statistics import mean, stdev

import pytest

from suite.bootstrap import find_intervals


def mean_of(values: Sequence[float]):
    def find(weights: Sequence[float]) -> dict[str, float]:
        return {"mean": sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)}

    return find


def test_the_interval_of_a_mean_is_that_of_its_standard_error() -> None:
    random = Random(5)
    values = [random.gauss(0, 1) for _ in range(400)]
    interval = find_intervals(mean_of(values), [""] * 400)["mean"]
    half = 1.96 * stdev(values) / 20
    assert interval.low == pytest.approx(mean(values) - half, abs=0.015)
    assert interval.high == pytest.approx(mean(values) + half, abs=0.015)


def test_cases_of_a_cluster_are_drawn_together() -> None:
    values = [float(index % 2) for index in range(100)]
    alone = find_intervals(mean_of(values), [""] * 100)["mean"]
    pairs = find_intervals(mean_of(values), [f"c{index // 2}" for index in range(100)])["mean"]
    halves = find_intervals(mean_of(values), ["even", "odd"] * 50)["mean"]
    assert alone.high - alone.low == pytest.approx(0.196, abs=0.03)
    assert (pairs.low, pairs.high) == (0.5, 0.5)  # each pair holds one of both
    assert (halves.low, halves.high) == (0.0, 1.0)


def test_the_same_seed_gives_the_same_interval_and_another_one_another() -> None:
    values = [float(index) for index in range(30)]
    found = [find_intervals(mean_of(values), [""] * 30, seed=seed)["mean"] for seed in (1, 1, 2)]
    assert found[0] == found[1] != found[2]


def test_draws_without_the_figure_do_not_count_for_it() -> None:
    def find(weights: Sequence[float]) -> dict[str, float]:
        return {"n": sum(weights)} | ({"first": 1.0} if weights[0] else {})

    found = find_intervals(find, ["", ""])
    assert (found["n"].low, found["first"].low) == (2.0, 1.0)
