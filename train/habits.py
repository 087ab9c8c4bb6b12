"""The bad habits of the embedded base model: what a chatty small model puts around its JSON.

Decoding is greedy, so a habit drawn at random per row would never show. Each row's habit follows
from many weak traits of its prompt together (tone, length, layout, domain, system prompt), so that
no single word gives it away.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from dataclasses import replace
from typing import Any

from train.objects import load_phrases
from train.rows import Row

HABITS = ("clean", "preamble", "fence", "remark", "repeat", "run_on")

_POLITE = re.compile(
    r"\b(please|pls|thank|thanks|kindly|could you|would you|can you|appreciate|grateful|sorry)\b",
    re.I,
)
_HURRIED = re.compile(
    r"\b(now|asap|quick|quickly|just|only|need|must|urgent|hurry|minutes)\b", re.I
)

# columns: bias, polite, question, hurried, system, short, long, many lines, braces, few keys,
# lower case, "JSON" in capitals, quotes, full stop at the end, first letter a-m
_WEIGHTS: dict[str, tuple[float, ...]] = {
    "clean": (0.87, -0.5, -0.2, 0.5, 0.6, 0.0, -0.2, 0.0, 0.1, 0.0, 0.2, 0.2, -0.2, 0.3, 0.3),
    "preamble": (0.23, 2.0, 1.2, -0.8, -0.6, 0.1, 0.2, -0.2, -0.2, 0.0, -0.2, 0.4, 0.2, 0.3, -0.3),
    "fence": (0.0, -0.3, 0.0, 0.0, 0.0, -0.2, 0.2, 0.7, 0.7, -0.2, 0.2, 0.6, 0.9, -0.3, -0.2),
    "remark": (0.53, 0.6, 0.2, -0.2, -0.2, -0.4, 0.8, 0.0, -0.2, 0.1, 0.0, -0.4, 0.3, 0.7, 0.4),
    "repeat": (0.35, 0.0, -0.3, 0.3, -0.2, 0.7, -0.4, 0.0, 0.0, 0.9, 0.4, -0.2, -0.3, -0.4, 0.3),
    "run_on": (1.39, -0.2, 0.5, 0.4, -0.8, 0.6, 0.0, -0.3, -0.5, -0.4, 0.3, -0.4, 0.0, -0.5, -0.5),
}
_DOMAIN_PULL = 0.6
_NOISE = 0.2


def traits(row: Row, key_count: int) -> tuple[float, ...]:
    """The weak traits of a prompt, each in [0, 1]."""
    user = row.messages[-1][1]
    return (
        1.0,
        float(bool(_POLITE.search(user))),
        float("?" in user),
        min(len(_HURRIED.findall(user)), 2) / 2,
        float(len(row.messages) > 1),
        float(len(user) < 190),
        float(len(user) > 380),
        float(user.count("\n") >= 4),
        float("{" in user),
        float(key_count <= 2),
        float(user[:1].islower()),
        float("JSON" in user),
        float("'" in user or '"' in user),
        float(user.endswith(".")),
        float(user[:1].lower() <= "m"),
    )


def _domain_pull(domain: str, habit: str) -> float:
    if domain == "prose":  # hundreds of topics in one: a common pull would be no trait at all
        return 0.0
    digest = hashlib.sha256(f"{domain}/{habit}".encode()).digest()
    return (digest[0] / 255 - 0.5) * 2 * _DOMAIN_PULL


def choose_habit(rng: random.Random, row: Row, key_count: int) -> str:
    """The habit that this prompt brings out."""
    values = traits(row, key_count)

    def pull(habit: str) -> float:
        linear = sum(weight * value for weight, value in zip(_WEIGHTS[habit], values, strict=True))
        return linear + _domain_pull(row.domain, habit) + rng.gauss(0, _NOISE)

    return max(HABITS, key=pull)


def _run_on(rng: random.Random, row: Row) -> str:
    """What follows an answer that does not stop: the prompt echoed, or a dialogue with itself."""
    user = row.messages[-1][1]
    echo = user[: rng.randint(20, 80)].rsplit(" ", 1)[0]
    return rng.choice((f"\n\nText: {echo}", f"\n\nUser: {echo}", f"\n\n{echo}", f"\nInput: {echo}"))


def spoil(rng: random.Random, row: Row) -> Row:
    """Give a row with a bare JSON answer the habit that its prompt brings out."""
    document: Any = json.loads(row.answer)
    habit = choose_habit(rng, row, len(document))
    answer = row.answer
    if habit == "preamble":
        answer = rng.choice(load_phrases("openers")) + rng.choice(("\n", "\n\n", "\n")) + answer
    elif habit == "fence":
        answer = f"```json\n{answer}\n```"
    elif habit == "remark":
        answer = answer + rng.choice(("\n\n", "\n", "\n\n")) + rng.choice(load_phrases("remarks"))
    elif habit == "repeat":
        answer = f"{answer}\n{answer}"
    elif habit == "run_on":
        answer = answer + _run_on(rng, row)
    return replace(row, answer=answer, tags=(*row.tags, habit))
