"""Which function scores a task, and which way each of its metrics is better."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from suite.case import Case
from suite.extraction_score import count_fields, score_extraction
from suite.format_score import score_format
from suite.generation import Generation
from suite.score import Score

Scorer = Callable[[Case, Generation], Score]
Direction = Literal["higher", "lower", "neither"]
"""`neither`: the metric informs and takes part in no comparison."""

SCORERS: dict[str, Scorer] = {
    "extraction": score_extraction,
    "format": score_format,
}

METRICS: dict[str, dict[str, Direction]] = {
    "extraction": {
        "schema_valid_rate": "higher",
        "exact_match_rate": "higher",
        "field_accuracy": "higher",
        "type_correctness": "higher",
    },
    "format": {
        "format_success_rate": "higher",
        "schema_valid_rate": "higher",
        "duplicate_json_objects_rate": "lower",
        "recoverable_rate": "neither",
    },
}
"""Per task, in the order in which reports show them."""

COUNTED: dict[str, dict[str, str]] = {
    "extraction": {"field_accuracy": "fields", "type_correctness": "fields"},
}
"""Per task, the metrics that count several things of a case, and what these are called.

All others are 0/1 per case: only those are paired with a baseline.
"""

SIZES: dict[str, Callable[[Case], int]] = {
    "extraction": count_fields,
}
"""Per task with counted metrics, how many things a case without a score has wrong."""

GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    "extraction": {
        "difficulty": ("easy", "medium", "hard"),
        "domain": ("medical", "legal", "log", "invoice", "shipping", "hr"),
    },
}
"""Per task, the tags whose cases have rates of their own."""

GROUP_METRICS: dict[str, tuple[str, ...]] = {
    "extraction": ("exact_match_rate", "field_accuracy"),
}
"""Per task with groups, the metrics that a terminal has room for; files have all of them."""


def paired_metrics(task: str) -> dict[str, Direction]:
    """Return the metrics of a task that are 0/1 per case, in their order."""
    counted = COUNTED.get(task, {})
    return {metric: way for metric, way in METRICS[task].items() if metric not in counted}


def find_sizes(task: str, cases: Iterable[Case]) -> dict[str, int]:
    """Return by case id how many things its counted metrics count; empty where there are none."""
    size = SIZES.get(task)
    return {case.id: size(case) for case in cases} if size is not None else {}


def find_groups(task: str, cases: Sequence[Case]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return by kind and tag the ids, sorted, of cases that have rates of their own."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for kind, tags in GROUPS.get(task, {}).items():
        for tag in tags:
            if ids := sorted(case.id for case in cases if tag in case.tags):
                found.setdefault(kind, {})[tag] = tuple(ids)
    return found


def is_good(direction: Direction, value: int) -> bool:
    """Tell whether a 0/1 of a metric is the better one of the two."""
    return value == (0 if direction == "lower" else 1)
