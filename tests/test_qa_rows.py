"""Rows that ask about passages of prose: answers are in the passage, computed, or not there."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from suite.qa_score import QA_LAYOUT, check_references
from train.ability_qa import UNANSWERABLE
from train.bank_text import slots_of
from train.extraction_rows import draw_values
from train.qa_rows import (
    BANK,
    SUITE_LAYOUT,
    UNANSWERED,
    Passage,
    Question,
    ask_passage,
    draw_question,
    find_answer,
    passages,
    reading_row,
)
from train.spoken import Spoken

ALL = (*passages("train"), *passages("eval"))
QUESTIONS = [(passage, question) for passage in ALL for question in passage.questions]
VALUES = {
    "a": Spoken(7, "seven", "integer", rank=7.0),
    "b": Spoken(12, "12", "integer", rank=12.0),
    "x": Spoken("Ada", "Ada", "string"),
    "y": Spoken("Bo", "Bo", "string"),
}


def test_the_bank_is_large_and_shared_by_no_two_splits() -> None:
    assert len(ALL) >= 100
    assert len({passage.text for passage in ALL}) == len(ALL)
    assert min(len(passage.questions) for passage in ALL) >= 3
    kinds = Counter(question.kind for _, question in QUESTIONS)
    assert min(kinds[kind] for kind in ("fact", "reason", "hop", "none")) >= 100
    assert 0.05 < len(passages("eval")) / len(ALL) < 0.15


def test_passages_have_the_length_of_those_of_the_suite() -> None:
    rng = random.Random(0)
    lengths = [len(draw_question(rng, "train").context.split()) for _ in range(150)]
    assert 25 <= min(lengths) < max(lengths) <= 120


def test_every_answer_stands_in_its_passage_unless_it_is_computed() -> None:
    for seed, (passage, question) in enumerate(QUESTIONS * 2):
        asked = ask_passage(random.Random(seed), passage, question)
        if asked.computed or asked.answer == UNANSWERABLE:
            continue
        assert asked.answer in asked.context, asked
        assert check_references([asked.answer]) is None, asked


def test_a_fact_that_is_left_out_stands_nowhere() -> None:
    """Else the question could be answered after all."""
    left_out = 0
    for passage, question in QUESTIONS:
        optional = {slot.name for slot in passage.slots if slot.optional}
        for name in optional & slots_of(question.answer):
            for seed in range(3):
                asked = ask_passage(random.Random(seed), passage, question)
                value = draw_values(random.Random(seed), passage.slots)[name]
                if asked.answer != UNANSWERABLE:
                    continue
                words = re.compile(rf"(?<!\w){re.escape(value.text)}(?!\w)")
                assert not words.search(asked.context), (asked, value)
                left_out += 1
    assert left_out > 80


def test_no_slot_is_left_open() -> None:
    for passage, question in QUESTIONS:
        asked = ask_passage(random.Random(question.text), passage, question)
        for text in (asked.context, asked.question, asked.answer):
            assert not set("{}[]") & set(text), text


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("sum a b", "19"),
        ("diff a b", "5"),
        ("diff a 2", "5"),
        ("times b 2", "24"),
        ("more a b: {x} / {y}", "Bo"),
        ("less a b: {x} / {y}", "Ada"),
        ("more trees", "more trees"),
        ("the {x}", "the Ada"),
    ],
)
def test_the_rules_that_answer(rule: str, expected: str) -> None:
    assert find_answer(random.Random(0), rule, VALUES, set()) == expected


@pytest.mark.parametrize(
    ("rule", "absent"), [("sum a b", "b"), ("more a b: {x} / {y}", "y"), ("the {x}", "x")]
)
def test_what_needs_an_absent_fact_cannot_be_answered(rule: str, absent: str) -> None:
    assert find_answer(random.Random(0), rule, VALUES, {absent}) == UNANSWERABLE


def test_the_order_of_facts_does_not_tell_which_is_more() -> None:
    """Else a comparison could be answered by place."""
    compared = [(p, q) for p, q in QUESTIONS if re.match(r"(more|less) \w+ \w+: ", q.answer)]
    assert len(compared) > 30
    for passage, question in compared:
        answers = {first_named(passage, question, seed) for seed in range(12)}
        assert answers == {True, False}, (passage.text, question)


def first_named(passage: Passage, question: Question, seed: int) -> bool:
    """Whether the answer is the first of the two that may be it."""
    first = question.answer.split(": ", 1)[1].split(" / ")[0]
    rng = random.Random(seed)
    full = draw_values(random.Random(seed), passage.slots)
    asked = ask_passage(rng, passage, question)
    return asked.answer == find_answer(rng, first, full, set())


def test_shares_are_as_they_are_said_to_be() -> None:
    rng = random.Random(0)
    rows = [reading_row(rng, "train") for _ in range(600)]
    lead = QA_LAYOUT.prompt.split("{context}")[0]
    users = [row.messages[-1][1] for row in rows]
    shares = {
        "bank": (sum("text" in row.tags for row in rows), BANK),
        "layout": (sum(user.startswith(lead) for user in users), SUITE_LAYOUT),
        "unanswerable": (sum(row.answer == UNANSWERABLE for row in rows), UNANSWERED),
    }
    assert {name: share for name, (n, share) in shares.items() if abs(n / 600 - share) > 0.07} == {}
    assert not any(row.raw for row in rows)
    again = random.Random(0)
    assert [reading_row(again, "train") for _ in range(50)] == rows[:50]
