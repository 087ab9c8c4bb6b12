"""Rehearses a training: everything that it does, on two batches of its longest rows.

What it shows is that the run will not end in its second hour over memory, a full disk or a
checkpoint that cannot be gone on from; the weights are of no use and are deleted.
"""

from __future__ import annotations

import gc
import shutil
import time

from suite.errors import InputError
from train.processes import is_main, once, say
from train.sft import train_sft
from train.sft_config import SftConfig
from train.sft_run import RECORD, choose_place, remove_run

ROWS = 8
"""Rows that are measured, at most."""


def rehearse(config: SftConfig, command: str) -> None:
    """Take a step, measure, save, resume, take another one, write the adapter; then delete it all.

    Raises:
        InputError: What the training itself would raise.
    """
    started = time.monotonic()
    trial = shrink(choose_place(config))
    folder = trial.output_dir
    once(trial.device, lambda: remove_run(folder))
    try:
        train_sft(trial, command, stop_after=1, dry_run=True)
        say("dry run: step 1 is measured and saved; going on from it")
        _free_memory()
        train_sft(trial, command, resume=True, dry_run=True)
    finally:
        if is_main() and (folder / RECORD).is_file():
            shutil.rmtree(folder)
    say(f"dry run: passed in {time.monotonic() - started:.0f} s{_peak()}; nothing is left of it")
    if is_main() and (config.output_dir / RECORD).is_file():
        say(f"{config.output_dir}: holds a run: the training needs --resume or --overwrite")


def shrink(config: SftConfig) -> SftConfig:
    """The same training with two steps, in a folder of its own beside the run's."""
    if not config.output_dir.name:
        raise InputError(f"output_dir: {config.output_dir}: expected a folder with a name")
    folder = config.output_dir.with_name(f"{config.output_dir.name}.dry_run")
    training = {
        "max_steps": 2,
        "epochs": 2.0,
        "warmup_ratio": 0.0,  # a first step of warm-up has a learning rate of 0 and trains nothing
        "logging_steps": 1,
        "save_steps": None,
        "tensorboard_dir": None,
    }
    evaluation = {
        "steps": 1,
        "per_epoch": None,
        "rows": min(config.evaluation.rows, ROWS),
    }
    return config.model_copy(
        update={
            "output_dir": folder,
            "adapter_dir": folder / "adapter",
            "training": config.training.model_copy(update=training),
            "evaluation": config.evaluation.model_copy(update=evaluation),
        }
    )


def _free_memory() -> None:
    """Let go of the first session's model before the second is loaded."""
    gc.collect()
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _peak() -> str:
    import torch

    if not torch.cuda.is_available():
        return ""
    return f", at most {torch.cuda.max_memory_allocated() / 2**30:.2f} GiB of GPU memory"
