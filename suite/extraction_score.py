"""Scores the extraction task: every field of the expected object, and no other, in strict JSON.

How a field is compared is declared by its case (`compare`) and never guessed here.
"""

from __future__ import annotations

from typing import Any

from suite.case import Case
from suite.compare import ABSENT, compare_fields
from suite.format_score import KINDS, find_fault
from suite.generation import Generation
from suite.json_difference import find_differences
from suite.score import Count, Score
from suite.strict_json import parse_strict

_LONGEST_DETAIL = 2000


def count_fields(case: Case) -> int:
    """Return how many fields a case asks for: what it counts for where there is no answer."""
    return len(case.expected)


def score_extraction(case: Case, generation: Generation) -> Score:
    """Judge one output; it passes when it is valid and says what is expected, no more and no less.

    Two metrics are 0/1: `schema_valid_rate` asks for strict JSON that meets the schema,
    `exact_match_rate` also for every field. Two are counted over the fields of `case.expected`,
    its top-level keys: `field_accuracy` counts those that are right, whether or not the whole meets
    its schema; `type_correctness` counts, of those that are present, the ones of the expected JSON
    type (all numbers are one type). What is no strict JSON object, or has none of the fields, has 0
    of all of them right in both, so that answering less never raises a rate.

    The value is the share of fields that are right, where each field that nobody asked for and a
    broken schema count as one more that is wrong. So it is 1.0 only for an answer that passes, and
    making one more field wrong never raises it.

    Args:
        case: `case.expected` is an object with at least one field (checked on load).
        generation: Its `text` is judged as it is.

    Returns:
        The score; its detail names every difference by JSON pointer. Bad output is data: it never
        raises on it.

    Raises:
        SchemaError, SchemaCheckError: The schema is at fault, not the model.
    """
    asked = count_fields(case)
    parsed = parse_strict(generation.text, generation.finish_reason)
    reason, detail = parsed.reason, parsed.detail
    if reason is None:
        reason, detail = find_fault(parsed.document, case)
    valid = reason is None
    right, typed, extra = 0, Count(0, asked), 0
    if parsed.reason is None and isinstance(parsed.document, dict):
        document = parsed.document
        right = compare_fields(document, case.expected, case.compare).right
        typed = _count_types(document, case)
        extra = len(document.keys() - case.expected.keys())
        differences = find_differences(document, case.expected, case.compare)
        if reason is None and differences:
            reason = "wrong_field" if right < asked else "unexpected_field"
        detail = "; ".join([*([detail] if detail else []), *differences])
    passed = reason is None
    return Score(
        passed=passed,
        value=right / (asked + extra + (not valid)),
        reason=reason,
        detail=detail[:_LONGEST_DETAIL],
        metrics={"schema_valid_rate": int(valid), "exact_match_rate": int(passed)},
        counts={"field_accuracy": Count(right, asked), "type_correctness": typed},
        document=parsed.document,
        flags=parsed.flags,
    )


def _count_types(document: dict[str, Any], case: Case) -> Count:
    """Count the fields of the right type among those that are there."""
    present = [
        (got, want)
        for name, want in case.expected.items()
        if (got := document.get(name, ABSENT)) is not ABSENT
    ]
    if not present:
        return Count(0, count_fields(case))
    right = sum(KINDS[type(got)] == KINDS[type(want)] for got, want in present)
    return Count(right, len(present))
