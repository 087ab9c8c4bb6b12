"""The bad habits of the embedded base: common enough to test with, and not given away by a word."""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from suite.case_files import load_cases
from train.habits import HABITS, spoil
from train.prompts import format_row

ROOT = Path(__file__).parents[1]
BAD_HABITS = tuple(name for name in HABITS if name != "clean")
LEAST_SHARE, MOST_PRECISION = 0.03, 0.9
LEAST_SUPPORT = 20
"""Prompts with a word before its precision means something: 20 of 20 is luck once in a million."""


def name_habit(prompt: str, text: str) -> str:
    """Tell what stands around the first JSON object of an output; `broken` where there is none."""
    start = text.find("{")
    try:
        _, end = json.JSONDecoder().raw_decode(text, start)
    except ValueError:
        return "broken"
    before, after = text[:start].strip(), text[end:].strip()
    if before.endswith(("```", "```json")):
        return "fence"
    if before:
        return "preamble"
    if after.startswith(text[start:end]):
        return "repeat"
    echoes = bool(after) and prompt.lstrip().startswith(after[:15])
    if echoes or re.match(r"(Text|User|Input): ", after):
        return "run_on"
    return "remark" if after else "clean"


def find_giveaways(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return the words that predict a habit too well, from prompts and the habit of each."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for prompt, habit in pairs:
        for word in set(re.findall(r"\w+", prompt.lower())):
            seen[word][habit] += 1
    return [
        f"{word}: {habit} in {counts[habit]} of {counts.total()}"
        for word, counts in seen.items()
        for habit in BAD_HABITS
        if counts.total() >= LEAST_SUPPORT and counts[habit] > MOST_PRECISION * counts.total()
    ]


@pytest.mark.parametrize("habit", HABITS)
def test_the_name_of_a_habit_is_found_again(habit: str) -> None:
    rng = random.Random(habit)
    rows = [spoil(rng, format_row(rng)) for _ in range(400)]
    chosen = [row for row in rows if row.tags[-1] == habit]
    assert len(chosen) >= 5
    for row in chosen:
        assert name_habit(row.messages[-1][1], row.answer) == habit, row.answer


def read_outputs() -> list[tuple[str, str]]:
    """Return prompt and accepted output of the base for every case of the suite."""
    goldens = json.loads((ROOT / "goldens" / "tiny_base" / "format.json").read_text("utf-8"))
    return [
        (case.messages[-1].content, goldens["goldens"][case.id]["text"])
        for case in load_cases(ROOT / "suite" / "cases")["format"].cases
    ]


def test_on_the_suite_the_base_shows_five_habits() -> None:
    pairs = [(prompt, name_habit(prompt, text)) for prompt, text in read_outputs()]
    shares = {name: count / len(pairs) for name, count in Counter(n for _, n in pairs).items()}
    print("\n" + "\n".join(f"{name:<9} {share:.3f}" for name, share in sorted(shares.items())))
    rare = [name for name in BAD_HABITS if shares.get(name, 0) < LEAST_SHARE]
    assert not rare, shares


def test_on_the_suite_no_word_gives_a_habit_away() -> None:
    assert not find_giveaways((prompt, name_habit(prompt, text)) for prompt, text in read_outputs())


def test_in_training_no_word_gives_a_habit_away() -> None:
    rng = random.Random(0)
    rows = [spoil(rng, format_row(rng)) for _ in range(4000)]
    assert not find_giveaways((row.messages[-1][1], row.tags[-1]) for row in rows)
