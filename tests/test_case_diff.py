"""How a case was changed, and which changes are seen to make it easier."""

from __future__ import annotations

from typing import Any

import pytest

from suite.case import Case, Message
from suite.case_diff import diff_cases


def case(**fields: Any) -> Case:
    prompt = fields.pop("prompt", "Say it.")
    return Case(task="format", id="a", messages=(Message(role="user", content=prompt),), **fields)


@pytest.mark.parametrize(
    ("then", "now", "sentence"),
    [
        ({"schema": {"required": ["n", "m"]}}, {"schema": {"required": ["n"]}},
         'schema/required: ["n", "m"] → ["n"]'),
        ({"schema": {"required": ["n"]}}, {"schema": {}}, 'schema/required: ["n"] → nothing'),
        ({"schema": {"type": "object"}}, {"schema": True}, 'schema: {"type": "object"} → true'),
        ({"schema": {"enum": [1]}}, {"schema": {"enum": [1, 2]}}, "schema/enum: [1] → [1, 2]"),
        ({"schema": {"minLength": 2}}, {"schema": {"minLength": 1}}, "schema/minLength: 2 → 1"),
        ({"schema": {"maximum": 2}}, {"schema": {"maximum": 3}}, "schema/maximum: 2 → 3"),
        ({"schema": {"additionalProperties": False}}, {"schema": {"additionalProperties": True}},
         "schema/additionalProperties: false → true"),
        ({"schema": {"properties": {"n": {"type": "integer"}}}},
         {"schema": {"properties": {"n": {"type": "number"}}}},
         'schema/properties/n/type: "integer" → "number"'),
        ({"schema": {"uniqueItems": True}}, {"schema": {"uniqueItems": False}},
         "schema/uniqueItems: true → false"),
        ({"schema": {"allOf": [{"minLength": 2}, {"maxLength": 3}]}},
         {"schema": {"allOf": [{"minLength": 2}]}},
         'schema/allOf: [{"minLength": 2}, {"maxLength": 3}] → [{"minLength": 2}]'),
        ({"schema": {"dependentRequired": {"n": ["a", "b"]}}},
         {"schema": {"dependentRequired": {"n": ["a"]}}},
         'schema/dependentRequired/n: ["a", "b"] → ["a"]'),
        ({"schema": {"properties": {"uniqueItems": {"type": "string"}}}},
         {"schema": {"properties": {}}},
         'schema/properties/uniqueItems: {"type": "string"} → nothing'),
        ({}, {"top_level": "any"}, 'top_level: "object" → "any"'),
        ({"expected": {"n": 1, "m": 1}}, {"expected": {"n": 1}}, "expected/m: 1 → nothing"),
        ({"expected": {"n": 1}}, {"expected": {"n": 1}, "compare": {"n": "casefold"}},
         'compare/n: nothing → "casefold"'),
    ],
)  # fmt: skip
def test_what_lets_more_pass_is_looser_and_its_reverse_is_not(
    then: dict[str, Any], now: dict[str, Any], sentence: str
) -> None:
    found = diff_cases(case(**then), case(**now))
    assert (found.sentence, found.looser, found.same_question) == (sentence, True, True)
    assert not diff_cases(case(**now), case(**then)).looser


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ({"schema": {"pattern": "a"}}, {"schema": {"pattern": "b"}}),
        ({"expected": {"n": 1}}, {"expected": {"n": True}}),  # equal in Python
        ({"schema": {"required": ["n"]}}, {"schema": {"required": ["m"]}}),
    ],
)
def test_what_cannot_be_read_so_is_a_change(then: dict[str, Any], now: dict[str, Any]) -> None:
    found = diff_cases(case(**then), case(**now))
    assert found.sentence
    assert not found.looser


def test_another_prompt_is_another_question() -> None:
    found = diff_cases(case(), case(prompt="Say more."))
    assert (found.sentence, found.same_question) == ("prompt changed", False)


def test_many_differences_are_counted_and_long_values_cut() -> None:
    schema = {"properties": {f"p{i}": {"const": "x" * 200} for i in range(5)}}
    found = diff_cases(case(schema=schema), case(schema={"properties": {}}))
    assert found.sentence.endswith("2 more in schema")
    assert len(found.sentence) < 400


def test_what_judging_does_not_depend_on_is_no_difference() -> None:
    assert diff_cases(case(tags=("x",)), case(tags=("y",))).sentence == ""


def test_another_cluster_is_told_though_no_hash_covers_it() -> None:
    found = diff_cases(case(), case(cluster="k"))
    assert (found.sentence, found.looser) == ("cluster none → k", True)
    assert not diff_cases(case(cluster="k"), case()).looser
