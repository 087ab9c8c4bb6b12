"""What happens beside the steps of a training: evaluate at the end, save, keep time, TensorBoard.

Imports the training stack at once: import this module where training starts, not before.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch.utils.tensorboard import SummaryWriter
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.integrations import TensorBoardCallback

from train.sft_run import Stopwatch


class EvaluateAndSave(TrainerCallback):
    """The last step is measured and saved too, and others are saved where that was asked for."""

    def __init__(self, save_steps: int | None) -> None:
        self.save_steps = save_steps

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Called by the trainer after each step of the optimizer."""
        if self.save_steps and state.global_step % self.save_steps == 0:
            control.should_save = True
        if state.global_step >= state.max_steps:
            control.should_evaluate = True
            control.should_save = True


class StopAfter(TrainerCallback):
    """Ends the training early, measured and saved, as if the machine were needed elsewhere."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Called by the trainer after each step of the optimizer."""
        if state.global_step >= self.step:
            control.should_evaluate = True
            control.should_save = True
            control.should_training_stop = True


class KeepTime(TrainerCallback):
    """Records the time of the run with each evaluation and save, so that a kill keeps it."""

    def __init__(self, stopwatch: Stopwatch) -> None:
        self.stopwatch = stopwatch

    def on_save(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Called by the trainer after each checkpoint."""
        if state.is_world_process_zero:
            self.stopwatch.keep()

    on_evaluate = on_save


def write_curves(folder: Path, resumed_at: int | None) -> TensorBoardCallback:
    """TensorBoard's curves of a run; one that was killed and resumed gives one curve.

    Args:
        folder: Of the event files.
        resumed_at: Step of the checkpoint gone on from: what a killed session logged after it is
            taken back. None: a new run.
    """
    purge = None if resumed_at is None else resumed_at + 1
    return TensorBoardCallback(SummaryWriter(str(folder), purge_step=purge))
