"""Merge an adapter into its base: `python -m train merge ADAPTER --out DIR`.

The result is a model folder of its own, which anything loads. Whether it still answers as the
adapter does is measured by `train/merge_check.py`, not here.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from fixtures.adapter_files import ADAPTER_CONFIG, ADAPTER_WEIGHTS, MANIFEST, check_adapter_folder
from fixtures.engine import EngineError
from fixtures.file_hash import hash_file
from fixtures.model import Device, Dtype, Model, Quantization
from fixtures.model_choice import ModelFlags, choose_models
from fixtures.registry import LocalEntry, Registry
from suite.errors import InputError, unknown
from suite.whole_file import json_text, write_whole
from train.manifest import read_commit, read_versions
from train.quiet import hush

if TYPE_CHECKING:
    from transformers import PreTrainedModel

RECORD = "merge.json"
"""What was merged into what; it also marks a folder as made here."""
_TOKENIZER_FILES = (
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template*",
    "vocab.json",
    "merges.txt",
    "generation_config.json",
)
"""Copied as they are: what transformers writes anew may read text in another way."""

BaseWeights = Literal["dequantized", "original"]


@dataclass(frozen=True, slots=True)
class MergeOptions:
    """What the command line says."""

    adapter: Path
    out: Path
    base: str | None = None
    """None: the manifest's, else the one in the adapter's configuration."""
    base_weights: BaseWeights = "dequantized"
    """Of an adapter trained on a quantized base: those it saw, or those they were made from."""
    dtype: Dtype | None = None
    """Of the written weights; None: the one it was trained in."""
    device: Device | None = None
    """None: the one it was trained on."""
    overwrite: bool = False


def check_choices(base_weights: str, dtype: str | None, device: str | None) -> None:
    """Refuse words that are none of their options'.

    Raises:
        InputError: With all of them.
    """
    given = {
        "--base-weights": (base_weights, get_args(BaseWeights)),
        "--dtype": (dtype, get_args(Dtype)),
        "--device": (device, ("cpu", "cuda")),
    }
    if problems := [
        f"{option}: {unknown('value', word, choices)}"
        for option, (word, choices) in given.items()
        if word is not None and word not in choices
    ]:
        raise InputError(problems)


def plan_merge(options: MergeOptions, roots: list[Path]) -> Model:
    """Find out what is merged into what, without loading anything.

    Returns:
        The adapter on its base, as the suite would test it, in the dtype of the merged weights.

    Raises:
        InputError: The adapter is not whole, its base is missing or another, or `out` is taken.
    """
    check_adapter_folder(options.adapter)
    _check_out(options)
    manifest = read_object(options.adapter / MANIFEST)
    found = manifest.get("base")
    trained = found if isinstance(found, dict) else {}
    base = options.base or trained.get("path")
    base = base or read_object(options.adapter / ADAPTER_CONFIG).get("base_model_name_or_path")
    if not base:
        raise InputError(f"{options.adapter}: names no base; --base DIR or an id of the hub does")
    dtype = options.dtype or manifest.get("dtype") or "auto"
    if dtype != "auto" and dtype not in get_args(Dtype):
        raise InputError(f"{options.adapter / MANIFEST}: dtype: got {dtype!r}")
    entry = LocalEntry(
        type="local",
        model_path=base,
        revision=None if options.base else trained.get("revision"),
        lora_path=str(options.adapter.resolve()),
        device=options.device or manifest.get("device") or "auto",
        dtype=dtype,
        attn_implementation=_attention(manifest),
    )
    name = options.adapter.resolve().name
    registry = Registry(options.adapter, name, {name: entry})
    return choose_models(registry, ModelFlags(), roots, hash_file)[0]


def _attention(manifest: dict[str, Any]) -> Literal["sdpa", "eager"]:
    """Return what the base can be loaded with: some, such as Gemma 2, have nothing but eager."""
    training = manifest.get("training")
    asked = training.get("attn_implementation") if isinstance(training, dict) else None
    return "eager" if asked == "eager" else "sdpa"


def write_merged(model: Model, options: MergeOptions) -> None:
    """Load base and adapter, add the one to the other, and write the folder whole.

    Args:
        model: What `plan_merge` returned.
        options: The same.

    Raises:
        EngineError: They cannot be loaded, or the adapter is not live.
        InputError: The merged weights are not finite in this dtype.
    """
    merged = _add_weights(model, options.base_weights)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=options.out.parent, prefix=f".{options.out.name}."))
    try:
        merged.save_pretrained(made)
        assert model.base is not None
        for pattern in _TOKENIZER_FILES:
            for path in model.base.glob(pattern):
                shutil.copyfile(path, made / path.name)
        write_whole(made / RECORD, json_text(_record(model, options.base_weights, made)) + "\n")
        write_whole(made / "README.md", _card(model, options))
        for path in made.iterdir():
            path.chmod(0o644)  # safetensors writes for its owner only
        made.chmod(0o755)
        if options.out.exists():
            shutil.rmtree(options.out)
        made.replace(options.out)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def merged_quantization(model: Model, weights: BaseWeights) -> Quantization:
    """How the base is loaded before it is merged."""
    return model.quantization if weights == "dequantized" else "none"


def _add_weights(model: Model, weights: BaseWeights) -> PreTrainedModel:
    os.environ["HF_HUB_OFFLINE"] = "1"  # all files are local
    hush(local=True)
    import torch
    from peft import PeftModel

    from fixtures.adapter_check import check_adapter
    from fixtures.hf_loading import load_base

    assert model.base is not None
    assert model.adapter is not None
    quantization = merged_quantization(model, weights)
    base = load_base(
        model.base,
        quantization,
        dtype=model.dtype,
        device=model.device,
        attn_implementation=model.attn_implementation,
        double_quant=quantization == "nf4" and model.double_quant,
    )
    if quantization != "none":
        # merging into quantized weights rounds the sum again: 88 of 160 answers were equal
        base.dequantize(getattr(torch, model.dtype))
    try:
        wrapped = PeftModel.from_pretrained(base, model.adapter, is_trainable=False)
    except (OSError, ValueError, RuntimeError) as error:
        raise EngineError(f"{model.adapter}: cannot be put on its base: {error}") from error
    check_adapter(wrapped.eval(), model.adapter)
    try:
        merged: PreTrainedModel = wrapped.merge_and_unload(safe_merge=True)
    except ValueError as error:  # peft: NaNs detected in the merged weights
        raise InputError(f"{model.adapter}: merged in {model.dtype}: {error}") from None
    return merged


def _record(model: Model, weights: BaseWeights, made: Path) -> dict[str, Any]:
    assert model.adapter is not None
    assert model.base is not None
    quantization = merged_quantization(model, weights)
    adapter_files = (ADAPTER_CONFIG, ADAPTER_WEIGHTS)
    return {
        "adapter": {
            "path": model.adapter.name,
            "files": {name: hash_file(model.adapter / name) for name in adapter_files},
        },
        "base": {
            "path": model.base_id,
            "revision": model.revision,
            "files": {
                path.name: hash_file(path) for path in sorted(model.base.glob("*.safetensors"))
            },
            "weights": "original" if quantization == "none" else f"dequantized {quantization}",
        },
        "dtype": model.dtype,
        "prompt_format": model.prompt_format,
        "files": {path.name: hash_file(path) for path in sorted(made.glob("*.safetensors"))},
        "versions": read_versions(),
        "git_commit": read_commit(),
    }


def _card(model: Model, options: MergeOptions) -> str:
    assert model.adapter is not None
    quantization = merged_quantization(model, options.base_weights)
    what = "its original weights" if quantization == "none" else f"its {quantization} weights"
    back = "" if quantization == "none" else f", back in {model.dtype}"
    return (
        f"---\nlibrary_name: transformers\nbase_model: {model.base_id}\ntags: [merged]\n---\n"
        f"# {options.out.resolve().name}\n\n"
        f"The adapter `{model.adapter.name}` merged into `{model.base_id}`, {what}{back}.\n"
        f"`{RECORD}` names both by their hashes. Made by\n\n```\n"
        f"{merge_command(options)}\n```\n"
    )


def merge_command(options: MergeOptions) -> str:
    """The command that these options came from, ready to paste; how it is checked is left out."""
    given = {
        "--base": options.base,
        "--base-weights": None if options.base_weights == "dequantized" else options.base_weights,
        "--dtype": options.dtype,
        "--device": options.device,
    }
    words = ["python", "-m", "train", "merge", str(options.adapter), "--out", str(options.out)]
    for name, value in given.items():
        words += [] if value is None else [name, value]
    return shlex.join([*words, *(["--overwrite"] if options.overwrite else [])])


def _check_out(options: MergeOptions) -> None:
    out = options.out
    if out.resolve() == options.adapter.resolve():
        raise InputError(f"--out: {out}: is the adapter itself; name another folder")
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not (out / RECORD).is_file():
        raise InputError(f"--out: {out}: is not empty and holds no {RECORD}; name another folder")
    if not options.overwrite:
        raise InputError(f"--out: {out}: holds a merged model already; --overwrite replaces it")


def read_object(path: Path) -> dict[str, Any]:
    """Read a JSON object, empty where there is no file; broken ones are told by who checks them."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
