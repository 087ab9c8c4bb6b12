"""Judges whether a text is strict JSON (RFC 8259) and, when it is not, gives exactly one reason.

Acceptance is the standard library's decoder with hooks and guards; `suite.json_scanner` explains a
rejection. Nothing here knows cases or schemas, and nothing here repairs a text: `recovered` is for
the rate beside the strict one, never in its place.
"""

from __future__ import annotations

import json
import math
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from suite.json_reasons import SURROGATE, find_reason
from suite.json_recovery import without_wrapping
from suite.json_scanner import scan
from suite.json_tokens import MAX_DEPTH, has_too_many_digits, skip_space

MAX_CHARACTERS = 10_000_000
"""A longer text is a `resource_limit` and is not looked at further: it takes seconds, not ages."""

_NOT_AROUND = frozenset({"bom", "encoding", "multiple_values"})
"""Reasons that stay, whatever fence or preamble is taken off."""
_BRACKET = re.compile(r'\\.|["{}\[\]]', re.DOTALL)
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F])|.)"
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What `parse_strict` found in a text."""

    document: Any
    """The value when the text is strict JSON, else None (which is also what `null` gives)."""
    reason: str | None
    """Why the text is not strict JSON, one of the closed list in `parse_strict`; None: strict."""
    detail: str = ""
    """For people: printable ASCII, whatever the text holds."""
    position: int | None = None
    """Character offset of what `reason` names; None where it names no place."""
    objects: int = 0
    """Whole top-level objects, also in prose and fences; duplicate keys do not unmake one."""
    arrays: int = 0
    """Whole top-level arrays."""
    flags: tuple[str, ...] = ()
    """`replacement_character`: U+FFFD occurs, so bytes were lost in decoding tokens to text."""
    recoverable: bool = False
    """Not strict, but would be without one fence around it all or one preamble of prose."""
    recovered: Any = None
    """The value that is then left, when `recoverable`; it may be None."""


class _RejectedError(Exception):
    """A hook met what the decoder would let pass."""


def parse_strict(text: str, finish_reason: str | None = None) -> Parsed:
    """Judge a text against RFC 8259. Never raises and takes time linear in the text's length.

    Strict is exactly one JSON value with nothing but JSON whitespace (space, tab, CR, LF) around
    it, no duplicate key, no NaN or Infinity, no number that overflows a double, no lone surrogate
    (raw or escaped), no BOM, no comment. The first of these that holds is the reason:

    `empty`, `incomplete`, `bom`, `encoding`, then for a text that starts with an opening bracket
    and breaks its first error: `truncated` or `invalid_json:<kind>`; else `no_json`, `code_fence`,
    `extra_text`, `multiple_values`, `truncated`, `invalid_json:<kind>`, `duplicate_key`,
    `non_finite_number`, `resource_limit`.

    Args:
        text: The output of a model, or anything else.
        finish_reason: With `length`, a text that is not strict by itself is `incomplete`.

    Returns:
        The value or the reason, and the counts of top-level objects and arrays in either case.
    """
    try:
        return _parse(text, finish_reason)
    except RecursionError:  # the caller's stack is nearly used up: take a fresh one
        found: list[Parsed] = []
        thread = threading.Thread(target=lambda: found.append(_parse(text, finish_reason)))
        thread.start()
        thread.join()
        return found[0]


def _parse(text: str, finish_reason: str | None) -> Parsed:
    ascii_only = text.isascii()
    flags = () if ascii_only or "\ufffd" not in text else ("replacement_character",)
    try:
        document = _decode(text, ascii_only)
    except (ValueError, StopIteration, _RejectedError):
        pass  # explained below, outside the handler: the decoder's own words are not wanted
    else:
        kind = type(document)
        return Parsed(document, None, "", None, int(kind is dict), int(kind is list), flags)
    return _explain(text, finish_reason, flags)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise _RejectedError
    return document


def _integer(token: str) -> int:
    if has_too_many_digits(token):
        raise _RejectedError
    return int(token)


def _double(token: str) -> float:
    number = float(token)
    if has_too_many_digits(token) or not math.isfinite(number):
        raise _RejectedError
    return number


def _constant(token: str) -> Any:
    raise _RejectedError


_decoder: Any = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_double, parse_constant=_constant
)
# `decode` around it adds 1 us and a whitespace match; typeshed does not know the attribute
_scan_value: Callable[[str, int], tuple[Any, int]] = _decoder.scan_once


def _decode(text: str, ascii_only: bool) -> Any:
    """Return the value of a strict text.

    Raises:
        ValueError, StopIteration, _RejectedError: The text is not strict.
    """
    if len(text) > MAX_CHARACTERS or not (ascii_only or not SURROGATE.search(text)):
        raise _RejectedError
    # counting all brackets is a bound that costs nothing; only a text above it is measured
    if text.count("{") + text.count("[") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        raise _RejectedError
    document, end = _scan_value(text, 0 if text[:1] in "{[" else skip_space(text, 0))
    if end != len(text) and skip_space(text, end) != len(text):
        raise _RejectedError
    if "\\u" in text and _has_lone_escape(text):
        raise _RejectedError
    return document


def _depth(text: str) -> int:
    """Return the greatest depth of brackets outside strings; exact up to the first error."""
    depth = deepest = 0
    in_string = False
    for found in _BRACKET.finditer(text):
        token = found[0]
        if token == '"':
            in_string = not in_string
        elif in_string or token[0] == "\\":
            continue
        elif token in "{[":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _has_lone_escape(text: str) -> bool:
    # in valid JSON a backslash is always the start of an escape, so pairs are consumed in step
    return any(found[1] for found in _ESCAPE.finditer(text))


def _explain(text: str, finish_reason: str | None, flags: tuple[str, ...]) -> Parsed:
    if skip_space(text, 0) == len(text):
        return Parsed(None, "empty", "nothing but whitespace" if text else "no text", 0)
    if len(text) > MAX_CHARACTERS:
        detail = f"{len(text)} characters, more than {MAX_CHARACTERS}"
        reason = "incomplete" if finish_reason == "length" else "resource_limit"
        return Parsed(None, reason, detail, None, flags=flags)
    found = scan(text)
    rejection = find_reason(text, found)
    reason, detail = rejection.reason, rejection.detail
    if finish_reason == "length":
        reason, detail = "incomplete", f"cut off at the token limit ({reason}: {detail})"
    recovered = () if rejection.reason in _NOT_AROUND else _recover(text)
    return Parsed(
        document=None,
        reason=reason,
        detail=detail,
        position=rejection.position,
        objects=found.objects,
        arrays=found.arrays,
        flags=flags,
        recoverable=bool(recovered),
        recovered=recovered[0] if recovered else None,
    )


def _recover(text: str) -> tuple[Any, ...]:
    """Return the value left without one fence or one preamble as `(value,)`, else `()`."""
    for left in without_wrapping(text):
        try:
            return (_decode(left, left.isascii()),)
        except (ValueError, StopIteration, _RejectedError):
            continue
    return ()
