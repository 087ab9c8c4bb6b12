"""The records of a recording: what a model answered earlier or elsewhere, by case.

Reading its formats is `suite.recording_files`; what a session makes of one is `fixtures.replay`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from suite.case import Case
from suite.case_diff import diff_cases
from suite.generation import Generation
from suite.run import ModelRecord

RecordingKind = Literal["run folder", "recording", "JSONL", "lm-eval samples"]
ENGINE = "replay"
"""The engine of answers of which nobody knows what made them."""
_SHOWN_HASH = 8


@dataclass(frozen=True, slots=True)
class Recorded:
    """One line of a recording."""

    case_id: str
    line: int
    """In its file, from 1."""
    task: str | None = None
    """None: the file does not tell; the id decides."""
    case_hash: str | None = None
    """Of the case as it was asked; None: unknown."""
    generation: Generation | None = None
    """None: the model was asked and gave no answer."""
    message: str = ""
    """Why there is no answer."""
    repeat: int = 1
    """Which time the case was asked."""


@dataclass(frozen=True, slots=True)
class RecordedModel:
    """All that one model answered in a recording."""

    record: ModelRecord | None
    """Subject, conditions and environment as of the recording; None: it has no header."""
    answers: dict[tuple[str | None, str], Recorded]
    """By task and case id, the first of each."""
    repeats: dict[tuple[str | None, str], dict[int, Recorded]] = field(default_factory=dict)
    """Likewise the second and further ones, by their number."""

    def find(self, task: str, case_id: str, repeat: int = 1) -> Recorded | None:
        """Return what was recorded of a case, None when nothing was."""
        if repeat > 1:
            return self.repeats.get((task, case_id), {}).get(repeat)
        found = self.answers.get((task, case_id))
        return self.answers.get((None, case_id)) if found is None else found

    def further(self, task: str, case_id: str) -> list[int]:
        """Return which repeats of a case were recorded besides the first."""
        return sorted(self.repeats.get((task, case_id), ()))

    def missing_facts(self) -> list[str]:
        """Return why the answers are unverified, a phrase each; none: they are what they say."""
        facts = [] if self.record is not None else ["no header says what made the answers"]
        without = sum(answer.case_hash is None for answer in self.answers.values())
        if without:
            facts.append(
                f"{without} of {len(self.answers)} answers have no case hash, so nothing says that "
                "they answer the cases of today"
            )
        return facts


@dataclass(frozen=True, slots=True)
class Recording:
    """What was read of a recording."""

    path: Path
    kind: RecordingKind
    sha256: str
    """Of the file with the answers."""
    models: dict[str, RecordedModel]
    """By name; the empty name where the file has none."""
    notes: tuple[str, ...] = ()
    """What a reader of the results must know of the reading, a sentence each."""


def describe_model(recording: Recording, model: RecordedModel) -> ModelRecord:
    """Return the record of a replayed model: the recording's own, and what is unverified in it."""
    notes = [f"replayed from {recording.path} ({recording.kind}); nothing was generated"]
    notes += recording.notes
    facts = model.missing_facts()
    record = model.record or ModelRecord(
        subject={"recording": recording.sha256}, conditions={"engine": ENGINE}
    )
    if facts:
        why = f"unverified: {'; '.join(facts)}"
        notes.append(f"{why}; never goldens, and comparisons are inconclusive")
        record = replace(
            record,
            conditions=record.conditions | {"verified": False},
            reference_mode=False,
            golden_refusal=why,
        )
    # those of an earlier replay that this recording is the run of stand for themselves
    return replace(record, notes=tuple(dict.fromkeys([*record.notes, *notes])))


def find_miss(
    model: RecordedModel, case: Case, repeat: int = 1, asked: Case | None = None
) -> str | None:
    """Return why a case cannot be replayed, None when it can.

    Args:
        model: What was recorded.
        case: As it is today.
        repeat: Which of its answers.
        asked: As it was put to the model, where that is known, to say what changed.
    """
    found = model.find(case.task, case.id, repeat)
    if found is None:
        which = f", repeat {repeat}" if repeat > 1 else ""
        return f"{case.task}/{case.id}{which}: not in the recording"
    if found.case_hash is None or found.case_hash == case.hash:
        return None
    start = f"{case.task}/{case.id}: the case has changed since it was recorded (line {found.line})"
    if asked is not None and asked.hash == found.case_hash:
        return f"{start}: {diff_cases(asked, case).sentence}"
    then, now = found.case_hash[:_SHOWN_HASH], case.hash[:_SHOWN_HASH]
    return (
        f"{start}: hash {then} then, {now} now; the hash covers prompt, schema, expected answer "
        "and scorer version"
    )


def case_id_of(given: Any) -> str:
    """Return an id of other people as the case id that `suite.case_files` makes of it."""
    return re.sub(r"[^a-z0-9_]+", "_", str(given).lower())


def index_answers(
    record: ModelRecord | None, rows: Iterable[Recorded]
) -> tuple[RecordedModel, list[str]]:
    """Return the answers of a model, and a phrase for each id that stands there twice."""
    model = RecordedModel(record, {})
    doubles = []
    for row in rows:
        place = row.task, row.case_id
        if row.repeat > 1:
            first = model.repeats.setdefault(place, {}).setdefault(row.repeat, row)
        else:
            first = model.answers.setdefault(place, row)
        if first is not row:
            doubles.append(f"id {row.case_id!r} of line {row.line} is also in line {first.line}")
    return model, doubles
