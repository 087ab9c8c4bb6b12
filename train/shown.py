"""Shows training rows as the trainer sees them: which tokens are learned and which only read.

Nothing is judged; what may not be trained on is found by `train.preflight`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from rich.cells import cell_len, chop_cells

from suite.report.lines import Line, Span, Style
from suite.sinks import terminal_safe

_MOST_READ, _MOST_LEARNED = 8, 12
"""Lines of a piece in the terminal; the file has them all."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Tokens in a row that are all learned, or all only read."""

    learned: bool
    tokens: int
    text: str
    """Special tokens spelled out."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One row, and why it was picked."""

    name: str
    why: str
    """Such as `shortest`."""
    pieces: tuple[Piece, ...]

    @property
    def tokens(self) -> int:
        """In all."""
        return sum(piece.tokens for piece in self.pieces)

    @property
    def learned(self) -> int:
        """Tokens that are learned."""
        return sum(piece.tokens for piece in self.pieces if piece.learned)


def pick_rows(lengths: Sequence[int]) -> list[tuple[int, str]]:
    """Up to three rows that differ: the shortest, one of median length, the longest.

    Returns:
        Index and the reason.
    """
    order = sorted(range(len(lengths)), key=lambda index: (lengths[index], index))
    picked = {order[0]: "shortest", order[-1]: "longest", order[len(order) // 2]: "median"}
    return sorted(picked.items(), key=lambda item: lengths[item[0]])


def cut_pieces(
    ids: Iterable[int], learned: Iterable[bool], decode: Callable[[list[int]], str]
) -> tuple[Piece, ...]:
    """Cut a row where learning begins or ends.

    Args:
        ids: Of the row.
        learned: Of each token, whether there is loss on it.
        decode: Spells tokens, special ones included.
    """
    pieces = []
    for is_learned, group in groupby(zip(ids, learned, strict=True), key=itemgetter(1)):
        tokens = [token for token, _ in group]
        pieces.append(Piece(is_learned, len(tokens), decode(tokens)))
    return tuple(pieces)


def shown_lines(rows: Sequence[Shown], width: int, whole: bool = False) -> list[Line]:
    """Lay rows out; what is not learned is dim, and marked where there is no color.

    Args:
        rows: In order.
        width: Columns.
        whole: Every line of every piece, as in the file; otherwise long pieces lose their middle.
    """
    lines: list[Line] = []
    for number, row in enumerate(rows, start=1):
        head = f"example {number} of {len(rows)}, {row.why}: {terminal_safe(row.name)}"
        counts = f", {row.tokens} tokens, {row.learned} learned"
        lines += [(Span(head, "title"), Span(counts)), *_row_lines(row, width, whole)]
        lines.append((Span(""),))
    return lines[:-1]


def _row_lines(row: Shown, width: int, whole: bool) -> list[Line]:
    lines: list[Line] = []
    for piece in row.pieces:
        mark = "┃" if piece.learned else "┊"
        style: Style = "plain" if piece.learned else "quiet"
        word = "learned" if piece.learned else "not learned"
        lines.append((Span(f"  {mark} [{word}, {piece.tokens} tokens]", "quiet"),))
        texts = list(_wrap(piece.text, width - 4))
        most = _MOST_LEARNED if piece.learned else _MOST_READ
        if not whole and len(texts) > most:
            gone = len(texts) - most + 1
            head, tail = most // 2, most - 1 - most // 2
            texts = [*texts[:head], f"[… {gone} lines more …]", *texts[-tail:]]
        lines += [(Span(f"  {mark} {text}", style),) for text in texts]
    return lines


def _wrap(text: str, width: int) -> Iterable[str]:
    """Lines no wider than `width`, cut behind a blank where there is one; nothing is dropped."""
    for line in text.removesuffix("\n").split("\n"):
        rest = terminal_safe(line)
        while cell_len(rest) > width:  # a wide character takes two columns
            piece = chop_cells(rest, width)[0]
            blank = piece.rfind(" ") + 1
            piece = piece[:blank] if blank > width // 2 else piece
            yield piece
            rest = rest[len(piece) :]
        yield rest
