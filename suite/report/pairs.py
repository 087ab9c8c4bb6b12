"""Lays out the comparison of two runs for a terminal; computing it is `suite.run_pairs`."""

from __future__ import annotations

from suite.rates import Rate
from suite.regression import Comparison
from suite.report.lines import Line, Span, Style, wrap
from suite.run import Run
from suite.run_pairs import RunPair
from suite.score import Count
from suite.sentences import join_some
from suite.sinks import terminal_safe
from suite.stats_cluster import MIN_CLUSTERS

_ARROWS = {"higher": "↑", "lower": "↓", "neither": " "}


def render_pairs(then: Run, now: Run, pairs: list[RunPair], width: int = 80) -> list[Line]:
    """Return the lines of a comparison: per task and model a table of metrics, then the flips."""
    head = f"{terminal_safe(then.id)} → {terminal_safe(now.id)}"
    lines: list[Line] = [(Span("compare  ", "title"), Span(head))]
    for each in pairs:
        lines += [(), *_render_pair(each, width)]
    return lines


def _render_pair(each: RunPair, width: int) -> list[Line]:
    one, two = map(terminal_safe, each.models)
    name = one if one == two else f"{one} → {two}"
    n = each.comparisons[0].pairing.n
    weights = f"other weights ({', '.join(each.subject)})" if each.subject else "same weights"
    lines: list[Line] = [
        (Span(f"{each.task}  {name}", "title"), Span(f"  {n} cases in both, {weights}", "quiet"))
    ]
    if each.conditions:
        why = f"INCONCLUSIVE: conditions differ: {join_some(each.conditions)}"
        lines += [(Span(f"  {part}", "warn"),) for part in wrap(terminal_safe(why), width, 2)]
    if not n:
        lines.append((Span("  INCONCLUSIVE: no case is the same in both", "warn"),))
    for comparison in each.comparisons if n else ():
        lines += _render_metric(comparison, width)
    for then, now in each.counted:
        lines.append((Span(f"  {then.metric} {_ARROWS[then.direction]}".rstrip()),))
        lines.append((Span(f"    {then} → {now}"),))
    if any(comparison.p is not None for comparison in each.comparisons):
        clustered = each.comparisons[0].pairing.differences is not None
        test = "cluster sign-flip test" if clustered else "exact McNemar test"
        note = f"p: one-sided {test} that the second run is worse, not adjusted for several metrics"
        lines += [(Span(f"  {part}", "quiet"),) for part in wrap(note, width, 2)]
    for label, ids in (
        ("only in the first", each.only[0]),
        ("only in the second", each.only[1]),
        ("changed between the runs", each.changed),
    ):
        if ids:
            text = f"{label} {len(ids)}: {join_some(ids)}"
            lines += [(Span(f"  {part}", "warn"),) for part in wrap(text, width, 2)]
    return lines


def _find_rate(comparison: Comparison, side: int) -> Rate:
    """Return the rate over the cases of both runs, in the first (0) or the second (1)."""
    pairing, way = comparison.pairing, comparison.direction
    clusters = pairing.clusters[side] if pairing.clusters else ()
    good = pairing.good_now if side else pairing.good_then
    if way == "lower":
        good, clusters = pairing.n - good, tuple(Count(of - n, of) for n, of in clusters)
    return Rate(comparison.metric, way, good, pairing.n, 0, clusters=clusters)


def _render_metric(comparison: Comparison, width: int) -> list[Line]:
    pairing, way = comparison.pairing, comparison.direction
    rates = [_find_rate(comparison, side) for side in (0, 1)]
    start = f"  {comparison.metric} {_ARROWS[way]}".rstrip()
    lines: list[Line] = [(Span(start),), (Span(f"    {rates[0]} → {rates[1]}"),)]
    if way == "neither":
        return lines
    flips = f"    {len(pairing.broke)} broke, {len(pairing.fixed)} fixed"
    clusters = pairing.differences
    if comparison.p is not None:
        units = f" in {len(clusters)} clusters" if clusters is not None else ""
        flips += f"{units}, p = {comparison.p:.2g}"
    elif clusters is not None and len(clusters) < MIN_CLUSTERS:
        flips += f", INCONCLUSIVE: {len(clusters)} clusters, a verdict wants {MIN_CLUSTERS}"
    lines.append((Span(flips),))
    found: tuple[tuple[str, tuple[str, ...], Style], ...] = (
        ("broke", pairing.broke, "bad"),
        ("fixed", pairing.fixed, "good"),
    )
    for label, ids, style in found:
        head = f"    {label}: "
        for index, part in enumerate(wrap(", ".join(ids), width, len(head))):
            lead = Span(head, style) if index == 0 else Span(" " * len(head))
            lines.append((lead, Span(part)))
    return lines
