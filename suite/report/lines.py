"""Lines of a terminal report: spans of text with a style, readable without it.

What they say is laid out in `suite.report` and `suite.report.bar`; writing them is the plugin's
business.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Literal

Style = Literal["plain", "title", "good", "warn", "bad", "quiet"]


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line."""

    text: str
    """What a terminal would obey in it is shown as an escape where it is written."""
    style: Style = "plain"


Line = tuple[Span, ...]


def wrap(text: str, width: int, indent: int) -> list[str]:
    """Return text in pieces that fit behind an indent, thirty columns at least, words whole."""
    return textwrap.wrap(
        text, max(width - indent, 30), break_long_words=False, break_on_hyphens=False
    )
