"""Lays out rates for a terminal: metrics in rows, models in columns, then the groups of cases.

It computes nothing: rates come with their intervals from `suite.rates`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from suite.measures import find_measures, measure_directions
from suite.rates import Rate, find_group_rates, find_rates
from suite.report.lines import Line, Span
from suite.run import Run, Selection
from suite.service_measures import note_service
from suite.sinks import terminal_safe
from suite.tasks import TASKS

_ARROWS = {"higher": "↑", "lower": "↓", "neither": " "}
GAP = 3
"""Blanks between two columns."""
_NOT_SELECTED = "nothing selected"
_NOT_MEASURED = "not measured"


def render_rates(run: Run, task: str, selections: Sequence[Selection], width: int) -> list[Line]:
    """Return the rates of a task, then those of its groups by kind and metric.

    Models stand in columns where that fits, else in rows.
    """
    names = [terminal_safe(selection.model) for selection in selections]
    measured = [find_measures(run, each.model, task) for each in selections]
    there = {each.metric for found in measured for each in found}
    ways = dict(TASKS[task].metrics) | {
        metric: way for metric, way in measure_directions(task).items() if metric in there
    }
    label = max(map(len, ways))
    rows = {metric: f"  {metric:<{label}} {_ARROWS[way]}" for metric, way in ways.items()}
    columns = [
        dict.fromkeys(rows, _NOT_MEASURED if each.selected else _NOT_SELECTED)
        | {rate.metric: _cell(rate) for rate in find_rates(run, each.model, task)}
        | {each.metric: str(each) for each in found}
        for each, found in zip(selections, measured, strict=True)
    ]
    note = note_service(each for found in measured for each in found)
    return (
        _tabulate(rows, columns, names, width, label + 4)
        + ([(Span(f"  {note}", "quiet"),)] if note else [])
        + _render_groups(run, task, selections, names, width)
    )


def _render_groups(
    run: Run, task: str, selections: Sequence[Selection], names: Sequence[str], width: int
) -> list[Line]:
    found = [find_group_rates(run, selection.model, task) for selection in selections]
    tags: dict[str, dict[str, None]] = {}
    for kinds in found:
        for kind, groups in kinds.items():
            tags.setdefault(kind, {}).update(dict.fromkeys(groups))
    lines: list[Line] = []
    for kind, of_kind in tags.items():
        label = max(map(len, of_kind))
        rows = {tag: f"    {tag:<{label}}" for tag in of_kind}
        for metric in TASKS[task].group_metrics:
            columns = [_list_cells(of_kind, kinds.get(kind, {}), metric) for kinds in found]
            lines.append((Span(f"  {metric} by {kind}", "quiet"),))
            # alone it needs no name, and stands under its own
            lines += _tabulate(rows, columns, names, width, label + 4, head=len(names) > 1)
    return lines


def _list_cells(
    tags: Iterable[str], groups: Mapping[str, Sequence[Rate]], metric: str
) -> dict[str, str]:
    """Return a cell for each tag: a group may have nothing that a counted metric counts."""
    cells = {tag: _NOT_MEASURED if tag in groups else _NOT_SELECTED for tag in tags}
    there = ((tag, rate) for tag, rates in groups.items() for rate in rates)
    return cells | {tag: _cell(rate) for tag, rate in there if rate.metric == metric}


def _tabulate(
    rows: Mapping[str, str],
    columns: Sequence[Mapping[str, str]],
    names: Sequence[str],
    width: int,
    label: int,
    head: bool = True,
) -> list[Line]:
    """Return a line per row, or where a line is too narrow one for each of its cells.

    Args:
        rows: Labels by name of the row.
        columns: Of each model its cells by name of the row.
        names: Of the models.
        width: Columns of the terminal.
        label: Width of the labels.
        head: Whether the names stand above their columns.
    """
    heads = [name if head else "" for name in names]
    widths = [
        max(map(len, [name, *cells.values()])) for name, cells in zip(heads, columns, strict=True)
    ]
    fits = label + sum(column + GAP for column in widths) <= width
    lines: list[Line] = []
    if fits and head:
        titles = (f"{name:>{column + GAP}}" for name, column in zip(names, widths, strict=True))
        lines.append((Span(" " * label), *(Span(title, "title") for title in titles)))
    for row, start in rows.items():
        cells = [each[row] for each in columns]
        if fits:
            padded = (f"{cell:>{column + GAP}}" for cell, column in zip(cells, widths, strict=True))
            lines.append((Span(start), *map(Span, padded)))
            continue
        lines.append((Span(start),))
        lines += [
            (Span(f"    {name:<{max(map(len, names))}}  "), Span(cell))
            for name, cell in zip(names, cells, strict=True)
        ]
    return lines


def _cell(rate: Rate) -> str:
    shorter = len(str(rate.n)) - len(str(rate.count))  # so that counts end in one column
    return f"{rate.value:.3f} ({' ' * shorter}{rate.basis})"
