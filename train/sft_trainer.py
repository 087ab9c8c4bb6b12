"""TRL's SFTTrainer that measures by generating, and the quantized base it trains on.

Imports the training stack at once: import this module where training starts, not before.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from tqdm import tqdm
from transformers import PreTrainedModel, PreTrainedTokenizerBase, ProgressCallback
from transformers.trainer_utils import EvalLoopOutput
from trl import SFTConfig as TrlConfig
from trl import SFTTrainer

from fixtures.decoding import decode_batch
from fixtures.model import Decoding
from suite.generation import Generation
from train.label_answers import answer_labels, find_label_prompts, score_learned_tokens_only
from train.loss_guard import LossGuard
from train.precision import PRECISION_OF
from train.preflight import NOT_LEARNED
from train.processes import gather, is_main, once, process_count, process_rank
from train.sft_callbacks import EvaluateAndSave
from train.sft_config import SftConfig
from train.sft_data import Example, SftRow, length_batches
from train.sft_measure import (
    Evaluation,
    choose_best,
    choose_metric,
    find_answers,
    read_evaluations,
    score_outputs,
    summarize,
    write_evaluation,
)
from train.sft_progress import LineProgress, describe
from train.sft_run import EVALUATIONS
from train.sft_settings import Precision, TrainingSettings
from train.sft_steps import count_steps, evaluate_every


class _LengthSampler(torch.utils.data.Sampler[int]):
    """Batches of rows of like length; transformers' own draws from the global generator.

    That one stands elsewhere after a resume, so rows would come twice or never.
    """

    def __init__(self, lengths: list[int], batch_size: int, seed: int, in_order: bool) -> None:
        self.lengths, self.batch_size, self.seed, self.epoch = lengths, batch_size, seed, 0
        self.in_order = in_order

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        yield from length_batches(
            self.lengths, self.batch_size, self.seed, self.epoch, in_order=self.in_order
        )

    def set_epoch(self, epoch: int) -> None:
        """Called by accelerate at the start of each epoch."""
        self.epoch = epoch


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
        self.label_prompts = find_label_prompts(tokenizer, self.eval_rows, config.prompt_format)
        if self.label_prompts is not None:
            score_learned_tokens_only()
        self.train_rows = len(examples["train"])
        self.guard = LossGuard(config.output_dir)
        self.metric = choose_metric(config.evaluation.metric, find_answers(self.eval_rows))
        arguments = trl_arguments(config, len(examples["train"]))
        # a process without a launcher would spread each batch over all GPUs that it sees, which TRL
        # refuses; the base lies on one of them, or is spread by `device_map`
        arguments._n_gpu = min(arguments.n_gpu, 1)
        super().__init__(
            model=model,
            args=arguments,
            train_dataset=Dataset.from_list([each.columns() for each in examples["train"]]),
            eval_dataset=Dataset.from_list([each.columns() for each in examples["eval"]]),
            processing_class=tokenizer,
            peft_config=lora_config(config),
            callbacks=[EvaluateAndSave(config.training.save_steps)],
        )
        self._set_pace()
        self.remove_callback(ProgressCallback)
        if is_main():
            self.add_callback(LineProgress())
        # TRL 1.16 makes the adapter of a quantized base bf16; Adam's steps at the end of the
        # schedule are then smaller than bf16 can add, and the loss scaling of fp16 wants fp32
        for parameter in self.model.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.data.float()

    def _set_pace(self) -> None:
        """Count steps once more: only TRL knows how many sequences packing has left."""
        steps = count_steps(self.sft, len(self.train_dataset), process_count())
        self.args.max_steps = steps
        self.args.lr_scheduler_kwargs = schedule_settings(self.sft.training, steps)
        every = evaluate_every(self.sft, len(self.train_dataset), process_count())
        self.args.eval_steps = self.args.save_steps = every

    def _prepare_dataset(
        self, dataset: Any, processing_class: Any, args: Any, packing: bool, *rest: Any
    ) -> Any:
        if not packing:  # `max_length` is the packed length: it must not cut evaluation rows
            args = copy.copy(args)
            args.max_length = None
        return super()._prepare_dataset(dataset, processing_class, args, packing, *rest)

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> _LengthSampler:
        rows = self.train_dataset if train_dataset is None else train_dataset
        lengths = [len(ids) for ids in rows["input_ids"]]
        in_order = self.sft.training.row_order == "given"
        return _LengthSampler(lengths, self.args.train_batch_size, self.args.seed, in_order)

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Return the loss on all evaluation rows and the rates on the first of them."""
        metrics = super().evaluate(*args, **kwargs)
        self.guard.check_evaluation(metrics["eval_loss"], self.state.global_step)
        measured = self.measure(metrics["eval_loss"])
        rates = {f"eval_{name}": rate for name, rate in measured.rates().items()}
        self.log(rates)
        return metrics | rates

    def training_step(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> torch.Tensor:
        """Stop at a loss that is no number; the rows of each step are remembered for that."""
        self.guard.note(inputs)
        loss: torch.Tensor = super().training_step(model, inputs, *args, **kwargs)
        self.guard.check_loss(loss, self.state.global_step + 1)
        return loss

    def _get_grad_norm(self, model: Any, grad_norm: Any = None) -> Any:
        """Stop before the optimizer takes a gradient that is no number."""
        norm = super()._get_grad_norm(model, grad_norm=grad_norm)
        # in fp16 an infinite gradient is usual: the step is left out and the scale halved
        self.guard.check_gradient(None if self.args.fp16 else norm, self.state.global_step + 1)
        return norm

    def evaluation_loop(self, *args: Any, **kwargs: Any) -> EvalLoopOutput:
        """Put the mean over learned tokens in the place of the trainer's mean over batches."""
        self._eval_sums = torch.zeros(2, dtype=torch.float64)
        output = super().evaluation_loop(*args, **kwargs)
        sums = self.accelerator.reduce(self._eval_sums.to(self.args.device), "sum")
        total, learned = sums.tolist()
        output.metrics["eval_loss"] = total / learned
        return output

    def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Keep the sum and the number of learned tokens of each batch that is evaluated."""
        if not self.model.training:
            self._forget_repeated(inputs["labels"])
        loss = super().compute_loss(model, inputs, *args, **kwargs)
        if not self.model.training:
            learned = (inputs["labels"][:, 1:] != NOT_LEARNED).sum()
            self._eval_sums += torch.stack([loss.detach() * learned, learned]).cpu()
        return loss

    def _forget_repeated(self, labels: torch.Tensor) -> None:
        """Learn nothing from rows that fill the last batch of several processes a second time."""
        state = self.accelerator.gradient_state
        if process_count() == 1 or self.padding_free:  # then rows lie in one, and cannot be told
            return
        if state.end_of_dataloader and state.remainder > 0:
            mine = max(0, state.remainder - process_rank() * len(labels))
            labels[mine:] = NOT_LEARNED  # (rows, tokens)

    def compute_loss_context_manager(self) -> Any:
        """Autocast the loss alone, so that generating is not touched."""
        if self.args.device.type != "cpu" or self.sft.training.precision != "bf16":
            return super().compute_loss_context_manager()
        return torch.autocast("cpu", torch.bfloat16)

    def measure(self, eval_loss: float) -> Evaluation:
        """Answer, score, and write both to the run folder."""
        step = self.state.global_step
        judged = score_outputs(self.eval_rows, self._answer(step))
        measured = summarize(judged, step, eval_loss)
        folder = Path(self.args.output_dir) / EVALUATIONS
        if is_main():
            write_evaluation(folder, measured, judged)
            tqdm.write(describe(measured))
        if step > 0:  # the trainer keeps this checkpoint, whatever `save_total_limit` is
            self.state.best_global_step = once(
                self.sft.device,
                lambda: (
                    choose_best(
                        [each for each in read_evaluations(folder) if each.step <= step],
                        self.metric,
                    ).step
                ),
            )
        return measured

    def _answer(self, step: int) -> list[Generation]:
        """Answer the prompts, each process its share of them: by the likelier label, or a text."""
        evaluation = self.sft.evaluation
        mine = range(process_rank(), len(self.prompts), process_count())
        was_training = self.model.training
        self.model.eval()
        with tqdm(
            total=len(mine), desc=f"answer at step {step}", leave=False, disable=not is_main()
        ) as bar:
            if self.label_prompts is not None:
                asked = [self.label_prompts[index] for index in mine]
                generations = answer_labels(
                    self.model, asked, evaluation.batch_tokens, on_row=bar.update
                )
            else:
                generations = decode_batch(
                    self.model,
                    self.processing_class,
                    [self.prompts[index] for index in mine],
                    Decoding(max_new_tokens=evaluation.max_new_tokens),
                    evaluation.batch_tokens,
                    on_row=lambda index, generation: bar.update(),
                )
        self.model.train(was_training)
        found = dict(gather(list(zip(mine, generations, strict=True))))
        return [found[index] for index in range(len(self.prompts))]


def lora_config(config: SftConfig) -> LoraConfig:
    """The adapter as peft wants it."""
    lora = config.lora
    targets = lora.target_modules
    return LoraConfig(
        r=lora.r,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        bias=lora.bias,
        use_rslora=lora.use_rslora,
        target_modules=targets if isinstance(targets, str) else list(targets),
        task_type="CAUSAL_LM",
    )


def schedule_settings(training: TrainingSettings, steps: int) -> dict[str, int]:
    """What a schedule is told besides its name and the warm-up."""
    if training.scheduler != "warmup_stable_decay":
        return {}
    return {"num_decay_steps": round(training.decay_ratio * steps)}


def trl_arguments(config: SftConfig, rows: int) -> TrlConfig:
    """TRL's settings; device and precision are the configuration's, not what TRL would find."""
    training, evaluation = config.training, config.evaluation
    precision: Precision = (
        PRECISION_OF.get(config.dtype, "fp32")
        if training.precision == "auto"
        else training.precision
    )
    on_gpu = config.device == "cuda"
    every = evaluate_every(config, rows)
    return TrlConfig(
        output_dir=str(config.output_dir),
        max_steps=count_steps(config, rows),
        per_device_train_batch_size=training.batch_size,
        per_device_eval_batch_size=evaluation.batch_size or training.batch_size,
        gradient_accumulation_steps=training.gradient_accumulation_steps,
        optim=training.optimizer,
        learning_rate=training.learning_rate,
        lr_scheduler_type=training.scheduler,
        lr_scheduler_kwargs=schedule_settings(training, count_steps(config, rows)),
        warmup_steps=training.warmup_ratio,  # below 1 it is a share of the steps
        weight_decay=training.weight_decay,
        max_grad_norm=training.max_grad_norm,
        seed=config.seed,
        # rows are pretokenized, so TRL cannot tell by itself that there is a completion
        completion_only_loss=config.loss_on == "completion",
        max_length=config.data.max_tokens if training.packing else None,
        packing=training.packing,
        eval_packing=False,  # the loss of a row must not depend on its neighbours' lengths
        eval_strategy="steps",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=training.save_total_limit,
        logging_steps=training.logging_steps,
        report_to="none",  # TensorBoard's folder is set where its callback is made
        use_cpu=not on_gpu,
        bf16=on_gpu and precision == "bf16",
        fp16=on_gpu and precision == "fp16",
        activation_checkpointing=training.activation_checkpointing,
        dataloader_pin_memory=False,
        ddp_find_unused_parameters=False,
    )
