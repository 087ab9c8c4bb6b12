"""Putting untrusted text out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suite.sinks import terminal_safe


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain text é 日本 😀", "plain text é 日本 😀"),
        ("\x1b[31mred", "\\e[31mred"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x9b2J", "\\x9b2J"),
        ("admin\u202etxt", "admin\\u202etxt"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("line\u2028end", "line\\u2028end"),
        ("\ud800", "\\ud800"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("wide\u00a0blank", "wide\u00a0blank"),
        ("\x00\x07", "\\x00\\x07"),
    ],
)
def test_what_a_terminal_would_obey_becomes_visible(text: str, safe: str) -> None:
    assert terminal_safe(text) == safe


def test_line_ends_stay_where_lines_are_wanted() -> None:
    assert terminal_safe("a\n\x1bb\r\n", lines=True) == "a\n\\eb\\r\n"


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.text(st.characters(codec=None)))
def test_the_result_is_one_line_without_controls(text: str) -> None:
    safe = terminal_safe(text)
    assert all(char.isprintable() or char.isspace() for char in safe)
    assert len(safe.splitlines()) <= 1
    safe.encode()
