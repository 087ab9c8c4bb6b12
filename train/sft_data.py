"""Rows of a training file as token ids and a mask of what is learned.

Prompt and completion are tokenized apart, as they are when a model answers. What the trainer makes
of the mask is up to `train/sft_trainer.py`.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from suite.errors import InputError
from train.user_rows import SftRow, read_rows

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


__all__ = ["Example", "SftRow", "encode_rows", "length_batches", "read_rows"]


@dataclass(frozen=True, slots=True)
class Example:
    """One row as tokens."""

    prompt_ids: list[int]
    completion_ids: list[int]
    """The end-of-turn token included: it is the last one learned."""

    @property
    def length(self) -> int:
        """Tokens in all."""
        return len(self.prompt_ids) + len(self.completion_ids)

    def columns(self) -> dict[str, list[int]]:
        """What TRL calls pretokenized data: `completion_mask` is 1 where there is loss."""
        return {
            "input_ids": self.prompt_ids + self.completion_ids,
            "completion_mask": [0] * len(self.prompt_ids) + [1] * len(self.completion_ids),
        }


def encode_rows(
    tokenizer: PreTrainedTokenizerBase,
    rows: Iterable[SftRow],
    prompt_format: Literal["chat", "raw"],
) -> list[Example]:
    """Tokenize rows as the engine renders them, special tokens inside a text as plain text.

    Raises:
        InputError: No token ends an answer, or the chat template refuses a row, which is named.
    """
    from fixtures.prompting import RAW_LEAD, end_of_turn_id

    end = end_of_turn_id(tokenizer, prompt_format)
    if end is None:
        raise InputError(f"base: the tokenizer has no token that ends a {prompt_format} answer")
    # a raw prompt ends where a chat template would open a turn
    lead = RAW_LEAD if prompt_format == "raw" else ""
    return [_encode(tokenizer, row, prompt_format, lead, end) for row in rows]


def _encode(
    tokenizer: PreTrainedTokenizerBase,
    row: SftRow,
    prompt_format: Literal["chat", "raw"],
    lead: str,
    end: int,
) -> Example:
    from fixtures.prompting import encode_text, render

    messages = [(message.role, message.content) for message in row.case.messages]
    try:
        prompt = render(tokenizer, messages, prompt_format)
    except InputError as error:
        raise InputError(f"data: {row.case.id}: {error}") from None
    return Example(prompt, [*encode_text(tokenizer, lead + row.completion), end])


def length_batches(
    lengths: Sequence[int],
    batch_size: int,
    seed: int,
    epoch: int,
    pool: int = 25,
    in_order: bool = False,
) -> list[int]:
    """Order rows so that each batch holds rows of like length, and batches are shuffled.

    A plain function of its arguments: a resumed run sees the batches that it has not seen yet.

    Args:
        lengths: Tokens of each row.
        batch_size: Rows of a batch; the last batch may be smaller.
        seed: Of the run.
        epoch: Counted from 0; each has its own order.
        pool: Batches that are sorted by length together.
        in_order: Whether pools are made and come in the order of the rows; what is in a pool is
            shuffled all the same.

    Returns:
        Every index once.
    """
    rng = random.Random(f"{seed}/{epoch}")
    indices = list(range(len(lengths)))
    if not in_order:
        rng.shuffle(indices)
    size = batch_size * pool
    pools = [
        _cut(sorted(indices[start : start + size], key=lambda index: -lengths[index]), batch_size)
        for start in range(0, len(indices), size)
    ]
    # only the last one may be short: it stays at the end, or all after it would be cut wrongly
    last = [pools[-1].pop()] if len(pools[-1][-1]) < batch_size else []
    shuffled = pools if in_order else [[batch for batches in pools for batch in batches]]
    for batches in shuffled:
        rng.shuffle(batches)
    ordered = [batch for batches in shuffled for batch in batches]
    return [index for batch in ordered + last for index in batch]


def _cut(indices: list[int], size: int) -> list[list[int]]:
    return [indices[start : start + size] for start in range(0, len(indices), size)]
