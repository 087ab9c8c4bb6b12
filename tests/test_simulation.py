"""The A/A simulation: false alarms, power, and that it draws what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest

from suite.gate_file import Gates, NoRegression
from suite.gates import decide_gates
from suite.simulation import Scenario, false_alarm_limit, simulate
from suite.stats import mcnemar_exact, paired_power
from suite.stats_cluster import sign_flip
from tests.run_records import make_baseline, make_result, make_run

NAMES = ("format_success_rate", "schema_valid_rate", "duplicate_json_objects_rate")


def rule(metrics: int = 3, alpha: float = 0.01) -> NoRegression:
    return NoRegression(metrics=NAMES[:metrics], alpha=alpha, warn_alpha=0.05, reason="r")


@pytest.mark.parametrize("cluster_size", [1, 5])
@pytest.mark.parametrize("churn", [0.0, 0.01, 0.05, 0.2])
@pytest.mark.parametrize("n", [100, 200, 1000])
def test_false_alarms_stay_within_alpha(n: int, churn: float, cluster_size: int) -> None:
    tally = simulate(Scenario(n, churn, cluster_size=cluster_size), rule())
    assert tally.pairs == 10_000
    assert tally.failed / tally.pairs <= false_alarm_limit(0.01, tally.pairs)
    assert tally.failed / tally.pairs == pytest.approx(tally.exact, abs=0.004)
    if n == 1000 and churn >= 0.05:  # where a test that never fails would be seen
        assert tally.failed > 10


@pytest.mark.parametrize("metrics", [1, 3])
@pytest.mark.parametrize(
    ("n", "churn", "drop", "cluster_size"),
    [(200, 0.0, 0.05, 1), (200, 0.05, 0.1, 1), (1000, 0.01, 0.02, 1), (1000, 0.05, 0.1, 5)],
)
def test_power_is_within_two_points_of_the_exact_value(
    n: int, churn: float, drop: float, cluster_size: int, metrics: int
) -> None:
    tally = simulate(Scenario(n, churn, drop, cluster_size), rule(metrics))
    units = n // cluster_size
    alpha = 0.01 / metrics
    still = 1 - paired_power(units, churn / 2, churn / 2, alpha)
    want = 1 - (1 - paired_power(units, churn / 2 + drop, churn / 2, alpha)) * still ** (
        metrics - 1
    )
    assert tally.exact == pytest.approx(want, abs=1e-12)
    assert tally.failed / tally.pairs == pytest.approx(want, abs=0.02)
    assert 0.1 < want < 0.99


def test_simpler_rules_cry_wolf() -> None:
    tally = simulate(Scenario(200, 0.05), rule(1))
    assert tally.any_drop / tally.pairs > 0.4
    assert tally.fell_by_margin / tally.pairs > 0.05
    grouped = simulate(Scenario(200, 0.05, cluster_size=5), rule(1))
    assert grouped.unclustered / grouped.pairs > 0.05 > grouped.failed / grouped.pairs


def test_nothing_is_concluded_of_few_clusters() -> None:
    tally = simulate(Scenario(45, 0.2, 0.5, cluster_size=5), rule(), pairs=200)
    assert (tally.failed, tally.warned, tally.exact) == (0, 0, 0.0)


def test_a_tally_depends_on_its_seed_alone() -> None:
    scenario = Scenario(200, 0.2)
    assert simulate(scenario, rule(), 500) == simulate(scenario, rule(), 500)
    assert simulate(scenario, rule(), 500) != simulate(scenario, rule(), 500, seed=1)


@pytest.mark.parametrize(
    ("scenario", "problem"),
    [
        (Scenario(100, 0.2, 0.9), "churn 0.2 and drop 0.9 together are above 1"),
        (
            Scenario(101, 0.2, cluster_size=5),
            "101 cases do not make whole clusters of 5 (--cluster-size 1: no clusters)",
        ),
        (Scenario(100, 0.2, 0.8, 5), None),
    ],
)
def test_what_cannot_be_simulated_is_said(scenario: Scenario, problem: str | None) -> None:
    assert scenario.problem() == problem


def test_whole_records_through_the_gates_fail_as_often() -> None:
    """The simulation draws counts; this draws cases and goes the way of a real run."""
    rng = Random(7)
    gates = Gates(Path("gates.yaml"), {"format": {"no_regression": rule(1, alpha=0.2)}}, {})
    want = paired_power(40, 0.15, 0.1, 0.2)
    failed = 0
    for _ in range(400):
        then, results = {}, []
        for index in range(40):
            drawn = rng.random()
            then[f"c{index}"] = drawn >= 0.1
            results.append(make_result(f"c{index}", not 0.1 <= drawn < 0.25))
        run = make_run(*results)
        baselines = {("toy", "format"): make_baseline(then)}
        failed += decide_gates(run, baselines, gates)[0].status == "FAIL"
    assert failed / 400 == pytest.approx(want, abs=4 * (want * (1 - want) / 400) ** 0.5)


def draw_cases(n: int, churn: float, sizes: list[int], seed: int) -> np.ndarray:
    """Draw 10,000 pairs case by case: +1 broke, -1 fixed; `(pairs, n)`.

    A cluster moves one way with twice the churn, and each of its cases follows half the time.
    """
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    assert len(owner) == n
    moves = rng.random((10_000, len(sizes))) < 2 * churn
    ways = np.where(rng.random((10_000, len(sizes))) < 0.5, 1, -1) * moves
    follows = rng.random((10_000, n)) < 0.5
    return ways[:, owner] * follows


@pytest.mark.slow
@pytest.mark.parametrize("churn", [0.0, 0.01, 0.05, 0.2])
@pytest.mark.parametrize("n", [100, 200, 1000])
@pytest.mark.parametrize("kind", ["single", "clusters of many sizes"])
def test_false_alarms_of_pairs_drawn_case_by_case(kind: str, n: int, churn: float) -> None:
    sizes = [1] * n if kind == "single" else [1, 2, 3, 4, 6, 9] * (n // 25)
    sizes += [1] * (n - sum(sizes))
    flips = draw_cases(n, churn, sizes, seed=n)
    starts = np.cumsum([0, *sizes[:-1]])
    alarms = naive = 0
    for differences in np.add.reduceat(flips, starts, axis=1).tolist():
        alarms += sign_flip(differences) <= 0.01
    for broke, fixed in zip((flips > 0).sum(1).tolist(), (flips < 0).sum(1).tolist(), strict=True):
        naive += mcnemar_exact(broke, fixed) <= 0.01
    print(f"{kind} n={n} churn={churn}: {alarms} of 10000; clusters ignored {naive}")
    assert alarms / 10_000 <= false_alarm_limit(0.01, 10_000)
    if kind == "single":
        assert alarms == naive
    elif churn >= 0.05:
        assert naive > 2 * alarms


@pytest.mark.slow
@pytest.mark.parametrize("drop", [0.02, 0.05, 0.1])
@pytest.mark.parametrize("churn", [0.0, 0.01, 0.05, 0.2])
@pytest.mark.parametrize("n", [100, 200, 1000])
def test_power_of_the_whole_grid(n: int, churn: float, drop: float) -> None:
    for metrics in (1, 3):
        tally = simulate(Scenario(n, churn, drop), rule(metrics))
        assert tally.failed / tally.pairs == pytest.approx(tally.exact, abs=0.02)
        block = simulate(replace(tally.scenario, cluster_size=5), rule(metrics))
        assert block.failed / block.pairs == pytest.approx(block.exact, abs=0.02)
