"""Token lengths of rows and three rows shown: numbers, bars, picture, and what is dimmed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from suite.report.console import write_lines
from suite.report.lines import Line
from suite.sinks import terminal_safe
from train.lengths import count_lengths, draw_lengths, histogram_lines
from train.shown import Piece, Shown, cut_pieces, pick_rows, shown_lines


def text_of(lines: list[Line]) -> str:
    return "".join("".join(span.text for span in line) + "\n" for line in lines)


def test_rows_over_the_limit_are_counted() -> None:
    found = count_lengths("train", [10, 20, 30, 40, 100], limit=40)
    assert (found.rows, found.left_out, found.truncated) == (5, 1, 0)
    assert (found.shortest, found.median, found.mean, found.longest) == (10, 30, 40.0, 100)
    assert found.kept_tokens == 100
    assert found.p95 == 100


def test_nineteen_of_twenty_rows_are_no_longer_than_p95() -> None:
    assert count_lengths("train", list(range(1, 21))).p95 == 19
    assert count_lengths("train", list(range(1, 101))).p95 == 95


@settings(deadline=None)  # a busy machine
@given(st.lists(st.integers(1, 50_000), min_size=1, max_size=60), st.none() | st.integers(8, 600))
def test_each_row_is_in_one_bin(lengths: list[int], limit: int | None) -> None:
    found = count_lengths("train", lengths, limit)
    assert sum(each.kept + each.left_out for each in found.bins) == len(lengths)
    assert sum(each.left_out for each in found.bins) == found.left_out
    assert len(found.bins) <= 13
    assert found.bins[0].low <= min(lengths)
    assert all(
        one.high is not None and one.high + 1 == two.low
        for one, two in zip(found.bins, found.bins[1:], strict=False)
    )


def test_the_histogram_reads_without_color() -> None:
    found = count_lengths("train", [15] * 8 + [25] * 4 + [45] * 2, limit=40)
    assert text_of(histogram_lines(found, width=80)) == (
        "train: 14 rows of 15 to 45 tokens: median 15, mean 22.1, 95% at most 45\n"
        "  over data.max_tokens=40: 2 (14.3%) left out, 0 (0.0%) truncated\n"
        "  15-19 ████████████████████████████████████████████████ 8\n"
        "  20-24 · 0\n"
        "  25-29 ████████████████████████ 4\n"
        "  30-34 · 0\n"
        "  35-39 · 0\n"
        "  40-44 · 0\n"
        "  45-49 ████████████ 2  left out\n"
    )


@settings(deadline=None)  # a busy machine
@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=40), st.integers(80, 120))
def test_the_histogram_fits_the_terminal(lengths: list[int], width: int) -> None:
    lines = histogram_lines(count_lengths("train", lengths, 512), width)
    assert max(len(line) for line in text_of(lines).splitlines()) <= width


def test_the_picture_is_a_png_of_both_splits(tmp_path: Path) -> None:
    splits = [count_lengths("train", [10, 20, 900], 512), count_lengths("eval", [10])]
    draw_lengths(tmp_path / "lengths.png", splits)
    content = (tmp_path / "lengths.png").read_bytes()
    assert content.startswith(b"\x89PNG\r\n")
    width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (960, 768)
    draw_lengths(tmp_path / "again.png", splits)
    assert (tmp_path / "again.png").read_bytes() == content


def test_three_rows_that_differ_are_picked() -> None:
    assert pick_rows([5, 9, 1, 7, 3]) == [(2, "shortest"), (0, "median"), (1, "longest")]
    assert pick_rows([4]) == [(0, "median")]
    assert pick_rows([4, 2]) == [(1, "shortest"), (0, "median")]


def test_a_row_is_cut_where_learning_begins_and_ends() -> None:
    pieces = cut_pieces([1, 2, 3, 4], [False, False, True, True], lambda ids: f"<{ids}>")
    assert pieces == (Piece(False, 2, "<[1, 2]>"), Piece(True, 2, "<[3, 4]>"))
    whole = cut_pieces([1, 2], [True, True], lambda ids: "x")
    assert whole == (Piece(True, 2, "x"),)


ROW = Shown(
    "train row 3", "median", (Piece(False, 9, "Ask\nme\n"), Piece(True, 2, '{"a": 1}<end>'))
)


def test_what_is_not_learned_is_dim_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    out = io.StringIO()
    write_lines(shown_lines([ROW], 80), out)
    assert "\x1b[2m  ┊ Ask\x1b[0m\n" in out.getvalue()
    assert '\n  ┃ {"a": 1}<end>\n' in out.getvalue()


def test_what_is_not_learned_is_marked_without_color() -> None:
    assert text_of(shown_lines([ROW], 80)) == (
        "example 1 of 1, median: train row 3, 11 tokens, 2 learned\n"
        "  ┊ [not learned, 9 tokens]\n"
        "  ┊ Ask\n"
        "  ┊ me\n"
        "  ┃ [learned, 2 tokens]\n"
        '  ┃ {"a": 1}<end>\n'
    )


def test_a_long_prompt_loses_its_middle_in_the_terminal_alone() -> None:
    prompt = "\n".join(f"line {number}" for number in range(30))
    row = Shown("row", "longest", (Piece(False, 90, prompt), Piece(True, 1, "{}")))
    short = text_of(shown_lines([row], 80))
    assert "[… 23 lines more …]" in short
    assert "line 29" in short
    assert "line 12" not in short
    whole = text_of(shown_lines([row], 80, whole=True))
    assert all(f"┊ line {number}\n" in whole for number in range(30))


@settings(deadline=None)  # a busy machine
@given(st.text(max_size=300), st.integers(20, 90))
def test_no_text_obeys_or_overflows_the_terminal(text: str, width: int) -> None:
    row = Shown("row", "median", (Piece(False, 3, text),))
    lines = text_of(shown_lines([row], width, whole=True)).split("\n")[2:-1]
    assert [terminal_safe(line) for line in lines] == lines
    assert max(map(cell_len, lines)) <= width
