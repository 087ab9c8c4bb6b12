"""Puts untrusted text out safely, one function per medium.

Model output, case ids and model names come from others: an escape sequence in them can rewrite a
terminal, a bidi override can turn a line around.
"""

from __future__ import annotations

import unicodedata

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\e"}


def terminal_safe(text: str, lines: bool = False) -> str:
    r"""Return text that a terminal shows and does not obey; what it cannot show becomes an escape.

    Args:
        text: Anything.
        lines: Keep `\n` as a line end; otherwise the result is one line.
    """
    if text.isprintable():  # most is: the rest is looked at character by character
        return text
    if lines:
        return "\n".join(map(terminal_safe, text.split("\n")))
    return "".join(char if _is_plain(char) else _escape(char) for char in text)


def _is_plain(char: str) -> bool:
    # not printable to Python: controls, formats (bidi overrides, zero-width characters),
    # surrogates, private use, unassigned, separators; of these only wide blanks are harmless
    return char.isprintable() or unicodedata.category(char) == "Zs"


def _escape(char: str) -> str:
    if char in _NAMED:
        return _NAMED[char]
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
