"""Turns one row of a recording, or of another program's output file, into a record of ours.

Each function raises KeyError for a field that is missing and ValueError for one that is wrong;
files and line numbers are the business of `suite.recording_files`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from suite.generation import Generation
from suite.recording import Recorded, case_id_of
from suite.records import build
from suite.tasks import TASKS

TEXT_FIELDS = ("text", "output")
"""Where plain JSONL has the answer, the first that is there, when nothing else is asked for."""
ID_FIELD = "id"
_NUMBERS = (
    "prompt_tokens",
    "completion_tokens",
    "elapsed_s",
    "margin",
    "margin_position",
    "latency_s",
    "first_token_s",
    "cost_usd",
)
_LARGEST = 2**53
"""Up to here a number is exact in the JSON of every program (RFC 8259, section 6)."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fields:
    """Where other people's rows have what; None: where their format has it."""

    id: str | None = None
    text: str | None = None


def read_own(row: Row, line: int) -> Recorded:
    """Read a line of `samples.jsonl` or of a recording file."""
    task, case_id, case_hash = row["task"], row["case_id"], row["case_hash"]
    for name, value in (("task", task), ("case_id", case_id)):
        if not isinstance(value, str):
            raise ValueError(f"{name}: expected a string, got {value!r:.80}")
    if case_hash is not None and not isinstance(case_hash, str):
        raise ValueError(f"case_hash: expected a string, got {case_hash!r:.80}")
    repeat = row.get("repeat", 1)
    if not isinstance(repeat, int) or isinstance(repeat, bool) or repeat < 1:
        raise ValueError(f"repeat: expected a whole number from 1, got {repeat!r:.80}")
    data = row["generation"]
    if data is None:
        message = str(row.get("message") or "no reason was recorded")
        return Recorded(case_id, line, task, case_hash, None, message, repeat)
    if not isinstance(data, dict):
        raise ValueError(f"generation: expected an object, got {data!r:.80}")
    return Recorded(case_id, line, task, case_hash, _read_generation(data), repeat=repeat)


def _read_generation(data: Row) -> Generation:
    known = {name: data[name] for name in Generation.__slots__ if data.get(name) is not None}
    found = build(Generation, {"finish_reason": "stop", **known})
    numbers = {name: getattr(found, name) or 0 for name in _NUMBERS}
    for index, tie in enumerate(found.near):
        numbers |= {f"near[{index}].{name}": getattr(tie, name) for name in ("position", "margin")}
    for name, value in numbers.items():
        # a completion of one possible token leads by infinity; comparing with NaN is false
        if not (0 <= value <= _LARGEST or (name == "margin" and value == math.inf)):
            raise ValueError(f"{name}: expected a number from 0 to 2**53, got {value!r:.80}")
    _check_probabilities(found)
    return found


def _check_probabilities(generation: Generation) -> None:
    shares = [each.probability for each in generation.label_probabilities]
    if not all(0 <= share <= 1 for share in shares) or sum(shares) > 1 + 1e-6:  # roundings
        raise ValueError(
            f"label_probabilities: expected numbers from 0 to 1 that sum to at most 1, got {shares}"
        )


def read_plain(row: Row, line: int, fields: Fields) -> Recorded:
    """Read a row of plain JSONL: an id and a text."""
    given, task = row[fields.id or ID_FIELD], row.get("task")
    present = [name for name in TEXT_FIELDS if name in row]
    name = fields.text or (present[0] if present else "' or '".join(TEXT_FIELDS))
    reason = row.get("finish_reason")
    return Recorded(
        _check_id(given, fields.id or ID_FIELD),
        line,
        task=task if isinstance(task, str) and task in TASKS else None,
        generation=Generation(
            _check_text(row[name], name),
            # other programs have other words; what is not a cut is an end
            "length" if reason == "length" else "stop",
        ),
    )


def read_lm_eval(row: Row, line: int, fields: Fields) -> Recorded:
    """Read a line of lm-eval's samples, whose `resps` are the answers before any filter."""
    doc = row.get("doc")
    inside: Row = doc if isinstance(doc, dict) else {}
    name = fields.id or (ID_FIELD if ID_FIELD in inside else "doc_id")
    case_id = _check_id(inside[name] if name in inside else row[name], name)
    if fields.text is not None:
        found = row if fields.text in row else inside
        text = _check_text(found[fields.text], fields.text)
    else:
        answers = completions_of(row)
        text = _check_text(answers[0] if answers else None, "resps[0][0]")
    return Recorded(case_id, line, generation=Generation(text, "stop"))


def completions_of(row: Row) -> list[Any]:
    """Return the completions of a line of lm-eval's samples: one, unless the task repeats."""
    answers = row["resps"][0] if isinstance(row["resps"], list) and row["resps"] else []
    return answers if isinstance(answers, list) else [answers]


def _check_id(given: Any, name: str) -> str:
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise ValueError(f"{name}: expected a string or a whole number, got {given!r:.80}")
    return case_id_of(given)


def _check_text(text: Any, name: str) -> str:
    if not isinstance(text, str):
        raise ValueError(f"{name}: expected a text, got {text!r:.80}")
    return text
