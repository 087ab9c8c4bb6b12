"""The `data` section of a training configuration: where rows come from and how they are laid out.

Reading the rows is `train.user_rows`; making them is `train.data`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from train.data_config import DataConfig
from train.sft_settings import Strict

Task = Literal["format", "extraction", "qa", "verifier", "math"]
Part = Literal["messages", "prompt", "completion", "schema", "expected", "id", "tags"]
"""What a row may hold under its own name; `columns` gives other names."""

LAYOUTS = ("system_layout", "prompt_layout", "completion_layout")


class DataSettings(Strict):
    """Where rows come from: two files, a `datasets` dataset, or `python -m train data`'s generator.

    A row is `messages` that end with the assistant's, or `prompt` (a text or messages) with
    `completion`. Where columns have other names or a prompt is put together from several, `columns`
    and the layouts say so.
    """

    train_file: Path | None = None
    """JSONL."""
    eval_file: Path | None = None
    """JSONL; without it `test_size` rows of `train_file` are held out."""
    dataset: str | None = None
    """An id on the hub, or a folder: what `save_to_disk` wrote, or files that `load_dataset` reads
    (parquet, JSON, CSV)."""
    dataset_config: str | None = None
    """Which configuration of the dataset, where it has several, such as `main`."""
    dataset_revision: str | None = None
    """Branch, tag or commit of a dataset on the hub."""
    train_split: str = "train"
    """Split of the dataset that is learned."""
    eval_split: str | None = None
    """Split that is measured; without it `test_size` rows of `train_split` are held out."""
    test_size: Annotated[int, Field(ge=1)] | Annotated[float, Field(gt=0, lt=1)] | None = None
    """Rows to hold out for the evaluation, or their share; drawn by `seed` of the run, rows of one
    prompt together."""
    generate: DataConfig | None = None
    """Rows are made in the run folder."""
    task: Task = "format"
    """What the rows of files and datasets ask for; it decides how answers are judged."""
    columns: dict[Part, str] = Field(default={})
    """Which column holds what, such as `{prompt: question, completion: solution}`; a dot goes into
    a column (`answers.text.0`)."""
    system_layout: str | None = None
    """System prompt put before each prompt; `{column}` stands for a column's text, `{column:json}`
    for its JSON, `{{column}}` for the word in braces itself."""
    prompt_layout: str | None = None
    """The user's message put together from columns, slots as in `system_layout`."""
    completion_layout: str | None = None
    """The answer put together from columns, slots as in `system_layout`."""
    values: dict[str, dict[str, str]] = Field(default={})
    """How a layout writes the values of a column, such as `{label: {"0": wrong, "1": right}}`;
    the keys are the values' JSON (a text without its quotes)."""
    leaks: Literal["refuse", "drop", "warn"] = "refuse"
    """What happens when a training row is (nearly) an evaluation row or a case of the suite: stop,
    leave the training row out, or go on and say so."""
    near_duplicate: float = Field(default=0.8, gt=0, le=1)
    """Prompts that share this much of their word triples (Jaccard index) are near-duplicates; 1:
    all of them."""
    max_tokens: int = Field(default=512, ge=8)
    """Longer training rows, prompt and completion together, are left out and counted."""

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        given = {
            "files": self.train_file is not None or self.eval_file is not None,
            "dataset": self.dataset is not None,
            "generate": self.generate is not None,
        }
        sources = [name for name, there in given.items() if there]
        if len(sources) > 1:
            both = "both " if len(sources) == 2 else ""
            raise ValueError(
                f"has {both}{' and '.join(sources)}; one of them is enough: "
                "generate=null takes a file's out"
            )
        if not sources or (given["files"] and not self._has_both_files()):
            raise ValueError(
                "needs train_file and eval_file, or generate, or dataset; "
                "test_size holds rows of train_file out where there is no eval_file"
            )
        if self.test_size is not None and (self.eval_file or self.eval_split or self.generate):
            other = "eval_file" if self.eval_file else "eval_split"
            other = "generate" if self.generate else other
            raise ValueError(f"has both test_size and {other}; one of them is enough")
        return self

    @property
    def folders(self) -> list[Path]:
        """The folder of the dataset, where it is one of this machine."""
        folder = None if self.dataset is None else Path(self.dataset)
        return [folder] if folder is not None and folder.is_dir() else []

    def _has_both_files(self) -> bool:
        held_out = self.eval_file is not None or self.test_size is not None
        return self.train_file is not None and held_out

    @model_validator(mode="after")
    def _check_parts(self) -> Self:
        shaped = [name for name in ("columns", *LAYOUTS, "values") if getattr(self, name)]
        if self.generate is not None and shaped:
            raise ValueError(f"{shaped[0]} is for files and datasets; generated rows need none")
        for part in ("prompt", "completion"):
            if part in self.columns and getattr(self, f"{part}_layout") is not None:
                raise ValueError(f"has both columns.{part} and {part}_layout; one is enough")
        if "messages" in self.columns and (
            {"prompt", "completion"} & set(self.columns)
            or self.prompt_layout is not None
            or self.completion_layout is not None
        ):
            raise ValueError(
                "columns.messages is a whole conversation; prompt and completion are then no "
                "columns or layouts of their own"
            )
        return self
