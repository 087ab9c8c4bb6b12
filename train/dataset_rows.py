"""Rows of `datasets` datasets: from the hub, from a folder of files, from `save_to_disk`.

What the columns mean is `train/row_layout.py`; each row is checked in `train/user_rows.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suite.errors import InputError, unknown
from train.data_settings import DataSettings
from train.processes import say
from train.row_layout import check_columns, needed_columns

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict  # type: ignore[import-untyped]

EVAL_SPLITS = ("validation", "eval", "dev", "test")
"""Names that are looked for, in this order, where `eval_split` is not given."""

_STANDARD = ("messages", "prompt", "completion", "schema", "expected", "id", "tags", "top_level")


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
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import datasets

    datasets.disable_progress_bars()
    name = settings.dataset
    assert name is not None
    found = _load(settings, name)
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


def _load(settings: DataSettings, name: str) -> DatasetDict:
    import datasets

    folder = Path(name)
    saved = [folder / marker for marker in ("dataset_dict.json", "state.json")]
    try:
        if any(path.is_file() for path in saved):
            found = datasets.load_from_disk(name)
        else:
            found = datasets.load_dataset(
                name, settings.dataset_config, revision=settings.dataset_revision
            )
    # DatasetNotFoundError and ConnectionError are OSErrors, an unknown configuration a ValueError;
    # datasets 5.2 raises an IndexError for a saved split without rows
    except (datasets.exceptions.DatasetsError, OSError, ValueError, LookupError) as error:
        raise InputError(f"data.dataset: {name}: {_say(error, folder)}") from None
    if isinstance(found, datasets.Dataset):  # saved without splits
        return datasets.DatasetDict({settings.train_split: found})
    return found


def _say(error: Exception, folder: Path) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = " ".join(lines[:2]) or type(error).__name__
    if isinstance(error, LookupError):
        return f"cannot be read ({type(error).__name__}: {said}); is a split of it empty?"
    cause = error.__cause__
    if cause is not None and str(cause) and str(cause).splitlines()[0] not in said:
        said += f" ({str(cause).splitlines()[0]})"
    if isinstance(error, ConnectionError):
        return f"{said}; without a network give a folder, such as `hf download` makes"
    if "gated" in said:
        return f"{said}; accept its terms on its page, then set HF_TOKEN"
    if not folder.exists():
        return f"{said}; it is neither a folder here nor a dataset on the hub that can be read"
    return said


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
    # pictures and sounds that nobody asked for are not decoded
    columns = [
        column
        for column in known
        if column in needed or (column in _STANDARD and not _is_filled(table, column))
    ]
    if not columns:
        raise InputError(
            f"{name}: has no column `messages` or `prompt`; columns: {', '.join(known)}. "
            "data.columns and data.prompt_layout say which hold what"
        )
    return Table(name, _number(table.select_columns(columns), name))


def _is_filled(table: Dataset, column: str) -> bool:
    """Whether a column holds objects of any keys, each of which Arrow gives the keys of all."""
    feature = table.features[column]
    while hasattr(feature, "feature"):  # a list of
        feature = feature.feature
    return column in ("schema", "expected") and isinstance(feature, dict)


def _number(table: Dataset, name: str) -> Iterator[tuple[str, int, dict[str, Any]]]:
    for index, row in enumerate(table):
        yield f"{name}[{index}]", index, _without_nulls(row)


def _without_nulls(row: Mapping[str, Any]) -> dict[str, Any]:
    """Arrow gives every row every column: null stands for an absent one of ours."""
    return {
        column: value
        for column, value in row.items()
        if value is not None or column not in _STANDARD
    }
