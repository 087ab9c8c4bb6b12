"""Scoring the extraction task: fields, types, differences, and what no score may do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from suite.case import Case
from suite.extraction_score import score_extraction
from suite.generation import Generation
from suite.score import Score
from suite.tasks import TASKS, paired_metrics
from tests.run_records import PROPERTY

EXPECTED = {"item": "lamp", "count": 2, "price": 19.5, "paid": False, "note": None}
SCHEMA = {
    "type": "object",
    "properties": {
        "item": {"type": "string"},
        "count": {"type": "integer"},
        "price": {"type": "number"},
        "paid": {"type": "boolean"},
        "note": {"type": ["string", "null"]},
    },
    "required": ["item", "count"],
    "additionalProperties": False,
}


def make_case(expected: Any = None, *, schema: Any = None, **fields: Any) -> Case:
    return Case(
        task="extraction",
        id="c",
        messages=({"role": "user", "content": "x"},),
        schema=SCHEMA if schema is None and expected is None else schema,
        expected=EXPECTED if expected is None else expected,
        **fields,
    )


def score(text: str, case: Case | None = None) -> Score:
    return score_extraction(case or make_case(), Generation(text, "stop"))


def answer(**changes: Any) -> str:
    return json.dumps({**EXPECTED, **changes})


def test_the_expected_object_is_right_in_everything() -> None:
    found = score(answer())
    assert (found.passed, found.value, found.reason, found.detail) == (True, 1.0, None, "")
    assert found.metrics == {"schema_valid_rate": 1, "exact_match_rate": 1}
    assert found.counts == {"field_accuracy": (5, 5), "type_correctness": (5, 5)}


def test_the_metrics_of_a_score_are_those_of_the_task() -> None:
    found = score("x")
    assert list(found.metrics) == list(paired_metrics("extraction"))
    assert list(found.counts) == list(TASKS["extraction"].counted)
    assert [*found.metrics, *found.counts] == list(TASKS["extraction"].metrics)


def test_a_wrong_field_is_told_by_its_json_pointer() -> None:
    found = score(answer(item="lamps", price=20))
    assert (found.passed, found.value, found.reason) == (False, 0.6, "wrong_field")
    assert found.detail == '/item: expected "lamp", got "lamps"; /price: expected 19.5, got 20'
    assert found.metrics == {"schema_valid_rate": 1, "exact_match_rate": 0}
    assert found.counts == {"field_accuracy": (3, 5), "type_correctness": (5, 5)}


def test_a_broken_schema_keeps_its_reason_and_the_differences() -> None:
    found = score(answer(count="2"))
    assert found.reason is not None
    assert found.reason.startswith("schema:")
    assert found.detail.endswith('; /count: expected 2, got "2"')
    assert found.counts == {"field_accuracy": (4, 5), "type_correctness": (4, 5)}
    assert found.value == 4 / 6


def test_a_missing_field_is_wrong_and_has_no_type() -> None:
    less = {name: value for name, value in EXPECTED.items() if name != "note"}
    found = score(json.dumps(less))
    assert (found.reason, found.detail) == ("wrong_field", "/note: expected null, got (absent)")
    assert found.counts == {"field_accuracy": (4, 5), "type_correctness": (4, 4)}


def test_a_field_that_nobody_asked_for_is_no_exact_match_though_the_schema_allows_it() -> None:
    case = make_case({"a": 1}, schema={"type": "object"})
    found = score('{"a": 1, "b~/c": [2]}', case)
    assert (found.passed, found.reason, found.value) == (False, "unexpected_field", 0.5)
    assert found.detail == "/b~0~1c: not expected, got [2]"
    assert found.metrics == {"schema_valid_rate": 1, "exact_match_rate": 0}
    assert found.counts["field_accuracy"] == (1, 1)


def test_a_difference_inside_of_a_field_is_told_where_it_is() -> None:
    expected = {"who": {"name": "Ada", "born": 1815}, "rows": [{"n": 1}, {"n": 2}], "tags": ["a"]}
    got = {"who": {"name": "Ada", "age": 36}, "rows": [{"n": 1}, {"n": True}], "tags": ["a", "b"]}
    found = score(json.dumps(got), make_case(expected, schema=True))
    assert found.detail.split("; ") == [
        "/who/born: expected 1815, got (absent)",
        "/who/age: not expected, got 36",
        "/rows/1/n: expected 2, got true",
        '/tags: expected ["a"], got ["a", "b"]',
    ]


def test_a_field_that_counts_as_equal_is_no_difference_however_it_is_spelt() -> None:
    case = make_case(
        {"a": "Ada", "b": ["x", "y"]}, schema=True, compare={"a": "casefold", "b": "set"}
    )
    assert score('{"a": "ADA", "b": ["y", "x"]}', case).passed
    found = score('{"a": "Bob", "b": ["y"]}', case)
    assert found.detail == (
        '/a: expected "Ada", got "Bob" (compared as casefold); '
        '/b: expected ["x", "y"], got ["y"] (compared as set)'
    )


def test_a_long_wrong_value_is_cut_in_the_message() -> None:
    found = score(answer(item="y" * 5000))
    assert len(found.detail) < 250
    assert "more characters" in found.detail


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("   \n", "empty"),
        ("null", "wrong_top_level_type"),
        ("[]", "wrong_top_level_type"),
        ("I cannot do that.", "no_json"),
        (f"I am sorry, I cannot. {answer()}", "extra_text"),
        (f"```json\n{answer()}\n```", "code_fence"),
        (answer() + answer(), "multiple_values"),
        ('{"item": "lamp", "item": "lamp"}', "duplicate_key"),
        (answer()[:-1], "truncated"),
    ],
)
def test_what_is_no_single_json_object_has_no_field_right(text: str, reason: str) -> None:
    found = score(text)
    assert (found.passed, found.value, found.reason) == (False, 0.0, reason)
    assert found.metrics == {"schema_valid_rate": 0, "exact_match_rate": 0}
    assert found.counts == {"field_accuracy": (0, 5), "type_correctness": (0, 5)}


def test_an_object_with_none_of_the_fields_gains_nothing_by_it() -> None:
    found = score("{}", make_case(EXPECTED, schema=True))
    assert found.counts == {"field_accuracy": (0, 5), "type_correctness": (0, 5)}


@pytest.mark.parametrize(
    ("compare", "got", "expected", "right", "typed"),
    [
        # numbers: one type by value, never a boolean, never a string unless declared
        ("exact", "-0", 0, True, True),
        ("exact", "-0.0", 0, True, True),
        ("exact", "1.0", 1, True, True),
        ("exact", "1e0", 1, True, True),
        ("exact", "true", 1, False, False),
        ("exact", "1", True, False, False),
        ("exact", '"1"', 1, False, False),
        ("exact", "9007199254740993", 9007199254740992, False, True),
        ("exact", '"1,200"', 1200, False, False),
        ("number", '"1,200"', 1200, True, False),
        ("number", '"1,200,000.50"', 1200000.5, True, False),
        ("number", '"-0"', 0, True, False),
        ("number", '"9007199254740993"', 9007199254740993, True, False),
        ("number", '"9007199254740993"', 9007199254740992, False, False),
        ("number", "true", 1, False, False),
        # a comma is not always what parts thousands
        ("number", '"1,5"', 15, False, False),
        ("number", '"1.200,50"', 1.2005, False, False),
        ("number", '"1.200"', 1200, False, False),
        ("number", '"12,00"', 1200, False, False),
        ("number", '"1 200"', 1200, False, False),
        ("number", '"1e999"', 1e300, False, False),
        # dates: a calendar day, however it is written where only one reading is possible
        ("exact", '"2 July 2025"', "2025-07-02", False, True),
        ("date", '"2 July 2025"', "2025-07-02", True, True),
        ("date", '"Jul 2, 2025"', "2025-07-02", True, True),
        ("date", '"2025-07-02T23:30:00+02:00"', "2025-07-02", True, True),
        ("date", '"02/07/2025"', "2025-07-02", False, True),
        ("date", '"2025-07-32"', "2025-07-02", False, True),
        ("date", "null", "2025-07-02", False, False),
        # the same letters in another Unicode composition or case
        ("exact", '"Zoe\u0301"', "Zo\u00e9", False, True),
        ("casefold", '"ZOE\u0301"', "Zo\u00e9", True, True),
        ("casefold", '"\ufb01n"', "fin", True, True),
        ("exact", '" Ada"', "Ada", False, True),
        ("casefold", '"Ada\u00a0"', "Ada", False, True),
        # nothing is not null, null is not ""
        ("exact", '""', None, False, False),
        ("exact", "null", "", False, False),
        ("exact", "null", None, True, True),
        ("exact", '"null"', None, False, False),
        ("exact", "[]", None, False, False),
        ("set", "[]", [], True, True),
        ("set", "[1, 1.0]", [1], False, True),
    ],
)
def test_hard_values(compare: Any, got: str, expected: Any, right: bool, typed: bool) -> None:
    case = make_case({"f": expected}, schema=True, compare={"f": compare})
    found = score(f'{{"f": {got}}}', case)
    assert found.passed is right
    assert found.counts == {"field_accuracy": (right, 1), "type_correctness": (typed, 1)}


# ----------------------------------------------------------------------------- properties

_NAMES = st.text(st.characters(codec="utf-8"), max_size=6)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=5,
)
_OBJECTS = st.dictionaries(_NAMES, _VALUES, min_size=1, max_size=5)
_SCHEMAS = st.sampled_from(
    [True, {"type": "object"}, {"minProperties": 3}, {"propertyNames": {"maxLength": 3}}]
)
_WRONG = "\x00 not what anybody expects"


def shares(found: Score) -> list[float]:
    rates = [count.right / count.of for count in found.counts.values()]
    return [found.value, float(found.passed), *map(float, found.metrics.values()), *rates]


@PROPERTY
@given(_OBJECTS, st.sampled_from(["exact", "casefold", "number", "date", "set"]))
def test_the_expected_object_always_scores_full(expected: dict[str, Any], compare: Any) -> None:
    case = make_case(expected, schema=True, compare=dict.fromkeys(expected, compare))
    found = score(json.dumps(expected), case)
    assert found.passed, found.detail
    assert set(shares(found)) == {1.0}


@PROPERTY
@given(_OBJECTS, st.data())
def test_the_order_of_keys_does_not_matter(expected: dict[str, Any], data: st.DataObject) -> None:
    names = data.draw(st.permutations(list(expected)))
    case = make_case(expected, schema=True)
    assert score(json.dumps({name: expected[name] for name in names}), case).passed


@PROPERTY
@given(_OBJECTS, st.text(max_size=40) | _VALUES.map(json.dumps), _SCHEMAS)
def test_every_share_is_between_0_and_1(expected: dict[str, Any], text: str, schema: Any) -> None:
    found = score(text, make_case(expected, schema=schema))
    assert all(0 <= share <= 1 for share in shares(found))
    assert (found.value == 1) is found.passed


@PROPERTY
@given(_OBJECTS, st.data(), _SCHEMAS)
def test_making_one_more_field_wrong_never_raises_a_score(
    expected: dict[str, Any], data: st.DataObject, schema: Any
) -> None:
    case = make_case(expected, schema=schema)
    names = data.draw(st.permutations(list(expected)))
    wrong = data.draw(st.integers(0, len(names) - 1))
    document = dict(expected)
    for name in names[:wrong]:
        _spoil(document, name, data)
    before = score(json.dumps(document), case)
    if before.reason and before.reason.startswith("schema:"):
        assume(schema is True)  # a broken schema may be mended by leaving out what breaks it
    _spoil(document, names[wrong], data)
    after = score(json.dumps(document), case)
    assert not after.passed
    # `type_correctness` is over the fields that are there: one that was right goes from both sides
    pairs = zip(shares(after), shares(before), strict=True)
    assert all(now <= then for now, then in pairs), (before, after)


@PROPERTY
@given(_OBJECTS, st.data())
def test_the_value_never_rises_even_where_a_schema_is_mended(
    expected: dict[str, Any], data: st.DataObject
) -> None:
    schema = {"maxProperties": len(expected) - 1}  # met by whoever leaves a field out
    document = dict(expected)
    before = score(json.dumps(document), make_case(expected, schema=schema)).value
    for name in data.draw(st.permutations(list(expected))):
        _spoil(document, name, data)
        after = score(json.dumps(document), make_case(expected, schema=schema)).value
        assert after <= before
        before = after


def _spoil(document: dict[str, Any], name: str, data: st.DataObject) -> None:
    """Make a right field wrong: another value, another type, or not there."""
    way = data.draw(st.sampled_from(["value", "type", "gone"]))
    if way == "gone":
        del document[name]
    elif way == "type" or isinstance(document[name], str):
        document[name] = _WRONG if isinstance(document[name], str) else [_WRONG]
    else:
        document[name] = _WRONG
