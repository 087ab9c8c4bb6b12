"""The configuration of `python -m train sft`: a YAML file and `key=value` on the command line.

Nothing here reads data or models.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Self

from pydantic import ValidationError, model_validator

from suite.errors import InputError, describe_problems
from train.data_settings import DataSettings
from train.run_config import apply_override, read_settings
from train.sft_settings import (
    EvaluationSettings,
    LoraSettings,
    QuantizationSettings,
    Strict,
    TrainingSettings,
)


class SftConfig(Strict):
    """Everything that decides the adapter."""

    base: str
    """Folder of the base model, or its id on the hub together with `revision`."""
    revision: str | None = None
    attn_implementation: Literal["sdpa", "eager", "flash_attention_2"] = "sdpa"
    """`flash_attention_2` needs a GPU and the package flash-attn."""
    device: Literal["auto", "cpu", "cuda"] = "cpu"
    """`auto`: a GPU where torch and the machine have one. Weights of a CPU and a GPU differ."""
    device_map: Literal["auto", "balanced", "balanced_low_0", "sequential"] | None = None
    """Spreads the layers of a base that is too large for one GPU over all of them, as accelerate
    does; None: each process has the whole base on one device."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Of the base and the arithmetic; `auto`: float32 on a CPU, on a GPU bfloat16 where it has the
    instructions (compute capability 8.0), else float16."""
    quantization: Literal["nf4", "int8", "none"] = "nf4"
    """Of the base, by bitsandbytes; int8 needs a GPU."""
    quantization_settings: QuantizationSettings = QuantizationSettings()
    prompt_format: Literal["chat", "raw"] = "chat"
    """`raw`: the contents alone, without the chat template."""
    loss_on: Literal["completion", "all"] = "completion"
    """`completion`: the answer and its end-of-turn token; `all`: the prompt is learned too."""
    output_dir: Path
    """The run: data, checkpoints, evaluations; `--resume` goes on from there."""
    adapter_dir: Path
    """The product: weights, configuration, manifest, card."""
    seed: int = 0
    lora: LoraSettings = LoraSettings()
    data: DataSettings
    training: TrainingSettings = TrainingSettings()
    evaluation: EvaluationSettings = EvaluationSettings()

    @model_validator(mode="after")
    def _check_quantization(self) -> Self:
        chosen = self.quantization_settings
        if self.quantization != "nf4" and chosen != QuantizationSettings():
            raise ValueError(
                f"quantization_settings are of nf4; with quantization {self.quantization!r} "
                "leave them out"
            )
        return self


def read_config(path: Path, overrides: Iterable[str] = ()) -> SftConfig:
    """Read a configuration.

    Args:
        path: YAML, JSON, or a run configuration with a section `sft`.
        overrides: `key=value`, the key with dots (`training.learning_rate=2e-3`), the value as in
            YAML. A later one wins.

    Raises:
        InputError: With every problem at once, unknown keys with the nearest known one.
    """
    document = read_settings(path, "sft")
    for override in overrides:
        apply_override(document, override, "training.epochs=2")
    try:
        return SftConfig.model_validate(document)
    except ValidationError as error:
        raise InputError(describe_problems(error, SftConfig, str(path))) from None
