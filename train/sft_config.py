"""The configuration of `python -m train sft`: a YAML file and `key=value` on the command line.

Nothing here reads data or models.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from suite.errors import InputError, describe_problems
from suite.yaml_file import load_yaml
from train.data import DataConfig


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LoraSettings(_Strict):
    """The adapter; names as in peft."""

    r: int = Field(default=8, ge=1)
    alpha: int = Field(default=16, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    saved_dtype: Literal["float32", "bfloat16"] = "float32"
    """Of the written weights; they are trained in fp32. bfloat16 halves the file."""
    target_modules: tuple[str, ...] = (
        "q_proj",
        "k_proj",
        "v_proj",
        "o_proj",
        "gate_proj",
        "up_proj",
        "down_proj",
    )


class DataSettings(_Strict):
    """Where rows come from: two files, or the generator of `python -m train data`."""

    train_file: Path | None = None
    eval_file: Path | None = None
    generate: DataConfig | None = None
    max_tokens: int = Field(default=512, ge=8)
    """Longer training rows, prompt and completion together, are left out and counted."""

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        files = (self.train_file, self.eval_file)
        if self.generate is None and None in files:
            raise ValueError("needs train_file and eval_file, or generate")
        if self.generate is not None and files != (None, None):
            raise ValueError("has both files and generate; one of them is enough")
        return self


class TrainingSettings(_Strict):
    """The optimizer's side; one step is one batch."""

    batch_size: int = Field(default=16, ge=1)
    epochs: float = Field(default=1.0, gt=0)
    max_steps: int | None = Field(default=None, ge=1)
    """Stops earlier than `epochs` would."""
    learning_rate: float = Field(default=1e-3, gt=0)
    warmup_ratio: float = Field(default=0.03, ge=0, lt=1)
    """Share of the steps over which the learning rate rises; then it falls as a cosine."""
    weight_decay: float = Field(default=0.0, ge=0)
    max_grad_norm: float = Field(default=1.0, gt=0)
    threads: int = Field(default=2, ge=1)
    mixed_precision: bool = False
    """Forward passes of training in bf16 where they are fp32 otherwise: twice as fast on a CPU that
    has the instructions. What is measured by generating stays in the base's `dtype`."""


class EvaluationSettings(_Strict):
    """What is measured by generating, at step 0, every `steps` steps and at the end."""

    steps: int = Field(default=100, ge=1)
    rows: int = Field(default=200, ge=1)
    """The first so many rows of the evaluation file."""
    max_new_tokens: int = Field(default=160, ge=1)
    batch_tokens: int = Field(default=8192, ge=1)
    """Tokens of one generation batch, padding and room for the answers included."""


class SftConfig(_Strict):
    """Everything that decides the adapter."""

    base: str
    """Folder of the base model, or its id on the hub together with `revision`."""
    revision: str | None = None
    quantization: Literal["nf4", "none"] = "nf4"
    prompt_format: Literal["chat", "raw"] = "chat"
    device: Literal["auto", "cpu", "cuda"] = "cpu"
    """`auto`: a GPU where torch and the machine have one. Weights of a CPU and a GPU differ."""
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    """Of the base and the arithmetic; `auto`: float32 on a CPU, bfloat16 on a GPU."""
    output_dir: Path
    """The run: data, checkpoints, evaluations; `--resume` goes on from there."""
    adapter_dir: Path
    """The product: weights, configuration, manifest, card."""
    seed: int = 0
    lora: LoraSettings = LoraSettings()
    data: DataSettings
    training: TrainingSettings = TrainingSettings()
    evaluation: EvaluationSettings = EvaluationSettings()


def read_config(path: Path, overrides: Iterable[str] = ()) -> SftConfig:
    """Read a configuration.

    Args:
        path: YAML.
        overrides: `key=value`, the key with dots (`training.learning_rate=2e-3`), the value as in
            YAML. A later one wins.

    Raises:
        InputError: With every problem at once, unknown keys with the nearest known one.
    """
    document = load_yaml(path)
    if not isinstance(document, dict):
        raise InputError(f"{path}: expected a mapping, got {type(document).__name__}")
    for override in overrides:
        _apply(document, override)
    try:
        return SftConfig.model_validate(document)
    except ValidationError as error:
        raise InputError(describe_problems(error, SftConfig, str(path))) from None


def _apply(document: dict[str, Any], override: str) -> None:
    """Put one `key=value` into a document; whether the key is known is checked afterwards."""
    key, equals, text = override.partition("=")
    if not (key and equals):
        raise InputError(f"{override}: expected key=value, such as training.epochs=2")
    *folders, name = key.split(".")
    for folder in folders:
        inner = document.get(folder)
        document[folder] = inner = inner if isinstance(inner, dict) else {}
        document = inner
    try:
        document[name] = yaml.safe_load(text)
    except yaml.YAMLError:
        document[name] = text
