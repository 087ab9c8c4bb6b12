"""Measures what requests to a server took and cost; models of this process have no such figures.

The times are those of when an answer was made, also where it now comes from the cache.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import inf, isfinite

from suite.measured import Measured
from suite.percentiles import nearest_rank, rank_interval
from suite.run import CaseResult
from suite.task import Direction

_PERCENTS = (50, 95)
_TIMES = {"latency": "latency_s", "first_token": "first_token_s"}
SERVICE_MEASURES: dict[str, Direction] = {
    **{f"{name}_p{percent}_ms": "lower" for name in _TIMES for percent in _PERCENTS},
    "cost_per_case": "lower",
    "cost_per_1k_requests": "lower",
}
_ENDLESS = "it is of requests to a server, and those without an answer count as endless"
_PRICED = "it is of requests to a server, and wants a price of each answer"
MISSING_NOTES = {
    name: _PRICED if name.startswith("cost") else _ENDLESS for name in SERVICE_MEASURES
}
"""Why a run may be without a figure, by its name."""
SERVICE_NOTE = "times and costs are those of when each answer was made, cached ones included"


def note_service(measured: Iterable[Measured]) -> str | None:
    """Return what a reader must know of these figures, None where none of them is of requests."""
    return SERVICE_NOTE if any(each.metric in SERVICE_MEASURES for each in measured) else None


def measure_service(results: Sequence[CaseResult]) -> Iterator[Measured]:
    """Yield the percentiles of times in ms, and costs in USD, over all requests.

    A percentile is the nearest rank (`suite.percentiles`). A request without an answer, or without
    the time that others have, counts as endless: a model does not get faster by failing. Where a
    percentile falls on such a one it is left out, and a gate on it fails. Costs are over the
    requests that were answered; if one of these has none, the costs are not known.

    Args:
        results: Of one model and task, further repeats included: each is a request.
    """
    made = [result.generation for result in results]
    for name, field in _TIMES.items():
        known = [getattr(each, field) if each else None for each in made]
        times = sorted(inf if value is None else value * 1000 for value in known)
        if any(map(isfinite, times)):
            yield from _find_percentiles(name, times)
    costs = [each.cost_usd for each in made if each is not None]
    whole = [cost for cost in costs if cost is not None]
    if whole and len(whole) == len(costs):
        cases = len({result.case_id for result in results if result.generation})
        total = sum(whole)
        yield Measured("cost_per_case", total / cases, cases, unit="USD")
        yield Measured("cost_per_1k_requests", 1000 * total / len(whole), len(whole), unit="USD")


def _find_percentiles(name: str, times: Sequence[float]) -> Iterator[Measured]:
    for percent in _PERCENTS:
        value = nearest_rank(times, percent)
        if isfinite(value):
            low, high = rank_interval(times, percent) or (None, None)
            metric = f"{name}_p{percent}_ms"
            yield Measured(metric, value, len(times), low, high, unit="ms")
