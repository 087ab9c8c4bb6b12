"""Settings reach TRL, peft and bitsandbytes; a rehearsal, a save limit, curves, two processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from train.sft_config import SftConfig
from train.sft_measure import choose_best, read_evaluations

pytestmark = [
    pytest.mark.slow,
    # trl 1.16 with transformers 5.23: renamed, not gone
    pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning"),
]

ROOT = Path(__file__).parents[1]
SMOKE = ROOT / "train" / "configs" / "tiny_smoke.yaml"
SHORT = (
    "data.max_tokens=700",
    "training.threads=1",
    "training.logging_steps=1",
    "evaluation.rows=3",
    "evaluation.max_new_tokens=4",
)
WORDS = ("red", "oak", "iron", "seven", "north", "tea", "slow", "rain")
EVERYTHING = (
    "prompt_format=raw",
    "loss_on=all",
    "quantization_settings.double_quant=true",
    "lora.target_modules=all-linear",
    "lora.use_rslora=true",
    "lora.r=4",
    "lora.dropout=0.1",
    "training.packing=true",
    "training.batch_size=1",
    "training.gradient_accumulation_steps=2",
    "training.optimizer=paged_adamw_8bit",
    "training.scheduler=linear",
    "training.precision=bf16",
    "training.activation_checkpointing=true",
    "evaluation.steps=null",
    "evaluation.per_epoch=2",
    "evaluation.batch_size=5",
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.tiny_models import make_base

    return make_base(tmp_path_factory.mktemp("base"))


def run_sft(
    base: Path, folder: Path, *options: str, launcher: tuple[str, ...] = (sys.executable,)
) -> subprocess.CompletedProcess[str]:
    paths = [f"base={base}", f"output_dir={folder / 'run'}", f"adapter_dir={folder / 'adapter'}"]
    head = [*launcher, "-m", "train", "sft", "--config", str(SMOKE)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "COLUMNS": "100"}
    return subprocess.run(
        [*head, *paths, *SHORT, *options],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def history(checkpoint: Path) -> list[dict[str, Any]]:
    state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    logged: list[dict[str, Any]] = state["log_history"]
    return logged


def test_every_setting_reaches_the_library_that_has_it(tmp_path: Path) -> None:
    from train.sft_steps import count_steps, evaluate_every
    from train.sft_trainer import lora_config, trl_arguments

    config = SftConfig.model_validate(
        {
            "base": "b",
            "output_dir": tmp_path / "run",
            "adapter_dir": tmp_path / "adapter",
            "seed": 7,
            "loss_on": "all",
            "data": {"train_file": "t", "eval_file": "e", "max_tokens": 300},
            "lora": {"r": 4, "alpha": 6, "dropout": 0.1, "bias": "lora_only", "use_rslora": True}
            | {"target_modules": "all-linear"},
            "training": {
                "batch_size": 3,
                "gradient_accumulation_steps": 5,
                "epochs": 2,
                "packing": True,
                "optimizer": "paged_adamw_8bit",
                "scheduler": "constant_with_warmup",
                "learning_rate": 0.25,
                "warmup_ratio": 0.125,
                "weight_decay": 0.5,
                "max_grad_norm": 0.75,
                "activation_checkpointing": True,
                "logging_steps": 11,
                "save_total_limit": 2,
            },
            "evaluation": {"per_epoch": 2, "batch_size": 9},
        }
    )
    given = trl_arguments(config, 100)
    wanted = {
        "per_device_train_batch_size": 3,
        "per_device_eval_batch_size": 9,
        "gradient_accumulation_steps": 5,
        "max_steps": 14,  # 34 batches are 7 steps an epoch
        "eval_steps": 4,
        "save_steps": 4,
        "packing": True,
        "eval_packing": False,
        "max_length": 300,
        "completion_only_loss": False,
        "optim": "paged_adamw_8bit",
        "lr_scheduler_type": "constant_with_warmup",
        "learning_rate": 0.25,
        "warmup_steps": 0.125,
        "weight_decay": 0.5,
        "max_grad_norm": 0.75,
        "activation_checkpointing": True,
        "logging_steps": 11,
        "save_total_limit": 2,
        "seed": 7,
        "use_cpu": True,
    }
    assert {name: getattr(given, name) for name in wanted} == wanted
    # with two processes a step is twice as many rows
    assert count_steps(config, 100, processes=2) == 8
    assert evaluate_every(config, 100, processes=2) == 2
    lora = lora_config(config)
    assert (lora.r, lora.lora_alpha, lora.lora_dropout, lora.bias) == (4, 6, 0.1, "lora_only")
    assert (lora.use_rslora, lora.target_modules) == (True, "all-linear")


def test_a_stable_learning_rate_falls_over_the_last_steps(base: Path, tmp_path: Path) -> None:
    from tests.tiny_trainers import make_trainer

    rows = [{"prompt": f"Say {n}", "completion": str(n)} for n in range(20)]
    trainer = make_trainer(
        base,
        tmp_path,
        rows,
        "training.scheduler=warmup_stable_decay",
        "training.warmup_ratio=0.1",
        "training.decay_ratio=0.3",
        "training.learning_rate=0.5",
        "training.batch_size=2",
    )
    trainer.create_optimizer_and_scheduler(trainer.args.max_steps)
    rates = []
    for _ in range(10):
        rates.append(round(trainer.lr_scheduler.get_last_lr()[0], 3))
        trainer.optimizer.step()
        trainer.lr_scheduler.step()
    assert rates == [0.0, *[0.5] * 7, 0.375, 0.125]


def test_the_settings_together_train_an_adapter_that_the_suite_loads(
    base: Path, tmp_path: Path
) -> None:
    import torch

    from fixtures.hf_loading import load_base, load_model
    from fixtures.model import Model

    done = run_sft(base, tmp_path, *EVERYTHING, "training.max_steps=4")
    assert done.returncode == 0, done.stderr[-3000:]
    assert "best vs base: step" in done.stdout
    adapter = tmp_path / "adapter"
    config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    assert config["use_rslora"] is True
    targets = config["target_modules"]
    assert targets == sorted(targets)
    assert len(targets) == 14  # peft names each of seven layers in two blocks
    manifest = json.loads((adapter / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["quantization_settings"] == {"double_quant": True}
    assert manifest["training"]["training"]["precision"] == "bf16"
    # loading checks the keys, and that the adapter moves logits
    model = Model(
        "m", "local", base, adapter=adapter, quantization="nf4", double_quant=True, threads=1
    )
    place = "model.layers.0.mlp.up_proj"
    seen = load_model(model).model.get_submodule(f"base_model.model.{place}.base_layer").weight
    weights = []
    for double_quant in (True, False):
        trained_on = load_base(base, "nf4", double_quant=double_quant)
        trained_on.dequantize(torch.float32)
        weights.append(trained_on.get_submodule(place).weight)
    assert torch.equal(seen, weights[0])
    assert not torch.equal(seen, weights[1])


def test_a_checkpoint_that_does_nothing_is_not_kept(base: Path, tmp_path: Path) -> None:
    from peft import PeftModel

    from fixtures.hf_loading import load_base
    from suite.errors import InputError
    from tests.tiny_models import make_adapter
    from train.sft_live import check_live

    dead, live = (
        make_adapter(tmp_path / name, base, scale) for name, scale in (("dead", 0.0), ("live", 0.1))
    )
    model = PeftModel.from_pretrained(load_base(base, "none"), live, is_trainable=True)
    check_live(model, live)
    with pytest.raises(InputError, match="every lora_B is zero; nothing was learned: is training"):
        check_live(model, dead)


def test_a_dry_run_steps_measures_saves_and_resumes_and_leaves_nothing(
    base: Path, tmp_path: Path
) -> None:
    done = run_sft(base, tmp_path, "--dry-run")
    assert done.returncode == 0, done.stderr[-3000:]
    assert "dry run: step 1 is measured and saved; going on from it" in done.stdout
    assert "dry run: passed in" in done.stdout
    said = done.stdout + done.stderr
    assert "step 1: loss" in said
    assert "step 2: loss" in said
    assert said.count("base: format") == 1  # the second session resumes, it does not start again
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_that_is_refused_leaves_nothing_either(base: Path, tmp_path: Path) -> None:
    done = run_sft(base, tmp_path, "--dry-run", "data.max_tokens=8")
    assert done.returncode == 2
    assert "data.max_tokens: 8 leaves no training row" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_save_limit_keeps_the_best_checkpoint_and_curves_have_every_step(
    base: Path, tmp_path: Path
) -> None:
    """What is learned makes the answers measured ever less likely: the first one stays the best."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    files = [f"data.{split}_file={tmp_path / split}.jsonl" for split in ("train", "eval")]
    for split, answer in (("train", "no"), ("eval", "QQQQ")):
        rows = [{"prompt": f"{split} {word}", "completion": answer} for word in WORDS]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / f"{split}.jsonl").write_text(text, encoding="utf-8")
    fast = ("training.learning_rate=0.01", "training.scheduler=constant", "training.epochs=9")
    limit = ("training.save_total_limit=2", "evaluation.steps=1", "evaluation.metric=eval_loss")
    done = run_sft(base, tmp_path, *files, *fast, *limit, "training.max_steps=5")
    assert done.returncode == 0, done.stderr[-3000:]
    best = choose_best(read_evaluations(tmp_path / "run" / "evaluations"), "eval_loss").step
    assert best < 4, "the last two are kept in any case"
    kept = sorted(path.name for path in (tmp_path / "run").glob("checkpoint-*"))
    assert kept == [f"checkpoint-{best}", "checkpoint-5"]
    weights = [
        (folder / "adapter_model.safetensors").read_bytes()
        for folder in (tmp_path / "run" / f"checkpoint-{best}", tmp_path / "adapter")
    ]
    assert weights[0] == weights[1]
    curves = EventAccumulator(str(tmp_path / "run" / "tb")).Reload()
    steps = [event.step for event in curves.Scalars("eval/exact_answer_rate")]
    assert steps == [0, 1, 2, 3, 4, 5]
    assert [event.step for event in curves.Scalars("train/loss")] == [1, 2, 3, 4, 5]


def test_two_processes_train_what_one_does_with_the_same_effective_batch(
    base: Path, tmp_path: Path
) -> None:
    settings = (
        *("training.batch_size=4", "training.max_steps=4", "training.warmup_ratio=0"),
        "evaluation.batch_size=3",  # 16 rows: the last batch of two processes is not full
    )
    one, two = tmp_path / "one", tmp_path / "two"
    alone = run_sft(base, one, *settings, "training.gradient_accumulation_steps=2")
    assert alone.returncode == 0, alone.stderr[-3000:]
    launch = (
        *(sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu"),
        *("--num_processes", "2", "--num_machines", "1", "--main_process_port", "0"),
        *("--mixed_precision", "no", "--dynamo_backend", "no"),
    )
    both = run_sft(base, two, *settings, launcher=launch)
    assert both.returncode == 0, both.stderr[-3000:]
    assert both.stdout.count("best vs base") == 1  # one of them talks
    logs = [history(folder / "run" / "checkpoint-4") for folder in (one, two)]
    losses = [[each["loss"] for each in log if "loss" in each] for log in logs]
    assert len(losses[0]) == 4
    assert losses[1] == pytest.approx(losses[0], abs=1e-5)
    norms = [[each["grad_norm"] for each in log if "loss" in each] for log in logs]
    assert norms[1] == pytest.approx(norms[0], rel=1e-4)  # the gradients are one, not two halves
    measured = [read_evaluations(folder / "run" / "evaluations") for folder in (one, two)]
    assert [each.eval_loss for each in measured[1]] == pytest.approx(
        [each.eval_loss for each in measured[0]], abs=1e-4
    )
    outputs = [
        (folder / "run" / "evaluations" / "step_00004.jsonl").read_text(encoding="utf-8")
        for folder in (one, two)
    ]
    assert outputs[0] == outputs[1]
    card = (two / "adapter" / "README.md").read_text(encoding="utf-8")
    assert "accelerate launch --num_processes 2 -m train sft" in card
