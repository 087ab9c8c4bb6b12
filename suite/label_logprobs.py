"""Reads how likely a server took each label from the log probabilities of its answer's first token.

Servers tell of the few likeliest tokens only, so a label that is not among them is taken for
impossible. Local models are asked for all of it: `fixtures.label_probabilities`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import exp
from typing import Any

from suite.generation import Generation, LabelProbability

_BLANKS = " \t\r\n\u2581\u0120\u010a"
"""What tokens begin with besides text; the last three as some servers spell a blank: `▁`, `Ġ`, `Ċ`
(SentencePiece's and byte-level BPE's)."""


def read_labels(generation: Generation, logprobs: Any, labels: Sequence[str]) -> Generation:
    """Return an answer with label probabilities, its text then the likelier label.

    Args:
        generation: As it was generated.
        logprobs: Of the choice, as the server sent them, of any kind; None: it sent none.
        labels: Of the task; none: nothing is changed.

    Returns:
        The generation as it was, where the probabilities say nothing of any label.
    """
    found = dict.fromkeys(labels, 0.0)
    for token, share in _first_tokens(logprobs):
        label = token.strip(_BLANKS)
        if label in found:  # `1` and ` 1` are one answer
            found[label] += share
    if not any(found.values()):
        return generation
    scale = max(1.0, sum(found.values()))  # roundings
    return replace(
        generation,
        text=max(labels, key=found.__getitem__),
        label_probabilities=tuple(
            LabelProbability(label, share / scale) for label, share in found.items()
        ),
    )


def _first_tokens(logprobs: Any) -> Iterator[tuple[str, float]]:
    """Yield text and probability of the tokens that could have stood first; blank ones are none."""
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    for place in content if isinstance(content, list) else ():
        if not isinstance(place, dict) or not isinstance(place.get("token"), str):
            return
        if not place["token"].strip(_BLANKS):
            continue
        others = place.get("top_logprobs")
        found: dict[str, float] = {}
        for each in [place, *(others if isinstance(others, list) else ())]:
            if not isinstance(each, dict):
                continue
            token, value = each.get("token"), each.get("logprob")
            if not isinstance(token, str) or not isinstance(value, int | float):
                continue
            if value <= 0 and value is not False:  # a number to Python
                found[token] = exp(max(value, -750))  # 0 from there on; of a huge integer it raises
        yield from found.items()
        return
