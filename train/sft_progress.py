"""What a training says while it runs: one bar, and a line now and then.

Imports the training stack at once.
"""

from __future__ import annotations

from typing import Any

from tqdm import tqdm
from transformers import ProgressCallback, TrainerControl, TrainerState, TrainingArguments

from train.sft_measure import Evaluation

_SHORT = {
    "format_success_rate": "format",
    "schema_valid_rate": "schema",
    "duplicate_json_objects_rate": "duplicates",
    "exact_object_rate": "exact object",
    "accuracy": "accuracy",
    "flexible_exact_match": "flexible match",
    "strict_exact_match": "strict match",
    "exact_answer_rate": "exact answer",
}


class LineProgress(ProgressCallback):
    """The trainer's own bar; its logs as a short line in place of a dictionary."""

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Print the training loss; evaluations print themselves, with `describe`."""
        if logs and "loss" in logs:
            rate = float(logs["learning_rate"])
            line = f"step {state.global_step}: loss {float(logs['loss']):.4f}, lr {rate:.2e}"
            tqdm.write(line)


def describe(evaluation: Evaluation) -> str:
    """One line for the terminal."""
    name = "base" if evaluation.step == 0 else f"step {evaluation.step}"
    rates = [f"{_SHORT[key]} {rate:.3f}" for key, rate in evaluation.rates().items()]
    return f"{name}: {', '.join(rates)} (n={evaluation.n}), eval loss {evaluation.eval_loss:.4f}"
