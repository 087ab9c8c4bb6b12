"""`goldgate new-case` and `new-task`: skeletons that a session takes, and nothing else touched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from suite.__main__ import app
from suite.case_files import load_cases, load_task_file
from suite.case_skeleton import add_case
from suite.errors import InputError
from suite.gate_file import load_gates
from suite.generation import Generation
from suite.own_tasks import own_tasks
from suite.task import Task, check_object
from suite.tasks import TASKS

OWN_CASES = Path(__file__).parents[1] / "suite" / "cases"
TASK_NAMES = sorted(TASKS)


def goldgate(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)


@pytest.fixture(params=["\n", "\r\n"], ids=["lf", "crlf"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    text = (
        "# a head\n"
        "task: format  # the one\n"
        "version: 1\n"
        "cases:\n"
        "- id: b_1\n"
        "  schema: true\n"
        "  prompt: |\n"
        "    First line\n"
        "    # no comment, but text\n"
        "\n"
        "# about the schemas\n"
        "schemas: {x: {type: object}}\n"
    ).replace("\n", request.param)
    path = tmp_path / "format.yaml"
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("task", TASK_NAMES)
def test_every_task_has_a_skeleton_that_its_file_takes(task: str, tmp_path: Path) -> None:
    before = (OWN_CASES / f"{task}.yaml").read_text(encoding="utf-8")
    (tmp_path / f"{task}.yaml").write_text(before, encoding="utf-8")
    done = goldgate("new-case", task, "--cases", tmp_path)
    assert done.exit_code == 0, done.stderr
    after = (tmp_path / f"{task}.yaml").read_text(encoding="utf-8")
    assert after.startswith(before.rstrip("\n"))
    *old, new = load_task_file(tmp_path / f"{task}.yaml").cases
    assert tuple(old) == load_task_file(OWN_CASES / f"{task}.yaml").cases
    assert set(new.inputs) == set(TASKS[task].inputs)
    assert new.tags
    assert f"case {new.id}; next: write" in done.stdout


def test_a_case_goes_behind_the_last_and_every_other_character_stays(file: Path) -> None:
    before = file.read_bytes()
    assert goldgate("new-case", "format", "--cases", file.parent, "--id", "mine").exit_code == 0
    after = file.read_bytes()
    end = b"\r\n" if b"\r\n" in before else b"\n"
    place = before.index(end + b"# about the schemas")
    added = after[place : len(after) - (len(before) - place)]
    assert after == before[:place] + added + before[place:]
    assert added.startswith(b"- id: mine" + end)
    assert added.count(b"\n") == added.count(end)
    _, new = load_task_file(file).cases
    assert (new.id, new.prompt_text) == ("mine", "Write what is asked here.")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("task: format\nversion: 1\ncases:\n  - {id: a, prompt: x, schema: true}", 5),
        ("task: format\nversion: 1\ncases:\n  - {id: a, prompt: x, schema: true}\n\n# end\n", 5),
        ("cases:\n- {id: a, prompt: x, schema: true}\ntask: format\nversion: 1\n", 3),
        ("cases:\n- id: a\n  schema: true\n  prompt: |+\n    x\ntask: format\nversion: 1\n", 6),
    ],
    ids=["no-newline", "trailing", "first-key", "literal"],
)
def test_wherever_the_list_stands_the_new_case_is_its_last(text: str, line: int) -> None:
    made = add_case(text, Path("format.yaml"), TASKS["format"])
    assert made.line == line
    found = load_task_file(Path("format.yaml"), made.text).cases
    assert [case.id for case in found] == ["a", "format_002"]


@pytest.mark.parametrize(
    "cases",
    ["[{id: a, prompt: x, schema: true}]", "\n- id: a\n  schema: true\n  prompt: |+\n    x\n\n\n"],
    ids=["flow", "blank-lines-that-count"],
)
def test_a_list_that_would_be_disturbed_is_left_alone_and_the_case_is_shown(
    cases: str, tmp_path: Path
) -> None:
    path = tmp_path / "format.yaml"
    path.write_text(text := f"task: format\nversion: 1\ncases: {cases}")
    done = goldgate("new-case", "format", "--cases", tmp_path)
    assert (done.exit_code, path.read_text()) == (2, text)
    assert "add it by hand:" in done.stderr
    assert "  - id: format_002" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fromat"], "unknown task 'fromat'; known: "),
        (["fromat"], "Did you mean 'format'?"),
        (["format", "--id", "a"], "--id: 'a' is taken"),
        (["format", "--id", "A-1"], "--id: expected small letters, digits and `_`, got 'A-1'"),
        (["extraction"], "extraction.yaml: no such file"),
    ],
)
def test_what_cannot_be_added_is_told_and_nothing_is_written(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "format.yaml"
    path.write_text(text := "task: format\nversion: 1\ncases:\n- {id: a, prompt: x, schema: true}")
    done = goldgate("new-case", *arguments, "--cases", tmp_path)
    assert (done.exit_code, path.read_text()) == (2, text)
    assert message in done.stderr


def test_an_id_is_fresh(tmp_path: Path) -> None:
    ids = ["format_003", "x", "format_004"]
    rows = "".join(f"- {{id: {name}, prompt: x, schema: true}}\n" for name in ids)
    made = add_case(
        f"task: format\nversion: 1\ncases:\n{rows}", Path("format.yaml"), TASKS["format"]
    )
    assert made.id == "format_005"


@pytest.mark.parametrize(
    ("fields", "keys"),
    [
        ({}, {"id", "tags", "prompt"}),
        ({"inputs": ("text",)}, {"id", "tags", "prompt", "text"}),
        ({"check_expected": check_object}, {"id", "tags", "prompt", "expected"}),
        (
            {"answer": "label", "labels": ("yes", "no"), "check_expected": lambda e: None},
            {"id", "tags", "prompt", "label"},
        ),
        ({"needs_schema": True}, {"id", "tags", "prompt", "schema", "expected"}),
    ],
    ids=["plain", "inputs", "object", "labels", "schema"],
)
def test_the_keys_of_a_skeleton_follow_from_the_record(
    fields: dict[str, Any], keys: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    task = Task(name="t", score=TASKS["format"].score, metrics={"m": "higher"}, **fields)
    monkeypatch.setitem(TASKS, "t", task)
    answer = "label: no" if task.answer else "expected: {a: 1}"
    case = f"- {{id: a, prompt: x, schema: true, {answer}}}"
    if not task.check_expected and not task.needs_schema:
        case = "- {id: a, prompt: x}"
    made = add_case(f"task: t\nversion: 1\ncases:\n{case}\n", Path("t.yaml"), task)
    added = made.text.split("\n", 4)[4]
    assert {line[2:].split(":")[0] for line in added.splitlines() if line[2:3].strip()} == keys


def test_a_task_that_takes_no_answer_we_know_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Task(
        name="t",
        score=TASKS["format"].score,
        metrics={"m": "higher"},
        check_expected=lambda expected: None if expected == "only this" else "wants only this",
    )
    monkeypatch.setitem(TASKS, "t", task)
    text = "task: t\nversion: 1\ncases:\n- {id: a, prompt: x, expected: only this}\n"
    *_, new = load_task_file(Path("t.yaml"), add_case(text, Path("t.yaml"), task).text).cases
    assert new.expected == "only this"  # of the case before
    with pytest.raises(InputError, match=r"t\.yaml: cases\[0\]\.expected: wants only this"):
        add_case(text.replace("only this", "other"), Path("t.yaml"), task)


# ----------------------------------------------------------------------------- new-task


def test_a_new_task_is_whole_and_a_second_one_joins_it(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    first = goldgate("new-task", "capital", "--cases", folder)
    assert first.exit_code == 0, first.stderr
    assert first.stdout.count("written: ") == 3
    assert f"pytest -m capital --cases={folder} --allow-code" in first.stdout
    cases = (folder / "capital.yaml").read_text()
    refused = goldgate("new-task", "river", "--cases", folder)
    assert refused.exit_code == 2
    assert "--allow-code" in refused.stderr
    second = goldgate("new-task", "river", "--cases", folder, "--allow-code")
    assert second.exit_code == 0, second.stderr
    assert second.stdout.count("added to: ") == 2
    assert (folder / "capital.yaml").read_text() == cases
    with own_tasks(folder, True):
        files = load_cases(folder)
        gates = load_gates(folder / "gates.yaml")
        assert list(files) == ["capital", "river"]
        for name, file in files.items():
            assert list(gates.rules("any", name)) == [f"{name}_rate_min"]
            right, wrong = (TASKS[name].score(file.cases[0], Generation(text, "stop"))
                            for text in (" paris\n", "Rome"))  # fmt: skip
            assert (right.passed, wrong.passed, wrong.reason) == (True, False, "other_text")
    added = goldgate("new-case", "river", "--cases", folder, "--allow-code")
    assert added.exit_code == 0, added.stderr


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("format", "'format': is a task already; choose another"),
        ("slow", "'slow': has another meaning here; choose another"),
        ("true", "'true': has another meaning here; choose another"),
        ("models", "'models': has another meaning here; choose another"),
        ("My-Task", "'My-Task': expected small letters, digits and `_`, a letter first"),
        ("../up", "'../up': expected small letters"),
        ("there", "there.yaml: is there already; nothing was written"),
    ],
)
def test_a_name_that_cannot_be_is_told_and_nothing_is_written(
    name: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "there.yaml").write_text("")
    done = goldgate("new-task", name, "--cases", tmp_path)
    assert done.exit_code == 2
    assert message in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["there.yaml"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("scorers.py", "TASKS = ()\n", "TASKS: expected at least one Task, got none"),
        ("scorers.py", "x = 1 / 0\n", "line 1: running it raised ZeroDivisionError"),
        ("gates.yaml", "nothing: [", "gates.yaml: line "),
        ("gates.yaml", "{}\n", "gates.yaml: line "),
    ],
)
def test_what_is_there_and_broken_is_told_and_nothing_is_written(
    name: str, text: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    allow = ["--allow-code"] if name == "scorers.py" else []
    done = goldgate("new-task", "mine", "--cases", tmp_path, *allow)
    assert done.exit_code == 2
    assert message in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_next_command_can_be_pasted_wherever_the_last_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my work").mkdir()
    monkeypatch.chdir(tmp_path / "my work")
    made = goldgate("new-task", "capital", "--cases", "own")
    root = Path(__file__).parents[1]
    call = f"'--cases={tmp_path / 'my work' / 'own'}' --allow-code"
    assert made.stdout.splitlines()[-1].endswith(f"then: cd {root} && pytest -m capital {call}")
    added = goldgate("new-case", "capital", "--cases", "own", "--allow-code")
    name = "capital_003"
    assert added.stdout.endswith(f"then: cd {root} && pytest -m capital -k {name} {call}\n")
    monkeypatch.chdir(root)
    made = goldgate("new-task", "river", "--cases", tmp_path / "other")
    assert f"then: pytest -m river --cases={tmp_path / 'other'} --allow-code" in made.stdout
