"""A training's adapter folder: what may be written over, and what a killed export left in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from suite.errors import InputError
from tests.test_sft_run import HASHES, evaluation, make_config
from train.manifest import build_manifest
from train.sft_config import SftConfig
from train.sft_export import export_adapter
from train.sft_run import open_run


def write_manifest(config: SftConfig) -> None:
    config.adapter_dir.mkdir(exist_ok=True)
    made = build_manifest(
        config, None, None, HASHES, {}, evaluation(0, 0, 0, 1), evaluation(1, 1, 1, 0)
    )
    (config.adapter_dir / "manifest.json").write_text(json.dumps(made), encoding="utf-8")


def test_the_adapter_of_another_run_is_not_replaced_without_a_flag(tmp_path: Path) -> None:
    write_manifest(make_config(tmp_path))
    other = make_config(tmp_path, output_dir=tmp_path / "other", seed=3)
    with pytest.raises(InputError) as caught:
        open_run(other, HASHES, resume=False)
    assert str(caught.value) == (
        f"adapter_dir: {tmp_path / 'adapter'}: holds the adapter of another run "
        f"({tmp_path / 'run'}); adapter_dir=DIR writes elsewhere, --overwrite replaces it"
    )
    assert not (tmp_path / "other").exists()
    assert open_run(other, HASHES, resume=False, overwrite=True) is False


@pytest.mark.parametrize("text", ["{}", "[]", '{"training": {}}', "not JSON"])
def test_an_adapter_of_nobody_known_is_not_replaced_either(tmp_path: Path, text: str) -> None:
    config = make_config(tmp_path)
    config.adapter_dir.mkdir()
    (config.adapter_dir / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"holds the adapter of another run \(an unknown run\)"):
        open_run(config, HASHES, resume=False)


@pytest.mark.parametrize(
    "changes", [{"seed": 3}, {"output_dir": "elsewhere"}], ids=["same-run", "same-settings"]
)
def test_the_adapter_of_the_same_run_or_settings_is_replaced(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    write_manifest(make_config(tmp_path))
    if "output_dir" in changes:
        changes = {"output_dir": tmp_path / "elsewhere"}
    assert open_run(make_config(tmp_path, **changes), HASHES, resume=False) is False


@pytest.mark.parametrize(
    "names",
    [
        (".adapter_model.safetensors.tmp",),
        ("adapter_model.safetensors", ".adapter_config.json.x1y2.tmp"),
        ("adapter_model.safetensors", "adapter_config.json", "README.md", ".manifest.json.z.tmp"),
    ],
    ids=["first-weights", "config", "manifest"],
)
def test_a_killed_export_is_gone_on_with(tmp_path: Path, names: tuple[str, ...]) -> None:
    config = make_config(tmp_path)
    open_run(config, HASHES, resume=False)
    checkpoint = config.output_dir / "checkpoint-1"
    checkpoint.mkdir()
    (checkpoint / "adapter_model.safetensors").write_bytes(b"new")
    (checkpoint / "adapter_config.json").write_text('{"target_modules": []}', encoding="utf-8")
    config.adapter_dir.mkdir()
    for name in names:
        (config.adapter_dir / name).write_bytes(b"old")
    assert open_run(config, HASHES, resume=True)
    export_adapter(config, checkpoint, {"seed": 0}, "card")
    assert sorted(path.name for path in config.adapter_dir.iterdir()) == [
        "README.md",
        "adapter_config.json",
        "adapter_model.safetensors",
        "manifest.json",
    ]
    assert (config.adapter_dir / "adapter_model.safetensors").read_bytes() == b"new"


@pytest.mark.parametrize(
    "names", [("README.md",), ("adapter_model.safetensors", "thesis.txt")], ids=" ".join
)
def test_what_no_export_left_is_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    config = make_config(tmp_path)
    config.adapter_dir.mkdir()
    for name in names:
        (config.adapter_dir / name).write_bytes(b"mine")
    with pytest.raises(InputError, match=r"holds no adapter with a manifest\.json"):
        open_run(config, HASHES, resume=False)
