"""Lays out what two models answered to the same cases: before and after, changed words marked.

Answering is `fixtures.side_by_side`, judging the scorers'; nothing is computed here but the diff.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from suite.case import Case
from suite.generation import Generation
from suite.report.diff import Side, diff_texts
from suite.report.lines import Line, Span, Style, wrap
from suite.score import Score
from suite.sinks import terminal_safe

_MOST_ASKED = 300
"""Characters of a prompt that are shown."""
_MARKS = ("[-", "-]"), ("{+", "+}")
"""As in `git diff --word-diff`: where there is no color to tell the words apart."""
_STYLES: tuple[Style, Style] = ("bad", "good")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one model answered to a case."""

    generation: Generation
    score: Score


def render_side_by_side(
    names: tuple[str, str],
    rows: Sequence[tuple[Case, Answer, Answer]],
    colored: bool,
    width: int = 80,
) -> list[Line]:
    """Return per case what was asked and both answers, each with its verdict.

    Args:
        names: Of the models.
        rows: A case and the answers of both models.
        colored: Changed words are told by color; else by marks around them.
        width: Columns of the terminal.
    """
    safe = [terminal_safe(name) for name in names]
    label = max(map(len, [*safe, "asked"])) + 2
    lines: list[Line] = []
    for case, *answers in rows:
        asked = terminal_safe(case.prompt_text[:_MOST_ASKED]).replace("\\n", " ")
        more = len(case.prompt_text) - _MOST_ASKED
        asked += f" … ({more} more characters)" if more > 0 else ""
        lines += [(), (Span(case.id, "title"),)]
        for index, part in enumerate(wrap(asked, width, label)):
            start = f"{'asked' if index == 0 else '':<{label}}"
            lines.append((Span(start, "quiet"), Span(part, "quiet")))
        diff = diff_texts(answers[0].generation.text, answers[1].generation.text)
        same = answers[0].generation.text == answers[1].generation.text
        for side, (name, answer) in enumerate(zip(safe, answers, strict=True)):
            lines += _render_verdict(f"{name:<{label}}", answer, width)
            if same and side == 1:
                lines.append((Span("  │ ", "quiet"), Span("the same text", "quiet")))
            else:
                lines += _render_side((diff.old, diff.new)[side], side, colored)
    return lines


def _render_verdict(start: str, answer: Answer, width: int) -> list[Line]:
    score = answer.score
    if score.passed:
        return [(Span(start, "title"), Span("passes", "good"))]
    said = terminal_safe(f"{score.reason or 'no reason'}: {score.detail:.200}")
    parts = wrap(said, width, len(start) + 6)
    return [
        (Span(start, "title"), Span("fails ", "bad"), Span(parts[0])),
        *((Span(" " * (len(start) + 6) + part),) for part in parts[1:]),
    ]


def _render_side(side: Side, which: int, colored: bool) -> list[Line]:
    """Return a text line by line; a changed piece that spans lines is marked on each."""
    rows: list[list[Span]] = [[]]
    for piece in side.pieces:
        for index, text in enumerate(terminal_safe(piece.text, lines=True).split("\n")):
            if index:
                rows.append([])
            if text and piece.changed and not colored:
                start, end = _MARKS[which]
                rows[-1].append(Span(f"{start}{text}{end}", _STYLES[which]))
            elif text:
                rows[-1].append(Span(text, _STYLES[which] if piece.changed else "plain"))
    if side.before:
        rows[0].insert(0, Span(f"({side.before} characters alike) … ", "quiet"))
    if side.after:
        rows[-1].append(Span(f" … ({side.after} more characters)", "quiet"))
    if rows == [[]]:
        rows = [[Span("(empty)", "quiet")]]
    return [(Span("  │ ", "quiet"), *row) for row in rows]
