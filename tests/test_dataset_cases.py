"""`--cases-file` with a `datasets` dataset: splits, columns and rows, all from folders."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from fixtures.case_source import Dataset, find_dataset, load_dataset_rows
from fixtures.dataset_files import DatasetName
from suite.errors import InputError
from tests.toy_math import answer, make_toy

datasets = pytest.importorskip("datasets")

ROWS = [
    {"question": f"What is {n} + {n}?", "answer": f"It is {2 * n}.\n#### {2 * n}", "picture": b"x"}
    for n in range(6)
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("datasets")
    whole = datasets.Dataset.from_list(ROWS)
    splits = datasets.DatasetDict(train=whole.select(range(4)), test=whole.select([4, 5]))
    splits.save_to_disk(root / "splits")
    whole.save_to_disk(root / "one")
    broken = datasets.Dataset.from_list([ROWS[0], {"question": "A?", "answer": "many"}])
    broken.save_to_disk(root / "broken")
    datasets.Dataset.from_list([{"text": "a"}]).save_to_disk(root / "other")
    (root / "files").mkdir()
    lines = [json.dumps({key: row[key] for key in ("question", "answer")}) for row in ROWS]
    (root / "files" / "test.jsonl").write_text("\n".join(lines))
    return root


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def load(folder: Path, split: str | None = None, limit: int | None = None) -> Any:
    return load_dataset_rows(Dataset(DatasetName(str(folder)), split), "math", limit)


def test_the_rows_of_a_split_are_cases(folder: Path) -> None:
    file = load(folder / "splits", "test")
    assert [case.inputs["question"] for case in file.cases] == ["What is 4 + 4?", "What is 5 + 5?"]
    assert file.cases[0].expected == "It is 8.\n#### 8"
    assert not file.is_suite
    assert len(load(folder / "one", limit=3).cases) == 3
    assert len(load(folder / "files").cases) == 6


@pytest.mark.parametrize(
    ("name", "split", "told"),
    [
        ("splits", None, "--dataset-split: {0} has several splits: test, train"),
        ("splits", "tset", "{0}: unknown split 'tset'; known: test, train. Did you mean 'test'?"),
        ("other", None, "none of the columns"),
        ("broken", None, "[1].answer: wants a number such as 24"),
        ("none", None, "--cases-file: {0}: "),
    ],
)
def test_what_cannot_be_read_is_told(folder: Path, name: str, split: str | None, told: str) -> None:
    with pytest.raises(InputError) as error:
        load(folder / name, split)
    assert told.format(folder / name) in str(error.value)


def given(cases_file: str | None, **more: str) -> Namespace:
    """Return what the command line says of cases."""
    names = ("dataset_config", "dataset_split", "dataset_revision", "fewshot_file", "num_fewshot")
    return Namespace(**dict.fromkeys(names) | {"cases_file": cases_file} | more)


@pytest.mark.parametrize(
    ("written", "found"),
    {
        "an id": ("openai/gsm8k", "openai/gsm8k"),
        "a file": ("rows.jsonl", None),
        "a file that is not there": ("eval/gsm8k.jsonl", None),
        "a folder": ("folder", "{here}/folder"),
        "a file that looks like an id": ("folder/rows", None),
        "nothing": (None, None),
    }.values(),
    ids=lambda value: str(value),
)
def test_a_dataset_is_told_from_a_file(
    tmp_path: Path, written: str | None, found: str | None
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "rows.jsonl").touch()
    (tmp_path / "folder" / "rows").touch()
    dataset = find_dataset(given(written), tmp_path)
    assert (dataset and dataset.name.name) == (found and found.format(here=tmp_path))


def test_config_split_and_revision_are_part_of_what_a_dataset_is_called(tmp_path: Path) -> None:
    more = {"dataset_config": "main", "dataset_split": "test", "dataset_revision": "abc"}
    found = find_dataset(given("openai/gsm8k", **more), tmp_path)
    assert found is not None
    assert str(found.label) == "openai/gsm8k:main:test@abc"


def test_without_datasets_the_extra_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(InputError, match=r"the extra `train`: pip install"):
        load(folder / "one")


def test_a_dataset_is_judged_from_the_command_line(
    folder: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = make_toy(pytester, monkeypatch)
    answer(toy, row_000000="It is 8.", row_000001="It is 11.")
    result = toy.pytester.runpytest(
        "-p", "fixtures.plugin", "--models", "models.yaml", "--gates", "gates.yaml", "-m", "math",
        "--flips=gate", f"--cases-file={folder / 'splits'}", "--dataset-split=test",
    )  # fmt: skip
    result.stdout.fnmatch_lines(["*math  2 cases, *splits:test*", "*0.500 (1/2, 95% *"])
