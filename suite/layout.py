"""Lays a case's parts (question, context, …) out as messages.

Which parts there are is the task's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ConfigDict

SLOT = re.compile(r"(\{?)\{([A-Za-z_][\w.-]*)(:json)?\}(\}?)")
"""A slot of a layout. Braces around anything else are text, so JSON needs no escapes; a name in
two pairs of them is text, too."""


class Layout(BaseModel):
    """Templates of messages, with a slot such as `{question}` for each part."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str | None = None
    prompt: str

    def slots(self) -> list[str]:
        """Return the names of the parts that it wants, in order."""
        texts = (self.system or "", self.prompt)
        found = (slot for text in texts for slot in SLOT.finditer(text) if not is_escaped(slot))
        return list(dict.fromkeys(slot[2] for slot in found))

    def fill(self, parts: Mapping[str, str]) -> list[dict[str, str]]:
        """Return the messages; all slots at once, so that a part that looks like one stays text.

        Args:
            parts: A text for each of `slots`.
        """
        return [
            {"role": role, "content": SLOT.sub(lambda slot: _write(slot, parts), text)}
            for role, text in self._turns()
        ]

    def _turns(self) -> Iterator[tuple[str, str]]:
        if self.system is not None:
            yield "system", self.system
        yield "user", self.prompt


def is_escaped(slot: re.Match[str]) -> bool:
    """Tell whether a slot stands in two pairs of braces, and so for itself."""
    return bool(slot[1] and slot[4])


def _write(slot: re.Match[str], parts: Mapping[str, str]) -> str:
    if is_escaped(slot):
        return slot[0][1:-1]
    return f"{slot[1]}{parts[slot[2]]}{slot[4]}"
