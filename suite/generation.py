"""The record of what a model answered to a case; nothing here generates or judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from suite.near_ties import NearTie

FinishReason = Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class Generation:
    """What a model answered to one case."""

    text: str
    """Decoded completion, special tokens removed, otherwise untouched."""
    finish_reason: FinishReason
    """`stop`: the model ended its turn; `length`: `max_new_tokens` ran out."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    """Tokens generated, the end-of-turn token included."""
    elapsed_s: float = 0.0
    """Wall seconds of the batch this row was in, divided by its rows."""
    margin: float | None = None
    """Smallest top-1 minus top-2 logit over the completion; None where the engine has no logits."""
    margin_position: int | None = None
    """Index of the completion token with the smallest margin."""
    near: tuple[NearTie, ...] = ()
    """Every margin under ten times the machine's noise, by position; none without logits."""


def read_generation(data: Mapping[str, Any]) -> Generation:
    """Return the generation that JSON data describes; what an older record lacks is unknown."""
    near = tuple(NearTie(*tie) for tie in data.get("near", ()))
    return Generation(**{**data, "near": near})
