"""Tasks of one's own: those that `scorers.py` of a cases folder defines, run only where allowed.

What a task must be like is checked in `suite.task_check`, what its code gives in `suite.task_code`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from suite.errors import InputError
from suite.task import Task
from suite.task_check import find_task_problems
from suite.task_code import checking_code, describe_crash, find_line
from suite.tasks import TASKS
from suite.whole_file import read_text

SCORERS_FILE = "scorers.py"
ALLOW_CODE = "--allow-code"
OWN_HINT = f"one of your own is known with --cases DIR {ALLOW_CODE}"
_MODULE = "goldgate_scorers"
_NAME = "TASKS"


@contextmanager
def own_tasks(folder: Path | None, allowed: bool) -> Iterator[list[Task]]:
    """Know the tasks of a cases folder, beside ours, for as long as the context lasts.

    Args:
        folder: Of case files (`--cases`); None: none was given.
        allowed: Whether its `scorers.py` may be run (`--allow-code`).

    Raises:
        InputError: It is there and not allowed, allowed and not there, or broken.
    """
    found = load_own_tasks(folder, allowed)
    with knowing(found):
        yield found


@contextmanager
def knowing(tasks: Sequence[Task]) -> Iterator[None]:
    """Know further tasks, none of a name that is known, for as long as the context lasts."""
    TASKS.update({task.name: task for task in tasks})
    try:
        yield
    finally:
        for task in tasks:
            del TASKS[task.name]


def load_own_tasks(folder: Path | None, allowed: bool, text: str | None = None) -> list[Task]:
    """Run `scorers.py` of a cases folder, where there is one, and return its tasks.

    Args:
        folder: See `own_tasks`; so are the others.
        allowed: See there.
        text: To be run in place of what the file holds.

    Raises:
        InputError: See `own_tasks`.
    """
    if folder is None:
        if allowed:
            raise InputError(f"{ALLOW_CODE} goes with --cases DIR, whose {SCORERS_FILE} it runs")
        return []
    path = folder / SCORERS_FILE
    if text is None and not path.exists():
        if allowed:
            raise InputError(
                f"{ALLOW_CODE}: {path}: no such file; --cases DIR says which folder brings code"
            )
        return []
    if not allowed:
        raise InputError(
            f"{path}: is code that defines tasks, and code of a cases folder is not run unasked; "
            f"if you trust it: {ALLOW_CODE}"
        )
    source = (read_text(path) if text is None else text).removeprefix("\ufeff")
    tasks = _take_tasks(_run(source, path), path)
    if problems := [each for task in tasks for each in find_task_problems(task)]:
        raise InputError(
            f"{path}: {f'line {line}: ' if (line := find_line(source, name)) else ''}{problem}"
            for name, problem in problems
        )
    return [checking_code(task, path) for task in tasks]


def names_of_own_tasks() -> list[str]:
    """Return the tasks known that are not ours, sorted."""
    return sorted(name for name, task in TASKS.items() if task.origin is not None)


def _run(source: str, path: Path) -> ModuleType:
    """Run the source as a module; not by an import, which would leave compiled files beside it."""
    module = ModuleType(_MODULE)
    module.__file__ = str(path)
    sys.modules[_MODULE] = module  # dataclasses look their module up
    try:
        exec(compile(source, str(path), "exec", dont_inherit=True), vars(module))
    except (Exception, SystemExit) as error:
        if isinstance(error, SyntaxError) and error.filename == str(path):
            place = f"line {error.lineno}: " if error.lineno else ""
            raise InputError(f"{path}: {place}{error.msg}") from None
        raise InputError(describe_crash(error, path, "running it")) from None
    return module


def _take_tasks(module: ModuleType, path: Path) -> list[Task]:
    found = vars(module).get(_NAME)
    if not isinstance(found, list | tuple) or not all(isinstance(each, Task) for each in found):
        got = "nothing" if found is None else f"{found!r:.80}"
        raise InputError(f"{path}: {_NAME}: expected a list of Task, got {got}")
    if not found:
        raise InputError(f"{path}: {_NAME}: expected at least one Task, got none")
    names = [task.name for task in found]
    if twice := sorted({str(name) for name in names if names.count(name) > 1}):
        raise InputError(f"{path}: {_NAME}: two tasks are called {twice[0]!r}")
    return list(found)
