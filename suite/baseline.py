"""The accepted answers of one model to one task: goldens, which together are the baseline.

One file per model and task, `goldens/<model>/<task>.json`, sorted and readable, so that a review
shows what a retraining changed. No times, hosts or commits are in it. Deciding whether a change is
tolerable is the business of `suite.gates` and of the outcomes table, not of this module.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, SkipValidation, ValidationError

from suite.errors import InputError, describe_problems
from suite.run import CaseResult, ModelRecord, Selection, differing
from suite.scorers import Direction, is_good
from suite.whole_file import json_text, write_whole

_MARGIN_DIGITS = 3
"""More would move with the processor and show as changes in a review."""


class Golden(BaseModel):
    """The accepted answer of one case by one model."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    case_hash: str
    """Content hash of the case it answers; a golden of another hash is not compared."""
    passed: bool
    metrics: dict[str, int]
    reason: str | None = None
    document: Any = None
    text: SkipValidation[str]  # pydantic's own check refuses lone surrogates
    margin: float | None = None
    """Smallest top-1 minus top-2 logit: how near the answer is to another."""
    margin_position: int | None = None
    apart: bool = False
    """Accepted alone, from another subject or conditions than the head of the file names."""


class Baseline(BaseModel):
    """All goldens of one model and task."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    model: str
    task: str
    version: int
    """Of the task when it was accepted."""
    reference_mode: bool
    """Whether its answers can be reproduced byte for byte."""
    subject: dict[str, Any]
    conditions: dict[str, Any]
    goldens: dict[str, Golden]
    """By case id."""

    def golden(self, case_id: str, case_hash: str) -> Golden | None:
        """Return the golden of a case, None when there is none or the case has changed since."""
        golden = self.goldens.get(case_id)
        return golden if golden is not None and golden.case_hash == case_hash else None


@dataclass(frozen=True, slots=True)
class Pairing:
    """The same cases judged in the baseline and now, by one metric."""

    n: int
    broke: tuple[str, ...]
    """Ids, sorted: good in the baseline, bad or without a verdict now."""
    fixed: tuple[str, ...]
    good_then: int
    """Cases that were good in the baseline."""
    differences: tuple[int, ...] | None = None
    """Per cluster, those that broke minus those fixed; None where no two cases share a cluster."""

    @property
    def good_now(self) -> int:
        """Cases that are good now."""
        return self.good_then - len(self.broke) + len(self.fixed)


@dataclass(frozen=True, slots=True)
class CaseChanges:
    """Cases that cannot be paired, ids sorted."""

    new: tuple[str, ...]
    """Selected and not in the baseline."""
    changed: tuple[str, ...]
    """Their content is not what the golden answered."""
    removed: tuple[str, ...]
    """In the baseline and no longer in the case file."""


def baseline_path(folder: Path, model: str, task: str) -> Path:
    """Return where the baseline of a model and task lies below the goldens folder."""
    return folder / model / f"{task}.json"


def read_baseline(path: Path) -> Baseline | None:
    """Read a baseline, None where there is no file.

    Raises:
        InputError: It cannot be read, is no JSON, or has other keys or types than a baseline has.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason} at byte {error.start})") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        return Baseline.model_validate(json.loads(text))
    except json.JSONDecodeError as error:
        hint = " It holds a merge conflict." if "<<<<<<<" in text else ""
        raise InputError(
            f"{path}: line {error.lineno}: not JSON: {error.msg}.{hint} "
            "Restore it from git, or make it anew: pytest --snapshot-update"
        ) from None
    except ValidationError as error:
        raise InputError(describe_problems(error, Baseline, f"{path}: ")) from None


def write_baseline(path: Path, baseline: Baseline) -> bool:
    """Write a baseline whole, cases sorted by id.

    Returns:
        Whether the file changed; an equal one is not touched.
    """
    data = baseline.model_dump(exclude={"goldens"})
    data["subject"] = _sorted(data["subject"])
    data["conditions"] = _sorted(data["conditions"])
    data["goldens"] = {
        case_id: golden.model_dump(exclude=None if golden.apart else {"apart"})
        for case_id, golden in sorted(baseline.goldens.items())
    }
    text = json_text(data) + "\n"
    if path.exists() and path.read_bytes() == text.encode():
        return False
    write_whole(path, text)
    return True


def differing_conditions(baseline: Baseline, record: ModelRecord) -> list[str]:
    """Return the conditions, nested ones dotted, that forbid a comparison; none: comparable."""
    return differing(baseline.conditions, record.conditions)


def is_held(baseline: Baseline, record: ModelRecord) -> bool:
    """Tell whether answers must equal their goldens: same subject, conditions, reference mode."""
    return (
        record.reference_mode
        and not differing(baseline.subject, record.subject)
        and not differing_conditions(baseline, record)
    )


def pair(
    baseline: Baseline,
    results: Sequence[CaseResult],
    selection: Selection,
    metric: str,
    direction: Direction,
) -> Pairing:
    """Pair selected cases with their goldens by one metric; new and changed ones take no part.

    A case without a result (its worker died), without a verdict, or whose score lacks the metric
    is bad now. A case that names no cluster is a cluster of its own; so is one without a result,
    which only a run has that was stopped.
    """
    by_id = {result.case_id: result for result in results}
    broke, fixed = [], []
    n = good_then = 0
    differences: Counter[tuple[str, bool]] = Counter()
    for case_id in selection.selected:
        golden, result = baseline.goldens.get(case_id), by_id.get(case_id)
        if golden is None or metric not in golden.metrics:
            continue
        if result is not None and result.case_hash != golden.case_hash:
            continue
        n += 1
        then = is_good(direction, golden.metrics[metric])
        value = result.score.metrics.get(metric) if result and result.score else None
        now = value is not None and is_good(direction, value)
        good_then += then
        cluster = result.cluster if result else None
        differences[(cluster, True) if cluster else (case_id, False)] += then - now
        if then and not now:
            broke.append(case_id)
        elif now and not then:
            fixed.append(case_id)
    return Pairing(
        n,
        tuple(sorted(broke)),
        tuple(sorted(fixed)),
        good_then,
        differences=tuple(differences.values()) if len(differences) < n else None,
    )


def find_case_changes(
    baseline: Baseline, results: Sequence[CaseResult], selection: Selection
) -> CaseChanges:
    """Find the cases that are not what the baseline was made of."""
    return CaseChanges(
        new=tuple(sorted(r.case_id for r in results if r.case_id not in baseline.goldens)),
        changed=tuple(
            sorted(
                result.case_id
                for result in results
                if result.case_id in baseline.goldens
                and baseline.goldens[result.case_id].case_hash != result.case_hash
            )
        ),
        removed=tuple(sorted(baseline.goldens.keys() - set(selection.known))),
    )


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
        conditions=record.conditions,
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
        reason=result.score.reason,
        document=result.score.document,
        text=result.generation.text,
        margin=None if margin is None else round(margin, _MARGIN_DIGITS),
        margin_position=result.generation.margin_position,
        apart=apart,
    )


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return value
