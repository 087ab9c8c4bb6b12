"""The configurations that ship: each opens with its command, parses, and has the known numbers."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from suite.tasks import TASKS
from train.data_config import DataConfig, read_data_run
from train.sft_config import SftConfig, read_config

ROOT = Path(__file__).parents[1]
CONFIGS = sorted((ROOT / "train" / "configs").glob("*.yaml"))
SFT = [path for path in CONFIGS if not path.name.startswith(("data_", "run_config"))]
DATA = [path for path in CONFIGS if path.name.startswith("data_")]
QWEN = ("qwen2_5_0_5b_json", "qwen2_5_0_5b_json_hard_eval", "qwen2_5_0_5b_json_hard_eval_dupfix")


def read(name: str) -> SftConfig:
    return read_config(ROOT / "train" / "configs" / f"{name}.yaml")


def test_what_ships_is_there() -> None:
    names = {path.stem for path in SFT}
    assert names >= {
        *QWEN,
        "tiny_json",
        "tiny_extraction",
        "tiny_qa",
        "tiny_smoke",
        "tiny_verifier",
        "tiny_math",
        "phi_4_mini_verifier",
        "qwen2_5_0_5b_gsm8k",
        "qwen3_4b_json",
    }
    assert {path.stem for path in DATA} >= {"data_hard_eval", "data_hard_eval_dupfix"}


@pytest.mark.parametrize("path", [*SFT, *DATA], ids=lambda path: path.stem)
def test_a_configuration_opens_with_the_command_that_runs_it(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    command = "data" if path in DATA else "sft"
    place = path.relative_to(ROOT).as_posix()
    assert first == f"# python -m train {command} --config {place}"
    assert shlex.split(first)[-1] == place


@pytest.mark.parametrize("path", SFT, ids=lambda path: path.stem)
def test_a_training_parses_and_writes_where_nothing_else_does(path: Path) -> None:
    config = read_config(path)
    assert config.output_dir == Path("runs") / path.stem
    assert config.adapter_dir.name in (path.stem, "adapter")
    if "/" in config.base and not config.base.startswith(("fixtures/", "runs/")):
        assert config.revision is not None, "a base of the hub is pinned"
        assert len(config.revision) == 40


@pytest.mark.parametrize("path", DATA, ids=lambda path: path.stem)
def test_a_recipe_parses(path: Path) -> None:
    assert read_data_run(path, {}, ()).n_train == 6000


@pytest.mark.parametrize("name", QWEN)
def test_the_small_qwen_has_the_numbers_that_people_know(name: str) -> None:
    config = read(name)
    training, evaluation = config.training, config.evaluation
    assert (training.learning_rate, training.epochs, training.warmup_ratio) == (2e-4, 2.0, 0.03)
    assert (training.batch_size, training.gradient_accumulation_steps) == (1, 16)
    assert (training.optimizer, training.save_total_limit) == ("paged_adamw_8bit", 10)
    assert config.data.max_tokens == 512
    assert (evaluation.steps, evaluation.rows, evaluation.max_new_tokens) == (25, 200, 128)


@pytest.mark.parametrize(
    ("name", "task"), [("phi_4_mini_verifier", "verifier"), ("qwen2_5_0_5b_gsm8k", "math")]
)
def test_rows_of_ones_own_are_laid_out_as_the_suite_asks(name: str, task: str) -> None:
    layout = TASKS[task].layout
    assert layout is not None
    data = read(name).data
    assert (data.task, data.system_layout, data.prompt_layout) == (task, None, layout.prompt)


@pytest.mark.parametrize("kind", ["hard_eval", "hard_eval_dupfix"])
def test_rows_are_those_of_the_data_preset(kind: str) -> None:
    preset = read_data_run(ROOT / "train" / "configs" / f"data_{kind}.yaml", {}, ())
    made = read(f"qwen2_5_0_5b_json_{kind}").data.generate
    assert made == DataConfig.model_validate(
        preset.model_dump(include=set(DataConfig.model_fields))
    )


def make_base(folder: Path, kind: str) -> Path:
    """A random model of two layers, of the architecture that a configuration is for."""
    import torch
    import transformers

    from tests.tiny_models import END_OF_TURN, PAD, TWO_LAYERS, make_tokenizer

    tokenizer = make_tokenizer(folder)
    torch.manual_seed(0)
    size = {
        **TWO_LAYERS,
        "vocab_size": len(tokenizer),
        "max_position_embeddings": 4096,
        "bos_token_id": None,
        "eos_token_id": END_OF_TURN,
        "pad_token_id": PAD,
    }
    if kind == "Qwen3":
        size["head_dim"] = 16
    config = getattr(transformers, f"{kind}Config")(**size)
    getattr(transformers, f"{kind}ForCausalLM")(config).save_pretrained(folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("tiny_json", "Qwen2"),
        ("qwen2_5_0_5b_json", "Qwen2"),
        ("qwen2_5_0_5b_json_hard_eval", "Qwen2"),
        ("qwen2_5_0_5b_json_hard_eval_dupfix", "Qwen2"),
        ("phi_4_mini_verifier", "Phi3"),
        ("tiny_verifier", "Qwen2"),
        ("tiny_math", "Qwen2"),
        ("qwen3_4b_json", "Qwen3"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning")
def test_a_dry_run_passes_on_a_small_model_of_the_architecture(
    name: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from train.__main__ import app

    changes: dict[str, Any] = {
        "base": make_base(tmp_path / "base", kind),
        "revision": "null",
        "device": "cpu",
        "dtype": "float32",
        "output_dir": tmp_path / "run",
        "adapter_dir": tmp_path / "adapter",
        "training.optimizer": "adamw_torch",  # those of bitsandbytes' are for a GPU
        "training.precision": "fp32",
        "training.threads": 1,
        "evaluation.rows": 4,
        "evaluation.max_new_tokens": 4,
        "data.max_tokens": 2048,  # this tokenizer takes a token a byte
    }
    config = read(name)
    if config.data.generate is not None:
        changes |= {"data.generate.n_train": 48, "data.generate.n_eval": 8}
    else:
        monkeypatch.chdir(tmp_path)
        write_verifier_rows(tmp_path / "data" / "verifier")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    path = ROOT / "train" / "configs" / f"{name}.yaml"
    settings = [f"{key}={value}" for key, value in changes.items()]
    done = CliRunner().invoke(app, ["sft", "--config", str(path), "--dry-run", *settings])
    assert done.exit_code == 0, done.output
    assert not (tmp_path / "adapter").exists()


def write_verifier_rows(folder: Path) -> None:
    folder.mkdir(parents=True)
    for split, numbers in (("train", range(24)), ("validation", range(100, 108))):
        rows = [
            {
                "question": f"What is {number} and {7 * number + 3} together?",
                "solution": f"{number} + {7 * number + 3} = {8 * number + 3 + number % 2}",
                "label": number % 2,
                "error_type": "computational" if number % 2 else None,
            }
            for number in numbers
        ]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{split}.jsonl").write_text(text, encoding="utf-8")
