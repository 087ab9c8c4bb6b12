"""Reads the curves of a training: from its run folder, or from TensorBoard's event files.

Nothing here draws; that is `train/plot.py`.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite.errors import InputError
from train.sft_run import EVALUATIONS, last_checkpoint

_LOGGED = ("loss", "learning_rate")
_TAGS = {"train/loss": "loss", "train/learning_rate": "learning_rate", "eval/loss": "eval_loss"}
"""TensorBoard's names of the curves that are no rates; a rate is `eval/<its name>`."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One number over the steps of a run."""

    points: tuple[tuple[int, float], ...]
    """Step and value, by step, each step once."""
    n: int | None = None
    """Rows that a rate was measured on; None where that is not known, or it is no rate."""

    @property
    def base(self) -> float | None:
        """The value at step 0, which is the base's; None where it was not measured."""
        return self.points[0][1] if self.points and self.points[0][0] == 0 else None


@dataclass(frozen=True, slots=True)
class Curves:
    """All curves of one run."""

    name: str
    by_metric: dict[str, Curve]
    """Named as in the run's records: `loss`, `eval_loss`, `format_success_rate`, …"""


def read_run(folder: Path) -> Curves:
    """Read the curves of a run folder: its evaluations, and what its last checkpoint logged.

    Raises:
        InputError: It is no run folder, a file of it is broken, or nothing was measured yet.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such run folder; it is `output_dir` of a configuration")
    if not (folder / EVALUATIONS).is_dir():
        logs = "; TensorBoard's files are read by --logdir DIR" if _event_folders(folder) else ""
        raise InputError(f"{folder}: not a run of `train sft`: it has no {EVALUATIONS}/{logs}")
    measured = [_read_object(path) for path in sorted((folder / EVALUATIONS).glob("step_*.json"))]
    checkpoint = last_checkpoint(folder)
    history = [] if checkpoint is None else _read_history(checkpoint / "trainer_state.json")
    curves = curves_of_evaluations(measured) | {
        name: _sort((row["step"], row[name]) for row in history if name in row) for name in _LOGGED
    }
    found = {name: curve for name, curve in curves.items() if curve.points}
    if not found:
        raise InputError(f"{folder}: nothing was measured yet")
    return Curves(folder.resolve().name, found)


def curves_of_evaluations(measured: Iterable[Mapping[str, Any]]) -> dict[str, Curve]:
    """Return a curve for each number of the records of evaluations, `step` and `n` left out."""
    rows = sorted(measured, key=lambda row: row["step"])
    names = dict.fromkeys(name for row in rows for name in row if name not in ("step", "n"))
    return {
        name: _sort(
            ((row["step"], row[name]) for row in rows if _is_number(row.get(name))),
            n=rows[0].get("n") if name != "eval_loss" else None,
        )
        for name in names
    }


def read_logdir(folder: Path) -> list[Curves]:
    """Read TensorBoard's files: one run for each folder that holds some, by path.

    Raises:
        InputError: There are none, or no curve is in them.
    """
    folders = _event_folders(folder)
    if not folders:
        raise InputError(f"{folder}: holds no TensorBoard files (events.out.tfevents.*)")
    runs = []
    for each in folders:
        name = each.resolve().name if each == folder else each.relative_to(folder).as_posix()
        if curves := _read_events(each):
            runs.append(Curves(name, curves))
    if not runs:
        raise InputError(f"{folder}: its TensorBoard files hold no curve of a training")
    return runs


def _event_folders(folder: Path) -> list[Path]:
    return sorted({path.parent for path in folder.rglob("events.out.tfevents.*")})


def _read_events(folder: Path) -> dict[str, Curve]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # tensorboard looks for TensorFlow
    from tensorboard.backend.event_processing import event_accumulator

    events = event_accumulator.EventAccumulator(
        str(folder), size_guidance={"scalars": 0}
    )  # 0: all of them
    events.Reload()
    curves = {}
    for tag in events.Tags()["scalars"]:
        name = _TAGS.get(tag) or tag.removeprefix("eval/")
        if tag in _TAGS or (
            tag.startswith("eval/") and name.endswith(("_rate", "accuracy", "_match"))
        ):
            curves[name] = _sort((event.step, event.value) for event in events.Scalars(tag))
    return {name: curve for name, curve in curves.items() if curve.points}


def _sort(points: Iterable[tuple[int, float]], n: int | None = None) -> Curve:
    """Order points by step; of a step that a resumed run did again, the later value counts."""
    kept = {int(step): float(value) for step, value in points if math.isfinite(value)}
    return Curve(tuple(sorted(kept.items())), n)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _read_history(path: Path) -> list[dict[str, Any]]:
    history = _read_object(path).get("log_history")
    return [row for row in history or () if isinstance(row, dict) and "step" in row]


def _read_object(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not JSON: {error}") from None
    if not isinstance(found, dict):
        raise InputError(f"{path}: expected a JSON object, got {type(found).__name__}")
    return found
