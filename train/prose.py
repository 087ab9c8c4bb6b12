"""Whole requests in natural prose: hand-written texts with slots for keys and values.

The bank `train/phrases/prose_*.yaml` says for each field its kind and the keys it may have; `in`
puts a field into a nested object, `row` into one row of a list of objects. `kind` marks an entry
that pulls out of the format or that pastes in a text to be put right.
"""

from __future__ import annotations

import functools
import json
import random
import re
from collections.abc import Mapping
from typing import Any, Literal

from train.objects import load_phrases, random_key, restyle_key
from train.rows import Row
from train.values import KINDS, Value

ProseKind = Literal["format", "hard_negative", "repair"]

_GROUPS = ("object", "objects")
_SLOT = re.compile(r"\{[kv]\d+\}")

RESTYLED, ARBITRARY = 0.15, 0.22
"""Shares of keys spelled in another convention, and of keys that have nothing to do with their
field: a model that knows the keys of the bank by heart would not learn to copy them."""


def prose_row(rng: random.Random, answer_text: Any, kind: ProseKind = "format") -> Row:
    """One hand-written request with random keys and values.

    Args:
        rng: The source of chance.
        answer_text: Writes the document as the answer.
        kind: Of the entries to draw from; those without `kind` are `format`.
    """
    while True:
        entry = rng.choice(_entries(kind))
        keys = _draw_keys(rng, entry["fields"])
        if keys is not None:
            break
    values = [_draw_value(rng, field) for field in entry["fields"]]
    if kind == "repair":
        values = [_as_in_json(value) for value in values]
    slots = {f"{{k{number}}}": key for number, key in enumerate(keys, 1)}
    slots |= {f"{{v{number}}}": value.text for number, value in enumerate(values, 1)}
    document = _document(entry["fields"], keys, values)
    system = _fill(entry.get("system") or "", slots)
    user = _fill(entry["text"], slots)
    messages = ((("system", system),) if system else ()) + (("user", user),)
    nested = ("nested",) if any(field["kind"] in _GROUPS for field in entry["fields"]) else ()
    return Row(messages, answer_text(document), kind, "prose", ("prose", *nested))


@functools.cache
def _entries(kind: ProseKind) -> list[dict[str, Any]]:
    return [entry for entry in load_phrases("prose") if entry.get("kind", "format") == kind]


def _fill(text: str, slots: Mapping[str, str]) -> str:
    """Fill all slots at once, so that a value that looks like a slot stays a value."""
    return _SLOT.sub(lambda slot: slots.get(slot[0], slot[0]), text)


def _draw_keys(rng: random.Random, fields: list[dict[str, Any]]) -> list[str] | None:
    """A key for each field, the same in every row of a list; None where two siblings collide."""
    keys: list[str] = []
    by_row: dict[tuple[int, tuple[str, ...]], str] = {}
    for field in fields:
        options = tuple(map(str, field["keys"]))
        shared = (field.get("in", 0), options)
        key = by_row.get(shared) if "row" in field else None
        if key is None:
            key = _draw_key(rng, options)
        by_row[shared] = key
        keys.append(key)
    places = [
        (field.get("in", 0), field.get("row", 0), key)
        for field, key in zip(fields, keys, strict=True)
    ]
    return keys if len(set(places)) == len(places) else None


def _draw_key(rng: random.Random, options: tuple[str, ...]) -> str:
    roll = rng.random()
    if roll < ARBITRARY:
        return random_key(rng)
    key = rng.choice(options)
    return restyle_key(rng, key) if roll < ARBITRARY + RESTYLED else key


def _draw_value(rng: random.Random, field: dict[str, Any]) -> Value:
    kind = field["kind"]
    if kind == "bool":
        truth = rng.random() < 0.5
        return Value(truth, str(field[truth]), "boolean")
    if kind == "enum":
        chosen = str(rng.choice(field["choices"]))
        return Value(chosen, chosen, "string")
    if kind in _GROUPS:
        return Value({} if kind == "object" else [], "", kind)
    empties: dict[str | None, Any] = {"null": None, None: None, "empty": "", "empty_list": []}
    if kind in empties:
        return Value(empties[kind], str(field["said"]), "null")
    return KINDS[kind](rng)


def _as_in_json(value: Value) -> Value:
    """Numbers and lists spelled as in a pasted output, not as in speech: `1500`, not `1,500`."""
    if value.type in ("integer", "number"):
        return Value(value.json, json.dumps(value.json), value.type)
    if isinstance(value.json, list) and value.json:
        return Value(value.json, ", ".join(map(str, value.json)), value.type)
    return value


def _document(fields: list[dict[str, Any]], keys: list[str], values: list[Value]) -> dict[str, Any]:
    """Put the values where they belong; groups come before their fields."""
    root: dict[str, Any] = {}
    groups: dict[int, Any] = {}
    for number, (field, key, value) in enumerate(zip(fields, keys, values, strict=True), 1):
        content = value.json
        if field["kind"] in _GROUPS:
            content = groups[number] = {} if field["kind"] == "object" else []
        home: Any = groups[field["in"]] if "in" in field else root
        if isinstance(home, list):
            while len(home) < field.get("row", 1):
                home.append({})
            home = home[field.get("row", 1) - 1]
        home[key] = content
    return root
