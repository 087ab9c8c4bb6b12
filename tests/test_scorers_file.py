"""Reading `scorers.py`: what keeps its tasks from being used is told with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from suite.case import Case
from suite.errors import InputError
from suite.generation import Generation
from suite.own_tasks import load_own_tasks, names_of_own_tasks, own_tasks
from suite.schema import SchemaCheckError
from suite.tasks import TASKS
from tests.toy_own_task import SCORERS

HEAD = "from suite.score import Count, Score\nfrom suite.task import Task\n"
MEASURED = "from suite.measured import Measured\n"
CASE = Case(task="t", id="c", messages=({"role": "user", "content": "x"},))


def load(tmp_path: Path, text: str) -> None:
    (tmp_path / "scorers.py").write_text(text)
    load_own_tasks(tmp_path, True)


def task(**fields: str) -> str:
    """Return a file with one task whose fields are given as source, on line 3."""
    known = {"name": "'t'", "score": "print", "metrics": "{'m': 'higher'}"} | fields
    given = ", ".join(f"{name}={text}" for name, text in known.items())
    return f"{HEAD}TASKS = [Task({given})]\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = (", "line 1: '(' was never closed"),
        ("a = 1\nb = a / 0\n", "line 2: running it raised ZeroDivisionError: division by zero"),
        ("import nowhere_to_be_found", "line 1: running it raised ModuleNotFoundError: No module"),
        ("raise SystemExit(3)", "line 1: running it raised SystemExit: 3"),
        ("def f():\n    g()\n\nf()\n", "line 2: running it raised NameError: name 'g'"),
        ("x = 1", "TASKS: expected a list of Task, got nothing"),
        ("TASKS = 3", "TASKS: expected a list of Task, got 3"),
        ("TASKS = ['t']", "TASKS: expected a list of Task, got ['t']"),
        ("TASKS = []", "TASKS: expected at least one Task, got none"),
        (f"{HEAD}TASKS = [Task(name='t', metrics={{}})]", "line 3: running it raised TypeError"),
        (task(name="'format'"), "line 3: task 'format': name: is a task already; choose another"),
        (task(name="'slow'"), "line 3: task 'slow': name: has another meaning here"),
        (task(name="'gates'"), "line 3: task 'gates': name: has another meaning here"),
        (task(name="'My task'"), "line 3: task 'My task': name: expected small letters, digits"),
        (task(name="3"), "line 3: task '3': name: expected small letters"),
        (task(score="None"), "line 3: task 't': score: expected a function of case and generation"),
        (task(metrics="{}"), "line 3: task 't': metrics: expected at least one"),
        (task(metrics="['m']"), "line 3: task 't': metrics: expected a mapping, got ['m']"),
        (task(metrics="{'m': 'up'}"), "line 3: task 't': metrics.m: unknown direction 'up'; known"),
        (task(metrics="{'M x': 'higher'}"), "metrics: 'M x': expected small letters"),
        (task(counted="{'n': 'words'}"), "line 3: task 't': counted: unknown metric 'n'; known: m"),
        (task(counted="{'m': 'words'}"), "size: missing; with counted metrics it says"),
        (task(measures="{'speed': 'lower'}"), "measures, measure: one is given without the other"),
        (task(measures="{'m': 'lower'}", measure="print"), "measures: 'm' is one of the metrics"),
        (task(inputs="('prompt',)"), "'prompt' is a key of every case already; call it otherwise"),
        (task(inputs="('q')"), "inputs: expected a tuple of texts, got 'q'"),
        (task(answer="'id'"), "'id' is a key of every case already"),
        (task(inputs="('q',)", answer="'q'"), "answer: 'q' is one of the inputs, too"),
        (task(layout="'{q}'"), "layout: expected a Layout, got '{q}'"),
        (task(inputs="None"), "line 3: task 't': inputs: expected a tuple of texts, got None"),
        (task(labels="5"), "line 3: task 't': labels: expected a tuple of texts, got 5"),
        (task(groups="['k']"), "line 3: task 't': groups: expected a mapping, got ['k']"),
        (task(groups="{'k': None}"), "groups.k: expected a tuple of texts, got None"),
        (task(answer="5"), "line 3: task 't': answer: expected a text, got 5"),
        (task(check_expected="'x'"), "check_expected: expected a function, got 'x'"),
        (task(measure_at="'x'"), "line 3: task 't': measure_at: expected a function, got 'x'"),
        (task(measure="5"), "line 3: task 't': measure: expected a function, got 5"),
        (task(size="5"), "line 3: task 't': size: expected a function, got 5"),
        (task(judged="'no'"), "line 3: task 't': judged: expected true or false, got 'no'"),
        (task(needs_schema="None"), "needs_schema: expected true or false, got None"),
        (task(expects_text="1"), "expects_text: expected true or false, got 1"),
        (task(metrics="{'self_flip_rate': 'lower'}"), "is measured of every task already"),
        (
            task(measures="{'latency_p95_ms': 'lower'}", measure="print"),
            "measures: 'latency_p95_ms' is measured of every task already; call it otherwise",
        ),
        ("x = '\0'", "source code string cannot contain null bytes"),
        ("a = 1\ncompile('x = (', 'elsewhere', 'exec')", "line 2: running it raised SyntaxError"),
        (task().replace("[Task", "2 * [Task"), "TASKS: two tasks are called 't'"),
    ],
)
def test_a_broken_file_is_told_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'scorers.py'}: ")
    assert message in str(caught.value)


def test_a_mark_that_some_editors_put_first_is_no_part_of_the_code(tmp_path: Path) -> None:
    (tmp_path / "scorers.py").write_text(task(), encoding="utf-8-sig")
    assert [each.name for each in load_own_tasks(tmp_path, True)] == ["t"]


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path, task(metrics="{'m': 'up', 'n': 'down'}", answer="'id'"))
    assert len(caught.value.problems) == 3


def test_nothing_is_left_beside_the_file_and_nothing_is_known_afterwards(tmp_path: Path) -> None:
    (tmp_path / "scorers.py").write_text(SCORERS)
    before = dict(TASKS)
    with own_tasks(tmp_path, True):
        assert names_of_own_tasks() == ["polite"]
        assert TASKS["polite"].origin == tmp_path / "scorers.py"
    assert before == TASKS
    assert [path.name for path in tmp_path.iterdir()] == ["scorers.py"]


def test_a_dataclass_with_postponed_annotations_can_be_defined(tmp_path: Path) -> None:
    text = (
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "from typing import ClassVar\n"
        "@dataclass\nclass Limits:\n    least: int = 1\n    names: ClassVar[int] = 2\n"
    )
    (tmp_path / "scorers.py").write_text(text + task(groups="{'least': (str(Limits().least),)}"))
    with own_tasks(tmp_path, True):
        assert TASKS["t"].groups == {"least": ("1",)}


@pytest.mark.parametrize(
    ("score", "message"),
    [
        ("None", "score of c: expected a Score, got None"),
        ("Score(1, 1.0, metrics={'m': 1})", "passed: expected true or false, got 1"),
        ("Score(True, 1.5, metrics={'m': 1})", "value: expected a number from 0 to 1, got 1.5"),
        ("Score(True, float('nan'), metrics={'m': 1})", "value: expected a number from 0 to 1"),
        ("Score(True, 1.0)", "metrics: lacks m, which the task declares"),
        ("Score(True, 1.0, metrics={'m': 1, 'x': 1})", "metrics: unknown metric 'x'; known: m"),
        ("Score(True, 1.0, metrics={'m': True})", "metrics.m: expected 0 or 1, got True"),
        ("Score(True, 1.0, metrics={'m': 2})", "metrics.m: expected 0 or 1, got 2"),
        ("Score(True, 1.0, 3, metrics={'m': 1})", "reason, detail: expected texts, got 3"),
        ("Score(True, 1.0, metrics={'m': 1}, document={1})", "document: expected a JSON value"),
        ("Score(True, 1.0, metrics={'m': 1}, values={'v': 'x'})", "values.v: expected a number"),
        ("Score(True, 1.0, metrics={'m': 1}, counts={'k': (1, 2)})", "counts: unknown metric 'k'"),
        ("Score(True, 10**400, metrics={'m': 1})", "value: expected a number from 0 to 1"),
        (
            "Score(True, 1.0, metrics=None)",
            "metrics: expected a dict with texts for keys, got None",
        ),
        ("Score(True, 1.0, metrics={'m': 1}, values=[1])", "values: expected a dict with texts"),
        ("Score(True, 1.0, metrics={'m': 1}, values={1: 1})", "values: expected a dict with texts"),
        (
            "Score(True, 1.0, metrics={'m': 1}, values={'v': 10**400})",
            "values.v: expected a number",
        ),
        ("Score(True, 1.0, metrics={'m': 1}, counts=3)", "counts: expected a dict with texts for"),
        ("Score(True, 1.0, metrics={'m': 1}, flags=None)", "flags: expected a tuple of texts, got"),
        (
            "Score(True, 1.0, metrics={'m': 1}, flags='cut')",
            "flags: expected a tuple of texts, got",
        ),
        ("Score(True, 1.0, metrics={'m': 1}, document=1e999)", "document: expected a JSON value"),
        ("{}['x']", "line 3: scoring c raised KeyError: 'x'"),
    ],
)
def test_an_unfit_score_is_told_where_it_is_made(tmp_path: Path, score: str, message: str) -> None:
    (tmp_path / "scorers.py").write_text(task(score=f"lambda case, found: {score}"))
    (found,) = load_own_tasks(tmp_path, True)
    with pytest.raises(InputError) as caught:
        found.score(CASE, Generation("x", "stop"))
    assert message in str(caught.value)


def test_a_count_of_more_than_there_is_is_refused_and_a_sound_one_is_not(tmp_path: Path) -> None:
    text = task(
        counted="{'m': 'words'}",
        size="lambda case: 3",
        score="lambda case, found: Score(True, 1.0, counts={'m': Count(int(found.text), 3)})",
    )
    (tmp_path / "scorers.py").write_text(text)
    (found,) = load_own_tasks(tmp_path, True)
    assert found.score(CASE, Generation("3", "stop")).counts == {"m": (3, 3)}
    with pytest.raises(InputError, match=r"counts\.m: expected Count"):
        found.score(CASE, Generation("4", "stop"))


@pytest.mark.parametrize("count", ["Count('a', 1)", "Count(1, None)", "Count(0.5, 1)", "(1, 2)"])
def test_a_count_that_is_not_of_whole_numbers_is_refused(tmp_path: Path, count: str) -> None:
    score = f"lambda case, found: Score(True, 1.0, counts={{'m': {count}}})"
    text = task(counted="{'m': 'words'}", size="lambda case: 1", score=score)
    (tmp_path / "scorers.py").write_text(text)
    (found,) = load_own_tasks(tmp_path, True)
    with pytest.raises(InputError, match=r"counts\.m: expected Count"):
        found.score(CASE, Generation("x", "stop"))


@pytest.mark.parametrize(
    ("figure", "message"),
    [
        ("'v', float('nan'), 1", "value: expected a number, got nan"),
        ("'v', 'x', 1", "value: expected a number, got 'x'"),
        ("'v', 1.0, -1", "n: expected a whole number, got -1"),
        ("'v', 1.0, '3'", "n: expected a whole number, got '3'"),
        ("'v', 1.0, 3, 'a', 'b'", "low: expected a number or None, got 'a'"),
        ("'v', 1.0, 3, 0.5, float('inf')", "high: expected a number or None, got inf"),
        ("'v', 1.0, 3, None, None, 5", "unit: expected a text, got 5"),
        (
            "'v', 1.0, 3, None, None, '', 4",
            "count: expected a whole number up to n, or None, got 4",
        ),
        ("['v'], 1.0, 3", "expected Measured of v, got Measured(metric=['v']"),
    ],
)
@pytest.mark.parametrize("how", ["measure", "measure_at"])
def test_an_unfit_figure_is_told_where_it_is_made(
    tmp_path: Path, how: str, figure: str, message: str
) -> None:
    functions = {"measure": "print"} | {how: f"lambda *given: [Measured({figure})]"}
    text = task(measures="{'v': 'higher'}", **functions)
    (tmp_path / "scorers.py").write_text(text.replace(HEAD, MEASURED + HEAD, 1))
    (found,) = load_own_tasks(tmp_path, True)
    with pytest.raises(InputError) as caught:
        list(found.measure([]) if how == "measure" else found.measure_at([], 0.5))
    assert str(caught.value).startswith(f"{tmp_path / 'scorers.py'}: measure: ")
    assert message in str(caught.value)


@pytest.mark.parametrize("expected", [None, "Paris", {"a": 1}, ["Paris", 2]])
@pytest.mark.parametrize("check", ["None", "lambda expected: None"])
def test_a_task_with_a_judge_expects_a_list_of_texts(
    tmp_path: Path, check: str, expected: object
) -> None:
    (tmp_path / "scorers.py").write_text(task(judged="True", check_expected=check))
    (found,) = load_own_tasks(tmp_path, True)
    assert found.check_expected(expected) == (
        "wants a list of texts for the judge, empty where the context does not say"
    )


def test_a_list_of_texts_for_a_judge_has_to_please_the_own_check_too(tmp_path: Path) -> None:
    check = "lambda expected: None if expected else 'wants one'"
    (tmp_path / "scorers.py").write_text(task(judged="True", check_expected=check))
    (found,) = load_own_tasks(tmp_path, True)
    assert found.check_expected(["Paris"]) is None
    assert found.check_expected([]) == "wants one"


def test_a_schema_that_cannot_be_checked_stays_no_verdict(tmp_path: Path) -> None:
    text = (
        "from suite.schema import SchemaCheckError\n"
        "def score(case, found):\n    raise SchemaCheckError('limit')\n"
    )
    (tmp_path / "scorers.py").write_text(text + task(score="score"))
    (found,) = load_own_tasks(tmp_path, True)
    with pytest.raises(SchemaCheckError):
        found.score(CASE, Generation("x", "stop"))
