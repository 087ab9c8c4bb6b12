"""The sections of a training configuration: quantization, LoRA, optimizer, evaluation.

Which keys there are, their units and defaults; reading them from a file is `train.sft_config`.
"""

from __future__ import annotations

from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Self, Union, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

Dtype = Literal["float32", "bfloat16", "float16"]
Precision = Literal["fp32", "bf16", "fp16"]
Metric = Literal[
    "format_success_rate",
    "schema_valid_rate",
    "exact_object_rate",
    "duplicate_json_objects_rate",
    "accuracy",
    "flexible_exact_match",
    "strict_exact_match",
    "exact_answer_rate",
    "eval_loss",
]
Optimizer = Literal[
    "adamw_torch",
    "adamw_torch_fused",
    "adamw_8bit",
    "paged_adamw_8bit",
    "paged_adamw_32bit",
    "lion_8bit",
    "paged_lion_8bit",
    "adafactor",
    "sgd",
]
Scheduler = Literal[
    "cosine",
    "linear",
    "constant",
    "constant_with_warmup",
    "cosine_with_restarts",
    "inverse_sqrt",
    "polynomial",
    "warmup_stable_decay",
]
EVALUATE_EVERY = 100
"""Optimizer steps between two evaluations where neither `steps` nor `per_epoch` is given."""


def _leaves(annotation: Any) -> set[Any]:
    """The plain types that a union or an `Annotated` is made of; what a list holds is none."""
    if get_origin(annotation) not in (Annotated, Union, UnionType):
        return {annotation}
    return {leaf for part in get_args(annotation) for leaf in _leaves(part)}


class Strict(BaseModel):
    """A section: frozen; a key that it does not know is an error, and so is true for a number."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_boolean(cls, given: Any, info: ValidationInfo) -> Any:
        """`rows: true` is a slip; pydantic would take it for 1."""
        assert info.field_name is not None
        kinds = _leaves(cls.model_fields[info.field_name].annotation)
        if isinstance(given, bool) and kinds & {int, float} and bool not in kinds:
            raise ValueError("expected a number")
        return given


class QuantizationSettings(Strict):
    """How an NF4 base is stored and computed with; the other quantizations have no choices."""

    double_quant: bool = False
    """The block scales are quantized too: 0.4 bits a weight less, and slightly other weights."""
    compute_dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Of the products with dequantized weights; `auto`: the base's `dtype`."""


class LoraSettings(Strict):
    """The adapter; names as in peft."""

    r: int = Field(default=8, ge=1)
    """Rank of the update of each matrix."""
    alpha: int = Field(default=16, ge=1)
    """The update is multiplied by alpha / r, with `use_rslora` by alpha / sqrt(r)."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of the inputs of the adapter set to zero while training."""
    bias: Literal["none", "all", "lora_only"] = "none"
    """Which biases of the base are trained along; with any the base itself is another one."""
    use_rslora: bool = False
    """Rank-stabilized scale (arXiv 2312.03732): a high rank learns as fast as a low one."""
    saved_dtype: Literal["float32", "bfloat16"] = "float32"
    """Of the written weights; they are trained in fp32. bfloat16 halves the file."""
    target_modules: Literal["all-linear"] | tuple[str, ...] = (
        "q_proj",
        "k_proj",
        "v_proj",
        "o_proj",
        "gate_proj",
        "up_proj",
        "down_proj",
    )
    """Names of the linear layers that get an update; `all-linear`: every one but the output's."""


class TrainingSettings(Strict):
    """The optimizer's side; one step is `batch_size` x `gradient_accumulation_steps` rows."""

    batch_size: int = Field(default=16, ge=1)
    """Rows of one forward pass in each process; with `packing`, sequences of packed rows."""
    gradient_accumulation_steps: int = Field(default=1, ge=1)
    """Forward passes whose gradients are added up for one step of the optimizer."""
    epochs: float = Field(default=1.0, gt=0)
    max_steps: int | None = Field(default=None, ge=1)
    """Stops earlier than `epochs` would."""
    row_order: Literal["shuffled", "given"] = "shuffled"
    """`given`: the order of the file, so that easy rows can come first; 25 batches at a time are
    mixed, to put rows of like length together."""
    packing: bool = False
    """Several rows in one sequence of up to `data.max_tokens`, each seeing only itself."""
    optimizer: Optimizer = "adamw_torch_fused"
    """Named as in transformers; those with 8bit or paged are bitsandbytes'."""
    learning_rate: float = Field(default=1e-3, gt=0)
    scheduler: Scheduler = "cosine"
    """How the learning rate falls after the warm-up; named as in transformers."""
    warmup_ratio: float = Field(default=0.03, ge=0, lt=1)
    """Share of the steps over which the learning rate rises; then it follows `scheduler`."""
    decay_ratio: float = Field(default=0.2, gt=0, lt=1)
    """Share of the steps at the end over which it falls with `warmup_stable_decay`."""
    weight_decay: float = Field(default=0.0, ge=0)
    max_grad_norm: float = Field(default=1.0, gt=0)
    """Longer gradients are shortened to this."""
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    """Of the forward passes of training; the adapter's weights are fp32 in any case. `auto`: as the
    base's `dtype`. bf16 over an fp32 base is twice as fast on a CPU that has the instructions, and
    what is measured by generating then stays in fp32."""
    activation_checkpointing: bool = False
    """Compute activations again in the backward pass: about 20 % slower, much less memory."""
    threads: int = Field(default=2, ge=1)
    """Of torch in each process, on a CPU."""
    logging_steps: int = Field(default=10, ge=1)
    """Steps between two lines of loss and learning rate, also in TensorBoard."""
    save_steps: int | None = Field(default=None, ge=1)
    """Steps between two checkpoints besides those that every evaluation saves."""
    save_total_limit: int | None = Field(default=None, ge=1)
    """Checkpoints kept: the latest ones and the best one; None: all."""
    tensorboard_dir: Path | None = None
    """None: `tb` in `output_dir`."""

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.packing and self.row_order == "given":
            raise ValueError("packing puts rows into another order; row_order given is without it")
        return self

    @model_validator(mode="after")
    def _check_schedule(self) -> Self:
        share = self.warmup_ratio + self.decay_ratio
        if self.scheduler == "warmup_stable_decay" and share > 1:
            raise ValueError(
                f"warmup_ratio and decay_ratio are {share:g} of the steps together; "
                "warmup_stable_decay has room for 1"
            )
        return self


class EvaluationSettings(Strict):
    """What is measured by generating: at step 0, at every so many steps, and at the end."""

    steps: int | None = Field(default=None, ge=1)
    """Optimizer steps between two evaluations; 100 where `per_epoch` is not given either."""
    per_epoch: int | None = Field(default=None, ge=1)
    """Evaluations in each epoch, in place of `steps`."""
    rows: int = Field(default=200, ge=1)
    """Rows generated: the first so many of the evaluation file."""
    batch_size: int | None = Field(default=None, ge=1)
    """Rows of a forward pass of the evaluation loss; None: `training.batch_size`."""
    max_new_tokens: int = Field(default=160, ge=1)
    batch_tokens: int = Field(default=8192, ge=1)
    """Tokens of one generation batch, padding and room for the answers included."""
    metric: Metric | None = None
    """Chooses the checkpoint that is kept; ties go to the lower evaluation loss. None: what the
    evaluation rows allow: `format_success_rate` where their answers are JSON objects, `accuracy`
    where they are the labels 0 and 1, `flexible_exact_match` where they are worked solutions of the
    task `math`, else `exact_answer_rate`."""

    @model_validator(mode="before")
    @classmethod
    def _fill_steps(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("steps") is given.get("per_epoch") is None:
            return given | {"steps": EVALUATE_EVERY}
        return given

    @model_validator(mode="after")
    def _check_one_pace(self) -> Self:
        if self.steps is not None and self.per_epoch is not None:
            raise ValueError(
                "has both steps and per_epoch; leave one out, or set it to null "
                "(evaluation.steps=null)"
            )
        return self
