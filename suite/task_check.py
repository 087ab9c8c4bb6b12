"""Checks what other people's code says of a task: its record, and the scores that it gives.

Our own tasks are held to the same by tests. Reading that code is `suite.own_tasks`.
"""

from __future__ import annotations

import ast
import json
import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any, ParamSpec, get_args

from suite.case import Case
from suite.errors import InputError, unknown
from suite.generation import Generation
from suite.layout import Layout
from suite.measured import Measured
from suite.measures import ANY_TASK
from suite.schema import SchemaCheckError, SchemaError
from suite.score import Count, Score
from suite.task import Direction, Scorer, Task
from suite.tasks import TASKS

_NAME = re.compile(r"[a-z][a-z0-9_]*")
"""Of tasks and metrics: the first become file names, markers and parts of node ids."""
_MARKERS = frozenset(
    {"filterwarnings", "gpu", "integration", "parametrize", "skip", "skipif", "slow"}
    | {"tryfirst", "trylast", "usefixtures", "xdist_group", "xfail"}
)
"""Of pytest and of this project; a task is one, too."""
_RESERVED = _MARKERS | {"gates", "models", "and", "or", "not", "true", "false", "null"}
"""`gates.yaml` is no case file, `models` stands beside the tasks in it; the last are what mark
expressions are made of, and no texts in YAML."""
_Given = ParamSpec("_Given")
_KEYS = frozenset({*Case.model_fields, "schema", "prompt"} - {"schema_"})


def find_name_problem(name: str) -> str | None:
    """Say why a new task cannot have this name; None: it can."""
    if not _NAME.fullmatch(name):
        return "expected small letters, digits and `_`, a letter first"
    if name in _RESERVED:
        return "has another meaning here; choose another"
    return "is a task already; choose another" if name in TASKS else None


def find_task_problems(task: Task) -> Iterator[tuple[str, str]]:
    """Yield what keeps a task from being used, as its name and a sentence."""
    name = str(task.name)
    problems = [*_find_name_problems(task), *_find_type_problems(task)]
    if not problems:  # the rest looks into what these found to be there
        problems = [*_find_metric_problems(task), *_find_case_problems(task)]
    for problem in problems:
        yield name, f"task {name!r:.80}: {problem}"


def _find_name_problems(task: Task) -> Iterator[str]:
    if (problem := find_name_problem(str(task.name))) is not None:
        yield f"name: {problem}"
    if not callable(task.score):
        yield f"score: expected a function of case and generation, got {task.score!r:.80}"


def _find_type_problems(task: Task) -> Iterator[str]:
    for kind in ("metrics", "measures", "counted", "groups"):
        if not isinstance(found := getattr(task, kind), Mapping):
            yield f"{kind}: expected a mapping, got {found!r:.80}"
    lists = {"group_metrics": task.group_metrics, "inputs": task.inputs, "labels": task.labels}
    if isinstance(task.groups, Mapping):
        lists |= {f"groups.{kind}": tags for kind, tags in task.groups.items()}
    for kind, found in lists.items():
        # a text is a sequence of texts, too: ("question") is no tuple
        if not isinstance(found, tuple | list) or not all(isinstance(each, str) for each in found):
            yield f"{kind}: expected a tuple of texts, got {found!r:.80}"
    functions = {"check_expected": task.check_expected, "measure_at": task.measure_at}
    for kind, function in functions.items():
        if function is not None and not callable(function):
            yield f"{kind}: expected a function, got {function!r:.80}"
    if not isinstance(task.answer, str | None):
        yield f"answer: expected a text, got {task.answer!r:.80}"
    if task.layout is not None and not isinstance(task.layout, Layout):
        yield f"layout: expected a Layout, got {task.layout!r:.80}"


def _find_metric_problems(task: Task) -> Iterator[str]:
    if not task.metrics:
        yield "metrics: expected at least one, such as {'right_rate': 'higher'}"
    for kind, found in (("metrics", task.metrics), ("measures", task.measures)):
        for metric, way in found.items():
            if not isinstance(metric, str) or not _NAME.fullmatch(metric):
                yield f"{kind}: {metric!r:.80}: expected small letters, digits and `_`"
            if way not in get_args(Direction):
                yield f"{kind}.{metric}: {unknown('direction', str(way), get_args(Direction))}"
            if metric in ANY_TASK:
                yield f"{kind}: {metric!r} is measured of every task already; call it otherwise"
    if both := sorted(set(task.metrics) & set(task.measures)):
        yield f"measures: {both[0]!r} is one of the metrics, too"
    for kind, names in (("counted", task.counted), ("group_metrics", task.group_metrics)):
        for metric in names:
            if metric not in task.metrics:
                yield f"{kind}: {unknown('metric', str(metric), task.metrics)}"
    if task.counted and not callable(task.size):
        yield "size: missing; with counted metrics it says how many things a case counts"
    if bool(task.measures) != callable(task.measure):
        yield "measures, measure: one is given without the other"


def _find_case_problems(task: Task) -> Iterator[str]:
    for name in (*task.inputs, *([task.answer] if task.answer else [])):
        if name in _KEYS:
            yield f"{name!r} is a key of every case already; call it otherwise"
    if task.answer is not None and task.answer in task.inputs:
        yield f"answer: {task.answer!r} is one of the inputs, too"
    for slot in task.layout.slots() if task.layout is not None else ():
        if slot not in task.inputs:
            yield f"layout: {unknown('input', slot, task.inputs)}"


def find_line(source: str, name: str) -> int | None:
    """Return the line of the call `Task(name="…")` in source, None where none is seen."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                value = keyword.value
                named = str(value.value) if isinstance(value, ast.Constant) else None
                if keyword.arg == "name" and named == name:
                    return node.lineno
    return None


def describe_crash(error: BaseException, path: Path, doing: str) -> str:
    """Say where code of a file raised: its deepest line there, and the error in a line."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    place = f"line {lines[-1]}: " if lines else ""
    said = " ".join(str(error).split())
    return f"{path}: {place}{doing} raised {type(error).__name__}" + (f": {said}" if said else "")


def checking_code(task: Task, path: Path) -> Task:
    """Return a task whose functions are checked, so that a slip is told where it is made.

    Args:
        task: Whose record is sound.
        path: Of the file that defines it.
    """
    return replace(
        task,
        score=_checking_score(task.score, task, path),
        size=task.size and _checking_size(task.size, path),
        measure=task.measure and _checking_measure(task.measure, task, path),
        measure_at=task.measure_at and _checking_measure(task.measure_at, task, path),
        check_expected=task.check_expected and _checking_expected(task.check_expected, path),
        origin=path,
    )


@contextmanager
def _telling(path: Path, doing: str) -> Iterator[None]:
    try:
        yield
    except (SchemaError, SchemaCheckError):  # told elsewhere: the case cannot be judged
        raise
    except Exception as error:
        raise InputError(describe_crash(error, path, doing)) from error


def _checking_score(score: Scorer, task: Task, path: Path) -> Scorer:
    def checked(case: Case, generation: Generation) -> Score:
        with _telling(path, f"scoring {case.id}"):
            found = score(case, generation)
        if problems := list(find_score_problems(found, task)):
            raise InputError(f"{path}: score of {case.id}: {each}" for each in problems)
        return found

    return checked


def _checking_size(size: Callable[[Case], int], path: Path) -> Callable[[Case], int]:
    def checked(case: Case) -> int:
        with _telling(path, f"size of {case.id}"):
            found = size(case)
        if type(found) is not int or found < 0:
            raise InputError(
                f"{path}: size of {case.id}: expected a whole number, got {found!r:.80}"
            )
        return found

    return checked


def _checking_measure(
    measure: Callable[_Given, Iterable[Measured]], task: Task, path: Path
) -> Callable[_Given, list[Measured]]:
    def checked(*given: _Given.args, **named: _Given.kwargs) -> list[Measured]:
        with _telling(path, "measuring"):
            found = list(measure(*given, **named))
        for each in found:
            if not isinstance(each, Measured) or each.metric not in task.measures:
                known = ", ".join(task.measures)
                raise InputError(f"{path}: measure: expected Measured of {known}, got {each!r:.80}")
        return found

    return checked


def _checking_expected(
    check: Callable[[Any], str | None], path: Path
) -> Callable[[Any], str | None]:
    def checked(expected: Any) -> str | None:
        with _telling(path, "checking what a case expects"):
            found = check(expected)
        if not isinstance(found, str | None):
            raise InputError(f"{path}: check_expected: expected a text or None, got {found!r:.80}")
        return found

    return checked


def find_score_problems(score: Any, task: Task) -> Iterator[str]:
    """Yield what of a score does not fit its task."""
    if not isinstance(score, Score):
        yield f"expected a Score, got {score!r:.80}"
        return
    if not isinstance(score.passed, bool):
        yield f"passed: expected true or false, got {score.passed!r:.80}"
    if not _is_number(score.value) or not 0 <= score.value <= 1:
        yield f"value: expected a number from 0 to 1, got {score.value!r:.80}"
    if not isinstance(score.reason, str | None) or not isinstance(score.detail, str):
        yield f"reason, detail: expected texts, got {score.reason!r:.40}, {score.detail!r:.40}"
    simple = [metric for metric in task.metrics if metric not in task.counted]
    yield from _find_strays("metrics", score.metrics, simple)
    yield from _find_strays("counts", score.counts, list(task.counted))
    for metric, value in score.metrics.items():
        if type(value) is not int or value not in (0, 1):
            yield f"metrics.{metric}: expected 0 or 1, got {value!r:.80}"
    for metric, count in score.counts.items():
        if not isinstance(count, Count) or not 0 <= count.right <= count.of:
            yield f"counts.{metric}: expected Count(right, of), got {count!r:.80}"
    for name, figure in score.values.items():
        if not _is_number(figure):
            yield f"values.{name}: expected a number, got {figure!r:.80}"
    try:
        json.dumps(score.document)
    except (TypeError, ValueError, RecursionError):
        yield f"document: expected a JSON value, got {score.document!r:.80}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _find_strays(kind: str, got: dict[str, Any], wanted: list[str]) -> Iterator[str]:
    if lacking := [metric for metric in wanted if metric not in got]:
        yield f"{kind}: lacks {', '.join(lacking)}, which the task declares"
    for metric in got:
        if metric not in wanted:
            yield f"{kind}: {unknown('metric', str(metric), wanted)}"
