"""Tasks of one's own: every output is judged by the scorer that came with its cases.

One test for each of them, none where there is no such task.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from suite.case import Case
from suite.generation import Generation
from suite.own_tasks import names_of_own_tasks
from suite.score import Score
from suite.sinks import terminal_safe
from suite.tasks import TASKS


def make_test(task: str) -> Callable[..., None]:
    """Return the test of a task, marked by its name."""

    def test(
        case: Case,
        generation: Generation,
        record_score: Callable[[Score], Score],
        golden: object,
    ) -> None:
        """Score the output, then hold it to the accepted answer."""
        score = record_score(TASKS[case.task].score(case, generation))
        assert score.passed, (
            f"{score.reason}: {terminal_safe(f'{score.detail} in {generation.text!r}')}"
        )
        assert generation == golden

    marked: Callable[..., None] = getattr(pytest.mark, task)(test)
    return marked


globals().update({f"test_{task}": make_test(task) for task in names_of_own_tasks()})
