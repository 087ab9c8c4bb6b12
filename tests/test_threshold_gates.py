"""Thresholds on figures that are no plain rates: measures, bounds of them, and counted metrics."""

from __future__ import annotations

from dataclasses import replace

from suite.baseline import Baseline, Golden
from suite.gate_file import Threshold
from suite.measured import Measured
from suite.regression import Finding
from suite.run import CaseResult, Measures, Run, Selection
from suite.score import Count, Score
from suite.threshold_gates import decide_threshold
from suite.verifier_measures import measure_verifier
from tests.run_records import RECORD

BOUND = Threshold(value=0.5, rule="bound", reason="r")


def result(case_id: str, right: int, of: int) -> CaseResult:
    score = Score(
        right == of, 1.0, metrics={"accuracy": int(right == of)},
        counts={"false_positive_rate": Count(of - right, of)} if of else {},
    )  # fmt: skip
    return CaseResult("m", "verifier", case_id, "h", "passed", score)


def make_run(*results: CaseResult, measures: tuple[Measured, ...] = ()) -> Run:
    ids = tuple(each.case_id for each in results)
    sizes = {
        each.case_id: sum(count.of for count in each.score.counts.values())
        for each in results
        if each.score
    }
    selection = Selection("m", "verifier", 1, ids, ids, "v.yaml", sizes=sizes)
    found = Measures("m", "verifier", measures)
    return Run("r", "now", {"m": RECORD}, (selection,), results, measures=(found,))


def decide(name: str, rule: Threshold, run: Run, *accepted: str) -> Finding:
    golden = Golden(case_hash="h", passed=True, metrics={"accuracy": 1}, text="", reason=None)
    baseline = Baseline(
        model="m", task="verifier", version=1, reference_mode=True, subject={}, conditions={},
        goldens=dict.fromkeys(accepted, golden),
    )  # fmt: skip
    return decide_threshold(name, rule, run, run.selections[0], baseline)


def test_unchanged_cases_without_anything_to_count_are_not_spoken_of() -> None:
    run = make_run(result("new", 1, 1), result("old", 0, 0))
    rule = Threshold(value=0.5, reason="r")
    found = decide("false_positive_rate_max", rule, run, "old")
    assert found == Finding("PASS", "0.000 (0/1 right solutions, 95% 0.000-0.793) is at most 0.5")
    accuracy = decide("accuracy_min", rule, run, "old").sentence
    assert accuracy.endswith(
        "1.000 (1/1, 95% 0.207-1.000) over the cases that the goldens answered"
    )


def test_a_bound_on_a_measure_is_its_near_end() -> None:
    run = make_run(result("a", 1, 1), measures=(Measured("roc_auc", 0.8, 9, 0.5, 0.9),))
    assert decide("roc_auc_min", BOUND, run) == Finding(
        "PASS", "0.800 (n=9, 95% 0.500-0.900), and its lower bound is at least 0.5"
    )
    assert decide("roc_auc_max", BOUND, run).status == "FAIL"


def test_three_of_three_do_not_clear_a_bound_of_nine_in_ten() -> None:
    found = [
        replace(result(f"c{n}", 1, 1), score=Score(True, 1.0, values={
            "label": n % 2, "predicted": n % 2, "p_right": 1 - n % 2, "p_flawed": n % 2}))
        for n in range(6)
    ]  # fmt: skip
    run = make_run(*found, measures=tuple(measure_verifier(found)))
    rule = Threshold(value=0.9, rule="bound", reason="r")
    assert decide("recall_flawed_min", rule, run) == Finding(
        "FAIL", "1.000 (n=3, 95% 0.439-1.000), and its lower bound is below 0.9"
    )
    assert decide("roc_auc_min", rule, run).status == "FAIL"
    assert decide("brier_score_max", rule, run).status == "FAIL"


def test_a_bound_on_a_measure_without_an_interval_fails_and_names_the_other_rule() -> None:
    run = make_run(result("a", 1, 1), measures=(Measured("roc_auc", 1.0, 9),))
    found = decide("roc_auc_min", BOUND, run)
    assert found.status == "FAIL"
    assert found.sentence.endswith("has no interval; `rule: point` judges its value")
    named = found.sentence.split("`rule: ")[1].split("`")[0]
    assert Threshold.model_validate({"value": 0.5, "rule": named, "reason": "r"}).rule == "point"
