"""Decides gates: conditions on a run, or on a run against its baseline, that fail CI.

A gate never sees text. How a result reaches the terminal, JUnit and the exit status is the
plugin's business; the paired tests are in `suite.regression`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from suite.baseline import Baseline, differing_conditions, is_allowed
from suite.gate_file import NO_REGRESSION, Gates, NoRegression, Rule, Threshold
from suite.pairing import find_case_changes, pair
from suite.regression import Comparison, Finding, compare, decide_regression
from suite.required_gates import fail_without_gates, fail_without_verdicts, tell_unjudged
from suite.run import GateResult, Run, Selection
from suite.sentences import join_some
from suite.stats import holm
from suite.tasks import TASKS
from suite.threshold_gates import decide_threshold

NO_REGRESSION_ANCHOR = "no_regression_anchor"
"""The paired rule against the anchor, where there is one: losses too small to see one by one."""


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
    anchors: Mapping[tuple[str, str], Baseline] | None = None,
) -> tuple[GateResult, ...]:
    """Decide every gate of every model and task in a run.

    Args:
        run: Its results and what was selected; a selected case without a result is a failure.
        baselines: By model and task, where there is one.
        gates: The rules.
        options: Of the command line.
        anchors: Baselines that acceptance leaves alone, by model and task, where there is one.

    Returns:
        In the order of the selections and of the file; then the models that were left out.
    """
    options = options or GateOptions()
    found = []
    for selection in run.selections:
        pair_of = selection.model, selection.task
        bars = _Bars(baselines.get(pair_of), (anchors or {}).get(pair_of))
        rules = _add_anchor(gates.rules(*pair_of), bars.anchor)
        if not rules and options.require:
            found.append(fail_without_gates(gates.path, selection))
        if options.require:
            found += fail_without_verdicts(run, selection)
        findings = _decide(rules, run, selection, bars, options)
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
                    fails=_fails(name, finding, options),
                )
            )
    return (*found, *tell_unjudged(run, options.require))


@dataclass(frozen=True, slots=True)
class _Bars:
    """What one model and task is compared with."""

    baseline: Baseline | None
    anchor: Baseline | None


def _add_anchor(rules: Mapping[str, Rule], anchor: Baseline | None) -> dict[str, Rule]:
    """Put the comparison with the anchor, where there is one, behind that with the baseline."""
    found: dict[str, Rule] = {}
    for name, rule in rules.items():
        found[name] = rule
        if name == NO_REGRESSION and anchor is not None:
            found[NO_REGRESSION_ANCHOR] = rule
    return found


def _fails(name: str, finding: Finding, options: GateOptions) -> bool:
    if finding.status == "FAIL":
        return True
    # a regression that is being accepted warns, and may; the anchor is not moved by accepting
    accepted = options.accepting and name != NO_REGRESSION_ANCHOR
    excused = finding.status == "PASS" or (finding.status == "WARN" and accepted)
    return options.require and not excused


def _decide(
    rules: Mapping[str, Rule],
    run: Run,
    selection: Selection,
    bars: _Bars,
    options: GateOptions,
) -> dict[str, Finding]:
    """Decide the gates of one model and task; their paired tests share one error budget."""
    findings: dict[str, Finding] = {}
    compared: dict[str, tuple[NoRegression, list[Comparison]]] = {}
    settled = _find_obstacle(run, selection, bars.baseline, options)
    for name, rule in rules.items():
        if settled:
            findings[name] = settled
        elif isinstance(rule, Threshold):
            findings[name] = decide_threshold(name, rule, run, selection, bars.baseline)
        else:
            outcome = _compare(name, rule, run, selection, bars, options)
            if isinstance(outcome, Finding):
                findings[name] = outcome
            else:
                compared[name] = rule, outcome
    tests = [each for _, comparisons in compared.values() for each in comparisons]
    adjusted = iter(holm([1.0 if each.p is None else each.p for each in tests]))
    for name, (rule, comparisons) in compared.items():
        mine = [next(adjusted) for _ in comparisons]
        is_anchor = name == NO_REGRESSION_ANCHOR
        accepting = options.accepting and not is_anchor
        finding = decide_regression(rule, comparisons, mine, len(tests), accepting)
        if is_anchor:
            parts = [finding.sentence, *_say_left(run, selection, bars.anchor)]
            if finding.status == "FAIL":
                parts.append("accepting does not move the anchor: goldgate anchor does")
            finding = Finding(finding.status, "; ".join(parts))
        findings[name] = finding
    return findings


def _find_obstacle(
    run: Run, selection: Selection, baseline: Baseline | None, options: GateOptions
) -> Finding | None:
    """Return what keeps all gates of a model and task from being decided, None: nothing."""
    count = f"{len(selection.selected)} of {len(selection.known)} cases"
    if selection.shard and not selection.is_complete:
        hint = "a gate wants all of them: goldgate merge"
        return Finding("SKIPPED", f"{count} in shard {selection.shard}; {hint}")
    if not selection.selected and any(selection.repeats):
        return Finding("SKIPPED", "only further repeats were selected; a gate wants the first ones")
    if not selection.selected:
        return Finding("FAIL", "no case was selected, so there is nothing to judge")
    if not selection.is_complete:
        return Finding("SKIPPED", f"{count} selected; a gate wants all of them")
    if baseline is None or not selection.is_suite or options.accept_removed:
        return None
    # without this, deleting the cases that fail would raise every rate
    if removed := sorted(baseline.goldens.keys() - set(selection.known)):
        return Finding(
            "FAIL",
            f"incomplete, gone from {selection.case_file} but in {_name_goldens(run)}: "
            f"{join_some(removed)}; if meant: "
            f"{'' if run.baseline_ref else 'pytest --snapshot-update '}--accept-removed",
        )
    return None


def _name_goldens(run: Run) -> str:
    return f"the goldens of {run.baseline_ref}" if run.baseline_ref else "the baseline"


def _say_left(run: Run, selection: Selection, anchor: Baseline | None) -> list[str]:
    """Say how many cases of the anchor cannot be compared any more."""
    assert anchor is not None, selection
    results = run.of(selection.model, selection.task)
    changes = find_case_changes(anchor, results, selection)
    groups = {"gone": changes.removed, "changed": changes.changed}
    left = [f"{len(ids)} {name}" for name, ids in groups.items() if ids]
    return [f"of the anchor's {len(anchor.goldens)} cases: {', '.join(left)}"] if left else []


def _compare(
    name: str,
    rule: NoRegression,
    run: Run,
    selection: Selection,
    bars: _Bars,
    options: GateOptions,
) -> Finding | list[Comparison]:
    is_anchor = name == NO_REGRESSION_ANCHOR
    baseline = bars.anchor if is_anchor else bars.baseline
    if not selection.is_suite:
        return Finding("SKIPPED", f"{selection.case_file}: rows from outside have no baseline")
    if baseline is None and options.accepting:
        return Finding("PASS", "nothing to compare with: this run becomes the baseline")
    if baseline is None and (selection.model, selection.task) in run.first_accepted:
        # listed first among the changes; else a new model could never come in by a pull request
        return Finding(
            "PASS",
            f"nothing to compare with: {run.baseline_ref} has no goldens of it, and those accepted "
            "here are its first",
        )
    if baseline is None and run.baseline_ref:
        return Finding("INCONCLUSIVE", f"nothing to compare with: no {_name_goldens(run)[4:]}")
    if baseline is None:
        return Finding("INCONCLUSIVE", "nothing accepted yet: pytest --snapshot-update")
    differ = [
        field
        for field in differing_conditions(baseline, run.models[selection.model])
        if not is_allowed(field, run.allowed_conditions)
    ]
    if differ:
        what = "anchor" if is_anchor else "baseline"
        return Finding(
            "INCONCLUSIVE",
            f"not comparable, conditions differ from the {what}: {join_some(differ)}",
        )
    results = run.of(selection.model, selection.task)
    ways = TASKS[selection.task].metrics
    return [
        compare(metric, ways[metric], pair(baseline, results, selection, metric, ways[metric]))
        for metric in rule.metrics
    ]
