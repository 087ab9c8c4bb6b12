"""Scores the format task: one JSON object, nothing else, that meets its schema.

What the fields say is not judged here; `suite.compare` does that for those who ask.
"""

from __future__ import annotations

from typing import Any

from suite.case import Case
from suite.generation import Generation
from suite.schema import violations
from suite.score import Score
from suite.strict_json import parse_strict

_LONGEST_DETAIL = 500
KINDS = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    type(None): "null",
}
"""What JSON calls the types of parsed values; all numbers are one type."""


def score_format(case: Case, generation: Generation) -> Score:
    """Judge one output; it passes when it is strict, of the right top-level type, and valid.

    `format_success_rate` asks for strict JSON of the right type and nothing around it;
    `schema_valid_rate` asks for that and the schema. `recoverable_rate` counts outputs that do not
    pass and would without one fence around them or one preamble; it stands beside the strict rate
    and is never part of it. `duplicate_json_objects_rate` counts a repeated answer (two or more
    top-level objects), whatever else is wrong.

    Returns:
        The score: value 1.0 when passed, else 0.0. Bad output is data: it never raises on it.

    Raises:
        SchemaError, SchemaCheckError: The schema is at fault, not the model.
    """
    parsed = parse_strict(generation.text, generation.finish_reason)
    reason, detail = parsed.reason, parsed.detail
    if reason is None:
        reason, detail = find_fault(parsed.document, case)
    strict = reason is None or reason.startswith("schema:")
    recoverable = parsed.recoverable and find_fault(parsed.recovered, case)[0] is None
    return Score(
        passed=reason is None,
        value=float(reason is None),
        reason=reason,
        detail=detail[:_LONGEST_DETAIL],
        metrics={
            "format_success_rate": int(strict),
            "schema_valid_rate": int(reason is None),
            "duplicate_json_objects_rate": int(parsed.objects >= 2),
            "recoverable_rate": int(recoverable),
        },
        document=parsed.document,
        flags=parsed.flags,
    )


def find_fault(document: Any, case: Case) -> tuple[str | None, str]:
    """Return the reason and the detail of what a strict document gets wrong in its form.

    Raises:
        SchemaError, SchemaCheckError: The schema is at fault, not the document.
    """
    kind = KINDS[type(document)]
    if case.top_level not in ("any", kind):
        return "wrong_top_level_type", f"expected {case.top_level}, got {kind}"
    found = violations(document, case.schema_) if case.schema_ is not None else []
    return (found[0].label, "; ".join(map(str, found))) if found else (None, "")
