"""Train a LoRA adapter on a quantized base: `python -m train sft --config FILE`.

From rows to a folder that the suite loads: data, training with measured checkpoints, and the best
of them with its manifest and card.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fixtures.adapter_files import chat_template_sha256
from fixtures.file_hash import hash_file
from suite.errors import InputError
from train.card import write_card
from train.curves import read_run
from train.failures import Failures
from train.first_look import FirstLook
from train.leakage import keep_clean
from train.loss_guard import TrainingStopped
from train.manifest import build_manifest
from train.plot import draw_card
from train.processes import is_main, once, process_count, say
from train.quiet import hush
from train.sft_config import SftConfig
from train.sft_data import Example, SftRow, encode_rows
from train.sft_export import export_adapter
from train.sft_measure import (
    Evaluation,
    choose_best,
    choose_metric,
    find_answers,
    outputs_of,
    read_evaluations,
)
from train.sft_run import (
    EVALUATIONS,
    check_overwrite,
    choose_place,
    find_checked_base,
    generate_files,
    given_files,
    hash_base,
    last_checkpoint,
    open_run,
    pin_data,
    remove_run,
    start_stopwatch,
)
from train.sft_summary import best_vs_base
from train.targets import check_targets
from train.threshold import find_threshold
from train.user_rows import canonical_sha256, read_given, read_rows

TENSORBOARD = "tb"
"""Folder in the run folder where `training.tensorboard_dir` names no other."""

if TYPE_CHECKING:
    from fixtures.hub import Base
    from train.sft_run import Stopwatch
    from train.sft_trainer import FormatTrainer


def train_sft(
    config: SftConfig,
    command: str,
    resume: bool = False,
    overwrite: bool = False,
    stop_after: int | None = None,
    dry_run: bool = False,
) -> Evaluation:
    """Train, keep the best checkpoint, and write the adapter folder.

    Args:
        config: Paths in it are relative to the current folder.
        command: What makes this adapter again; it goes into the card.
        resume: Go on from the last checkpoint of `config.output_dir`.
        overwrite: Delete a run in `config.output_dir` first.
        stop_after: Step at which to stop, measure and save, though the schedule goes on: the run
            can be resumed. None: after the last one.
        dry_run: Train on the longest rows, two steps of them, and measure the first ones.

    Returns:
        The evaluation of the weights kept.

    Raises:
        InputError: Before any model is loaded: the base, a data file or the GPU is missing, a
            file is broken, or a folder holds something else.
    """
    started = time.monotonic()
    config = choose_place(config)
    opened = once(config.device, lambda: _open(config, resume, overwrite))
    if resume and not opened.going_on:
        say(f"{config.output_dir}: holds no run to go on with; --resume starts one")
    stopwatch = start_stopwatch(config.output_dir, started)
    try:
        with Failures(config.output_dir) as failures:
            trainer, tokens = _build_trainer(config, opened.base, opened.rows, dry_run, failures)
            _run(trainer, config, opened.going_on, stopwatch, stop_after)
            best = once(
                config.device, lambda: _finish(config, command, trainer, opened, tokens, stopwatch)
            )
    except TrainingStopped:
        raise
    except (Exception, KeyboardInterrupt):
        # ended before anything was measured: nothing to go on from, nothing to keep, and the
        # command can be given again once the cause is put right
        if is_main() and not read_evaluations(config.output_dir / EVALUATIONS):
            remove_run(config.output_dir)
        raise
    if not dry_run:  # eight rows say nothing
        base = read_evaluations(config.output_dir / EVALUATIONS)[0]
        say("\n".join(best_vs_base(base, best, trainer.metric, trainer.state.global_step)))
    return best


@dataclass(frozen=True, slots=True)
class _Opened:
    """A run that may start: everything that was checked and read before any model is loaded."""

    base: Base
    base_hashes: dict[str, str]
    rows: dict[str, list[SftRow]]
    data_hashes: dict[str, str]
    canonical: dict[str, str]
    going_on: bool


def _open(config: SftConfig, resume: bool, overwrite: bool) -> _Opened:
    """Check the inputs, then start the run folder or go on in it."""
    paths = given_files(config)
    rows = keep_clean(config.data, read_given(config.data, config.seed))
    if rows:
        measured = rows["eval"][: config.evaluation.rows]
        choose_metric(config.evaluation.metric, find_answers(measured))
    found = find_checked_base(config)  # after the data: it may have to be downloaded
    check_targets(config, found.folder)
    base_hashes = hash_base(found.folder)
    if overwrite:
        check_overwrite(config, found.folder, [*paths.values(), *config.data.folders])
        remove_run(config.output_dir)
    going_on = open_run(config, base_hashes, resume, found.revision, overwrite)
    if config.data.generate is not None:
        paths = generate_files(config, config.data.generate)
        rows = {split: read_rows(path, config.data.generate.task) for split, path in paths.items()}
    data_hashes = {f"{split}.jsonl": hash_file(path) for split, path in sorted(paths.items())}
    canonical = {split: canonical_sha256(chosen) for split, chosen in sorted(rows.items())}
    pin_data(config.output_dir, data_hashes | canonical)
    return _Opened(found, base_hashes, rows, data_hashes, canonical, going_on)


def _finish(
    config: SftConfig,
    command: str,
    trainer: FormatTrainer,
    opened: _Opened,
    tokens: int,
    stopwatch: Stopwatch,
) -> Evaluation:
    """Keep the best checkpoint, once it is known to do something, and say how good it is."""
    from train.sft_live import check_live

    evaluations = read_evaluations(config.output_dir / EVALUATIONS)
    best = choose_best(evaluations, trainer.metric)
    checkpoint = config.output_dir / f"checkpoint-{best.step}"
    check_live(trainer.model, checkpoint)
    manifest = build_manifest(
        config,
        opened.base.revision,
        chat_template_sha256(opened.base.folder),
        opened.base_hashes,
        opened.data_hashes,
        evaluations[0],
        best,
        opened.canonical,
        find_threshold(outputs_of(config.output_dir / EVALUATIONS, best.step)),
    )
    curves = draw_card(read_run(config.output_dir), best.step)
    facts = {
        "name": config.adapter_dir.name,
        "command": command,
        "train_rows": trainer.train_rows,
        "eval_rows": len(opened.rows["eval"]),
        "tokens": tokens,
        "minutes": round(stopwatch.keep() / 60, 1),
        "evaluations": evaluations,
        "by_label": trainer.label_prompts is not None,
        "has_curves": curves is not None,
    }
    export_adapter(config, checkpoint, manifest, write_card(manifest, facts), curves)
    return best


def _build_trainer(
    config: SftConfig,
    base: Base,
    rows: dict[str, list[SftRow]],
    dry_run: bool,
    failures: Failures,
) -> tuple[FormatTrainer, int]:
    """Load what trains; also returns the number of training tokens of one epoch."""
    folder = base.folder
    hush(local=base.revision is None)
    import torch

    from train.sft_base import load_trained_base, read_tokenizer
    from train.sft_trainer import FormatTrainer

    torch.set_num_threads(config.training.threads)
    tokenizer = read_tokenizer(folder)
    examples = {
        split: encode_rows(tokenizer, chosen, config.prompt_format)
        for split, chosen in rows.items()
    }
    fitting = [each for each in examples["train"] if each.length <= config.data.max_tokens]
    if not fitting:
        raise InputError(f"data.max_tokens: {config.data.max_tokens} leaves no training row")
    tokens = sum(each.length for each in fitting)
    look = FirstLook(config, folder, tokenizer, rows, dict(examples))
    look.check()
    failures.memory, failures.checkpoint_bytes = look.memory_lines(), look.checkpoint_bytes
    model = load_trained_base(config, folder)
    examples["train"] = fitting
    if dry_run:
        examples = _shorten(config, examples)
    trainer = FormatTrainer(config, model, tokenizer, examples, rows["eval"])
    look.check_trainer(trainer)
    look.show(trainer)
    trainer.guard.name_of = look.name_of
    return trainer, tokens


def _shorten(config: SftConfig, examples: dict[str, list[Example]]) -> dict[str, list[Example]]:
    """The rows of a dry run: the longest of two steps, which need the most memory."""
    training = config.training
    count = 2 * training.batch_size * training.gradient_accumulation_steps * process_count()
    longest = sorted(examples["train"], key=lambda each: -each.length)[:count]
    return {"train": longest, "eval": examples["eval"][: config.evaluation.rows]}


def _run(
    trainer: FormatTrainer,
    config: SftConfig,
    going_on: bool,
    stopwatch: Stopwatch,
    stop_after: int | None,
) -> None:
    """Train to the end, from the last whole checkpoint if there is one; measure the base first.

    A run that is at its end already is only read again: one that stopped within an epoch would be
    trained for one step more, as transformers 5.23 looks at `max_steps` only after a step.
    """
    from transformers import TrainerState

    from train.sft_callbacks import KeepTime, StopAfter, write_curves

    checkpoint, measured = once(config.device, lambda: _find_progress(config, going_on))
    if checkpoint:
        state = TrainerState.load_from_json(str(checkpoint / "trainer_state.json"))
        if state.global_step >= trainer.args.max_steps:
            trainer.state = state
            say(f"{checkpoint}: the last step is trained already; only the adapter is written")
            return
    trainer.add_callback(KeepTime(stopwatch))
    if stop_after is not None:
        trainer.add_callback(StopAfter(stop_after))
    if is_main():
        folder = config.training.tensorboard_dir or config.output_dir / TENSORBOARD
        resumed_at = int(checkpoint.name.split("-")[1]) if checkpoint else None
        trainer.add_callback(write_curves(folder, resumed_at))
    # not `trainer.evaluate()` before: accelerate 1.15 would take the model for prepared, and
    # several processes would train apart from each other
    trainer.args.eval_on_start = 0 not in measured
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)


def _find_progress(config: SftConfig, going_on: bool) -> tuple[Path | None, list[int]]:
    """The checkpoint to go on from, and the steps that were measured."""
    checkpoint = last_checkpoint(config.output_dir) if going_on else None
    measured = [each.step for each in read_evaluations(config.output_dir / EVALUATIONS)]
    return checkpoint, measured
