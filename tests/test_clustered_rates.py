"""Intervals of rates whose cases share clusters: too narrow if cases were taken for independent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from suite.gate_file import Threshold
from suite.rates import Rate, find_rates
from suite.report.pairs import render_pairs
from suite.run import CaseResult, Run, Selection
from suite.run_pairs import pair_runs
from suite.score import Count, Score
from suite.self_flips import measure_self_flips
from suite.stats import wilson
from suite.threshold_gates import decide_threshold
from tests.run_records import RECORD, make_result, make_run

RIGHT = [True] * 80 + [False] * 60
SEVENTHS = [f"t{index // 20}" for index in range(140)]
"""Seven templates of 20 cases, four right as a whole and three wrong."""


def answered(verdicts: list[bool], clusters: list[str] | None = None) -> Run:
    results = [make_result(f"c{index:03d}", right) for index, right in enumerate(verdicts)]
    if clusters:
        results = [
            replace(each, cluster=cluster) for each, cluster in zip(results, clusters, strict=True)
        ]
    return make_run(*results)


def success(run: Run) -> Rate:
    return next(r for r in find_rates(run, "toy", "format") if r.metric == "format_success_rate")


def test_cases_that_share_a_cluster_tell_less_than_as_many_apart() -> None:
    apart, together = success(answered(RIGHT)), success(answered(RIGHT, SEVENTHS))
    assert str(apart) == "0.571 (80/140, 95% 0.489-0.650)"
    assert str(together) == "0.571 (80/140, 95% 0.184-0.887)"
    assert (together.unit, together.missing, together.is_unscored) == ("cases", 0, False)


def test_where_no_two_cases_share_a_cluster_the_interval_is_wilsons() -> None:
    own = success(answered(RIGHT, [f"t{index}" for index in range(140)]))
    assert own.interval == success(answered(RIGHT)).interval == wilson(80, 140)
    assert own.clusters == ()


def test_a_bound_is_that_of_the_clustered_interval_and_says_how_many_cases_it_takes() -> None:
    rule = Threshold(value=0.45, rule="bound", reason="r")

    def decide(run: Run) -> tuple[str, str]:
        found = decide_threshold("format_success_rate_min", rule, run, run.selections[0], None)
        return found.status, found.sentence

    assert decide(answered(RIGHT))[0] == "PASS"
    status, sentence = decide(answered(RIGHT, SEVENTHS))
    assert status == "FAIL"
    # 65 independent cases would do; here 140 tell as much as 3.6: of such templates about 2,500
    count = int(sentence.split("would clear it from ")[1].split(" cases")[0])
    assert 2000 < count < 3000


def test_a_case_without_a_verdict_stays_in_its_cluster() -> None:
    pairs = [f"t{index // 2}" for index in range(20)]
    run = answered([True] * 20, pairs)
    lost = [
        replace(r, score=None, outcome="error") if r.cluster == "t0" else r for r in run.results
    ]
    rate = success(replace(run, results=tuple(lost)))
    assert (rate.counts, rate.missing) == ("18/20", 2)
    assert sorted(rate.clusters) == [(0, 2)] + [(2, 2)] * 9
    gone = success(replace(run, results=run.results[2:]))
    assert sorted(gone.clusters) == [(0, 1), (0, 1)] + [(2, 2)] * 9  # nothing tells theirs


def test_a_counted_case_without_a_verdict_stays_in_its_cluster() -> None:
    def result(name: str, cluster: str, counts: Count | None) -> CaseResult:
        score = counts and Score(True, 1.0, counts={"field_accuracy": counts})
        return CaseResult("m", "extraction", name, "h", "passed", score, cluster=cluster)

    results = (
        result("a", "t0", Count(3, 3)),
        result("b", "t0", None),
        result("c", "t1", Count(1, 2)),
    )
    ids = ("a", "b", "c")
    sizes = {"a": 3, "b": 4, "c": 2}
    selection = Selection("m", "extraction", 1, ids, ids, "e.yaml", sizes=sizes)
    run = Run("r", "now", {"m": RECORD}, (selection,), results)
    (rate,) = (r for r in find_rates(run, "m", "extraction") if r.metric == "field_accuracy")
    assert (rate.counts, rate.missing, rate.clusters) == ("4/9 fields", 1, ((3, 7), (1, 2)))


def test_flips_between_repeats_are_clustered_too() -> None:
    first = answered([True] * 140, SEVENTHS).results
    again = [replace(each, repeat=2) for each in answered(RIGHT, SEVENTHS).results]
    (rate,) = measure_self_flips([*first, *again])
    assert str(rate) == "0.429 (60/140, 95% 0.113-0.816)"
    lone = [replace(each, cluster=None) for each in (*first, *again)]
    (apart,) = measure_self_flips(lone)
    assert (apart.low, apart.high) == (wilson(60, 140).low, wilson(60, 140).high)


@pytest.mark.parametrize(
    ("clusters", "interval"), [(SEVENTHS, "0.184-0.887"), (None, "0.489-0.650")]
)
def test_two_runs_are_compared_with_the_intervals_that_each_alone_has(
    clusters: list[str] | None, interval: str
) -> None:
    then, now = answered(RIGHT, clusters), answered([True] * 140, clusters)
    found = render_pairs(then, now, pair_runs(then, now), 200)
    text = "\n".join("".join(span.text for span in line) for line in found)
    assert f"0.571 (80/140, 95% {interval}) → 1.000 (140/140, 95% " in text
    assert "duplicate_json_objects_rate ↓\n    0.000 (0/140, 95% 0.000-" in text
