"""Decides gates that hold a rate or another figure of one run against a fixed value.

Gates that compare with a baseline are in `suite.gates`.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from suite.baseline import Baseline
from suite.gate_file import Threshold, metric_of
from suite.measured import Measured
from suite.measures import find_measures, measure_directions
from suite.pairing import find_case_changes
from suite.rates import Rate, find_rates
from suite.regression import Finding
from suite.run import Run, Selection
from suite.self_flips import SELF_FLIP_RATE, find_unasked
from suite.service_measures import MISSING_NOTES
from suite.stats import needed_n
from suite.stats_cluster import effective_n


def decide_threshold(
    name: str, rule: Threshold, run: Run, selection: Selection, baseline: Baseline | None
) -> Finding:
    """Decide `<metric>_min` or `<metric>_max` of one model and task.

    Args:
        name: Of the gate.
        rule: What must hold.
        run: Complete for this model and task.
        selection: The model and task.
        baseline: To say what the cases that it has come to without new and changed ones.
    """
    split = metric_of(name)
    assert split, name
    metric, bound = split
    if metric in measure_directions(selection.task):
        return _decide_measure(metric, bound, rule, run, selection)
    rates = {rate.metric: rate for rate in find_rates(run, selection.model, selection.task)}
    rate = rates.get(metric)
    if rate is None or rate.is_unscored:
        return Finding("FAIL", f"no output has a score of {metric}")
    passed, sentence = _hold(rule, bound, rate, rate.value, (rate.interval.low, rate.interval.high))
    parts = [sentence]
    if rule.rule == "bound" and not passed:
        parts.append(_say_needed(rate, rule.value, bound))
    if rate.missing:
        parts.append(f"{rate.missing} without a verdict count as failures{_in_all(rate)}")
    if baseline is not None and (unchanged := _find_rate(run, selection, baseline, metric)):
        parts.append(f"{unchanged} over the cases that the goldens answered")
    return Finding("PASS" if passed else "FAIL", "; ".join(parts))


def _decide_measure(
    metric: str, bound: str, rule: Threshold, run: Run, selection: Selection
) -> Finding:
    measures = find_measures(run, selection.model, selection.task)
    found = next((each for each in measures if each.metric == metric), None)
    unasked = find_unasked(selection) if metric == SELF_FLIP_RATE else None
    if unasked and selection.repeats:  # narrowed, as by -k
        return Finding("SKIPPED", f"{metric}: {unasked}")
    if found is None:
        why = unasked or MISSING_NOTES.get(metric)
        return Finding("FAIL", f"nothing of this run measures {metric}{f': {why}' if why else ''}")
    if rule.rule == "bound" and (found.low is None or found.high is None):
        return Finding("FAIL", f"{metric}: {found} has no interval; `rule: point` judges its value")
    passed, sentence = _hold(rule, bound, found, found.value, (found.low, found.high))
    return Finding("PASS" if passed else "FAIL", sentence)


def _hold(
    rule: Threshold,
    bound: str,
    shown: Rate | Measured,
    value: float,
    interval: tuple[float | None, float | None],
) -> tuple[bool, str]:
    """Tell whether a figure, or its bound if the rule asks for that, will do, and say it."""
    subject = ""
    if rule.rule == "bound":
        edge = interval[0] if bound == "min" else interval[1]
        assert edge is not None, shown
        value = edge
        subject = f", and its {'lower' if bound == 'min' else 'upper'} bound"
    passed = value >= rule.value if bound == "min" else value <= rule.value
    words = {
        ("min", True): "is at least",
        ("min", False): "is below",
        ("max", True): "is at most",
        ("max", False): "is above",
    }[bound, passed]
    return passed, f"{shown}{subject} {words} {rule.value:g}"


def _find_rate(run: Run, selection: Selection, baseline: Baseline, metric: str) -> Rate | None:
    """Return a rate without new and changed cases, None when there are none or nothing is left.

    Easier cases lift the rate of all; here they cannot.
    """
    results = run.of(selection.model, selection.task)
    changes = find_case_changes(baseline, results, selection)
    out = {*changes.new, *changes.changed}
    kept = tuple(name for name in selection.selected if name not in out)
    if not selection.is_suite or not out or not kept:
        return None
    narrow = replace(
        run,
        selections=(replace(selection, selected=kept),),
        results=tuple(result for result in results if result.case_id not in out),
    )
    rates = find_rates(narrow, selection.model, selection.task)
    # of a counted metric there is none where these have nothing to count
    return next((rate for rate in rates if rate.metric == metric), None)


def _say_needed(rate: Rate, value: float, bound: str) -> str:
    is_good = rate.value > value if bound == "min" else rate.value < value
    n = needed_n(rate.value, value) if is_good else None
    if n and rate.clusters:  # as many cases as tell what so many independent ones do
        cases = rate.n if rate.cases is None else rate.cases
        n = ceil(n * cases / effective_n(rate.clusters))
    return f"this rate would clear it from {n} cases on" if n else "no number of cases would do"


def _in_all(rate: Rate) -> str:
    return "" if rate.unit == "cases" else f" in all of their {rate.unit}"
