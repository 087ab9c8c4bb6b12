"""Draws what a command prints as an SVG picture, the one at the top of README.

    python docs/capture_terminal.py docs/terminal.svg -- pytest -m format

The command runs in a pseudo-terminal, so it prints what a person would see, colors included; its
exit status is the exit status here. The font is the reader's own: the picture loads nothing.
"""

from __future__ import annotations

import argparse
import fcntl
import io
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

ROWS = 50
FONT_FACES = re.compile(r"@font-face \{\{.*?\}\}\s*", flags=re.DOTALL)


def run_in_terminal(command: Sequence[str], columns: int) -> tuple[str, int]:
    """Run a command in a pseudo-terminal; return what it printed and its exit status."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(columns)}
    with subprocess.Popen(
        command, stdin=terminal, stdout=terminal, stderr=terminal, env=env, close_fds=True
    ) as process:
        os.close(terminal)
        printed = bytearray()
        while True:
            try:
                part = os.read(controller, 65_536)
            except OSError:  # Linux reports the end of a pseudo-terminal as EIO
                break
            if not part:
                break
            printed += part
        os.close(controller)
    return printed.decode("utf-8", errors="replace"), process.returncode


def shown_lines(printed: str) -> list[str]:
    """Return the lines as they ended up: what a carriage return wrote over is gone."""
    lines = printed.replace("\r\n", "\n").rstrip().split("\n")
    return [line.rstrip("\r").rpartition("\r")[2] for line in lines]


def draw(command: Sequence[str], lines: Sequence[str], columns: int) -> str:
    """Return the SVG of a prompt with the command and the lines under it."""
    console = Console(record=True, width=columns, file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "bold green"), (shlex.join(command), "bold")))
    for line in lines:
        console.print(Text.from_ansi(line))
    template, removed = FONT_FACES.subn("", CONSOLE_SVG_FORMAT)
    assert removed, "this version of rich keeps its fonts elsewhere"
    return console.export_svg(title="goldgate", code_format=template, unique_id="terminal")


def main() -> int:
    """Run, draw, write; return the exit status of the command."""
    parser = argparse.ArgumentParser(description="Draw what a command prints as an SVG picture.")
    parser.add_argument("picture", type=Path)
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--last", type=int, metavar="N", help="Show only the last N lines.")
    parser.add_argument("command", nargs="+", help="The command, after `--`.")
    options = parser.parse_args()
    printed, status = run_in_terminal(options.command, options.columns)
    lines = shown_lines(printed)
    if options.last and len(lines) > options.last:
        lines = ["…", *lines[-options.last :]]
    picture = draw(options.command, lines, options.columns)
    options.picture.write_text(picture, encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
