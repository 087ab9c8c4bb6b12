"""Reads the case files of the suite and other people's rows; all errors of a file at once.

What makes an answer right is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from suite.case import Case
from suite.errors import InputError, describe_problems, unknown
from suite.schema import SchemaError, check_schema
from suite.scorers import SCORERS
from suite.strict_json import parse_strict
from suite.yaml_file import load_yaml, parse_yaml


@dataclass(frozen=True, slots=True)
class TaskFile:
    """The cases of one task."""

    task: str
    version: int
    """Moves only when scoring changes."""
    path: Path
    cases: tuple[Case, ...]
    """In the order of the file."""
    is_suite: bool = True
    """False for other people's rows: they have no goldens and no baseline."""


class _Head(BaseModel):
    """The keys of a case file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str
    version: int = Field(ge=1)
    schemas: dict[str, Any] = {}
    cases: list[Any] = Field(min_length=1)


class _CaseEntry(Case):
    """A case as written: `prompt` stands for one user message."""

    prompt: str | None = None


def load_cases(folder: Path, tasks: Collection[str] | None = None) -> dict[str, TaskFile]:
    """Read every `<task>.yaml` of a folder, sorted by task.

    Args:
        folder: Of case files.
        tasks: Tasks with a scorer that are wanted: the files of the others are not read; None: all.

    Raises:
        InputError: With every problem of every file: duplicate and unknown keys, duplicate ids,
            unknown schema names, schemas that check nothing, a task without a scorer.
    """
    problems: list[str] = []
    files: dict[str, TaskFile] = {}
    paths = sorted(folder.glob("*.yaml"))
    for path in paths:
        # one that no scorer knows is told, whatever is wanted
        if tasks is not None and path.stem in SCORERS and path.stem not in tasks:
            continue
        try:
            files[path.stem] = load_task_file(path)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    if not paths:
        raise InputError(f"{folder}: holds no case file (<task>.yaml)")
    return files


def load_task_file(path: Path, text: str | None = None) -> TaskFile:
    """Read one case file.

    Args:
        path: YAML.
        text: Its content where that was read already, from git; `path` is then what it is called.

    Raises:
        InputError: With every problem of the file.
    """
    document = load_yaml(path) if text is None else parse_yaml(text, path)
    head, problems = _read_head(document, path)
    places: dict[str, int] = {}
    cases: list[Case] = []
    for index, entry in enumerate(head.cases):
        where = f"{path}: cases[{index}]"
        if not isinstance(entry, dict):
            problems.append(f"{where}: expected a mapping of keys to values, got {entry!r:.80}")
            continue
        try:
            case = _read_case(entry, head, where)
        except InputError as error:
            problems += error.problems
            continue
        if case.id in places:
            problems.append(
                f"{where}.id: duplicate id {case.id!r}, first in cases[{places[case.id]}]"
            )
        places.setdefault(case.id, index)
        cases.append(case)
    if problems:
        raise InputError(problems)
    return TaskFile(head.task, head.version, path, tuple(cases))


def load_rows(path: Path, task: str, limit: int | None = None) -> TaskFile:
    """Read other people's rows, one JSON object per line, as cases of a task.

    A row has `messages` whose last one is the assistant's, or `prompt` (text or messages) with an
    optional `completion`; `schema`, `top_level`, `expected`, `compare`, `id` and `tags` where there
    are any (null: none). What is expected comes from the assistant's text where that is strict
    JSON. Other columns are left alone.

    Args:
        path: JSONL, UTF-8, with or without a BOM. Blank lines are skipped.
        task: Whose scorer judges the rows.
        limit: The first so many rows; None: all.

    Raises:
        InputError: With every problem of the file.
    """
    if task not in SCORERS:
        raise InputError(unknown("task", task, SCORERS))
    try:
        lines = path.read_text(encoding="utf-8-sig").split(
            "\n"
        )  # not splitlines: U+2028 is JSON text
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8: {error}") from None
    problems: list[str] = []
    cases: dict[str, Case] = {}
    for number, line in enumerate(lines, start=1):
        if limit is not None and len(cases) >= limit:
            break
        if not line.strip():
            continue
        try:
            case = _read_row(line, task, number, f"{path}: line {number}", taken=cases)
        except InputError as error:
            problems += error.problems
            continue
        cases[case.id] = case
    if not cases and not problems:
        problems.append(f"{path}: holds no rows")
    if problems:
        raise InputError(problems)
    return TaskFile(task, 1, path, tuple(cases.values()), is_suite=False)


def _read_head(document: Any, path: Path) -> tuple[_Head, list[str]]:
    """Return the head and its problems; a broken one is made good, to go on with its cases.

    Raises:
        InputError: The document has no list of cases to go on with.
    """
    try:
        head = _Head.model_validate(document)
    except ValidationError as error:
        problems = describe_problems(error, _Head, f"{path}")
    else:
        return head, list(_find_head_problems(head, path))
    cases = document.get("cases") if isinstance(document, dict) else None
    if not isinstance(cases, list):
        raise InputError(problems)
    task, schemas = document.get("task"), document.get("schemas")
    if not isinstance(schemas, dict):  # which names it would have had is not known: take them all
        named = [entry.get("schema") for entry in cases if isinstance(entry, dict)]
        schemas = {name: True for name in named if isinstance(name, str)} if schemas else {}
    head = _Head.model_construct(
        task=task if isinstance(task, str) else path.stem,
        version=1,
        schemas={name: schema for name, schema in schemas.items() if isinstance(name, str)},
        cases=cases,
    )
    return head, [*problems, *_find_head_problems(head, path)]


def _find_head_problems(head: _Head, path: Path) -> Iterator[str]:
    if head.task != path.stem:
        yield f"{path}: task: got {head.task!r}; the file of that task is {head.task}.yaml"
    if head.task not in SCORERS:
        yield f"{path}: {unknown('task', head.task, SCORERS)}"
    for name, schema in head.schemas.items():
        yield from _find_schema_problems(schema, f"{path}: schemas.{name}")


def _find_schema_problems(schema: Any, where: str, choice: str = "") -> Iterator[str]:
    if not isinstance(schema, dict | bool):
        yield f"{where}: expected an object or true/false{choice}, got {repr(schema)[:80]}"
        return
    try:
        check_schema(schema, where)
    except SchemaError as error:
        yield from str(error).splitlines()


def _find_compare_problems(data: dict[str, Any], where: str) -> Iterator[str]:
    """Name the fields that `compare` has and `expected` has not: they would be compared exactly."""
    compare, expected = data.get("compare"), data.get("expected")
    fields = list(map(str, expected)) if isinstance(expected, dict) else []
    for name in compare if isinstance(compare, dict) else ():
        if str(name) not in fields:
            yield f"{where}.compare: {unknown('field', str(name), fields)}"


def _find_answer_problems(data: dict[str, Any], task: str, where: str) -> Iterator[str]:
    """Name what keeps a task from comparing field by field."""
    expected = data.get("expected")
    if task == "extraction" and not (isinstance(expected, dict) and expected):
        got = "nothing" if expected is None else f"{expected!r:.80}"
        yield f"{where}.expected: wants an object with at least one field, got {got}"


def _read_case(entry: dict[str, Any], head: _Head, where: str) -> Case:
    problems: list[str] = []
    data = dict(entry)
    for key in ("task", "scorer_version"):
        if key in data:
            problems.append(f"{where}.{key}: belongs to the head of the file")
    schema = data.get("schema")
    if isinstance(schema, str):
        if schema in head.schemas:
            named = head.schemas[schema]  # of a wrong type: told at the head
            data["schema"] = named if isinstance(named, dict | bool) else True
        else:
            problems.append(f"{where}.schema: {unknown('schema', schema, head.schemas)}")
            data["schema"] = True
    elif schema is not None:
        choice = " (or the name of a schema)"
        if found := list(_find_schema_problems(schema, f"{where}.schema", choice)):
            problems += found
            data["schema"] = True  # said once, in our words
    elif head.task in ("extraction", "format"):
        problems.append(f"{where}.schema: missing; `schema: true` accepts any object")
    if "prompt" in data and "messages" in data:
        problems.append(f"{where}: has both `prompt` and `messages`; one of them is enough")
        del data["prompt"]
    elif "prompt" in data:
        data["messages"] = [{"role": "user", "content": data.pop("prompt")}]
    problems += [
        *_find_compare_problems(data, where),
        *_find_answer_problems(data, head.task, where),
    ]
    data |= {"task": head.task, "scorer_version": head.version}
    try:
        case = Case.model_validate(data)
    except ValidationError as error:
        raise InputError(problems + describe_problems(error, _CaseEntry, where)) from None
    if problems:
        raise InputError(problems)
    return case


def _read_row(line: str, task: str, number: int, where: str, taken: dict[str, Case]) -> Case:
    parsed = parse_strict(line)  # `json.loads` keeps the last duplicate key and takes NaN
    if parsed.reason:
        raise InputError(f"{where}: not strict JSON: {parsed.reason}: {parsed.detail}")
    row = parsed.document
    if not isinstance(row, dict):
        raise InputError(f"{where}: expected an object, got {type(row).__name__}")
    messages, answer = _split_row(row, where)
    given = f"row_{number:06d}" if row.get("id") is None else str(row["id"])
    name = re.sub(r"[^a-z0-9_]+", "_", given.lower())
    while name in taken:  # another row's own id may look like the one made here
        name = f"{name}_line_{number}"
    data = {
        "task": task,
        "id": name,
        "tags": () if row.get("tags") is None else row["tags"],
        "messages": messages,
        "schema": row.get("schema"),
        "expected": row["expected"] if "expected" in row else parse_strict(answer or "").document,
    }
    data |= {key: row[key] for key in ("top_level", "compare") if row.get(key) is not None}
    problems = [*_find_compare_problems(data, where), *_find_answer_problems(data, task, where)]
    if data["schema"] is not None and (
        found := list(_find_schema_problems(data["schema"], f"{where}.schema"))
    ):
        problems += found
        data["schema"] = True
    try:
        case = Case.model_validate(data)
    except ValidationError as error:
        raise InputError(problems + describe_problems(error, Case, where)) from None
    if problems:
        raise InputError(problems)
    return case


def _split_row(row: dict[str, Any], where: str) -> tuple[list[Any], str | None]:
    """Return the messages to answer and the answer that the row gives, if any."""
    if "messages" in row:
        messages = row["messages"]
    elif "prompt" in row:
        prompt, completion = row["prompt"], row.get("completion")
        messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
        if isinstance(completion, str):
            completion = [{"role": "assistant", "content": completion}]
        if isinstance(messages, list) and isinstance(completion, list):
            messages = [*messages, *completion]
    else:
        keys = ", ".join(sorted(row)) or "none"
        raise InputError(f"{where}: needs `messages`, or `prompt` with `completion`; keys: {keys}")
    if not isinstance(messages, list) or not all(isinstance(each, dict) for each in messages):
        raise InputError(f"{where}: messages: expected a list of {{role, content}} objects")
    messages = [{key: each.get(key) for key in ("role", "content")} for each in messages]
    if messages and messages[-1]["role"] == "assistant":
        return messages[:-1], str(messages[-1]["content"])
    return messages, None
