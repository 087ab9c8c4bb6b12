"""Reads and writes recordings; all errors of a file at once.

A recording is a run folder (`run.json` and `samples.jsonl`), one file with a header line, or, as
unverified, plain JSONL and lm-eval's `samples_*.jsonl`. Nothing here judges an answer or knows
which cases there are.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from suite.errors import InputError, unknown
from suite.recording import Recorded, RecordedModel, Recording, index_answers
from suite.recording_rows import (
    Fields,
    Row,
    completions_of,
    read_lm_eval,
    read_own,
    read_plain,
)
from suite.records import RecordError, build
from suite.run import ModelRecord
from suite.run_files import RUN_FILE, SAMPLES_FILE
from suite.whole_file import json_text, write_whole

HEADER = "goldgate_recording"
"""The key of a header line; its value is the version of the format."""
VERSION = 1
_MOST_PROBLEMS = 10


def read_recording(path: Path, fields: Fields | None = None) -> Recording:
    """Read a recording of any kind.

    Args:
        path: A run folder, or a file.
        fields: For plain JSONL and lm-eval samples; refused where the format has its own.

    Raises:
        InputError: It cannot be read, is none of the kinds, or has bad or duplicate rows.
    """
    fields = fields or Fields()
    folder = path if path.is_dir() else path.parent if path.name == SAMPLES_FILE else None
    file = path / SAMPLES_FILE if path.is_dir() else path
    data = _read_bytes(file)
    rows = _parse_rows(file, data)
    digest, first = hashlib.sha256(data).hexdigest(), rows[0][1]
    own = HEADER in first or {"case_id", "case_hash", "generation"} <= first.keys()
    if own and fields != Fields():
        raise InputError(f"{file}: --id-field and --text-field are for files of other programs")
    if HEADER in first:
        name, record = _read_header(first, f"{file}: line 1")
        models = _group(
            file, rows[1:], lambda row, line: (name, _read_of(name, row, line)), {name: record}
        )
        models.setdefault(name, RecordedModel(record, {}))
        return Recording(path, "recording", digest, models)
    if own:
        records = _read_models(folder / RUN_FILE) if folder and (folder / RUN_FILE).exists() else {}
        models = _group(
            file, rows, lambda row, line: (str(row["model"]), read_own(row, line)), records
        )
        return Recording(path, "run folder" if folder else "recording", digest, models)
    if "resps" in first and "doc_id" in first:
        return _read_lm_eval(path, rows, digest, fields)
    models = _group(file, rows, lambda row, line: ("", read_plain(row, line, fields)))
    return Recording(path, "JSONL", digest, models)


def write_recording(
    path: Path, name: str | None, record: ModelRecord | None, rows: Mapping[tuple[str, str], Row]
) -> None:
    """Write a recording file whole, its rows sorted by task and case id.

    Args:
        path: Replaced where it is there.
        name: Of the model; None: the file gets no header and is unverified.
        record: The model as it was when it answered.
        rows: By task and case id: `case_hash`, `generation`, `message`.
    """
    lines = [header_data(name, record)] if name is not None and record is not None else []
    for (task, case_id), row in sorted(rows.items()):
        lines.append({"model": name or "", "task": task, "case_id": case_id, **row})
    write_whole(path, "".join(json_text(line, None) + "\n" for line in lines))


def header_data(name: str, record: ModelRecord) -> Row:
    """Return what a header line says of a model."""
    return {HEADER: VERSION, "model": name, **asdict(record)}


def header_path(requests: Path) -> Path:
    """Return where the header of a batch file lies: servers take no line that is not a request."""
    return requests.with_name(f"{requests.stem}.header.json")


def read_header(path: Path) -> tuple[str, ModelRecord]:
    """Read the header beside a batch file: the name of the model, and what it is.

    Raises:
        InputError: It cannot be read or is no header.
    """
    try:
        data = json.loads(_read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON: {error}") from None
    if not isinstance(data, dict) or HEADER not in data:
        raise InputError(f"{path}: no header: {HEADER} is missing")
    return _read_header(data, str(path))


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None


def read_rows(path: Path) -> list[tuple[int, Row]]:
    """Return the objects of a JSONL file by line number, from 1; blank lines are skipped.

    Raises:
        InputError: It cannot be read, holds no row, or a line that is no JSON object.
    """
    return _parse_rows(path, _read_bytes(path))


def _parse_rows(path: Path, data: bytes) -> list[tuple[int, Row]]:
    problems: list[str] = []
    rows = []
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")  # U+2028 is no line end
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            problems.append(f"{path}: line {number}: not a JSON row: {error}")
            continue
        if isinstance(row, dict):
            rows.append((number, row))
        else:
            problems.append(f"{path}: line {number}: expected an object, got {type(row).__name__}")
    _raise(path, problems)
    if not rows:
        raise InputError(f"{path}: holds no rows")
    return rows


def _group(
    path: Path,
    rows: list[tuple[int, Row]],
    read: Callable[[Row, int], tuple[str, Recorded]],
    records: Mapping[str, ModelRecord] | None = None,
) -> dict[str, RecordedModel]:
    """Return answers by model; every bad and duplicate row is named.

    Args:
        path: For messages.
        rows: By line number.
        read: Returns the model of a row and its record, or raises ValueError or KeyError.
        records: What the models are, as far as that is known.
    """
    problems: list[str] = []
    groups: dict[str, list[Recorded]] = {}
    for number, row in rows:
        try:
            name, recorded = read(row, number)
        except KeyError as error:
            problems.append(f"{path}: line {number}: no field {error}; it has: {_keys(row)}")
        except ValueError as error:
            problems.append(f"{path}: line {number}: {error}")
        else:
            groups.setdefault(name, []).append(recorded)
    indexed = {}
    for name, group in groups.items():
        indexed[name], doubles = index_answers((records or {}).get(name), group)
        problems += [f"{path}: duplicate: {each}" for each in doubles]
    _raise(path, problems)
    return indexed


def _raise(path: Path, problems: list[str]) -> None:
    if len(problems) > _MOST_PROBLEMS:
        more = len(problems) - _MOST_PROBLEMS
        problems = [*problems[:_MOST_PROBLEMS], f"{path}: and {more} more such lines"]
    if problems:
        raise InputError(problems)


def _read_header(row: Row, where: str) -> tuple[str, ModelRecord]:
    known = {HEADER, "model", *ModelRecord.__slots__}
    if row[HEADER] != VERSION:
        raise InputError(f"{where}: {HEADER}: got {row[HEADER]!r}; this version reads {VERSION}")
    problems = [f"{where}: {unknown('key', key, known)}" for key in row if key not in known]
    name = row.get("model")
    if not isinstance(name, str) or not name:
        problems.append(f"{where}: model: expected a name, got {name!r}")
    if problems:
        raise InputError(problems)
    return str(name), _read_record({k: row[k] for k in row if k not in (HEADER, "model")}, where)


def _read_of(name: str, row: Row, line: int) -> Recorded:
    """Read a row of the model that the header vouches for."""
    if row.get("model", name) != name:
        raise ValueError(f"model: expected {name!r}, of whom the header is, got {row['model']!r}")
    return read_own(row, line)


def _read_record(data: Any, where: str) -> ModelRecord:
    try:
        record = build(ModelRecord, data)
    except RecordError as error:
        raise InputError(f"{where}: {error}") from None
    libraries = record.environment.get("libraries") or {}
    if not isinstance(libraries, dict):
        got = f"got {libraries!r:.80}"
        raise InputError(f"{where}: environment.libraries: expected versions by name, {got}")
    noise = record.environment.get("noise")
    # comparing with NaN is false; True is a number to Python
    if noise is not None and (
        not isinstance(noise, int | float) or isinstance(noise, bool) or not 0 <= noise < math.inf
    ):
        raise InputError(f"{where}: environment.noise: expected a number, got {noise!r:.80}")
    return record


def _read_models(path: Path) -> dict[str, ModelRecord]:
    try:
        data = json.loads(_read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON: {error}") from None
    models = data.get("models") if isinstance(data, dict) else None
    if not isinstance(models, dict):
        raise InputError(f"{path}: models: expected a mapping of names; is this a run folder?")
    return {name: _read_record(record, f"{path}: models.{name}") for name, record in models.items()}


def _read_lm_eval(
    path: Path, rows: list[tuple[int, Row]], digest: str, fields: Fields
) -> Recording:
    """Read lm-eval's samples: a line for each document and filter, the first of each is taken."""
    first_of: dict[str, Any] = {}
    kept = []
    for number, row in rows:
        key = repr(row.get("doc_id"))
        if key in first_of and first_of[key] == row.get("resps"):
            continue  # the same answer through another filter
        first_of.setdefault(key, row.get("resps"))
        kept.append((number, row))
    models = _group(path, kept, lambda row, line: ("", read_lm_eval(row, line, fields)))
    several = sum(len(completions_of(row)) > 1 for _, row in kept)
    note = f"{several} documents have several completions; the first of each was judged"
    notes = (note,) if several and fields.text is None else ()
    return Recording(path, "lm-eval samples", digest, models, notes)


def _keys(row: Row) -> str:
    return ", ".join(sorted(map(str, row))) or "nothing"
