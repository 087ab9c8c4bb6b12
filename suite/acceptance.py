"""What accepting a run would make of the goldens of one model and task: a baseline, in words.

A proposal tells a person what would be accepted and what keeps it from being accepted unasked.
Nothing is written here; the controller does that (`fixtures.acceptance`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from suite.baseline import (
    Baseline,
    Golden,
    conditions_of,
    differing_conditions,
    differing_makers,
    made_with,
)
from suite.compare import same_json
from suite.pairing import find_case_changes
from suite.run import CaseResult, ModelRecord, Selection, differing
from suite.sentences import count_noun, join_some
from suite.tasks import TASKS, is_good

_MARGIN_DIGITS = 3
"""More would move with the processor and show as changes in a review."""


@dataclass(frozen=True, slots=True)
class ProposedFlip:
    """A case whose verdict, overall or by a metric, is another one than its golden's."""

    case_id: str
    then: str
    """`passed`, or the reason why it did not pass."""
    now: str
    metrics: tuple[str, ...] = ()
    """Those that flipped the same way, in the order of the reports."""

    def __str__(self) -> str:
        """Return it for a list, such as `c03: then passed, now no_json (format_success_rate)`."""
        metrics = f" ({', '.join(self.metrics)})" if self.metrics else ""
        return f"{self.case_id}: then {self.then}, now {self.now}{metrics}"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What accepting a run would change in the goldens of one model and task; ids are sorted."""

    is_first: bool
    """There is no baseline: everything is new."""
    texts: int
    """Answers, of cases that did not change, with another text than their golden."""
    objects: int
    """Of them or beside them: with another parsed object."""
    numeric: int
    """Of the texts: where two leading tokens swapped below the noise."""
    broke: tuple[ProposedFlip, ...]
    """A case that broke by one metric and was fixed by another broke."""
    fixed: tuple[ProposedFlip, ...]
    new: tuple[str, ...]
    changed: tuple[str, ...]
    """Their content is not what the golden answered, so the verdicts are not compared."""
    removed: tuple[str, ...]
    silent: tuple[str, ...]
    """Without a verdict in this run: what was accepted of them stays."""


def propose(old: Baseline | None, results: Sequence[CaseResult], selection: Selection) -> Proposal:
    """Compare what a run answered with what was accepted before, case by case.

    Args:
        old: What was accepted before.
        results: Of one model and task.
        selection: Of the same; tells the cases of the file.
    """
    broke, fixed = [], []
    texts = objects = numeric = 0
    for result in results:
        golden = old.golden(result.case_id, result.case_hash) if old else None
        if golden is None or result.score is None or result.generation is None:
            continue
        texts += result.generation.text != golden.text
        objects += not same_json(result.score.document, golden.document)
        numeric += result.cause == "numeric"
        worse, better = _find_flips(result, golden)
        if worse is not None:
            broke.append(worse)
        elif better is not None:
            fixed.append(better)
    judged = [result for result in results if result.score is not None]
    changes = find_case_changes(old, judged, selection) if old else None
    return Proposal(
        is_first=old is None,
        texts=texts,
        objects=objects,
        numeric=numeric,
        broke=tuple(sorted(broke, key=lambda flip: flip.case_id)),
        fixed=tuple(sorted(fixed, key=lambda flip: flip.case_id)),
        new=changes.new if changes else tuple(sorted(result.case_id for result in judged)),
        changed=changes.changed if changes else (),
        removed=changes.removed if changes else (),
        silent=tuple(sorted(result.case_id for result in results if result.score is None)),
    )


def refuse(
    proposal: Proposal, accept_regressions: bool = False, accept_removed: bool = False
) -> str | None:
    """Return why a proposal may not be accepted unasked, None: it may."""
    parts = []
    if proposal.broke and not accept_regressions:
        ids = join_some([flip.case_id for flip in proposal.broke])
        noun = "verdict" if len(proposal.broke) == 1 else "verdicts"
        parts.append(
            f"{len(proposal.broke)} {noun} broke ({ids}); mend it, or accept that it is worse: "
            "pytest --snapshot-update --accept-regressions"
        )
    if proposal.removed and not accept_removed:
        parts.append(
            f"gone from the case file: {join_some(proposal.removed)}; if meant: "
            "pytest --snapshot-update --accept-removed"
        )
    return "; ".join(parts) or None


def describe_proposal(proposal: Proposal) -> str:
    """Return what would be accepted in one line, with every count that says something."""
    if proposal.is_first:
        return _append(
            f"{count_noun(len(proposal.new), 'answer')}, the first to be accepted", proposal
        )
    swapped = f" ({proposal.numeric} of them numeric)" if proposal.numeric else ""
    said = (
        f"{count_noun(proposal.texts, 'text')} changed{swapped}, "
        f"{count_noun(proposal.objects, 'object')} changed, "
        f"verdicts: {len(proposal.fixed)} fixed, {len(proposal.broke)} broke"
    )
    return _append(said, proposal)


def accept(
    old: Baseline | None,
    results: Sequence[CaseResult],
    selection: Selection,
    record: ModelRecord,
    accept_removed: bool = False,
) -> Baseline:
    """Return the baseline with what a run answered in place of the old answers.

    Cases that were not run or got no verdict keep their goldens. The head (subject, conditions)
    moves only when no old answer of a present case is left under it; until then what was accepted
    under another head is marked `apart`.

    Args:
        old: What was accepted before.
        results: Of one model and task.
        selection: Of the same; tells the cases of the file.
        record: The model as this run found it.
        accept_removed: Drop goldens of cases that are no longer in the file.
    """
    verdicts = [r for r in results if r.score is not None and r.generation is not None]
    heads_equal = old is not None and not (
        differing(old.subject, record.subject)
        or differing_conditions(old, record)
        or differing_makers(old, record)
        or old.reference_mode != record.reference_mode
    )
    left = (old.goldens.keys() if old else set()) - {result.case_id for result in verdicts}
    moves = not left & set(selection.known)
    apart = not (heads_equal or moves)
    goldens = dict(old.goldens) if old else {}
    if accept_removed:
        goldens = {name: golden for name, golden in goldens.items() if name in selection.known}
    goldens |= {result.case_id: _golden(result, apart) for result in verdicts}
    if old is not None and not moves:
        return old.model_copy(update={"goldens": goldens, "version": selection.version})
    return Baseline(
        model=selection.model,
        task=selection.task,
        version=selection.version,
        reference_mode=record.reference_mode,
        subject=record.subject,
        conditions=conditions_of(record, selection.task),
        made_with=made_with(record),
        goldens=goldens,
    )


def _golden(result: CaseResult, apart: bool) -> Golden:
    assert result.score is not None
    assert result.generation is not None
    margin = result.generation.margin
    return Golden(
        case_hash=result.case_hash,
        passed=result.score.passed,
        metrics=result.score.metrics,
        counts=result.score.counts,
        reason=result.score.reason,
        document=result.score.document,
        text=result.generation.text,
        margin=None if margin is None else round(margin, _MARGIN_DIGITS),
        margin_position=result.generation.margin_position,
        near=tuple(tie.rounded() for tie in result.generation.near),
        apart=apart,
    )


def _find_flips(
    result: CaseResult, golden: Golden
) -> tuple[ProposedFlip | None, ProposedFlip | None]:
    """Return how a case broke and how it was fixed, each None where it did not."""
    score = result.score
    assert score is not None
    worse: list[str] = []
    better: list[str] = []
    for metric, direction in TASKS[result.task].metrics.items():
        if direction == "neither" or metric not in golden.metrics:
            continue
        then = is_good(direction, golden.metrics[metric])
        # a score that lacks the metric is bad, as it is to the gates
        now = metric in score.metrics and is_good(direction, score.metrics[metric])
        if then != now:
            (worse if then else better).append(metric)
    words = _word(golden.passed, golden.reason), _word(score.passed, score.reason)
    broke = worse or (golden.passed and not score.passed)
    fixed = better or (score.passed and not golden.passed)
    return (
        ProposedFlip(result.case_id, *words, tuple(worse)) if broke else None,
        ProposedFlip(result.case_id, *words, tuple(better)) if fixed else None,
    )


def _word(passed: bool, reason: str | None) -> str:
    return "passed" if passed else reason or "no reason given"


def _append(said: str, proposal: Proposal) -> str:
    more = {
        "new": () if proposal.is_first else proposal.new,
        "changed": proposal.changed,
        "removed": proposal.removed,
    }
    parts = [f"{count_noun(len(ids), f'{name} case')}" for name, ids in more.items() if ids]
    if proposal.silent:
        parts.append(f"{len(proposal.silent)} without a verdict")
    return "; ".join([said, *([", ".join(parts)] if parts else [])])
