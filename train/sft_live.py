"""Checks that the checkpoint to be kept does something on its base; loads no second model.

Imports the training stack at once: import this module after training.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from peft import set_peft_model_state_dict
from safetensors.torch import load_file

from fixtures.adapter_check import check_adapter
from fixtures.adapter_files import ADAPTER_WEIGHTS
from fixtures.engine import EngineError
from suite.errors import InputError


def check_live(model: Any, checkpoint: Path) -> None:
    """Put the weights of a checkpoint on the model that was trained, and see whether logits move.

    Args:
        model: The `PeftModel`; it has the checkpoint's weights afterwards.
        checkpoint: Folder with the adapter's weights.

    Raises:
        InputError: They do nothing, or are not all that the adapter should have.
    """
    set_peft_model_state_dict(model, load_file(checkpoint / ADAPTER_WEIGHTS))
    was_training = model.training
    model.eval()
    try:
        check_adapter(model, checkpoint)
    except EngineError as error:
        raise InputError(
            f"{error}; nothing was learned: is training.learning_rate 0, or are there so few steps "
            "that training.warmup_ratio takes them all?"
        ) from None
    finally:
        model.train(was_training)
