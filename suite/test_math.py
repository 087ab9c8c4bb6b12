"""The math task: every output solves a word problem and ends in the right number."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from suite.case import Case
from suite.generation import Generation
from suite.math_score import score_math
from suite.score import Score
from suite.sinks import terminal_safe


@pytest.mark.math
def test_output_ends_in_the_right_number(
    case: Case,
    generation: Generation,
    record_score: Callable[[Score], Score],
    golden: object,
) -> None:
    """Score the output, then hold it to the accepted answer."""
    score = record_score(score_math(case, generation))
    assert score.passed, (
        f"{score.reason}: {terminal_safe(f'{score.detail} in {generation.text!r}')}"
    )
    assert generation == golden
