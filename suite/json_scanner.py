"""Finds the top-level objects and arrays in any text and says where and why a broken one breaks.

It explains a text that the strict decoder refused; it never decides that a text is acceptable.
One pass, its own stack, every character is read at most twice: `[` repeated 100,000 times costs
as much as prose of that length. Values are read by the grammar of RFC 8259 with four tolerations
that are recorded instead: duplicate keys, NaN and Infinity, lone surrogates, any depth or size.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from suite.json_reader import Reader
from suite.json_tokens import Fault, skip_space

_OPENER = re.compile(r"[\[{]")

_SKIPPED = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"?|[\[{]|[\]}]|```|~~~')
"""What matters while the rest of a broken region is skipped. A string ends at its line, so that
one stray quote cannot swallow the text; a fence never belongs to a value."""

_ATTEMPT = re.compile(
    r"""\{[ \t\n\r]*+(?:["'}]|//|/\*|[A-Za-z_$][\w$]*+[ \t\n\r]*+:)
      | \[[ \t\n\r]*+(?:\[[ \t\n\r]*+)*+(?:["{]|(?:-?[0-9.]++|true|false|null)[ \t\n\r]*+,)""",
    re.VERBOSE,
)
"""What tells a broken piece of JSON from a bracket in prose, such as `{name}`, `[1]` or `[x]`.
It must not look past what the reader read: with `\\s`, which takes NBSP, it was quadratic."""


@dataclass(frozen=True, slots=True)
class Region:
    """One top-level stretch of text that starts with `{` or `[`."""

    opener: Literal["{", "["]
    start: int
    """Offset of the opener."""
    end: int
    """Offset after the last character; the end of the text when it is never closed."""
    fault: Fault | None
    """The first error of grammar; None when the region is one whole value."""
    attempt: bool
    """True for a whole value and for a broken one that was meant as JSON, not as prose."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What the scanner found in one text. The faults are the first of their kind."""

    regions: tuple[Region, ...]
    objects: int
    """Whole top-level objects."""
    arrays: int
    """Whole top-level arrays."""
    lone_surrogate: Fault | None
    duplicate_key: Fault | None
    non_finite: Fault | None
    resource: Fault | None


def scan(text: str) -> Scan:
    """Find all top-level regions of `text` and count the whole ones.

    Args:
        text: Anything. Scalars outside brackets are prose here.

    Returns:
        The regions in order of their start, never overlapping. A bracket in prose that opens no
        JSON is a region with `attempt` false, and what follows its first error is looked at again.
    """
    reader = Reader(text)
    regions: list[Region] = []
    first = skip_space(text, 0)
    opener = _OPENER.search(text)
    while opener:
        start = opener.start()
        fault = reader.read(start)
        end = reader.position
        attempt = fault is None or _ATTEMPT.match(text, start) is not None
        if fault and (attempt or start == first):
            end = _skip(text, end, len(reader.stack))
        regions.append(Region("{" if opener[0] == "{" else "[", start, end, fault, attempt))
        opener = _OPENER.search(text, end)
    whole = [region.opener for region in regions if region.fault is None]
    return Scan(
        regions=tuple(regions),
        objects=whole.count("{"),
        arrays=whole.count("["),
        lone_surrogate=reader.lone_surrogate,
        duplicate_key=reader.duplicate_key,
        non_finite=reader.non_finite,
        resource=reader.resource,
    )


def _skip(text: str, position: int, depth: int) -> int:
    """Return the offset after the bracket that closes a broken region, kind of bracket ignored."""
    for found in _SKIPPED.finditer(text, position):
        if found[0] in "[{":
            depth += 1
        elif found[0] in "]}":
            depth -= 1
            if depth == 0:
                return found.end()
        elif found[0][0] in "`~":
            return found.start()
    return len(text)
