"""Says how a case was changed, and whether that made it easier to pass.

Two cases are compared as they are written; no answer is judged here. "Looser" is what can be read
off the text: a keyword that is gone, a limit that moved outwards. A change that cannot be read so
is no more than a change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from suite.case import Case

_MOST_SHOWN = 3
_LONGEST_VALUE = 60
_LOWER_LIMITS = {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"}
_UPPER_LIMITS = {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"}
_ALL_HOLD = {"required", "allOf", "prefixItems"}
"""Their lists ask for every member."""
_NAMED_BY = {
    "properties": "",
    "patternProperties": "",
    "dependentSchemas": "",
    "$defs": "",
    "definitions": "",
    "dependentRequired": "required",
}
"""Keywords that map names, and the keyword that each value there reads like; empty: a schema."""
_GONE = object()
_Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseDiff:
    """How a case differs from an earlier form of it."""

    sentence: str
    """Empty: nothing that judging or comparing depends on."""
    looser: bool
    """It can be seen that some answers pass now that failed."""
    same_question: bool
    """The model is asked the same, so that its answer can be judged by both forms."""


def diff_cases(then: Case, now: Case) -> CaseDiff:
    """Compare two forms of a case."""
    parts: list[str] = []
    looser = False
    same_question = then.messages == now.messages
    if not same_question:
        parts.append("prompt changed")
    for name, one, two in (
        ("schema", then.schema_, now.schema_),
        ("top_level", then.top_level, now.top_level),
        ("expected", then.expected, now.expected),
        ("compare", then.compare, now.compare),
    ):
        changes = list(_walk((name,), one, two))
        looser = looser or any(_is_looser(*change) for change in changes)
        shown = changes[:_MOST_SHOWN]
        parts += [f"{'/'.join(path)}: {_show(a)} → {_show(b)}" for path, a, b in shown]
        if more := len(changes) - _MOST_SHOWN:
            parts += [f"{more} more in {name}"] if more > 0 else []
    if then.scorer_version != now.scorer_version:
        parts.append(f"version of the task {then.scorer_version} → {now.scorer_version}")
    if then.cluster != now.cluster:
        # no hash covers it, yet cases of one cluster count as one, and too few conclude nothing
        parts.append(f"cluster {then.cluster or 'none'} → {now.cluster or 'none'}")
        looser = looser or now.cluster is not None
    return CaseDiff(", ".join(parts), looser, same_question)


def _walk(path: _Path, then: Any, now: Any) -> Iterator[tuple[_Path, Any, Any]]:
    """Yield the innermost places that differ; lists are compared whole."""
    if isinstance(then, dict) and isinstance(now, dict):
        for key in sorted(then.keys() | now.keys()):
            yield from _walk((*path, key), then.get(key, _GONE), now.get(key, _GONE))
    elif _text(then) != _text(now):  # as JSON: True is not 1
        yield path, then, now


def _is_looser(path: _Path, then: Any, now: Any) -> bool:
    field = path[0]
    if field == "schema":
        return _loosens_schema(_find_keyword(path), then, now)
    if field == "top_level":
        return bool(now == "any")
    if field == "compare":
        return then is _GONE or then == "exact"  # every other way takes more for equal
    return now is None or now is _GONE


def _find_keyword(path: _Path) -> str:
    """Return the keyword whose value a place is, empty where it is a schema under a name.

    A property called `required` is not the keyword.
    """
    keyword = ""
    for step in path[1:]:
        keyword = _NAMED_BY.get(keyword, step)
    return keyword


def _loosens_schema(keyword: str, then: Any, now: Any) -> bool:
    if keyword == "uniqueItems":
        return now is not True
    if now is _GONE or now is None or now is True or then is False:
        return True
    if then is _GONE or then is None or then is True:
        return False
    if isinstance(then, list) and isinstance(now, list):
        before, after = set(map(_text, then)), set(map(_text, now))
        # `required` asks for all of its list, `enum` and `type` for one
        return after < before if keyword in _ALL_HOLD else before < after
    if keyword == "type":
        return isinstance(now, list) or (then, now) == ("integer", "number")
    if isinstance(then, int | float) and isinstance(now, int | float):
        return keyword in (_LOWER_LIMITS if now < then else _UPPER_LIMITS)
    return False


def _text(value: Any) -> str:
    return "" if value is _GONE else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _show(value: Any) -> str:
    text = "nothing" if value is _GONE else _text(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
