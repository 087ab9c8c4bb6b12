"""Which function scores a task, and which way each of its metrics is better."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from suite.case import Case
from suite.format_score import score_format
from suite.generation import Generation
from suite.score import Score

Scorer = Callable[[Case, Generation], Score]
Direction = Literal["higher", "lower", "neither"]
"""`neither`: the metric informs and takes part in no comparison."""

SCORERS: dict[str, Scorer] = {
    "format": score_format,
}

METRICS: dict[str, dict[str, Direction]] = {
    "format": {
        "format_success_rate": "higher",
        "schema_valid_rate": "higher",
        "duplicate_json_objects_rate": "lower",
        "recoverable_rate": "neither",
    },
}
"""Per task, in the order in which reports show them."""


def is_good(direction: Direction, value: int) -> bool:
    """Tell whether a 0/1 of a metric is the better one of the two."""
    return value == (0 if direction == "lower" else 1)
