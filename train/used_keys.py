"""Keys that an answer has used up: what the base must learn not to say a second time.

Finds, for every key of an object in an answer, the earlier keys of the same object, as spans of
characters, and which token would begin to repeat one. A repeated *object* is none of its business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:]')

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Banned:
    """A token that would repeat a key, and the place in the answer where it would stand."""

    place: int
    token: int


def find_keys(answer: str) -> Iterator[tuple[Span, list[Span]]]:
    """Each key of each object with the keys before it in the same object.

    Spans hold the key and its closing quote, not its opening one. Prose and fences around the
    objects do no harm; in broken JSON some keys may be missed.
    """
    open_objects: list[list[Span] | None] = []  # None for an array
    string: Span | None = None
    for piece in _PIECE.finditer(answer):
        mark = piece[0][0]
        if mark == ":" and string and open_objects and (keys := open_objects[-1]) is not None:
            yield string, list(keys)
            keys.append(string)
        elif mark in "{[":
            open_objects.append([] if mark == "{" else None)
        elif mark in "}]" and open_objects:
            open_objects.pop()
        string = (piece.start() + 1, piece.end()) if mark == '"' else None


def banned_tokens(answer: str, ids: Sequence[int], offsets: Sequence[Span]) -> list[Banned]:
    """Where the right key and a used one part, the token with which the used one goes on.

    Args:
        answer: The text that was tokenized.
        ids: Its tokens.
        offsets: The characters of each, start and end.
    """
    banned: dict[Banned, None] = {}
    for key, used in find_keys(answer):
        right = _places(key, offsets)
        for earlier in used:
            for place, other in zip(right, _places(earlier, offsets), strict=False):
                if ids[place] != ids[other]:
                    banned[Banned(place, ids[other])] = None
                    break
    return list(banned)


def _places(span: Span, offsets: Sequence[Span]) -> list[int]:
    start, end = span
    return [place for place, (first, _) in enumerate(offsets) if start <= first < end]
