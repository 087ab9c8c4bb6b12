"""Turns what ends a training from outside into words: a full disk, or not enough memory.

What the run has saved stays as it is; a checkpoint that was cut short is passed over by `--resume`.
"""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from fixtures.out_of_memory import is_out_of_memory
from suite.errors import InputError
from suite.sinks import terminal_safe
from train.loss_guard import TrainingStopped
from train.memory_room import gib
from train.sft_run import last_checkpoint

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_TEXT = re.compile(
    r"No space left on device|Disk quota exceeded|File too large"  # safetensors, written in Rust
    r"|PytorchStreamWriter failed|unexpected pos \d+ vs \d+"  # torch.save says no more than this
)


@dataclass(slots=True)
class Failures:
    """Watches a training; used with `with`.

    What is known of its memory is filled in once the rows are counted.
    """

    folder: Path
    """Of the run."""
    memory: list[str] = field(default_factory=list)
    """Lines on the estimate, what was free, and the settings that lower it."""
    checkpoint_bytes: int | None = None
    """About what one checkpoint takes."""

    def __enter__(self) -> Failures:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            _close_bars()
        if error is None or isinstance(error, InputError):
            return
        if full := next((each for each in _chain(error) if is_full(each)), None):
            raise TrainingStopped(self._tell_disk(full)) from error
        if any(is_out_of_memory(each) for each in _chain(error)):
            raise TrainingStopped(self._tell_memory(error)) from error

    def _tell_disk(self, error: BaseException) -> list[str]:
        path = Path(str(getattr(error, "filename", None) or self.folder))
        folder = next(each for each in (path, *path.parents) if each.is_dir())
        why = f"{shutil.disk_usage(folder).free:,} bytes are free there"
        if (most := _largest_file()) is not None:
            why += f", and no file may be larger than {most:,} bytes (ulimit -f)"
        wanted = (
            f"; a checkpoint takes about {self.checkpoint_bytes:,} bytes"
            if self.checkpoint_bytes
            else ""
        )
        text = str(error).splitlines() or [type(error).__name__]
        return [
            terminal_safe(line)
            for line in (
                f"{folder}: the disk is full: {text[0]}",
                f"{folder}: {why}{wanted}",
                *self._tell_saved("make room there"),
            )
        ]

    def _tell_memory(self, error: BaseException) -> list[str]:
        text = str(error).splitlines() or [type(error).__name__]
        return [
            terminal_safe(line)
            for line in (
                f"out of memory: {text[0]}",
                *self.memory,
                *self._tell_saved("free some memory"),
            )
        ]

    def _tell_saved(self, first: str) -> Iterator[str]:
        saved = last_checkpoint(self.folder)
        if saved is None:
            yield f"no checkpoint was saved before it: {first}, then --resume starts again"
        else:
            yield f"{saved} is whole: {first}, then --resume goes on from it"


def is_full(error: BaseException) -> bool:
    """Whether a write failed for want of room, as Python, Rust and torch say it."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    return isinstance(error, Exception) and bool(_FULL_TEXT.search(str(error)))


def memory_lines(peak: int, available: int | None, advice: list[str]) -> list[str]:
    """What to say of memory when it has run out.

    Args:
        peak: Estimated, in bytes.
        available: Before the base was loaded, in bytes; None where unknown.
        advice: Settings that lower the peak, a line each.
    """
    free = "" if available is None else f", and {gib(available)} were free before"
    return [f"the training was estimated at {gib(peak)}{free}", *advice]


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _close_bars() -> None:
    """End the lines of bars that were cut off: what is said next begins a line of its own."""
    from tqdm import tqdm

    for bar in list(tqdm._instances):  # it has no public list
        bar.close()


def _largest_file() -> int | None:
    """The limit on the size of a file of this process; None: there is none."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return None if most == resource.RLIM_INFINITY else most
