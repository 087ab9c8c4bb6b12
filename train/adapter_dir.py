"""The adapter folder of a training: which files it has, and what may not be written over.

Writing it is `train.sft_export`.
"""

from __future__ import annotations

import json
from pathlib import Path

from fixtures.adapter_files import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from suite.errors import InputError
from train.sft_config import SftConfig

CURVES = "curves.png"
ADAPTER_FILES = (ADAPTER_WEIGHTS, ADAPTER_CONFIG, CURVES, "README.md", "manifest.json")
"""In the order in which they are written."""
MAY_MOVE = ("output_dir", "adapter_dir")
"""Settings that decide nothing of the weights."""


def leftovers(adapter: Path) -> list[Path]:
    """The temporary files that a killed export left in an adapter folder."""
    return sorted(path for name in ADAPTER_FILES for path in adapter.glob(f".{name}*.tmp"))


def check_adapter_dir(folder: Path) -> None:
    """Refuse a folder that holds anything else than an adapter.

    Raises:
        InputError: Something else is there.
    """
    if folder.exists() and not (folder.is_dir() and _may_hold_the_adapter(folder)):
        raise InputError(
            f"adapter_dir: {folder}: is not empty and holds no adapter with a manifest.json; "
            "adapter_dir=DIR writes elsewhere"
        )


def check_adapter_owner(config: SftConfig) -> None:
    """Refuse an adapter of another run; this run's own, and the same settings again, are fine.

    Raises:
        InputError: It is another run's.
    """
    path = config.adapter_dir / "manifest.json"
    if not path.is_file():
        return
    try:
        made = dict(json.loads(path.read_text(encoding="utf-8"))["training"])
        owner = str(made["output_dir"])
    except (OSError, ValueError, LookupError, TypeError):
        made, owner = {}, "an unknown run"
    mine = config.model_dump(mode="json", exclude_none=True)
    moved = {key: mine[key] for key in MAY_MOVE}
    if made | moved != mine and Path(owner).resolve() != config.output_dir.resolve():
        raise InputError(
            f"adapter_dir: {config.adapter_dir}: holds the adapter of another run ({owner}); "
            "adapter_dir=DIR writes elsewhere, --overwrite replaces it"
        )


def _may_hold_the_adapter(folder: Path) -> bool:
    """Whether a folder is empty, an adapter, or what a killed export left of one.

    A card alone is none of these: an export writes the weights first.
    """
    paths = set(folder.iterdir())
    if not paths or folder / "manifest.json" in paths:
        return True
    ours = {folder / name for name in ADAPTER_FILES} | set(leftovers(folder))
    return paths <= ours and paths != {folder / "README.md"}
