"""The verifier task: every worked solution gets its right label, and how sure the model is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from suite.case import Case
from suite.generation import Generation
from suite.score import Score
from suite.sinks import terminal_safe
from suite.verifier_score import score_verifier


@pytest.mark.verifier
def test_solution_gets_the_right_label(
    case: Case,
    generation: Generation,
    record_score: Callable[[Score], Score],
    golden: object,
) -> None:
    """Score the label, then hold it to the accepted one."""
    score = record_score(score_verifier(case, generation))
    assert score.passed, f"{score.reason}: {terminal_safe(score.detail)}"
    assert generation == golden
