"""The real training on a toy model: what TRL learns, NF4 gradients, end to end, kill and resume."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from train.sft_config import SftConfig
from train.sft_data import encode_rows, read_rows

pytestmark = [
    pytest.mark.slow,
    # trl 1.16 with transformers 5.23: renamed, not gone
    pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning"),
]

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "train" / "examples"
SMOKE = ROOT / "train" / "configs" / "tiny_smoke.yaml"
SHORT = [
    "training.threads=1",
    "training.max_steps=6",
    "evaluation.steps=2",
    "evaluation.rows=4",
    "evaluation.max_new_tokens=8",
]


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random-weight Qwen2 of one layer with the embedded model's template."""
    import torch
    from transformers import GenerationConfig

    from train.tiny import TinyConfig, build_model
    from train.tokenizer import save_tokenizer, train_tokenizer

    folder = tmp_path_factory.mktemp("toy")
    texts = (EXAMPLES / "train.jsonl").read_text(encoding="utf-8").splitlines()
    save_tokenizer(train_tokenizer(iter(texts), 512), folder)
    # NF4 on a CPU wants sizes that are multiples of 64
    size = {"layers": 1, "hidden": 64, "intermediate": 64, "heads": 2, "kv_heads": 2}
    model = build_model(TinyConfig(vocabulary=512, **size))
    model.generation_config = GenerationConfig(do_sample=False, eos_token_id=[2, 3], pad_token_id=0)
    model.to(torch.bfloat16).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def trainer(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    from transformers import AutoTokenizer

    from fixtures.hf_loading import load_base
    from train.sft_trainer import FormatTrainer

    folder = tmp_path_factory.mktemp("trainer")
    files = {"train_file": EXAMPLES / "train.jsonl", "eval_file": EXAMPLES / "eval.jsonl"}
    config = SftConfig(base=str(toy), output_dir=folder, adapter_dir=folder / "a", data=files)
    tokenizer = AutoTokenizer.from_pretrained(toy)
    rows = {split: read_rows(EXAMPLES / f"{split}.jsonl") for split in ("train", "eval")}
    examples = {split: encode_rows(tokenizer, chosen, "chat") for split, chosen in rows.items()}
    return FormatTrainer(config, load_base(toy, "nf4"), tokenizer, examples, rows["eval"])


def command(toy: Path, folder: Path, *options: str) -> list[str]:
    paths = [f"base={toy}", f"output_dir={folder / 'run'}", f"adapter_dir={folder / 'adapter'}"]
    head = [sys.executable, "-m", "train", "sft", "--config", str(SMOKE)]
    return [*head, *paths, *SHORT, *options]


def run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(
        arguments, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def finished(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    done = run(command(toy, folder))
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


def test_trl_learns_exactly_the_answer_and_the_end_of_the_turn(trainer: Any) -> None:
    """The labels that reach the loss, after TRL's own preparation and collation."""
    answers = [
        json.loads(line)["completion"][0]["content"] + "<|im_end|>"
        for line in (EXAMPLES / "train.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    seen = []
    for batch in trainer.get_train_dataloader():
        for ids, labels in zip(batch["input_ids"], batch["labels"], strict=True):
            learned = labels != -100
            assert ids[learned].tolist() == labels[learned].tolist()
            seen.append(trainer.processing_class.decode(labels[learned]))
    assert sorted(seen) == sorted(answers)


@pytest.mark.parametrize(
    ("device", "dtype", "use_cpu", "bf16"),
    [
        ("cpu", "float32", True, False),
        ("cuda", "bfloat16", False, True),
        ("cuda", "float32", False, False),
    ],
)
def test_trl_is_told_device_and_precision(
    trainer: Any,
    monkeypatch: pytest.MonkeyPatch,
    device: str,
    dtype: str,
    use_cpu: bool,
    bf16: bool,
) -> None:
    from train import sft_trainer

    # TRL's own record refuses bf16 where there is no GPU
    monkeypatch.setattr(sft_trainer, "TrlConfig", dict)
    config = trainer.sft.model_copy(update={"device": device, "dtype": dtype})
    given = sft_trainer.trl_arguments(config, 8)
    assert (given["use_cpu"], given["bf16"]) == (use_cpu, bf16)


def test_the_adapter_is_trained_in_fp32_on_every_linear_layer(trainer: Any) -> None:
    import torch

    trained = {
        name: parameter.dtype
        for name, parameter in trainer.model.named_parameters()
        if parameter.requires_grad
    }
    layers = {name.split(".lora_")[0].rsplit(".", 1)[1] for name in trained}
    assert layers == set(trainer.sft.lora.target_modules)
    assert len(trained) == 14
    assert set(trained.values()) == {torch.float32}


def test_gradients_are_the_same_before_and_after_an_evaluation(trainer: Any) -> None:
    """bitsandbytes repacks NF4 weights in the first evaluation forward on AVX512-BF16."""
    import torch

    model = trainer.model
    batch = next(iter(trainer.get_train_dataloader()))
    ids, labels = batch["input_ids"], batch["labels"]

    def gradients() -> list[torch.Tensor]:
        model.train()
        model.zero_grad()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            for name, parameter in model.named_parameters():
                if "lora_B" in name:  # at zero nothing flows back to lora_A
                    parameter.data.normal_(std=0.1)
        model(input_ids=ids, attention_mask=batch["attention_mask"], labels=labels).loss.backward()
        return [p.grad.clone() for p in model.parameters() if p.requires_grad]

    before = gradients()
    model.eval()
    with torch.inference_mode():
        model(input_ids=ids, attention_mask=batch["attention_mask"])
    after = gradients()
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            parameter.data.zero_()
    assert all(gradient.abs().sum() > 0 for gradient in before)
    assert all(torch.equal(one, two) for one, two in zip(before, after, strict=True))


def test_every_nf4_layer_is_kept_unpacked(trainer: Any) -> None:
    from bitsandbytes.nn import Linear4bit

    layers = [module for module in trainer.model.modules() if isinstance(module, Linear4bit)]
    assert len(layers) == 7
    assert not any(layer.support_avx512bf16_for_cpu for layer in layers)


def test_one_command_writes_an_adapter_with_manifest_and_card(toy: Path, finished: Path) -> None:
    from safetensors.torch import load_file

    from fixtures.adapter_files import manifest_problems, read_manifest
    from fixtures.file_hash import hash_file

    adapter = finished / "adapter"
    names = sorted(path.name for path in adapter.iterdir())
    assert names == [
        "README.md",
        "adapter_config.json",
        "adapter_model.safetensors",
        "curves.png",
        "manifest.json",
    ]
    weights = load_file(adapter / "adapter_model.safetensors")
    assert any(weight.abs().sum() > 0 for name, weight in weights.items() if "lora_B" in name)
    manifest = read_manifest(adapter)
    assert manifest is not None
    assert list(manifest_problems(manifest, toy, "nf4", hash_file)) == []
    text = json.loads((adapter / "manifest.json").read_text(encoding="utf-8"))
    assert text["metrics"]["base"]["n"] == text["metrics"]["best"]["n"] == 4
    assert text["metrics"]["best"]["step"] in (2, 4, 6)
    assert text["metrics"]["best"]["eval_loss"] < text["metrics"]["base"]["eval_loss"]
    config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    assert config["base_model_name_or_path"] == str(toy)
    assert config["target_modules"] == sorted(config["target_modules"])


def test_every_step_measured_keeps_every_output(finished: Path) -> None:
    evaluations = finished / "run" / "evaluations"
    assert sorted(path.stem for path in evaluations.glob("*.jsonl")) == [
        f"step_0000{step}" for step in (0, 2, 4, 6)
    ]
    rows = (evaluations / "step_00006.jsonl").read_text(encoding="utf-8").splitlines()
    ids = [json.loads(row)["id"] for row in rows]
    assert ids == [f"eval_{number:05d}" for number in range(4)]


def test_a_killed_run_goes_on_to_the_same_adapter(
    toy: Path, finished: Path, tmp_path: Path
) -> None:
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            command(toy, tmp_path),
            cwd=ROOT,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            stdout=log,
            stderr=log,
        )
        saved = tmp_path / "run" / "checkpoint-2" / "trainer_state.json"
        while not saved.exists():
            assert process.poll() is None, (tmp_path / "log").read_text()[-2000:]
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not (tmp_path / "adapter").exists()
    assert json.loads((tmp_path / "run" / "elapsed_s.json").read_text(encoding="utf-8")) > 0
    again = run(command(toy, tmp_path))
    assert again.returncode == 2
    assert "holds a run already; --resume goes on with it" in again.stderr
    done = run(command(toy, tmp_path, "--resume"))
    assert done.returncode == 0, done.stderr[-2000:]
    weights = [
        (folder / "adapter" / "adapter_model.safetensors").read_bytes()
        for folder in (finished, tmp_path)
    ]
    assert weights[0] == weights[1]
    one, two = (
        {path.name: path.read_bytes() for path in (folder / "run" / "evaluations").iterdir()}
        for folder in (finished, tmp_path)
    )
    assert one == two


def test_resuming_a_finished_run_writes_the_same_adapter_again(toy: Path, finished: Path) -> None:
    weights = finished / "adapter" / "adapter_model.safetensors"
    before = weights.read_bytes()
    weights.unlink()
    done = run(command(toy, finished, "--resume"))
    assert done.returncode == 0, done.stderr[-2000:]
    assert weights.read_bytes() == before
