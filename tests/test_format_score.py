"""Scoring the format task."""

from __future__ import annotations

from typing import Any

import pytest

from suite.case import Case
from suite.format_score import score_format
from suite.generation import Generation
from suite.schema import SchemaError
from suite.tasks import TASKS

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
GOOD = '{"name": "Ada", "age": 36}'


def make_case(**fields: Any) -> Case:
    data = {"task": "format", "id": "a", "messages": [{"role": "user", "content": "?"}]}
    return Case.model_validate({**data, "schema": SCHEMA, **fields})


@pytest.mark.parametrize(
    ("text", "reason", "format_success", "schema_valid", "duplicate", "recoverable"),
    [
        (GOOD, None, 1, 1, 0, 0),
        (f"\n {GOOD}\t", None, 1, 1, 0, 0),
        ("", "empty", 0, 0, 0, 0),
        (f"```json\n{GOOD}\n```", "code_fence", 0, 0, 0, 1),
        (f"Here: {GOOD}", "extra_text", 0, 0, 0, 1),
        (f"{GOOD} Done.", "extra_text", 0, 0, 0, 0),
        (f"Here:\n```json\n{GOOD}\n```", "code_fence", 0, 0, 0, 0),
        ('Here: {"name": "Ada"}', "extra_text", 0, 0, 0, 0),
        ("Here: [1]", "extra_text", 0, 0, 0, 0),
        (f"{GOOD}\n{GOOD}", "multiple_values", 0, 0, 1, 0),
        (f"First {GOOD} then {GOOD}", "extra_text", 0, 0, 1, 0),
        ('{"name": "Ada", "age": 36', "truncated", 0, 0, 0, 0),
        ('{"name": "Ada", "name": "Bo", "age": 3}', "duplicate_key", 0, 0, 0, 0),
        ("[]", "wrong_top_level_type", 0, 0, 0, 0),
        ("true", "wrong_top_level_type", 0, 0, 0, 0),
        ('{"name": "Ada"}', "schema:required", 1, 0, 0, 0),
        ('{"name": "Ada", "age": "36"}', "schema:type", 1, 0, 0, 0),
        ('{"name": "Ada", "age": 36, "x": 1}', "schema:additionalProperties", 1, 0, 0, 0),
    ],
)
def test_each_output_has_one_reason_and_its_metrics(
    text: str,
    reason: str | None,
    format_success: int,
    schema_valid: int,
    duplicate: int,
    recoverable: int,
) -> None:
    score = score_format(make_case(), Generation(text, "stop"))
    assert score.reason == reason
    assert score.metrics == {
        "format_success_rate": format_success,
        "schema_valid_rate": schema_valid,
        "duplicate_json_objects_rate": duplicate,
        "recoverable_rate": recoverable,
    }
    assert score.passed is (reason is None)
    assert score.value == float(reason is None)


def test_every_metric_of_the_task_is_scored() -> None:
    score = score_format(make_case(), Generation("x", "stop"))
    assert list(score.metrics) == list(TASKS["format"].metrics)


def test_a_repeated_answer_counts_also_when_the_output_was_cut_off() -> None:
    score = score_format(make_case(), Generation(f"{GOOD}{GOOD}{GOOD[:9]}", "length"))
    assert score.reason == "incomplete"
    assert score.metrics["duplicate_json_objects_rate"] == 1


def test_a_whole_answer_at_the_token_limit_passes() -> None:
    assert score_format(make_case(), Generation(GOOD, "length")).passed


@pytest.mark.parametrize(
    ("top_level", "text", "reason"),
    [
        ("array", "[1]", None),
        ("array", "{}", "wrong_top_level_type"),
        ("any", "[1]", None),
        ("any", "3", None),
        ("any", "null", None),
    ],
)
def test_the_case_says_which_top_level_type_it_wants(
    top_level: str, text: str, reason: str | None
) -> None:
    case = make_case(schema=True, top_level=top_level)
    assert score_format(case, Generation(text, "stop")).reason == reason


@pytest.mark.parametrize(("top_level", "recoverable"), [("any", 1), ("object", 0)])
def test_a_fenced_scalar_is_recoverable_where_a_scalar_would_pass(
    top_level: str, recoverable: int
) -> None:
    case = make_case(schema=True, top_level=top_level)
    score = score_format(case, Generation('```json\n"x"\n```', "stop"))
    assert (score.reason, score.metrics["recoverable_rate"]) == ("code_fence", recoverable)


def test_a_case_without_a_schema_asks_only_for_strict_json() -> None:
    assert score_format(make_case(schema=None), Generation("{}", "stop")).passed


def test_lost_bytes_are_flagged_beside_the_verdict() -> None:
    score = score_format(make_case(), Generation('{"name": "\ufffd", "age": 1}', "stop"))
    assert score.passed
    assert score.flags == ("replacement_character",)


def test_a_bad_schema_is_the_authors_trouble() -> None:
    with pytest.raises(SchemaError):
        score_format(make_case(schema={"typ": "object"}), Generation(GOOD, "stop"))


def test_the_detail_names_every_violation() -> None:
    score = score_format(make_case(), Generation('{"age": "x"}', "stop"))
    assert "name" in score.detail
    assert "/age" in score.detail
