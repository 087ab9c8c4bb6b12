"""TRL's SFTTrainer that measures by generating, and the quantized base it trains on.

Imports the training stack at once: import this module where training starts, not before.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from tqdm import tqdm
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerBase,
    ProgressCallback,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)
from trl import SFTConfig as TrlConfig
from trl import SFTTrainer

from fixtures.decoding import decode_batch
from fixtures.model import Decoding
from train.sft_config import SftConfig
from train.sft_data import Example, SftRow, length_batches
from train.sft_measure import RATES, Evaluation, judge, summarize, write_evaluation
from train.sft_progress import LineProgress, describe
from train.sft_run import Stopwatch

EVALUATIONS = "evaluations"
"""Folder in the run folder with the rates and outputs of each measured step."""


class _LengthSampler(torch.utils.data.Sampler[int]):
    """Batches of rows of like length; transformers' own draws from the global generator.

    That one stands elsewhere after a resume, so rows would come twice or never.
    """

    def __init__(self, lengths: list[int], batch_size: int, seed: int) -> None:
        self.lengths, self.batch_size, self.seed, self.epoch = lengths, batch_size, seed, 0

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        yield from length_batches(self.lengths, self.batch_size, self.seed, self.epoch)

    def set_epoch(self, epoch: int) -> None:
        """Called by accelerate at the start of each epoch."""
        self.epoch = epoch


class _EvaluateAtTheEnd(TrainerCallback):
    """The last step is measured too, also where `evaluation.steps` does not divide it."""

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        if state.global_step >= state.max_steps:
            control.should_evaluate = True
            control.should_save = True


class KeepTime(TrainerCallback):
    """Records the time of the run with each save, so that a kill does not forget it."""

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
        self.stopwatch.keep()


class FormatTrainer(SFTTrainer):
    """Adds to each evaluation what the model writes, judged by the suite's own scorer."""

    def __init__(
        self,
        config: SftConfig,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        examples: dict[str, list[Example]],
        eval_rows: list[SftRow],
    ) -> None:
        self.sft = config
        self.eval_rows = eval_rows[: config.evaluation.rows]
        self.prompts = [example.prompt_ids for example in examples["eval"]][: len(self.eval_rows)]
        super().__init__(
            model=model,
            args=trl_arguments(config, len(examples["train"])),
            train_dataset=Dataset.from_list([each.columns() for each in examples["train"]]),
            eval_dataset=Dataset.from_list([each.columns() for each in examples["eval"]]),
            processing_class=tokenizer,
            peft_config=LoraConfig(
                r=config.lora.r,
                lora_alpha=config.lora.alpha,
                lora_dropout=config.lora.dropout,
                target_modules=list(config.lora.target_modules),
                task_type="CAUSAL_LM",
            ),
            callbacks=[_EvaluateAtTheEnd()],
        )
        self.remove_callback(ProgressCallback)
        self.add_callback(LineProgress())
        # TRL 1.16 makes the adapter of a quantized base bf16; Adam's steps at the end of the
        # schedule are then smaller than bf16 can add
        for parameter in self.model.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.data.float()

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> _LengthSampler:
        rows = self.train_dataset if train_dataset is None else train_dataset
        lengths = [len(ids) for ids in rows["input_ids"]]
        return _LengthSampler(lengths, self.args.train_batch_size, self.args.seed)

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Return the loss on all evaluation rows and the rates on the first of them."""
        metrics = super().evaluate(*args, **kwargs)
        measured = self.measure(metrics["eval_loss"])
        rates = {f"eval_{name}": getattr(measured, name) for name in RATES}
        self.log(rates)
        return metrics | rates

    def compute_loss_context_manager(self) -> Any:
        """Autocast the loss alone, so that generating is not touched."""
        if self.args.device.type != "cpu" or self.sft.training.precision != "bf16":
            return super().compute_loss_context_manager()
        return torch.autocast("cpu", torch.bfloat16)

    def measure(self, eval_loss: float) -> Evaluation:
        """Generate, judge, and write both to the run folder."""
        evaluation = self.sft.evaluation
        was_training = self.model.training
        self.model.eval()
        step = self.state.global_step
        with tqdm(total=len(self.prompts), desc=f"generate at step {step}", leave=False) as bar:
            generations = decode_batch(
                self.model,
                self.processing_class,
                self.prompts,
                Decoding(max_new_tokens=evaluation.max_new_tokens),
                evaluation.batch_tokens,
                on_row=lambda index, generation: bar.update(),
            )
        self.model.train(was_training)
        judged = judge(self.eval_rows, generations)
        measured = summarize(judged, step, eval_loss)
        write_evaluation(Path(self.args.output_dir) / EVALUATIONS, measured, judged)
        tqdm.write(describe(measured))
        return measured


def count_steps(config: SftConfig, rows: int) -> int:
    """Optimizer steps of a whole run."""
    per_epoch = -(-rows // config.training.batch_size)
    steps = max(1, round(per_epoch * config.training.epochs))
    return min(steps, config.training.max_steps or steps)


def trl_arguments(config: SftConfig, rows: int) -> TrlConfig:
    """TRL's settings; device and precision are the configuration's, not what TRL would find."""
    training = config.training
    return TrlConfig(
        output_dir=str(config.output_dir),
        max_steps=count_steps(config, rows),
        per_device_train_batch_size=training.batch_size,
        per_device_eval_batch_size=training.batch_size,
        learning_rate=training.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=training.warmup_ratio,  # below 1 it is a share of the steps
        weight_decay=training.weight_decay,
        max_grad_norm=training.max_grad_norm,
        seed=config.seed,
        # rows are pretokenized, so TRL cannot tell by itself that there is a completion
        completion_only_loss=config.loss_on == "completion",
        max_length=None,
        eval_strategy="steps",
        eval_steps=config.evaluation.steps,
        save_strategy="steps",
        save_steps=config.evaluation.steps,
        logging_steps=10,
        report_to="none",
        use_cpu=config.device == "cpu",
        bf16=config.device == "cuda" and config.dtype == "bfloat16",
        activation_checkpointing=False,
        dataloader_pin_memory=False,
    )
