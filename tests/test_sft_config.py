"""The training configuration: every mistake is named, with the nearest known key."""

from __future__ import annotations

from pathlib import Path

import pytest

from suite.errors import InputError
from train.sft_config import read_config

CONFIGS = Path(__file__).parents[1] / "train" / "configs"
GOOD = """\
base: fixtures/tiny
output_dir: runs/one
adapter_dir: adapters/one
data: {train_file: train.jsonl, eval_file: eval.jsonl}
"""


def problems_of(folder: Path, text: str, *overrides: str) -> list[str]:
    path = folder / "sft.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_config(path, overrides)
    return [problem.removeprefix(f"{path}: ") for problem in caught.value.problems]


@pytest.mark.parametrize("name", ["tiny_json", "tiny_smoke"])
def test_a_committed_config_is_valid_and_opens_with_its_command(name: str) -> None:
    path = CONFIGS / f"{name}.yaml"
    config = read_config(path)
    assert config.base == "fixtures/tiny"
    assert config.quantization == "nf4"
    assert config.device == "cpu"
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# python -m train sft --config train/configs/{name}.yaml"


def test_defaults_are_filled_in_and_overrides_win(tmp_path: Path) -> None:
    path = tmp_path / "sft.yaml"
    path.write_text(GOOD, encoding="utf-8")
    config = read_config(
        path, ["training.learning_rate=2e-3", "lora.r=4", "seed=7", "output_dir=runs/two"]
    )
    assert config.training.learning_rate == 0.002
    assert config.training.batch_size == 16
    assert (config.lora.r, config.lora.alpha) == (4, 16)
    assert (config.seed, config.output_dir) == (7, Path("runs/two"))


def test_the_device_is_one_of_three(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, GOOD, "device=gpu")
    assert problem == "device: expected 'auto', 'cpu' or 'cuda', got 'gpu'"


def test_unknown_keys_are_named_with_the_nearest(tmp_path: Path) -> None:
    text = GOOD + "trainning: {epochs: 2}\nlora: {rank: 8, alfa: 16}\n"
    problems = problems_of(tmp_path, text)
    assert len(problems) == 3
    assert problems[0].startswith("lora.rank: unknown key 'rank'; known: alpha, bias, dropout, r")
    assert problems[1].endswith("Did you mean 'alpha'?")
    assert problems[2].startswith("trainning: unknown key 'trainning'")
    assert problems[2].endswith("Did you mean 'training'?")


def test_an_unknown_key_on_the_command_line_is_an_error(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, GOOD, "training.learning_rat=1")
    assert problem.startswith("training.learning_rat: unknown key")
    assert problem.endswith("Did you mean 'learning_rate'?")


def test_a_key_of_another_section_is_told_with_its_place(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, GOOD, "activation_checkpointing=true")
    assert problem.startswith("activation_checkpointing: unknown key 'activation_checkpointing'")
    assert problem.endswith(". Did you mean 'training.activation_checkpointing'?")
    # what is spelled right elsewhere is nearer than what is spelled alike here (max_steps)
    (problem,) = problems_of(tmp_path, GOOD, "training.max_tokens=9")
    assert problem.endswith(". Did you mean 'data.max_tokens'?")
    (problem,) = problems_of(tmp_path, GOOD, "batch_size=9")
    assert problem.endswith(". Did you mean 'training.batch_size' or 'evaluation.batch_size'?")


@pytest.mark.parametrize(
    "key", ["evaluation.rows", "training.epochs", "training.max_steps", "data.test_size"]
)
def test_a_boolean_is_no_number(tmp_path: Path, key: str) -> None:
    assert problems_of(tmp_path, GOOD, f"{key}=true") == [f"{key}: expected a number, got True"]


def test_an_override_without_a_value_is_an_error(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, GOOD, "training.epochs")
    assert problem == "training.epochs: expected key=value, such as training.epochs=2"


def test_values_out_of_range_are_named_all_at_once(tmp_path: Path) -> None:
    text = GOOD + "training: {epochs: 0, batch_size: many}\nquantization: nf5\n"
    problems = problems_of(tmp_path, text)
    assert [problem.split(":")[0] for problem in problems] == [
        "quantization",
        "training.batch_size",
        "training.epochs",
    ]


def test_data_come_from_files_or_from_the_generator_not_both(tmp_path: Path) -> None:
    neither = GOOD.replace("{train_file: train.jsonl, eval_file: eval.jsonl}", "{max_tokens: 99}")
    assert "needs train_file and eval_file, or generate" in problems_of(tmp_path, neither)[0]
    both = problems_of(tmp_path, GOOD, "data.generate.n_train=10")
    assert "has both files and generate" in both[0]


def test_the_generator_settings_are_checked_too(tmp_path: Path) -> None:
    text = GOOD.replace(
        "{train_file: train.jsonl, eval_file: eval.jsonl}", "{generate: {n_trian: 10}}"
    )
    (problem,) = problems_of(tmp_path, text)
    assert problem.startswith("data.generate.n_trian: unknown key")
    assert problem.endswith("Did you mean 'n_train'?")


def test_a_schedule_that_rises_and_falls_longer_than_it_lasts_is_refused(tmp_path: Path) -> None:
    settings = ("training.warmup_ratio=0.5", "training.decay_ratio=0.6")
    problems = problems_of(tmp_path, GOOD, *settings, "training.scheduler=warmup_stable_decay")
    (problem,) = problems
    assert problem.startswith(
        "training: warmup_ratio and decay_ratio are 1.1 of the steps together; "
        "warmup_stable_decay has room for 1, got"
    )
    path = tmp_path / "sft.yaml"
    assert read_config(path, settings).training.decay_ratio == 0.6  # of no use to cosine


def test_rows_in_the_given_order_are_not_packed(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, GOOD, "training.packing=true", "training.row_order=given")
    (problem,) = problems
    assert problem.startswith(
        "training: packing puts rows into another order; row_order given is without it, got"
    )
