"""Stops a training whose loss or gradient is no number, before it gets into the weights.

Says the step and the rows; what to change is for a person to decide.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fixtures.adapter_files import ADAPTER_WEIGHTS
from suite.errors import InputError
from suite.sinks import terminal_safe
from train.sft_run import whole_checkpoints

if TYPE_CHECKING:
    import torch

_MOST_NAMED = 32


class TrainingStopped(InputError):
    """A training that had begun cannot go on; what it has saved is kept."""


class LossGuard:
    """Looks at every loss and every gradient of a training; remembers the rows of one step."""

    def __init__(self, folder: Path, name_of: Callable[[Sequence[int]], str] | None = None) -> None:
        """Watch a run.

        Args:
            folder: Of the run, with its checkpoints.
            name_of: Names a row by its tokens.
        """
        self.folder = folder
        self.name_of = name_of
        self._batches: list[dict[str, torch.Tensor]] = []

    def note(self, inputs: dict[str, Any]) -> None:
        """Remember a batch before its forward pass."""
        kept = ("input_ids", "attention_mask", "position_ids")
        self._batches.append({name: inputs[name] for name in kept if name in inputs})

    def check_loss(self, loss: Any, step: int) -> None:
        """Stop at a loss that is no number.

        Args:
            loss: Of the batch noted last.
            step: Of the optimizer, counted from 1: the one that this batch is part of.

        Raises:
            TrainingStopped: It is NaN or infinite.
        """
        if not math.isfinite(float(loss)):
            raise self._stopped(f"the loss is {float(loss)}", step, self._batches[-1:])

    def check_gradient(self, norm: Any, step: int) -> None:
        """Stop at a gradient that would make the weights no numbers; then forget the rows.

        Args:
            norm: Of all gradients together, before they are clipped; None: not looked at.
            step: As in `check_loss`.

        Raises:
            TrainingStopped: It is NaN or infinite.
        """
        batches, self._batches = self._batches, []
        if norm is not None and not math.isfinite(float(norm)):
            raise self._stopped(f"the norm of the gradients is {float(norm)}", step, batches)

    def check_evaluation(self, loss: float, step: int) -> None:
        """Stop at an evaluation loss that is no number: no checkpoint is to be chosen by it.

        Raises:
            TrainingStopped: It is NaN or infinite.
        """
        if not math.isfinite(loss):
            raise self._stopped(f"the evaluation loss is {loss}", step, [])

    def _stopped(
        self, what: str, step: int, batches: list[dict[str, torch.Tensor]]
    ) -> TrainingStopped:
        names = [self._name(ids) for batch in batches for ids in split_rows(batch)]
        lines = [f"stopped at step {step}: {what}"]
        if names:
            more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
            listed = ", ".join(names[:_MOST_NAMED])
            lines.append(terminal_safe(f"rows of that step: {listed}{more}"))
        good = last_finite(self.folder)
        if good is None:
            lines.append("no checkpoint was saved before it")
        else:
            lines.append(
                terminal_safe(f"{good}: the last good checkpoint is kept; it is an adapter")
            )
        lines.append(
            "in a new run, lower training.learning_rate or training.max_grad_norm, take another "
            "dtype or training.precision, or look at these rows"
            if names
            else "in a new run, take another dtype or training.precision, or a lower "
            "training.learning_rate"
        )
        return TrainingStopped(lines)

    def _name(self, ids: list[int]) -> str:
        return self.name_of(ids) if self.name_of is not None else f"a row of {len(ids)} tokens"


def split_rows(batch: dict[str, torch.Tensor]) -> list[list[int]]:
    """The rows of a batch as tokens: padding taken off, packed rows taken apart."""
    ids = batch["input_ids"]
    if "position_ids" in batch:  # a packed row begins where positions begin anew
        flat, places = ids.flatten().tolist(), batch["position_ids"].flatten().tolist()
        starts = [index for index, place in enumerate(places) if place == 0] + [len(flat)]
        return [flat[start:end] for start, end in pairwise(starts)]
    mask = batch.get("attention_mask")
    if mask is None:
        return [row.tolist() for row in ids]
    return [row[kept.bool()].tolist() for row, kept in zip(ids, mask, strict=True)]


def last_finite(folder: Path) -> Path | None:
    """The latest whole checkpoint of a run whose weights are all numbers."""
    from safetensors.torch import load_file

    for checkpoint in whole_checkpoints(folder):
        path = checkpoint / ADAPTER_WEIGHTS
        if path.is_file() and all(each.isfinite().all() for each in load_file(path).values()):
            return checkpoint
    return None
