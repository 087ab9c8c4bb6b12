"""Loads the base that a training starts from; what cannot be loaded is told as a mistake of ours.

Nothing is trained or measured here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fixtures.engine import EngineError
from fixtures.out_of_memory import is_out_of_memory
from suite.errors import InputError
from train.precision import place_layers
from train.sft_config import SftConfig

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_PROBE = 'Give me JSON: {"a": 1}'


def read_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """Load the tokenizer of a base.

    Raises:
        InputError: There is none; transformers 5.23 then makes an empty one, which turns every text
            into no tokens.
    """
    from fixtures.hf_loading import load_tokenizer

    try:
        tokenizer = load_tokenizer(folder)
        is_empty = not tokenizer(_PROBE, add_special_tokens=False)["input_ids"]
    except (OSError, ValueError, ImportError) as error:
        raise InputError(f"base: {folder}: its tokenizer cannot be loaded: {error}") from None
    if is_empty:
        raise InputError(
            f"base: {folder}: has no tokenizer: every text becomes no tokens; "
            "put its tokenizer.json beside the weights"
        )
    return tokenizer


def load_trained_base(config: SftConfig, folder: Path) -> Any:
    """Load the base as the configuration says, without a cache of keys and values.

    Raises:
        InputError: It cannot be loaded, such as a base of an unknown architecture.
    """
    from fixtures.hf_loading import load_base

    try:
        model = load_base(
            folder,
            config.quantization,
            dtype=config.dtype,
            device=config.device,
            attn_implementation=config.attn_implementation,
            device_map=place_layers(config),
            double_quant=config.quantization_settings.double_quant,
            compute_dtype=config.quantization_settings.compute_dtype,
        )
    except EngineError as error:
        if error.__cause__ is not None and is_out_of_memory(error.__cause__):
            raise  # `train.failures` knows what to say of it
        raise InputError(f"base: {error}") from None
    model.config.use_cache = False
    return model
