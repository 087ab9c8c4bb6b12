"""A run configuration stands in for a missing `--config`, and says so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from suite.errors import InputError
from train.__main__ import app
from train.data_config import read_data_run
from train.run_config import find_run_config, read_settings
from train.sft_config import read_config

CONFIGS = Path(__file__).parents[1] / "train" / "configs"
SMALL = {"out_dir": "rows", "n_train": 6, "n_eval": 3, "base": None}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def train(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_the_section_is_used_and_said_where_no_config_is_given(repository: Path) -> None:
    (repository / "run_config.json").write_text(json.dumps({"data": SMALL}), encoding="utf-8")
    done = train("data")
    assert done.exit_code == 0, done.output
    first = done.output.splitlines()[0]
    assert (
        first == "data: no --config given, so settings are those of section data of run_config.json"
    )
    stats = json.loads((repository / "rows" / "stats.json").read_text(encoding="utf-8"))
    assert (stats["splits"]["train"]["rows"], stats["splits"]["eval"]["rows"]) == (6, 3)
    card = (repository / "rows" / "README.md").read_text(encoding="utf-8")
    assert "python -m train data --config run_config.json\n" in card


def test_the_command_line_wins_over_the_file(repository: Path) -> None:
    (repository / "run_config.yaml").write_text(json.dumps({"data": SMALL}), encoding="utf-8")
    done = train("data", "n_train=5", "--n-eval", "2", "--task", "qa")
    assert done.exit_code == 0, done.output
    assert "train.jsonl: 5 rows" in done.output
    assert "eval.jsonl: 2 rows" in done.output


def test_a_given_config_wins_over_the_run_configuration(repository: Path) -> None:
    (repository / "run_config.yaml").write_text("data: {n_train: many}\n", encoding="utf-8")
    (repository / "other.yaml").write_text(json.dumps(SMALL), encoding="utf-8")
    done = train("data", "--config", "other.yaml")
    assert done.exit_code == 0, done.output
    assert "run_config" not in done.output


def test_it_is_found_from_a_folder_below(repository: Path) -> None:
    (repository / "run_config.yaml").write_text("sft: {}\n", encoding="utf-8")
    (repository / "deep" / "er").mkdir(parents=True)
    found = find_run_config(repository / "deep" / "er")
    assert found == repository.resolve() / "run_config.yaml"


def test_a_run_configuration_without_the_section_is_said_and_not_used(repository: Path) -> None:
    (repository / "run_config.yaml").write_text("data: {}\n", encoding="utf-8")
    done = train("sft")
    assert done.exit_code == 2
    assert "sft: run_config.yaml has no section sft; not used" in done.output
    assert "train sft: --config: missing; train/configs holds some" in done.output


def test_mistakes_in_it_are_told_with_file_and_place(repository: Path) -> None:
    path = repository / "run_config.yaml"
    path.write_text("daat: {}\n", encoding="utf-8")
    assert "run_config.yaml: unknown section 'daat'; known: data, sft. Did you mean 'data'?" in (
        train("data").output
    )
    path.write_text("data: {n_trian: 3}\n", encoding="utf-8")
    output = train("data").output
    assert "train data: run_config.yaml: n_trian: unknown key 'n_trian'" in output
    assert "train data: run_config.yaml: out_dir: missing" in output
    (repository / "run_config.json").write_text("{}", encoding="utf-8")
    assert "holds run_config.yaml and run_config.json; delete one" in train("data").output
    path.unlink()
    (repository / "run_config.json").write_text('{"data": {"seed": 1, "seed": 2}}', "utf-8")
    assert "run_config.json: not strict JSON: duplicate_key" in train("data").output


def test_the_example_is_valid_for_both_commands(tmp_path: Path) -> None:
    shutil.copy(CONFIGS / "run_config.example.yaml", tmp_path / "run_config.yaml")
    rows = read_data_run(tmp_path / "run_config.yaml", {})
    config = read_config(tmp_path / "run_config.yaml")
    assert config.data.train_file == rows.out_dir / "train.jsonl"
    with pytest.raises(InputError, match="has no section 'grpo'"):
        read_settings(tmp_path / "run_config.yaml", "grpo")
