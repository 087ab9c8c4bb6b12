"""The record that travels with an adapter: what it was trained on, from what, and how well it did.

The suite refuses an adapter whose base, quantization or chat template is not the manifest's; the
hashes here and there are the same functions.
"""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from train.sft_config import SftConfig
from train.sft_measure import Evaluation, measured_facts
from train.threshold import Threshold, threshold_facts

_PACKAGES = (
    "torch",
    "transformers",
    "peft",
    "trl",
    "bitsandbytes",
    "accelerate",
    "datasets",
    "tokenizers",
)

MEASURED_ON = "adapter weights in float32, before they are rounded to training.lora.saved_dtype"


def build_manifest(
    config: SftConfig,
    revision: str | None,
    chat_template_sha256: str | None,
    base_hashes: Mapping[str, str],
    data_hashes: Mapping[str, str],
    base: Evaluation,
    best: Evaluation,
    canonical_hashes: Mapping[str, str] | None = None,
    threshold: Threshold | None = None,
) -> dict[str, Any]:
    """Return the content of `manifest.json`.

    Args:
        config: With every default filled in and no `auto` left.
        revision: Commit of the base on the hub; None for a folder of this machine.
        chat_template_sha256: Of the template in the base folder.
        base_hashes: SHA-256 by file name.
        data_hashes: SHA-256 of `train.jsonl` and `eval.jsonl`.
        base: Measured at step 0.
        best: Measured at the step whose weights were kept.
        canonical_hashes: SHA-256 of the rows of `train` and `eval` as canonical JSONL
            (`train.user_rows`): the same whatever file or dataset they came from.
        threshold: Of a verifier, chosen on the rows that were measured.
    """
    rates = {key: value for key, value in measured_facts(base).items() if key != "step"}
    return {
        "base": {
            "path": config.base,
            "revision": revision,
            "files": dict(sorted(base_hashes.items())),
        },
        "quantization": config.quantization,
        "quantization_settings": {"double_quant": config.quantization_settings.double_quant},
        "device": config.device,
        "dtype": config.dtype,
        "prompt_format": config.prompt_format,
        "chat_template_sha256": chat_template_sha256,
        "training": config.model_dump(mode="json", exclude_none=True),
        "data": {
            "files": dict(sorted(data_hashes.items())),
            "canonical_sha256": dict(sorted((canonical_hashes or {}).items())),
        },
        "seed": config.seed,
        "versions": read_versions(),
        "git_commit": read_commit(),
        "metrics": {"measured_on": MEASURED_ON, "base": rates, "best": measured_facts(best)},
        **threshold_facts(threshold),
    }


def read_versions() -> dict[str, str]:
    """The versions of Python and of the libraries that training is made of."""
    return {"python": platform.python_version()} | {name: version(name) for name in _PACKAGES}


def read_commit() -> str | None:
    """The commit of the code that ran, with `-dirty` where files differ; None outside a clone."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    folder = Path(__file__).parent
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except OSError:  # no git
        return None
    return done.stdout.strip() or None
