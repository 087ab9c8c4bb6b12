"""Latency and cost: percentiles, what counts as endless, and the gates on the command line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from suite.generation import Generation
from suite.measured import Measured
from suite.percentiles import nearest_rank, rank_interval
from suite.run import CaseResult
from suite.service_measures import measure_service
from tests.run_records import PROPERTY, make_result
from tests.toy_project import GOOD, IDS, ToyProject

pytest_plugins = ["pytester"]
VALUES = st.lists(st.floats(0, 1e6), min_size=1, max_size=300)


@PROPERTY
@given(VALUES, st.integers(1, 100))
def test_a_percentile_is_the_one_that_numpy_calls_inverted_cdf(
    values: list[float], percent: int
) -> None:
    # numpy takes the share as a float, and 0.07 * 100 is more than 7. Ranks before they are rounded
    # up are whole hundredths: a quarter of one less is on the same step, whatever the float
    share = percent / 100 - 0.0025 / len(values)
    expected = np.quantile(values, share, method="inverted_cdf")
    assert nearest_rank(sorted(values), percent) == expected


@pytest.mark.parametrize(
    ("n", "percent", "rank"),
    [(1, 50, 1), (2, 50, 1), (3, 50, 2), (20, 95, 19), (21, 95, 20), (100, 7, 7), (150, 95, 143)],
)
def test_a_percentile_is_a_value_that_was_seen(n: int, percent: int, rank: int) -> None:
    assert nearest_rank(range(1, n + 1), percent) == rank


@pytest.mark.parametrize(
    ("n", "percent", "ends"),
    [
        # tables of order statistics for the median: n = 10 has 2 and 9, n = 20 has 6 and 15
        (10, 50, (2, 9)),
        (20, 50, (6, 15)),
        (5, 50, None),  # even the extremes leave out 1 in 32
        (20, 95, None),  # the largest of 20 may well lie below
    ],
)
def test_the_interval_is_of_order_statistics(
    n: int, percent: int, ends: tuple[int, int] | None
) -> None:
    assert rank_interval(range(1, n + 1), percent) == ends


def test_the_interval_covers_what_it_says() -> None:
    draws = np.random.default_rng(0).exponential(size=(1000, 150))
    found = [rank_interval(sorted(row), 95) for row in draws.tolist()]
    inside = [each is not None and each[0] <= -np.log(0.05) <= each[1] for each in found]
    assert 0.94 < np.mean(inside) < 0.99


def served(case_id: str, latency_s: float | None, **fields: Any) -> CaseResult:
    made = Generation("{}", "stop", latency_s=latency_s, **fields)
    return CaseResult("toy", "format", case_id, "h", "passed", generation=made)


def measure(*results: CaseResult) -> dict[str, Measured]:
    return {each.metric: each for each in measure_service(results)}


def test_times_are_in_milliseconds_and_costs_in_dollars() -> None:
    found = measure(
        served("a", 0.1, first_token_s=0.02, cost_usd=0.001),
        served("b", 0.3, first_token_s=0.04, cost_usd=0.002),
        served("c", 0.2, first_token_s=0.03, cost_usd=0.006),
    )
    assert {name: round(each.value, 9) for name, each in found.items()} == {
        "latency_p50_ms": 200,
        "latency_p95_ms": 300,
        "first_token_p50_ms": 30,
        "first_token_p95_ms": 40,
        "cost_per_case": 0.003,
        "cost_per_1k_requests": 3,
    }
    assert str(found["latency_p95_ms"]) == "300 ms (n=3)"
    assert str(found["cost_per_case"]) == "0.00300 USD (n=3)"


def test_a_case_that_is_asked_twice_costs_twice_and_a_request_once() -> None:
    again = served("a", 0.2, cost_usd=0.004)
    found = measure(served("a", 0.1, cost_usd=0.002), again)
    assert found["cost_per_case"].value == pytest.approx(0.006)
    assert found["cost_per_1k_requests"].value == pytest.approx(3)
    assert found["latency_p50_ms"].n == 2


def test_what_no_server_answered_has_no_such_figures() -> None:
    assert measure(make_result("a"), make_result("b")) == {}


def test_a_request_without_an_answer_is_endless() -> None:
    fast = [served(f"c{index}", 0.1) for index in range(18)]
    lost = [make_result(f"d{index}", None) for index in range(2)]
    assert set(measure(*fast, *lost[:0])) == {"latency_p50_ms", "latency_p95_ms"}
    found = measure(*fast, *lost)  # rank 19 of 20
    assert list(found) == ["latency_p50_ms"]
    assert (found["latency_p50_ms"].value, found["latency_p50_ms"].n) == (100, 20)


def test_costs_are_unknown_where_one_answer_has_none() -> None:
    lost = make_result("c", None)
    both = served("a", 0.1, cost_usd=0.002), served("b", 0.1, cost_usd=0.004)
    assert measure(*both, lost)["cost_per_1k_requests"].value == pytest.approx(3)
    assert "cost_per_1k_requests" not in measure(*both, served("d", 0.1))


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    project = ToyProject(pytester, monkeypatch)
    answers = {
        name: {"text": GOOD, "latency_s": 0.1 * index, "first_token_s": 0.05, "cost_usd": 1e-5}
        for index, name in enumerate(IDS, start=1)
    }
    (project.path / "toy.yaml").write_text(yaml.safe_dump({"answers": answers}))
    return project


@pytest.mark.parametrize(
    ("gate", "value", "passes"),
    [
        ("latency_p95_ms_max", 1000, True),
        ("latency_p95_ms_max", 999, False),
        ("latency_p50_ms_max", 500, True),
        ("first_token_p95_ms_max", 49, False),
        ("cost_per_1k_requests_max", 0.011, True),
        ("cost_per_1k_requests_max", 0.009, False),
        ("cost_per_case_max", 0.00001, True),
    ],
)
def test_gates_on_latency_and_cost(toy: ToyProject, gate: str, value: float, passes: bool) -> None:
    toy.write_gates({gate: {"value": value, "reason": "r"}})
    done = toy.run()
    assert done.ret == (0 if passes else 1)
    done.stdout.fnmatch_lines([f"*{'PASS' if passes else 'FAIL'}  {gate}"])


def test_a_gate_on_what_is_not_measured_fails_as_missing(toy: ToyProject) -> None:
    toy.answer()
    toy.write_gates({"latency_p95_ms_max": {"value": 1e9, "reason": "r"}})
    done = toy.run()
    assert done.ret == 1
    done.stdout.fnmatch_lines(["*nothing of this run measures latency_p95_ms*"])


def test_every_report_says_when_the_times_were_taken(toy: ToyProject) -> None:
    note = "times and costs are those of when each answer was made, cached ones included"
    for _ in range(2):  # the second from the cache
        done = toy.run("--output", "run")
        done.stdout.fnmatch_lines(
            [
                "*latency_p95_ms *1000 ms (n=10)*",
                "*cost_per_1k_requests *0.0100 USD (n=10)*",
                f"*{note}*",
            ]
        )
    assert note in (toy.path / "run" / "report.html").read_text()
