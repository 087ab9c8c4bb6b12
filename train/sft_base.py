"""The base that an adapter is trained on, quantized and left so.

Imports the training stack at once.
"""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, PreTrainedModel


def load_base(folder: Path, quantization: str) -> PreTrainedModel:
    """Load a base for training on a CPU: fp32, or NF4 with fp32 compute.

    Args:
        folder: With config and safetensors.
        quantization: `nf4` or `none`.
    """
    if quantization == "none":
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    else:
        nf4 = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.float32
        )
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, quantization_config=nf4
        )
        keep_unpacked(model)
    model.config.use_cache = False
    return model


def keep_unpacked(model: PreTrainedModel) -> int:
    """Stop bitsandbytes 0.50 from repacking NF4 weights in the first evaluation on AVX512-BF16.

    Training on repacked weights raises or loses the gradient through the base, and dequantizing
    them gives noise. Returns the number of layers.
    """
    from bitsandbytes.nn import Linear4bit

    layers = [module for module in model.modules() if isinstance(module, Linear4bit)]
    for layer in layers:
        layer.support_avx512bf16_for_cpu = False
    return len(layers)
