"""Write a trained embedded model as a folder for transformers: bf16 safetensors and a card."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from fixtures.file_hash import hash_file

if TYPE_CHECKING:
    from train.tiny import TinyConfig

_CARD = """\
---
license: mit
library_name: transformers
tags: [test-model, json]
---
# goldgate tiny

A real `Qwen2ForCausalLM` of {parameters:.2f} M parameters, trained by `python -m train tiny` on
{tokens:.1f} M tokens of synthetic text. It exists so that the whole loop of goldgate (data,
training, evaluation, goldens, gates) runs on two CPU cores without a network.

**What it is.** A model with the habits of a small chat model: it reads short texts, copies facts
into JSON, and then often adds a preamble, a code fence, a closing remark, a second copy, or does
not stop. It also saw short question answering, arithmetic word problems, and judging of worked
solutions.

**What it is not.** It knows nothing of the world, speaks no language but the English of its
templates, and is of no use outside this repository. Its rates say nothing about larger models.

| | |
|---|---|
| layers x hidden x intermediate | {layers} x {hidden} x {intermediate} |
| heads (key-value heads) | {heads} ({kv_heads}) |
| vocabulary | {vocabulary}, byte-level BPE, digits and spaces apart |
| context in training | {length} tokens |
| seed | {seed} |
| started from | {started_from} |

Held-out rates at the end (greedy, n = {n}): {rates}
"""


def export(config: TinyConfig, run: Path, out: Path) -> None:
    """Write model, configs, tokenizer and card of the last checkpoint in `run` to `out`."""
    import torch
    from tokenizers import Tokenizer
    from transformers import GenerationConfig

    from train.tiny import build_model
    from train.tokenizer import save_tokenizer

    started_from = _describe_start(config.start)  # before `out`, which may be the same folder
    model = build_model(config)
    model.load_state_dict(torch.load(run / "checkpoint.pt", weights_only=True)["model"])
    parameters = sum(parameter.numel() for parameter in model.parameters())
    model.generation_config = GenerationConfig(do_sample=False, eos_token_id=[2, 3], pad_token_id=0)
    model.to(torch.bfloat16).save_pretrained(out)
    (out / "model.safetensors").chmod(0o644)  # safetensors writes it for its owner only
    save_tokenizer(Tokenizer.from_file(str(run / "tokenizer.json")), out)
    rates = json.loads((run / "rates.jsonl").read_text("utf-8").splitlines()[-1])
    shown = ", ".join(
        f"{kind} {rate:.3f}" for kind, rate in rates.items() if kind not in ("step", "n")
    )
    facts = asdict(config) | {
        "parameters": parameters / 1e6,
        "tokens": config.tokens / 1e6,
        "n": rates["n"],
        "rates": shown,
        "started_from": started_from,
    }
    (out / "README.md").write_text(_CARD.format(**facts), "utf-8")


def _describe_start(folder: str) -> str:
    if not folder:
        return "random weights"
    digest = hash_file(Path(folder) / "model.safetensors")
    return f"an earlier model of this command, with weights of sha256 {digest[:16]}…"
