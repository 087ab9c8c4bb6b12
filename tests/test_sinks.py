"""Putting untrusted text out."""

from __future__ import annotations

import io
import json
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.guarded_stream import GuardedStream
from suite.sinks import (
    annotation,
    csv_line,
    json_line,
    log_safe,
    markdown_block,
    markdown_code,
    markdown_text,
    terminal_safe,
)


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


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("::error::x", ":\\:error::x"),
        (" \t::add-mask::e", " \t:\\:add-mask::e"),
        ("fine ::error::x", "fine ::error::x"),
        ("a\r::b::\n\n  ::c::", "a\r:\\:b::\n\n  :\\:c::"),
        ("x ##[error]y ##vso[task]", "x ##\\[error]y ##vso\\[task]"),
        ("\x1b[1m::group::", "\x1b[1m:\\:group::"),
        (":::x::", ":\\::x::"),
        ("a::b # c", "a::b # c"),
    ],
)
def test_orders_to_the_runner_are_broken_up(text: str, safe: str) -> None:
    assert log_safe(text) == safe


def test_breaking_orders_up_takes_linear_time() -> None:
    started = time.process_time()
    for text in ("\n" * 1_000_000, " \n" * 500_000, ":" * 1_000_000, " " * 1_000_000):
        log_safe(f"{text}##::")
    assert time.process_time() - started < 10


def test_an_annotation_stays_one_whatever_it_holds() -> None:
    note = annotation("error", "a\n::b::%0A\x1b##[c]", title="t: ,\n%", file="x,y:z")
    assert note == (
        "::error file=x%2Cy%3Az,title=t%3A %2C\\n%25::a%0A::b::%250A\\e##\\[c]"
    )  # fmt: skip
    assert annotation("notice", "") == "::notice::"


def test_markdown_code_holds_no_structure() -> None:
    safe = markdown_code("`|</code>@a\n[x](y)")
    assert safe == (
        "<code>&#96;&#124;&#60;&#47;code&#62;&#64;a&#92;n&#91;x&#93;&#40;y&#41;</code>"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("2 of 3 (p = 0.01), 0.955", "2 of 3 (p &#61; 0.01), 0.955"),
        ("@a #1 a|b", "&#64;&#8203;a &#35;&#8203;1 a&#124;b"),
        ("1. www.x.y https://z", "1&#46; www&#46;x.y https&#58;&#47;&#47;z"),
        ("- a\n# b", "&#45; a&#92;n&#35;&#8203; b"),
    ],
)
def test_a_sentence_in_markdown_is_only_text(text: str, safe: str) -> None:
    assert markdown_text(text) == safe


def test_a_fence_is_longer_than_any_in_it() -> None:
    assert markdown_block("a\n````\n```b\r", "diff") == "`````diff\na\n````\n```b\\r\n`````\n"
    assert markdown_block("") == "```\n\n```\n"


def test_json_for_a_log_is_the_same_value() -> None:
    value = {"a": "x ##[error]y ##vso[q]", "b": "\x1b\ud800\\##[z]"}
    line = json_line(value)
    assert "##[" not in line
    assert "##vso[" not in line
    assert line.isascii()
    assert json.loads(line) == value


def test_a_spreadsheet_computes_no_cell() -> None:
    line = csv_line(["=1+1", " @x", "\t-2", '"=3', "\uff1d4", "a=b", 'say "x"\n', -1, 0.5, None])
    assert line == (
        '"\'=1+1","\' @x","\'\\t-2","\'""=3","\'\uff1d4","a=b","say ""x""\\n",-1,0.5,\r\n'
    )  # fmt: skip


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.lists(st.sampled_from(["::", ":", "#", "##", "[", " ", "\n", "x", "\x1b[1m", "vso"])))
def test_a_guarded_stream_sees_orders_that_come_in_pieces(pieces: list[str]) -> None:
    whole, parts = io.StringIO(), io.StringIO()
    GuardedStream(whole, colored=True).write("".join(pieces))
    stream = GuardedStream(parts, colored=True)
    for piece in pieces:
        stream.write(piece)
    assert parts.getvalue() == whole.getvalue()
    for line in parts.getvalue().split("\n"):
        assert not re.match(r"(?:\s|\x1b\[1m)*::", line)
        assert "##[" not in line


def test_a_guarded_stream_escapes_what_pytest_did_not_color() -> None:
    plain, colored = io.StringIO(), io.StringIO()
    for stream, has_colors in ((plain, False), (colored, True)):
        GuardedStream(stream, has_colors).write("\x1b[31ma\x1b[2J\r\u202e\ud800\t\n")
    assert plain.getvalue() == "\\e[31ma\\e[2J\\r\\u202e\\ud800\t\n"
    assert colored.getvalue() == "\x1b[31ma\\e[2J\\r\\u202e\\ud800\t\n"
