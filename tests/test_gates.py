"""Gates: reading the file, deciding."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from suite.errors import InputError
from suite.gate_file import Gates, NoRegression, Rule, Threshold, load_gates
from suite.gates import GateOptions, decide_gates
from suite.run import CaseResult, GateResult
from suite.tasks import TASKS
from tests.run_records import CONDITIONS, RECORD, make_baseline, make_result, make_run

TASKS = ", ".join(sorted(TASKS))

SUITE = Path(__file__).parents[1] / "suite"


def write(folder: Path, text: str) -> Path:
    path = folder / "gates.yaml"
    path.write_text(text)
    return path


def make_gates(**rules: Rule) -> Gates:
    return Gates(Path("gates.yaml"), {"format": rules}, {})


REGRESSION = make_gates(
    no_regression=NoRegression(
        metrics=("format_success_rate",), alpha=0.01, warn_alpha=0.05, reason="r"
    )
)


def decide(
    gates: Gates, results: list[CaseResult], baseline: Any = None, **options: bool
) -> GateResult:
    run = make_run(*results)
    baselines = {("toy", "format"): baseline} if baseline else {}
    (found,) = decide_gates(run, baselines, gates, GateOptions(**options))
    return found


def make_results(broke: int, fixed: int, same: int = 20) -> list[CaseResult]:
    """Results against `BASELINE`, where cases f00… failed and all others passed."""
    verdicts = {f"b{i:02d}": i >= broke for i in range(20)}
    verdicts |= {f"f{i:02d}": i < fixed for i in range(20)}
    verdicts |= {f"s{i:02d}": True for i in range(same)}
    return [make_result(case_id, passed) for case_id, passed in verdicts.items()]


BASELINE = make_baseline(
    {f"{kind}{i:02d}": kind != "f" for kind in ("b", "f", "s") for i in range(20)}
)


def test_a_task_without_any_gate_fails_where_gates_are_required() -> None:
    results = [make_result("a", True)]
    found = decide(make_gates(), results, require=True)
    assert (found.name, found.status, found.fails) == ("gates", "FAIL", True)
    assert "no gate for task 'format' in gates.yaml" in found.sentence
    assert decide_gates(make_run(*results), {}, make_gates(), GateOptions()) == ()


def test_the_committed_gate_file_is_sound() -> None:
    gates = load_gates(SUITE / "gates.yaml")
    assert set(gates.rules("any_model", "format")) == {
        "format_success_rate_min",
        "duplicate_json_objects_rate_max",
        "no_regression",
    }


def test_a_model_overrides_single_gates(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "format:\n"
        "  format_success_rate_min: {value: 0.9, reason: a}\n"
        "  schema_valid_rate_min: {value: 0.8, reason: b}\n"
        "models:\n"
        "  small: {format: {format_success_rate_min: {value: 0.3, reason: c}}}\n",
    )
    gates = load_gates(path, models=["small"])
    assert gates.rules("small", "format") == {
        "format_success_rate_min": Threshold(value=0.3, reason="c"),
        "schema_valid_rate_min": Threshold(value=0.8, reason="b"),
    }
    assert gates.rules("big", "format")["format_success_rate_min"].reason == "a"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("format: {format_sucess_rate_min: {value: 1, reason: r}}", "Did you mean 'format_success"),
        ("fromat: {}", f"unknown task 'fromat'; known: {TASKS}. Did you mean 'format'"),
        ("format: {format_success_rate_min: {value: 95, reason: r}}", "got 95"),
        ("format: {format_success_rate_min: {value: 0.9}}", "reason: missing"),
        ("format: {format_success_rate_min: {value: 0.9, reason: ' '}}", "reason: .*got ' '"),
        ("format: {format_success_rate_min: {valu: 1, reason: r}}", "Did you mean 'value'"),
        (
            "format: {no_regression: {metrics: [recoverable_rate], alpha: 0.01, reason: r}}",
            "unknown metric 'recoverable_rate'",
        ),
        ("format: {no_regression: {metrics: [], alpha: 0.01, reason: r}}", "metrics"),
        (
            "format: {no_regression: {metrics: [schema_valid_rate], alpha: 0.05, "
            "warn_alpha: 0.01, reason: r}}",
            "warn_alpha: wants at least alpha",
        ),
        ("models: {smal: {format: {}}}", "unknown model 'smal'.*Did you mean 'small'"),
        ("format: 3", "wants gates by name"),
        ("- a", "wants tasks"),
        ("format: {}\nformat: {}", "duplicate key"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load_gates(write(tmp_path, text), models=["small"])
    assert str(tmp_path) in str(caught.value)


def test_all_mistakes_of_a_file_are_named_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, "fromat: {}\nformat: {x_min: {}}\nmodels: {smal: {}}")
    with pytest.raises(InputError) as caught:
        load_gates(path, models=["small"])
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("gate", "value", "status"),
    [
        ("format_success_rate_min", 0.75, "PASS"),
        ("format_success_rate_min", 0.76, "FAIL"),
        ("format_success_rate_max", 0.75, "PASS"),
        ("format_success_rate_max", 0.74, "FAIL"),
    ],
)
def test_a_threshold_holds_at_its_own_value(gate: str, value: float, status: str) -> None:
    gates = make_gates(**{gate: Threshold(value=value, reason="r")})
    found = decide(gates, [make_result("a", False), *map(make_result, "bcd")])
    assert found.status == status
    assert found.fails is (status == "FAIL")
    assert found.sentence.startswith("0.750 (3/4, 95% 0.301-0.954)")


def test_a_case_without_a_verdict_fails_a_threshold_and_is_said() -> None:
    gates = make_gates(format_success_rate_min=Threshold(value=0.9, reason="r"))
    found = decide(gates, [make_result("a"), make_result("b", None)])
    assert found.status == "FAIL"
    assert "1 without a verdict count as failures" in found.sentence


def test_a_metric_that_no_score_has_fails_its_gate() -> None:
    gates = make_gates(schema_valid_rate_max=Threshold(value=1, reason="r"))
    found = decide(gates, [make_result("a")])
    assert (found.status, found.sentence) == ("FAIL", "no output has a score of schema_valid_rate")


def test_an_empty_selection_fails() -> None:
    gates = make_gates(format_success_rate_min=Threshold(value=0, reason="r"))
    found = decide(gates, [])
    assert found.status == "FAIL"
    assert "no case was selected" in found.sentence


def test_a_selected_case_without_any_result_is_one_without_a_verdict() -> None:
    gates = make_gates(format_success_rate_min=Threshold(value=0.3, reason="r"))
    run = make_run(make_result("a"), make_result("b", None), make_result("c"))
    run = replace(run, results=run.results[:2])  # as where a recording lost a line
    found = decide_gates(run, {}, gates, GateOptions(require=True))
    assert [(each.name, each.status, each.fails) for each in found] == [
        ("verdicts", "FAIL", True),
        ("format_success_rate_min", "PASS", False),
    ]
    assert found[0].sentence == "2 of 3 selected cases without a verdict: b, c"


@pytest.mark.parametrize("required", [False, True])
def test_a_narrowed_run_skips_with_the_count_and_fails_only_when_gates_are_required(
    required: bool,
) -> None:
    gates = make_gates(format_success_rate_min=Threshold(value=1, reason="r"))
    run = make_run(make_result("a", False), known=200)
    (found,) = decide_gates(run, {}, gates, GateOptions(require=required))
    assert found.status == "SKIPPED"
    assert "1 of 200 cases" in found.sentence
    assert found.fails is required


@pytest.mark.parametrize(
    ("broke", "fixed", "status", "p"),
    [
        (0, 0, "PASS", "p = 1"),
        (4, 0, "PASS", "p = 0.062"),
        (5, 0, "WARN", "p = 0.031"),
        (6, 0, "WARN", "p = 0.016"),
        (7, 0, "FAIL", "p = 0.0078"),
        (7, 1, "WARN", "p = 0.035"),
        (11, 1, "FAIL", "p = 0.0032"),
        (0, 20, "PASS", "p = 1"),
    ],
)
def test_no_regression_is_the_exact_test_on_the_flips(
    broke: int, fixed: int, status: str, p: str
) -> None:
    found = decide(REGRESSION, make_results(broke, fixed), BASELINE)
    assert found.status == status
    assert found.sentence.startswith(f"{broke} broke, {fixed} fixed of 60 ({p}")
    drop = "19.2" if broke and fixed else "14.7"  # one flip each way is chance
    assert found.sentence.endswith(f"this suite can see drops of {drop} points or more (power 80%)")


def test_a_regression_is_said_in_one_sentence() -> None:
    found = decide(REGRESSION, make_results(7, 1), BASELINE)
    assert found.sentence == (
        "7 broke, 1 fixed of 60 (p = 0.035 ≤ 0.05), format_success_rate 0.667 → 0.567: "
        "b00, b01, b02, b03, b04, b05, b06; "
        "this suite can see drops of 19.2 points or more (power 80%)"
    )


def test_a_regression_names_the_broken_cases() -> None:
    found = decide(REGRESSION, make_results(12, 0), BASELINE)
    assert ": b00, b01, b02, b03, b04, b05, b06, b07, b08, b09 and 2 more;" in found.sentence


def test_the_worst_metric_decides() -> None:
    rule = NoRegression(
        metrics=("format_success_rate", "duplicate_json_objects_rate"), alpha=0.01, reason="r"
    )
    results = [make_result(f"s{i:02d}", duplicate_json_objects_rate=1) for i in range(20)]
    baseline = make_baseline({f"s{i:02d}": True for i in range(20)})
    found = decide(make_gates(no_regression=rule), results, baseline)
    assert found.status == "FAIL"
    assert "0 broke, 0 fixed of 20 (p = 1), format_success_rate 1.000 → 1.000" in found.sentence
    assert "duplicate_json_objects_rate 0.000 → 1.000" in found.sentence


def test_without_a_baseline_nothing_is_concluded() -> None:
    found = decide(REGRESSION, [make_result("a", False)])
    assert (found.status, found.fails) == ("INCONCLUSIVE", False)
    assert "pytest --snapshot-update" in found.sentence
    assert decide(REGRESSION, [make_result("a", False)], require=True).fails


def test_other_conditions_are_inconclusive_and_named() -> None:
    conditions = {**CONDITIONS, "dtype": "bfloat16", "decoding": {"max_new_tokens": 64}}
    run = make_run(make_result("a", False), record=replace(RECORD, conditions=conditions))
    baselines = {("toy", "format"): make_baseline({"a": True})}
    (found,) = decide_gates(run, baselines, REGRESSION)
    assert found.status == "INCONCLUSIVE"
    assert "decoding.max_new_tokens, dtype" in found.sentence


def test_when_every_case_changed_nothing_is_concluded() -> None:
    found = decide(REGRESSION, [make_result("a", False, case_hash="x")], make_baseline({"a": True}))
    assert found.status == "INCONCLUSIVE"


def test_a_case_that_is_gone_fails_until_that_is_accepted() -> None:
    baseline = make_baseline({"a": True, "gone": True})
    found = decide(REGRESSION, [make_result("a")], baseline)
    assert found.status == "FAIL"
    assert "gone" in found.sentence
    assert "--accept-removed" in found.sentence
    assert decide(REGRESSION, [make_result("a")], baseline, accept_removed=True).status == "PASS"


def test_a_regression_that_is_being_accepted_is_a_warning() -> None:
    found = decide(REGRESSION, make_results(20, 0), BASELINE, accepting=True)
    assert (found.status, found.fails) == ("WARN", False)
    assert "accepted by this run" in found.sentence


def test_rows_from_outside_have_thresholds_and_no_baseline() -> None:
    gates = Gates(
        Path("gates.yaml"),
        {
            "format": {
                "format_success_rate_min": Threshold(value=0.5, reason="r"),
                "no_regression": REGRESSION.tasks["format"]["no_regression"],
            }
        },
        {},
    )
    run = make_run(make_result("a"))
    outside = replace(run.selections[0], is_suite=False, case_file="rows.jsonl")
    found = decide_gates(replace(run, selections=(outside,)), {}, gates)
    assert [gate.status for gate in found] == ["PASS", "SKIPPED"]
