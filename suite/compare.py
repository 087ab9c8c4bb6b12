"""Compares JSON values the way JSON means them: `true` is not 1, absent is not null.

Whether a text is JSON at all is judged by `suite.strict_json`, before this.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite
from typing import Any, Final, Literal

Comparison = Literal["exact", "casefold", "number", "date", "set"]


class _Absent:
    """The type of `ABSENT`."""

    def __repr__(self) -> str:
        return "(absent)"


ABSENT: Final = _Absent()
"""What a key that is not there has for a value; equal to no JSON value, `null` included."""

_SPELT_NUMBER = re.compile(
    r"[+-]?(([0-9]{1,3}(,[0-9]{3}){1,999}|[0-9]{1,3999})(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
)
"""Commas part thousands: `1,5` and `1.200,50` have them elsewhere and are other numbers there."""
_WRITTEN_DATES = ("%d %B %Y", "%B %d, %Y", "%d %b %Y", "%b %d, %Y")


@dataclass(frozen=True, slots=True)
class FieldScore:
    """How many of the expected fields a document has right."""

    right: int
    expected: int
    wrong: tuple[str, ...] = ()
    """For people: `/name: expected 'Ada', got (absent)`. Holds text of the document: untrusted."""


def same_json(left: Any, right: Any) -> bool:
    """Tell whether two JSON values are the same, whatever Python thinks of their types.

    Numbers are compared by value, so `1`, `1.0` and `1e0` are one number (RFC 8259 has a single
    number type), but a boolean is never a number. The order of keys does not matter.
    """
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_json(left[k], right[k]) for k in left)
    return left is None and right is None


def same_value(got: Any, expected: Any, comparison: Comparison = "exact") -> bool:
    """Compare one field in the way its case asks for.

    Args:
        got: The value of the document, or `ABSENT`.
        expected: The value of the case.
        comparison: `exact`: the same JSON value. `casefold`: strings, in any case and any Unicode
            composition. `number`: a number or a string that spells one (`"1,200.50"`). `date`: the
            same calendar day, ISO 8601 or written out in English. `set`: lists in any order, each
            element as often. What cannot be read in the asked way is compared exactly.
    """
    return _COMPARISONS[comparison](got, expected)


def compare_fields(
    document: Any, expected: Mapping[str, Any], compare: Mapping[str, Comparison]
) -> FieldScore:
    """Count the fields of `expected` that a document has right; further fields do not count.

    Args:
        document: A value from `parse_strict`; anything but an object has no field right.
        expected: The answer of the case, by top-level key.
        compare: How to compare a field, `exact` where it has no entry.
    """
    fields = document if isinstance(document, dict) else {}
    wrong = [
        f"/{name}: expected {want!r}, got {fields.get(name, ABSENT)!r}"
        for name, want in expected.items()
        if not same_value(fields.get(name, ABSENT), want, compare.get(name, "exact"))
    ]
    return FieldScore(len(expected) - len(wrong), len(expected), tuple(wrong))


def _same_folded(got: Any, expected: Any) -> bool:
    if isinstance(got, str) and isinstance(expected, str):
        return _fold(got) == _fold(expected)
    if isinstance(got, list) and isinstance(expected, list):
        return len(got) == len(expected) and all(map(_same_folded, got, expected))
    return same_json(got, expected)


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _same_number(got: Any, expected: Any) -> bool:
    left, right = _number(got), _number(expected)
    if left is None or right is None:
        return same_json(got, expected)
    return left == right


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and _SPELT_NUMBER.fullmatch(value):
        digits = value.replace(",", "")
        if digits.lstrip("+-").isdecimal():
            return int(digits)  # a float cannot tell 2**53 + 1 from 2**53
        number = float(digits)
        return number if isfinite(number) else None  # "1e999" is not the same as "1e9999"
    return None


def _same_date(got: Any, expected: Any) -> bool:
    left, right = _date(got), _date(expected)
    if left is None or right is None:
        return same_json(got, expected)
    return left == right


def _date(value: Any) -> date | None:
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value).date()
    except ValueError:
        pass
    for form in _WRITTEN_DATES:
        try:
            return datetime.strptime(value, form).date()
        except ValueError:
            continue
    return None


def _same_set(got: Any, expected: Any) -> bool:
    if not isinstance(got, list) or not isinstance(expected, list):
        return same_json(got, expected)
    left = list(expected)
    for element in got:
        found = next((i for i, other in enumerate(left) if same_json(element, other)), None)
        if found is None:
            return False
        del left[found]
    return not left


_COMPARISONS: dict[Comparison, Callable[[Any, Any], bool]] = {
    "exact": same_json,
    "casefold": _same_folded,
    "number": _same_number,
    "date": _same_date,
    "set": _same_set,
}
