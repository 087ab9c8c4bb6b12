"""Counts the steps of a training: of an epoch, of the whole run, between two evaluations.

One step is one update of the weights, whatever it is put together from.
"""

from __future__ import annotations

from train.sft_config import SftConfig


def steps_per_epoch(config: SftConfig, sequences: int, processes: int = 1) -> int:
    """Optimizer steps of one pass over the rows, or over what packing has made of them."""
    training = config.training
    batches = -(-sequences // (training.batch_size * processes))
    return -(-batches // training.gradient_accumulation_steps)


def count_steps(config: SftConfig, sequences: int, processes: int = 1) -> int:
    """Optimizer steps of a whole run."""
    per_epoch = steps_per_epoch(config, sequences, processes)
    steps = max(1, round(per_epoch * config.training.epochs))
    return min(steps, config.training.max_steps or steps)


def evaluate_every(config: SftConfig, sequences: int, processes: int = 1) -> int:
    """Optimizer steps between two evaluations."""
    evaluation = config.evaluation
    if evaluation.per_epoch is None:
        assert evaluation.steps is not None
        return evaluation.steps
    per_epoch = steps_per_epoch(config, sequences, processes)
    return max(1, round(per_epoch / evaluation.per_epoch))
