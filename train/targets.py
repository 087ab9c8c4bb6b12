"""Checks `lora.target_modules` against the layers that a base has, by its files alone.

Which layers a name means is peft's business: a last part of a dotted name, or the whole of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from suite.errors import InputError, nearest
from train.safetensors_head import read_head

if TYPE_CHECKING:
    from train.sft_config import SftConfig

_INDEX = "model.safetensors.index.json"
_NOT_LINEAR = ("norm", "layernorm", "embed_tokens", "lm_head")
"""Parts of names of layers that get no update by default."""


def check_targets(config: SftConfig, base: Path) -> None:
    """Refuse a layer name that no layer of the base has: peft trains the others and says nothing.

    Raises:
        InputError: With the names that there are.
    """
    wanted = config.lora.target_modules
    if isinstance(wanted, str):
        return
    layers = layer_names(base)
    if not layers:  # a file of another make: peft will tell
        return
    problems = []
    for name in wanted:
        if any(layer == name or layer.endswith(f".{name}") for layer in layers):
            continue
        known = sorted({layer.rpartition(".")[2] for layer in layers if not _is_special(layer)})
        hint = nearest(name, known)
        problems.append(
            f"lora.target_modules: {base} has no layer {name!r}; it has {', '.join(known)}. "
            f"{hint or 'all-linear takes every linear layer.'}"
        )
    if problems:
        raise InputError(problems)


def layer_names(base: Path) -> frozenset[str]:
    """Dotted names of the layers with weights, read from the heads of the safetensors files."""
    index = base / _INDEX
    if index.is_file():
        names: Iterable[str] = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
    else:
        names = [name for path in sorted(base.glob("*.safetensors")) for name in _head(path)]
    return frozenset(name.removesuffix(".weight") for name in names if name.endswith(".weight"))


def _head(path: Path) -> list[str]:
    """Names in a safetensors file; none in another file: loading it will tell."""
    try:
        return [name for name in read_head(path) if name != "__metadata__"]
    except InputError:
        return []


def _is_special(layer: str) -> bool:
    last = layer.rpartition(".")[2]
    return any(part in last for part in _NOT_LINEAR)
