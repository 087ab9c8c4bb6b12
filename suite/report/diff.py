"""Finds what differs between an accepted text and a new one, word by word, for two columns.

Only what the eye needs: long texts are cut around the first difference, and texts that would take
long to align are marked as changed between their common ends. Nothing is judged here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORDS = re.compile(r"\w+|[^\w\s]|\s+")
"""White space apart: a word before a line end is the same word before a blank."""
_LONGEST = 4000
"""Characters of each text that are shown."""
_CONTEXT = 300
"""Equal characters kept before the first difference of a longer text."""
_MOST_PAIRS = 20_000
"""Pairs of equal words: `SequenceMatcher` looks at each, several times (4 ms at this many)."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one of the two texts."""

    text: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Side:
    """One column."""

    pieces: tuple[Piece, ...]
    before: int = 0
    """Characters left out before the first piece; equal in both texts."""
    after: int = 0
    """Characters left out behind the last one."""


@dataclass(frozen=True, slots=True)
class Diff:
    """Two texts side by side."""

    old: Side
    new: Side


def diff_texts(old: str, new: str) -> Diff:
    """Return both texts in pieces, those marked that the other does not have.

    Takes milliseconds whatever the texts are: their parts that are shown are bounded.
    """
    start = 0
    if max(len(old), len(new)) > _LONGEST:
        start = max(0, _common_start(old, new) - _CONTEXT)
    left, right = old[start : start + _LONGEST], new[start : start + _LONGEST]
    old_pieces, new_pieces = _align(_WORDS.findall(left), _WORDS.findall(right))
    return Diff(
        Side(old_pieces, start, max(0, len(old) - start - len(left))),
        Side(new_pieces, start, max(0, len(new) - start - len(right))),
    )


def _common_start(old: str, new: str) -> int:
    """Return how many characters are the same at the start, comparing slices: texts can be MBs."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _align(old: list[str], new: list[str]) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    start, shortest = 0, min(len(old), len(new))
    while start < shortest and old[start] == new[start]:
        start += 1
    end = 0
    while end < shortest - start and old[-1 - end] == new[-1 - end]:
        end += 1
    left, right = old[start : len(old) - end], new[start : len(new) - end]
    pieces: tuple[list[Piece], list[Piece]] = ([], [])

    def add(side: int, words: list[str], changed: bool) -> None:
        text, found = "".join(words), pieces[side]
        if found and found[-1].changed == changed:
            found[-1] = Piece(found[-1].text + text, changed)
        elif text:
            found.append(Piece(text, changed))

    for side in (0, 1):
        add(side, old[:start], changed=False)
    for tag, i1, i2, j1, j2 in _changes(left, right):
        add(0, left[i1:i2], changed=tag != "equal")
        add(1, right[j1:j2], changed=tag != "equal")
    for side in (0, 1):
        add(side, old[len(old) - end :], changed=False)
    return tuple(pieces[0]), tuple(pieces[1])


def _changes(left: list[str], right: list[str]) -> Sequence[tuple[str, int, int, int, int]]:
    counts = Counter(right)
    if sum(counts[word] for word in left) > _MOST_PAIRS:
        return [("replace", 0, len(left), 0, len(right))]
    found = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    # a blank between two changed words is read with them
    inner = range(1, len(found) - 1)
    return [
        ("replace", *op[1:])
        if place in inner and op[0] == "equal" and "".join(left[op[1] : op[2]]).isspace()
        else op
        for place, op in enumerate(found)
    ]
