"""Makes recording rows of the answers of a batch, and counts what did not come back.

Reading lines is `suite.batch_format`; the command that prints is `suite.commands.import_`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from suite.batch_format import AskedCase, BatchAnswer, read_answer, read_custom_id
from suite.errors import InputError
from suite.generation import generation_data
from suite.recording import RecordedModel
from suite.recording_files import read_rows

AskedPlace = tuple[str, str]
"""Task and case id."""


@dataclass(slots=True)
class Import:
    """What came of taking answers in."""

    rows: dict[AskedPlace, dict[str, Any]] = field(default_factory=dict)
    """Of the recording: `case_hash`, `generation`, `message`."""
    answered: list[AskedPlace] = field(default_factory=list)
    errors: dict[AskedPlace, str] = field(default_factory=dict)
    """Why there is no answer."""
    missing: list[AskedPlace] = field(default_factory=list)
    """Asked, and no line has come back."""
    unknown: list[str] = field(default_factory=list)
    """Custom ids that were not asked, left out."""
    cut: int = 0
    """Answers that ran out of tokens."""
    tokens: int = 0
    """Of all answers, as the server counted."""

    @property
    def is_complete(self) -> bool:
        """Whether every request has an answer, and every answer a request."""
        return not (self.errors or self.missing or self.unknown)


def read_requests(path: Path) -> dict[AskedPlace, AskedCase]:
    """Return what a batch file asks, by task and case id.

    Raises:
        InputError: It cannot be read, or holds other requests than ours.
    """
    asked: dict[AskedPlace, AskedCase] = {}
    problems = []
    for number, row in read_rows(path):
        found = read_custom_id(str(row.get("custom_id")))
        if found is None:
            what = f"custom_id {row.get('custom_id')!r:.80}"
            problems.append(f"{path}: line {number}: {what}: not written by --requests")
        elif asked.setdefault((found.task, found.case_id), found) != found:
            problems.append(f"{path}: line {number}: {found.case_id} is asked twice, differently")
    if problems:
        raise InputError(problems)
    return asked


def read_answers(paths: Iterable[Path]) -> dict[str, BatchAnswer]:
    """Return the answers of output and error files, by custom id.

    An answer stands above an error of the same request: that is what a second try is for.

    Raises:
        InputError: A file cannot be read, a line is none of a batch, or two answers to one request
            differ.
    """
    answers: dict[str, BatchAnswer] = {}
    problems = []
    for path in paths:
        for number, row in read_rows(path):
            try:
                answer = read_answer(row)
            except ValueError as error:
                problems.append(f"{path}: line {number}: {error}")
                continue
            before = answers.get(answer.custom_id)
            if before is not None and before.generation and answer.generation:
                if before.generation.text != answer.generation.text:
                    problems.append(
                        f"{path}: line {number}: a second, different answer to {answer.custom_id}"
                    )
            elif before is None or answer.generation is not None:
                answers[answer.custom_id] = answer
    if problems:
        raise InputError(problems)
    return answers


def take_in(
    answers: Mapping[str, BatchAnswer],
    asked: Mapping[AskedPlace, AskedCase] | None,
    before: RecordedModel | None = None,
) -> Import:
    """Make rows of answers.

    Args:
        answers: By custom id.
        asked: What the batch file asks; None: whatever its ids say.
        before: What the recording holds already; an answer in it stands above an error.

    Raises:
        InputError: The recording holds another answer to one of the requests.
    """
    found = Import(rows=_rows_of(before))
    problems = []
    for name, answer in answers.items():
        case = read_custom_id(name)
        if case is None or (asked is not None and asked.get((case.task, case.case_id)) != case):
            found.unknown.append(name)
            continue
        place = case.task, case.case_id
        row = _row(case, answer)
        old = found.rows.get(place)
        if old is not None and old["generation"] is not None:
            if answer.generation is not None and not _same(old, row):
                problems.append(
                    f"{case.case_id}: the recording holds another answer; take in into a new file"
                )
            if answer.generation is None:
                continue
        found.rows[place] = row
        if answer.generation is not None:
            found.answered.append(place)
            found.cut += answer.generation.finish_reason == "length"
            found.tokens += answer.generation.completion_tokens
    if problems:
        raise InputError(problems)
    found.errors = {
        place: row["message"] for place, row in found.rows.items() if row["generation"] is None
    }
    found.missing = sorted(place for place in asked or () if place not in found.rows)
    return found


def left_lines(requests: Path, found: Import) -> str:
    """Return the lines of a batch file that have no answer yet, as they stand there."""
    kept = []
    for _, row in read_rows(requests):
        case = read_custom_id(str(row["custom_id"]))
        assert case is not None, row["custom_id"]
        place = case.task, case.case_id
        if place in found.errors or place in found.missing:
            kept.append(json.dumps(row) + "\n")
    return "".join(kept)


def _rows_of(before: RecordedModel | None) -> dict[AskedPlace, dict[str, Any]]:
    rows = {}
    for (task, case_id), each in before.answers.items() if before else ():
        assert task is not None, case_id
        rows[task, case_id] = {
            "case_hash": each.case_hash,
            "generation": generation_data(each.generation) if each.generation else None,
            "message": each.message,
        }
    return rows


def _row(case: AskedCase, answer: BatchAnswer) -> dict[str, Any]:
    return {
        "case_hash": case.case_hash,
        "generation": generation_data(answer.generation) if answer.generation else None,
        "message": answer.message,
    }


def _same(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return bool(
        old["case_hash"] == new["case_hash"]
        and old["generation"]["text"] == new["generation"]["text"]
    )
