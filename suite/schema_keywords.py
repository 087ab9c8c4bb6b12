"""Finds misspelt, misplaced and unsupported keywords in a JSON Schema of draft 2020-12.

No validator reports those: an unknown keyword is an annotation, so `minLenght` checks nothing.
The walk knows where a key is a keyword, where it is a name that the author chose, and where it is
data. What the values of keywords may be is left to the metaschema.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator
from typing import Any

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MAX_SCHEMA_DEPTH = 100
"""jsonschema-rs gives up at 255 levels; no schema that a person reads comes near."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SUBSCHEMA = _words(
    "additionalProperties contains contentSchema else if items not propertyNames then "
    "unevaluatedItems unevaluatedProperties"
)
SUBSCHEMA_LIST = _words("allOf anyOf oneOf prefixItems")
SUBSCHEMA_BY_NAME = _words("$defs definitions dependentSchemas patternProperties properties")
DATA = _words(
    "$anchor $comment $dynamicAnchor $dynamicRef $id $ref $schema const contentEncoding "
    "contentMediaType default dependentRequired deprecated description enum examples "
    "exclusiveMaximum exclusiveMinimum format maxContains maxItems maxLength maxProperties "
    "maximum minContains minItems minLength minProperties minimum multipleOf pattern readOnly "
    "required title type uniqueItems writeOnly"
)
KEYWORDS = SUBSCHEMA | SUBSCHEMA_LIST | SUBSCHEMA_BY_NAME | DATA
TYPES = _words("array boolean integer null number object string")
FORMATS = _words(
    "date date-time duration email hostname idn-email idn-hostname ipv4 ipv6 iri iri-reference "
    "json-pointer regex relative-json-pointer time uri uri-reference uri-template uuid"
)

_OF_OTHER_DRAFTS = {
    "$recursiveAnchor": "use $dynamicAnchor",
    "$recursiveRef": "use $dynamicRef",
    "$vocabulary": "it belongs in metaschemas",
    "additionalItems": "use items after prefixItems",
    "dependencies": "use dependentRequired or dependentSchemas",
    "divisibleBy": "use multipleOf",
    "extends": "use allOf",
    "id": "use $id",
    "nullable": 'use type: ["…", "null"]',
}


def suggest(word: str, choices: frozenset[str]) -> str:
    """Return `. Did you mean '…'?` for the nearest choice, or the empty string."""
    close = difflib.get_close_matches(word, sorted(choices), n=1, cutoff=0.6)
    if not close:
        folded = {choice.casefold(): choice for choice in sorted(choices)}
        near = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
        close = [folded[near[0]]] if near else []
    return f". Did you mean '{close[0]}'?" if close else ""


def pointer(path: tuple[str | int, ...]) -> str:
    """Return the JSON pointer (RFC 6901) of a path; the empty string is the whole document."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def find_problems(schema: Any) -> list[str]:
    """Return what is wrong with the keywords of a schema, each with its place, in its order.

    Args:
        schema: What YAML or JSON gave, so also dates, NaN and keys that are no strings.
    """
    problems: list[str] = []
    refs: list[tuple[str, str]] = []
    ids = {DIALECT}
    pending: list[tuple[tuple[str | int, ...], Any]] = [((), schema)]
    while pending:
        path, node = pending.pop()
        if len(path) > MAX_SCHEMA_DEPTH:
            return [f"{pointer(path[:5])}/…: nested deeper than {MAX_SCHEMA_DEPTH} levels"]
        if isinstance(node, bool):
            continue
        if not isinstance(node, dict):
            problems.append(f"{_place(path)}: expected a schema, got {_shown(node)}")
            continue
        for key, value in node.items():
            problems += _keyword_problems(path, key, value)
            if key in ("$ref", "$dynamicRef") and isinstance(value, str):
                refs.append((_place((*path, key)), value))
            if key == "$id" and isinstance(value, str):
                ids.add(value.rstrip("#"))
        pending += reversed(list(_children(path, node)))
    problems += [
        f"{place}: refers to '{target}', which is not in this schema; nothing is fetched. "
        "Put it under $defs and use '#/$defs/…'"
        for place, target in refs
        if not target.startswith("#") and target.partition("#")[0] not in ids
    ]
    return problems


def _children(
    path: tuple[str | int, ...], node: dict[Any, Any]
) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    for key, value in node.items():
        if key in SUBSCHEMA:
            yield (*path, key), value
        elif key in SUBSCHEMA_LIST and isinstance(value, list):
            yield from (((*path, key, index), item) for index, item in enumerate(value))
        elif key in SUBSCHEMA_BY_NAME and isinstance(value, dict):
            yield from (((*path, key, name), item) for name, item in value.items())


def _keyword_problems(path: tuple[str | int, ...], key: Any, value: Any) -> list[str]:
    if not isinstance(key, str):
        return [f"{_place(path)}: the key {key!r} is {_shown(key)}; put it in quotes"]
    place = _place((*path, key))
    if key in _OF_OTHER_DRAFTS:
        return [f"{place}: '{key}' is not a keyword of draft 2020-12; {_OF_OTHER_DRAFTS[key]}"]
    if key not in KEYWORDS and not key.startswith("x-"):
        return [f"{place}: unknown keyword '{key}'{suggest(key, KEYWORDS)}"]
    if key in SUBSCHEMA_BY_NAME and isinstance(value, dict):
        # the values are walked as schemas; only the names are looked at here
        return [
            f"{place}: the name {name!r} is {_shown(name)}; put it in quotes"
            for name in value
            if not isinstance(name, str)
        ]
    if key in SUBSCHEMA or key in SUBSCHEMA_LIST:
        return []
    if bad := _first_not_json(value):
        return [f"{place}: {bad}"]
    return _value_problems(place, key, value)


def _value_problems(place: str, key: str, value: Any) -> list[str]:
    """Check the values whose own error message would not name the nearest choice."""
    if key == "$schema" and str(value).rstrip("#") != DIALECT:
        return [f"{place}: got {value!r}; only draft 2020-12 is known: {DIALECT}"]
    if key == "type":
        given = value if isinstance(value, list) else [value]
        return [
            f"{place}: unknown type {name!r}; known: {', '.join(sorted(TYPES))}"
            + suggest(str(name), TYPES)
            for name in given
            if name not in TYPES
        ]
    if key == "format" and value not in FORMATS:
        known = ", ".join(sorted(FORMATS))
        return [f"{place}: unknown format {value!r}; known: {known}{suggest(str(value), FORMATS)}"]
    return []


def _first_not_json(value: Any) -> str:
    """Say what in a value of a keyword has no JSON form; YAML knows dates, NaN and number keys."""
    pending = [(0, value)]
    while pending:
        depth, node = pending.pop()
        if depth > MAX_SCHEMA_DEPTH:
            return f"nested deeper than {MAX_SCHEMA_DEPTH} levels"
        if isinstance(node, dict):
            if wrong := next((key for key in node if not isinstance(key, str)), None):
                return f"the key {wrong!r} is {_shown(wrong)}; put it in quotes"
            pending += [(depth + 1, item) for item in node.values()]
        elif isinstance(node, list):
            pending += [(depth + 1, item) for item in node]
        elif isinstance(node, float) and not math.isfinite(node):
            return f"{node} is not a JSON number"
        elif not (node is None or isinstance(node, str | int | float)):
            return f"got {_shown(node)}, which JSON does not have; put it in quotes"
    return ""


def _place(path: tuple[str | int, ...]) -> str:
    return pointer(path) or "(root)"


def _shown(value: Any) -> str:
    kind = type(value).__name__
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}" if value is not None else "null"
