"""Reads one JSON object or array by the grammar of RFC 8259 and stops at its first error.

It tolerates, and records, what the grammar allows and strict JSON does not: duplicate keys, NaN
and Infinity, lone surrogates, any depth and size. It has its own stack, so depth costs no
recursion, and it keeps the keys of open objects but no values.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable

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

_LITERAL = re.compile(r"true|false|null|NaN|-?Infinity")
_WORD = re.compile(r"\w+")
_SINGLE_QUOTES = "'\u2018\u2019"
_CLOSERS = {"{": "}", "[": "]"}


class Reader:
    """Reads one value at a time; keeps the first toleration of each kind over all of them.

    Each method after `_fail` reads one token and returns the method for the next, None at the end.
    """

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
        step: _Step | None = Reader._value
        while step is not None:
            self.position = skip_space(text, self.position)
            if self.position == size:
                self._fail("truncated", f"the text ends with {len(self.stack)} brackets open")
                break
            step = step(self, text[self.position])
        return self.fault

    def _fail(self, kind: FaultKind, detail: str, position: int | None = None) -> None:
        self.fault = Fault(kind, self.position if position is None else position, detail)

    def _value(self, char: str) -> _Step | None:
        """Read the start of a value, or all of a scalar."""
        if char in "{[":
            self.stack.append(char)
            self.position += 1
            if len(self.stack) == MAX_DEPTH + 1 and self.resource is None:
                detail = f"nested deeper than {MAX_DEPTH} levels"
                self.resource = Fault("resource_limit", self.position - 1, detail)
            if char == "{":
                self.keys.append(set())
                return Reader._key_or_close
            return Reader._item_or_close
        if char == '"':
            return Reader._after_value if self._string() is not None else None
        if literal := _LITERAL.match(self.text, self.position):
            return self._literal(literal)
        following = self.text[self.position + 1 : self.position + 2]
        if char in "-+0123456789" or (char == "." and following.isdigit()):
            return self._number()
        self._no_value(char)
        return None

    def _no_value(self, char: str) -> None:
        """Name the error when `char` cannot start a value."""
        if self._misplaced(char):
            return
        if char in ",}]":
            self._fail("elision", f"expected a value, found {describe(char)}")
        elif char in _SINGLE_QUOTES:
            self._fail("single_quotes", "strings take double quotes")
        else:
            word = _WORD.match(self.text, self.position)
            if word and word.end() == len(self.text) and word[0] in PREFIX_OF_LITERAL:
                self._fail("truncated", "the text ends in a literal", len(self.text))
            else:
                found = ascii(word[0][:30]) if word else describe(char)
                self._fail("invalid_literal", f"expected a value, found {found}")

    def _misplaced(self, char: str) -> bool:
        """Name the errors that are the same wherever a token is expected."""
        if char == "#" or self.text.startswith(("//", "/*"), self.position):
            self._fail("comment", "JSON has no comments")
        elif char == "\\":
            self._fail("invalid_escape", "a backslash outside a string")
        elif char.isspace() or not char.isprintable():
            self._fail("control_character", f"{describe(char)} is not JSON whitespace")
        else:
            return False
        return True

    def _literal(self, literal: re.Match[str]) -> _Step | None:
        word = _WORD.match(self.text, literal.end())
        if word:  # `nullable`, `trueish`
            found = ascii((literal[0] + word[0])[:30])
            self._fail("invalid_literal", f"expected a value, found {found}")
            return None
        if literal[0][-1] in "Ny" and self.non_finite is None:
            detail = f"{literal[0]} is not a JSON number"
            self.non_finite = Fault("non_finite_number", self.position, detail)
        self.position = literal.end()
        return Reader._after_value

    def _number(self) -> _Step | None:
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
        return Reader._after_value

    def _string(self) -> str | None:
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

    def _key_or_close(self, char: str) -> _Step | None:
        return self._close(char) if char == "}" else self._key(char)

    def _key(self, char: str, after_comma: bool = False) -> _Step | None:
        """Read a key of the object on top of the stack."""
        start = self.position
        if char == '"':
            source = self._string()
            if source is None:
                return None
            name = json.loads(f'"{source}"') if "\\" in source else source
            if name in self.keys[-1] and self.duplicate_key is None:
                detail = f"the key {name[:60]!a} occurs twice in one object"
                self.duplicate_key = Fault("duplicate_key", start, detail)
            self.keys[-1].add(name)
            return Reader._colon
        if self._misplaced(char):
            return None
        if char == "}" and after_comma:
            self._fail("trailing_comma", "a comma before the closing '}'")
        elif char == "]":
            self._fail("missing_comma_or_close", "']' where the open bracket is '{'")
        elif char == ",":
            self._fail("elision", "expected a key, found ','")
        elif char in _SINGLE_QUOTES:
            self._fail("single_quotes", "keys take double quotes")
        else:
            self._fail("unquoted_key", f"expected a key in double quotes, found {describe(char)}")
        return None

    def _key_after_comma(self, char: str) -> _Step | None:
        return self._key(char, after_comma=True)

    def _colon(self, char: str) -> _Step | None:
        if char == ":":
            self.position += 1
            return Reader._value
        if not self._misplaced(char):
            self._fail("missing_colon", f"expected ':' after the key, found {describe(char)}")
        return None

    def _item_or_close(self, char: str) -> _Step | None:
        if char == "]":
            return self._close(char)
        if char == "}":
            self._fail("missing_comma_or_close", "'}' where the open bracket is '['")
            return None
        return self._value(char)

    def _item_after_comma(self, char: str) -> _Step | None:
        if char == "]":
            self._fail("trailing_comma", "a comma before the closing ']'")
            return None
        return self._value(char)

    def _after_value(self, char: str) -> _Step | None:
        """Read the comma or the closing bracket after a value."""
        opener = self.stack[-1]
        closer = _CLOSERS[opener]
        if char == closer:
            return self._close(char)
        if char == ",":
            self.position += 1
            return Reader._key_after_comma if opener == "{" else Reader._item_after_comma
        if not self._misplaced(char):
            detail = f"expected ',' or '{closer}', found {describe(char)}"
            self._fail("missing_comma_or_close", detail)
        return None

    def _close(self, char: str) -> _Step | None:
        self.position += 1
        self.stack.pop()
        if char == "}":
            self.keys.pop()
        return Reader._after_value if self.stack else None


_Step = Callable[[Reader, str], "_Step | None"]
