"""What holds for every comparison whatever a model answers, and values hard to compare."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.compare import ABSENT, Comparison, compare_fields, same_json, same_value
from tests.run_records import PROPERTY

COMPARISONS = st.sampled_from(get_args(Comparison))
_TEXTS = st.text(max_size=8) | st.sampled_from(
    ["1", "1,000", "-0", "2025-07-02", "2 July 2025", "Straße", "STRASSE", "e\u0301", "é", ""]
)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXTS
)
VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=6,
)


def kind(value: Any) -> str:
    """Return the JSON type of a value."""
    if isinstance(value, bool):
        return "boolean"
    kinds = {int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return kinds.get(type(value), "null")


def shuffled(value: Any, data: st.DataObject) -> Any:
    """Return the value with the keys of all its objects, inner ones too, in another order."""
    if isinstance(value, dict):
        names = data.draw(st.permutations(list(value)))
        return {name: shuffled(value[name], data) for name in names}
    return [shuffled(each, data) for each in value] if isinstance(value, list) else value


@PROPERTY
@given(VALUES, COMPARISONS, st.data())
def test_the_order_of_keys_matters_nowhere(
    value: Any, comparison: Comparison, data: st.DataObject
) -> None:
    other = shuffled(value, data)
    assert same_json(other, value)
    assert same_value(other, value, comparison)


@PROPERTY
@given(VALUES, VALUES)
def test_values_of_different_types_are_never_the_same(left: Any, right: Any) -> None:
    if kind(left) != kind(right):
        assert not same_json(left, right)
        assert not same_json([{"a": left}], [{"a": right}])


@PROPERTY
@given(st.booleans(), st.integers() | st.floats() | _TEXTS | st.none(), COMPARISONS)
def test_a_boolean_is_nothing_else_however_it_is_compared(
    left: bool, right: Any, comparison: Comparison
) -> None:
    assert not same_value(left, right, comparison)
    assert not same_value(right, left, comparison)


@PROPERTY
@given(VALUES, VALUES, COMPARISONS)
def test_every_comparison_is_symmetric_and_takes_what_is_exactly_the_same(
    left: Any, right: Any, comparison: Comparison
) -> None:
    assert same_value(left, right, comparison) is same_value(right, left, comparison)
    assert same_value(json.loads(json.dumps(left)), left, comparison)
    assert same_value(left, right, comparison) or not same_json(left, right)


@PROPERTY
@given(VALUES, COMPARISONS)
def test_what_is_absent_is_no_value(value: Any, comparison: Comparison) -> None:
    assert not same_value(ABSENT, value, comparison)


@PROPERTY
@given(st.lists(VALUES, max_size=5), st.data())
def test_a_set_has_no_order_but_counts(values: list[Any], data: st.DataObject) -> None:
    assert same_value(data.draw(st.permutations(values)), values, "set")
    assert not same_value([*values, None], values, "set")


@PROPERTY
@given(
    st.dictionaries(_TEXTS, VALUES, min_size=1, max_size=4),
    st.dictionaries(_TEXTS, VALUES, max_size=4),
    st.data(),
)
def test_a_field_more_or_less_moves_no_other(
    expected: dict[str, Any], document: dict[str, Any], data: st.DataObject
) -> None:
    compare = {name: data.draw(COMPARISONS) for name in expected}
    found = compare_fields(document, expected, compare)
    assert 0 <= found.right <= found.expected == len(expected)
    assert len(found.wrong) == found.expected - found.right
    name = data.draw(st.sampled_from(sorted(expected)))
    mended = compare_fields({**document, name: expected[name]}, expected, compare)
    assert mended.right - found.right in (0, 1)
    assert compare_fields({**document, "\x00": 1}, expected, compare).right == found.right


@pytest.mark.parametrize(
    ("comparison", "got", "expected", "same"),
    [
        # digits and signs of other scripts are not JSON's, and not what a reader takes for them
        ("number", "\uff11\uff12", 12, False),
        ("number", "\u0663", 3, False),
        ("number", "\u22125", -5, False),
        ("number", "0x10", 16, False),
        ("number", "Infinity", 1, False),
        ("number", " 12", 12, False),
        ("number", "12\n", 12, False),
        ("number", "0012", 12, True),
        ("number", "1,0000", 10000, False),
        ("number", ",100", 100, False),
        ("number", "-1,000", -1000, True),
        ("number", "-0.0", 0, True),
        ("number", "1e3", 1000, True),
        # numbers at the edge of what a float tells apart
        ("exact", 1e16, 10**16, True),
        ("exact", float(2**53), 2**53 + 1, False),
        ("exact", 0.1 + 0.2, 0.3, False),
        # one calendar day, or no date at all
        ("date", "20250702", "2025-07-02", True),
        ("date", "2025-7-2", "2025-07-02", False),
        ("date", "2nd July 2025", "2025-07-02", False),
        ("date", " 2025-07-02", "2025-07-02", False),
        ("date", "2025-02-29", "2025-03-01", False),
        ("date", "", "2025-02-28", False),
        ("date", "2025-07-02T23:30:00-11:00", "2025-07-02", True),
        # letters: folded and composed, never stripped, never replaced by lookalikes
        ("casefold", "\u03c2", "\u03c3", True),
        ("casefold", "\u212b", "\u00e5", True),
        ("casefold", "\uff46", "f", False),
        ("casefold", "a\u200b", "a", False),
        ("casefold", "\u0430", "a", False),
        ("casefold", "", "", True),
        ("casefold", "", "\u200b", False),
        # folding is for texts and lists of them; what is in an object is compared exactly
        ("casefold", [["A"]], [["a"]], True),
        ("casefold", {"a": "X"}, {"a": "x"}, False),
        ("set", [{"a": 1, "b": 2}], [{"b": 2.0, "a": 1}], True),
        ("set", [[1, 2]], [[2, 1]], False),
        ("set", ["A"], ["a"], False),
    ],
)
def test_values_that_are_hard_to_compare(
    comparison: Comparison, got: Any, expected: Any, same: bool
) -> None:
    assert same_value(got, expected, comparison) is same
    assert same_value(expected, got, comparison) is same
