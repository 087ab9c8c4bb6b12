"""Reads other people's rows, one JSON object per line, as cases; all errors of a file at once.

What makes an answer right is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from suite.case import Case
from suite.case_files import TaskFile, find_compare_problems, find_schema_problems
from suite.case_parts import find_answer_problems, take_parts
from suite.errors import InputError, describe_problems, unknown
from suite.strict_json import parse_strict
from suite.tasks import TASKS

NumberedRow = tuple[str, int, dict[str, Any]]
"""Where a row stands, its number, and its columns."""


def load_rows(path: Path, task: str, limit: int | None = None) -> TaskFile:
    """Read other people's rows, one JSON object per line, as cases of a task.

    A row has `messages` whose last one is the assistant's, or `prompt` (text or messages) with an
    optional `completion`; or the columns that the task is asked in, such as `question` and
    `context`. There may be `schema`, `top_level`, `expected` or the task's own column for it
    (`answers`, `label`), `compare`, `id` and `tags` (null: none). Else what is expected comes from
    the assistant's text: as it stands where the task expects a text, as JSON where it is strict
    JSON. Other columns are left alone.

    Args:
        path: JSONL, UTF-8, with or without a BOM. Blank lines are skipped.
        task: Whose scorer judges the rows.
        limit: The first so many rows; None: all.

    Raises:
        InputError: With every problem of the file.
    """
    problems: list[str] = []
    rows = _parse_lines(path, problems)
    return collect_cases(rows, task, path, limit, problems)


def collect_cases(
    rows: Iterable[NumberedRow],
    task: str,
    source: Path,
    limit: int | None = None,
    problems: list[str] | None = None,
) -> TaskFile:
    """Return parsed rows as the cases of a task; `load_rows` says what a row may hold.

    Args:
        rows: Read only as far as they are wanted.
        task: Whose scorer judges the rows.
        source: Where they are from, for messages and reports.
        limit: The first so many rows; None: all.
        problems: Found while parsing, which may still go on.

    Raises:
        InputError: With every problem of the rows.
    """
    if task not in TASKS:
        raise InputError(unknown("task", task, TASKS))
    found = [] if problems is None else problems
    cases: dict[str, Case] = {}
    for where, number, row in rows:
        try:
            case = case_of_row(row, task, number, where, taken=cases)
        except InputError as error:
            found += error.problems
        else:
            cases[case.id] = case
        if limit is not None and len(cases) >= limit:
            break
    if not cases and not found:
        found.append(f"{source}: holds no rows")
    if found:
        raise InputError(found)
    return TaskFile(task, 1, source, tuple(cases.values()), is_suite=False)


def _parse_lines(path: Path, problems: list[str]) -> Iterator[NumberedRow]:
    """Yield the rows of a file; lines that are none go into `problems`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8: {error}") from None
    for number, line in enumerate(text.split("\n"), start=1):  # U+2028 is JSON text: no `lines`
        where = f"{path}: line {number}"
        if not line.strip():
            continue
        try:
            yield where, number, parse_row(line, where)
        except InputError as error:
            problems += error.problems


def parse_row(line: str, where: str) -> dict[str, Any]:
    """Read one line of JSONL.

    Raises:
        InputError: It is no strict JSON object; the message opens with `where`.
    """
    parsed = parse_strict(line)  # `json.loads` keeps the last duplicate key and takes NaN
    if parsed.reason:
        raise InputError(f"{where}: not strict JSON: {parsed.reason}: {parsed.detail}")
    if not isinstance(parsed.document, dict):
        raise InputError(f"{where}: expected an object, got {type(parsed.document).__name__}")
    return parsed.document


def case_of_row(
    row: dict[str, Any],
    task: str,
    number: int,
    where: str,
    taken: Container[str],
    *,
    is_learned: bool = False,
) -> Case:
    """Turn one of other people's rows into a case; `load_rows` says what a row may hold.

    Args:
        row: As parsed.
        task: Of the case.
        number: Names the case where the row has no `id`.
        where: What messages open with.
        taken: Ids of the cases before.
        is_learned: Its answer is to be learned, in whatever form: that is what is expected, and not
            what the task's own column (`label`, `answers`) says.

    Raises:
        InputError: With every problem of the row.
    """
    if is_learned and task in TASKS:
        row = {name: value for name, value in row.items() if name != TASKS[task].answer}
    row, problems = take_parts(row, task, None, where)
    if problems:
        raise InputError(problems)
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
        "inputs": row.get("inputs", {}),
        "expected": row["expected"]
        if "expected" in row
        else _read_answer(answer, None if is_learned else task),
    }
    data |= {key: row[key] for key in ("top_level", "compare") if row.get(key) is not None}
    problems = list(find_compare_problems(data, where))
    problems += [] if is_learned else find_answer_problems(data, task, where)
    if data["schema"] is not None and (
        found := list(find_schema_problems(data["schema"], f"{where}.schema"))
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


def _read_answer(answer: str | None, task: str | None) -> Any:
    if task is not None and task in TASKS and TASKS[task].expects_text:
        return answer
    return parse_strict(answer or "").document


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
    part, wanted = ("messages", "") if "messages" in row else ("prompt", "a text or ")
    wanted = f"{where}: {part}: expected {wanted}a list of {{role, content}} objects, got"
    if not isinstance(messages, list):
        raise InputError(f"{wanted} {type(messages).__name__} {messages!r:.80}")
    if odd := [each for each in messages if not isinstance(each, dict)]:
        raise InputError(f"{wanted} a list with {type(odd[0]).__name__} {odd[0]!r:.80}")
    messages = [{key: each.get(key) for key in ("role", "content")} for each in messages]
    if messages and messages[-1]["role"] == "assistant":
        return messages[:-1], str(messages[-1]["content"])
    return messages, None
