"""Estimates the memory a training takes, from the base's files and the settings, before any load.

Weights, adapter and optimizer are counted, activations are estimated. Nothing is measured here:
what the device has is the business of `train.memory_room`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from suite.errors import InputError
from train.safetensors_head import read_head
from train.sft_config import SftConfig

_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
_OPTIMIZER = {"adamw": 8, "lion": 4, "adafactor": 1, "sgd": 0}
"""Bytes of optimizer state per trained weight; a quarter with 8 bits."""
_PER_LAYER = {4: (24, 16, 8), 2: (36, 10, 4)}
"""Bytes that a token leaves in a decoder layer for the backward pass, per element of the hidden,
the intermediate and the key-value width, by bytes of the dtype. Measured with
`saved_tensors_hooks` on Qwen2 with fp32 LoRA matrices on every linear layer (torch 2.13, peft
0.21.2); in bf16 each input of a matrix is kept a second time, in fp32. The fit is exact to
0.1 %."""
_DROPOUT = {4: (40, 4, 0), 2: (24, 4, 0)}
"""What dropout before the adapter adds to `_PER_LAYER`."""
_SMALL_PER_LAYER = 250
"""Norms and the adapter's own r values, bytes per token and layer."""
_LOSS_TILE = 8192
"""Vocabulary entries that TRL's fused head looks at together; the whole logits are never there."""
_LIBRARIES = 600 << 20
"""Of a process on a CPU once the libraries are loaded, in bytes; a GPU's own context is part of
what it reports as taken."""


@dataclass(frozen=True, slots=True)
class BaseShape:
    """What the files of a base say of its size."""

    weights: Mapping[str, tuple[int, ...]]
    """Shape of every tensor by name."""
    layers: int
    hidden: int
    intermediate: int
    kv: int
    """Width of the keys, and of the values, of one layer."""
    vocabulary: int

    def matrices(self) -> dict[str, tuple[int, int]]:
        """Weights of the linear layers inside the decoder: those that are quantized and adapted."""
        return {
            name: (shape[0], shape[1])
            for name, shape in self.weights.items()
            if len(shape) == 2 and not any(part in name for part in ("embed", "lm_head", "wte"))
        }

    def count(self) -> int:
        """Parameters of the base."""
        return sum(math.prod(shape) for shape in self.weights.values())


@dataclass(frozen=True, slots=True)
class MemoryEstimate:
    """Bytes of a training, by what takes them."""

    weights: int
    """Of the base as it is quantized."""
    adapter: int
    """fp32, with its gradients."""
    optimizer: int
    activations: int
    """Kept of one forward pass for the backward pass, of the longest batch."""
    loss: int
    evaluation: int
    """Keys, values and inputs of one generation batch."""
    libraries: int

    @property
    def fixed(self) -> int:
        """What is there all the time."""
        return self.weights + self.adapter + self.optimizer + self.libraries

    @property
    def peak(self) -> int:
        """The most at one time: training and generating take turns."""
        return self.fixed + max(self.activations + self.loss, self.evaluation)


def read_shape(folder: Path) -> BaseShape:
    """Read the sizes of a base from `config.json` and the heads of its weight files.

    Raises:
        InputError: A file is no safetensors file, the configuration lacks a size, or the weights
            are quantized already: their shapes then say nothing.
    """
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    if made := config.get("quantization_config"):
        method = made.get("quant_method", "unknown") if isinstance(made, dict) else made
        raise InputError(
            f"{path}: the base is quantized already ({method}); take the model in 16 bits, "
            "`quantization` does it while loading"
        )
    weights: dict[str, tuple[int, ...]] = {}
    for file in sorted(folder.glob("*.safetensors")):
        for name, tensor in read_head(file).items():
            if name != "__metadata__":
                weights[name] = tuple(tensor["shape"])
    config = config.get("text_config", config)
    try:
        heads, hidden = config["num_attention_heads"], config["hidden_size"]
        head = config.get("head_dim") or hidden // heads
        return BaseShape(
            weights,
            config["num_hidden_layers"],
            hidden,
            config.get("intermediate_size") or 4 * hidden,
            head * (config.get("num_key_value_heads") or heads),
            config["vocab_size"],
        )
    except KeyError as error:
        raise InputError(
            f"{path}: has no {error.args[0]!r}; is this a causal language model?"
        ) from None


def count_adapter(shape: BaseShape, config: SftConfig) -> int:
    """Weights of the adapter: r x (inputs + outputs) of every matrix it is put on."""
    targets = config.lora.target_modules
    chosen = [
        size
        for name, size in shape.matrices().items()
        if targets == "all-linear" or name.removesuffix(".weight").endswith(tuple(targets))
    ]
    return config.lora.r * sum(map(sum, chosen))


def estimate_memory(shape: BaseShape, config: SftConfig, longest: int) -> MemoryEstimate:
    """Estimate what a training takes at its peak.

    Args:
        shape: Of the base.
        config: With no `auto` left.
        longest: Tokens of the longest training row that is kept.
    """
    training, evaluation = config.training, config.evaluation
    size = _BYTES[config.dtype]
    trained = count_adapter(shape, config)
    length = config.data.max_tokens if training.packing else longest
    tokens = training.batch_size * length
    width = (shape.hidden, shape.intermediate, shape.kv)
    layer = _SMALL_PER_LAYER + _weigh(_PER_LAYER[size], width)
    if config.lora.dropout:
        layer += _weigh(_DROPOUT[size], width)
    kept = shape.layers * layer
    if training.activation_checkpointing:
        kept = shape.layers * shape.hidden * size + layer
    state = next((cost for name, cost in _OPTIMIZER.items() if name in training.optimizer), 8) // (
        4 if "8bit" in training.optimizer else 1
    )
    cached = 2 * shape.layers * shape.kv + 4 * shape.hidden + 3 * shape.intermediate
    return MemoryEstimate(
        weights=_weigh_base(shape, config),
        adapter=trained * 8,
        optimizer=trained * state,
        activations=tokens * kept,
        loss=min(tokens, 4096) * min(shape.vocabulary, _LOSS_TILE) * 12,
        evaluation=evaluation.batch_tokens * cached * size,
        libraries=_LIBRARIES if config.device == "cpu" else 0,
    )


def _weigh(costs: tuple[int, int, int], width: tuple[int, int, int]) -> int:
    return sum(cost * size for cost, size in zip(costs, width, strict=True))


def _weigh_base(shape: BaseShape, config: SftConfig) -> int:
    """Bytes of the base's weights, and of the largest matrix when it is dequantized for use."""
    size = _BYTES[config.dtype]
    matrices = [math.prod(each) for each in shape.matrices().values()]
    inside = sum(matrices)
    outside = (shape.count() - inside) * size
    if config.quantization == "none" or not matrices:
        return inside * size + outside
    scratch = max(matrices) * size
    if config.quantization == "int8":
        return inside + outside + scratch
    # a block of 64 weights has one fp32 scale; with double_quant one byte, and fp32 per 256 scales
    scales = inside / 64 * (1 + 4 / 256 if config.quantization_settings.double_quant else 4)
    return inside // 2 + int(scales) + outside + scratch
