"""The run folder of a training: what it was started with, so that it is gone on with, not mixed up.

Nothing here imports the training stack: a mistake is told before anything is loaded.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from fixtures.adapter_files import check_base_folder
from fixtures.devices import find_device
from fixtures.file_hash import hash_file
from fixtures.hub import Base, find_base
from suite.errors import InputError
from suite.whole_file import json_text, write_whole
from train.adapter_dir import MAY_MOVE, check_adapter_dir, check_adapter_owner
from train.data import SPLITS, DataConfig, make_data
from train.precision import check_device, choose_dtype, choose_precision, probe_device
from train.sft_config import SftConfig

RECORD = "run.json"
"""Settings and hashes that a run was started with."""

BASE_FILES = ("config.json", "tokenizer.json")
"""Beside the weights."""

EVALUATIONS = "evaluations"
"""Folder in the run folder with the rates and outputs of each measured step."""


def find_checked_base(config: SftConfig) -> Base:
    """The base, on this machine or in the hub's cache, with the commit that its files are of.

    Raises:
        InputError: There is none, or it is no model folder with safetensors.
    """
    try:
        base = find_base(config.base, config.revision, [Path()])
        check_base_folder(base.folder)
    except InputError as error:
        hint = " (`python -m train tiny` makes it)" if config.base == "fixtures/tiny" else ""
        raise InputError(f"base: {error}{hint}") from None
    return base


def choose_place(config: SftConfig) -> SftConfig:
    """Put a device, a dtype and a precision in the place of each `auto`, so that records name them.

    Raises:
        InputError: A GPU was asked for and torch sees none, or the device cannot do what was asked.
    """
    device: Literal["cpu", "cuda"] = "cuda" if config.device == "cuda" else "cpu"
    if config.device == "auto" and find_device() == "cuda":
        device = "cuda"
    found = probe_device(device)
    dtype = choose_dtype(config.dtype, found)
    chosen = config.quantization_settings
    if config.quantization == "nf4":
        key = "quantization_settings.compute_dtype"
        compute = dtype
        if chosen.compute_dtype != "auto":
            compute = choose_dtype(chosen.compute_dtype, found, key)
        chosen = chosen.model_copy(update={"compute_dtype": compute})
    precision = choose_precision(config.training.precision, dtype, found)
    check_device(config, found)
    return config.model_copy(
        update={
            "device": device,
            "dtype": dtype,
            "quantization_settings": chosen,
            "training": config.training.model_copy(update={"precision": precision}),
        }
    )


def hash_base(folder: Path) -> dict[str, str]:
    """SHA-256 of what in a base folder decides what an adapter does on it, by file name."""
    paths = sorted(folder.glob("*.safetensors")) + [folder / name for name in BASE_FILES]
    return {path.name: hash_file(path) for path in paths if path.is_file()}


def open_run(
    config: SftConfig,
    base_hashes: dict[str, str],
    resume: bool,
    revision: str | None = None,
    overwrite: bool = False,
) -> bool:
    """Start a run folder or go on in one.

    Args:
        config: Of the run.
        base_hashes: SHA-256 by file name.
        resume: Whether a run that is there may be gone on with.
        revision: Commit of the base on the hub. It is recorded and not compared: where a branch
            has moved, the hashes tell whether the files have.
        overwrite: Whether the adapter of another run may be replaced.

    Returns:
        True when there is something to go on from.

    Raises:
        InputError: The folder holds another run, or files of another kind.
    """
    folder, record = config.output_dir, config.output_dir / RECORD
    settings = config.model_dump(mode="json", exclude=set(MAY_MOVE))
    wanted = {"settings": settings, "base_files": base_hashes}
    check_adapter_dir(config.adapter_dir)
    if not overwrite:
        check_adapter_owner(config)
    if record.is_file():
        if not resume:
            raise InputError(
                f"{folder}: holds a run already; --resume goes on with it, --overwrite starts "
                "again, output_dir=DIR puts this one elsewhere"
            )
        found = json.loads(record.read_text(encoding="utf-8"))
        for name in ("data_files", "base_revision"):
            found.pop(name, None)
        if problems := [f"{folder}: {line}" for line in _differences(found, wanted)]:
            hint = "--resume goes on with the same settings only; --overwrite starts again"
            raise InputError([*problems, f"{folder}: {hint}"])
        return True
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            f"{folder}: is not empty and holds no {RECORD} of a run; "
            "output_dir=DIR puts this run elsewhere"
        )
    write_whole(record, json_text(wanted | {"base_revision": revision}) + "\n")
    return False


def check_overwrite(config: SftConfig, base: Path, files: Iterable[Path]) -> None:
    """Refuse what would end in an error, or in a lost input, once the old run is deleted.

    Args:
        config: Of the new run.
        base: Folder of the base.
        files: Of the data.

    Raises:
        InputError: The adapter's folder holds something else, or an input lies in the run's.
    """
    check_adapter_dir(config.adapter_dir)
    run = config.output_dir.resolve()
    if problems := [
        f"{path}: lies in {config.output_dir}, which --overwrite would delete"
        for path in (base, *files)
        if path.resolve().is_relative_to(run)
    ]:
        raise InputError(problems)


def remove_run(folder: Path) -> None:
    """Delete a run folder; a folder that is none is left alone, for `open_run` to complain of."""
    if (folder / RECORD).is_file():
        shutil.rmtree(folder)


def given_files(config: SftConfig) -> dict[str, Path]:
    """The files of both splits that the configuration names; empty where rows are generated.

    Raises:
        InputError: A file is missing.
    """
    files = {"train": config.data.train_file, "eval": config.data.eval_file}
    paths = {split: path for split, path in files.items() if path is not None}
    if problems := [
        f"data.{split}_file: {path}: no such file"
        for split, path in paths.items()
        if not path.is_file()
    ]:
        raise InputError(problems)
    return paths


def generate_files(config: SftConfig, recipe: DataConfig) -> dict[str, Path]:
    """Make the rows of both splits in the run folder: a second, so again rather than trusted."""
    folder = config.output_dir / "data"
    make_data(recipe, folder)
    return {split: folder / f"{recipe.files[split]}.jsonl" for split in SPLITS}


def pin_data(folder: Path, hashes: dict[str, str]) -> None:
    """Write the hashes of the data into the run's record, or hold the data against them.

    Raises:
        InputError: The run was started with other data.
    """
    path = folder / RECORD
    record = json.loads(path.read_text(encoding="utf-8"))
    if "data_files" not in record:
        write_whole(path, json_text(record | {"data_files": hashes}) + "\n")
    elif problems := _differences(record["data_files"], hashes, "data_files"):
        raise InputError(f"{folder}: {problem}; --overwrite starts again" for problem in problems)


def last_checkpoint(folder: Path) -> Path | None:
    """The latest whole checkpoint of a run; one whose writing was cut short is passed over."""
    return next(whole_checkpoints(folder), None)


def whole_checkpoints(folder: Path) -> Iterator[Path]:
    """The whole checkpoints of a run, the latest first."""
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    return (path for path in reversed(found) if _is_whole(path))


def _is_whole(checkpoint: Path) -> bool:
    try:  # the trainer writes it last
        json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Stopwatch:
    """The time of all sessions of a run together, kept in its folder."""

    path: Path
    before_s: float
    """Of earlier sessions."""
    started: float
    """Of this session, by `time.monotonic`."""

    def keep(self) -> float:
        """Write the seconds so far and return them; a kill loses those since the last call."""
        elapsed_s = self.before_s + time.monotonic() - self.started
        write_whole(self.path, f"{elapsed_s:.1f}\n")
        return elapsed_s


def start_stopwatch(folder: Path, started: float) -> Stopwatch:
    """Go on from the time that a run folder has recorded."""
    path = folder / "elapsed_s.json"
    before_s = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else 0.0
    return Stopwatch(path, before_s, started)


def _differences(found: Any, wanted: Any, place: str = "") -> list[str]:
    if isinstance(found, dict) and isinstance(wanted, dict):
        return [
            line
            for key in sorted({*found, *wanted})
            for line in _differences(found.get(key), wanted.get(key), f"{place}.{key}".lstrip("."))
        ]
    return [] if found == wanted else [f"{place}: the run has {found!r}, this is {wanted!r}"]
