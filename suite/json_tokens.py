"""Reads one JSON string or number and names its first error; knows nothing of brackets."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

MAX_DEPTH = 250
"""Levels of nesting. Under the 255 at which jsonschema-rs gives up on a document, and far from
what a C stack holds, whatever `sys.setrecursionlimit` says."""
MAX_DIGITS = 4300
"""Digits of one number: CPython's own default, above which `int` refuses (CVE-2020-10735)."""

FaultKind = Literal[
    "truncated",
    "trailing_comma",
    "single_quotes",
    "unquoted_key",
    "comment",
    "missing_comma_or_close",
    "missing_colon",
    "invalid_escape",
    "control_character",
    "invalid_literal",
    "invalid_number",
    "elision",
    "encoding",
    "duplicate_key",
    "non_finite_number",
    "resource_limit",
]

JSON_SPACE = " \t\n\r"
"""All whitespace that RFC 8259 knows; `str.strip()` also takes NBSP, U+2028 and more."""

_SPACE = re.compile(r"[ \t\n\r]*")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')
_CUT_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_CUT_PAIR = re.compile(r"(?:\\(?:u[0-9a-fA-F]{0,3})?)?\Z")
"""The text ends before the second half of a pair could be whole: truncated, not lone."""
_LOW_SURROGATE = re.compile(r"\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\Z")
_NUMBER_LIKE = re.compile(r"[-+\w.]+")  # `2024-01-01` and `1_000` are one wrong number each
_CUT_NUMBER = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.|(?:\.[0-9]+)?[eE][-+]?))?\Z")
PREFIX_OF_LITERAL = frozenset(
    word[:size]
    for word in ("true", "false", "null", "NaN", "Infinity")
    for size in range(1, len(word))
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a text."""

    kind: FaultKind
    position: int
    """Character offset in the text."""
    detail: str
    """For people; printable ASCII whatever the text holds."""


def skip_space(text: str, position: int) -> int:
    """Return the offset of the first character from `position` on that is not JSON whitespace."""
    found = _SPACE.match(text, position)
    assert found is not None  # the pattern matches the empty string
    return found.end()


def has_too_many_digits(number: str) -> bool:
    """Return whether `int` could refuse this JSON number or take more than linear time on it."""
    return len(number) > MAX_DIGITS and sum(map(str.isdigit, number)) > MAX_DIGITS


def describe(char: str) -> str:
    """Name a character in printable ASCII: `'b'`, `U+00A0 (NO-BREAK SPACE)`."""
    if char.isascii() and char.isprintable():
        return f"'{char}'"
    name = unicodedata.name(char, "")
    return f"U+{ord(char):04X} ({name})" if name else f"U+{ord(char):04X}"


def read_string(text: str, start: int) -> tuple[int, Fault | None, int | None]:
    """Read the string whose opening quote is at `start`, in time linear in its length.

    Returns:
        The offset after it, its first error, and the offset of the first escape that is one half
        of a surrogate pair (which the grammar of RFC 8259 allows and its section 8.2 warns of).
    """
    position, surrogate = start + 1, None
    while True:
        plain = _PLAIN.match(text, position)
        assert plain is not None  # the pattern matches the empty string
        position = plain.end()
        char = text[position : position + 1]
        if char == '"':
            return position + 1, None, surrogate
        if not char:
            return position, Fault("truncated", position, "the text ends in a string"), surrogate
        escape = _ESCAPE.match(text, position)
        if not escape:
            return position, _string_fault(text, position, char), surrogate
        position = escape.end()
        if escape[0][2:3] in ("d", "D") and escape[0][3] in "89abcdefABCDEF":
            low = escape[0][3] not in "cdefCDEF" and _LOW_SURROGATE.match(text, position)
            if low:
                position = low.end()
            elif surrogate is None and not _CUT_PAIR.match(text, position):
                surrogate = escape.start()


def _string_fault(text: str, position: int, char: str) -> Fault:
    if char != "\\":
        return Fault("control_character", position, f"a raw {describe(char)} in a string")
    if _CUT_ESCAPE.match(text, position):
        return Fault("truncated", len(text), "the text ends in an escape")
    return Fault("invalid_escape", position, f"the escape {text[position : position + 2]!a}")


def read_number(text: str, start: int) -> tuple[str, Fault | None]:
    """Read everything at `start` that looks like one number, valid or not.

    Returns:
        The token, and the error when the grammar of RFC 8259, section 6, has no such number.
    """
    found = _NUMBER_LIKE.match(text, start)
    assert found is not None  # the caller saw a digit, a sign or a point
    token = found[0]
    if _NUMBER.match(token):
        return token, None
    if start + len(token) == len(text) and _CUT_NUMBER.match(token):
        return token, Fault("truncated", len(text), "the text ends in a number")
    return token, Fault("invalid_number", start, f"{token[:40]!a} is not a JSON number")
