"""`train sft` without training: what is printed, what excludes each other, which keys there are."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from suite.errors import InputError
from tests.test_sft_config import GOOD, problems_of
from tests.test_sft_run import make_config
from train.__main__ import app
from train.dry_run import shrink
from train.precision import place_layers
from train.sft_command import config_text
from train.sft_config import read_config
from train.targets import check_targets, layer_names

ROOT = Path(__file__).parents[1]
CONFIGS = sorted(
    path
    for path in (ROOT / "train" / "configs").glob("*.yaml")
    if not path.name.startswith(("data_", "run_config"))
)


def run(*options: str) -> Result:
    return CliRunner().invoke(app, ["sft", *options])


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_what_print_config_prints_is_the_same_configuration(path: Path, tmp_path: Path) -> None:
    done = run("--config", str(path), "--print-config", "training.learning_rate=3e-4")
    assert done.exit_code == 0, done.output
    printed = tmp_path / "printed.yaml"
    printed.write_text(done.stdout, encoding="utf-8")
    assert read_config(printed) == read_config(path, ["training.learning_rate=3e-4"])


def test_print_config_names_every_key_with_its_default(tmp_path: Path) -> None:
    path = tmp_path / "sft.yaml"
    path.write_text(GOOD, encoding="utf-8")
    shown = yaml.safe_load(config_text(read_config(path)))
    assert shown["quantization_settings"] == {"double_quant": False, "compute_dtype": "auto"}
    assert shown["lora"]["use_rslora"] is False
    assert shown["training"]["gradient_accumulation_steps"] == 1
    assert shown["evaluation"]["steps"] == 100
    assert shown["loss_on"] == "completion"


def test_a_config_that_would_move_the_terminal_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    path = tmp_path / "sft.yaml"
    path.write_text(GOOD + 'revision: "\\e[2Jmain"\n', encoding="utf-8")
    done = run("--config", str(path), "--print-config")
    assert done.exit_code == 0
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    "options",
    [("--dry-run", "--resume"), ("--dry-run", "--overwrite"), ("--resume", "--overwrite")],
    ids=" ".join,
)
def test_ways_to_start_exclude_each_other(options: tuple[str, ...]) -> None:
    done = run("--config", "nowhere.yaml", *options)
    assert done.exit_code == 2
    assert "exclude each other" in done.output


def test_evaluations_are_counted_by_steps_or_by_epoch_not_both(tmp_path: Path) -> None:
    path = tmp_path / "sft.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert read_config(path).evaluation.steps == 100
    chosen = read_config(path, ["evaluation.per_epoch=4"]).evaluation
    assert (chosen.steps, chosen.per_epoch) == (None, 4)
    (problem,) = problems_of(tmp_path, GOOD, "evaluation.per_epoch=4", "evaluation.steps=9")
    assert problem.startswith("evaluation: has both steps and per_epoch")


def test_settings_of_nf4_are_refused_where_there_is_none(tmp_path: Path) -> None:
    (problem,) = problems_of(
        tmp_path, GOOD, "quantization=none", "quantization_settings.double_quant=true"
    )
    assert "quantization_settings are of nf4; with quantization 'none' leave them out" in problem


@pytest.mark.parametrize(
    ("override", "start"),
    [
        ("training.optimizer=adam", "training.optimizer: expected 'adamw_torch', "),
        ("training.mixed_precision=true", "training.mixed_precision: unknown key"),
        ("training.gradient_accumulation=2", "training.gradient_accumulation: unknown key"),
        ("loss_on=answer", "loss_on: expected 'completion' or 'all', got 'answer'"),
        ("lora.use_rslora=maybe", "lora.use_rslora: "),
        ("evaluation.metric=bleu", "evaluation.metric: expected 'format_success_rate', "),
    ],
)
def test_a_value_that_is_none_of_the_choices_is_told(
    tmp_path: Path, override: str, start: str
) -> None:
    (problem,) = problems_of(tmp_path, GOOD, override)
    assert problem.startswith(start)


def test_a_dry_run_lies_beside_the_run_and_takes_two_steps(tmp_path: Path) -> None:
    config = make_config(
        tmp_path,
        training={"warmup_ratio": 0.5, "epochs": 9, "save_steps": 7, "tensorboard_dir": "mine"},
        evaluation={"per_epoch": 4, "rows": 3},
    )
    trial = shrink(config)
    assert trial.output_dir == tmp_path / "run.dry_run"
    assert trial.adapter_dir == tmp_path / "run.dry_run" / "adapter"
    assert (trial.training.max_steps, trial.training.warmup_ratio) == (2, 0.0)
    assert (trial.training.save_steps, trial.training.tensorboard_dir) == (None, None)
    assert (trial.evaluation.steps, trial.evaluation.per_epoch, trial.evaluation.rows) == (
        1,
        None,
        3,
    )
    assert trial.training.batch_size == config.training.batch_size


def write_safetensors(path: Path, names: list[str]) -> None:
    """A head as safetensors writes it; nobody reads the weights."""
    entry = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
    head = "{" + ",".join(f'"{name}":{entry}' for name in names) + ',"__metadata__":{}}'
    path.write_bytes(len(head).to_bytes(8, "little") + head.encode() + b"\0" * 4)


def test_a_layer_that_the_base_has_not_is_told_with_those_it_has(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    base = tmp_path / "base"
    attention, mlp = "model.layers.0.self_attn", "model.layers.0.mlp"
    names = [f"{attention}.qkv_proj", f"{attention}.o_proj", f"{mlp}.gate_up_proj"]
    names += [f"{mlp}.down_proj", "model.norm", "model.embed_tokens", "lm_head"]
    write_safetensors(base / "model.safetensors", [f"{name}.weight" for name in names])
    with pytest.raises(InputError) as caught:
        check_targets(config, base)
    assert len(caught.value.problems) == 5  # q, k, v, gate and up are two fused layers here
    assert caught.value.problems[0] == (
        f"lora.target_modules: {base} has no layer 'q_proj'; it has down_proj, gate_up_proj, "
        "o_proj, qkv_proj. Did you mean 'qkv_proj'?"
    )
    check_targets(make_config(tmp_path, lora={"target_modules": "all-linear"}), base)


def test_layers_of_a_base_in_several_files_are_read_from_the_index(tmp_path: Path) -> None:
    index = '{"weight_map": {"model.layers.0.mlp.up_proj.weight": "a.safetensors", "x.bias": "b"}}'
    (tmp_path / "model.safetensors.index.json").write_text(index, encoding="utf-8")
    assert layer_names(tmp_path) == {"model.layers.0.mlp.up_proj"}


def test_each_process_has_a_gpu_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = make_config(tmp_path)
    assert place_layers(config) is None
    on_gpu = config.model_copy(update={"device": "cuda"})
    assert place_layers(on_gpu) == {"": "cuda:0"}
    monkeypatch.setenv("LOCAL_RANK", "3")
    assert place_layers(on_gpu) == {"": "cuda:3"}
    assert place_layers(on_gpu.model_copy(update={"device_map": "auto"})) == "auto"
