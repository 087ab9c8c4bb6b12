"""Random objects with the text that states them: what a prompt asks for and what the answer is.

Domains come from `train/phrases/domains_*.yaml`; a third of the objects have arbitrary keys, so
that a model learns to copy names and values rather than to recite them. No prompts here.
"""

from __future__ import annotations

import random
from typing import Any

from train.objects import (
    VERBATIM,
    Facts,
    Field,
    domain_field,
    free_field,
    join_clauses,
    load_phrases,
    random_key,
)
from train.values import KINDS

_GROUPS = (
    *("items", "details", "customer", "address", "contact", "location", "meta", "owner", "info"),
    *("parts", "entries", "rows", "lines", "people", "sender", "price", "spec", "data"),
)


def _distinct(fields: list[Field]) -> list[Field]:
    seen: set[str] = set()
    return [field for field in fields if not (field.key in seen or seen.add(field.key))]  # type: ignore[func-returns-value]


def domain_facts(rng: random.Random, domains: list[Any]) -> Facts:
    """Facts of one domain: a whole text or clauses, some of them not asked for."""
    domain = rng.choice(domains)
    entries = {entry["key"]: entry for entry in domain["fields"]}
    count = min(len(entries), rng.choices((1, 2, 3, 4, 5, 6, 7), (2, 5, 9, 8, 5, 2, 1))[0])
    made = {key: domain_field(rng, entry) for key, entry in entries.items()}
    clauses: list[str] = []
    stated: list[str] = []
    if rng.random() < 0.45 and domain.get("texts"):
        text = rng.choice(domain["texts"])
        stated = [key for key in entries if "{" + key + "}" in text]
        for key in stated:
            text = text.replace("{" + key + "}", made[key][1].text)
        rest = [key for key in entries if key not in stated]
        extra = rng.sample(rest, min(len(rest), rng.choice((0, 0, 1, 2))))
        asked = (
            rng.sample(stated, min(len(stated), rng.randint(max(1, len(stated) - 2), len(stated))))
            + extra
        )
        clauses = [made[key][0].said for key in extra]
        whole = (
            text
            if not clauses
            else f"{text}{rng.choice((' ', chr(10)))}{join_clauses(rng, clauses)}"
        )
    else:
        stated = rng.sample(sorted(entries), count)
        noise = rng.choice((0, 0, 1, 2, 3)) if count > 1 else 0
        asked = stated[: max(1, count - noise)]
        rng.shuffle(stated)
        whole = join_clauses(rng, [made[key][0].said for key in stated])
    fields = [made[key][0] for key in asked]
    if rng.random() < 0.6:
        fields.sort(key=lambda field: whole.find(field.said.removeprefix(VERBATIM)))
    return Facts(domain["domain"], tuple(_distinct(fields)), whole)


def free_facts(rng: random.Random) -> Facts:
    """Facts with arbitrary keys."""
    count = rng.choices((1, 2, 3, 4, 5, 6), (2, 5, 8, 7, 4, 2))[0]
    fields = _distinct([free_field(rng) for _ in range(count)])
    stated = [field.said for field in fields]
    noise = [free_field(rng).said for _ in range(rng.choice((0, 0, 0, 1, 2)))]
    order = stated + noise
    if rng.random() < 0.6:
        rng.shuffle(order)
    return Facts("free", tuple(fields), join_clauses(rng, order))


def nest(rng: random.Random, facts: Facts) -> Facts:
    """Put some fields into a nested object, or add a list of small objects."""
    fields = list(facts.fields)
    key = random_key(rng) if rng.random() < 0.4 else rng.choice(_GROUPS)
    if key in {field.key for field in fields}:
        return facts
    if rng.random() < 0.5 and len(fields) > 1:
        size = rng.randint(1, min(3, len(fields)))
        start = rng.randint(0, len(fields) - size)
        inner = tuple(fields[start : start + size])
        outer = Field(key, {field.key: field.value for field in inner}, "object", "", (), inner)
        return Facts(
            facts.domain, tuple([*fields[:start], outer, *fields[start + size :]]), facts.text
        )
    names = [
        rng.choice(("name", "item", "product", "sku", "title", "who", random_key(rng))),
        rng.choice(("qty", "count", "price", "amount", "score", "n", "age", random_key(rng))),
    ]
    if names[0] == names[1]:
        return facts
    kinds = (
        rng.choice(("word", "product", "person", "code", "food", "city")),
        rng.choice(("int_small", "int", "money", "float")),
    )
    pattern = rng.choice(
        (
            "{0} x {1}",
            "{0} ({1})",
            "{1} {0}",
            "{0}: {1}",
            "{0} {1}",
            "{0} at {1}",
            "{0} with {1}",
            "{0}, {1}",
        )
    )
    rows = [[KINDS[kind](rng) for kind in kinds] for _ in range(rng.choice((1, 2, 2, 3)))]
    said = rng.choice(("; ", ", ", " and ", "\n")).join(
        pattern.format(*(value.text for value in row)) for row in rows
    )
    children = tuple(
        Field(name, value.json, value.type, "") for name, value in zip(names, rows[0], strict=True)
    )
    documents = [{name: value.json for name, value in zip(names, row, strict=True)} for row in rows]
    lead = rng.choice(
        (
            f"{key}: ",
            f"{key.replace('_', ' ').capitalize()}: ",
            "",
            f"the {key.replace('_', ' ')} are ",
        )
    )
    text = f"{facts.text}{rng.choice((chr(10), ' '))}{lead}{said}"
    position = rng.randint(0, len(fields))
    fields.insert(position, Field(key, documents, "array", said, (), children))
    return Facts(facts.domain, tuple(fields), text)


def make_facts(rng: random.Random, domains: list[Any] | None = None) -> Facts:
    """Random facts: two thirds from a domain, a third with arbitrary keys, a quarter nested."""
    facts = (
        domain_facts(rng, domains or load_phrases("domains"))
        if rng.random() < 0.65
        else free_facts(rng)
    )
    return nest(rng, facts) if rng.random() < 0.25 else facts
