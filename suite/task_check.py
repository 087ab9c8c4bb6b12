"""Checks what other people's code says of a task: its name and the fields of its record.

What its functions return is checked in `suite.task_code`; reading that code is `suite.own_tasks`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import get_args

from suite.case import Case
from suite.errors import unknown
from suite.layout import Layout
from suite.measures import ANY_TASK
from suite.task import Direction, Task
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
    for kind in ("size", "measure", "measure_at", "check_expected"):
        if (function := getattr(task, kind)) is not None and not callable(function):
            yield f"{kind}: expected a function, got {function!r:.80}"
    for kind in ("judged", "expects_text", "needs_schema"):
        if not isinstance(flag := getattr(task, kind), bool):
            yield f"{kind}: expected true or false, got {flag!r:.80}"
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
