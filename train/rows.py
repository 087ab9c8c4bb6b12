"""One training row as every generator makes it: a conversation and the answer to learn.

Rows know nothing of templates or tokens; `raw` only says in which form the prompt was written.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One prompt with the answer that the model should learn to give."""

    messages: tuple[tuple[str, str], ...]
    """Pairs of role and content, without the answer; the last one is the user's."""
    answer: str
    kind: str
    """What ability the row trains, such as `qa` or `math`."""
    domain: str = ""
    tags: tuple[str, ...] = ()
    raw: bool = False
    """True when the prompt is plain text to be continued rather than a chat turn."""
