"""Writes commands of pytest that can be pasted: its settings and its tests are in the checkout."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from suite.checkout import ROOT


def write_call(command: Sequence[str], cases: Path | None = None, allow_code: bool = False) -> str:
    """Return a command as a line for a shell in the current folder.

    Args:
        command: As words.
        cases: `--cases`, relative to the current folder; None: not given.
        allow_code: `--allow-code`.
    """
    is_here = Path.cwd() == ROOT
    words = list(command)
    if cases is not None:
        words.append(f"--cases={cases if is_here else cases.absolute()}")
    words += ["--allow-code"] if allow_code else []
    call = shlex.join(words)
    return call if is_here else f"cd {shlex.quote(str(ROOT))} && {call}"
