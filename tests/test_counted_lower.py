"""Counted metrics of which less is better, and cases that have nothing to count."""

from __future__ import annotations

from suite.baseline import Baseline, Golden, conditions_of, differing_conditions
from suite.baseline_diff import diff_baselines
from suite.rates import find_group_rates, find_rates
from suite.run import CaseResult, ModelRecord, Run, Selection
from suite.score import Count, Score
from suite.tasks import is_better
from tests.run_records import RECORD

SIZES = {"c0": 1, "c1": 0, "c2": 1, "c3": 0}


def run(*scored: str, wrong: tuple[str, ...] = ()) -> Run:
    results = tuple(
        CaseResult(
            model="m", task="verifier", case_id=name, case_hash="h", outcome="passed",
            score=Score(
                passed=name not in wrong,
                value=1.0,
                metrics={"accuracy": int(name not in wrong)},
                counts={"false_positive_rate": Count(int(name in wrong), 1)} if SIZES[name] else {},
                values={"label": 1 - SIZES[name], "predicted": 0},
            ),
        )
        for name in scored
    )  # fmt: skip
    groups = {"error_type": {"correct": ("c0", "c2"), "others": ("c1", "c3")}}
    selection = Selection(
        "m", "verifier", 1, tuple(SIZES), tuple(SIZES), "v.yaml", sizes=SIZES, groups=groups
    )
    return Run("r", "now", {"m": RECORD}, (selection,), results)


def test_a_case_without_a_verdict_counts_as_a_false_positive_where_it_is_right() -> None:
    rates = {rate.metric: rate for rate in find_rates(run("c0", "c1"), "m", "verifier")}
    rate = rates["false_positive_rate"]
    assert (rate.count, rate.n, rate.missing) == (1, 2, 1)


def test_a_group_without_anything_to_count_has_no_such_rate() -> None:
    groups = find_group_rates(run(*SIZES, wrong=("c2",)), "m", "verifier")["error_type"]
    found = {tag: {rate.metric: rate.counts for rate in rates} for tag, rates in groups.items()}
    assert found == {
        "correct": {"accuracy": "1/2", "false_positive_rate": "1/2 right solutions"},
        "others": {"accuracy": "2/2"},
    }


def golden(right: int) -> Golden:
    return Golden(
        case_hash="h", passed=True, metrics={}, text="0", reason=None,
        counts={"false_positive_rate": Count(right, 1)},
    )  # fmt: skip


def baseline(**goldens: Golden) -> Baseline:
    return Baseline(
        model="m", task="verifier", version=1, reference_mode=True, subject={}, conditions={},
        goldens=goldens,
    )  # fmt: skip


def test_more_of_what_should_be_less_is_worse_in_a_diff_of_goldens() -> None:
    found = diff_baselines(baseline(a=golden(0), b=golden(1)), baseline(a=golden(1), b=golden(0)))
    assert (found.worse, found.better) == (("a",), ("b",))


def test_better_depends_on_the_direction_and_equal_is_never_better() -> None:
    assert is_better("higher", 0.6, 0.5)
    assert is_better("lower", 0.4, 0.5)
    assert not is_better("higher", 0.5, 0.5)
    assert not is_better("lower", 0.5, 0.5)
    assert not is_better("neither", 0.6, 0.5)


def test_how_labels_are_found_is_a_condition_of_tasks_that_have_labels() -> None:
    record = ModelRecord({}, {"engine": "hf", "dtype": "float32"})
    how = conditions_of(record, "verifier")
    assert how["labels"] == "softmax at the first answer token, one forward pass"
    assert conditions_of(record, "format") == record.conditions
    accepted = baseline().model_copy(update={"conditions": {**how, "labels": "logprobs"}})
    assert differing_conditions(accepted, record) == ["labels"]
    other = accepted.model_copy(update={"task": "format", "conditions": record.conditions})
    assert differing_conditions(other, record) == []
