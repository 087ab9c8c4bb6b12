"""The files of a new task in a cases folder: cases, scorer and gates that run as they are.

What the task is about is for a person to write.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import Template

from suite.case_files import GATES_FILE, load_task_file
from suite.errors import InputError
from suite.gate_file import load_gates
from suite.own_tasks import SCORERS_FILE, knowing, load_own_tasks
from suite.task_check import find_name_problem
from suite.whole_file import read_text

_CASES = Template("""\
# The task $name: say here what is asked, and what a right answer is.
task: $name
version: 1                  # moves only when scoring changes
cases:
  - id: ${name}_001
    tags: [easy]
    prompt: What is the capital of France? Answer with its name alone.
    expected: Paris
  - id: ${name}_002
    tags: [easy]
    prompt: What is the capital of Italy? Answer with its name alone.
    expected: Rome
""")
_HEAD = '''\
"""Scorers of the tasks in this folder, run only with --allow-code."""

from __future__ import annotations

from suite.case import Case
from suite.generation import Generation
from suite.score import Score
from suite.task import Task

TASKS: list[Task] = []
'''
_SCORER = Template('''

def score_$name(case: Case, generation: Generation) -> Score:
    """Pass an answer that is the expected text; white space around it and case do not matter.

    A scorer is pure and never raises: a bad answer is a score with a reason.
    """
    right = generation.text.strip().casefold() == case.expected.casefold()
    return Score(
        passed=right,
        value=float(right),
        reason=None if right else "other_text",
        detail="" if right else f"expected {case.expected!r}",
        metrics={"${name}_rate": int(right)},
    )


def check_$name(expected: object) -> str | None:
    """Say what is wanted of `expected` in a case; None: it will do."""
    return None if isinstance(expected, str) and expected else "wants a text"


TASKS.append(
    Task(
        name="$name",
        score=score_$name,
        metrics={"${name}_rate": "higher"},
        check_expected=check_$name,
    )
)
''')
_GATES_HEAD = "# What fails. Each threshold says why it is what it is.\n"
_GATES = Template("""\
$name:
  ${name}_rate_min:
    value: 0.9
    reason: To be settled; one wrong answer in ten is the most until then.
""")


def write_task(name: str, folder: Path, allowed: bool) -> dict[Path, str]:
    """Return the files that a new task makes or adds to, whole, by path; none is written.

    Args:
        name: Of the task.
        folder: Of case files; need not exist.
        allowed: Whether a `scorers.py` that is there may be run: all of it is tried before anything
            is written.

    Raises:
        InputError: The name is taken or no name, a file is there that would be replaced, or what
            is there is broken.
    """
    cases, scorers, gates = (folder / each for each in (f"{name}.yaml", SCORERS_FILE, GATES_FILE))
    if cases.exists():
        raise InputError(f"{cases}: is there already; nothing was written")
    known = load_own_tasks(folder, allowed) if scorers.exists() else []
    with knowing(known):
        if (problem := find_name_problem(name)) is not None:
            raise InputError(f"{name!r:.80}: {problem}")
    values = {"name": name}
    code = _read(scorers, _HEAD) + _SCORER.substitute(values)
    rules = _read(gates, _GATES_HEAD) + _GATES.substitute(values)
    files = {cases: _CASES.substitute(values), scorers: code, gates: rules}
    _check(folder, files)
    return files


def _read(path: Path, otherwise: str) -> str:
    if not path.exists():
        return otherwise
    text = read_text(path)
    return text if text.endswith("\n") or not text else f"{text}\n"


def _check(folder: Path, files: Mapping[Path, str]) -> None:
    """Read what is to be written as a session would.

    Raises:
        InputError: With what keeps the task from being added.
    """
    cases, scorers, gates = files
    tasks = load_own_tasks(folder, True, files[scorers])
    with knowing(tasks):
        load_task_file(cases, files[cases])
        load_gates(gates, text=files[gates])
