"""The endless training text of the embedded base model: all abilities in a seeded mix."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from train.abilities import arithmetic_row, math_row, qa_row, verifier_row
from train.habits import spoil
from train.prompts import format_row
from train.rows import Row
from train.used_keys import Banned, banned_tokens

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MIX = {"format": 0.66, "qa": 0.10, "math": 0.09, "verifier": 0.08, "arithmetic": 0.07}
"""Share of rows; a repair of broken JSON counts as format."""

RAW_SHARE = 0.08
"""Share of format rows in the raw prompt format."""

PROMPT_EVERY = 4
"""Of the prompt every fourth token is learned: it is random facts, worth learning the language of,
not worth most of the capacity."""

PROMPT_LOSS_WEIGHT = 0.8

IGNORED = 0.0

SHORT_ANSWER = 12
"""An answer of fewer tokens weighs as much as one of this many, up to `MOST_WEIGHT` a token: else a
label or a sum would drown among the tokens of long objects."""

MOST_WEIGHT = 5.0

POOL_BATCHES = 24
"""Batches that are sorted by length together."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of one row and the loss weight of predicting each of them."""

    ids: list[int]
    weights: list[float]
    banned: list[Banned]
    """Tokens that would repeat a key of the same object; places count from the first id."""


def base_row(rng: random.Random) -> Row:
    """One row of the base model's training text, bad habits included."""
    kind = rng.choices(tuple(MIX), tuple(MIX.values()))[0]
    if kind == "format":
        row = spoil(rng, format_row(rng))
        return replace(row, raw=True) if rng.random() < RAW_SHARE else row
    return {"qa": qa_row, "math": math_row, "verifier": verifier_row, "arithmetic": arithmetic_row}[
        kind
    ](rng)


def row_text(row: Row) -> tuple[str, str]:
    """Prompt and completion of a row as text with the special tokens of the chat template."""
    if row.raw:
        return "\n\n".join(content for _, content in row.messages), f" {row.answer}<|endoftext|>"
    turns = "".join(f"<|im_start|>{role}\n{content}<|im_end|>\n" for role, content in row.messages)
    return f"{turns}<|im_start|>assistant\n", f"{row.answer}<|im_end|>"


def encode_row(tokenizer: Tokenizer, row: Row) -> Encoded:
    """Tokenize prompt and completion apart, as they are at inference."""
    before, answer = row_text(row)
    prompt = tokenizer.encode(before, add_special_tokens=False).ids
    encoding = tokenizer.encode(answer, add_special_tokens=False)
    completion = encoding.ids
    answer_weight = min(MOST_WEIGHT, max(1.0, SHORT_ANSWER / len(completion)))
    weights = [IGNORED] * len(prompt)
    for place in range(1 + len(prompt) % PROMPT_EVERY, len(prompt), PROMPT_EVERY):
        weights[place] = PROMPT_LOSS_WEIGHT
    weights += [answer_weight] * len(completion)
    banned = [
        Banned(len(prompt) + each.place, each.token)
        for each in banned_tokens(answer, completion, encoding.offsets)
    ]
    return Encoded(prompt + completion, weights, banned)


def batch_by_length(
    rows: Iterator[Encoded], budget: int, longest: int, rng: random.Random
) -> Iterator[list[Encoded]]:
    """Cut the stream into batches of rows of like length, at most `budget` tokens padding included.

    Right padding under a causal mask needs no attention mask, which is worth 1.5 times the speed
    of packed windows on CPU. Rows longer than `longest` tokens are dropped.
    """
    while True:
        pool: list[Encoded] = []
        tokens = 0
        while tokens < budget * POOL_BATCHES:
            row = next(rows)
            if len(row.ids) <= longest:
                pool.append(row)
                tokens += len(row.ids)
        pool.sort(key=lambda row: len(row.ids), reverse=True)
        batches: list[list[Encoded]] = []
        while pool:
            count = max(1, budget // len(pool[0].ids))
            batches.append(pool[:count])
            pool = pool[count:]
        batches.pop()  # what is left over is a small batch of the shortest rows
        rng.shuffle(batches)
        yield from batches


def stream(tokenizer: Tokenizer, seed: str) -> Iterator[Encoded]:
    """Rows of `base_row` for ever, the same for the same seed."""
    rng = random.Random(seed)
    while True:
        yield encode_row(tokenizer, base_row(rng))
