"""The recipe of generated rows: which task, how many, in what mix. `train.data` makes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from suite.errors import InputError, describe_problems
from train.prompts import Strictness
from train.run_config import apply_override, read_settings
from train.sft_settings import Strict

SPLITS = ("train", "eval")
GeneratedTask = Literal["format", "extraction", "qa", "verifier", "math"]
WORKED_TASKS = ("verifier", "math")
"""Tasks whose rows are word problems with worked solutions."""
_ROUNDING = 1e-9
_HARD_NEGATIVES_IN_EVAL = 0.25


_ROWS_OF_OTHER_TASKS = {"n_train": 2000, "n_eval": 200}
_ROWS_OF_WORKED_TASKS = {"n_train": 20000, "n_eval": 600, "n_test": 1000}
MIXED = ("hard_negative", "fix_bad_output", "duplicate_object", "duplicate_key")
"""What besides plain rows is in the mix of the format task, in the order in which it is drawn."""


class DataConfig(Strict):
    """The mix; probabilities are per row and in [0, 1]."""

    task: GeneratedTask = "format"
    """`format`: the mix below. `extraction`: its plain rows, and in `hard` splits six of ten
    ask for facts of natural texts by what keys mean. `qa`: questions over a passage, answered by a
    span of it, a count, or `unanswerable`. `verifier`: worked solutions, half of them with a
    planted error. `math`: word problems to solve."""
    n_train: int = Field(default=6000, ge=1)
    """Rows of train.jsonl; 20000 of `verifier` and `math`, 2000 of `extraction` and `qa`."""
    n_eval: int = Field(default=1000, ge=1)
    """Rows of eval.jsonl, 200 of `extraction` and `qa`; of validation.jsonl, 600, of `verifier` and
    `math`. No prompt is in two files."""
    n_test: int | None = Field(default=None, ge=1)
    """Rows of test.jsonl, of `verifier` and `math` alone: 1000."""
    curriculum: float = Field(default=0.0, ge=0, lt=1)
    """Share of train.jsonl of `verifier`, its first rows, that begin with few and easy kinds of
    errors (`train.curriculum`); of use with `training.row_order: given`."""
    hard_negative_prob_train: float = Field(default=0.3, ge=0, le=1)
    """Prompts that pull out of the format ("explain first"); the answer is one bare object."""
    hard_negative_prob_eval: float | None = Field(default=None, ge=0, le=1)
    """None: 0.25 with `hard`, 0 with `easy`, which has no hard negatives."""
    fix_bad_output_prob_train: float = Field(default=0.15, ge=0, le=1)
    """Prompts with a broken output to put right."""
    fix_bad_output_prob_eval: float = Field(default=0.15, ge=0, le=1)
    duplicate_object_prob_train: float = Field(default=0.0, ge=0, le=1)
    """Prompts that bring out a second object: two pasted in, two asked for, or a task so short that
    small models answer it twice; the answer is one."""
    duplicate_object_prob_eval: float = Field(default=0.0, ge=0, le=1)
    duplicate_key_prob_train: float = Field(default=0.0, ge=0, le=1)
    """Prompts with an output that says a key twice; the answer says it once."""
    duplicate_key_prob_eval: float = Field(default=0.0, ge=0, le=1)
    eval_strictness: Strictness = "hard"
    """Of eval.jsonl; train.jsonl is always `hard`. What the words mean is `train.prompts`."""
    seed: int = 0
    """The same seed and options give the same rows."""

    @model_validator(mode="before")
    @classmethod
    def _fill_by_task(cls, given: Any) -> Any:
        """Give tasks other than `format` their own defaults."""
        if not isinstance(given, dict) or given.get("task", "format") == "format":
            return given
        unmixed = {f"{part}_prob_{split}": 0.0 for part in MIXED for split in SPLITS}
        is_worked = given["task"] in WORKED_TASKS
        rows = _ROWS_OF_WORKED_TASKS if is_worked else _ROWS_OF_OTHER_TASKS
        return rows | unmixed | given

    @model_validator(mode="after")
    def _check_mix(self) -> Self:
        if self.n_test is not None and self.task not in WORKED_TASKS:
            raise ValueError(
                f"n_test is of {' and '.join(WORKED_TASKS)}; task {self.task} has no test.jsonl"
            )
        if self.curriculum and self.task != "verifier":
            raise ValueError(f"curriculum is of verifier; task {self.task} has none")
        for split in SPLITS:
            shares = self.shares(split)
            mixed = [f"{part}_prob_{split}" for part in shares if shares[part]]
            if self.task != "format" and mixed:
                raise ValueError(f"{mixed[0]} is of task format; task {self.task} has none of it")
        if self.eval_strictness == "easy" and self.hard_negative_prob_eval:
            raise ValueError(
                "eval_strictness easy has no hard negatives; "
                "leave hard_negative_prob_eval out or set it to 0"
            )
        for split in SPLITS:
            shares = {part: share for part, share in self.shares(split).items() if share}
            if sum(shares.values()) > 1 + _ROUNDING:
                named = [f"{part}_prob_{split} {share}" for part, share in shares.items()]
                raise ValueError(f"{' and '.join(named)} add up to more than 1")
        return self

    @property
    def files(self) -> dict[str, str]:
        """The names of the files without `.jsonl` by split: what is learned, measured, tested."""
        if self.task in WORKED_TASKS:
            return {"train": "train", "eval": "validation", "test": "test"}
        return {split: split for split in SPLITS}

    def recipe(self) -> dict[str, Any]:
        """The options that decide rows of the task, with what they came to."""
        if self.task in WORKED_TASKS:
            own = {"task", "n_train", "n_eval", "n_test", "seed"}
            return self.model_dump(include=own | ({"curriculum"} if self.curriculum else set()))
        hard_negative = self.shares("eval")["hard_negative"]
        used = self.model_copy(update={"hard_negative_prob_eval": hard_negative})
        return used.model_dump(exclude={"n_test", "curriculum"})

    def shares(self, split: str) -> dict[str, float]:
        """Probability that a row of a split is each of `MIXED`."""
        if split == "train":
            hard_negative = self.hard_negative_prob_train
        elif self.hard_negative_prob_eval is not None:
            hard_negative = self.hard_negative_prob_eval
        else:
            mixed = self.task == "format" and self.eval_strictness == "hard"
            hard_negative = _HARD_NEGATIVES_IN_EVAL if mixed else 0.0
        train = split == "train"
        return {
            "hard_negative": hard_negative,
            "fix_bad_output": self.fix_bad_output_prob_train
            if train
            else self.fix_bad_output_prob_eval,
            "duplicate_object": self.duplicate_object_prob_train
            if train
            else self.duplicate_object_prob_eval,
            "duplicate_key": self.duplicate_key_prob_train
            if train
            else self.duplicate_key_prob_eval,
        }


class DataRun(DataConfig):
    """The settings of `python -m train data`: the mix, and where it goes."""

    out_dir: Path
    """Gets the rows, their statistics and their card."""
    base: str | None = "fixtures/tiny"
    """Folder or hub id of the base whose tokenizer counts the tokens; null: nothing counts them."""
    revision: str | None = None
    """Branch, tag or commit of a base on the hub."""


def read_data_run(
    path: Path | None, options: Mapping[str, Any], overrides: Iterable[str] = ()
) -> DataRun:
    """Read the settings of `python -m train data`.

    Args:
        path: A file of them, or a run configuration; None: there is none.
        options: Of the command line; they win over the file.
        overrides: `key=value`, the value as in YAML; they win over both.

    Raises:
        InputError: With every problem at once, unknown keys with the nearest known one.
    """
    document = {} if path is None else read_settings(path, "data")
    document |= options
    for override in overrides:
        apply_override(document, override, "n_train=2000")
    try:
        return DataRun.model_validate(document)
    except ValidationError as error:
        where = "options" if path is None else str(path)
        raise InputError(describe_problems(error, DataRun, where)) from None
