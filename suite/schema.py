"""Checks documents against JSON Schemas of draft 2020-12 and refuses schemas that check nothing.

jsonschema-rs does the checking: offline, with its linear regex engine and formats on. Whether a
text is JSON at all is judged by `suite.strict_json`, before this.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jsonschema_rs

from suite.schema_keywords import (
    SUBSCHEMA,
    SUBSCHEMA_BY_NAME,
    SUBSCHEMA_LIST,
    find_problems,
    pointer,
)

JsonSchema = dict[str, Any] | bool

_LONGEST_MESSAGE = 300
_ENDING = re.compile(r"\n\n.*", re.DOTALL)
_BY_PATH = frozenset({"contains", "falseSchema", "required"})
"""Kinds that stand for several keywords: `contains` is also given for `minContains`, `required` for
`dependentRequired`, `falseSchema` for every keyword that holds `false`."""


class SchemaError(ValueError):
    """A schema that cannot be used (`schema_error`): the author's trouble, never the model's."""

    def __init__(self, problems: list[str], where: str = "") -> None:
        self.problems = tuple(problems)
        prefix = f"{where}: " if where else ""
        super().__init__("\n".join(prefix + problem for problem in problems))


class SchemaCheckError(RuntimeError):
    """A sound schema that could not be checked (`schema_check_failed`), as on a regex limit."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing in a document that its schema forbids."""

    label: str
    """`schema:<keyword>`, such as `schema:required`."""
    pointer: str
    """JSON pointer into the document; the empty string is the whole of it."""
    message: str
    """For people. Holds text of the document: untrusted."""

    def __str__(self) -> str:
        return f"{self.pointer or '(root)'}: {self.message}"


def check_schema(schema: Any, where: str = "") -> None:
    """Refuse a schema that is invalid, misspelt, or needs the network.

    Args:
        schema: The schema as read from a file.
        where: Put before each message: file and place in it.

    Raises:
        SchemaError: With every problem found, each with its place and the nearest known name.
    """
    if problems := find_problems(schema):
        raise SchemaError(problems, where)
    try:
        _compile(schema)
        if isinstance(schema, dict):
            _compile(_using_all_definitions(schema))
    except jsonschema_rs.ValidationError as error:
        place = pointer(tuple(error.instance_path)) or "(root)"
        message = _ENDING.sub("", str(error.message))
        if error.kind.name in ("format", "pattern") or 'a "regex"' in message:
            message += " of the linear engine: it has no look-around and no back-references"
        raise SchemaError([f"{place}: {message[:_LONGEST_MESSAGE]}"], where) from None
    except ValueError as error:  # a lone surrogate, too deep: what Rust cannot hold
        raise SchemaError([f"(root): {error}"], where) from None


def violations(document: Any, schema: JsonSchema) -> list[Violation]:
    """Return what a schema forbids in a document, the outermost first, in an order that is stable.

    Args:
        document: A value from `parse_strict`.
        schema: A JSON Schema of draft 2020-12. Compiled once, then taken from a cache.

    Raises:
        SchemaError: The schema is not usable; `check_schema` at load says so earlier.
        SchemaCheckError: The check itself failed.
    """
    validator = _validator(json.dumps(schema) if isinstance(schema, bool) else _source(schema))
    try:
        found = list(validator.iter_errors(document))
    except Exception as error:  # one type per cause, none of them in the documented interface
        raise SchemaCheckError(f"the schema check failed: {error}") from error
    ordered = sorted(found, key=lambda error: (len(error.instance_path), _order(error)))
    return [
        Violation(
            label=f"schema:{_keyword(error)}",
            pointer=pointer(tuple(error.instance_path)),
            message=str(error.message)[:_LONGEST_MESSAGE],
        )
        for error in ordered
    ]


def _order(error: jsonschema_rs.ValidationError) -> tuple[str, str, str]:
    path = tuple(error.instance_path)
    return pointer(path), pointer(tuple(error.schema_path)), str(error.message)


def _source(schema: dict[str, Any]) -> str:
    try:
        return json.dumps(schema)
    except (TypeError, ValueError, RecursionError) as error:
        raise SchemaError(find_problems(schema) or [f"(root): {error}"]) from None


@lru_cache(maxsize=1024)
def _validator(source: str) -> jsonschema_rs.Draft202012Validator:
    schema = json.loads(source)
    check_schema(schema)
    return _compile(schema)


def _compile(schema: JsonSchema) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        schema,
        validate_formats=True,
        ignore_unknown_formats=False,
        pattern_options=jsonschema_rs.RegexOptions(),
        offline=True,
    )


def _using_all_definitions(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with every definition referred to: unused ones are not compiled."""
    refs = [
        {"$ref": "#" + pointer((group, name))}
        for group in ("$defs", "definitions")
        for name in schema.get(group, {})
    ]
    return {**schema, "allOf": [*schema.get("allOf", []), *refs]} if refs else schema


def _keyword(error: jsonschema_rs.ValidationError) -> str:
    """Return the keyword that was broken."""
    kind = error.kind.name
    if kind not in _BY_PATH:
        return kind
    path, last, index = error.schema_path, "false", 0
    while index < len(path):
        last = str(path[index])
        index += 2 if last in SUBSCHEMA_BY_NAME or last in SUBSCHEMA_LIST else 1
        if last not in SUBSCHEMA and last not in SUBSCHEMA_BY_NAME and last not in SUBSCHEMA_LIST:
            break
    return last
