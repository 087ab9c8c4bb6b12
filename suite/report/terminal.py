"""Lays out what a run found for a terminal: lines of spans, readable without their styles.

It computes nothing: rates, counts and gates come decided. Writing the spans, in color or not, is
the plugin's business.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from suite.baseline import Baseline, differing_conditions, is_allowed
from suite.judging import describe_judges
from suite.pairing import find_case_changes
from suite.report.answers import describe_makers, render_answers
from suite.report.bar import render_bar
from suite.report.lines import Line, Span, Style, wrap
from suite.report.rates import GAP, render_rates
from suite.report.repeats import render_repeats
from suite.run import (
    CaseResult,
    GateResult,
    GateStatus,
    ModelRecord,
    Run,
    Selection,
    count_extras,
    count_reasons,
    differing,
)
from suite.sinks import terminal_safe

_GATE_STYLES: dict[str, Style] = {
    "PASS": "good",
    "WARN": "warn",
    "FAIL": "bad",
    "INCONCLUSIVE": "warn",
    "SKIPPED": "quiet",
}
_MOST_IDS = 20


def render_report(
    run: Run,
    baselines: Mapping[tuple[str, str], Baseline],
    width: int = 80,
    accepting: bool = False,
) -> list[Line]:
    """Return the report of a run: what moved the bar, per task the models, changes, all gates.

    Args:
        run: With its gates decided.
        baselines: By model and task, as they were before the run.
        width: Columns of the terminal. Models stand in columns where that fits, else in rows.
        accepting: The run becomes the baseline, so nobody is told to accept it.
    """
    lines = render_bar(run, width)
    for task in sorted({selection.task for selection in run.selections}):
        selections = [selection for selection in run.selections if selection.task == task]
        if lines:
            lines.append(())
        lines += _render_task(run, task, selections, width)
        for selection in selections:
            baseline = baselines.get((selection.model, task))
            if baseline is None and accepting:
                continue
            if changes := _render_changes(run, selection, baseline, width):
                lines += [(), *changes]
    lines += _render_notes(run, width)
    lines += render_gates(run, width, accepting)
    return lines


def _render_task(run: Run, task: str, selections: Sequence[Selection], width: int) -> list[Line]:
    names = [terminal_safe(selection.model) for selection in selections]
    lines: list[Line] = [(Span(task, "title"), Span(_count_selected(selections), "quiet"))]
    lines += render_rates(run, task, selections, width) + render_repeats(run, selections, width)
    results = [run.of(selection.model, selection.task) for selection in selections]
    reasons, extras = map(count_reasons, results), map(count_extras, results)
    return lines + _render_counts(names, {"reasons": list(reasons), "extras": list(extras)})


def _count_selected(selections: Sequence[Selection]) -> str:
    counts = {(len(each.selected), len(each.known)) for each in selections}
    said = ", ".join(
        f"{known} cases" if selected == known else f"{selected} of {known} cases"
        for selected, known in sorted(counts)
    )
    files = sorted({terminal_safe(each.case_file) for each in selections})
    return f"  {said}, {', '.join(files)}"


def _render_counts(
    names: Sequence[str], tables: Mapping[str, Sequence[Mapping[str, int]]]
) -> list[Line]:
    rows = [row for counts in tables.values() for each in counts for row in each]
    label = max(map(len, rows), default=0)
    widths = [max(len(name), 5) + GAP for name in names]
    lines: list[Line] = []
    for title, counts in tables.items():
        totals = {row: sum(each.get(row, 0) for each in counts) for each in counts for row in each}
        if totals:
            heads = zip(names, widths, strict=True)
            head = "".join(f"{name if len(names) > 1 else '':>{column}}" for name, column in heads)
            lines.append((Span(f"  {title:<{label + 2}}{head}".rstrip(), "quiet"),))
        for name in sorted(totals, key=lambda row: (-totals[row], row)):
            cells = zip((each.get(name, 0) for each in counts), widths, strict=True)
            row = "".join(f"{cell or '·':>{column}}" for cell, column in cells)
            lines.append((Span(f"    {terminal_safe(name):<{label}}{row}"),))
    return lines


def _render_changes(
    run: Run, selection: Selection, baseline: Baseline | None, width: int
) -> list[Line]:
    results = run.of(selection.model, selection.task)
    title = Span(f"  {terminal_safe(selection.model)} ", "title")
    if not selection.is_suite:
        return []
    if baseline is None:
        hint = "no baseline yet; accept these answers: pytest --snapshot-update"
        return [(title, Span(hint, "quiet"))]
    lines: list[Line] = [(title, Span(_describe_comparison(run, selection, baseline), "quiet"))]
    by_change = {
        name: [result for result in results if result.change == name]
        for name in ("broke", "fixed", "new failure")
    }
    no_verdict = [result for result in results if result.score is None]
    lines += _render_ids("no verdict", [result.case_id for result in no_verdict], "bad", width)
    lines += _render_ids("broke", _with_reasons(by_change["broke"]), "bad", width)
    lines += _render_ids("fixed", [r.case_id for r in by_change["fixed"]], "good", width)
    lines += _render_ids("new failure", _with_reasons(by_change["new failure"]), "bad", width)
    lines += render_answers(results, width)
    if run.baseline_ref is None and any(change.cases for change in run.bar_changes):  # said first
        return lines
    changes = find_case_changes(baseline, results, selection)
    for name, ids in (
        ("new case", changes.new),
        ("changed case", changes.changed),
        ("removed case", changes.removed),
    ):
        lines += _render_ids(name, list(ids), "warn", width)
    return lines


def _describe_comparison(run: Run, selection: Selection, baseline: Baseline) -> str:
    record = run.models[selection.model]
    conditions = differing_conditions(baseline, record)
    if conditions and all(is_allowed(field, run.allowed_conditions) for field in conditions):
        allowed = ", ".join(conditions)
        return f"compared though conditions differ (--allow-conditions): {allowed}"
    if conditions:
        return f"not comparable with its baseline, conditions differ: {', '.join(conditions)}"
    if subject := differing(baseline.subject, record.subject):
        return f"against its baseline, other weights ({', '.join(subject)}): the gates decide"
    if not record.reference_mode:
        return "against its baseline, not in reference mode: the gates decide"
    if makers := describe_makers(baseline, record):
        return f"against its baseline, made elsewhere ({makers}): texts alone may differ"
    return "against its baseline, same weights and conditions: nothing may change"


def _with_reasons(results: Iterable[CaseResult]) -> list[str]:
    return [
        f"{result.case_id} ({terminal_safe(result.score.reason or 'no reason')}"
        f"{', numeric' if result.cause == 'numeric' else ''})"
        for result in results
        if result.score is not None
    ]


def _render_ids(name: str, ids: Sequence[str], style: Style, width: int) -> list[Line]:
    if not ids:
        return []
    shown = [*ids[:_MOST_IDS], *([f"and {len(ids) - _MOST_IDS} more"] if ids[_MOST_IDS:] else [])]
    head = f"    {name} {len(ids)}: "
    wrapped = wrap(", ".join(shown), width, len(head))
    return [
        (Span(head, style), Span(wrapped[0])),
        *((Span(" " * len(head)), Span(rest)) for rest in wrapped[1:]),
    ]


def _render_notes(run: Run, width: int) -> list[Line]:
    notes = [
        f"{terminal_safe(name)}: {terminal_safe(note)}"
        for name, record in run.models.items()
        for note in record.notes
    ]
    notes += [
        f"{terminal_safe(name)}: {terminal_safe(note)}" for name, note in describe_judges(run)
    ]
    machines = (_describe_environment(record) for record in run.models.values())
    notes += dict.fromkeys(terminal_safe(machine) for machine in machines if machine)
    if not notes:
        return []
    lines: list[Line] = [(), (Span("notes", "title"),)]
    lines += [(Span(f"  {line}", "quiet"),) for note in notes for line in wrap(note, width, 2)]
    return lines


def _describe_environment(record: ModelRecord) -> str:
    """Name what answers were made with: printed, never decisive."""
    known = record.environment
    parts = [f"{name} {version}" for name, version in known.get("libraries", {}).items() if version]
    if parts and (processor := known.get("processor")):
        threads = f", {known['threads']} threads" if known.get("threads") else ""
        parts.append(f"on {processor}{threads}")
    return f"environment: {', '.join(parts)}" if parts else ""


def render_gates(run: Run, width: int, accepting: bool = False) -> list[Line]:
    """Return the part of the report on gates: each with its sentence, then what exit 0 hides."""
    if run.stopped:
        return [(), (Span("gates", "title"), Span("  not decided: the run was stopped", "warn"))]
    if not run.gates:
        return []
    lines: list[Line] = [(), (Span("gates", "title"),)]
    status_width = max(len(gate.status) for gate in run.gates)
    models = {gate.model for gate in run.gates}
    for gate in run.gates:
        lines += _render_gate(gate, status_width, len(models) > 1, width)
    return lines + _render_banner(run.gates, accepting)


def _render_banner(gates: Sequence[GateResult], accepting: bool) -> list[Line]:
    """Say what an exit status of 0 would hide."""
    # a regression that is being accepted warns, and fails under no option
    names: tuple[GateStatus, ...] = ("INCONCLUSIVE",) if accepting else ("WARN", "INCONCLUSIVE")
    counts = Counter(gate.status for gate in gates if not gate.fails)
    doubts = [f"{n} {name}" for name in names if (n := counts[name])]
    if not doubts:
        return []
    total = sum(counts[name] for name in names)
    verb = "does" if total == 1 else "do"
    hint = f" {verb} not fail this run; with --require-gates {'it' if total == 1 else 'they'} would"
    return [(), (Span(f"  {' and '.join(doubts)}", "warn"), Span(hint, "warn"))]


def _render_gate(gate: GateResult, status_width: int, several: bool, width: int) -> list[Line]:
    style: Style = "bad" if gate.fails else _GATE_STYLES[gate.status]
    name = f"{gate.name}[{terminal_safe(gate.model)}]" if several else gate.name
    indent = status_width + 4
    lines: list[Line] = [(Span(f"  {gate.status:<{status_width}}  ", style), Span(name))]
    lines += [
        (Span(" " * (indent + 2)), Span(line))
        for part in terminal_safe(gate.sentence).split("; ")
        for line in wrap(part, width, indent + 2)
    ]
    if gate.fails:
        required = "" if gate.status == "FAIL" else "required (--require-gates); "
        lines += [
            (Span(" " * (indent + 2)), Span(line, "quiet"))
            for line in wrap(f"{required}why: {terminal_safe(gate.reason)}", width, indent + 2)
        ]
    return lines
