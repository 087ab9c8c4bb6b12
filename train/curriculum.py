"""Stages of an easy beginning for a small verifier: one kind of check at a time, short problems.

A label says one bit about a whole solution, and no word gives it away: where all kinds of errors
are mixed from the start, a small model finds nothing to begin with (its loss stays at ln 2). Two
numbers that should be the same are the easiest thing to check; what is learned there is what the
other checks are built on. See Bengio et al., "Curriculum learning" (2009).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """Some of the first rows."""

    share: float
    """Of the easy beginning; those of all stages add up to 1."""
    weights: Mapping[str, float]
    """How often each defect of `train.planted_errors` is planted."""
    most_characters: int | None = None
    """Of question and solution together; None: as long as they come."""


STAGES = (
    Stage(0.22, {"wrong_operation": 1}, most_characters=110),
    Stage(0.32, {"wrong_operation": 2, "wrong_answer": 1, "wrong_step": 1}, most_characters=110),
    Stage(
        0.32,
        {
            "wrong_operation": 3,
            "wrong_answer": 1,
            "wrong_step": 1.5,
            "wrong_length": 3,
            "wrong_number": 2,
            "other_question": 1,
        },
        most_characters=140,
    ),
    Stage(
        0.14,
        {
            "wrong_answer": 8,
            "wrong_step": 16,
            "wrong_number": 10,
            "wrong_length": 8,
            "other_question": 4,
            "wrong_operation": 45,
        },
    ),
)
"""In order: calculations that should be the question's; also numbers that should be the same; also
numbers and steps that should be the question's; the same at any length. The first is never learned
where it comes second. What comes after them has all defects."""
