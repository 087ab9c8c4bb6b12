"""Which words of two texts are marked."""

from __future__ import annotations

import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.report.diff import Diff, Piece, Side, diff_texts
from tests.run_records import PROPERTY

SMALL = st.text("ab {}\n", max_size=30)


def marked(side: Side) -> list[str]:
    return [piece.text for piece in side.pieces if piece.changed]


def whole(side: Side) -> str:
    return "".join(piece.text for piece in side.pieces)


def test_only_the_words_that_differ_are_marked() -> None:
    diff = diff_texts('{"n": 1, "color": "red"}', '{"n": 1, "color": "blue", "b": 2}')
    assert diff == Diff(
        Side((Piece('{"n": 1, "color": "', False), Piece("red", True), Piece('"}', False))),
        Side(
            (
                Piece('{"n": 1, "color": "', False),
                Piece("blue", True),
                Piece('"', False),
                Piece(', "b": 2', True),
                Piece("}", False),
            )
        ),
    )


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ('{"n": 1}', '{"n": 1}\n', ([], ["\n"])),
        ('{"n": 1}\nDone', '{"n": 1} Done', (["\n"], [" "])),
        ("one  two", "one two", (["  "], [" "])),
    ],
    ids=["a line end more", "a blank for a line end", "a blank less"],
)
def test_other_white_space_does_not_mark_the_word_before_it(
    old: str, new: str, changed: tuple[list[str], list[str]]
) -> None:
    diff = diff_texts(old, new)
    assert (marked(diff.old), marked(diff.new)) == changed


def test_a_blank_between_changed_words_is_marked_with_them() -> None:
    diff = diff_texts("say no idea now", "say all good now")
    assert (marked(diff.old), marked(diff.new)) == (["no idea"], ["all good"])


def test_equal_texts_have_no_marks() -> None:
    diff = diff_texts("one two", "one two")
    assert (marked(diff.old), marked(diff.new)) == ([], [])


@pytest.mark.parametrize(("old", "new"), [("", "new text"), ("old text", "")])
def test_against_nothing_all_is_marked(old: str, new: str) -> None:
    diff = diff_texts(old, new)
    assert ("".join(marked(diff.old)), "".join(marked(diff.new))) == (old, new)


@PROPERTY
@given(SMALL, SMALL)
def test_no_character_is_lost_and_unmarked_ones_are_the_same(old: str, new: str) -> None:
    diff = diff_texts(old, new)
    assert (whole(diff.old), whole(diff.new)) == (old, new)
    unmarked = [
        "".join(piece.text for piece in side.pieces if not piece.changed)
        for side in (diff.old, diff.new)
    ]
    assert unmarked[0] == unmarked[1]


def test_a_difference_far_inside_a_long_text_is_shown_with_what_is_left_out() -> None:
    diff = diff_texts("same " * 10_000 + "old", "same " * 10_000 + "new")
    assert (marked(diff.old), marked(diff.new)) == (["old"], ["new"])
    assert diff.old.before == diff.new.before == 50_000 - 300
    assert diff.old.after == diff.new.after == 0


def test_the_end_of_a_long_text_is_counted() -> None:
    diff = diff_texts("x", "y" * 10_000)
    assert (diff.new.after, len(whole(diff.new))) == (6_000, 4_000)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x" * 2_000_000, "x" * 1_999_999 + "y"),
        ("a b " * 500_000, "b a " * 500_000),
        (" ".join(Random(1).choices("ab", k=5_000)), " ".join(Random(2).choices("ab", k=5_000))),
    ],
    ids=["one long line", "the same words over and over", "two words in random order"],
)
def test_texts_that_are_hard_to_align_take_no_time(old: str, new: str) -> None:
    started = time.process_time()
    diff_texts(old, new)
    # milliseconds; without the limits a third of a second, and a page has 60 of them
    assert time.process_time() - started < 0.1
