"""The extraction task: every output says of a text what is asked for, field by field."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from suite.case import Case
from suite.extraction_score import score_extraction
from suite.generation import Generation
from suite.score import Score
from suite.sinks import terminal_safe


@pytest.mark.extraction
def test_output_is_the_expected_object(
    case: Case,
    generation: Generation,
    record_score: Callable[[Score], Score],
    golden: object,
) -> None:
    """Score the output, then hold it to the accepted answer."""
    score = record_score(score_extraction(case, generation))
    assert score.passed, (
        f"{score.reason}: {terminal_safe(f'{score.detail} in {generation.text!r}')}"
    )
    assert generation == golden
