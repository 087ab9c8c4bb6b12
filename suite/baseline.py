"""The accepted answers of one model to one task: goldens, which together are the baseline.

One file per model and task, `goldens/<model>/<task>.json`, sorted and readable, so that a review
shows what a retraining changed. No times, hosts or commits are in it. Deciding whether a change is
tolerable is the business of `suite.gates` and of the outcomes table, not of this module.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    SkipValidation,
    ValidationError,
)

from suite.compare import same_json
from suite.errors import InputError, describe_problems
from suite.near_ties import NearTie, read_near_tie
from suite.run import Answer, ModelRecord, differing
from suite.score import Count
from suite.tasks import TASKS
from suite.whole_file import json_text, write_whole


def _read_near(value: Any) -> Any:
    return read_near_tie(value) if isinstance(value, str) else value


def _check_text(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError(f"expected a string, got {type(value).__name__}")
    return value


NearTieText = Annotated[NearTie, BeforeValidator(_read_near), PlainSerializer(str)]
"""A line in the file."""


def _read_count(value: Any) -> Count:
    if not (isinstance(value, list | tuple) and [type(each) for each in value] == [int, int]):
        raise ValueError(f"expected how many are right and of how many, got {value!r:.80}")
    return Count(*value)


CountPair = Annotated[Count, PlainValidator(_read_count)]
"""A list of two in the file."""


class Golden(BaseModel):
    """The accepted answer of one case by one model."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    case_hash: str
    """Content hash of the case it answers; a golden of another hash is not compared."""
    passed: bool
    metrics: dict[str, int]
    counts: dict[str, CountPair] = {}
    """Of the counted metrics, such as `field_accuracy: [3, 4]`."""
    reason: str | None = None
    document: Any = None
    # pydantic's own check refuses lone surrogates
    text: Annotated[SkipValidation[str], BeforeValidator(_check_text)]
    margin: float | None = None
    """Smallest top-1 minus top-2 logit: how near the answer is to another."""
    margin_position: int | None = None
    near: Annotated[tuple[NearTieText, ...], Field(strict=False)] = ()
    """Every margin under ten times the noise of the machine that made it."""
    apart: bool = False
    """Accepted alone, from another subject or conditions than the head of the file names."""

    def compare(self, document: Any, text: str) -> Answer:
        """Compare an answer with this one, the parsed object first."""
        if not same_json(document, self.document):
            return "object differs"
        return "same" if text == self.text else "text differs"


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
    made_with: dict[str, str] = {}
    """Device kind, processor architecture and torch version: where they are other ones, texts need
    not be equal byte for byte. Empty: unknown, or nothing depends on them; taken for equal."""
    goldens: dict[str, Golden]
    """By case id."""

    def golden(self, case_id: str, case_hash: str) -> Golden | None:
        """Return the golden of a case, None when there is none or the case has changed since."""
        golden = self.goldens.get(case_id)
        return golden if golden is not None and golden.case_hash == case_hash else None


def baseline_path(folder: Path, model: str, task: str) -> Path:
    """Return where the baseline of a model and task lies below the goldens folder."""
    return folder / model / f"{task}.json"


def anchor_path(folder: Path, model: str, task: str) -> Path:
    """Return where the anchor of a model and task lies: a baseline that acceptance leaves alone."""
    return folder / model / "anchor" / f"{task}.json"


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
    return parse_baseline(text, path)


def parse_baseline(text: str, path: Path) -> Baseline:
    """Read the text of a baseline; `path` is what messages call it.

    Raises:
        InputError: It is no JSON, or has other keys or types than a baseline has.
    """
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
    except (ValueError, RecursionError) as error:  # of numbers too long and arrays too deep
        raise InputError(f"{path}: not JSON: {error}") from None


def check_owner(baseline: Baseline, path: Path, model: str, task: str) -> Baseline:
    """Return a baseline that is of this model and task.

    Raises:
        InputError: It was accepted for others, so a file was copied, moved or linked here.
    """
    problems = [
        f"{path}: {field}: expected {asked!r}, as the path says, got {found!r}; restore it from "
        "git, or make it anew: pytest --snapshot-update"
        for field, asked, found in (
            ("model", model, baseline.model),
            ("task", task, baseline.task),
        )
        if found != asked
    ]
    if problems:
        raise InputError(problems)
    return baseline


def baseline_text(baseline: Baseline, indent: int | None = 2) -> str:
    """Return the text of a baseline's file, cases sorted by id.

    Args:
        baseline: What to write.
        indent: None: on one line, which takes a tenth of the time; for files nobody reads in git.
    """
    data = baseline.model_dump(exclude={"goldens"})
    data["subject"] = _sorted(data["subject"])
    data["conditions"] = _sorted(data["conditions"])
    data["made_with"] = _sorted(data["made_with"])
    if not baseline.made_with:
        del data["made_with"]
    data["goldens"] = {
        case_id: golden.model_dump(exclude=_unsaid(golden))
        for case_id, golden in sorted(baseline.goldens.items())
    }
    return json_text(data, indent) + "\n"


def write_baseline(path: Path, baseline: Baseline) -> bool:
    """Write a baseline whole, cases sorted by id.

    Returns:
        Whether the file changed; an equal one is not touched.
    """
    text = baseline_text(baseline)
    if path.exists() and path.read_bytes() == text.encode():
        return False
    write_whole(path, text)
    return True


_LABELS_READ = {
    "hf": "softmax at the first answer token, one forward pass",
    "api": "logprobs of the server, else the generated label",
    "batch": "logprobs of the server, else the generated label",
}
"""By engine, how a task that has labels gets the answers to its cases."""


def conditions_of(record: ModelRecord, task: str) -> dict[str, Any]:
    """Return the conditions of a model on one task: with how the likelier label is found, if any.

    What an entry says of it comes before what its engine usually does.
    """
    others = {name: value for name, value in record.conditions.items() if name != "labels"}
    usual = _LABELS_READ.get(str(record.conditions.get("engine")))
    how = record.conditions.get("labels", usual)
    if how is None or task not in TASKS or not TASKS[task].labels:
        return others
    return others | {"labels": how}


def differing_conditions(baseline: Baseline, record: ModelRecord) -> list[str]:
    """Return the conditions, nested ones dotted, that forbid a comparison; none: comparable."""
    return differing(baseline.conditions, conditions_of(record, baseline.task))


def is_allowed(field: str, allowed: Iterable[str]) -> bool:
    """Tell whether a dotted condition may differ, by itself or with the whole group it is in."""
    return any(field == each or field.startswith(f"{each}.") for each in allowed)


def is_held(baseline: Baseline, record: ModelRecord) -> bool:
    """Tell whether answers must equal their goldens: same subject, conditions, reference mode."""
    return (
        record.reference_mode
        and not differing(baseline.subject, record.subject)
        and not differing_conditions(baseline, record)
    )


def made_with(record: ModelRecord) -> dict[str, str]:
    """Return what, besides subject and conditions, decides the last bits of a model's logits."""
    device = record.conditions.get("device")
    if device is None:  # a script's answers are the same anywhere
        return {}
    libraries = record.environment.get("libraries") or {}
    facts = {
        "device": device,
        "machine": record.environment.get("machine"),
        "torch": libraries.get("torch"),
    }
    return {name: str(value) for name, value in facts.items() if value is not None}


def differing_makers(baseline: Baseline, record: ModelRecord) -> list[str]:
    """Return what of `made_with` is another here; none: texts can be held byte for byte."""
    return differing(baseline.made_with, made_with(record)) if baseline.made_with else []


def _unsaid(golden: Golden) -> set[str]:
    """Return the fields that most goldens have nothing in, and that their file leaves out."""
    rare = {"counts": golden.counts, "near": golden.near, "apart": golden.apart}
    return {name for name, value in rare.items() if not value}


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return value
