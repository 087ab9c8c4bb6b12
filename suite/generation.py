"""The record of what a model answered to a case; nothing here generates or judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from suite.near_ties import NearTie

FinishReason = Literal["stop", "length"]


class LabelProbability(NamedTuple):
    """How likely a model took a label for the answer; JSON holds it as a list."""

    label: str
    probability: float
    """Of all tokens that could stand first in the answer, by the softmax; a server tells the
    likeliest few, and what it leaves out is taken for impossible (`suite.label_logprobs`)."""


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
    label_probabilities: tuple[LabelProbability, ...] = ()
    """Of every label of a task that has labels, in its order: `text` is the likelier one, and what
    the sum lacks to 1 is on neither. Empty: nobody told, or the task has no labels."""


_OF_REQUESTS = ("latency_s", "first_token_s", "cost_usd", "served_model", "fingerprint")


def generation_data(generation: Generation) -> dict[str, Any]:
    """Return a generation as JSON data; what only some engines tell is left out where none did."""
    data = {name: getattr(generation, name) for name in Generation.__slots__}
    if not generation.label_probabilities:
        del data["label_probabilities"]
    return {
        name: value for name, value in data.items() if value is not None or name not in _OF_REQUESTS
    }


def without_times(generation: Generation) -> Generation:
    """Return a generation without what differs between two tries that answered the same."""
    return replace(generation, elapsed_s=0.0, latency_s=None, first_token_s=None)


def read_generation(data: Mapping[str, Any]) -> Generation:
    """Return the generation that JSON data describes; what an older record lacks is unknown."""
    near = tuple(NearTie(*tie) for tie in data.get("near", ()))
    labels = tuple(LabelProbability(*each) for each in data.get("label_probabilities", ()))
    return Generation(**{**data, "near": near, "label_probabilities": labels})
