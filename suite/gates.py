"""Decides gates: conditions on a run, or on a run against its baseline, that fail CI.

A gate never sees text. How a result reaches the terminal, JUnit and the exit status is the
plugin's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from suite.baseline import Baseline, Pairing, differing_conditions, pair
from suite.gate_file import Gates, NoRegression, Rule, Threshold, metric_of
from suite.run import GateResult, GateStatus, Run, Selection, find_rates
from suite.scorers import METRICS
from suite.stats import detectable_drop, mcnemar_exact

_MOST_IDS = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says, before the options of the session are applied."""

    status: GateStatus
    sentence: str


@dataclass(frozen=True, slots=True)
class GateOptions:
    """What the command line asks of all gates."""

    require: bool = False
    """Gates without a verdict (SKIPPED, INCONCLUSIVE) fail the session too."""
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
        for name, rule in gates.rules(selection.model, selection.task).items():
            finding = _decide(name, rule, run, selection, baseline, options)
            found.append(
                GateResult(
                    name=name,
                    task=selection.task,
                    model=selection.model,
                    status=finding.status,
                    sentence=finding.sentence,
                    reason=rule.reason,
                    fails=finding.status == "FAIL"
                    or (options.require and finding.status in ("SKIPPED", "INCONCLUSIVE")),
                )
            )
    return tuple(found)


def _decide(
    name: str,
    rule: Rule,
    run: Run,
    selection: Selection,
    baseline: Baseline | None,
    options: GateOptions,
) -> Finding:
    if not selection.selected:
        return Finding("FAIL", "no case was selected, so there is nothing to judge")
    if not selection.is_complete:
        count = f"{len(selection.selected)} of {len(selection.known)} cases"
        return Finding("SKIPPED", f"{count} selected; a gate wants all of them")
    if isinstance(rule, Threshold):
        return _decide_threshold(name, rule, run, selection)
    return _decide_regression(rule, run, selection, baseline, options)


def _decide_threshold(name: str, rule: Threshold, run: Run, selection: Selection) -> Finding:
    split = metric_of(name)
    assert split, name
    metric, bound = split
    rates = {rate.metric: rate for rate in find_rates(run, selection.model, selection.task)}
    rate = rates.get(metric)
    if rate is None or rate.missing == rate.n:
        return Finding("FAIL", f"no output has a score of {metric}")
    passed = rate.value >= rule.value if bound == "min" else rate.value <= rule.value
    words = {
        ("min", True): "is at least",
        ("min", False): "is below",
        ("max", True): "is at most",
        ("max", False): "is above",
    }[bound, passed]
    missing = f"; {rate.missing} without a verdict count as failures" if rate.missing else ""
    return Finding("PASS" if passed else "FAIL", f"{rate} {words} {rule.value:g}{missing}")


def _decide_regression(
    rule: NoRegression,
    run: Run,
    selection: Selection,
    baseline: Baseline | None,
    options: GateOptions,
) -> Finding:
    if not selection.is_suite:
        return Finding("SKIPPED", f"{selection.case_file}: rows from outside have no baseline")
    if baseline is None and options.accepting:
        return Finding("PASS", "nothing to compare with: this run becomes the baseline")
    if baseline is None:
        return Finding("INCONCLUSIVE", "nothing accepted yet: pytest --snapshot-update")
    if differ := differing_conditions(baseline, run.models[selection.model]):
        return Finding(
            "INCONCLUSIVE", f"not comparable, conditions differ from the baseline: {_list(differ)}"
        )
    removed = sorted(baseline.goldens.keys() - set(selection.known))
    if removed and not options.accept_removed:
        return Finding(
            "FAIL",
            f"gone from {selection.case_file} but in the baseline: {_list(removed)}; if meant: "
            "pytest --snapshot-update --accept-removed",
        )
    results = run.of(selection.model, selection.task)
    directions = METRICS[selection.task]
    pairings = {
        metric: pair(baseline, results, selection, metric, directions[metric])
        for metric in rule.metrics
    }
    if not all(pairing.n for pairing in pairings.values()):
        return Finding("INCONCLUSIVE", "no case is still what the baseline answered")
    return _judge_pairings(rule, pairings, options)


def _judge_pairings(
    rule: NoRegression, pairings: Mapping[str, Pairing], options: GateOptions
) -> Finding:
    status: GateStatus = "PASS"
    parts = []
    for metric, pairing in pairings.items():
        p = mcnemar_exact(len(pairing.broke), len(pairing.fixed))
        part = f"{metric}: {len(pairing.broke)} broke, {len(pairing.fixed)} fixed, p = {p:.2g}"
        if p <= rule.alpha:
            status = "FAIL"
            part += f" <= {rule.alpha:g} ({_list(pairing.broke)})"
        elif rule.warn_alpha is not None and p <= rule.warn_alpha:
            status = "WARN" if status == "PASS" else status
            part += f" <= {rule.warn_alpha:g}"
        parts.append(part)
    if status == "FAIL" and options.accepting:
        status = "WARN"
        parts.append("accepted by this run")
    n = min(pairing.n for pairing in pairings.values())
    drop = detectable_drop(n, rule.alpha)
    sees = (
        f"can show a drop of {100 * drop:.1f} points (power 80%)"
        if drop
        else "are too few to show any drop"
    )
    return Finding(status, f"{'; '.join(parts)}; {n} paired cases {sees}")


def _list(names: list[str] | tuple[str, ...]) -> str:
    more = len(names) - _MOST_IDS
    return ", ".join(names[:_MOST_IDS]) + (f" and {more} more" if more > 0 else "")
