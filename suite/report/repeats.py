"""Words what came of asking cases more than once, for a terminal, a summary and a page.

It computes nothing: the verdicts that differ are found by `suite.self_flips`.
"""

from __future__ import annotations

from collections.abc import Sequence

from suite.measures import find_measures
from suite.report.lines import Line, Span, wrap
from suite.run import Run, Selection
from suite.self_flips import find_self_flips
from suite.service_measures import note_service
from suite.sinks import terminal_safe

_MOST_NAMED = 20


def describe_repeats(run: Run, selection: Selection, most: int = _MOST_NAMED) -> str | None:
    """Return a sentence on the repeats of a model and task, None where nothing was asked twice.

    Args:
        run: Its results.
        selection: Of the model and task.
        most: Cases that are named.
    """
    if not selection.repeats:
        return None
    times = 1 + len(selection.repeats)
    flips = find_self_flips(run, selection.model, selection.task)
    said = f"asked {times} times, the first counts for rates, gates and goldens"
    if not flips:
        return f"{said}; no verdict flips between repeats"
    names = [str(each) for each in flips[:most]]
    names += [f"and {len(flips) - most} more"] if flips[most:] else []
    return f"{said}; {len(flips)} with verdicts that differ: {', '.join(names)}"


def remark(run: Run, selection: Selection, most: int = _MOST_NAMED) -> tuple[str, ...]:
    """Return what is to be said of the times of requests, and of repeats, a sentence each."""
    measured = find_measures(run, selection.model, selection.task)
    said = (note_service(measured), describe_repeats(run, selection, most))
    return tuple(each for each in said if each is not None)


def render_repeats(run: Run, selections: Sequence[Selection], width: int) -> list[Line]:
    """Return a sentence for each model whose cases were asked more than once."""
    lines: list[Line] = []
    for selection in selections:
        if (said := describe_repeats(run, selection)) is not None:
            head = f"  {terminal_safe(selection.model)} "
            first, *rest = wrap(said, width, len(head))
            lines.append((Span(head, "title"), Span(first, "quiet")))
            lines += [(Span(" " * len(head)), Span(line, "quiet")) for line in rest]
    return lines
