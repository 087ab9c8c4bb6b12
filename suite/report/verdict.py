"""Words a run's verdict for people who read one line: what a page or a summary opens with.

Gates and outcomes come decided; the exit status is the plugin's business.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from suite.run import SKIPPED, CaseResult, GateResult, Run
from suite.sentences import count_noun


@dataclass(frozen=True, slots=True)
class Verdict:
    """The first thing to read."""

    status: Literal["PASS", "WARN", "FAIL", "STOPPED"]
    """`WARN`: nothing failed, yet not every gate holds."""
    headline: str
    """One sentence. Holds names of models: untrusted."""
    facts: tuple[str, ...]
    """Counts with their nouns."""


def find_verdict(run: Run) -> Verdict:
    """Return what a run with decided gates came to."""
    status, headline = _find_headline(run)
    return Verdict(status, headline, tuple(_list_facts(run)))


def _find_headline(run: Run) -> tuple[Literal["PASS", "WARN", "FAIL", "STOPPED"], str]:
    if run.stopped:
        return "STOPPED", "The run was stopped before its end; no gate was decided."
    total = len(run.gates)
    if failing := [gate for gate in run.gates if gate.fails]:
        names = ", ".join(_name_gate(run, gate) for gate in failing)
        return "FAIL", f"{len(failing)} of {count_noun(total, 'gate')} failed: {names}."
    results = (*run.results, *run.repeats)
    skipped = sum(_was_skipped(result) for result in results)
    if bad := sum(result.outcome in ("failed", "error") for result in results) - skipped:
        others = "no gate failed" if total else "no gate was asked"
        noun = "test" if run.repeats else "case"
        return "FAIL", f"{count_noun(bad, noun)} failed, though {others}."
    counts = Counter(gate.status for gate in run.gates)
    doubts = [f"{n} {name}" for name, n in sorted(counts.items()) if name != "PASS"]
    if doubts:
        held = f"{counts['PASS']} of {count_noun(total, 'gate')} held"
        return "WARN", f"No gate failed, but {held}: {', '.join(doubts)}."
    if skipped:
        return (
            "WARN",
            f"Nothing failed, but {count_noun(skipped, 'case')} without a verdict: skipped.",
        )
    if total:
        return "PASS", "The gate holds." if total == 1 else f"All {total} gates hold."
    return "PASS", "No case failed; no gate was asked."


def _was_skipped(result: CaseResult) -> bool:
    return result.score is None and result.message in SKIPPED


def _list_facts(run: Run) -> list[str]:
    changes = Counter(result.change for result in run.results)
    facts = [
        count_noun(len({(result.task, result.case_id) for result in run.results}), "case"),
        count_noun(len({selection.model for selection in run.selections}), "model"),
        f"{changes['broke']} broke",
        f"{changes['fixed']} fixed",
    ]
    for name in ("new failure", "known failure"):
        if n := changes[name]:
            facts.append(count_noun(n, name))
    without = sum(result.score is None for result in run.results)
    return [*facts, f"{without} without a verdict"] if without else facts


def _name_gate(run: Run, gate: GateResult) -> str:
    return f"{gate.name}[{gate.model}]" if len(run.models) > 1 else gate.name
