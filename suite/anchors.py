"""Moves anchors: baselines that acceptance leaves alone, made of the goldens of one day.

A gate compares every run with them beside the rolling baseline (`suite.gates`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from suite.baseline import (
    Baseline,
    anchor_path,
    baseline_path,
    check_owner,
    read_baseline,
    write_baseline,
)
from suite.baseline_diff import BaselineDiff, diff_baselines
from suite.errors import InputError, unknown


@dataclass(frozen=True, slots=True)
class Move:
    """What anchoring one model and task would do."""

    model: str
    task: str
    now: Baseline
    """The accepted goldens."""
    diff: BaselineDiff | None
    """From the present anchor; None: there is none yet."""

    @property
    def is_worse(self) -> bool:
        """Whether something that was held would be held no longer."""
        diff = self.diff
        return diff is not None and bool(diff.worse or diff.removed or diff.changed)


def find_moves(folder: Path, models: Sequence[str] = (), tasks: Sequence[str] = ()) -> list[Move]:
    """Compare the goldens with their anchors, sorted by model and task.

    Args:
        folder: Of all goldens.
        models: Only these; empty: all.
        tasks: Only these; empty: all.

    Raises:
        InputError: No goldens, an unknown model or task, or a file that cannot be read.
    """
    found = sorted((path.parent.name, path.stem) for path in folder.glob("*/*.json"))
    if not found:
        raise InputError(f"{folder}: holds no goldens (<model>/<task>.json)")
    problems = [
        unknown("model", name, {model for model, _ in found})
        for name in models
        if name not in {model for model, _ in found}
    ]
    problems += [
        unknown("task", name, {task for _, task in found})
        for name in tasks
        if name not in {task for _, task in found}
    ]
    chosen = [
        (model, task)
        for model, task in found
        if (not models or model in models) and (not tasks or task in tasks)
    ]
    if problems or not chosen:
        raise InputError(problems or f"{folder}: none of these models has goldens of these tasks")
    moves = []
    for model, task in chosen:
        path = baseline_path(folder, model, task)
        now = read_baseline(path)
        assert now is not None, (model, task)
        check_owner(now, path, model, task)
        then = read_baseline(anchor_path(folder, model, task))
        moves.append(Move(model, task, now, None if then is None else diff_baselines(then, now)))
    return moves


def write_anchor(folder: Path, move: Move) -> bool:
    """Put the goldens in the place of the anchor.

    Returns:
        Whether the file changed.
    """
    return write_baseline(anchor_path(folder, move.model, move.task), move.now)
