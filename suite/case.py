"""The record of one case: what is asked and what is expected; scoring lives beside the task.

Reading case files is in `suite.case_files`.
"""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from suite.compare import Comparison

ID_PATTERN = r"^[a-z0-9_]+$"
"""Ids become file names and node ids."""


class Message(BaseModel):
    """One turn of a conversation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["system", "user", "assistant"]
    content: str


class Case(BaseModel):
    """One question of a task."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    task: str
    id: str = Field(pattern=ID_PATTERN)
    tags: tuple[str, ...] = ()
    cluster: str | None = None
    """Cases made from one template or document share it: they flip together."""
    messages: tuple[Message, ...] = Field(min_length=1)
    schema_: dict[str, Any] | bool | None = Field(default=None, alias="schema")
    """JSON Schema of draft 2020-12; None: anything."""
    top_level: Literal["object", "array", "any"] = "object"
    expected: Any = None
    """The right answer as a JSON value; None where there is none to compare with."""
    compare: dict[str, Comparison] = {}
    """How to compare a field of `expected`; `exact` where it has no entry."""
    inputs: dict[str, str] = {}
    """What the messages were laid out from, and what else tells of the case, such as `question` and
    `context`: for judges and reviews. No model reads it."""
    scorer_version: int = 1
    """The `version` of the task's file: it moves only when scoring changes."""

    @cached_property
    def hash(self) -> str:
        """What judging depends on, as 16 hex digits: id, tags and cluster may change freely."""
        content = {
            "messages": [[message.role, message.content] for message in self.messages],
            "schema": self.schema_,
            "top_level": self.top_level,
            "expected": self.expected,
            "compare": self.compare,
            "scorer_version": self.scorer_version,
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def prompt_text(self) -> str:
        """All messages as one text, for people and for overlap checks; no model reads it."""
        return "\n\n".join(message.content for message in self.messages)
