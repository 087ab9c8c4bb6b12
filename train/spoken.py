"""One value as JSON and as a text says it, and numbers in words.

How values are drawn is `train/spoken_values.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_TYPES: dict[type, str] = {str: "string", bool: "boolean", int: "integer", float: "number"}
_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A JSON value and how a text says it."""

    json: Any
    text: str
    type: str
    """JSON Schema type word."""
    hint: str = ""
    """What a request has to say, else nobody could know this JSON: `YYYY-MM-DD`."""
    note: str = ""
    """What a request may say of it: `in kg`."""
    parts: Mapping[str, Any] = field(default_factory=dict)
    """What can be asked for on its own: the last name of a person, the currency of an amount."""
    rank: float = 0.0
    """Order among values of its kind, for questions that compare."""


def spell(number: int) -> str:
    """A whole number below 100 in words."""
    if number < len(_SMALL):
        return _SMALL[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens - 2] + (f"-{_SMALL[ones]}" if ones else "")


def plain(value: Any, text: str | None = None, **more: Any) -> Spoken:
    """A value that is said as it is written, or as `text`."""
    rank = float(value) if isinstance(value, int | float) else 0.0
    shown = str(value) if text is None else text
    return Spoken(value, shown, _TYPES[type(value)], **({"rank": rank} | more))
