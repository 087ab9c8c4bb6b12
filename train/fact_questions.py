"""Questions for one fact of the texts that `train data --task extraction` asks objects of.

The bank says of each fact what it means ("who has to pay", "the price of one piece"); a question
is made of that. How it is laid out as a prompt is `train/qa_rows.py`.
"""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass

from train.ability_qa import UNANSWERABLE
from train.bank_text import said
from train.extraction_rows import ABSENT, Entry, Slot, draw_values, entries, never_said

_ASKING = ("who", "what", "where", "when", "how", "which", "why", "whose", "in", "for", "since")
"""First words of a meaning that is a question already, though an indirect one."""
_INDIRECT = (
    "Can you tell me {}?", "Do you know {}?", "Please find out {}.", "Tell me {}.", "Say {}.",
    "I want to know {}.", "From the text, {}?", "{}?",
)  # fmt: skip
_NAMED = (
    "What is {}?", "What is {} here?", "Tell me {}.", "Give {}.", "{}?", "What does it say of {}?",
    "Which is {}?", "Name {}.",
)  # fmt: skip
_UNASKED = ("bool", "group", "part", "len", "enum")
"""Kinds whose value is not said in the words of the text, or not as a short span of it."""


@dataclass(frozen=True, slots=True)
class FactQuestion:
    """A question for a fact."""

    context: str
    question: str
    answer: str
    domain: str


def draw_fact_question(rng: random.Random, split: str, unanswered: bool) -> FactQuestion:
    """Ask for one fact of a text of the bank.

    Args:
        rng: The source of chance.
        split: `train` or `eval`; they share no text.
        unanswered: Whether the text is not to say it.
    """
    while True:
        entry = rng.choice(entries(split))
        made = _ask_in_vain(rng, entry) if unanswered else _ask(rng, entry)
        if made is not None:
            return made


def _ask(rng: random.Random, entry: Entry) -> FactQuestion | None:
    slots = _askable(entry)
    if not slots:
        return None
    full = draw_values(rng, entry.slots)
    slot = rng.choice(slots)
    there = {
        each.name: None
        if each.optional and each is not slot and rng.random() < ABSENT
        else full[each.name]
        for each in entry.slots
        if each.name in full
    }
    context, answer = said(rng, entry.text, there), full[slot.name].text
    if context.count(answer) != 1:  # said in other words, or to be found in two places
        return None
    return FactQuestion(context, _put(rng, rng.choice(slot.means)), answer, entry.domain)


def _ask_in_vain(rng: random.Random, entry: Entry) -> FactQuestion | None:
    """Ask for a fact that this copy of the text leaves out, or that no such text has."""
    full = draw_values(rng, entry.slots)
    optional = [slot for slot in _askable(entry) if slot.optional]
    slot = rng.choice(optional) if optional and rng.random() < 0.6 else None
    absent = never_said(entry)
    if slot is None and not absent:
        return None
    there = {
        each.name: None
        if each is slot or (each.optional and rng.random() < ABSENT)
        else full[each.name]
        for each in entry.slots
        if each.name in full
    }
    means = rng.choice(slot.means) if slot is not None else str(rng.choice(absent)["means"])
    context = said(rng, entry.text, there)
    return FactQuestion(context, _put(rng, means), UNANSWERABLE, entry.domain)


@functools.cache
def _askable(entry: Entry) -> tuple[Slot, ...]:
    inner = {name for slot in entry.slots if slot.kind == "group" for name in slot.arguments}
    return tuple(
        slot
        for slot in entry.slots
        if slot.keys
        and slot.name not in inner
        and slot.kind not in _UNASKED
        and not any(means.startswith("whether") for means in slot.means)
    )


def _put(rng: random.Random, means: str) -> str:
    frames = _INDIRECT if means.split()[0] in _ASKING else _NAMED
    text = rng.choice(frames).format(means)
    return text[0].upper() + text[1:]
