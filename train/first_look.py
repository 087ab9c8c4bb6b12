"""What a training says of itself before its first step, on the terminal and in the run folder.

Parameters, memory, token lengths, three rows as the trainer sees them. What must not be trained on
is refused by the modules that are called here; nothing is computed twice.
"""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fixtures.prompting import end_of_turn_id
from suite.errors import InputError
from suite.report.console import console_width, write_lines
from suite.report.lines import Line, Span, wrap
from suite.sinks import terminal_safe
from suite.whole_file import json_text, write_whole
from train.failures import memory_lines
from train.lengths import Lengths, count_lengths, draw_lengths, histogram_lines
from train.memory import BaseShape, count_adapter, estimate_memory, read_shape
from train.memory_room import (
    advice_lines,
    available_memory,
    check_memory,
    find_savings,
    gib,
)
from train.preflight import (
    NOT_LEARNED,
    Labels,
    check_answers,
    check_boundaries,
    check_labels,
    read_labels,
)
from train.processes import is_main
from train.sft_config import SftConfig
from train.sft_data import Example, SftRow
from train.shown import Shown, cut_pieces, pick_rows, shown_lines

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

FOLDER = "preflight"
"""Of the run folder; holds `report.txt`, `report.json`, `lengths.png` and `examples.txt`."""

_FILE_WIDTH = 100


class FirstLook:
    """Checks a training before the base is loaded and before the first step, then describes it."""

    def __init__(
        self,
        config: SftConfig,
        folder: Path,
        tokenizer: PreTrainedTokenizerBase,
        rows: dict[str, list[SftRow]],
        examples: dict[str, list[Example]],
    ) -> None:
        """Take what is to be trained.

        Args:
            config: With no `auto` left.
            folder: Of the base.
            tokenizer: Of the base.
            rows: By split, `train` and `eval`.
            examples: The same rows as tokens, before any is left out.
        """
        self.config, self.tokenizer = config, tokenizer
        self.examples = examples
        self.names = {split: [row.case.id for row in chosen] for split, chosen in rows.items()}
        self.answers = {split: [row.completion for row in chosen] for split, chosen in rows.items()}
        self.limit = config.data.max_tokens
        self.shape: BaseShape = read_shape(folder)
        fitting = [each.length for each in examples["train"] if each.length <= self.limit]
        longest = max(fitting, default=1)
        self.estimate = estimate_memory(self.shape, config, longest)
        self.savings = find_savings(self.shape, config, longest)
        self.available = available_memory(config)
        self.checkpoint_bytes = checkpoint_size(config, count_adapter(self.shape, config))
        self._by_tokens: dict[int, str] = {}
        self._labels: list[Labels] = []

    def check(self) -> None:
        """Refuse what need not be loaded to be seen.

        Raises:
            InputError: An answer is blank, prompt and completion merge, or memory or disk are too
                small.
        """
        for split, examples in self.examples.items():
            names = [f"{split} row {name}" for name in self.names[split]]
            check_answers(self.answers[split], names)
            check_boundaries(self.tokenizer, examples, names)
        check_memory(self.estimate, self.available, self.savings)
        check_disk(self.config.output_dir, self.checkpoint_bytes)

    def check_trainer(self, trainer: Any) -> None:
        """Refuse labels that would not teach an answer and its end, as the trainer has made them.

        Raises:
            InputError: With the rows.
        """
        end = end_of_turn_id(self.tokenizer, self.config.prompt_format)
        assert end is not None, "rows were encoded with it"
        pad = self.tokenizer.pad_token_id
        self._labels = list(read_labels(trainer, "train", self.name_of))
        check_labels(self._labels, end, pad, self._spell)
        check_labels(read_labels(trainer, "eval", self.name_of), end, pad, self._spell)

    def name_of(self, ids: Sequence[int]) -> str:
        """Name a row by its tokens, such as `train row 17`."""
        if not self._by_tokens:
            for split, examples in self.examples.items():
                for example, name in zip(examples, self.names[split], strict=True):
                    ids_of = tuple(example.prompt_ids + example.completion_ids)
                    self._by_tokens.setdefault(hash(ids_of), f"{split} row {name}")
        return self._by_tokens.get(hash(tuple(ids)), f"a row of {len(ids)} tokens")

    def show(self, trainer: Any) -> None:
        """Print the report and write it to the run folder, in one process."""
        if not is_main():
            return
        folder = self.config.output_dir / FOLDER
        lengths = self._lengths()
        trained = sum(each.numel() for each in trainer.model.parameters() if each.requires_grad)
        rows = self._examples()
        width = min(console_width(), _FILE_WIDTH)
        head = [
            *self._parameter_lines(trained, width),
            *self._memory_lines(width),
            *(line for each in lengths for line in histogram_lines(each, width)),
            *self._answer_lines(width),
        ]
        write_lines([*head, *shown_lines(rows, width)], sys.stdout)
        write_lines([(Span(f"all of it: {terminal_safe(str(folder))}", "quiet"),)], sys.stdout)
        sys.stdout.flush()
        write_whole(folder / "report.txt", plain(head))
        write_whole(folder / "examples.txt", plain(shown_lines(rows, _FILE_WIDTH, whole=True)))
        write_whole(folder / "report.json", json_text(self._facts(trained, lengths, rows)) + "\n")
        draw_lengths(folder / "lengths.png", lengths)

    def _lengths(self) -> list[Lengths]:
        return [
            count_lengths(
                split,
                [example.length for example in examples],
                self.limit if split == "train" else None,
            )
            for split, examples in self.examples.items()
        ]

    def _parameter_lines(self, trained: int, width: int) -> list[Line]:
        total = self.shape.count()
        held = {"nf4": "in 4 bits", "int8": "in 8 bits", "none": f"in {self.config.dtype}"}
        told = (
            f"parameters: {total:,} in the base, its matrices {held[self.config.quantization]}; "
            f"{trained:,} trained ({trained / (total + trained):.2%} of both)"
        )
        return [(Span(part),) for part in wrap(told, width, 0)]

    def _memory_lines(self, width: int) -> list[Line]:
        parts = {
            "weights": self.estimate.weights,
            "adapter": self.estimate.adapter,
            "optimizer": self.estimate.optimizer,
            "activations": self.estimate.activations + self.estimate.loss,
            "libraries": self.estimate.libraries,
        }
        told = ", ".join(f"{name} {gib(size)}" for name, size in parts.items() if size)
        free = "unknown" if self.available is None else gib(self.available)
        fits = self.available is None or self.estimate.peak <= self.available
        lines: list[Line] = [
            (
                Span(f"memory ({self.config.device}): about "),
                Span(gib(self.estimate.peak), "plain" if fits else "bad"),
                Span(f" at the peak, {free} available"),
            ),
            *((Span(f"  {part}", "quiet"),) for part in wrap(told, width, 2)),
            (Span(f"  while generating: {gib(self.estimate.evaluation)} more", "quiet"),),
        ]
        if not fits:
            lines.append((Span("  it may run out of memory; what lowers it:", "warn"),))
            told_savings = advice_lines(self.savings, self.available)
            lines += [(Span(f"    {line}", "warn"),) for line in told_savings]
        return lines

    def _answer_lines(self, width: int) -> list[Line]:
        """Warn of expected answers that the evaluation cannot reach."""
        limit = self.config.evaluation.max_new_tokens
        measured = self.examples["eval"][: self.config.evaluation.rows]
        long = sum(len(example.completion_ids) > limit for example in measured)
        if not long:
            return []
        told = (
            f"{long} of {len(measured)} expected answers are longer than "
            f"evaluation.max_new_tokens={limit}: no output can equal them"
        )
        return [(Span(part, "warn"),) for part in wrap(told, width, 0)]

    def _examples(self) -> list[Shown]:
        """Three rows with the labels that the trainer's own collator makes."""
        picked = pick_rows([len(row.ids) for row in self._labels])
        return [
            Shown(
                self.name_of(row.ids),
                why,
                cut_pieces(row.ids, [label != NOT_LEARNED for label in row.labels], self._decode),
            )
            for row, why in ((self._labels[index], why) for index, why in picked)
        ]

    def memory_lines(self) -> list[str]:
        """What to say when memory runs out after all."""
        return memory_lines(
            self.estimate.peak, self.available, advice_lines(self.savings, self.available)
        )

    def _facts(self, trained: int, lengths: list[Lengths], rows: list[Shown]) -> dict[str, Any]:
        estimate = asdict(self.estimate) | {"peak": self.estimate.peak}
        return {
            "parameters": {"base": self.shape.count(), "trained": trained},
            "memory_bytes": {
                "device": self.config.device,
                "estimated": estimate,
                "available": self.available,
            },
            "lengths": [asdict(each) for each in lengths],
            "examples": [asdict(each) for each in rows],
        }

    def _decode(self, ids: Sequence[int]) -> str:
        text: str = self.tokenizer.decode(list(ids), clean_up_tokenization_spaces=False)
        return text

    def _spell(self, token: int) -> str:
        return repr(self._decode([token]))


def checkpoint_size(config: SftConfig, trained: int) -> int:
    """About what a checkpoint takes, in bytes: weights, optimizer, tokenizer and states."""
    state = 2 if "8bit" in config.training.optimizer else 8
    return trained * (4 + state) + (4 << 20)


def check_disk(folder: Path, checkpoint: int) -> None:
    """Refuse a run folder without room for two checkpoints: one is kept while one is written.

    Args:
        folder: Of the run; need not be there yet.
        checkpoint: Bytes.

    Raises:
        InputError: With the folder and the bytes.
    """
    wanted = 2 * checkpoint
    there = next(each for each in (folder, *folder.resolve().parents) if each.exists())
    free = shutil.disk_usage(there).free
    if free < wanted:
        raise InputError(
            f"output_dir: {folder}: two checkpoints need about {wanted:,} bytes ({gib(wanted)}), "
            f"and {free:,} are free there; output_dir=DIR writes elsewhere"
        )


def plain(lines: list[Line]) -> str:
    """Lines as text without color."""
    buffer = io.StringIO()
    for line in lines:
        buffer.write("".join(span.text for span in line) + "\n")
    return buffer.getvalue()
