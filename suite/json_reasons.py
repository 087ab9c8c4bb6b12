"""Picks the one reason why a text is not strict JSON, from what the scanner found in it.

The order of the reasons is the order of the checks below. Nothing here decides that a text is
strict: it is called only after the decoder refused it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from suite.json_scanner import Region, Scan
from suite.json_tokens import (
    JSON_SPACE,
    PREFIX_OF_LITERAL,
    Fault,
    describe,
    has_too_many_digits,
    read_number,
    read_string,
    skip_space,
)

SURROGATE = re.compile("[\ud800-\udfff]")
BOM = "\ufeff"

_FENCE = re.compile(r"`{3,}|~{3,}")
_FENCE_BEFORE = re.compile(r"(?:```|~~~)[ \t]*[\w+.-]*\Z")
_LONGEST_FENCE_LINE = 40
"""Characters looked at before a value; on a long run of backticks the search is quadratic."""

_SEPARATORS = re.compile(r"[ \t\n\r,]*")
_SCALAR = re.compile(
    r"(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null|NaN|-?Infinity)"
    r"(?![-+.\w])"
)
_NUMBER_WORD = re.compile(r"[-+.]*[0-9][-+.\w]*")
_WRONG_LITERALS = frozenset(
    {"true", "false", "null", "none", "nil", "nul", "undefined", "nan", "inf"}
)
_BARE_KINDS = frozenset(
    {"truncated", "encoding", "duplicate_key", "non_finite_number", "resource_limit"}
)


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a text is not strict JSON."""

    reason: str
    detail: str
    """Printable ASCII."""
    position: int | None
    """Character offset; None where the reason names no place."""


def find_reason(text: str, found: Scan) -> Rejection:
    """Return the first reason that holds of a text that is not empty and was refused.

    Args:
        text: The refused text, with at least one character that is not JSON whitespace.
        found: `scan(text)`.
    """
    if text[0] == BOM:
        return Rejection("bom", "the text starts with a byte order mark (U+FEFF)", 0)
    if surrogate := SURROGATE.search(text):
        detail = f"a lone surrogate, U+{ord(surrogate[0]):04X}"
        return Rejection("encoding", detail, surrogate.start())
    if found.lone_surrogate:
        return _named(found.lone_surrogate)
    start = skip_space(text, 0)
    first = found.regions[0] if found.regions else None
    if first and first.start == start and first.fault:
        return _named(first.fault)
    values = [region for region in found.regions if region.attempt]
    if not values:
        return _scalar_reason(text, start)
    return _reason_around(text, values) or _reason_inside(found)


def _named(fault: Fault) -> Rejection:
    reason = fault.kind if fault.kind in _BARE_KINDS else f"invalid_json:{fault.kind}"
    return Rejection(reason, fault.detail, fault.position)


def _reason_around(text: str, values: Sequence[Region]) -> Rejection | None:
    """Judge what is around the values: a fence, other text, other values."""
    if len(values) == 1 and not values[0].fault and _is_fenced(text, values[0]):
        return Rejection("code_fence", "the value is inside a markdown fence", values[0].start)
    gaps = zip(
        [0, *(value.end for value in values)],
        [*(value.start for value in values), len(text)],
        strict=True,
    )
    scalars: list[int] = []
    for start, end in gaps:
        position = _extra(text, start, end, outermost=start == 0 or end == len(text))
        if position is not None:
            detail = f"{describe(text[position])} is outside the value"
            broken = next((value.fault for value in values if value.fault), None)
            if broken:
                detail += f", which is broken: {broken.kind} at {broken.position}"
            return Rejection("extra_text", detail, position)
        scalars += scalar_starts(text, start, end) or []
    if len(values) + len(scalars) == 1:
        return None
    starts = sorted([*(value.start for value in values), *scalars])
    detail = f"{len(starts)} values, the second starts at {starts[1]}"
    return Rejection("multiple_values", detail, starts[1])


def _reason_inside(found: Scan) -> Rejection:
    """Judge a text that by its grammar is exactly one value."""
    fault = found.duplicate_key or found.non_finite or found.resource
    # no fault left: the decoder gave up where the grammar is right, which only a limit can do
    return _named(fault) if fault else Rejection("resource_limit", "the decoder gave up", None)


def _is_fenced(text: str, value: Region) -> bool:
    """Return whether the value is alone in a fence, closed or not."""
    before = text[: value.start].rstrip(JSON_SPACE)
    after = text[value.end :].lstrip(JSON_SPACE)
    fence = _FENCE_BEFORE.search(before[-_LONGEST_FENCE_LINE:])
    if not fence:
        return False
    own_line = "\n" in text[len(before) : value.start]
    line_before = before[before.rfind("\n") + 1 :].removesuffix(fence[0])
    if not own_line and line_before.strip(JSON_SPACE):
        return False  # "the ``` mark and {}": backticks in prose
    opened = len(_FENCE.findall(before)) % 2 == 1
    return opened and (not after or after.startswith(("```", "~~~")))


def _extra(text: str, start: int, end: int, outermost: bool) -> int | None:
    """Return the offset of the first character in a gap that belongs to no JSON value.

    Commas between two values are a list without its brackets, not text.
    """
    first = skip_space(text, start)
    if first >= end:
        return None
    if outermost and (text[first] == "," or text[start:end].rstrip(JSON_SPACE)[-1] == ","):
        return first
    return None if scalar_starts(text, start, end) is not None else first


def scalar_starts(text: str, start: int, end: int) -> list[int] | None:
    """Return where the scalars start in a stretch of nothing else, None when it is prose."""
    position = start
    starts: list[int] = []
    while True:
        separators = _SEPARATORS.match(text, position, end)
        position = separators.end() if separators else position
        if position >= end:
            return starts
        starts.append(position)
        if text[position] == '"':
            position, fault, _ = read_string(text, position)
            if fault or position > end:
                return None
        else:
            scalar = _SCALAR.match(text, position, end)
            if not scalar:
                return None
            position = scalar.end()


def _scalar_reason(text: str, start: int) -> Rejection:
    """Judge a text without objects and arrays: scalars, something like one, or prose."""
    source = text[start:].rstrip(JSON_SPACE)
    end = start + len(source)
    if source[0] == '"':
        after, fault, surrogate = read_string(text, start)
        if surrogate is not None:
            return Rejection("encoding", "an escaped half of a surrogate pair", surrogate)
        if fault:
            return _named(fault)
    else:
        after = start
    starts = scalar_starts(text, start, end)
    if starts:
        if "," in (source[0], source[-1]):
            position = start if source[0] == "," else end - 1
            return Rejection("extra_text", "',' is outside the value", position)
        if len(starts) > 1:
            detail = f"{len(starts)} values, the second starts at {starts[1]}"
            return Rejection("multiple_values", detail, starts[1])
        return _limit_of_number(source, start)
    if source[0] == '"':
        after = skip_space(text, after)
        return Rejection("extra_text", f"{describe(text[after])} is outside the value", after)
    if _is_fenced_scalar(source):
        return Rejection("code_fence", "the value is inside a markdown fence", start)
    if _NUMBER_WORD.fullmatch(source) and (fault := read_number(text, start)[1]):
        return _named(fault)
    if source in PREFIX_OF_LITERAL and source != "N" and source != "I":
        return Rejection("truncated", "the text ends inside a literal", end)
    if source.lower() in _WRONG_LITERALS:
        return Rejection("invalid_json:invalid_literal", f"{source!a} is not JSON", start)
    return Rejection("no_json", "no JSON value in the text", None)


def _limit_of_number(source: str, start: int) -> Rejection:
    """Name the limit that one well-formed number, NaN or Infinity breaks."""
    is_double = source[-1].isdigit() and not source.lstrip("-").isdigit()
    if source[-1] in "Ny" or (is_double and not math.isfinite(float(source))):
        return Rejection("non_finite_number", f"{source[:30]} is no finite double", start)
    limit = "digits" if has_too_many_digits(source) else "resources"
    return Rejection("resource_limit", f"too many {limit} in a number", start)


def _is_fenced_scalar(source: str) -> bool:
    opening, _, rest = source.partition("\n")
    if not _FENCE_BEFORE.fullmatch(opening.rstrip(JSON_SPACE)) or len(rest) < 3:
        return False
    inner = rest[:-3] if rest.endswith(("```", "~~~")) else rest
    return len(scalar_starts(inner, 0, len(inner)) or []) == 1
