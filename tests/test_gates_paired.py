"""Gates with one error budget, with clusters, with bounds; what dropping cases can do to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.gate_file import Gates, NoRegression, Rule, Threshold, load_gates
from suite.gates import GateOptions, decide_gates
from suite.pairing import pair
from suite.rates import find_rates
from suite.run import CaseResult, GateResult
from tests.run_records import PROPERTY, make_baseline, make_result, make_run

METRICS = ("format_success_rate", "duplicate_json_objects_rate")
ORDER = ("FAIL", "INCONCLUSIVE", "SKIPPED", "WARN", "PASS")


def regression(*metrics: str) -> NoRegression:
    return NoRegression(
        metrics=metrics or METRICS[:1], alpha=0.01, warn_alpha=0.05, reason="retrained"
    )


def decide(
    rules: Mapping[str, Rule],
    results: list[CaseResult],
    then: Mapping[str, bool] | None = None,
    **options: bool,
) -> list[GateResult]:
    baselines = {} if then is None else {("toy", "format"): make_baseline(then)}
    gates = Gates(Path("gates.yaml"), {"format": dict(rules)}, {})
    return list(decide_gates(make_run(*results), baselines, gates, GateOptions(**options)))


def in_clusters(clusters: int, size: int, broke: int, fixed: int = 0) -> list[CaseResult]:
    """The first clusters break whole, the next are fixed whole, the rest stays good."""
    return [
        replace(make_result(f"c{i:02d}_{j}", i >= broke), cluster=f"t{i}")
        for i in range(clusters)
        for j in range(size)
    ]


def good_but(clusters: int, size: int, broke: int = 0, fixed: int = 0) -> dict[str, bool]:
    return {
        f"c{i:02d}_{j}": not broke <= i < broke + fixed
        for i in range(clusters)
        for j in range(size)
    }


@pytest.mark.parametrize(
    ("broke", "status", "p"),
    [
        (5, "PASS", "p = 0.031, Holm 0.062"),
        (6, "WARN", "p = 0.016, Holm 0.031 ≤ 0.05"),
        (7, "WARN", "p = 0.0078, Holm 0.016 ≤ 0.05"),  # alone it would fail
        (8, "FAIL", "p = 0.0039, Holm 0.0078 ≤ 0.01"),
    ],
)
def test_two_metrics_share_one_error_budget(broke: int, status: str, p: str) -> None:
    results = [make_result(f"c{i:03d}", i >= broke) for i in range(200)]
    then = {f"c{i:03d}": True for i in range(200)}
    (found,) = decide({"no_regression": regression(*METRICS)}, results, then)
    assert found.status == status
    assert f"{broke} broke, 0 fixed of 200 ({p})" in found.sentence
    assert found.sentence.endswith("this suite can see drops of 5.1 points or more (power 80%)")


def test_cases_of_one_cluster_count_as_one_coin() -> None:
    # 12 broken cases in 3 clusters: McNemar would see 12 coins, p = 0.00024
    (found,) = decide({"no_regression": regression()}, in_clusters(30, 4, broke=3), good_but(30, 4))
    assert found.status == "PASS"
    assert found.sentence.startswith("12 broke, 0 fixed of 120 in 30 clusters (p = 0.12), ")


def test_enough_broken_clusters_fail() -> None:
    (found,) = decide(
        {"no_regression": regression()},
        in_clusters(30, 4, broke=10, fixed=1),
        good_but(30, 4, broke=10, fixed=1),
    )
    assert found.status == "FAIL"
    # 10 down and 1 up: 1 + 11 of 2**11 patterns reach that sum
    assert "40 broke, 4 fixed of 120 in 30 clusters (p = 0.0059 ≤ 0.01)" in found.sentence
    # of clusters, not of cases, and behind the one that got better
    assert found.sentence.endswith("drops of 37.9 points or more (power 80%)")


@pytest.mark.parametrize(
    ("broke", "fixed", "drop"), [(0, 0, "28.7"), (9, 0, "28.7"), (0, 9, "28.7"), (1, 1, "37.9")]
)
def test_what_can_be_seen_depends_on_what_flipped_both_ways(
    broke: int, fixed: int, drop: str
) -> None:
    results = [make_result(f"c{i:02d}", i >= broke) for i in range(30)]
    then = {f"c{i:02d}": not broke <= i < broke + fixed for i in range(30)}
    (found,) = decide({"no_regression": regression()}, results, then)
    assert f"drops of {drop} points or more" in found.sentence


@pytest.mark.parametrize("broke", [0, 9])
def test_under_ten_clusters_nothing_is_concluded(broke: int) -> None:
    (found,) = decide(
        {"no_regression": regression()}, in_clusters(9, 20, broke=broke), good_but(9, 20)
    )
    assert found.status == "INCONCLUSIVE"
    assert f"{20 * broke} broke, 0 fixed of 180 in 9 clusters" in found.sentence
    assert "too few clusters: a verdict wants 10" in found.sentence


def test_a_cluster_of_its_own_each_is_the_plain_test() -> None:
    (found,) = decide({"no_regression": regression()}, in_clusters(9, 1, broke=7), good_but(9, 1))
    assert found.status == "FAIL"
    assert found.sentence.startswith("7 broke, 0 fixed of 9 (p = 0.0078 ≤ 0.01)")


def test_a_metric_that_fails_is_not_hidden_by_one_without_a_verdict() -> None:
    results = [make_result(f"c{i}", False, schema_valid_rate=1) for i in range(9)]
    then = {f"c{i}": True for i in range(9)}  # no golden has schema_valid_rate
    rule = regression("format_success_rate", "schema_valid_rate")
    (found,) = decide({"no_regression": rule}, results, then)
    assert found.status == "FAIL"
    assert "schema_valid_rate: no case is still what the baseline answered" in found.sentence


@pytest.mark.parametrize(("broke", "status"), [(0, "PASS"), (5, "WARN"), (7, "FAIL")])
def test_a_warning_fails_only_where_gates_are_required(broke: int, status: str) -> None:
    results = [make_result(f"c{i:03d}", i >= broke) for i in range(50)]
    then = {f"c{i:03d}": True for i in range(50)}
    rules = {"no_regression": regression()}
    (free,) = decide(rules, results, then)
    (required,) = decide(rules, results, then, require=True)
    assert (free.status, free.fails) == (status, status == "FAIL")
    assert (required.status, required.fails) == (status, status != "PASS")


def test_a_regression_that_is_being_accepted_does_not_fail_required_gates() -> None:
    results = [make_result(f"c{i}", False) for i in range(9)]
    then = {f"c{i}": True for i in range(9)}
    (found,) = decide({"no_regression": regression()}, results, then, require=True, accepting=True)
    assert (found.status, found.fails) == ("WARN", False)


@pytest.mark.parametrize(
    ("bad", "value", "status", "said"),
    [
        (3, 0.95, "PASS", "0.985 (197/200, 95% 0.957-0.995), and its lower bound is at least"),
        (4, 0.95, "FAIL", "is below 0.95; this rate would clear it from 203 cases on"),
        (
            10,
            0.95,
            "FAIL",
            "0.950 (190/200, 95% 0.910-0.973), and its lower bound is below 0.95; no",
        ),
        (20, 0.95, "FAIL", "no number of cases would do"),
    ],
)
def test_a_bound_must_be_cleared_by_the_near_end_of_the_interval(
    bad: int, value: float, status: str, said: str
) -> None:
    rule = Threshold(value=value, rule="bound", reason="a sample of what users ask")
    results = [make_result(f"c{i:03d}", i >= bad) for i in range(200)]
    (found,) = decide({"format_success_rate_min": rule}, results)
    assert found.status == status
    assert said in found.sentence


def test_a_bound_from_above_is_cleared_by_the_upper_end() -> None:
    rule = Threshold(value=0.02, rule="bound", reason="r")
    rules = {"duplicate_json_objects_rate_max": rule}
    (few,) = decide(rules, [make_result(f"c{i:03d}") for i in range(100)])
    (many,) = decide(rules, [make_result(f"c{i:03d}") for i in range(200)])
    assert (few.status, many.status) == ("FAIL", "PASS")
    assert few.sentence == (
        "0.000 (0/100, 95% 0.000-0.037), and its upper bound is above 0.02; "
        "this rate would clear it from 189 cases on"
    )


def test_the_rule_of_a_threshold_is_read_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "gates.yaml"
    text = "format: {format_success_rate_min: {value: 0.9, rule: %s, reason: r}}"
    path.write_text(text % "bound")
    rule = load_gates(path).rules("m", "format")["format_success_rate_min"]
    assert rule == Threshold(value=0.9, rule="bound", reason="r")
    path.write_text(text % "bond")
    with pytest.raises(ValueError, match=r"rule.*'bond'"):
        load_gates(path)


def test_deleting_the_cases_that_fail_fails_every_gate() -> None:
    rules = {
        "format_success_rate_min": Threshold(value=0.5, reason="r"),
        "no_regression": regression(),
    }
    found = decide(rules, [make_result("kept")], {"kept": True, "failing": False})
    assert [gate.status for gate in found] == ["FAIL", "FAIL"]
    assert all("incomplete" in gate.sentence and "failing" in gate.sentence for gate in found)
    accepted = decide(
        rules, [make_result("kept")], {"kept": True, "failing": False}, accept_removed=True
    )
    assert [gate.status for gate in accepted] == ["PASS", "PASS"]


RULES: dict[str, Rule] = {
    "format_success_rate_min": Threshold(value=0.6, reason="r"),
    "duplicate_json_objects_rate_max": Threshold(value=0.3, rule="bound", reason="r"),
    "no_regression": regression(*METRICS),
}
VERDICTS = st.lists(
    st.tuples(st.booleans(), st.sampled_from([True, False, None]), st.integers(0, 1)),
    min_size=1,
    max_size=40,
)


@PROPERTY
@given(VERDICTS, st.sets(st.integers(0, 39)), st.booleans())
def test_dropping_results_never_raises_a_rate_and_never_helps_a_gate(
    verdicts: list[tuple[bool, bool | None, int]], dropped: set[int], erred: bool
) -> None:
    then = {f"c{i:02d}": before for i, (before, _, _) in enumerate(verdicts)}
    results = [
        make_result(f"c{i:02d}", now, duplicate_json_objects_rate=twice)
        if now is not None
        else make_result(f"c{i:02d}", None)
        for i, (_, now, twice) in enumerate(verdicts)
    ]
    lost = [
        make_result(result.case_id, None) if erred else None
        for i, result in enumerate(results)
        if i in dropped
    ]
    kept = [result for i, result in enumerate(results) if i not in dropped]
    kept += [result for result in lost if result]
    whole = make_run(*results)
    less = replace(whole, results=tuple(kept))
    for before, after in zip(
        find_rates(whole, "toy", "format"), find_rates(less, "toy", "format"), strict=True
    ):
        assert after.n == before.n
        if after.direction == "lower":
            assert after.count >= before.count
        elif after.direction == "higher":
            assert after.count <= before.count
    gates = Gates(Path("gates.yaml"), {"format": RULES}, {})
    baseline = make_baseline(then)
    for metric, direction in (("format_success_rate", "higher"), (METRICS[1], "lower")):
        all_, some = (
            pair(baseline, each.results, each.selections[0], metric, direction)
            for each in (whole, less)
        )
        assert some.n == all_.n
        assert set(all_.broke) <= set(some.broke)
        assert set(some.fixed) <= set(all_.fixed)
    baselines = {("toy", "format"): baseline}
    for one, two in zip(
        decide_gates(whole, baselines, gates), decide_gates(less, baselines, gates), strict=True
    ):
        assert ORDER.index(two.status) <= ORDER.index(one.status), (one.sentence, two.sentence)
