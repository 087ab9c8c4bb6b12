"""Requests that state keys and values side by side, in one style throughout.

`a = X, b = Y`, `key a is X and key b is Y`, lines, bullets: what people type when they know the
object already. Values in free prose are in `train/facts.py` and `train/prose.py`.
"""

from __future__ import annotations

import random

from train.objects import Field, free_field, load_phrases, quoted
from train.values import Value

_PAIRS = (
    *("{k} = {v}", "{k} = {v}", "{k}: {v}", "{k}: {v}", "{k} is {v}", "{k} is {v}", "{k}={v}"),
    *("{k} being {v}", "{k} -> {v}", "{k} {v}", "{k} {v}", "{k} should be {v}", "{k} set to {v}"),
    *("key {k} is {v}", "key {k} = {v}", "{k} as {v}", "{v} for {k}", "{v} as {k}", "{v} under {k}"),
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
    if isinstance(value, list):
        if not value:
            return rng.choice(("an empty list", "[]", "empty list"))
        items = [str(item) for item in value]
        text = ", ".join(items)
        if len(items) > 1 and rng.random() < 0.4:
            text = f"{', '.join(items[:-1])} and {items[-1]}"
        return rng.choice(_LISTS[:-1] if many else _LISTS).format(text)
    if value == "":
        return rng.choice(('""', "an empty string", "empty (\"\")"))
    return quoted(rng, Value(value, str(value), field.type))


def stated_fields(rng: random.Random) -> tuple[Field, ...]:
    """Two to seven fields with arbitrary keys, all different."""
    count = rng.choices((1, 2, 3, 4, 5, 6, 7), (1, 4, 8, 8, 5, 2, 1))[0]
    fields: dict[str, Field] = {}
    for _ in range(count):
        field = free_field(rng)
        fields.setdefault(field.key, field)
    return tuple(fields.values())


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
