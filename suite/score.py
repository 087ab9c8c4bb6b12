"""The record of a judgement; scorers live beside their task (`format_score.py`, …)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Count(NamedTuple):
    """Of a metric that is counted over several things per case, such as fields."""

    right: int
    of: int

    @property
    def share(self) -> float:
        """In [0, 1]."""
        return self.right / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Score:
    """What a scorer says of one generation."""

    passed: bool
    value: float
    """In [0, 1]; 1.0 is a perfect answer."""
    reason: str | None = None
    """Why it did not pass, one of the task's closed set of reasons; None when it passed."""
    detail: str = ""
    """For people: where and what."""
    metrics: dict[str, int] = field(default_factory=dict)
    """One 0/1 per metric of the task, such as `format_success_rate: 1`."""
    document: Any = None
    """The parsed JSON value when the text was strict JSON, else None."""
    flags: tuple[str, ...] = ()
    """Counters beside the metrics, such as `replacement_character`; the run adds them up."""
    values: dict[str, float] = field(default_factory=dict)
    """Figures of this case that a measure of the task is made of, such as `token_f1: 0.67`."""
    counts: dict[str, Count] = field(default_factory=dict)
    """Of each counted metric of the task, such as `field_accuracy: 3 of 4`."""
