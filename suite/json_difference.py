"""Says where two JSON values differ, by JSON pointer, for the message of a failure.

Whether fields count as equal is judged by `suite.compare`, never here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from suite.compare import ABSENT, Comparison, same_json, same_value

_LONGEST_VALUE = 120


def find_differences(
    document: Mapping[str, Any], expected: Mapping[str, Any], compare: Mapping[str, Comparison]
) -> list[str]:
    """Return a sentence per place where a document is not what is expected, in its order.

    Fields that the case compares as equal are not named, whatever their spelling; fields that are
    not expected come last.

    Args:
        document: What was answered. Untrusted; so are the sentences.
        expected: The answer of the case.
        compare: How to compare a field, `exact` where it has no entry.

    Returns:
        Such as `/contact/name: expected "Ada", got "Bob"`. Pointers are those of RFC 6901.
    """
    found: list[str] = []
    for name, want in expected.items():
        got, comparison = document.get(name, ABSENT), compare.get(name, "exact")
        if same_value(got, want, comparison):
            continue
        here = f"/{_escape(name)}"
        # what is inside of a value that is compared in another way is no exact difference
        found += _walk(here, got, want) if comparison == "exact" else [_say(here, got, want)]
        if comparison != "exact":
            found[-1] += f" (compared as {comparison})"
    found += [
        f"/{_escape(name)}: not expected, got {_show(got)}"
        for name, got in document.items()
        if name not in expected
    ]
    return found


def _walk(here: str, got: Any, want: Any) -> Iterator[str]:
    """Yield the innermost differences: a wrong name in an object, not the whole object."""
    if isinstance(got, dict) and isinstance(want, dict):
        for name in dict.fromkeys([*want, *got]):
            left, right = got.get(name, ABSENT), want.get(name, ABSENT)
            if not same_json(left, right):
                yield from _walk(f"{here}/{_escape(name)}", left, right)
    elif isinstance(got, list) and isinstance(want, list) and len(got) == len(want):
        for index, (left, right) in enumerate(zip(got, want, strict=True)):
            if not same_json(left, right):
                yield from _walk(f"{here}/{index}", left, right)
    else:
        yield _say(here, got, want)


def _say(here: str, got: Any, want: Any) -> str:
    if want is ABSENT:
        return f"{here}: not expected, got {_show(got)}"
    return f"{here}: expected {_show(want)}, got {_show(got)}"


def _show(value: Any) -> str:
    """Return a value as JSON, so that "1", 1 and true are told apart."""
    if value is ABSENT:
        return repr(value)
    text = json.dumps(value, ensure_ascii=False)
    more = len(text) - _LONGEST_VALUE
    return f"{text[:_LONGEST_VALUE]}… ({more:,} more characters)" if more > 0 else text


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
