"""Adds a case to a case file: a skeleton that can be judged, in text that is otherwise kept.

What it asks and expects is for a person to write. Which keys it has follows from the task's record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from suite.case import ID_PATTERN
from suite.case_files import load_task_file
from suite.compare import same_json
from suite.errors import InputError
from suite.task import Task
from suite.yaml_file import parse_yaml

_OBJECT = {"answer": "text"}
_SCHEMA = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}
_SHAPES: tuple[Any, ...] = (_OBJECT, "text", ["text"], "1", 1, True)
"""What an expected answer may look like; the first that the task takes is written."""
_WIDTH = 96


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case file with one more case."""

    id: str
    line: int
    """Where the case begins, from 1."""
    text: str
    """Of the whole file."""


def add_case(text: str, path: Path, task: Task, case_id: str | None = None) -> NewCase:
    """Return the text of a case file with a skeleton as its last case.

    Args:
        text: Of a sound file, line ends as they are.
        path: What messages call it.
        task: Whose file it is.
        case_id: None: a fresh one.

    Raises:
        InputError: The id is taken or no id, or the file is laid out so that a person has to add
            the case.
    """
    file = load_task_file(path, text)
    document = parse_yaml(text, path)
    chosen = _choose_id({case.id for case in file.cases}, task.name, case_id)
    has_layout = task.layout is not None or document.get("layout") is not None
    problems: tuple[str, ...] = ()
    for entry in _sketch(task, chosen, has_layout, document["cases"][-1]):
        found = _append(text, path, entry)
        try:
            load_task_file(path, found.text)
        except InputError as error:
            problems = problems or error.problems
        else:
            return found
    raise InputError(
        [f"{path}: no skeleton of task {task.name} is a case that it would take:", *problems]
    )


def _choose_id(taken: set[str], task: str, asked: str | None) -> str:
    if asked is None:
        number = len(taken) + 1
        while (fresh := f"{task}_{number:03d}") in taken:
            number += 1
        return fresh
    if not re.fullmatch(ID_PATTERN, asked):
        raise InputError(f"--id: expected small letters, digits and `_`, got {asked!r:.80}")
    if asked in taken:
        raise InputError(f"--id: {asked!r} is taken")
    return asked


def _sketch(
    task: Task, case_id: str, has_layout: bool, last: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield cases that the task may take, the likeliest first.

    Args:
        task: Whose record says which keys there are.
        case_id: Of the case.
        has_layout: Whether its inputs become its messages.
        last: A case of the same file: what it expects looks like what this one will.
    """
    tags = next(iter(task.groups.values()), ())[:1] or ("new",)
    entry: dict[str, Any] = {"id": case_id, "tags": list(tags)}
    entry |= {name: f"Write the {name} here." for name in task.inputs}
    if not has_layout:
        entry["prompt"] = "Write what is asked here."
    key = task.answer or "expected"
    check = task.check_expected
    shapes = [*task.labels[:1], *_SHAPES]
    for shape in shapes if check is not None else ():
        if check is not None and check(shape) is None:
            yield entry | _with_schema(task, shape) | {key: shape}
    if check is None and task.needs_schema:
        yield entry | {"schema": _SCHEMA, key: _OBJECT}
    if last.get(key) is not None:
        kept = {"schema": last["schema"]} if "schema" in last else {}
        yield entry | kept | {key: last[key]}
    yield entry | _with_schema(task, None)


def _with_schema(task: Task, expected: Any) -> dict[str, Any]:
    if not task.needs_schema:
        return {}
    return {"schema": _SCHEMA if expected is None or expected == _OBJECT else True}


def _append(text: str, path: Path, entry: Mapping[str, Any]) -> NewCase:
    """Return the text with one more case, every other character as it was.

    Raises:
        InputError: The list of cases is not written so that one can be added.
    """
    ends = "\r\n" if "\r\n" in text else "\n"
    node = _find_list(text)
    place, indent = _find_end(text, node) if node is not None else (len(text), 0)
    new = write_entry(entry, indent).replace("\n", ends)
    before, after = text[:place], text[place:]
    if not before.endswith("\n"):
        before += ends
    whole = before + new + after
    if node is None or not _holds_one_more(text, whole, path, entry):
        raise InputError(
            f"{path}: `cases` is not a list with a `- ` for each case, so none can be added "
            f"without disturbing it; add it by hand:\n{write_entry(entry, 2)}"
        )
    return NewCase(str(entry["id"]), before.count("\n") + 1, whole)


def write_entry(entry: Mapping[str, Any], indent: int) -> str:
    """Return a case as an item of a YAML list, lines ended by a newline."""
    dumped = yaml.safe_dump(
        dict(entry), sort_keys=False, allow_unicode=True, width=_WIDTH, default_flow_style=None
    )
    lines = dumped.splitlines()
    starts = [" " * indent + "- "] + [" " * (indent + 2)] * (len(lines) - 1)
    return "".join(f"{start}{line}\n" for start, line in zip(starts, lines, strict=True))


def _find_list(text: str) -> Any:
    """Return the node of `cases` where every case has a line of its own, else None."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)  # C marks have no index
    for key, value in root.value if isinstance(root, yaml.MappingNode) else ():
        if key.value == "cases" and isinstance(value, yaml.SequenceNode):
            return None if value.flow_style else value
    return None


def _find_end(text: str, node: Any) -> tuple[int, int]:
    """Return where the next item goes, and the column of the dashes.

    The list ends where something else begins. Blank lines and comments before that belong to what
    comes next, unless a comment stands so deep that it may be text of the last case.
    """
    column = node.start_mark.column
    place = node.end_mark.index
    place = text.rfind("\n", 0, place) + 1 if place < len(text) else place
    while place:
        start = text.rfind("\n", 0, place - 1) + 1
        line = text[start:place]
        bare = line.lstrip(" ")
        if line.strip() and not (bare.startswith("#") and len(line) - len(bare) <= column):
            break
        place = start
    return place, column


def _holds_one_more(text: str, whole: str, path: Path, entry: Mapping[str, Any]) -> bool:
    try:
        then, now = parse_yaml(text, path), parse_yaml(whole, path)
    except InputError:
        return False
    return same_json(now, {**then, "cases": [*then["cases"], dict(entry)]})
