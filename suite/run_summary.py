"""Sums a run up as JSON data, in `run.json` for people and other programs.

It is never read back: whoever reads a run counts again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from suite.measures import find_measures
from suite.rates import Rate, find_group_rates, find_rates
from suite.run import Run, Selection, count_extras, count_reasons
from suite.self_flips import find_self_flips


def summarize(run: Run, selection: Selection) -> dict[str, Any]:
    """Return counts, rates with their intervals, and measures of one model and task."""
    model, task = selection.model, selection.task
    results = run.of(model, task)
    return {
        "model": model,
        "task": task,
        "selected": len(selection.selected),
        "total": len(selection.known),
        "rates": _rates_data(find_rates(run, model, task)),
        **({"groups": groups} if (groups := _groups_data(run, model, task)) else {}),
        **({"measures": found} if (found := _measures_data(run, model, task)) else {}),
        **({"self_flips": flips} if (flips := _flips_data(run, model, task)) else {}),
        "fail_reasons": count_reasons(results),
        "extras": count_extras(results),
    }


def _groups_data(run: Run, model: str, task: str) -> dict[str, Any]:
    return {
        kind: {tag: _rates_data(rates) for tag, rates in groups.items()}
        for kind, groups in find_group_rates(run, model, task).items()
    }


def _measures_data(run: Run, model: str, task: str) -> dict[str, Any]:
    return {
        each.metric: {"value": each.value, "n": each.n, "low": each.low, "high": each.high}
        | ({"unit": each.unit} if each.unit else {})
        | ({} if each.count is None else {"count": each.count})
        for each in find_measures(run, model, task)
    }


def _flips_data(run: Run, model: str, task: str) -> dict[str, Any]:
    return {each.case_id: list(each.verdicts) for each in find_self_flips(run, model, task)}


def _rates_data(rates: Iterable[Rate]) -> dict[str, Any]:
    return {
        rate.metric: {
            "value": rate.value,
            "count": rate.count,
            "n": rate.n,
            "missing": rate.missing,
            "low": rate.interval.low,
            "high": rate.interval.high,
            **({} if rate.unit == "cases" else {"unit": rate.unit}),
        }
        for rate in rates
    }
