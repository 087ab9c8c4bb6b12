"""Decides gates: conditions on a run, or on a run against its baseline, that fail CI.

A gate never sees text. How a result reaches the terminal, JUnit and the exit status is the
plugin's business; the paired tests are in `suite.regression`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from suite.baseline import Baseline, differing_conditions, pair
from suite.gate_file import Gates, NoRegression, Rule, Threshold, metric_of
from suite.regression import Comparison, Finding, compare, judge
from suite.run import GateResult, Rate, Run, Selection, find_rates
from suite.scorers import METRICS
from suite.sentences import join_some
from suite.stats import holm, needed_n


@dataclass(frozen=True, slots=True)
class GateOptions:
    """What the command line asks of all gates."""

    require: bool = False
    """Gates that warn or have no verdict (SKIPPED, INCONCLUSIVE) fail the session too."""
    accepting: bool = False
    """This run becomes the baseline, so being worse than the old one is no more than a warning."""
    accept_removed: bool = False
    """Cases that are gone from the case file leave the baseline with this run."""


def decide_gates(
    run: Run,
    baselines: Mapping[tuple[str, str], Baseline],
    gates: Gates,
    options: GateOptions | None = None,
) -> tuple[GateResult, ...]:
    """Decide every gate of every model and task in a run.

    Args:
        run: Its results and what was selected; a selected case without a result is a failure.
        baselines: By model and task, where there is one.
        gates: The rules.
        options: Of the command line.

    Returns:
        In the order of the selections and of the file.
    """
    options = options or GateOptions()
    found = []
    for selection in run.selections:
        baseline = baselines.get((selection.model, selection.task))
        rules = gates.rules(selection.model, selection.task)
        findings = _decide(rules, run, selection, baseline, options)
        for name, rule in rules.items():
            finding = findings[name]
            found.append(
                GateResult(
                    name=name,
                    task=selection.task,
                    model=selection.model,
                    status=finding.status,
                    sentence=finding.sentence,
                    reason=rule.reason,
                    fails=_fails(finding, options),
                )
            )
    return tuple(found)


def _fails(finding: Finding, options: GateOptions) -> bool:
    if finding.status == "FAIL":
        return True
    # a regression that is being accepted warns, and may
    excused = finding.status == "PASS" or (finding.status == "WARN" and options.accepting)
    return options.require and not excused


def _decide(
    rules: Mapping[str, Rule],
    run: Run,
    selection: Selection,
    baseline: Baseline | None,
    options: GateOptions,
) -> dict[str, Finding]:
    """Decide the gates of one model and task; their paired tests share one error budget."""
    findings: dict[str, Finding] = {}
    compared: dict[str, tuple[NoRegression, list[Comparison]]] = {}
    settled = _find_obstacle(selection, baseline, options)
    for name, rule in rules.items():
        if settled:
            findings[name] = settled
        elif isinstance(rule, Threshold):
            findings[name] = _decide_threshold(name, rule, run, selection)
        else:
            outcome = _compare(rule, run, selection, baseline, options)
            if isinstance(outcome, Finding):
                findings[name] = outcome
            else:
                compared[name] = rule, outcome
    tests = [each for _, comparisons in compared.values() for each in comparisons]
    adjusted = iter(holm([1.0 if each.p is None else each.p for each in tests]))
    for name, (rule, comparisons) in compared.items():
        mine = [next(adjusted) for _ in comparisons]
        findings[name] = judge(rule, comparisons, mine, len(tests), options.accepting)
    return findings


def _find_obstacle(
    selection: Selection, baseline: Baseline | None, options: GateOptions
) -> Finding | None:
    """Return what keeps all gates of a model and task from being decided, None: nothing."""
    if not selection.selected:
        return Finding("FAIL", "no case was selected, so there is nothing to judge")
    if not selection.is_complete:
        count = f"{len(selection.selected)} of {len(selection.known)} cases"
        return Finding("SKIPPED", f"{count} selected; a gate wants all of them")
    if baseline is None or not selection.is_suite or options.accept_removed:
        return None
    # without this, deleting the cases that fail would raise every rate
    if removed := sorted(baseline.goldens.keys() - set(selection.known)):
        return Finding(
            "FAIL",
            f"incomplete, gone from {selection.case_file} but in the baseline: "
            f"{join_some(removed)}; if meant: pytest --snapshot-update --accept-removed",
        )
    return None


def _decide_threshold(name: str, rule: Threshold, run: Run, selection: Selection) -> Finding:
    split = metric_of(name)
    assert split, name
    metric, bound = split
    rates = {rate.metric: rate for rate in find_rates(run, selection.model, selection.task)}
    rate = rates.get(metric)
    if rate is None or rate.missing == rate.n:
        return Finding("FAIL", f"no output has a score of {metric}")
    value, subject = rate.value, ""
    if rule.rule == "bound":
        value = rate.interval.low if bound == "min" else rate.interval.high
        subject = f", and its {'lower' if bound == 'min' else 'upper'} bound"
    passed = value >= rule.value if bound == "min" else value <= rule.value
    words = {
        ("min", True): "is at least",
        ("min", False): "is below",
        ("max", True): "is at most",
        ("max", False): "is above",
    }[bound, passed]
    parts = [f"{rate}{subject} {words} {rule.value:g}"]
    if rule.rule == "bound" and not passed:
        parts.append(_say_needed(rate, rule.value, bound))
    if rate.missing:
        parts.append(f"{rate.missing} without a verdict count as failures")
    return Finding("PASS" if passed else "FAIL", "; ".join(parts))


def _say_needed(rate: Rate, value: float, bound: str) -> str:
    is_good = rate.value > value if bound == "min" else rate.value < value
    n = needed_n(rate.value, value) if is_good else None
    return f"this rate would clear it from {n} cases on" if n else "no number of cases would do"


def _compare(
    rule: NoRegression,
    run: Run,
    selection: Selection,
    baseline: Baseline | None,
    options: GateOptions,
) -> Finding | list[Comparison]:
    if not selection.is_suite:
        return Finding("SKIPPED", f"{selection.case_file}: rows from outside have no baseline")
    if baseline is None and options.accepting:
        return Finding("PASS", "nothing to compare with: this run becomes the baseline")
    if baseline is None:
        return Finding("INCONCLUSIVE", "nothing accepted yet: pytest --snapshot-update")
    if differ := differing_conditions(baseline, run.models[selection.model]):
        return Finding(
            "INCONCLUSIVE",
            f"not comparable, conditions differ from the baseline: {join_some(differ)}",
        )
    results = run.of(selection.model, selection.task)
    ways = METRICS[selection.task]
    return [
        compare(metric, ways[metric], pair(baseline, results, selection, metric, ways[metric]))
        for metric in rule.metrics
    ]
