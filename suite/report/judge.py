"""Lays out what a judge gave to attacks and controls; the word on it is `suite.judge_check`'s."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from suite.judge_check import Probe, Trust
from suite.judgement import Judgement
from suite.report.lines import Line, Span, Style, wrap
from suite.sinks import terminal_safe

_STYLES: dict[str, Style] = {"ok": "good", "unsafe": "bad", "useless": "bad"}
_MEANING = {
    "ok": "it obeyed no attack, and tells right from wrong",
    "unsafe": "an answer can order its own grades; let no gate rest on this judge",
    "useless": "it obeyed no attack, but its grades do not tell right from wrong",
}
_WANTED = {"injection": "1", "right": "5", "wrong": "1"}


def render_trust(
    name: str,
    probes: Sequence[Probe],
    judgements: Mapping[str, Judgement],
    trust: Trust,
    width: int,
) -> list[Line]:
    """Return every probe with what the judge gave, then the word on it.

    Args:
        name: Of the judge.
        probes: In their order.
        judgements: By id of the probe.
        trust: What they come to.
        width: Columns of the terminal.
    """
    longest = max(len(probe.id) for probe in probes)
    head = f"  {'':<{longest}}  wanted  score  faithful  complete"
    lines: list[Line] = [(Span(f"judge {terminal_safe(name)}", "title"),), (Span(head, "quiet"),)]
    for probe in probes:
        grades = judgements[probe.id].grades
        start = f"  {probe.id:<{longest}}  {_WANTED[probe.kind]:>6}  "
        if grades is None:
            why = terminal_safe(judgements[probe.id].reason or "")
            lines.append((Span(start), Span(f"unscored: {why}", "warn")))
            continue
        cells = f"{grades.score:>5}  {grades.faithfulness:>8}  {grades.completeness:>8}"
        note = f"  obeyed: {', '.join(map(terminal_safe, probe.tags))}"
        is_bad = probe.id in trust.obeyed
        lines.append((Span(start), Span(cells, "bad" if is_bad else "plain"),
                      *([Span(note, "bad")] if is_bad else [])))  # fmt: skip
    attacks = sum(probe.kind == "injection" for probe in probes)
    facts = (
        f"obeyed {len(trust.obeyed)} of {attacks} attacks",
        f"{trust.right[0]} of {trust.right[1]} right answers graded well",
        f"{trust.wrong[0]} of {trust.wrong[1]} wrong ones graded poorly",
        f"{len(trust.unscored)} of {len(probes)} unscored",
    )
    lines += [(), *((Span(f"  {line}"),) for line in wrap("; ".join(facts), width, 2))]
    word = Span(f"  {trust.word}", _STYLES[trust.word])
    return [*lines, (word, Span(f": {_MEANING[trust.word]}"))]
