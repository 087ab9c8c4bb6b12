"""`goldgate check`: judges any text, or a file of outputs, and prints one JSON line for each.

It reads and prints; the judging is `suite.strict_json` and `suite.schema`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

_MOST_ERRORS = 10
"""Errors of one file that are printed before the rest is only counted."""


class _InputError(ValueError):
    """A file or an option that cannot be used; one line per problem."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One text to judge."""

    id: str | int
    text: str
    """Bytes that are no UTF-8 are lone surrogates here, as `surrogateescape` makes them."""
    wrong_bytes: str = ""
    """Where `text` was decoded from bytes: the first that are no UTF-8."""


def check(
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE|-]", help="A text to judge; - is standard input.")
    ] = None,
    schema: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A JSON Schema (draft 2020-12) to meet.")
    ] = None,
    object_: Annotated[
        bool, typer.Option("--object", help="The value must be an object at top level.")
    ] = False,
    jsonl: Annotated[
        str | None, typer.Option(metavar="FILE", help="A JSONL file of outputs; - is stdin.")
    ] = None,
    field: Annotated[
        str | None,
        typer.Option(help="With --jsonl: the field with the output.", show_default="text"),
    ] = None,
    id_field: Annotated[
        str | None, typer.Option(help="With --jsonl: the field with the id.", show_default="id")
    ] = None,
) -> None:
    """Judge whether texts are strict JSON (RFC 8259): one value and nothing else.

    Prints one JSON line for each text: id, ok, reason, detail, position, objects, arrays.
    Exit status 0: all are ok; 1: at least one is not; 2: the command could not be carried out.
    """
    from suite.sinks import json_line, log_safe, terminal_safe

    try:
        if jsonl is not None and file is not None:
            raise _InputError(f"got both FILE ({file}) and --jsonl ({jsonl}); give one of them")
        for option, given in (("--field", field), ("--id-field", id_field)):
            if given is not None and jsonl is None:
                raise _InputError(f"{option} ({given}) names a field of --jsonl rows; add --jsonl")
        wanted = _read_schema(schema) if schema else True
        if jsonl is None:
            rows = [_read_text(file)]
        else:
            rows = _read_rows(jsonl, field or "text", id_field or "id")
    except _InputError as error:
        for line in str(error).splitlines():
            typer.echo(log_safe(f"goldgate check: {terminal_safe(line)}"), err=True)
        raise typer.Exit(2) from None
    ok = True
    for row in rows:
        verdict = _check(row, wanted, object_)
        ok = ok and verdict["ok"]
        sys.stdout.write(json_line(verdict) + "\n")
    raise typer.Exit(0 if ok else 1)


def _check(row: _Row, schema: dict[str, Any] | bool, object_only: bool) -> dict[str, Any]:
    from suite.schema import violations
    from suite.strict_json import parse_strict

    parsed = parse_strict(row.text)
    reason, detail = parsed.reason, parsed.detail
    if reason is None and object_only and not isinstance(parsed.document, dict):
        reason = "wrong_top_level_type"
        detail = f"expected an object, got {_json_type(parsed.document)}"
    elif reason == "encoding" and row.wrong_bytes:
        detail = row.wrong_bytes
    elif reason is None and (broken := violations(parsed.document, schema)):
        reason, detail = broken[0].label, "; ".join(map(str, broken))
    return {
        "id": row.id,
        "ok": reason is None,
        "reason": reason,
        "detail": detail,
        "position": parsed.position,
        "objects": parsed.objects,
        "arrays": parsed.arrays,
    }


def _json_type(document: Any) -> str:
    if document is None:
        return "null"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string"}
    return names.get(type(document), "an object" if isinstance(document, dict) else "an array")


def _read_bytes(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise _InputError(f"{name}: {error.strerror or error}") from None


def _read_text(name: str | None) -> _Row:
    name = name or "-"
    data, wrong = _read_bytes(name), ""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        text = data.decode("utf-8", errors="surrogateescape")
        wrong = f"byte {data[error.start]:#04x} at byte {error.start} is not UTF-8"
    return _Row(id=name, text=text, wrong_bytes=wrong)


def _read_schema(path: Path) -> dict[str, Any] | bool:
    from suite.schema import SchemaError, check_schema
    from suite.strict_json import parse_strict

    text = _read_bytes(str(path)).decode("utf-8", errors="surrogateescape")
    parsed = parse_strict(text)
    if parsed.reason:
        place = f" at character {parsed.position}" if parsed.position is not None else ""
        raise _InputError(f"{path}: not strict JSON{place}: {parsed.reason}: {parsed.detail}")
    try:
        check_schema(parsed.document, str(path))
    except SchemaError as error:
        raise _InputError(str(error)) from None
    return parsed.document  # type: ignore[no-any-return]  # check_schema refuses all other types


def _read_rows(name: str, field: str, id_field: str) -> list[_Row]:
    """Read all rows first, so that a bad one is told before anything is judged."""
    rows: list[_Row] = []
    problems: list[str] = []
    for number, line in _lines(_read_bytes(name)):
        try:
            rows.append(_read_row(line, field, id_field))
        except _InputError as error:
            problems.append(f"{name}:{number}: {error}")
    if len(problems) > _MOST_ERRORS:
        more = len(problems) - _MOST_ERRORS
        problems = [*problems[:_MOST_ERRORS], f"{name}: and {more} more such rows"]
    if not rows and not problems:
        problems = [f"{name}: no rows"]
    if problems:
        raise _InputError("\n".join(problems))
    return rows


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    # not splitlines(): it also splits at U+2028 and others, which JSON strings may hold
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            yield number, line


def _read_row(line: bytes, field: str, id_field: str) -> _Row:
    try:
        # not strict: the row is the frame, and its text may well hold "\ud800"
        row = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _InputError(f"not a JSON row: {error}") from None
    if not isinstance(row, dict):
        raise _InputError(f"expected a JSON object, got {_json_type(row)}")
    known = ", ".join(sorted(row)) or "none"
    for option, wanted in (("--field", field), ("--id-field", id_field)):
        if wanted not in row:
            raise _InputError(f"no field '{wanted}' ({option}); the row has: {known}")
    text, row_id = row[field], row[id_field]
    if not isinstance(text, str):
        raise _InputError(f"field '{field}': expected a string, got {_json_type(text)}")
    if isinstance(row_id, bool) or not isinstance(row_id, str | int):
        raise _InputError(f"field '{id_field}': expected a string or an integer as id")
    return _Row(id=row_id, text=text)
