"""Merging an adapter: what is refused before a load, what is written, and what is warned of."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from fixtures.file_hash import hash_file
from fixtures.registry import LocalEntry, load_registry
from tests.run_records import make_result, make_run
from train.__main__ import app
from train.merge import MergeOptions, plan_merge
from train.merge_check import find_differences, registry_text

ROOT = Path(__file__).parents[1]


def merge(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["merge", *map(str, arguments)])


def make_files(folder: Path, **changes: Any) -> Path:
    """An adapter and its base as far as nothing is loaded; returns the adapter."""
    base, adapter = folder / "base", folder / "mine"
    base.mkdir()
    adapter.mkdir()
    (base / "config.json").write_text("{}", encoding="utf-8")
    (base / "tokenizer.json").write_text("{}", encoding="utf-8")
    (base / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    (base / "model.safetensors").write_bytes(b"weights")
    config = {"base_model_name_or_path": str(base)}
    (adapter / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    (adapter / "adapter_model.safetensors").write_bytes(b"adapter")
    manifest = {
        "base": {
            "path": str(base),
            "revision": None,
            "files": {"model.safetensors": hash_file(base / "model.safetensors")},
        },
        "quantization": "nf4",
        "device": "cpu",
        "dtype": "float32",
        "prompt_format": "chat",
    }
    text = json.dumps(manifest | changes)
    (adapter / "manifest.json").write_text(text, encoding="utf-8")
    return adapter


def test_the_plan_takes_base_quantization_and_dtype_from_the_manifest(tmp_path: Path) -> None:
    adapter = make_files(tmp_path, dtype="bfloat16")
    model = plan_merge(MergeOptions(adapter, tmp_path / "out"), [Path()])
    assert (model.base, model.adapter) == (tmp_path / "base", adapter)
    assert (model.quantization, model.dtype, model.device) == ("nf4", "bfloat16", "cpu")
    wanted = MergeOptions(adapter, tmp_path / "out", dtype="float32")
    assert plan_merge(wanted, [Path()]).dtype == "float32"


def test_a_base_that_was_trained_with_eager_attention_is_loaded_with_it(tmp_path: Path) -> None:
    """Gemma 2 has nothing else; flash attention is not needed to add weights up."""
    for asked, planned in (("eager", "eager"), ("flash_attention_2", "sdpa")):
        folder = tmp_path / asked
        folder.mkdir()
        adapter = make_files(folder, training={"attn_implementation": asked})
        model = plan_merge(MergeOptions(adapter, folder / "out"), [Path()])
        assert model.attn_implementation == planned
        text = registry_text(model, folder / "out", ("mine", "merged"))
        (folder / "models.yaml").write_text(text, encoding="utf-8")
        for entry in load_registry(folder / "models.yaml").entries.values():
            assert isinstance(entry, LocalEntry)
            assert entry.attn_implementation == planned


def _other_base(adapter: Path) -> None:
    (adapter.parent / "base" / "model.safetensors").write_bytes(b"other weights")


def _taken(adapter: Path) -> None:
    (adapter.parent / "out").mkdir()
    (adapter.parent / "out" / "thesis.txt").write_text("years", encoding="utf-8")


def _merged_before(adapter: Path) -> None:
    (adapter.parent / "out").mkdir()
    (adapter.parent / "out" / "merge.json").write_text("{}", encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_other_base, "trained on another base: sha256 of "),
        (_taken, "is not empty and holds no merge.json; name another folder"),
        (_merged_before, "holds a merged model already; --overwrite replaces it"),
        (lambda adapter: (adapter / "adapter_model.safetensors").unlink(), "no adapter_model"),
    ],
    ids=["another-base", "taken", "merged-before", "not-whole"],
)
def test_what_cannot_be_merged_is_told_before_any_load(
    tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    adapter = make_files(tmp_path)
    spoil(adapter)
    done = merge(adapter, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert said in done.output
    assert not (tmp_path / "out" / "config.json").exists()


def test_words_that_are_none_are_told_together(tmp_path: Path) -> None:
    done = merge(
        make_files(tmp_path), "--out", tmp_path / "out", "--dtype", "fp32", "--base-weights", "deq"
    )
    assert done.exit_code == 2
    assert "train merge: --base-weights: unknown value 'deq'" in done.output
    assert "train merge: --dtype: unknown value 'fp32'" in done.output


def test_the_suite_is_asked_for_both_in_the_same_mode(tmp_path: Path) -> None:
    adapter = make_files(tmp_path)
    model = plan_merge(MergeOptions(adapter, tmp_path / "out"), [Path()])
    path = tmp_path / "models.yaml"
    text = registry_text(model, tmp_path / "out", ("mine", "mine_merged"))
    path.write_text(text, encoding="utf-8")
    entries = load_registry(path).entries
    one, two = entries["mine"], entries["mine_merged"]
    assert isinstance(one, LocalEntry)
    assert isinstance(two, LocalEntry)
    assert (one.quantization, two.quantization) == ("nf4", "none")
    assert (one.lora_path, two.lora_path) == (str(adapter), None)
    assert two.model_path == str(tmp_path / "out")
    assert (one.device, one.dtype) == (two.device, two.dtype) == ("cpu", "float32")


def test_each_rate_that_differs_is_named_with_both_counts() -> None:
    old = [make_result(f"c{index}", index != 3) for index in range(4)]
    new = [replace(make_result(f"c{index}", index > 1), model="merged") for index in range(4)]
    run = make_run(*old)
    second = replace(run.selections[0], model="merged")
    run = replace(
        run,
        models={**run.models, "merged": run.models["toy"]},
        selections=(*run.selections, second),
        results=(*old, *new),
    )
    assert [str(each) for each in find_differences(run, "toy", "merged")] == [
        "format: format_success_rate: adapter 0.750 (3/4, 95% 0.301-0.954), "
        "merged 0.500 (2/4, 95% 0.150-0.850)"
    ]
    same = replace(run, results=(*old, *(replace(each, model="merged") for each in old)))
    assert find_differences(same, "toy", "merged") == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning")
def test_the_merged_model_is_the_adapter_on_its_dequantized_base(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    from fixtures.hf_loading import load_model
    from tests.tiny_models import make_adapter, make_base, write_manifest

    base = make_base(tmp_path / "base")
    adapter = make_adapter(tmp_path / "mine", base)
    write_manifest(adapter, base, quantization="nf4")
    out = tmp_path / "out"
    done = merge(adapter, "--out", out, "--no-check", "--device", "cpu")
    assert done.exit_code == 0, done.output
    ids = torch.arange(4, 44).reshape(2, 20)
    planned = plan_merge(MergeOptions(adapter, tmp_path / "x", device="cpu"), [Path()])
    with torch.inference_mode():
        wanted = load_model(planned).model(input_ids=ids).logits
        found = AutoModelForCausalLM.from_pretrained(out).eval()(input_ids=ids).logits
        plain = AutoModelForCausalLM.from_pretrained(base).eval()(input_ids=ids).logits
    assert (found - wanted).abs().max() < 1e-4
    assert (found - plain).abs().max() > 1e-1
    names = {path.name for path in out.iterdir()}
    assert names >= {"config.json", "model.safetensors", "tokenizer.json", "merge.json"}
    assert "quantization_config" not in json.loads((out / "config.json").read_text("utf-8"))
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        assert (out / name).read_bytes() == (base / name).read_bytes()
    record = json.loads((out / "merge.json").read_text("utf-8"))
    assert record["base"]["weights"] == "dequantized nf4"
    assert record["files"] == {"model.safetensors": hash_file(out / "model.safetensors")}
