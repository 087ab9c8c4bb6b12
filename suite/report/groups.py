"""Tabulates the figures of groups of cases: a row per group, a column per rate and measure.

It computes nothing: rates and measures come with their intervals.
"""

from __future__ import annotations

from dataclasses import dataclass

from suite.measured import Measured
from suite.measures import find_group_measures
from suite.rates import Rate, find_group_rates
from suite.run import Run, Selection


@dataclass(frozen=True, slots=True)
class GroupTable:
    """The groups of one kind."""

    kind: str
    """Such as `difficulty`."""
    columns: tuple[str, ...]
    """Rates and measures that one of the groups has, rates first."""
    rows: tuple[tuple[str, tuple[Rate | Measured | None, ...]], ...]
    """Tag and figures; None: there is nothing of it in the group."""


def tabulate_groups(run: Run, selection: Selection) -> list[GroupTable]:
    """Return a table per kind of group of a model and task, none where none is selected."""
    model, task = selection.model, selection.task
    measures = {(each.kind, each.tag): each for each in find_group_measures(run, model, task)}
    tables = []
    for kind, groups in find_group_rates(run, model, task).items():
        figures: dict[str, dict[str, Rate | Measured]] = {
            tag: {rate.metric: rate for rate in rates} for tag, rates in groups.items()
        }
        columns = dict.fromkeys(name for found in figures.values() for name in found)
        for tag, found in figures.items():
            of_group = measures.get((kind, tag))
            found |= {each.metric: each for each in of_group.measured} if of_group else {}
            columns |= dict.fromkeys(found)
        rows = tuple((tag, tuple(map(found.get, columns))) for tag, found in figures.items())
        tables.append(GroupTable(kind, tuple(columns), rows))
    return tables
