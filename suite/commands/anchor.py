"""`goldgate anchor`: makes the accepted goldens of today the anchor that later runs are held to.

The one command that writes `goldens/<model>/anchor/`; the comparison is `suite.baseline_diff`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from suite.commands.arguments import AllowCode, CodeDir
from suite.commands.refusal import refusing

if TYPE_CHECKING:
    from suite.anchors import Move
    from suite.report.lines import Line


def anchor(
    model: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only of this model; repeatable.")
    ] = None,
    task: Annotated[
        list[str] | None, typer.Option(metavar="T", help="Only of this task; repeatable.")
    ] = None,
    goldens: Annotated[Path, typer.Option(metavar="DIR", help="The accepted answers.")] = Path(
        "goldens"
    ),
    yes: Annotated[
        bool, typer.Option("--yes", help="Also where verdicts get worse or cases fall out.")
    ] = False,
    cases: CodeDir = None,
    allow_code: AllowCode = False,
) -> None:
    """Hold later runs to the goldens as they are now: copy them to goldens/<model>/anchor/.

    Accepting moves the goldens with every retraining; the anchor stays, so that many small losses
    are seen together (gate no_regression_anchor).
    Exit status 0: done, or nothing to do; 1: verdicts would get worse and --yes is missing;
    2: the command could not be carried out.
    """
    with refusing("anchor", cases, allow_code):
        from suite.anchors import find_moves, write_anchor
        from suite.report.console import write_lines

        moves = find_moves(goldens, model or [], task or [])
        refused = [move for move in moves if move.is_worse] if not yes else []
        write_lines([line for move in moves for line in _describe(move)], sys.stdout)
        if refused:
            names = ", ".join(f"{move.model} {move.task}" for move in refused)
            _say(f"nothing written: verdicts get worse ({names}); if that is meant: --yes")
            raise typer.Exit(1)
        moved = [write_anchor(goldens, move) for move in moves]
        _say(f"{sum(moved)} of {len(moves)} anchors moved")


def _describe(move: Move) -> list[Line]:
    from suite.report.lines import Span
    from suite.sentences import join_some
    from suite.sinks import terminal_safe

    title = Span(terminal_safe(f"{move.model} {move.task}: "), "title")
    if move.diff is None:
        return [(title, Span(f"a first anchor, {len(move.now.goldens)} cases"))]
    if not move.diff:
        return [(title, Span("nothing differs", "quiet"))]
    lines: list[Line] = [(title, Span(terminal_safe(str(move.diff))))]
    for name in ("removed", "changed", "better", "new"):
        if ids := move.diff.groups()[name]:
            lines.append((Span(f"  {name}: "), Span(terminal_safe(join_some(ids)))))
    return lines


def _say(text: str) -> None:
    from suite.report.console import write_lines
    from suite.report.lines import Span
    from suite.sinks import terminal_safe

    write_lines([(Span(terminal_safe(text)),)], sys.stdout)
