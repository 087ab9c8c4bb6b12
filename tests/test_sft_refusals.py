"""What a training refuses once it loads the base, or was ended by, leaves no run in the way."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from suite.errors import InputError
from tests.test_sft_run import EXAMPLES
from train.sft import train_sft
from train.sft_base import read_tokenizer
from train.sft_config import SftConfig

# trl 1.16 with transformers 5.23: renamed, not gone
pytestmark = pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.tiny_models import make_base

    return make_base(tmp_path_factory.mktemp("base"))


def make_config(base: Path, folder: Path, **training: object) -> SftConfig:
    return SftConfig.model_validate(
        {
            "base": str(base),
            "quantization": "none",
            "output_dir": folder / "run",
            "adapter_dir": folder / "adapter",
            "data": {
                "train_file": EXAMPLES / "train.jsonl",
                "eval_file": EXAMPLES / "eval.jsonl",
                "max_tokens": 700,
            },
            "training": {"threads": 1, "batch_size": 2, "warmup_ratio": 0} | training,
            "evaluation": {"rows": 1, "max_new_tokens": 2},
        }
    )


@pytest.mark.slow  # the trainer's libraries take their time to load
def test_a_base_of_unknown_architecture_is_told_and_leaves_no_run(
    base: Path, tmp_path: Path
) -> None:
    other = tmp_path / "unknown"
    shutil.copytree(base, other)
    settings = json.loads((other / "config.json").read_text(encoding="utf-8"))
    (other / "config.json").write_text(
        json.dumps(settings | {"model_type": "nosuch", "architectures": ["NoSuchForCausalLM"]}),
        encoding="utf-8",
    )
    with pytest.raises(InputError, match=r"^base: .*unknown: cannot be loaded: .*nosuch"):
        train_sft(make_config(other, tmp_path), "train")
    assert not (tmp_path / "run").exists()


def test_a_base_without_a_tokenizer_is_told(base: Path, tmp_path: Path) -> None:
    assert read_tokenizer(base)
    other = tmp_path / "bare"
    shutil.copytree(base, other, ignore=shutil.ignore_patterns("tokenizer*"))
    with pytest.raises(InputError, match=r"^base: .*bare: has no tokenizer: every text becomes"):
        read_tokenizer(other)


@pytest.mark.slow
def test_what_ends_a_run_before_anything_is_measured_leaves_no_run(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr("train.sft._build_trainer", fail)
        with pytest.raises(ZeroDivisionError):
            train_sft(make_config(base, tmp_path), "train")
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_finished_run_that_ended_within_an_epoch_is_not_trained_further(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = make_config(base, tmp_path, max_steps=2, save_total_limit=1)
    train_sft(config, "train", resume=True)
    assert "holds no run to go on with; --resume starts one" in capsys.readouterr().out
    run, weights = tmp_path / "run", tmp_path / "adapter" / "adapter_model.safetensors"
    before = weights.read_bytes()
    weights.unlink()
    best = train_sft(config, "train", resume=True)
    assert best.step == 2
    assert "checkpoint-2: the last step is trained already" in capsys.readouterr().out
    assert sorted(path.name for path in run.glob("checkpoint-*")) == ["checkpoint-2"]
    assert sorted(path.stem for path in (run / "evaluations").glob("*.json")) == [
        "step_00000",
        "step_00002",
    ]
    assert weights.read_bytes() == before
