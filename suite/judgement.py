"""The records of a judge's grades of an answer; asking a judge is not done here.

What a judge is asked, and how its reply is read, is `suite.judge_prompt`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from suite.generation import Generation, generation_data, read_generation, without_times

BEST, WORST = 5, 1
"""The ends of each scale."""


@dataclass(frozen=True, slots=True)
class Grades:
    """What a judge gives to one answer, whole numbers from 1 to 5."""

    score: int
    """How right it is, compared with the reference."""
    faithfulness: int
    """How much of what it claims the context bears out."""
    completeness: int
    """How much of what was asked for it says."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judge said of one answer, as it was recorded."""

    item: str
    """Digest of what was judged (`suite.judge_prompt.digest_item`)."""
    replies: tuple[Generation, ...] = ()
    """The judge's own words: one, or two where the first could not be read."""
    grades: Grades | None = None
    """None: unscored, which is neither wrong nor right."""
    reason: str | None = None
    """Why it is unscored; None: it is not."""


def judgement_data(judgement: Judgement) -> dict[str, Any]:
    """Return a judgement as JSON data."""
    return {
        "item": judgement.item,
        "replies": [generation_data(reply) for reply in judgement.replies],
        "grades": judgement.grades and asdict(judgement.grades),
        "reason": judgement.reason,
    }


def judgement_without_times(judgement: Judgement) -> Judgement:
    """Return a judgement without what differs between two tries that said the same."""
    return replace(judgement, replies=tuple(map(without_times, judgement.replies)))


def read_judgement(data: Mapping[str, Any]) -> Judgement:
    """Return the judgement that JSON data describes."""
    return Judgement(
        data["item"],
        tuple(map(read_generation, data["replies"])),
        data["grades"] and Grades(**data["grades"]),
        data["reason"],
    )
