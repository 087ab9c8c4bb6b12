"""Refuses rows that cannot teach what they should: read before and after the trainer prepares them.

What the trainer makes of a row is asked of the trainer itself: its own data set, its own collator.
Nothing is put right here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from suite.errors import InputError
from suite.sinks import terminal_safe
from train.sft_data import Example

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

NOT_LEARNED = -100
"""Label without loss, in torch and transformers."""

_TAIL, _HEAD = 16, 48
"""Tokens before and characters behind the boundary that a token over it could reach."""
_MOST_NAMED = 3
_BATCH = 64

_NEXT_STEP = {
    "no trained label": "a row without an answer teaches nothing; leave it out of the data",
    "the last trained label": "the model would not learn to stop; each answer has to end with the "
    "token that ends a turn, and nothing may follow or cut it",
    "the pad token is the end-of-turn token": "the model would never learn to stop; give the "
    "tokenizer a pad token of its own (tokenizer_config.json: pad_token), or a collator that masks "
    "padding by position",
    "prompt and completion merge": "a model that answers never sees the token that spans both; "
    "take white space off the start of the completion, or end the prompt differently",
}


@dataclass(frozen=True, slots=True)
class Labels:
    """One row as it reaches the loss."""

    name: str
    ids: Sequence[int]
    """Without padding."""
    labels: Sequence[int]
    """`NOT_LEARNED` or the token itself, one for each of `ids`."""


def check_labels(
    rows: Iterable[Labels], end: int, pad: int | None, spell: Callable[[int], str] = str
) -> None:
    """Refuse rows whose labels would not teach an answer and its end.

    Args:
        rows: As they reach the loss.
        end: The token that ends a turn.
        pad: Of the tokenizer; None: it has none.
        spell: Spells a token for the message.

    Raises:
        InputError: With a line for each kind of problem: how many rows, which come first, and what
            to do.
    """
    _refuse((row.name, problem) for row in rows if (problem := _look(row, end, pad, spell)))


def _look(row: Labels, end: int, pad: int | None, spell: Callable[[int], str]) -> str | None:
    learned = [token for token in row.labels if token != NOT_LEARNED]
    if not learned:
        return "no trained label"
    if learned[-1] == end:
        return None
    if pad == end and row.ids[-1] == end and row.labels[-1] == NOT_LEARNED:
        return f"the pad token is the end-of-turn token ({spell(end)}), and both are masked"
    return f"the last trained label is {spell(learned[-1])}, not the end-of-turn token {spell(end)}"


def check_boundaries(
    tokenizer: PreTrainedTokenizerBase, examples: Sequence[Example], names: Sequence[str]
) -> None:
    """Refuse rows whose prompt and completion are one token where they meet.

    They are encoded apart, as a model reads and writes them; anything that encodes the whole
    conversation (another trainer, a server that scores it) would see another token there.

    Args:
        tokenizer: Of the base.
        examples: Encoded rows.
        names: Of the rows.

    Raises:
        InputError: As `check_labels`.
    """
    known: dict[tuple[tuple[int, ...], str], str | None] = {}
    found = []
    for example, name in zip(examples, names, strict=True):
        tail = tuple(example.prompt_ids[-_TAIL:])
        head = _spell(tokenizer, example.completion_ids[:_HEAD])[:_HEAD]
        key = (tail, head)
        if key not in known:  # a template ends all prompts alike: few differ
            known[key] = _merged(tokenizer, tail, head)
        if token := known[key]:
            found.append((name, f"prompt and completion merge into one token ({token!r})"))
    _refuse(found)


def _merged(tokenizer: PreTrainedTokenizerBase, tail: tuple[int, ...], head: str) -> str | None:
    """The token over the boundary when both sides are encoded as one text; None: there is none."""
    before = _spell(tokenizer, tail)
    whole = list(tokenizer(before + head, add_special_tokens=False)["input_ids"])
    if whole[: len(tail)] == list(tail):
        return None
    for count in range(len(whole) + 1):
        spelled = _spell(tokenizer, whole[:count])
        if spelled == before:  # other tokens, but none that spans
            return None
        if len(spelled) > len(before):
            return _spell(tokenizer, whole[count - 1 : count])
    return None


def _spell(tokenizer: PreTrainedTokenizerBase, ids: Iterable[int]) -> str:
    text: str = tokenizer.decode(
        list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False
    )
    return text


def read_labels(
    trainer: Any, split: str, name_of: Callable[[Sequence[int]], str]
) -> Iterator[Labels]:
    """The rows of a split as the trainer's collator hands them out, packed ones one by one.

    Args:
        trainer: A TRL trainer, its data prepared.
        split: `train` or `eval`.
        name_of: Names a row by its tokens.
    """
    rows = trainer.train_dataset if split == "train" else trainer.eval_dataset
    for start in range(0, len(rows), _BATCH):
        columns = rows[start : start + _BATCH]
        for values in zip(*columns.values(), strict=True):
            row = dict(zip(columns, values, strict=True))
            labels = trainer.data_collator([row])["labels"][0].tolist()
            at = 0
            for length in row.get("seq_lengths", [len(row["input_ids"])]):
                ids = row["input_ids"][at : at + length]
                yield Labels(name_of(ids), ids, labels[at : at + length])
                at += length


def _refuse(found: Iterable[tuple[str, str]]) -> None:
    kinds: dict[str, list[str]] = {}
    for name, problem in found:
        kinds.setdefault(problem, []).append(name)
    if not kinds:
        return
    lines = []
    for problem, names in list(kinds.items())[:_MOST_NAMED]:
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        step = next(hint for start, hint in _NEXT_STEP.items() if problem.startswith(start))
        who = terminal_safe(", ".join(names[:_MOST_NAMED]))
        lines.append(f"data: {who}{more}: {problem}: {step}")
    raise InputError(lines)
