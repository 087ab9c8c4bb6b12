"""Lays out what judging recorded texts again has moved; judging is `suite.rescoring`."""

from __future__ import annotations

from collections import Counter

from suite.rates import find_rates
from suite.report.lines import Line, Span, Style, wrap
from suite.rescoring import Move, Rescored
from suite.run import Run
from suite.sentences import join_some
from suite.sinks import terminal_safe

_MOST_MOVES = 50


def render_rescored(then: Run, rescored: Rescored, width: int = 80) -> list[Line]:
    """Return the lines: rates then and now, verdicts that moved, reasons that moved."""
    lines: list[Line] = [(Span("rescore  ", "title"), Span(terminal_safe(then.id)))]
    for selection in then.selections:
        model, task = selection.model, selection.task
        count = sum(result.score is not None for result in rescored.run.of(model, task))
        head = Span(f"{task}  {terminal_safe(model)}", "title")
        lines += [(), (head, Span(f"  {count} recorded answers judged again", "quiet"))]
        lines += _render_rates(then, rescored.run, model, task)
        moves = [move for move in rescored.moves if (move.model, move.task) == (model, task)]
        lines += _render_moves(moves, width)
    for label, ids in (
        ("not judged, asked otherwise today", rescored.asked_otherwise),
        ("cannot be judged today", rescored.lost),
        ("gone from the cases of today", rescored.gone),
    ):
        if ids:
            text = f"{label} {len(ids)}: {join_some(ids)}"
            lines += [(Span(part, "warn"),) for part in wrap(text, width, 0)]
    return lines


def _render_rates(then: Run, now: Run, model: str, task: str) -> list[Line]:
    before = {rate.metric: rate for rate in find_rates(then, model, task)}
    after = {rate.metric: rate for rate in find_rates(now, model, task)}
    lines: list[Line] = []
    for metric, rate in before.items():
        new = after.get(metric)
        moved = new is not None and (new.count, new.n) != (rate.count, rate.n)
        lines.append((Span(f"  {metric}"),))
        lines.append(
            (
                Span(
                    f"    {rate} → {new if new else 'nothing selected'}"
                    if moved or not new
                    else f"    {rate}, as before",
                    "plain" if moved else "quiet",
                ),
            )
        )
    return lines


def _render_moves(moves: list[Move], width: int) -> list[Line]:
    verdicts = [move for move in moves if move.verdict_moved]
    if not verdicts:
        lines: list[Line] = [(Span("  no verdict moves", "good"),)]
    else:
        lines = [(Span(f"  verdicts that move: {len(verdicts)}", "warn"),)]
    for move in verdicts[:_MOST_MOVES]:
        style: Style = "good" if move.now.passed else "bad"
        what = "passes now" if move.now.passed else "fails now"
        reason = move.then.reason if move.now.passed else move.now.reason
        detail = move.then.detail if move.now.passed else move.now.detail
        said = f"{'was ' if move.now.passed else ''}{reason or 'no reason'}: {detail}"
        head = f"    {what}  "
        parts = wrap(terminal_safe(f"{move.case_id}: {said:.300}"), width, len(head))
        lines.append((Span(head, style), Span(parts[0])))
        lines += [(Span(" " * len(head) + part),) for part in parts[1:]]
    if more := len(verdicts) - _MOST_MOVES:
        lines += [(Span(f"    and {more} more", "quiet"),)] if more > 0 else []
    others = Counter(
        f"{move.then.reason or 'passed'} → {move.now.reason or 'passed'}"
        for move in moves
        if not move.verdict_moved
    )
    for name, count in sorted(others.items(), key=lambda item: (-item[1], item[0])):
        lines.append((Span(f"  reason or metric moves {count}: {terminal_safe(name)}"),))
    return lines
