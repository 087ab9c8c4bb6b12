"""Requests that state keys and values side by side, in one style throughout.

`a = X, b = Y`, `key a is X and key b is Y`, lines, bullets: what people type when they know the
object already. Values in free prose are in `train/facts.py` and `train/prose.py`.
"""

from __future__ import annotations

import random
from typing import Any

from train.objects import OPEN_KINDS, Field, free_field, load_phrases, quoted, random_key
from train.values import KINDS, Value

_PAIRS = (
    *("{k} = {v}", "{k} = {v}", "{k}: {v}", "{k}: {v}", "{k} is {v}", "{k} is {v}", "{k}={v}"),
    *("{k} being {v}", "{k} -> {v}", "{k} {v}", "{k} {v}", "{k} should be {v}", "{k} set to {v}"),
    *(
        "key {k} is {v}",
        "key {k} = {v}",
        "{k} as {v}",
        "{v} for {k}",
        "{v} as {k}",
        "{v} under {k}",
    ),
    *("{k} ({v})", "`{k}` {v}", '"{k}": {v}', "{k} holds {v}", "{k} gets {v}", "{k} must be {v}"),
    *("{k} equals {v}", "{k} of {v}", "{k} => {v}", "{k} | {v}", "{k} - {v}", "'{k}' is {v}"),
    *("a {k} of {v}", "the key {k} with {v}", "the value {v} for {k}", "{k} has the value {v}"),
    *("field {k}: {v}", '"{k}" = {v}', "{k}, which is {v}", "{k} := {v}", "{k} reads {v}"),
    *("the {k} is {v}", "key {k}, value {v}", "{k} stays {v}", "{k} shall be {v}", "{k} to {v}"),
)
_JOINTS = (", ", ", ", ", ", "; ", "\n", "\n", "\n- ", " and ", ". ", " / ", "\n* ", ",\n")
_LISTS = ("a list with {0}", "a list of {0}", "the list {0}", "[{0}]", "{0} (a list)", "{0}")
_TRUTHS = {True: ("true", "true", "true", "yes", "on"), False: ("false", "false", "no", "off")}


def _said(rng: random.Random, field: Field, many: bool) -> str:
    """The value as it stands beside its key."""
    value = field.value
    if value is None:
        return rng.choice(("null", "null", "nothing (null)"))
    if isinstance(value, bool):
        return rng.choice(_TRUTHS[value])
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, dict):
        return _nested(rng, field)
    if isinstance(value, list):
        if not value:
            return rng.choice(("an empty list", "[]", "empty list"))
        items = [str(item) for item in value]
        text = ", ".join(items)
        if len(items) > 1 and rng.random() < 0.4:
            text = f"{', '.join(items[:-1])} and {items[-1]}"
        return rng.choice(_LISTS[:-1] if many or len(items) == 1 else _LISTS).format(text)
    if value == "":
        return rng.choice(('""', "an empty string", 'empty ("")'))
    return quoted(rng, Value(value, str(value), field.type))


_OBJECTS = (
    *("an object with {0}", "an object holding {0}", "{{{0}}}", "({0})", "a nested object: {0}"),
    *("an object that has {0}", "an object where {0}", "an object of its own with {0}"),
)
_OBJECT_LISTS = (
    *("a list of objects: {0}", "a list with {0}", "[{0}]", "an array of objects, {0}"),
    *("a list of {n}, {0}", "a list; its entries are {0}", "the array {0}"),
)
_ENTRIES = ("one with {0}", "({0})", "{{{0}}}", "an object with {0}", "first {0}", "{0}")


def _nested(rng: random.Random, field: Field) -> str:
    """An object or a list of objects, its pairs in one style of its own."""
    pair = rng.choice(_INNER_PAIRS)
    if isinstance(field.value, dict):
        return rng.choice(_OBJECTS).format(_inner(rng, pair, field.value))
    entry = rng.choice(_ENTRIES)
    if entry.startswith("first"):
        entries = [
            f"{place} {_inner(rng, pair, row)}"
            for place, row in zip(("first", "second", "third"), field.value, strict=False)
        ]
    else:
        entries = [entry.format(_inner(rng, pair, row)) for row in field.value]
    joined = rng.choice(("; ", " and ", ", then ", ", ")).join(entries)
    return rng.choice(_OBJECT_LISTS).format(joined, n=len(entries))


_INNER_PAIRS = ("{k} {v}", "{k} {v}", "{k} = {v}", "{k}: {v}", "{k} is {v}", '{k} "{v}"', "{k}={v}")


def _inner(rng: random.Random, pair: str, values: dict[str, Any]) -> str:
    pairs = []
    for key, value in values.items():
        plain = _said(rng, Field(key, value, "", ""), many=True)
        form = pair if isinstance(value, str) else pair.replace('"', "")
        pairs.append(form.replace("{k}", key, 1).replace("{v}", plain, 1))
    return rng.choice((", ", " and ", ", ")).join(pairs)


def _group(rng: random.Random, key: str) -> Field:
    """A nested object, or a list of one to three objects of the same keys."""
    names = list(dict.fromkeys(random_key(rng) for _ in range(rng.choice((1, 2, 2, 2, 3)))))
    kinds = [rng.choice((*OPEN_KINDS[:-1], "int", "int_small", "float", "code")) for _ in names]
    rows = [
        {name: KINDS[kind](rng).json for name, kind in zip(names, kinds, strict=True)}
        for _ in range(rng.choice((1, 2, 2, 3)))
    ]
    if rng.random() < 0.2:
        for row in rows:
            row[names[0]] = rng.random() < 0.5
    if rng.random() < 0.55:
        return Field(key, rows[0], "object", "")
    return Field(key, rows, "array", "")


def stated_fields(rng: random.Random) -> tuple[Field, ...]:
    """Two to seven fields with arbitrary keys, all different."""
    count = rng.choices((1, 2, 3, 4, 5, 6, 7), (1, 4, 8, 8, 5, 2, 1))[0]
    fields: dict[str, Field] = {}
    groups = rng.choices((0, 1, 2), (7, 3, 1))[0]
    for _ in range(count):
        field = free_field(rng)
        if groups:
            groups -= 1
            field = _group(rng, field.key)
        fields.setdefault(field.key, field)
    shuffled = list(fields.values())
    rng.shuffle(shuffled)
    return tuple(shuffled)


def state(rng: random.Random, fields: tuple[Field, ...]) -> str:
    """All fields in one style: pairs of a form, joined one way."""
    forms = [rng.choice(_PAIRS)] * 2 + [rng.choice(_PAIRS)]
    joint = rng.choice(_JOINTS)
    pairs = [
        (forms[0] if rng.random() < 0.8 else rng.choice(forms))
        .replace("{k}", field.key, 1)
        .replace("{v}", _said(rng, field, "," in joint), 1)
        for field in fields
    ]
    if joint == ", " and len(pairs) > 1 and rng.random() < 0.5:
        return ", ".join(pairs[:-1]) + rng.choice((" and ", ", and ")) + pairs[-1]
    text = joint.join(pairs)
    return joint + text if joint.strip() in ("-", "*") else text


def stated_body(rng: random.Random, fields: tuple[Field, ...]) -> str:
    """A whole request for the object of these fields."""
    return str(rng.choice(load_phrases("stated"))).replace("{s}", state(rng, fields), 1)
