"""Compares what a training takes with what its device has, and names the settings that lower it.

Estimating is `train.memory`; nothing is loaded but torch, to ask a GPU.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite.errors import InputError
from train.memory import BaseShape, MemoryEstimate, estimate_memory
from train.sft_config import SftConfig

_CGROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.stat"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        "/sys/fs/cgroup/memory/memory.stat",
    ),
)
"""Limit, use and what the use is made of, of a container in both versions of control groups."""


@dataclass(frozen=True, slots=True)
class Saving:
    """A setting that lowers the peak."""

    settings: tuple[tuple[str, Any], ...]
    """Keys with their values."""
    peak: int
    """Bytes with it alone."""

    def words(self) -> str:
        """As on the command line."""
        return " ".join(f"{key}={str(value).lower()}" for key, value in self.settings)


def available_memory(config: SftConfig) -> int | None:
    """Bytes that this process can still get on the device it trains on; None where unknown."""
    if config.device == "cpu":
        return _available_ram()
    import torch

    devices = range(torch.cuda.device_count())
    if config.device_map is None:
        devices = range(torch.cuda.current_device(), torch.cuda.current_device() + 1)
    total = 0
    for device in devices:
        free, there = torch.cuda.mem_get_info(device)
        # a cap set for this process by `set_per_process_memory_fraction`
        cap = int(torch.cuda.get_per_process_memory_fraction(device) * there)
        total += min(free, cap - torch.cuda.memory_reserved(device))
    return total


def check_memory(estimate: MemoryEstimate, available: int | None, advice: list[Saving]) -> None:
    """Refuse a training whose weights, adapter and optimizer alone are more than there is.

    These are counted. That the whole peak does not fit is said before the first step and not
    refused: activations are estimated.

    Args:
        estimate: Of the training.
        available: Bytes; None where unknown.
        advice: What lowers it.

    Raises:
        InputError: With the settings that lower it.
    """
    if available is None or estimate.fixed <= available:
        return
    raise InputError(
        [
            f"not enough memory: weights, adapter and optimizer take {gib(estimate.fixed)}, "
            f"the whole training about {gib(estimate.peak)}, and {gib(available)} are free",
            *advice_lines(advice, available),
        ]
    )


def advice_lines(advice: list[Saving], available: int | None) -> list[str]:
    """One line per setting, the one that saves most first; those that suffice alone say so."""
    if not advice:
        return ["no setting lowers it; take a smaller base"]
    return [
        f"{each.words()} takes about {gib(each.peak)}"
        + (", which fits" if available is not None and each.peak <= available else "")
        for each in advice
    ]


def find_savings(shape: BaseShape, config: SftConfig, longest: int) -> list[Saving]:
    """Every setting that would lower the estimated peak by a twentieth, the best first.

    Args:
        shape: Of the base.
        config: With no `auto` left.
        longest: Tokens of the longest training row that is kept.
    """
    now = estimate_memory(shape, config, longest).peak
    found = []
    for settings in _candidates(config, longest):
        changed = _change(config, settings)
        peak = estimate_memory(shape, changed, min(longest, changed.data.max_tokens)).peak
        if peak <= now * 0.95:
            found.append(Saving(settings, peak))
    return sorted(found, key=lambda each: each.peak)


def _candidates(config: SftConfig, longest: int) -> Iterator[tuple[tuple[str, Any], ...]]:
    training = config.training
    if config.quantization != "nf4":
        yield (("quantization", "nf4"),)
    if config.dtype == "float32":
        yield (("dtype", "bfloat16"),)
    if not training.activation_checkpointing:
        yield (("training.activation_checkpointing", True),)
    if training.batch_size > 1:
        steps = training.batch_size * training.gradient_accumulation_steps
        yield (("training.batch_size", 1), ("training.gradient_accumulation_steps", steps))
    if longest > 128:
        yield (("data.max_tokens", longest // 2),)
    if config.device == "cuda" and "8bit" not in training.optimizer:
        yield (("training.optimizer", "paged_adamw_8bit"),)
    if config.evaluation.batch_tokens > 1024:
        yield (("evaluation.batch_tokens", 1024),)


def _change(config: SftConfig, settings: tuple[tuple[str, Any], ...]) -> SftConfig:
    for key, value in settings:
        section, _, name = key.rpartition(".")
        if section:
            inner = getattr(config, section).model_copy(update={name: value})
            config = config.model_copy(update={section: inner})
        else:
            config = config.model_copy(update={name: value})
    return config


def gib(size: int) -> str:
    """Bytes in words: 1.25 GiB, 830 MiB."""
    return f"{size / 2**30:.2f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"


def _available_ram() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:  # not Linux
        return None
    free = _fields(lines)["MemAvailable:"] * 1024
    rooms = [_room_in_group(*names) for names in _CGROUPS]
    return min([free, *(room for room in rooms if room is not None)])


def _room_in_group(limit: str, used: str, parts: str) -> int | None:
    """What a container may still take; its file cache, which is given up when needed, included."""
    try:
        cache = _fields(Path(parts).read_text(encoding="ascii").splitlines())["inactive_file"]
        return int(Path(limit).read_text()) - int(Path(used).read_text()) + cache
    except (OSError, ValueError, KeyError):  # there is none, or it says `max`
        return None


def _fields(lines: list[str]) -> dict[str, int]:
    return {name: int(rest[0]) for name, *rest in map(str.split, lines) if rest}
