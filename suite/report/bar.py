"""Lays out what comes first in a report: by what a run was judged otherwise than its baseline.

It computes nothing; `suite.bar_changes` found it.
"""

from __future__ import annotations

from pathlib import Path

from suite.report.lines import Line, Span, Style, wrap
from suite.run import BarChange, Run
from suite.sinks import terminal_safe

_STYLES: dict[str, Style] = {"looser": "bad", "removed": "bad", "changed": "warn"}
_MOST_IDS = 20


def render_bar(run: Run, width: int = 80) -> list[Line]:
    """Return the lines on what was loosened, removed, changed, added and tightened, in this order.

    Empty where gates and cases are those of the baseline.
    """
    if run.baseline_ref is None:
        title, origin = "changed since the goldens were accepted", ""
    else:
        title = f"judged by {terminal_safe(run.baseline_ref)}"
        origin = f"  commit {(run.baseline_commit or '')[:12]}"
    if not run.bar_changes:
        if run.baseline_ref is None:
            return []
        said = f"{origin}: its gates and cases are those of the working tree"
        return [(Span(title, "title"), Span(said, "quiet"))]
    lines: list[Line] = [(Span(title, "title"), Span(origin, "quiet"))]
    for change in run.bar_changes:
        lines += _render_change(change, width)
    return lines


def render_place(run: Run, gates: Path) -> Line:
    """Return the line that says where the gates of a recorded run came from.

    Args:
        run: With its revision, if any.
        gates: The file in the working tree: several copies may answer to the name of one.
    """
    how = f", as at {run.baseline_ref} or stricter" if run.baseline_ref else ""
    return (Span("gates  ", "title"), Span(terminal_safe(f"{gates}{how}")))


def _render_change(change: BarChange, width: int) -> list[Line]:
    text = f"{change.place}: {change.sentence}"
    head = f"  {change.kind:<8}  "
    if change.cases:
        noun = "case" if len(change.cases) == 1 else "cases"
        head = f"  {change.kind} {noun} {len(change.cases)}: "
        shown = list(change.cases[:_MOST_IDS])
        if more := len(change.cases) - len(shown):
            shown.append(f"and {more} more")
        text = f"{', '.join(shown)} ({text})"
    indent = min(len(head), 12)
    first, *rest = wrap(terminal_safe(text), width, len(head)) or [""]
    # a narrow first line, then the full width under it
    rest = wrap(" ".join(rest), width, indent)
    style = _STYLES.get(change.kind, "plain")
    return [
        (Span(head, style), Span(first)),
        *((Span(" " * indent), Span(line)) for line in rest),
    ]
