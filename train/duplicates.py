"""Rows against the two repetitions of small models: an object said twice, a key said twice.

Built of what the generator has: its extraction prompts, its ways of asking for a repair, and the
habit that tells which prompts bring a repetition out.
"""

from __future__ import annotations

import functools
import json
import random
import re
from typing import Any

from train.habits import choose_habit
from train.objects import load_phrases
from train.prompts import Strictness, answer_text, extraction_row
from train.rows import Row
from train.vocabulary import open_word

_ASKS_FOR_TWO = re.compile(r"\b(twice|two|both|second block)\b", re.IGNORECASE)

_OTHER_DEFECT = re.compile(
    r"quot|comma|bracket|cut off|comments?\b|fence|extra words|truncated|syntax|typos|token"
    r"|Python|JavaScript|YAML|punctuation|half-valid|around the object|notation",
    re.IGNORECASE,
)
"""Requests of the bank that name what is broken, and it is not a repetition."""

_TWO_OBJECTS = (
    *("{a}\n{a}", "{a}\n{a}", "{a} {a}", "{a}\n\n{b}", "{a}{a}", "{a}\n{a}\n{a}", "{a},\n{a}"),
    *("```json\n{a}\n```\n```json\n{a}\n```", "```json\n{a}\n```\n{b}", "[{a}, {a}]"),
    *("{a}\n\nOr, in one more form:\n{b}", "Here it is:\n{a}\n\nOnce more:\n{a}"),
)
_TWO_ERRORS = ("Extra data: line 2 column 1", "Extra data", "expected one object, got two")
_KEPT = {
    "last": ("the last one counts", "the later value is right", "the second one is the newer"),
    "first": ("the first one counts", "the earlier value is right", "ignore the second one"),
}


def duplicate_object_row(rng: random.Random, strictness: Strictness = "hard") -> Row:
    """A prompt that brings out a second object: one pasted in, one asked for, or just a short task.

    Args:
        rng: The source of chance.
        strictness: With `easy` nobody asks for two objects.
    """
    roll = rng.random()
    if roll < 0.45:
        return _two_objects_pasted_in(rng, strictness)
    if roll < 0.7 and strictness == "hard":
        return _two_objects_asked_for(rng)
    while True:
        row = _draw(rng, strictness)
        if choose_habit(rng, row, len(json.loads(row.answer))) == "repeat":
            return Row(
                row.messages, row.answer, "format", row.domain, (*row.tags, "duplicate_object")
            )


def duplicate_key_row(rng: random.Random, strictness: Strictness = "hard") -> Row:
    """A pasted output that says a key twice, with one value or with two and a word on which counts.

    Args:
        rng: The source of chance.
        strictness: Of the object.
    """
    row = _draw(rng, strictness)
    document: dict[str, Any] = json.loads(row.answer)
    pairs = list(document.items())
    place = rng.randrange(len(pairs))
    key, value = pairs[place]
    again, note = value, ""
    if rng.random() < 0.4 and (other := _another(rng, value)) is not None:
        kept = rng.choice(tuple(_KEPT))
        again, note = other, f"{key} is there twice; {rng.choice(_KEPT[kept])}"
        document[key] = other if kept == "last" else value
    pairs.insert(rng.randint(place + 1, len(pairs)), (key, again))
    inside = ", ".join(f"{answer_text(name)}: {answer_text(each)}" for name, each in pairs)
    error = rng.choice((f"duplicate key {key}", f'key "{key}" found twice', "duplicate keys"))
    return _repair(rng, f"{{{inside}}}", error, note, document, "duplicate_key")


def _draw(rng: random.Random, strictness: Strictness) -> Row:
    """An extraction row whose object has something in it."""
    while not json.loads((row := extraction_row(rng, strictness)).answer):
        pass
    return row


def _two_objects_pasted_in(rng: random.Random, strictness: Strictness) -> Row:
    document = json.loads(_draw(rng, strictness).answer)
    a, b = answer_text(document), json.dumps(document, ensure_ascii=False, indent=2)
    form = rng.choice(_TWO_OBJECTS)
    text = re.sub(r"\{([ab])\}", lambda slot: a if slot[1] == "a" else b, form)
    return _repair(rng, text, rng.choice(_TWO_ERRORS), "", document, "duplicate_object")


def _two_objects_asked_for(rng: random.Random) -> Row:
    """As a hard negative, with a wish for two answers of the bank; the rule still wins."""
    row = _draw(rng, "hard")
    *before, (_, user) = row.messages
    gap, rule = rng.choice(("\n", "\n\n", " ")), rng.choice(load_phrases("only_json"))
    pull = rng.choice(_pulls())
    user = f"{pull}{gap}{user}" if rng.random() < 0.45 else f"{user}{gap}{pull}"
    user = f"{user}{gap}{rule}" if rng.random() < 0.7 else f"{rule}{gap}{user}"
    tags = (*row.tags, "duplicate_object")
    return Row((*before, ("user", user)), row.answer, "hard_negative", row.domain, tags)


@functools.cache
def _pulls() -> tuple[str, ...]:
    return tuple(pull for pull in load_phrases("hard_negatives") if _ASKS_FOR_TWO.search(pull))


@functools.cache
def _frames() -> tuple[str, ...]:
    return tuple(form for form in load_phrases("repairs") if not _OTHER_DEFECT.search(form))


def _another(rng: random.Random, value: Any) -> Any:
    """Another value of the same type; None where there is no simple one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + rng.randint(1, 9)
    return open_word(rng) if isinstance(value, str) else None


def _repair(
    rng: random.Random, broken: str, error: str, note: str, document: dict[str, Any], tag: str
) -> Row:
    slots = {"broken": broken, "error": error}
    form = rng.choice(_frames())
    body = re.sub(r"\{(broken|error)\}", lambda slot: slots[slot[1]], form)
    if note:
        body = rng.choice((f"{body}\n{note}", f"{note}\n{body}"))
    system = rng.choice(load_phrases("systems")) if rng.random() < 0.25 else ""
    messages = ((("system", system),) if system else ()) + (("user", body),)
    return Row(messages, answer_text(document), "repair", "repair", (tag,))
