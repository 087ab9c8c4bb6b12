"""The tasks there are, and what follows from a task's record for its cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from suite.case import Case
from suite.extraction_score import count_fields, score_extraction
from suite.format_score import score_format
from suite.math_score import MATH_LAYOUT, check_number, score_math
from suite.qa_measures import QA_MEASURES, measure_qa
from suite.qa_score import QA_LAYOUT, check_references, score_qa
from suite.task import Direction, Task, check_object
from suite.verifier_measures import (
    THRESHOLD_MEASURES,
    VERIFIER_MEASURES,
    measure_at_threshold,
    measure_verifier,
)
from suite.verifier_score import (
    ERROR_TYPES,
    VERIFIER_LABELS,
    VERIFIER_LAYOUT,
    check_label,
    count_right_solutions,
    score_verifier,
)

TASKS: dict[str, Task] = {
    "extraction": Task(
        name="extraction",
        score=score_extraction,
        metrics={
            "schema_valid_rate": "higher",
            "exact_match_rate": "higher",
            "field_accuracy": "higher",
            "type_correctness": "higher",
        },
        counted={"field_accuracy": "fields", "type_correctness": "fields"},
        size=count_fields,
        groups={
            "difficulty": ("easy", "medium", "hard"),
            "domain": ("medical", "legal", "log", "invoice", "shipping", "hr"),
        },
        group_metrics=("exact_match_rate", "field_accuracy"),
        needs_schema=True,
        check_expected=check_object,
    ),
    "format": Task(
        name="format",
        score=score_format,
        metrics={
            "format_success_rate": "higher",
            "schema_valid_rate": "higher",
            "duplicate_json_objects_rate": "lower",
            "recoverable_rate": "neither",
        },
        needs_schema=True,
    ),
    "math": Task(
        name="math",
        score=score_math,
        metrics={
            "flexible_exact_match": "higher",
            "strict_exact_match": "higher",
            "flexible_extraction_failure_rate": "lower",
            "strict_extraction_failure_rate": "lower",
        },
        groups={
            "steps": ("steps_1", "steps_2", "steps_3"),
            "answer": ("integer", "decimal", "fraction", "negative"),
        },
        group_metrics=("flexible_exact_match",),
        inputs=("question", "solution"),
        layout=MATH_LAYOUT,
        answer="answer",
        expects_text=True,
        check_expected=check_number,
    ),
    "qa": Task(
        name="qa",
        score=score_qa,
        metrics={"exact_match_rate": "higher"},
        measures=QA_MEASURES,
        measure=measure_qa,
        judged=True,
        groups={
            "kind": ("factual", "reasoning", "multi_hop"),
            "answer": ("unanswerable",),
        },
        group_metrics=("exact_match_rate",),
        inputs=("question", "context"),
        layout=QA_LAYOUT,
        answer="answers",
        check_expected=check_references,
    ),
    "verifier": Task(
        name="verifier",
        score=score_verifier,
        metrics={"accuracy": "higher", "false_positive_rate": "lower"},
        counted={"false_positive_rate": "right solutions"},
        size=count_right_solutions,
        measures=VERIFIER_MEASURES | THRESHOLD_MEASURES,
        measure=measure_verifier,
        measure_at=measure_at_threshold,
        groups={"error_type": ERROR_TYPES},
        group_metrics=("accuracy",),
        inputs=("question", "solution", "error_type"),
        layout=VERIFIER_LAYOUT,
        answer="label",
        check_expected=check_label,
        labels=VERIFIER_LABELS,
    ),
}


def paired_metrics(task: str) -> dict[str, Direction]:
    """Return the metrics of a task that are 0/1 per case, in their order."""
    counted = TASKS[task].counted
    return {metric: way for metric, way in TASKS[task].metrics.items() if metric not in counted}


def find_sizes(task: str, cases: Iterable[Case]) -> dict[str, int]:
    """Return by case id how many things its counted metrics count; empty where there are none."""
    size = TASKS[task].size
    return {case.id: size(case) for case in cases} if size is not None else {}


def find_groups(task: str, cases: Sequence[Case]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return by kind and tag the ids, sorted, of cases that have rates of their own."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for kind, tags in TASKS[task].groups.items():
        for tag in tags:
            if ids := sorted(case.id for case in cases if tag in case.tags):
                found.setdefault(kind, {})[tag] = tuple(ids)
    return found


def is_better(direction: Direction, now: float, before: float) -> bool:
    """Tell whether a figure of a metric is better than another of it."""
    return now < before if direction == "lower" else now > before and direction == "higher"


def is_good(direction: Direction, value: int) -> bool:
    """Tell whether a 0/1 of a metric is the better one of the two."""
    return value == (0 if direction == "lower" else 1)
