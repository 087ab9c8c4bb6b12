r"""Puts untrusted text out safely, one function per medium.

Model output, case ids and model names come from others: an escape sequence in them can rewrite a
terminal, a bidi override can turn a line around, `::error::` in a log is an order to GitHub's
runner, `=HYPERLINK(…)` one to a spreadsheet. Nothing is dropped: what a medium would obey becomes
visible as an escape, such as `\e` or `\u202e`. Laying text out is not done here.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\e"}

LEAD = r"(?:[^\S\r\n]|[\ufeff\u200b]|\x1b\[[0-9;]*m)*"
"""What may stand before a command: the runner trims white space; marks and colors to be sure."""
_ORDER = re.compile(rf"(?<![^\r\n]){LEAD}:(?=:)|##(?:vso)?(?=\[)")
"""`::name::` at the start of a line, `##[name]` anywhere in it (actions/runner, ActionCommand.cs).
A line is what .NET's `ReadLine` calls one: a lone CR ends it, too."""
_FORMULA = re.compile("^[\\s'\"]*[=+\\-@\uff0b\uff0d\uff1d\uff20]")
"""OWASP, CSV injection: these begin a formula, full-width ones in some locales."""
_MARKUP = re.compile(r"[!-/:-@\[-`{-~]")
_STRUCTURE = re.compile(
    # anywhere; after a blank, where a list or an underline may begin; `1.`; `www.`
    r"[!#$&*/:<>@\[\\\]^_`{|}~]|(?<!\S)[-+=]|(?<=\d)[.)](?=\s|$)|(?<=[wW]{3})\."
)
_TICKS = re.compile("`+")


def terminal_safe(text: str, lines: bool = False) -> str:
    r"""Return text that a terminal shows and does not obey; what it cannot show becomes an escape.

    Also what goes into JUnit: all of it is legal in XML.

    Args:
        text: Anything.
        lines: Keep `\n` as a line end; otherwise the result is one line.
    """
    if text.isprintable():  # most is: the rest is looked at character by character
        return text
    if lines:
        return "\n".join(map(terminal_safe, text.split("\n")))
    return "".join(char if _is_plain(char) else _escape(char) for char in text)


def encodable(text: str, encoding: str | None) -> str:
    """Return text that a stream can encode: what it cannot becomes an escape.

    Args:
        text: Safe for where the stream leads.
        encoding: Of the stream; None: UTF-8.
    """
    name = encoding or "utf-8"
    return text.encode(name, "backslashreplace").decode(name)


def log_safe(text: str) -> str:
    r"""Return lines for a log that GitHub's runner reads, its commands broken up by a backslash.

    `::error::x` becomes `:\:error::x`, `##[error]` becomes `##\[error]`. Only this: control
    characters are the business of `terminal_safe`.
    """
    if "::" not in text and "##" not in text:
        return text
    return _ORDER.sub(lambda found: f"{found[0]}\\", text)


def annotation(kind: str, message: str, title: str = "", file: str = "") -> str:
    """Return a workflow command that puts a note on a pull request: the one that is meant.

    Args:
        kind: `error`, `warning` or `notice`.
        message: Anything; it stays one note whatever it holds.
        title: Anything.
        file: Where the note stands, relative to the root of the repository.
    """
    assert kind in ("error", "warning", "notice"), kind
    given = {"file": file, "title": title}
    names = ",".join(f"{name}={_property(text)}" for name, text in given.items() if text)
    body = terminal_safe(message, lines=True).replace("%", "%25").replace("\n", "%0A")
    return f"::{kind} {names}::{log_safe(body)}" if names else f"::{kind}::{log_safe(body)}"


def markdown_code(text: str) -> str:
    """Return text as inline code for any place in Markdown, a cell of a table included.

    Every punctuation mark is a reference (`&#124;`), which CommonMark never takes for structure;
    in `<code>` GitHub looks for no mentions, links or issue numbers.
    """
    return f"<code>{_MARKUP.sub(lambda m: f'&#{ord(m[0])};', terminal_safe(text))}</code>"


def markdown_text(text: str) -> str:
    """Return a sentence for any place in Markdown: no mention, link or markup of it works."""
    # @ and # are looked for after Markdown is HTML, so a reference alone does not stop them
    return _STRUCTURE.sub(
        lambda m: f"&#{ord(m[0])};" + ("&#8203;" if m[0] in "@#" else ""), terminal_safe(text)
    )


def markdown_block(text: str, language: str = "") -> str:
    """Return text as a fenced block, the fence longer than any run of backticks in it.

    Args:
        text: Anything; its lines stay lines.
        language: Of ours, such as `diff`.
    """
    safe = terminal_safe(text, lines=True)
    fence = "`" * max(3, 1 + max(map(len, _TICKS.findall(safe)), default=0))
    return f"{fence}{language}\n{safe}\n{fence}\n"


def json_line(value: Any) -> str:
    """Return a value as one line of ASCII JSON that no terminal and no runner obeys."""
    text = json.dumps(value)
    # only a string can hold `##`, so this is the same value
    return re.sub(r"##(vso)?\[", r"##\1\\u005b", text)


def csv_line(cells: Iterable[str | int | float | None]) -> str:
    """Return a line of a CSV file; text that a spreadsheet would compute gets a `'` before it.

    Args:
        cells: Numbers stay numbers; None is an empty cell.
    """
    return ",".join(_cell(cell) for cell in cells) + "\r\n"


def _cell(cell: str | int | float | None) -> str:
    if not isinstance(cell, str):
        return "" if cell is None else str(cell)
    safe = terminal_safe(cell)
    if _FORMULA.match(cell):
        safe = f"'{safe}"
    return '"' + safe.replace('"', '""') + '"'


def _property(text: str) -> str:
    safe = terminal_safe(text).replace("%", "%25")
    return log_safe(safe.replace(":", "%3A").replace(",", "%2C"))


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
