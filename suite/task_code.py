"""Has other people's code watched: what its functions return, and where in it something raised.

The record of a task is checked in `suite.task_check`; our own tasks are held to the same by tests.
"""

from __future__ import annotations

import ast
import json
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, ParamSpec

from suite.case import Case
from suite.errors import InputError, unknown
from suite.generation import Generation
from suite.measured import Measured
from suite.schema import SchemaCheckError, SchemaError
from suite.score import Count, Score
from suite.task import Scorer, Task

_Given = ParamSpec("_Given")


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
        check_expected=_checking_expected(task, path),
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
        if problems := [said for each in found for said in _find_measured_problems(each, task)]:
            raise InputError(f"{path}: measure: {problem}" for problem in problems)
        return found

    return checked


def _checking_expected(task: Task, path: Path) -> Callable[[Any], str | None] | None:
    check = task.check_expected
    if check is None:
        return _check_references if task.judged else None

    def checked(expected: Any) -> str | None:
        if task.judged and (wanted := _check_references(expected)) is not None:
            return wanted
        with _telling(path, "checking what a case expects"):
            found = check(expected)
        if not isinstance(found, str | None):
            raise InputError(f"{path}: check_expected: expected a text or None, got {found!r:.80}")
        return found

    return checked


def _check_references(expected: Any) -> str | None:
    if isinstance(expected, list) and all(isinstance(each, str) for each in expected):
        return None
    return "wants a list of texts for the judge, empty where the context does not say"


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
    if not isinstance(score.flags, tuple | list) or not all(
        isinstance(flag, str) for flag in score.flags
    ):
        yield f"flags: expected a tuple of texts, got {score.flags!r:.80}"
    try:
        json.dumps(score.document, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        yield f"document: expected a JSON value, got {score.document!r:.80}"
    yield from _find_figure_problems(score, task)


def _find_figure_problems(score: Score, task: Task) -> Iterator[str]:
    figures = {"metrics": score.metrics, "counts": score.counts, "values": score.values}
    unfit = [kind for kind, found in figures.items() if not _is_keyed_by_texts(found)]
    for kind in unfit:
        yield f"{kind}: expected a dict with texts for keys, got {figures[kind]!r:.80}"
    if unfit:
        return
    simple = [metric for metric in task.metrics if metric not in task.counted]
    yield from _find_strays("metrics", score.metrics, simple)
    yield from _find_strays("counts", score.counts, list(task.counted))
    for metric, value in score.metrics.items():
        if type(value) is not int or value not in (0, 1):
            yield f"metrics.{metric}: expected 0 or 1, got {value!r:.80}"
    for metric, count in score.counts.items():
        whole = isinstance(count, Count) and _is_whole(count.of) and _is_whole(count.right)
        if not whole or count.right > count.of:
            yield f"counts.{metric}: expected Count(right, of), got {count!r:.80}"
    for name, figure in score.values.items():
        if not _is_number(figure):
            yield f"values.{name}: expected a number, got {figure!r:.80}"


def _find_strays(kind: str, got: dict[str, Any], wanted: list[str]) -> Iterator[str]:
    if lacking := [metric for metric in wanted if metric not in got]:
        yield f"{kind}: lacks {', '.join(lacking)}, which the task declares"
    for metric in got:
        if metric not in wanted:
            yield f"{kind}: {unknown('metric', metric, wanted)}"


def _find_measured_problems(found: Any, task: Task) -> Iterator[str]:
    known = list(task.measures)
    if not isinstance(found, Measured) or found.metric not in known:
        yield f"expected Measured of {', '.join(known)}, got {found!r:.80}"
        return
    if not _is_number(found.value):
        yield f"{found.metric}: value: expected a number, got {found.value!r:.80}"
    for kind, end in (("low", found.low), ("high", found.high)):
        if end is not None and not _is_number(end):
            yield f"{found.metric}: {kind}: expected a number or None, got {end!r:.80}"
    if not _is_whole(found.n):
        yield f"{found.metric}: n: expected a whole number, got {found.n!r:.80}"
    elif found.count is not None and not (_is_whole(found.count) and found.count <= found.n):
        yield (
            f"{found.metric}: count: expected a whole number up to n, or None, "
            f"got {found.count!r:.80}"
        )
    if not isinstance(found.unit, str):
        yield f"{found.metric}: unit: expected a text, got {found.unit!r:.80}"


def _is_keyed_by_texts(found: Any) -> bool:
    return isinstance(found, dict) and all(isinstance(key, str) for key in found)


def _is_number(value: Any) -> bool:
    """Tell whether it is a number that a float can be: not NaN, infinite or of 400 digits."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(value) <= sys.float_info.max


def _is_whole(value: Any) -> bool:
    return type(value) is int and value >= 0
