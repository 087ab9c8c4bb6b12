"""Writes the product of a training: the adapter folder, from the checkpoint that is kept.

What its manifest and card say is made elsewhere (`train.manifest`, `train.card`).
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from fixtures.adapter_files import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from suite.whole_file import json_text, write_whole, write_whole_bytes
from train.adapter_dir import CURVES, leftovers
from train.sft_config import SftConfig


def export_adapter(
    config: SftConfig,
    checkpoint: Path,
    manifest: dict[str, Any],
    card: str,
    curves: bytes | None = None,
) -> None:
    """Write the adapter folder from a checkpoint; the manifest last: it says all is there."""
    folder = config.adapter_dir
    folder.mkdir(parents=True, exist_ok=True)
    for path in (folder / "manifest.json", *leftovers(folder)):
        path.unlink(missing_ok=True)
    temporary = folder / f".{ADAPTER_WEIGHTS}.tmp"
    _write_weights(checkpoint / ADAPTER_WEIGHTS, temporary, config.lora.saved_dtype)
    temporary.replace(folder / ADAPTER_WEIGHTS)
    adapter = json.loads((checkpoint / ADAPTER_CONFIG).read_text(encoding="utf-8"))
    adapter["base_model_name_or_path"] = config.base
    if isinstance(adapter["target_modules"], list):
        adapter["target_modules"] = sorted(adapter["target_modules"])  # peft writes a set
    write_whole(folder / ADAPTER_CONFIG, json_text(dict(sorted(adapter.items()))) + "\n")
    if curves is not None:
        write_whole_bytes(folder / CURVES, curves)
    else:  # of an earlier training
        (folder / CURVES).unlink(missing_ok=True)
    write_whole(folder / "README.md", card)
    write_whole(folder / "manifest.json", json_text(manifest) + "\n")


def _write_weights(source: Path, target: Path, dtype: str) -> None:
    """Copy adapter weights, rounded to `dtype`."""
    import torch
    from safetensors.torch import load_file, save_file

    if dtype == "float32":
        shutil.copyfile(source, target)
        return
    rounded = {name: weight.to(torch.bfloat16) for name, weight in load_file(source).items()}
    save_file(rounded, target, metadata={"format": "pt"})
    target.chmod(0o644)  # safetensors writes it for its owner only
