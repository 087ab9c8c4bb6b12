"""Finds rows that are learned and measured at once: the same prompts, and nearly the same ones.

Compared are the splits with each other, and both with the cases of the suite. Answers are not
looked at, and nothing is shown of a case but its id.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from suite.case import Case
from suite.case_files import load_cases
from suite.errors import InputError
from train.processes import say

if TYPE_CHECKING:
    from train.data_settings import DataSettings
    from train.user_rows import SftRow

CASES = Path(__file__).parents[1] / "suite" / "cases"
NEAR = 0.8
"""Default share of common word triples from which two prompts are near-duplicates."""

_SHINGLE = 3
_BOILERPLATE, _FEW = 0.05, 20
"""A triple of more than this share of all prompts, and of more than so many, is their common
wording and says nothing of a pair."""
_MOST_TOLD = 10
# in Chinese and Japanese nothing sets words apart
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")


_Pair = tuple[str, str, float, bool]


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is compared of a conversation."""

    row: str
    """Id."""
    words: str
    """All of it but for case and spaces."""
    shingles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Leak:
    """Two prompts that are (nearly) one."""

    row: str
    """Id of the row that should not be there: of `train`, or of `eval` beside a case."""
    split: str
    """Of that row: `train` or `eval`."""
    other: str
    """What it equals, such as `eval row 17_b` or `case contact_plain_001`."""
    similarity: float
    """Share of common word triples; 1.0: all of them."""
    exact: bool
    """The same prompt but for case and spaces."""

    def __str__(self) -> str:
        how = "is" if self.exact else f"is {self.similarity:.0%} like"
        return f"{self.split} row {self.row} {how} {self.other}"


def find_leaks(
    train: Sequence[SftRow],
    held_out: Sequence[SftRow],
    cases: Iterable[Case] = (),
    near: float = NEAR,
) -> list[Leak]:
    """Find what is learned and measured at once.

    Near-duplicates are pairs with a Jaccard index of word triples of at least `near` (Broder, "On
    the resemblance and containment of documents", 1997), each pair counted, none estimated. No pair
    of 14,000 and 600 rows of the generator, which share its templates, reaches 0.8.

    Args:
        train: Learned.
        held_out: Measured while training.
        cases: Of the suite, or of any test.
        near: In (0, 1].

    Returns:
        At most one for each row and split of the other side: the most alike.
    """
    return match_prompts(
        {
            "train": [_case_prompt(row.case) for row in train],
            "eval": [_case_prompt(row.case) for row in held_out],
            "case": [_case_prompt(case) for case in cases],
        },
        near,
    )


def match_prompts(sides: dict[str, list[Prompt]], near: float = NEAR) -> list[Leak]:
    """Do what `find_leaks` does with prompts of `train`, `eval` and `case`."""
    prompts = _without_boilerplate(sides)
    return [
        Leak(row, split, f"{'eval row' if other == 'eval' else 'case'} {twin}", similarity, exact)
        for split, other in (("train", "eval"), ("train", "case"), ("eval", "case"))
        for row, twin, similarity, exact in _match(prompts[split], prompts[other], near)
    ]


def keep_clean(
    settings: DataSettings, rows: dict[str, list[SftRow]], cases: Iterable[Case] | None = None
) -> dict[str, list[SftRow]]:
    """Refuse, leave out or tell of leaks, as `data.leaks` says.

    Args:
        settings: Of the data.
        rows: `train` and `eval`; may be empty.
        cases: Of the suite; None: those of this repository.

    Returns:
        The rows, without the leaking ones where they are to be dropped.

    Raises:
        InputError: There are leaks and they are to be refused, or none of a split would be left.
    """
    if not rows:  # they are to be generated: clean by the way they are drawn
        return rows
    if cases is None:
        cases = [case for file in load_cases(CASES).values() for case in file.cases]
    leaks = find_leaks(rows["train"], rows["eval"], cases, settings.near_duplicate)
    if not leaks:
        return rows
    told = describe_leaks(leaks)
    if settings.leaks == "refuse":
        raise InputError(
            [*told, "data.leaks=drop leaves these rows out, data.leaks=warn goes on with them"]
        )
    for line in told:
        say(f"data: {line}")
    if settings.leaks == "warn":
        return rows
    gone = {(leak.split, leak.row) for leak in leaks}
    left = {
        split: [row for row in chosen if (split, row.case.id) not in gone]
        for split, chosen in rows.items()
    }
    for split, chosen in left.items():
        if not chosen:
            raise InputError(f"data.leaks: drop: every row of {split} leaks; none is left")
        if len(chosen) < len(rows[split]):
            say(f"data: {split}: {len(rows[split]) - len(chosen)} rows left out")
    return left


def describe_leaks(leaks: Sequence[Leak]) -> list[str]:
    """Return lines for people: counts, then the first few by name."""
    exact = sum(leak.exact for leak in leaks)
    lines = [
        f"{len(leaks)} rows are measured as well as learned, or are cases of the suite: "
        f"{exact} exactly, {len(leaks) - exact} nearly"
    ]
    lines += [str(leak) for leak in leaks[:_MOST_TOLD]]
    if len(leaks) > _MOST_TOLD:
        lines.append(f"… and {len(leaks) - _MOST_TOLD} more")
    return lines


def read_prompt(row: str, messages: Iterable[tuple[str, str]]) -> Prompt:
    """Return what is compared of a conversation.

    Args:
        row: Id.
        messages: Pairs of role and content.
    """
    turns = list(messages)
    text = "\n\n".join(content for _, content in turns)
    # a system prompt is often the same for all rows: near-duplicates are told by the rest
    asked = "\n\n".join(content for role, content in turns if role != "system")
    return Prompt(row, " ".join(text.casefold().split()), _shingles(asked))


def suite_prompts() -> list[Prompt]:
    """The prompts of all cases of the suite."""
    return [_case_prompt(case) for file in load_cases(CASES).values() for case in file.cases]


def _case_prompt(case: Case) -> Prompt:
    return read_prompt(case.id, [(each.role, each.content) for each in case.messages])


def _without_boilerplate(prompts: dict[str, list[Prompt]]) -> dict[str, list[Prompt]]:
    """Take out the triples of a layout that all rows share, or any two would be near-duplicates."""
    counts = Counter(
        shingle for side in prompts.values() for prompt in side for shingle in prompt.shingles
    )
    most = max(_FEW, _BOILERPLATE * sum(map(len, prompts.values())))
    common = {shingle for shingle, count in counts.items() if count > most}
    return {
        name: [replace(prompt, shingles=prompt.shingles - common) for prompt in side]
        for name, side in prompts.items()
    }


def _shingles(text: str) -> frozenset[str]:
    words = _WORD.findall(text.casefold())
    count = max(1, len(words) - _SHINGLE + 1)
    return frozenset(" ".join(words[at : at + _SHINGLE]) for at in range(count))


def _match(left: Sequence[Prompt], right: Sequence[Prompt], near: float) -> Iterator[_Pair]:
    """Yield for each prompt on the left its most alike on the right, if it is alike enough."""
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for index, prompt in enumerate(right):
        for shingle in prompt.shingles:
            holders[shingle].append(index)
    by_words = {prompt.words: prompt for prompt in reversed(right)}
    for prompt in left:
        if (twin := by_words.get(prompt.words)) is not None:
            yield prompt.row, twin.row, 1.0, True
            continue
        shared = Counter(index for each in prompt.shingles for index in holders.get(each, ()))
        alike = [
            (count / (len(prompt.shingles) + len(right[index].shingles) - count), -index)
            for index, count in shared.items()
        ]
        similarity, place = max(alike, default=(0.0, 0))
        if similarity >= near:
            yield prompt.row, right[-place].row, similarity, False
