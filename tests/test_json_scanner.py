"""Where the scanner sees values, broken values and brackets in prose."""

from __future__ import annotations

import pytest

from suite.json_scanner import scan


def test_regions_are_in_order_with_their_offsets() -> None:
    found = scan('a {"x": [1]} b [2]')
    assert [(region.opener, region.start, region.end) for region in found.regions] == [
        ("{", 2, 12),
        ("[", 15, 18),
    ]
    assert (found.objects, found.arrays) == (1, 1)


@pytest.mark.parametrize(
    ("text", "objects", "arrays"),
    [
        ("", 0, 0),
        ("no brackets", 0, 0),
        ('{"a":{"b":{}}}', 1, 0),
        ('[{"a":1},{"a":2}]', 0, 1),
        ('{"a":"{}[]"}', 1, 0),
        ('{"a":"\\"{}"}{}', 2, 0),
        ('{"a":1,"a":2} {"a":NaN}', 2, 0),
        ("[" * 1000 + "]" * 1000 + "{}", 1, 1),
        # what is inside a broken value is not at top level, what follows it is
        ('{"a":1,} {"b":2}', 1, 0),
        ('{b: 1, "c": [1], "d": {}}', 0, 0),
        ('[x, {"a":1}, {"a":2}] {"a":3}', 1, 0),
        ('{"a": {"b": 1', 0, 0),
        ('{"a": "it is "quoted" {}", "b": 1} {}', 1, 0),
        # a stray quote ends with its line, a fence ends every value
        ('{"a": x "\n} {}', 1, 0),
        ('{"a": [1,\n```\n{}', 1, 0),
        # brackets of prose hide nothing
        ('use {name} or {other: {"a":1}', 0, 0),
        ('use {name or {"a":1}', 1, 0),
        ('a [link](x) and [see {"a":1}', 1, 0),
        ("a :-[ and {}", 1, 0),
    ],
)
def test_counts_are_of_whole_top_level_values(text: str, objects: int, arrays: int) -> None:
    found = scan(text)
    assert (found.objects, found.arrays) == (objects, arrays)


@pytest.mark.parametrize(
    ("text", "attempt"),
    [
        ('x {"a":', True),
        ("x { 'a'", True),
        ("x {a:1", True),
        ("x {// c", True),
        ('x [{"a"', True),
        ('x [["a"', True),
        ("x [1, ", True),
        ("x [true, ", True),
        ("x {name}", False),
        ("x {", False),
        ("x [12:30]", False),
        ("x [see", False),
        ("x [[Page]]", False),
    ],
)
def test_a_bracket_in_prose_is_told_from_a_broken_value(text: str, attempt: bool) -> None:
    assert scan(text).regions[0].attempt == attempt


def test_tolerated_faults_are_recorded_at_their_place() -> None:
    found = scan('{"a":1,"\\u0061":[NaN,1e999]} ["\\udc00"]')
    assert found.duplicate_key is not None
    assert found.duplicate_key.position == 7
    assert found.non_finite is not None
    assert found.non_finite.position == 17
    assert found.lone_surrogate is not None
    assert found.lone_surrogate.position == 31
    assert found.resource is None


def test_equal_keys_of_two_objects_are_no_duplicates() -> None:
    assert scan('[{"a":1},{"a":{"a":2}}] {"a":3}').duplicate_key is None


@pytest.mark.parametrize(
    ("text", "kind", "position"),
    [
        ('{"a":1 "b":2}', "missing_comma_or_close", 7),
        ('{"a":[1,2}', "missing_comma_or_close", 9),
        ("[1,\n 2,\n]", "trailing_comma", 8),
        ('{"a" "b"}', "missing_colon", 5),
        ('["\\u12', "truncated", 6),
        ('["\\u12"]', "invalid_escape", 2),
        ("[nulls]", "invalid_literal", 1),
        ("[nul", "truncated", 4),
        ("[1.", "truncated", 3),
        ("[1.]", "invalid_number", 1),
        ("[01", "invalid_number", 1),
        ("[1 /", "missing_comma_or_close", 3),
        ("[1 /*", "comment", 3),
    ],
)
def test_fault_is_the_first_error_of_the_region(text: str, kind: str, position: int) -> None:
    fault = scan(text).regions[0].fault
    assert fault is not None
    assert (fault.kind, fault.position) == (kind, position)


def test_detail_names_invisible_characters_in_ascii() -> None:
    fault = scan("[1,\u00a02]").regions[0].fault
    assert fault is not None
    assert fault.detail == "U+00A0 (NO-BREAK SPACE) is not JSON whitespace"
