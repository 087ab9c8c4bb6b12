"""Writes lines of spans to a terminal or a file, in color where there is a terminal.

For commands; under pytest its own terminal writer does this (`fixtures.terminal`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from typing import TextIO

from suite.report.lines import Line, Style
from suite.sinks import log_safe, terminal_safe

_CODES: dict[Style, str] = {
    "plain": "",
    "title": "1",
    "good": "32",
    "warn": "33",
    "bad": "1;31",
    "quiet": "2",
}


def console_width() -> int:
    """Return the columns of the terminal, or of `COLUMNS`; 80 where there is neither."""
    return shutil.get_terminal_size().columns


def has_color(stream: TextIO) -> bool:
    """Tell whether to color: on a terminal, unless `NO_COLOR` or `TERM=dumb`; `FORCE_COLOR` wins.

    See https://no-color.org and https://force-color.org.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def write_lines(lines: Iterable[Line], stream: TextIO) -> None:
    """Write lines, none of which a terminal obeys.

    What GitHub's runner would obey is broken up, what the stream cannot encode is escaped.
    """
    colored = has_color(stream)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    for line in lines:
        parts = []
        for span in line:
            code = _CODES[span.style] if colored else ""
            shown = terminal_safe(span.text)
            parts.append(f"\x1b[{code}m{shown}\x1b[0m" if code else shown)
        text = log_safe("".join(parts)) + "\n"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
