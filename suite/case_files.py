"""Reads the case files of the suite; all errors of a file at once.

What makes an answer right is not known here. Other people's rows are read by `suite.case_rows`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from suite.case import Case
from suite.case_parts import find_answer_problems, find_layout_problems, take_parts
from suite.errors import InputError, describe_problems, unknown
from suite.fewshot import Example, add_examples, read_examples
from suite.layout import Layout
from suite.schema import SchemaError, check_schema
from suite.tasks import TASKS, find_sizes
from suite.yaml_file import load_yaml, parse_yaml

GATES_FILE = "gates.yaml"
"""May lie in a folder of case files, and is none."""


@dataclass(frozen=True, slots=True)
class TaskFile:
    """The cases of one task."""

    task: str
    version: int
    """Moves only when scoring changes."""
    path: Path
    cases: tuple[Case, ...]
    """In the order of the file."""
    examples: tuple[Example, ...] = ()
    """That could be put before a case, whether or not they are."""
    is_suite: bool = True
    """False for other people's rows: they have no goldens and no baseline."""
    judge: str | None = None
    """Name of the model that grades the answers; None: none does."""


class _Head(BaseModel):
    """The keys of a case file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str
    version: int = Field(ge=1)
    schemas: dict[str, Any] = {}
    layout: Layout | None = None
    """How the parts of a case become its messages; None: the task's own."""
    judge: str | None = None
    """Of the registry, the model that grades the answers, where the task has a use for grades."""
    fewshot: list[Any] = []
    """Worked examples: as a case is written, with `completion` for the answer."""
    num_fewshot: int = Field(default=0, ge=0)
    """How many of them, the first ones, are put before each case."""
    cases: list[Any] = Field(min_length=1)


class _CaseEntry(Case):
    """A case as written: `prompt` stands for one user message."""

    prompt: str | None = None


def load_cases(
    folder: Path, tasks: Collection[str] | None = None, num_fewshot: int | None = None
) -> dict[str, TaskFile]:
    """Read every `<task>.yaml` of a folder, sorted by task.

    Args:
        folder: Of case files.
        tasks: Tasks with a scorer that are wanted: the files of the others are not read; None: all.
        num_fewshot: Examples before each case; None: as many as each file says.

    Raises:
        InputError: With every problem of every file: duplicate and unknown keys, duplicate ids,
            unknown schema names, schemas that check nothing, a task without a scorer.
    """
    problems: list[str] = []
    files: dict[str, TaskFile] = {}
    for path in list_case_files(folder):
        # one that no scorer knows is told, whatever is wanted
        if tasks is not None and path.stem in TASKS and path.stem not in tasks:
            continue
        try:
            files[path.stem] = load_task_file(path, num_fewshot=num_fewshot)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return files


def list_case_files(folder: Path) -> list[Path]:
    """Return the case files of a folder, sorted.

    Raises:
        InputError: There is none.
    """
    paths = sorted(path for path in folder.glob("*.yaml") if path.name != GATES_FILE)
    if not paths:
        raise InputError(f"{folder}: holds no case file (<task>.yaml)")
    return paths


def load_task_file(path: Path, text: str | None = None, num_fewshot: int | None = None) -> TaskFile:
    """Read one case file.

    Args:
        path: YAML.
        text: Its content where that was read already, from git; `path` is then what it is called.
        num_fewshot: Examples before each case; None: as many as the file says.

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
    examples: list[Example] = []
    try:
        examples = read_examples(head.fewshot, head.task, head.layout, f"{path}: fewshot")
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    count = head.num_fewshot if num_fewshot is None else num_fewshot
    shown = add_examples(cases, examples, count, f"{path}: fewshot")
    if TASKS[head.task].origin is not None:
        find_sizes(head.task, shown)  # code that breaks over a case does so before it is asked
    return TaskFile(head.task, head.version, path, shown, tuple(examples), judge=head.judge)


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
    if head.task not in TASKS:
        yield f"{path}: {unknown('task', head.task, TASKS)}"
    if head.judge is not None and head.task in TASKS and not TASKS[head.task].judged:
        yield f"{path}: judge: task {head.task!r} has no judge metrics"
    if head.layout is not None:
        yield from find_layout_problems(head.layout, head.task, f"{path}: layout")
    for name, schema in head.schemas.items():
        yield from find_schema_problems(schema, f"{path}: schemas.{name}")


def find_schema_problems(schema: Any, where: str, choice: str = "") -> Iterator[str]:
    """Say what is wrong with a case's schema.

    Args:
        schema: As written.
        where: What messages open with.
        choice: What else it could be, for the message.
    """
    if not isinstance(schema, dict | bool):
        yield f"{where}: expected an object or true/false{choice}, got {repr(schema)[:80]}"
        return
    try:
        check_schema(schema, where)
    except SchemaError as error:
        yield from str(error).splitlines()


def find_compare_problems(data: dict[str, Any], where: str) -> Iterator[str]:
    """Name the fields that `compare` has and `expected` has not: they would be compared exactly."""
    compare, expected = data.get("compare"), data.get("expected")
    fields = list(map(str, expected)) if isinstance(expected, dict) else []
    for name in compare if isinstance(compare, dict) else ():
        if str(name) not in fields:
            yield f"{where}.compare: {unknown('field', str(name), fields)}"


def _read_case(entry: dict[str, Any], head: _Head, where: str) -> Case:
    data, problems = take_parts(entry, head.task, head.layout, where)
    for key in ("task", "scorer_version"):
        if key in data:
            problems.append(f"{where}.{key}: belongs to the head of the file")
    if "inputs" in entry:
        problems.append(f"{where}.inputs: is made of the keys of the task; write those")
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
        if found := list(find_schema_problems(schema, f"{where}.schema", choice)):
            problems += found
            data["schema"] = True  # said once, in our words
    elif head.task in TASKS and TASKS[head.task].needs_schema:
        problems.append(f"{where}.schema: missing; `schema: true` accepts any object")
    if "prompt" in data and "messages" in data:
        problems.append(f"{where}: has both `prompt` and `messages`; one of them is enough")
        del data["prompt"]
    elif "prompt" in data:
        data["messages"] = [{"role": "user", "content": data.pop("prompt")}]
    problems += [
        *find_compare_problems(data, where),
        *find_answer_problems(data, head.task, where),
    ]
    data |= {"task": head.task, "scorer_version": head.version}
    try:
        case = Case.model_validate(data)
    except ValidationError as error:
        raise InputError(problems + describe_problems(error, _CaseEntry, where)) from None
    if problems:
        raise InputError(problems)
    return case
