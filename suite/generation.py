"""The record of what a model answered to a case; nothing here generates or judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
    latency_s: float | None = None
    """Wall seconds of the request that answered, tries before it left out; None: no request."""
    first_token_s: float | None = None
    """Of these, until the first text came; None where the answer was not streamed."""
    cost_usd: float | None = None
    """By the prices of the model's entry; None where it has none."""
    served_model: str | None = None
    """What the server said that it answered with."""
    fingerprint: str | None = None
    """`system_fingerprint`: the server's word for weights, build and settings."""


_OF_REQUESTS = ("latency_s", "first_token_s", "cost_usd", "served_model", "fingerprint")


def generation_data(generation: Generation) -> dict[str, Any]:
    """Return a generation as JSON data; what only a server tells is left out where none told it."""
    data = {name: getattr(generation, name) for name in Generation.__slots__}
    return {
        name: value for name, value in data.items() if value is not None or name not in _OF_REQUESTS
    }


def without_times(generation: Generation) -> Generation:
    """Return a generation without what differs between two tries that answered the same."""
    return replace(generation, elapsed_s=0.0, latency_s=None, first_token_s=None)


def read_generation(data: Mapping[str, Any]) -> Generation:
    """Return the generation that JSON data describes; what an older record lacks is unknown."""
    near = tuple(NearTie(*tie) for tie in data.get("near", ()))
    return Generation(**{**data, "near": near})
