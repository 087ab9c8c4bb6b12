"""What a training step takes of a GPU's memory, on random weights of the real shapes.

    python bench/train_memory.py                 # all shapes
    python bench/train_memory.py --only qwen2_5_0_5b

Each shape is trained by `python -m train sft` with its own configuration, in a process of its own:
the peak of a real step, and the peak of the whole job, evaluation included, under a cap. Where
there is no GPU, the floor is printed: weights, adapter, gradients, optimizer state and what
activation checkpointing keeps, counted and not measured.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # in this folder, train.py would stand for the package
GIB = 2**30
LENGTH = 512
_QWEN = {"tie_word_embeddings": True, "max_position_embeddings": 32768}


@dataclass(frozen=True)
class Shape:
    """A model to train, and how much it may take."""

    kind: str
    """Architecture, as transformers names its classes."""
    config: str
    """Of train/configs."""
    sizes: dict[str, Any]
    batches: dict[int, float]
    """Bar of a step in GiB allocated, by batch size."""
    cap_gib: float
    """Of the whole job."""


SHAPES = {
    "qwen2_5_0_5b": Shape(
        "Qwen2",
        "qwen2_5_0_5b_json",
        _QWEN
        | {
            "vocab_size": 151936,
            "hidden_size": 896,
            "intermediate_size": 4864,
            "num_hidden_layers": 24,
            "num_attention_heads": 14,
            "num_key_value_heads": 2,
        },
        {1: 0.9, 4: 2.0},
        4,
    ),
    "phi_4_mini": Shape(
        "Phi3",
        "phi_4_mini_verifier",
        {
            "tie_word_embeddings": True,
            "vocab_size": 200064,
            "hidden_size": 3072,
            "intermediate_size": 8192,
            "num_hidden_layers": 32,
            "num_attention_heads": 24,
            "num_key_value_heads": 8,
            "pad_token_id": 0,
        },
        {1: 16.0},
        16,
    ),
    "qwen3_4b": Shape(
        "Qwen3",
        "qwen3_4b_json",
        _QWEN
        | {
            "vocab_size": 151936,
            "hidden_size": 2560,
            "intermediate_size": 9728,
            "num_hidden_layers": 36,
            "num_attention_heads": 32,
            "num_key_value_heads": 8,
            "head_dim": 128,
        },
        {1: 16.0},
        16,
    ),
}

WATCHED = """
import json, os, sys, torch
from trl import SFTTrainer

total = torch.cuda.get_device_properties(0).total_memory
cap = float(os.environ["BENCH_CAP_BYTES"])
torch.cuda.set_per_process_memory_fraction(min(1.0, cap / total))
peaks = {"step": 0, "job": 0, "reserved": 0}
own_step = SFTTrainer.training_step

def watched(self, *args, **kwargs):
    peaks["job"] = max(peaks["job"], torch.cuda.max_memory_allocated())
    torch.cuda.reset_peak_memory_stats()
    done = own_step(self, *args, **kwargs)
    peaks["step"] = max(peaks["step"], torch.cuda.max_memory_allocated())
    return done

SFTTrainer.training_step = watched
from train.__main__ import app
try:
    app(sys.argv[1:], standalone_mode=False)
finally:
    peaks["job"] = max(peaks["job"], peaks["step"], torch.cuda.max_memory_allocated())
    peaks["reserved"] = torch.cuda.max_memory_reserved()
    json.dump(peaks, open(os.environ["BENCH_OUT"], "w"))
"""


def build_empty(shape: Shape) -> Any:
    """The model without any memory."""
    import torch
    import transformers

    config = getattr(transformers, f"{shape.kind}Config")(**shape.sizes)
    with torch.device("meta"):
        return getattr(transformers, f"{shape.kind}ForCausalLM")(config)


def count_floor(shape: Shape, batch_size: int) -> dict[str, float]:
    """Bytes of a step by what takes them, in GiB; nothing but counting."""
    from train.memory import BaseShape, estimate_memory
    from train.sft_config import read_config

    model, sizes = build_empty(shape), shape.sizes
    head = sizes.get("head_dim") or sizes["hidden_size"] // sizes["num_attention_heads"]
    found = BaseShape(
        {name: tuple(weight.shape) for name, weight in model.named_parameters()},
        sizes["num_hidden_layers"],
        sizes["hidden_size"],
        sizes["intermediate_size"],
        head * sizes["num_key_value_heads"],
        sizes["vocab_size"],
    )
    overrides = ["device=cuda", "dtype=bfloat16", f"training.batch_size={batch_size}"]
    config = read_config(ROOT / "train" / "configs" / f"{shape.config}.yaml", overrides)
    estimate = estimate_memory(found, config, LENGTH)
    kept = batch_size * LENGTH * sizes["num_hidden_layers"] * sizes["hidden_size"] * 2
    floor = {
        "weights": estimate.weights,
        "adapter, gradients": estimate.adapter,
        "optimizer": estimate.optimizer,
        "kept activations": kept,
    }
    floor |= {"floor": sum(floor.values()), "estimated peak": estimate.peak}
    return {name: size / GIB for name, size in floor.items()}


def print_floors(shapes: dict[str, Shape]) -> None:
    """What a step cannot go below, for a machine that cannot measure it."""
    print("no GPU here: nothing is measured; this is the count of what a step has to hold\n")
    print(f"GiB, NF4, bf16, {LENGTH} tokens a row, the shipped configuration of each\n")
    heads = list(count_floor(next(iter(shapes.values())), 1))
    print(f"| | batch | {' | '.join(heads)} | bar |\n|---|---:|{'---:|' * (len(heads) + 1)}")
    for name, shape in shapes.items():
        for batch_size, bar in shape.batches.items():
            cells = [f"{value:.2f}" for value in count_floor(shape, batch_size).values()]
            print(f"| {name} | {batch_size} | {' | '.join(cells)} | {bar} |")


def make_base(shape: Shape, folder: Path) -> None:
    """Random weights of the shape, with a tokenizer that takes a token a byte."""
    import torch
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    from train.tokenizer import CHAT_TEMPLATE

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    specials = ["<|pad|>", "<|im_start|>", "<|im_end|>"]
    vocabulary = {token: index for index, token in enumerate([*specials, *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    wrapped = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=specials[0],
        eos_token=specials[2],
        extra_special_tokens=[specials[1]],
    )
    wrapped.chat_template = CHAT_TEMPLATE
    wrapped.save_pretrained(folder)
    config = getattr(transformers, f"{shape.kind}Config")(**shape.sizes)
    config.eos_token_id, config.pad_token_id, config.bos_token_id = 2, 0, None
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)  # 4 B weights in fp32 would not fit on a T4
    try:
        with torch.device("cuda"):
            model = getattr(transformers, f"{shape.kind}ForCausalLM")(config)
    finally:
        torch.set_default_dtype(before)
    model.save_pretrained(folder)
    del model
    torch.cuda.empty_cache()


def write_rows(base: Path, folder: Path) -> None:
    """Rows of exactly `LENGTH` tokens, in this tokenizer of bytes."""
    from fixtures.hf_loading import load_tokenizer
    from fixtures.prompting import render

    tokenizer = load_tokenizer(base)
    answer = '{"n": 1}'
    around = len(render(tokenizer, [("user", "")], "chat")) + len(answer) + 1  # its end token
    for split, count in (("train", 16), ("eval", 4)):
        rows = []
        for index in range(count):
            text = f"{split} {index} " * LENGTH
            prompt = text[: LENGTH - around]
            rows.append(json.dumps({"prompt": prompt, "completion": answer}) + "\n")
        (folder / f"{split}.jsonl").write_text("".join(rows), encoding="utf-8")


def measure(shape: Shape, base: Path, folder: Path, batch_size: int) -> dict[str, float]:
    """Peaks in GiB of two steps and two evaluations under the cap."""
    out = folder / "peaks.json"
    settings = {
        "base": base,
        "revision": "null",
        "output_dir": folder / f"run_{batch_size}",
        "adapter_dir": folder / f"adapter_{batch_size}",
        "device": "cuda",
        "data": f"{{train_file: {folder / 'train.jsonl'}, eval_file: {folder / 'eval.jsonl'}, "
        f"leaks: warn, max_tokens: {LENGTH}}}",
        "training.batch_size": batch_size,
        "training.gradient_accumulation_steps": 1,
        "training.max_steps": 3,
        "evaluation": "{steps: 3, rows: 4, max_new_tokens: 128}",
    }
    config = ROOT / "train" / "configs" / f"{shape.config}.yaml"
    command = [sys.executable, "-c", WATCHED, "sft", "--config", str(config)]
    command += [f"{key}={value}" for key, value in settings.items()]
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "HF_HUB_OFFLINE": "1",
        "BENCH_OUT": str(out),
        "BENCH_CAP_BYTES": str(shape.cap_gib * GIB),
    }
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode or not out.is_file():
        print(done.stdout[-2000:], done.stderr[-2000:], file=sys.stderr)
        return {"step": math.nan, "job": math.nan, "reserved": math.nan}
    peaks = json.loads(out.read_text(encoding="utf-8"))
    return {name: size / GIB for name, size in peaks.items()}


def measure_all(shapes: dict[str, Shape]) -> bool:
    """Print the table of README; tells whether every bar holds."""
    import torch

    print(f"{torch.cuda.get_device_name(0)}, torch {torch.__version__}, {LENGTH} tokens a row\n")
    print("| | batch | floor | step, allocated | bar | job, allocated | job, reserved | cap |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    good = True
    for name, shape in shapes.items():
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            make_base(shape, place / "base")
            write_rows(place / "base", place)
            for batch_size, bar in shape.batches.items():
                peaks = measure(shape, place / "base", place, batch_size)
                floor = count_floor(shape, batch_size)["floor"]
                good = good and peaks["step"] <= bar  # not a number: the job did not fit
                print(
                    f"| {name} | {batch_size} | {floor:.2f} | {peaks['step']:.2f} | {bar} "
                    f"| {peaks['job']:.2f} | {peaks['reserved']:.2f} | {shape.cap_gib} |",
                    flush=True,
                )
    return good


def main() -> None:
    """Measure where there is a GPU, count where there is none."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=SHAPES, action="append")
    only = parser.parse_args().only
    shapes = {name: shape for name, shape in SHAPES.items() if not only or name in only}
    import torch

    if not torch.cuda.is_available():
        print_floors(shapes)
        return
    if not measure_all(shapes):
        raise SystemExit("a bar does not hold")


if __name__ == "__main__":
    main()
