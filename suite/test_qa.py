"""The qa task: every output answers a question from a context, or says that it cannot."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from suite.case import Case
from suite.generation import Generation
from suite.qa_score import score_qa
from suite.score import Score
from suite.sinks import terminal_safe


@pytest.mark.qa
def test_output_answers_the_question(
    case: Case,
    generation: Generation,
    record_score: Callable[[Score], Score],
    golden: object,
) -> None:
    """Score the output, then hold it to the accepted answer."""
    score = record_score(score_qa(case, generation))
    assert score.passed, (
        f"{score.reason}: {terminal_safe(f'{score.detail} in {generation.text!r}')}"
    )
    assert generation == golden
