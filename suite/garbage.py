"""Pauses the garbage collector while thousands of objects are made that all stay.

Collecting in between would walk through them again and again and find nothing. Whether any were
made is not looked at.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Collect nothing until the block ends; of nested blocks, the outermost."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
