"""Rows of `datasets` datasets: splits, columns, and the rows to learn from.

Loading is `fixtures/dataset_files.py`; what the columns mean is `train/row_layout.py`; each row is
checked in `train/user_rows.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fixtures.dataset_files import DatasetName, load_splits, number_rows, pick_columns
from suite.errors import InputError, unknown
from train.data_settings import DataSettings
from train.processes import say
from train.row_layout import check_columns, needed_columns

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict  # type: ignore[import-untyped]

EVAL_SPLITS = ("validation", "eval", "dev", "test")
"""Names that are looked for, in this order, where `eval_split` is not given."""


@dataclass(frozen=True, slots=True)
class Table:
    """One split."""

    name: str
    """For messages, such as `openai/gsm8k: train`."""
    rows: Iterable[tuple[str, int, dict[str, Any]]]
    """Where each row stands, its number, and its columns."""


def read_dataset(settings: DataSettings) -> dict[str, Table]:
    """Find the splits of the dataset that a configuration names; rows are read as they are used.

    Args:
        settings: `dataset` is an id on the hub or a folder.

    Returns:
        `train`, and `eval` unless `test_size` is to hold rows out.

    Raises:
        InputError: There is no such dataset, configuration, split or column.
    """
    name = settings.dataset
    assert name is not None
    wanted = DatasetName(name, settings.dataset_config, settings.dataset_revision)
    found = load_splits(wanted, "data.dataset", alone=settings.train_split)
    splits = {"train": settings.train_split}
    if settings.test_size is None:
        splits["eval"] = _choose_eval_split(settings, found, name)
    tables = {
        split: _pick(found, wanted, f"data.{split}_split", name) for split, wanted in splits.items()
    }
    return {
        split: _table(settings, table, f"{name}: {splits[split]}")
        for split, table in tables.items()
    }


def _choose_eval_split(settings: DataSettings, found: DatasetDict, name: str) -> str:
    if settings.eval_split is not None:
        return settings.eval_split
    for split in EVAL_SPLITS:
        if split in found and split != settings.train_split:
            say(f"data: {name}: measured on its split {split} (data.eval_split chooses)")
            return split
    raise InputError(
        f"data.eval_split: {name} has none of {', '.join(EVAL_SPLITS)}; splits: "
        f"{', '.join(sorted(found))}. test_size=200 holds rows of {settings.train_split} out"
    )


def _pick(found: DatasetDict, split: str, setting: str, name: str) -> Dataset:
    if split not in found:
        raise InputError(f"{setting}: {name}: {unknown('split', split, found)}")
    return found[split]


def _table(settings: DataSettings, table: Dataset, name: str) -> Table:
    known = table.column_names
    check_columns(settings, known, name)
    needed = {
        column if column in known else column.split(".")[0] for column in needed_columns(settings)
    }
    columns = pick_columns(table, needed)
    if not columns:
        raise InputError(
            f"{name}: has no column `messages` or `prompt`; columns: {', '.join(known)}. "
            "data.columns and data.prompt_layout say which hold what"
        )
    return Table(name, number_rows(table.select_columns(columns), name))
