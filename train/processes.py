"""One training in several processes, as `accelerate launch -m train sft …` starts them.

Who writes, and how all learn of it; splitting the batches is the trainer's. One process needs
nothing of this and imports nothing for it. All processes have to see the same folders.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

from suite.errors import InputError
from train import terminal

T = TypeVar("T")


def process_count() -> int:
    """Processes of this training, on all machines."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def process_rank() -> int:
    """Which of them this is, from 0."""
    return int(os.environ.get("RANK", "0"))


def is_main() -> bool:
    """Whether this process writes files and talks to the terminal."""
    return process_rank() == 0


def say(text: str) -> None:
    """Print lines, in one process, with nothing in them that a terminal would obey."""
    if is_main():
        terminal.say(text)


def once(device: str, act: Callable[[], T]) -> T:
    """Act in the main process alone; every process returns what it did, or raises as it did.

    Args:
        device: `cpu` or `cuda`: what the processes talk through.
        act: Returns what can be pickled.

    Raises:
        InputError: Raised by `act`; in every process, so that none waits for ever.
    """
    if process_count() == 1:
        return act()
    from accelerate import PartialState
    from accelerate.utils import broadcast_object_list

    PartialState(cpu=device == "cpu")
    said: list[Any] = [None, None]
    if is_main():
        try:
            said[0] = act()
        except InputError as error:
            said[1] = list(error.problems)
    result, problems = broadcast_object_list(said)
    if problems is not None:
        raise InputError(problems)
    done: T = result
    return done


def gather(mine: list[T]) -> list[T]:
    """The lists of all processes, one after the other, in every process."""
    if process_count() == 1:
        return mine
    from accelerate.utils import gather_object

    found: list[T] = gather_object(mine)
    return found
