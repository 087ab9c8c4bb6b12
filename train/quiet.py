"""Silences what the libraries of a training say that nobody can act on.

What a user can act on stays as it is.
"""

from __future__ import annotations

import logging
import os
import warnings


def hush(local: bool) -> None:
    """Silence what nobody can act on; before the libraries are imported.

    Args:
        local: The base is a folder of this machine, so nothing may be looked for on the network.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if local:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    # bitsandbytes 0.50 offers a kernel from the hub, which is kept out on purpose
    logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)
    # trl 1.16 with transformers 5.23: renamed, not gone
    warnings.filterwarnings("ignore", message=".*gradient_checkpointing", category=FutureWarning)
    import datasets
    from transformers.utils import logging as transformers_logging

    datasets.disable_progress_bars()
    transformers_logging.disable_progress_bar()
