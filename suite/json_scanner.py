"""Finds the top-level objects and arrays in any text and says where and why a broken one breaks.

It explains a text that the strict decoder refused; it never decides that a text is acceptable.
One pass, its own stack, every character is read at most twice: `[` repeated 100,000 times costs
as much as prose of that length. Values are read by the grammar of RFC 8259 with four tolerations
that are recorded instead: duplicate keys, NaN and Infinity, lone surrogates, any depth or size.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from suite.json_tokens import (
    MAX_DEPTH,
    MAX_DIGITS,
    PREFIX_OF_LITERAL,
    Fault,
    FaultKind,
    describe,
    has_too_many_digits,
    read_number,
    read_string,
    skip_space,
)

_OPENER = re.compile(r"[\[{]")
_LITERAL = re.compile(r"true|false|null|NaN|-?Infinity")
_WORD = re.compile(r"\w+")
_SINGLE_QUOTES = "'\u2018\u2019"
_CLOSERS = {"{": "}", "[": "]"}

_SKIPPED = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"?|[\[{]|[\]}]|\n[ \t]*(?:```|~~~)')
"""What matters while the rest of a broken region is skipped. A string ends at its line, so that
one stray quote cannot swallow the text; a fence line never belongs to a value."""

_ATTEMPT = re.compile(
    r"""\{\s*+(?:["'}]|//|/\*|[A-Za-z_$][\w$]*+\s*+:)
      | \[\s*+(?:\[\s*+)*+(?:["{]|(?:-?[0-9.]++|true|false|null)\s*+,)""",
    re.VERBOSE,
)
"""What tells a broken piece of JSON from a bracket in prose, such as `{name}`, `[1]` or `[x]`."""


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


class _Reader:
    """Reads one value at a time; keeps the recorded tolerations of all of them."""

    __slots__ = (
        "duplicate_key",
        "fault",
        "keys",
        "lone_surrogate",
        "non_finite",
        "position",
        "resource",
        "stack",
        "text",
    )

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.stack: list[str] = []
        self.keys: list[set[str]] = []
        self.fault: Fault | None = None
        self.lone_surrogate: Fault | None = None
        self.duplicate_key: Fault | None = None
        self.non_finite: Fault | None = None
        self.resource: Fault | None = None

    def read(self, start: int) -> Fault | None:
        """Read the value at `start`; `position` ends after it, or at its first error."""
        self.position, self.fault = start, None
        self.stack.clear()
        self.keys.clear()
        text, size = self.text, len(self.text)
        step: _Step | None = _Reader.value
        while step is not None:
            self.position = skip_space(text, self.position)
            if self.position == size:
                self.fail("truncated", f"the text ends with open brackets: {len(self.stack)}")
                break
            step = step(self, text[self.position])
        return self.fault

    def fail(self, kind: FaultKind, detail: str, position: int | None = None) -> None:
        self.fault = Fault(kind, self.position if position is None else position, detail)

    def value(self, char: str) -> _Step | None:
        """Read the start of a value, or all of a scalar."""
        if char in "{[":
            self.stack.append(char)
            self.position += 1
            if len(self.stack) == MAX_DEPTH + 1 and self.resource is None:
                detail = f"nested deeper than {MAX_DEPTH} levels"
                self.resource = Fault("resource_limit", self.position - 1, detail)
            if char == "{":
                self.keys.append(set())
                return _Reader.key_or_close
            return _Reader.item_or_close
        if char == '"':
            return _Reader.after_value if self.string() is not None else None
        if literal := _LITERAL.match(self.text, self.position):
            return self.literal(literal)
        following = self.text[self.position + 1 : self.position + 2]
        if char in "-+0123456789" or (char == "." and following.isdigit()):
            return self.number()
        self.no_value(char)
        return None

    def no_value(self, char: str) -> None:
        """Name the error when `char` cannot start a value."""
        if self.misplaced(char):
            return
        if char in ",}]":
            self.fail("elision", f"expected a value, found {describe(char)}")
        elif char in _SINGLE_QUOTES:
            self.fail("single_quotes", "strings take double quotes")
        else:
            word = _WORD.match(self.text, self.position)
            if word and word.end() == len(self.text) and word[0] in PREFIX_OF_LITERAL:
                self.fail("truncated", "the text ends in a literal", len(self.text))
            else:
                found = ascii(word[0][:30]) if word else describe(char)
                self.fail("invalid_literal", f"expected a value, found {found}")

    def misplaced(self, char: str) -> bool:
        """Name the errors that are the same wherever a token is expected."""
        if char == "#" or self.text.startswith(("//", "/*"), self.position):
            self.fail("comment", "JSON has no comments")
        elif char == "\\":
            self.fail("invalid_escape", "a backslash outside a string")
        elif char.isspace() or not char.isprintable():
            self.fail("control_character", f"{describe(char)} is not JSON whitespace")
        else:
            return False
        return True

    def literal(self, literal: re.Match[str]) -> _Step | None:
        word = _WORD.match(self.text, literal.end())
        if word:  # `nullable`, `trueish`
            found = ascii((literal[0] + word[0])[:30])
            self.fail("invalid_literal", f"expected a value, found {found}")
            return None
        if literal[0][-1] in "Ny" and self.non_finite is None:
            detail = f"{literal[0]} is not a JSON number"
            self.non_finite = Fault("non_finite_number", self.position, detail)
        self.position = literal.end()
        return _Reader.after_value

    def number(self) -> _Step | None:
        token, fault = read_number(self.text, self.position)
        if fault:
            self.fault = fault
            return None
        start, self.position = self.position, self.position + len(token)
        if self.resource is None and has_too_many_digits(token):
            detail = f"a number of more than {MAX_DIGITS} digits"
            self.resource = Fault("resource_limit", start, detail)
        # an integer of any size is finite: only a fraction or an exponent makes a double of it
        is_double = not token.lstrip("-").isdigit()
        if is_double and self.non_finite is None and not math.isfinite(float(token)):
            detail = f"{token[:30]} is beyond the range of a double"
            self.non_finite = Fault("non_finite_number", start, detail)
        return _Reader.after_value

    def string(self) -> str | None:
        """Read a string and return its source text without the quotes, None when it breaks."""
        start = self.position
        end, fault, surrogate = read_string(self.text, start)
        if surrogate is not None and self.lone_surrogate is None:
            detail = f"{self.text[surrogate : surrogate + 6]} is half of a surrogate pair"
            self.lone_surrogate = Fault("encoding", surrogate, detail)
        if fault:
            self.fault = fault
            return None
        self.position = end
        return self.text[start + 1 : end - 1]

    def key_or_close(self, char: str) -> _Step | None:
        return self.close(char) if char == "}" else self.key(char)

    def key(self, char: str, after_comma: bool = False) -> _Step | None:
        """Read a key of the object on top of the stack."""
        start = self.position
        if char == '"':
            source = self.string()
            if source is None:
                return None
            name = json.loads(f'"{source}"') if "\\" in source else source
            if name in self.keys[-1] and self.duplicate_key is None:
                detail = f"the key {name[:60]!a} occurs twice in one object"
                self.duplicate_key = Fault("duplicate_key", start, detail)
            self.keys[-1].add(name)
            return _Reader.colon
        if self.misplaced(char):
            return None
        if char == "}" and after_comma:
            self.fail("trailing_comma", "a comma before the closing '}'")
        elif char == "]":
            self.fail("missing_comma_or_close", "']' where the open bracket is '{'")
        elif char == ",":
            self.fail("elision", "expected a key, found ','")
        elif char in _SINGLE_QUOTES:
            self.fail("single_quotes", "keys take double quotes")
        else:
            self.fail("unquoted_key", f"expected a key in double quotes, found {describe(char)}")
        return None

    def key_after_comma(self, char: str) -> _Step | None:
        return self.key(char, after_comma=True)

    def colon(self, char: str) -> _Step | None:
        if char == ":":
            self.position += 1
            return _Reader.value
        if not self.misplaced(char):
            self.fail("missing_colon", f"expected ':' after the key, found {describe(char)}")
        return None

    def item_or_close(self, char: str) -> _Step | None:
        if char == "]":
            return self.close(char)
        if char == "}":
            self.fail("missing_comma_or_close", "'}' where the open bracket is '['")
            return None
        return self.value(char)

    def item_after_comma(self, char: str) -> _Step | None:
        if char == "]":
            self.fail("trailing_comma", "a comma before the closing ']'")
            return None
        return self.value(char)

    def after_value(self, char: str) -> _Step | None:
        """Read the comma or the closing bracket after a value."""
        opener = self.stack[-1]
        closer = _CLOSERS[opener]
        if char == closer:
            return self.close(char)
        if char == ",":
            self.position += 1
            return _Reader.key_after_comma if opener == "{" else _Reader.item_after_comma
        if not self.misplaced(char):
            detail = f"expected ',' or '{closer}', found {describe(char)}"
            self.fail("missing_comma_or_close", detail)
        return None

    def close(self, char: str) -> _Step | None:
        self.position += 1
        self.stack.pop()
        if char == "}":
            self.keys.pop()
        return _Reader.after_value if self.stack else None


_Step = Callable[[_Reader, str], "_Step | None"]


def scan(text: str) -> Scan:
    """Find all top-level regions of `text` and count the whole ones.

    Args:
        text: Anything. Scalars outside brackets are prose here.

    Returns:
        The regions in order of their start, never overlapping. A bracket in prose that opens no
        JSON is a region with `attempt` false, and what follows its first error is looked at again.
    """
    reader = _Reader(text)
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
        elif found[0][0] == "\n":
            return found.start()
    return len(text)
