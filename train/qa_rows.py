"""Rows that ask about a passage of natural prose: for a fact, for two joined, for a comparison.

The banks `train/phrases/qa_*.yaml` hold passages with slots, and questions with what answers them;
an answer is in the passage unless it was computed. A question after what this copy of a passage
leaves out is answered by `unanswerable`.
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from suite.qa_score import QA_LAYOUT
from train.ability_qa import UNANSWERABLE, qa_row, read_passage
from train.bank_text import said, slots_of
from train.extraction_rows import ABSENT, HELD_OUT, Slot, draw_values, read_slot
from train.objects import load_phrases
from train.rows import Row
from train.spoken import Spoken

Kind = Literal["fact", "reason", "hop", "none"]

BANK, SUITE_LAYOUT, UNANSWERED = 0.75, 0.7, 0.3
"""Shares of rows over passages of the bank, of rows laid out as the suite does, and of questions of
the bank that their passage does not answer."""

_KINDS: dict[Kind, int] = {"fact": 4, "reason": 3, "hop": 3}
_SLOT = re.compile(r"\{(?:context|question|rule)\}")
_COMPUTED = re.compile(r"(sum|diff|times) (\w+) (\w+)")
_COMPARED = re.compile(r"(more|less) (\w+) (\w+): (.+) / (.+)")


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the bank and the rule that answers it."""

    kind: Kind
    text: str
    answer: str


@dataclass(frozen=True, slots=True)
class Passage:
    """One text of the bank and its questions."""

    domain: str
    text: str
    slots: tuple[Slot, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question over a passage."""

    context: str
    question: str
    answer: str
    kind: Kind
    domain: str
    computed: bool = False
    """Whether the answer may stand nowhere in the passage."""


def reading_row(rng: random.Random, split: str) -> Row:
    """One question over a passage of the bank, or one of `train/ability_qa.py`.

    Args:
        rng: The source of chance.
        split: `train` or `eval`; they share no passage of the bank.
    """
    as_suite = rng.random() < SUITE_LAYOUT
    if rng.random() >= BANK:
        return _simple_row(rng, as_suite)
    asked = draw_question(rng, split)
    missing = asked.answer == UNANSWERABLE
    tags = (asked.kind, "text", *((UNANSWERABLE,) if missing else ()))
    if asked.computed and not missing:
        tags = (*tags, "computed")
    if as_suite:
        messages = _as_in_suite(asked.context, asked.question)
    else:
        messages = _in_own_layout(rng, asked.context, asked.question, missing)
    return Row(messages, asked.answer, "qa", asked.domain, tags)


def _simple_row(rng: random.Random, as_suite: bool) -> Row:
    if as_suite:
        reading = read_passage(rng)
        missing = (UNANSWERABLE,) if reading.answer == UNANSWERABLE else ()
        messages = _as_in_suite(reading.passage, reading.question)
        return Row(messages, reading.answer, "qa", "reading", (f"{reading.hops}_hop", *missing))
    while (row := qa_row(rng)).raw:  # prompts for bare continuation are no chat turns
        pass
    return row


def _as_in_suite(context: str, question: str) -> tuple[tuple[str, str], ...]:
    turns = QA_LAYOUT.fill({"context": context, "question": question})
    return tuple((turn["role"], turn["content"]) for turn in turns)


def _in_own_layout(
    rng: random.Random, context: str, question: str, missing: bool
) -> tuple[tuple[str, str], ...]:
    bank = load_phrases("question_frames")[0]
    rule = rng.choice(bank["rules"]) if missing or rng.random() < 0.85 else ""
    system = ""
    if rng.random() < 0.3:
        system = rng.choice(bank["systems"])
        if rule and rng.random() < 0.4:
            system, rule = f"{system} {rule}", ""
    slots = {"{context}": context, "{question}": question, "{rule}": rule}
    user = _SLOT.sub(lambda slot: slots[slot[0]], rng.choice(bank["frames"])).strip()
    return ((("system", system),) if system else ()) + (("user", user),)


def draw_question(rng: random.Random, split: str) -> Asked:
    """A question over a passage of the bank; three in ten have no answer there."""
    unanswered = rng.random() < UNANSWERED
    kind = rng.choices(tuple(_KINDS), tuple(_KINDS.values()))[0]
    while True:
        passage = rng.choice(passages(split))
        wanted = (kind, "none") if unanswered else (kind,)
        questions = [each for each in passage.questions if each.kind in wanted]
        if not questions:
            continue
        asked = ask_passage(rng, passage, rng.choice(questions))
        if (asked.answer == UNANSWERABLE) == unanswered:
            return asked


def ask_passage(rng: random.Random, passage: Passage, question: Question) -> Asked:
    """Give a passage its values and ask one of its questions."""
    full = draw_values(rng, passage.slots)
    values: dict[str, Spoken | None] = {
        slot.name: None if slot.optional and rng.random() < ABSENT else full[slot.name]
        for slot in passage.slots
    }
    context = said(rng, passage.text, values)
    text = said(rng, question.text, full)
    absent = {name for name, value in values.items() if value is None}
    answer = find_answer(rng, question.answer, full, absent)
    computed = _COMPUTED.fullmatch(question.answer) is not None
    return Asked(context, text, answer, question.kind, passage.domain, computed)


def find_answer(
    rng: random.Random, rule: str, values: Mapping[str, Spoken], absent: set[str]
) -> str:
    """Answer by a rule of the bank.

    Args:
        rng: The source of chance.
        rule: A text with slots; `sum a b`, `diff a b` or `times a b` of slots or numbers;
            `more a b: x / y`, which is x where a is more (or later) than b, else y; `less`
            likewise; or `unanswerable`.
        values: By slot.
        absent: Slots that the passage leaves out.
    """
    compared, computed = _COMPARED.fullmatch(rule), _COMPUTED.fullmatch(rule)
    operation = compared or computed
    operands = set() if operation is None else set(operation.groups()[1:3])
    if absent & (operands | slots_of(rule)):
        return UNANSWERABLE
    if compared is not None:
        word, name, other, first, last = compared.groups()
        assert values[name].rank != values[other].rank, rule
        is_more = values[name].rank > values[other].rank
        return said(rng, first if is_more == (word == "more") else last, values)
    if computed is not None:
        word, *names = computed.groups()
        left, right = (int(name) if name.isdecimal() else values[name].json for name in names)
        results = {"sum": left + right, "diff": abs(left - right), "times": left * right}
        return str(results[word])
    return said(rng, rule, values)


@functools.cache
def passages(split: str) -> tuple[Passage, ...]:
    """The passages of a split."""
    return tuple(
        _read(entry)
        for number, entry in enumerate(load_phrases("qa"))
        if (number % HELD_OUT == HELD_OUT - 1) == (split == "eval")
    )


def _read(entry: dict[str, Any]) -> Passage:
    slots = tuple(read_slot(name, spec) for name, spec in entry["slots"].items())
    return Passage(entry["domain"], entry["text"], slots, tuple(map(_read_question, entry["ask"])))


def _read_question(line: str) -> Question:
    """`kind: question => answer`; of the kind `none` there is no answer."""
    kind, _, rest = line.partition(": ")
    text, _, answer = rest.partition(" => ")
    assert kind in get_args(Kind), line
    assert bool(answer) == (kind != "none"), line
    return Question(kind, f"[{text}]" if "|" in text else text, answer or UNANSWERABLE)  # type: ignore[arg-type]
