"""Rows that ask for some of the facts of a short natural text, by what their keys mean.

The banks `train/phrases/extraction_*.yaml` hold texts with slots and, for each slot, its kind, the
keys it may be asked under and what it means; how it is asked for is `train/extraction_requests.py`.
A text's other slots stay in it: facts that nobody asked for.
"""

from __future__ import annotations

import functools
import random
import re
from dataclasses import dataclass
from typing import Any

from train.bank_text import said
from train.extraction_requests import Style, Wanted, ask, choose_style, with_arbitrary_keys
from train.objects import load_phrases, restyle_key
from train.prompts import answer_text
from train.rows import Row
from train.spoken import Spoken
from train.spoken_values import draw, draw_currency

ABSENT = 0.4
"""Share of the slots marked `?` that are not there and so are null."""

NEVER_SAID = 0.12
"""Share of requests that also ask for what no such text says, and so for null."""

HELD_OUT = 10
"""Every so-manieth text is of the evaluation alone, so that it measures texts never learned."""

_WORD = re.compile(r"\w+")
_RESTYLED = 0.12
_COUNTS, _COUNT_WEIGHTS = (2, 3, 4, 5, 6), (3, 5, 4, 2, 1)


@dataclass(frozen=True, slots=True)
class Slot:
    """What a bank says of a slot."""

    name: str
    kind: str
    optional: bool
    keys: tuple[str, ...]
    """Empty: it is never asked for."""
    means: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    """Of `enum`, `group`, `part` and `len`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One text of the bank."""

    domain: str
    text: str
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Extraction:
    """A text and what is asked of it."""

    domain: str
    text: str
    wanted: tuple[Wanted, ...]
    style: Style


def text_row(rng: random.Random, split: str) -> Row:
    """One text of the bank with a request for two to six of its facts.

    Args:
        rng: The source of chance.
        split: `train` or `eval`; they share no text.
    """
    drawn = draw_extraction(rng, rng.choice(entries(split)))
    document = {each.key: each.json for each in drawn.wanted}
    messages = ask(rng, drawn.text, drawn.wanted, drawn.style)
    return Row(messages, answer_text(document), "extraction", drawn.domain, _tags(drawn.wanted))


def _tags(wanted: tuple[Wanted, ...]) -> tuple[str, ...]:
    flat = [*wanted, *(child for each in wanted for child in each.children)]
    found = {
        "null": any(each.json is None for each in flat),
        "boolean": any(each.type == "boolean" for each in flat),
        "choices": any(each.choices for each in flat),
        "converted": any(each.hint for each in flat),
        "list": any(each.type == "array" for each in flat),
        "nested": any(each.children for each in wanted),
    }
    return ("text", *(tag for tag, there in found.items() if there))


@functools.cache
def entries(split: str) -> tuple[Entry, ...]:
    """The texts of a split."""
    held_out = split == "eval"
    bank = load_phrases("extraction")
    return tuple(
        _read(entry)
        for number, entry in enumerate(bank)
        if (number % HELD_OUT == HELD_OUT - 1) == held_out
    )


def _read(entry: dict[str, Any]) -> Entry:
    slots = tuple(read_slot(name, spec) for name, spec in entry["fields"].items())
    return Entry(entry["domain"], entry["text"], slots)


def read_slot(name: str, spec: str) -> Slot:
    """`kind | key, key | meaning / meaning`, the last two only of what may be asked for."""
    kind, keys, means = (*(part.strip() for part in spec.split("|")), "", "")[:3]
    optional = kind.endswith("?")
    kind = kind.removesuffix("?")
    arguments: tuple[str, ...] = ()
    if (head := kind.split("(")[0]) in ("enum", "group", "part", "len"):
        inside = kind[len(head) + 1 : -1]
        arguments = tuple(each.strip() for each in inside.split(";" if ";" in inside else ","))
        kind = head
    asked = tuple(key.strip() for key in keys.split(",") if key.strip())
    spoken = tuple(each.strip() for each in means.split(" / ") if each.strip())
    default = (asked[0].replace("_", " "),) if asked else ()
    return Slot(name, kind, optional, asked, spoken or default, arguments)


def draw_extraction(rng: random.Random, entry: Entry) -> Extraction:
    """Give a text its values and choose what is asked of it."""
    full = draw_values(rng, entry.slots)
    values = {
        slot.name: None if slot.optional and rng.random() < ABSENT else full[slot.name]
        for slot in entry.slots
        if slot.name in full
    }
    text = said(rng, entry.text, values)
    asked = [slot for slot in entry.slots if slot.keys]
    inner = {name for slot in asked if slot.kind == "group" for name in slot.arguments}
    outer = [slot for slot in asked if slot.name not in inner]
    count = min(len(outer), rng.choices(_COUNTS, _COUNT_WEIGHTS)[0])
    while True:
        chosen = rng.sample(outer, count)
        wanted = tuple(_want(rng, slot, entry.slots, full, values) for slot in chosen)
        if len({each.key for each in wanted}) == count:
            break
    if rng.random() < NEVER_SAID:
        wanted = _ask_for_more(rng, entry, wanted)
    style = choose_style(rng, wanted)
    return Extraction(entry.domain, text, with_arbitrary_keys(rng, wanted, style), style)


def _ask_for_more(
    rng: random.Random, entry: Entry, wanted: tuple[Wanted, ...]
) -> tuple[Wanted, ...]:
    """Add something that a text of this kind never says."""
    absent = rng.choice(_never_said(entry))
    key = rng.choice(absent["keys"])
    if key in {each.key for each in wanted}:
        return wanted
    place = rng.randint(0, len(wanted))
    more = Wanted(key, None, absent["type"], absent["means"], optional=True)
    return (*wanted[:place], more, *wanted[place:])


@functools.cache
def _never_said(entry: Entry) -> list[dict[str, Any]]:
    """What may be asked in vain: none of its words is in the text or in what it is asked for."""
    about = [entry.text, *(word for slot in entry.slots for word in (*slot.keys, *slot.means))]
    words = " ".join((*about, *(slot.kind for slot in entry.slots))).casefold()
    return [
        absent
        for absent in load_phrases("absent_facts")
        if not any(word in words for word in absent["unless"])
    ]


def _want(
    rng: random.Random,
    slot: Slot,
    slots: tuple[Slot, ...],
    full: dict[str, Spoken],
    values: dict[str, Spoken | None],
) -> Wanted:
    """What is asked of a slot; what is not in the text is asked like what is."""
    key = rng.choice(slot.keys)
    if rng.random() < _RESTYLED:
        key = restyle_key(rng, key)
    means = rng.choice(slot.means)
    if slot.kind == "group":
        inner = [each for name in slot.arguments for each in slots if each.name == name]
        children = tuple(_want(rng, each, slots, full, values) for each in inner)
        document = {each.key: each.json for each in children}
        assert len(document) == len(children), f"{slot.name}: two of {list(document)} are one"
        return Wanted(key, document, "object", means, children=children)
    like, value = full[slot.name], values[slot.name]
    if isinstance(like.json, dict):
        children = tuple(Wanted(end, like.json[end], "integer", end) for end in like.json)
        return Wanted(key, like.json, "object", means, children=children)
    return Wanted(
        key,
        None if value is None else value.json,
        like.type,
        means,
        like.hint,
        like.note,
        slot.arguments if slot.kind == "enum" else (),
        (),
        slot.optional,
    )


def draw_values(rng: random.Random, slots: tuple[Slot, ...]) -> dict[str, Spoken]:
    """A value for each slot, none of which is or holds another of the same type."""
    values: dict[str, Spoken] = {}
    currency = draw_currency(rng)
    for slot in slots:
        if slot.kind == "bool":
            values[slot.name] = Spoken(rng.random() < 0.5, "", "boolean")
        elif slot.kind == "enum":
            chosen = rng.choice(slot.arguments)
            values[slot.name] = Spoken(chosen, chosen, "string")
        elif slot.kind == "part":
            values[slot.name] = _part(values[slot.arguments[0]], slot.arguments[1])
        elif slot.kind == "len":
            values[slot.name] = _part(values[slot.arguments[0]], "count")
        elif slot.kind != "group":
            values[slot.name] = draw_apart(rng, slot.kind, values, currency)
    return values


def _part(whole: Spoken, name: str) -> Spoken:
    part = whole.parts[name]
    return Spoken(part, str(part), "integer" if isinstance(part, int) else "string")


def draw_apart(rng: random.Random, kind: str, values: dict[str, Spoken], currency: str) -> Spoken:
    """Draw a value that neither holds nor is held by any other: else two answers were right."""
    others = [each for each in values.values() if each.text]
    for _ in range(60):
        value = draw(rng, kind, currency)
        if not any(_clash(value, other) for other in others):
            return value
    raise AssertionError(f"no fresh {kind} beside {[each.text for each in others]}")


def _clash(one: Spoken, other: Spoken) -> bool:
    if one.type != "string" or other.type != "string":
        return one.type == other.type and one.json == other.json
    left, right = f" {_apart(one.text)} ", f" {_apart(other.text)} "
    return left in right or right in left


def _apart(text: str) -> str:
    """Words with one space between them: `A` is in `Hall A`, but not in `May`."""
    return " ".join(_WORD.findall(text.casefold()))
