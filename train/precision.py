"""Decides where and in what arithmetic a training runs: what `auto` means, and what cannot be.

Nothing is loaded but torch, and that only to ask a GPU what it is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fixtures.devices import NATIVE_BF16
from suite.errors import InputError
from train.sft_settings import Dtype, Precision

if TYPE_CHECKING:
    from train.sft_config import SftConfig

PRECISION_OF: dict[Dtype, Precision] = {"float32": "fp32", "bfloat16": "bf16", "float16": "fp16"}
"""Of the forward passes, by the dtype of the base."""


@dataclass(frozen=True, slots=True)
class Accelerator:
    """What a device is, as far as it decides the arithmetic."""

    kind: Literal["cpu", "cuda"]
    name: str = "CPU"
    capability: tuple[int, int] = (0, 0)
    """Compute capability of a GPU."""

    @property
    def has_bf16(self) -> bool:
        """Whether bf16 costs less than fp32; a CPU computes it in any case, with fp32 sums."""
        return self.kind == "cpu" or self.capability >= NATIVE_BF16


def probe_device(device: Literal["cpu", "cuda"]) -> Accelerator:
    """Ask a device what it is; of several GPUs the one of this process.

    Raises:
        InputError: A GPU was asked for and torch sees none.
    """
    if device == "cpu":
        return Accelerator("cpu")
    import torch  # only torch knows for sure, and it is loaded anyway

    if not torch.cuda.is_available():
        raise InputError(
            f"device: cuda: torch {torch.__version__} sees no GPU here; "
            "device=cpu trains without one"
        )
    index = int(os.environ.get("LOCAL_RANK", "0"))
    return Accelerator(
        "cuda", torch.cuda.get_device_name(index), torch.cuda.get_device_capability(index)
    )


def choose_dtype(asked: Dtype | Literal["auto"], device: Accelerator, key: str = "dtype") -> Dtype:
    """Return the dtype of a base.

    Raises:
        InputError: The device has no arithmetic for it; `key` is named.
    """
    if asked == "auto":
        if device.kind == "cpu":
            return "float32"
        return "bfloat16" if device.has_bf16 else "float16"
    _check(key, asked, PRECISION_OF[asked], device, "float32" if device.kind == "cpu" else "auto")
    return asked


def choose_precision(
    asked: Precision | Literal["auto"], dtype: Dtype, device: Accelerator
) -> Precision:
    """Return the arithmetic of the forward passes of training.

    Raises:
        InputError: The device has none of that kind, or the base has already less.
    """
    if asked == "auto":
        return PRECISION_OF[dtype]
    _check("training.precision", asked, asked, device, "auto")
    if asked != PRECISION_OF[dtype] and dtype != "float32":
        raise InputError(
            f"training.precision: {asked} over a base in {dtype}; leave it out, or set "
            "dtype=float32"
        )
    return asked


def _check(key: str, got: str, precision: Precision, device: Accelerator, instead: str) -> None:
    if precision == "fp16" and device.kind == "cpu":
        raise InputError(f"{key}: {got} needs a GPU; on a CPU use {instead}")
    if precision == "bf16" and not device.has_bf16:
        major, minor = device.capability
        raise InputError(
            f"{key}: {got}: {device.name} (compute capability {major}.{minor}) has no bf16, "
            f"only an emulation slower than fp32; use {'fp16' if got == 'bf16' else 'float16'}"
        )


def check_device(config: SftConfig, device: Accelerator) -> None:
    """Refuse settings that the device cannot meet.

    Raises:
        InputError: With all of them.
    """
    if device.kind == "cuda":
        return
    wants_gpu = {
        "quantization: int8": (config.quantization == "int8", "nf4 or none"),
        "attn_implementation: flash_attention_2": (
            config.attn_implementation == "flash_attention_2",
            "sdpa",
        ),
        f"device_map: {config.device_map}": (config.device_map is not None, "no device_map"),
    }
    if problems := [
        f"{setting} needs a GPU; on a CPU use {instead}"
        for setting, (is_set, instead) in wants_gpu.items()
        if is_set
    ]:
        raise InputError(problems)


def place_layers(config: SftConfig) -> str | dict[str, str] | None:
    """Return where the layers of a base go: accelerate's word, one GPU for all, or None for a CPU.

    Each of several processes has a GPU of its own.
    """
    if config.device == "cpu":
        return None
    return config.device_map or {"": f"cuda:{os.environ.get('LOCAL_RANK', '0')}"}
