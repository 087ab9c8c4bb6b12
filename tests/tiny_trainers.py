"""Makes the real trainer on a small random model, from rows written out in a test.

It leaves out what comes before the first step and after the last one (`train.sft`): nothing is
printed, drawn or exported.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DEFAULTS = (
    "quantization=none",
    "lora.target_modules=all-linear",
    "lora.r=4",
    "training.threads=1",
    "training.logging_steps=1",
    "training.warmup_ratio=0",
    "training.scheduler=constant",
    "evaluation.rows=1",
    "evaluation.max_new_tokens=2",
)


def make_trainer(base: Path, folder: Path, rows: list[dict[str, Any]], *settings: str) -> Any:
    """A trainer that learns and measures `rows`.

    Args:
        base: Folder of the base model.
        folder: The rows and the run are written there; made when missing.
        rows: As they stand in a training file.
        settings: `key=value` as on the command line, after `DEFAULTS`.
    """
    from fixtures.hf_loading import load_base, load_tokenizer
    from train.run_config import apply_override
    from train.sft_config import SftConfig
    from train.sft_data import encode_rows, read_rows
    from train.sft_trainer import FormatTrainer

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    document: dict[str, Any] = {
        "base": str(base),
        "output_dir": folder / "run",
        "adapter_dir": folder / "adapter",
        "data": {"train_file": path, "eval_file": path},
    }
    for setting in (*DEFAULTS, *settings):
        apply_override(document, setting, "training.epochs=2")
    config = SftConfig.model_validate(document)
    tokenizer = load_tokenizer(base)
    read = read_rows(path, config.data.task)
    examples = encode_rows(tokenizer, read, config.prompt_format)
    model = load_base(base, config.quantization, attn_implementation=config.attn_implementation)
    model.config.use_cache = False
    return FormatTrainer(config, model, tokenizer, {"train": examples, "eval": examples}, read)


def trained(trainer: Any) -> dict[str, Any]:
    """A copy of the weights that are trained, by name."""
    return {
        name: parameter.detach().clone()
        for name, parameter in trainer.model.named_parameters()
        if parameter.requires_grad
    }


def wake_adapter(trainer: Any, seed: int = 0) -> None:
    """Give lora_B numbers: at zero nothing flows back to lora_A, and the base is all there is."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    for name, parameter in trainer.model.named_parameters():
        if "lora_B" in name:
            parameter.data.normal_(std=0.05, generator=generator)


def losses(trainer: Any) -> list[float]:
    """The training loss of each step, in order."""
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
