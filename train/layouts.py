"""The many ways in which people write down a list of keys or a schema."""

from __future__ import annotations

import json
import random
from typing import Any

from train.objects import Field
from train.values import KINDS

_TYPE_WORDS = {
    "string": ("string", "str", "text"),
    "integer": ("integer", "int", "number", "whole number"),
    "number": ("number", "float", "decimal"),
    "boolean": ("boolean", "bool", "true/false"),
    "array": ("array", "list"),
    "object": ("object",),
    "null": ("string or null", "nullable"),
}
_TS = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "string | null",
}
_PY = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "str | None",
}


def _item_type(field: Field) -> str:
    items = field.value if isinstance(field.value, list) else []
    if not items or isinstance(items[0], str):
        return "string"
    return "number" if isinstance(items[0], float) else "integer"


def json_schema(fields: tuple[Field, ...]) -> dict[str, Any]:
    """JSON Schema of an object with exactly these fields, all required."""
    properties: dict[str, Any] = {}
    for field in fields:
        if field.type == "object":
            properties[field.key] = json_schema(field.children)
        elif field.type == "array" and field.children:
            properties[field.key] = {"type": "array", "items": json_schema(field.children)}
        elif field.type == "array":
            properties[field.key] = {"type": "array", "items": {"type": _item_type(field)}}
        elif field.choices:
            properties[field.key] = {"type": "string", "enum": list(field.choices)}
        elif field.type == "null":
            properties[field.key] = {"type": ["string", "null"]}
        else:
            properties[field.key] = {"type": field.type}
    return {
        "type": "object",
        "properties": properties,
        "required": [field.key for field in fields],
        "additionalProperties": False,
    }


def _slim_schema(rng: random.Random, fields: tuple[Field, ...]) -> dict[str, Any]:
    schema = json_schema(fields)
    for key in ("required", "additionalProperties"):
        if rng.random() < 0.4:
            schema.pop(key)
    return schema


def _nested_type(field: Field, words: dict[str, str], opener: str, closer: str) -> str:
    if field.type == "object":
        inner = ", ".join(
            f"{child.key}: {_nested_type(child, words, opener, closer)}" for child in field.children
        )
        return f"{opener}{inner}{closer}"
    if field.type == "array" and field.children:
        inner = ", ".join(
            f"{child.key}: {_nested_type(child, words, opener, closer)}" for child in field.children
        )
        return f"{opener}{inner}{closer}[]" if words is _TS else f"[{opener}{inner}{closer}]"
    if field.type == "array":
        word = words[_item_type(field)]
        return f"{word}[]" if words is _TS else f"list[{word}]"
    if field.choices and words is _TS:
        return " | ".join(f'"{choice}"' for choice in field.choices)
    return words[field.type]


def _describe(rng: random.Random, field: Field) -> str:
    if field.choices and rng.random() < 0.7:
        return rng.choice(("one of ", "enum: ", "either ")) + rng.choice((", ", " | ", "/")).join(
            field.choices
        )
    if field.type == "array" and not field.children:
        return rng.choice(
            (f"list of {_item_type(field)}s", f"array of {_item_type(field)}", "list")
        )
    if field.children:
        inner = rng.choice((", ", " and ", ", ")).join(child.key for child in field.children)
        whole = (
            "object"
            if field.type == "object"
            else rng.choice(("list of objects", "array of objects"))
        )
        return rng.choice((f"{whole} with {inner}", f"{whole}: {inner}", f"{whole} ({inner})"))
    return rng.choice(_TYPE_WORDS[field.type])


def list_keys(rng: random.Random, fields: tuple[Field, ...]) -> str:
    """Name the keys in running text, nested ones with what is in them, sometimes with types."""
    style = rng.choices(("plain", "ticks", "double", "single", "typed"), (9, 3, 3, 1, 3))[0]
    parts = []
    for field in fields:
        name = {
            "ticks": f"`{field.key}`",
            "double": f'"{field.key}"',
            "single": f"'{field.key}'",
        }.get(style, field.key)
        if field.children:
            inner = ", ".join(child.key for child in field.children)
            with_and = " and ".join(child.key for child in field.children)
            forms = (
                (
                    f"{name} ({inner})",
                    f"{name} with {with_and}",
                    f"{name} (an object with {with_and})",
                    f"{name} {{{inner}}}",
                    f"{name} holding {inner}",
                    f"a nested {name} with {with_and}",
                )
                if field.type == "object"
                else (
                    f"{name} (a list of {inner})",
                    f"{name} (list of objects with {with_and})",
                    f"{name}, each with {with_and}",
                    f"{name} [{{{inner}}}]",
                    f"an array {name} of {{{inner}}}",
                )
            )
            parts.append(rng.choice(forms))
        elif (style == "typed" and rng.random() < 0.7) or (
            field.type in ("boolean", "array") and rng.random() < 0.3
        ):
            parts.append(f"{name} ({_describe(rng, field)})")
        else:
            parts.append(name)
    if rng.random() < 0.1 and len(parts) > 1:
        bullet = rng.choice(("- ", "* ", "  - ", ""))
        return "\n" + "\n".join(bullet + part for part in parts) + "\n"
    joiner = rng.choices((", ", " and ", "; ", " / ", " + ", " "), (12, 1.5, 1, 1, 0.5, 1.5))[0]
    if joiner == ", " and rng.random() < 0.6 and len(parts) > 1:
        return ", ".join(parts[:-1]) + rng.choice((" and ", ", and ", " plus ")) + parts[-1]
    return joiner.join(parts)


def _example(rng: random.Random, field: Field) -> Any:
    if field.type == "object":
        return {child.key: _example(rng, child) for child in field.children}
    if field.type == "array":
        return (
            [{child.key: _example(rng, child) for child in field.children}]
            if field.children
            else ["..."]
        )
    if field.type == "boolean":
        return rng.random() < 0.5
    if field.type == "null":
        return None
    if rng.random() < 0.4:
        return {"string": "...", "integer": 0, "number": 0.0}[field.type]
    return KINDS[{"string": "word", "integer": "int", "number": "float"}[field.type]](rng).json


def show_schema(rng: random.Random, fields: tuple[Field, ...]) -> str:
    """Write the shape of the object: as JSON Schema, types, a class, a table, a list or example."""
    style = rng.choices(
        ("schema", "short", "ts", "python", "bullets", "table", "example", "lines"),
        (5, 4, 3, 2, 4, 1, 3, 2),
    )[0]
    if style == "schema":
        return json.dumps(
            _slim_schema(rng, fields), indent=rng.choice((None, None, None, 2)), ensure_ascii=False
        )
    if style == "short":
        quote = rng.choice(('"', "", '"'))
        inner = ", ".join(
            f"{quote}{f.key}{quote}: {_nested_type(f, rng.choice((_TS, _PY)), '{', '}')}"
            for f in fields
        )
        return f"{{{inner}}}"
    if style == "ts":
        separator = rng.choice(("; ", ";\n  ", ", "))
        inner = separator.join(f"{f.key}: {_nested_type(f, _TS, '{', '}')}" for f in fields)
        name = rng.choice(("Result", "Row", "Item", "Payload", "Answer", "Record"))
        return rng.choice((f"type {name} = {{ {inner} }}", f"interface {name} {{ {inner} }}"))
    if style == "python":
        name = rng.choice(("Record", "Out", "Item", "Result"))
        base = rng.choice(("(BaseModel)", "(TypedDict)", ""))
        return f"class {name}{base}:\n" + "\n".join(
            f"    {f.key}: {_nested_type(f, _PY, '{', '}')}" for f in fields
        )
    if style == "bullets":
        bullet, sep = rng.choice(("- ", "* ", "")), rng.choice((": ", " (", " - ", " = "))
        return "\n".join(
            f"{bullet}{f.key}{sep}{_describe(rng, f)}{')' if sep == ' (' else ''}" for f in fields
        )
    if style == "table":
        rows = "\n".join(f"| {f.key} | {_describe(rng, f)} |" for f in fields)
        return f"| {rng.choice(('key', 'field', 'name'))} | type |\n|---|---|\n{rows}"
    if style == "lines":
        return "\n".join(
            f"{number}. {f.key} ({_describe(rng, f)})" for number, f in enumerate(fields, 1)
        )
    return json.dumps({f.key: _example(rng, f) for f in fields}, ensure_ascii=False)
