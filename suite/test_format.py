"""The format task: every output is one JSON object, nothing else, that meets its case's schema."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from suite.case import Case
from suite.format_score import score_format
from suite.generation import Generation
from suite.score import Score
from suite.sinks import terminal_safe


@pytest.mark.format
def test_output_is_one_json_object_that_meets_its_schema(
    case: Case,
    generation: Generation,
    record_score: Callable[[Score], Score],
    golden: object,
) -> None:
    """Score the output, then hold it to the accepted answer."""
    score = record_score(score_format(case, generation))
    assert score.passed, (
        f"{score.reason}: {terminal_safe(f'{score.detail} in {generation.text!r}')}"
    )
    assert generation == golden
