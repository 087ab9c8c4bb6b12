"""Reads the head of a safetensors file: names, types and shapes, and no weights."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from suite.errors import InputError


def read_head(path: Path) -> dict[str, Any]:
    """Return the table at the start of a safetensors file: eight bytes of length, then JSON.

    Raises:
        InputError: It is none, or is cut.
    """
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > path.stat().st_size:
                raise ValueError("its head is longer than the file")
            head: dict[str, Any] = json.loads(file.read(length))
        if not isinstance(head, dict) or not all(map(_is_entry, head.items())):
            raise ValueError("its head is no table of tensors")
    except (OSError, ValueError, RecursionError, struct.error) as error:
        raise InputError(
            f"{path}: cannot be read as safetensors: {error}; is its download whole?"
        ) from None
    return head


def _is_entry(item: tuple[str, Any]) -> bool:
    name, told = item
    is_shaped = isinstance(told, dict) and isinstance(told.get("shape"), list)
    return name == "__metadata__" or is_shaped
