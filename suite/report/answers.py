"""Lays out how answers differ from their goldens, and what an acceptance would change.

The rest of the report is `suite.report`. Nothing is compared here: results and proposals come
decided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from suite.acceptance import Proposal, ProposedFlip, describe_proposal
from suite.baseline import Baseline, differing_makers, made_with
from suite.near_ties import NUMERIC
from suite.report.lines import Line, Span, Style, wrap
from suite.run import CaseResult, ModelRecord
from suite.sentences import join_some
from suite.sinks import terminal_safe


def render_answers(results: Sequence[CaseResult], width: int) -> list[Line]:
    """Return how many answers are not their goldens', and which of them noise explains.

    Args:
        results: Of one model and task.
        width: Columns of the terminal.
    """
    counts = []
    if known := sum(result.change == "known failure" for result in results):
        counts.append(f"known failures {known}")
    for answer in ("object differs", "text differs"):
        found = [result for result in results if result.answer == answer]
        if found:
            counts.append(f"{answer} though both pass {len(found)}")
    lines: list[Line] = [(Span(f"    {', '.join(counts)}", "quiet"),)] if counts else []
    causes = Counter(result.cause for result in results if result.cause is not None)
    if causes:
        said = ", ".join(f"{count} {cause}" for cause, count in sorted(causes.items()))
        lines.append((Span(f"    answers that are not their goldens': {said}", "quiet"),))
    if numeric := sorted(result.case_id for result in results if result.cause == "numeric"):
        text = f"{NUMERIC}: {join_some(numeric)}"
        lines += [(Span(f"    {line}", "warn"),) for line in wrap(text, width, 4)]
    return lines


def describe_makers(baseline: Baseline, record: ModelRecord) -> str:
    """Return what other device, architecture or torch made the goldens, empty where none did."""
    here = made_with(record)
    pairs = [
        f"{name} {baseline.made_with.get(name, 'none')}, here {here.get(name, 'none')}"
        for name in differing_makers(baseline, record)
    ]
    return "; ".join(pairs)


def render_proposals(proposals: Sequence[tuple[str, str, Proposal]], width: int) -> list[Line]:
    """Return what an acceptance would change, per model and task, every broken verdict named.

    Args:
        proposals: With the model and the task of each.
        width: Columns of the terminal.
    """
    lines: list[Line] = [(Span("what --snapshot-update would accept", "title"),)]
    for model, task, proposal in proposals:
        head = f"  {terminal_safe(model)}, {terminal_safe(task)}: "
        style: Style = "warn" if proposal.broke or proposal.removed else "plain"
        first, *rest = wrap(describe_proposal(proposal), width, len(head))
        lines.append((Span(head), Span(first, style)))
        lines += [(Span(" " * len(head)), Span(line, style)) for line in rest]
        lines += [_render_flip("broke", flip, "bad") for flip in proposal.broke]
        lines += [_render_flip("fixed", flip, "good") for flip in proposal.fixed]
        if proposal.removed:
            text = f"removed {join_some(proposal.removed)}"
            lines += [(Span(f"    {line}", "warn"),) for line in wrap(text, width, 4)]
    return lines


def _render_flip(word: str, flip: ProposedFlip, style: Style) -> Line:
    return Span(f"    {word} ", style), Span(terminal_safe(str(flip)))
