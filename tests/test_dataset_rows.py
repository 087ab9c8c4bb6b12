"""Rows of `datasets` datasets: a saved folder, a folder of files; splits and columns checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from suite.errors import InputError
from train.data_settings import DataSettings
from train.user_rows import read_given

datasets = pytest.importorskip("datasets")

ROWS = [
    {
        "question": f"What is {n} + {n}?",
        "label": n % 2,
        "error_type": None if n % 2 else "slip",
        "picture": b"\x00",
    }
    for n in range(12)
]
SHAPE: dict[str, Any] = {
    "prompt_layout": "{question}",
    "completion_layout": '{"label": {label}, "error_type": {error_type:json}}',
    "task": "verifier",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One dataset saved in three ways; nothing of it goes into the user's own cache."""
    root = tmp_path_factory.mktemp("datasets")
    whole = datasets.Dataset.from_list(ROWS)
    splits = datasets.DatasetDict(train=whole.select(range(8)), test=whole.select(range(8, 12)))
    whole.save_to_disk(root / "one")
    splits.save_to_disk(root / "splits")
    (root / "files").mkdir()
    for name, split in splits.items():
        split.to_parquet(root / "files" / f"{name}.parquet")
    return root


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def read(folder: Path, **changes: Any) -> dict[str, list[Any]]:
    shape = {"dataset": str(folder)} | SHAPE | changes
    return read_given(DataSettings.model_validate(shape), seed=0)


@pytest.mark.parametrize("name", ["splits", "files"])
def test_a_saved_folder_and_a_folder_of_files_give_the_same_rows(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = read(folder / name)
    assert (len(rows["train"]), len(rows["eval"])) == (8, 4)
    assert rows["train"][1].case.messages[0].content == "What is 1 + 1?"
    assert rows["train"][1].completion == '{"label": 1, "error_type": null}'
    assert rows["eval"][0].case.expected == {"label": 0, "error_type": "slip"}
    assert "measured on its split test (data.eval_split chooses)" in capsys.readouterr().out


def test_a_dataset_without_splits_is_held_out_of(folder: Path) -> None:
    rows = read(folder / "one", test_size=3)
    assert (len(rows["train"]), len(rows["eval"])) == (9, 3)
    with pytest.raises(InputError, match=r"splits: train\. test_size=200 holds rows of train out"):
        read(folder / "one")


def test_conversations_are_read_as_they_are(tmp_path: Path) -> None:
    talk = [{"role": "user", "content": "x"}, {"role": "assistant", "content": '{"a": 1}'}]
    rows = [
        {"messages": talk, "expected": {"a": 1}, "schema": None},
        # Arrow gives every row the keys of all: such an `expected` is not this row's
        {"messages": talk, "expected": {"b": 2}, "schema": None},
    ]
    datasets.Dataset.from_list(rows).save_to_disk(tmp_path / "talk")
    shape = {"dataset": str(tmp_path / "talk"), "eval_split": "train"}
    read_rows = read_given(DataSettings.model_validate(shape), seed=0)["train"]
    assert [row.completion for row in read_rows] == ['{"a": 1}'] * 2
    assert [row.case.expected for row in read_rows] == [{"a": 1}] * 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"eval_split": "tests"}, r"data.eval_split: .*unknown split 'tests'; known: test, train"),
        (
            {"prompt_layout": "{questoin}"},
            r"train: no column 'questoin' .* Did you mean 'question'",
        ),
        ({"completion_layout": "{error_type}"}, r"splits: train\[1\]: column 'error_type' is null"),
        (
            {"prompt_layout": None, "completion_layout": None},
            r"has no column `messages` or `prompt`; columns: question, label, error_type, picture",
        ),
    ],
    ids=["split", "column", "null", "no-prompt"],
)
def test_mistakes_are_told_with_their_place(
    folder: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read(folder / "splits", **changes)


def test_what_cannot_be_opened_is_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match=r"data.dataset: .*nowhere: .* neither a folder here nor"):
        read(tmp_path / "nowhere")
    with pytest.raises(InputError, match="BuilderConfig 'main' not found"):
        read(folder / "files", dataset_config="main")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(
        InputError, match=r"data.dataset: nobody/x: .*without a network give a fold"
    ):
        read(Path("nobody/x"))
