"""Counts why cases failed, models side by side, for the page of a run.

What a reason means is the scorer's business.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from suite.run import Run, count_reasons

_MOST_REASONS = 20


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """Why cases failed, side by side."""

    reason: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReasonTable:
    """The reasons of one task."""

    task: str
    models: tuple[str, ...]
    rows: tuple[ReasonRow, ...]
    most: int
    """The highest count."""
    hidden: int
    """Reasons that are left out, the rarest."""


def tabulate_reasons(run: Run) -> list[ReasonTable]:
    """Return a table for each task, the most frequent reason first."""
    tables = []
    for task in sorted({selection.task for selection in run.selections}):
        models = [selection.model for selection in run.selections if selection.task == task]
        counts = [count_reasons(run.of(model, task)) for model in models]
        totals: Counter[str] = Counter()
        for each in counts:
            totals.update(each)
        ordered = sorted(totals, key=lambda reason: (-totals[reason], reason))
        rows = tuple(
            ReasonRow(reason, tuple(each.get(reason, 0) for each in counts))
            for reason in ordered[:_MOST_REASONS]
        )
        most = max((count for row in rows for count in row.counts), default=0)
        hidden = len(ordered) - len(rows)
        tables.append(ReasonTable(task, tuple(models), rows, most, hidden))
    return tables
