"""The figures of a run that are no rates: where they come from, their groups and intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.generation import Generation
from suite.judgement import Grades, Judgement
from suite.measured import Measured
from suite.measures import (
    find_group_measures,
    find_measures,
    measure_directions,
    measure_run,
)
from suite.qa_measures import measure_qa
from suite.run import CaseResult, ModelRecord, Run, Selection
from suite.score import Score
from suite.stats import wilson
from suite.stats_cluster import clustered_interval, mean_interval
from tests.run_records import PROPERTY

IDS = ("c00", "c01", "c02", "c03")


def result(
    name: str,
    f1: float | None = 1.0,
    unanswerable: bool = False,
    grades: Grades | None = None,
    asked: bool = False,
    cluster: str | None = None,
) -> CaseResult:
    """A case answered with some token F1; None: it came to no verdict."""
    found = CaseResult(
        "toy", "qa", name, "h", "passed", cluster=cluster,
        judgement=Judgement("i", (), grades) if asked or grades else None,
    )  # fmt: skip
    if f1 is None:
        return found
    values = {"token_f1": f1} | ({"unanswerable": f1} if unanswerable else {})
    score = Score(f1 == 1, f1, None if f1 == 1 else "wrong_answer",
                  metrics={"exact_match_rate": int(f1 == 1)}, values=values)  # fmt: skip
    return replace(found, score=score, generation=Generation("x", "stop"))


def by_name(results: Sequence[CaseResult]) -> dict[str, Measured]:
    return {each.metric: each for each in measure_qa(results)}


def make_run(*results: CaseResult, groups: dict[str, dict[str, tuple[str, ...]]]) -> Run:
    selection = Selection("toy", "qa", 1, IDS, IDS, "qa.yaml", groups=groups)
    return Run("r", "2026", {"toy": ModelRecord({}, {})}, (selection,), tuple(results))


def test_a_run_has_the_measures_of_its_task_in_all_and_by_group() -> None:
    groups = {"kind": {"factual": ("c00", "c01"), "reasoning": ("c02", "c03"), "multi_hop": ()}}
    run = measure_run(make_run(*(result(n, f) for n, f in zip(IDS, (1, 0, 1, 1), strict=True)),
                               groups=groups))  # fmt: skip
    (f1,) = find_measures(run, "toy", "qa")
    assert (f1.metric, f1.value, f1.n) == ("token_f1", 0.75, 4)
    found = {
        (each.kind, each.tag): each.measured[0] for each in find_group_measures(run, "toy", "qa")
    }
    assert {place: (each.value, each.n) for place, each in found.items()} == {
        ("kind", "factual"): (0.5, 2),
        ("kind", "reasoning"): (1.0, 2),
    }


def test_what_nobody_measured_is_nothing() -> None:
    run = make_run(groups={})
    assert find_measures(run, "toy", "qa") == ()
    assert find_measures(measure_run(run), "toy", "qa") == ()
    assert find_measures(measure_run(run), "other", "qa") == ()
    assert find_group_measures(run, "toy", "qa") == ()


def test_a_task_says_which_way_its_measures_are_better() -> None:
    ways = measure_directions("qa")
    assert ways["token_f1"] == "higher"
    assert ways["judge_unscored"] == "lower"
    assert {"token_f1", "judge_score"}.isdisjoint(measure_directions("format"))


def test_a_case_without_a_verdict_counts_as_bad_as_can_be() -> None:
    found = by_name([result("c00"), result("c01", 1, True), result("c02", None)])
    assert found["token_f1"].value == pytest.approx(2 / 3)
    assert (found["unanswerable_accuracy"].value, found["unanswerable_accuracy"].n) == (0.5, 2)


def test_without_unanswerable_cases_their_accuracy_is_left_out() -> None:
    assert by_name([result("c00")]).keys() == {"token_f1"}
    assert by_name([result("c00"), result("c01", None)]).keys() == {"token_f1"}


def test_without_a_judge_there_are_no_grades() -> None:
    assert not any(name.startswith("judge") for name in by_name([result("c00")]))


def test_grades_are_means_over_the_graded_and_the_rest_is_told() -> None:
    found = by_name([
        result("c00", 1, grades=Grades(5, 4, 3)),
        result("c01", 0, grades=Grades(2, 4, 1)),
        result("c02", 1, asked=True),
        result("c03", 1),
    ])  # fmt: skip
    means = {
        name: found[f"judge_{name}"].value for name in ("score", "faithfulness", "completeness")
    }
    assert means == {"score": 3.5, "faithfulness": 4.0, "completeness": 2.0}
    assert found["judge_score"].n == 2
    assert (found["judge_unscored"].value, found["judge_unscored"].n) == (0.5, 4)


def test_no_answer_has_the_worst_grades_and_is_not_unscored() -> None:
    found = by_name([result("c00", grades=Grades(5, 5, 5)), result("c01", None)])
    assert (found["judge_score"].value, found["judge_score"].n) == (3.0, 2)
    assert (found["judge_unscored"].value, found["judge_unscored"].n) == (0.0, 1)
    assert found["judge_agreement"].n == 1


def test_where_no_grade_can_be_read_only_that_is_told() -> None:
    found = by_name([result("c00", asked=True), result("c01", asked=True)])
    assert {name for name in found if name.startswith("judge")} == {"judge_unscored"}
    assert found["judge_unscored"].value == 1


@pytest.mark.parametrize(
    ("f1", "score", "alike"),
    [(1.0, 5, 1), (1.0, 4, 1), (1.0, 3, 0), (0.5, 4, 1), (0.5, 3, 0), (0.4, 4, 0), (0.0, 1, 1)],
)
def test_judge_and_token_f1_agree_where_both_call_it_right_or_wrong(
    f1: float, score: int, alike: int
) -> None:
    found = by_name([result("c00", f1, grades=Grades(score, 1, 1))])
    assert found["judge_agreement"].value == alike


def test_an_unscored_answer_is_neither_agreed_nor_disagreed_with() -> None:
    found = by_name([result("c00", 1, grades=Grades(1, 1, 1)), result("c01", 1, asked=True)])
    assert (found["judge_agreement"].value, found["judge_agreement"].n) == (0.0, 1)


def test_a_mean_of_equal_values_is_that_value() -> None:
    # 0.8 ten times over, added up one by one, is 7.999999999999999
    found = by_name([result(f"c{n:02d}", 0.8) for n in range(10)])
    assert found["token_f1"].value == 0.8


def test_what_a_file_holds_in_place_of_a_share_is_taken_for_the_nearest_one() -> None:
    odd = [result(f"c{n}", f1) for n, f1 in enumerate((math.inf, -math.inf, math.nan, 7.0))]
    found = by_name([*odd, result("c9", 1, grades=Grades(9, -3, 10**400))])
    assert found["token_f1"].value == 3 / 5
    assert (found["judge_score"].value, found["judge_faithfulness"].value) == (5, 1)


# --- intervals


def test_of_ones_and_zeros_apart_the_interval_is_that_of_a_rate() -> None:
    zeros_and_ones = [(1.0, 1)] * 30 + [(0.0, 1)] * 20
    mean = mean_interval(zeros_and_ones)
    rate = clustered_interval([(1, 1)] * 30 + [(0, 1)] * 20)
    assert mean.low == pytest.approx(rate.low, abs=0.005)
    assert mean.high == pytest.approx(rate.high, abs=0.005)


def test_values_that_vary_less_have_a_narrower_interval() -> None:
    narrow = mean_interval([(0.4, 1), (0.6, 1)] * 25)
    wide = mean_interval([(0.0, 1), (1.0, 1)] * 25)
    # 0.1 standard deviation of 50 values: 0.1 * 2.01 / sqrt(49)
    assert narrow.high - 0.5 == pytest.approx(0.1 * 2.01 / 7, rel=0.01)
    assert wide.high - wide.low > 4 * (narrow.high - narrow.low)


def test_values_of_one_cluster_tell_less_than_as_many_apart() -> None:
    together = mean_interval([(4.0, 4)] * 6 + [(0.0, 4)] * 6)
    apart = mean_interval([(1.0, 1)] * 24 + [(0.0, 1)] * 24)
    assert together.high - together.low > 1.5 * (apart.high - apart.low)


def test_where_all_are_alike_each_cluster_counts_once() -> None:
    assert mean_interval([(1.0, 1)] * 20) == wilson(20, 20)
    assert mean_interval([(0.0, 2)] * 20) == wilson(0, 20)
    assert mean_interval([(3.0, 3)]) == wilson(1, 1)


def test_what_differs_by_a_rounding_is_alike() -> None:
    thirds = mean_interval([(2 / 3, 1), (2.0, 3), (4 / 3, 2), (2 / 3, 1)])
    assert (thirds.low, thirds.high) == pytest.approx((0.245, 0.925), abs=0.001)
    tenths = mean_interval([(0.1 + 0.2, 1), (0.3, 1), (0.9, 3), (0.6, 2)])
    assert tenths.high - tenths.low > 0.5


@PROPERTY
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 4)), min_size=1, max_size=30))
def test_an_interval_lies_in_0_to_1_around_its_mean(values: list[tuple[float, int]]) -> None:
    clusters = [(value * size, size) for value, size in values]
    mean = sum(total for total, _ in clusters) / sum(size for _, size in clusters)
    interval = mean_interval(clusters)
    assert -1e-9 <= interval.low <= mean + 1e-9
    assert mean - 1e-9 <= interval.high <= 1 + 1e-9


def test_a_measure_is_shown_with_its_n_and_interval() -> None:
    assert str(Measured("m", 0.5, 8, 0.25, 0.75)) == "0.500 (n=8, 95% 0.250-0.750)"
    assert str(Measured("m", 1234.5, 8, unit="ms")) == "1234 ms (n=8)"
