"""Gathers the cases that a reader of the page has to look at, what broke first, with their diffs.

What is a flip was settled before; here they are only ordered, counted and put side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from suite.baseline import Baseline
from suite.case import Case
from suite.pairing import find_case_changes
from suite.report.diff import Diff, Piece, Side, diff_texts
from suite.run import CaseResult, Cause, Run

Tone = Literal["bad", "good", "warn"]

_MOST_DIFFS = 60
"""Of all groups together; the table of cases holds the rest."""
_LONGEST_PROMPT = 4000


@dataclass(frozen=True, slots=True)
class Flip:
    """One case that changed."""

    model: str
    task: str
    case_id: str
    reason: str
    """Of the failure, now or in the baseline."""
    cause: Cause | None
    """Why the answer is not its golden's."""
    tags: tuple[str, ...]
    message: str
    detail: str
    prompt: str
    diff: Diff
    """Its old side is empty where there is no golden."""
    has_golden: bool


@dataclass(frozen=True, slots=True)
class FlipGroup:
    """All cases that changed in one way."""

    name: str
    """As the table of cases files them, where it does."""
    meaning: str
    tone: Tone
    total: int
    flips: tuple[Flip, ...]
    """The first of them."""
    ids: tuple[str, ...] = ()
    """Instead of flips, where there is nothing to show side by side."""


_GROUPS: tuple[tuple[str, str, Tone, Callable[[CaseResult], bool]], ...] = (
    ("no verdict", "engine, harness or schema failed", "bad", lambda r: r.score is None),
    ("broke", "passed in the baseline, fails now", "bad", lambda r: r.change == "broke"),
    ("new failure", "fails, and nothing was accepted yet", "bad", lambda r: _is_new(r)),
    (
        "object differs",
        "both pass, with other data",
        "warn",
        lambda r: r.answer == "object differs",
    ),
    ("text differs", "both pass, with the same data", "warn", lambda r: r.answer == "text differs"),
    ("fixed", "failed in the baseline, passes now", "good", lambda r: r.change == "fixed"),
)


def find_flip_groups(
    run: Run,
    baselines: Mapping[tuple[str, str], Baseline],
    cases: Mapping[tuple[str, str], Case],
) -> list[FlipGroup]:
    """Return the groups that are not empty, the most urgent first.

    Args:
        run: Its results.
        baselines: By model and task, as they were before the run.
        cases: By task and id, as far as they are at hand.
    """
    left = _MOST_DIFFS
    groups = []
    for name, meaning, tone, belongs in _GROUPS:
        found = [result for result in run.results if belongs(result)]
        shown = tuple(_make_flip(result, baselines, cases) for result in found[:left])
        left -= len(shown)
        if found:
            groups.append(FlipGroup(name, meaning, tone, len(found), shown))
    return groups + _find_moved_cases(run, baselines)


def _is_new(result: CaseResult) -> bool:
    return result.change == "new failure" and result.score is not None


def _make_flip(
    result: CaseResult,
    baselines: Mapping[tuple[str, str], Baseline],
    cases: Mapping[tuple[str, str], Case],
) -> Flip:
    baseline = baselines.get((result.model, result.task))
    golden = baseline.golden(result.case_id, result.case_hash) if baseline else None
    case = cases.get((result.task, result.case_id))
    score = result.score
    now = score.reason if score else None
    text = result.generation.text if result.generation else ""
    return Flip(
        model=result.model,
        task=result.task,
        case_id=result.case_id,
        reason=now or (golden.reason if golden else None) or "",
        cause=result.cause,
        tags=case.tags if case else (),
        message=result.message[:_LONGEST_PROMPT],
        detail=score.detail[:_LONGEST_PROMPT] if score else "",
        prompt=case.prompt_text[:_LONGEST_PROMPT] if case else "",
        diff=diff_texts(golden.text, text) if golden else _show_alone(text),
        has_golden=golden is not None,
    )


def _show_alone(text: str) -> Diff:
    """Return a text that there is nothing to compare with."""
    new = diff_texts(text, text).new
    return Diff(Side(()), Side(tuple(Piece(each.text, False) for each in new.pieces), 0, new.after))


def _find_moved_cases(run: Run, baselines: Mapping[tuple[str, str], Baseline]) -> list[FlipGroup]:
    """Return the cases that cannot be paired, by name only."""
    found: dict[str, list[str]] = {"new case": [], "changed case": [], "removed case": []}
    several = len(run.models) > 1
    for selection in run.selections:
        baseline = baselines.get((selection.model, selection.task))
        if baseline is None or not selection.is_suite:
            continue
        changes = find_case_changes(baseline, run.of(selection.model, selection.task), selection)
        ids: Sequence[Sequence[str]] = (changes.new, changes.changed, changes.removed)
        for name, each in zip(found, ids, strict=True):
            found[name] += [
                f"{each_id} ({selection.model})" if several else each_id for each_id in each
            ]
    meaning = {
        "new case": "not in the baseline, so not compared",
        "changed case": "its content is not what was accepted, so not compared",
        "removed case": "in the baseline and no longer in the case file",
    }
    return [
        FlipGroup(name, meaning[name], "warn", len(ids), (), tuple(ids[:200]))
        for name, ids in found.items()
        if ids
    ]
