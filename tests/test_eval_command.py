"""`goldgate eval`: a file becomes a call of pytest, and its exit status is pytest's."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from fixtures.command_line import add_options
from suite.__main__ import app
from suite.eval_config import EvalConfig, load_eval, pytest_arguments

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "docs" / "eval.example.yaml"
LEAST = {"task": "format", "output_dir": "out"}
TASKS = ("extraction", "format")


def write(folder: Path, **keys: Any) -> Path:
    path = folder / "eval.yaml"
    path.write_text(yaml.safe_dump(LEAST | keys))
    return path


def goldgate(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, arguments)], catch_exceptions=False)


def arguments_of(path: Path) -> list[str]:
    return pytest_arguments(load_eval(path), path, TASKS)


def test_the_example_is_the_call_that_it_says() -> None:
    assert arguments_of(EXAMPLE) == [
        "-m", "format", "--model=tiny_base", "--model=tiny_json",
        f"--output={ROOT / 'runs' / 'format'}", "--limit=20", "-q",
    ]  # fmt: skip


def test_every_key_is_an_option_of_its_name(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        task=["format", "extraction"], models=["a", "b"], registry="m.yaml", workers=2,
        cases="cases", allow_code=True, limit=3, gates="g.yaml", goldens="/kept",
        require_gates=True, baseline_ref="origin/main", allow_conditions="dtype",
        max_new_tokens=9, batch_size=4, max_cost=0.5, **{"as": "mine"},
        base_model="owner/name", accept_removed=False, pytest=["-x", "--tb=no"],
    )  # fmt: skip
    assert arguments_of(path) == [
        "-m", "format or extraction", "--model=a", "--model=b", "-n2",
        f"--output={tmp_path / 'out'}", f"--models={tmp_path / 'm.yaml'}",
        f"--cases={tmp_path / 'cases'}", "--allow-code", "--limit=3", "--goldens=/kept",
        f"--gates={tmp_path / 'g.yaml'}", "--require-gates", "--baseline-ref=origin/main",
        "--allow-conditions=dtype", "--max-cost=0.5", "--base-model=owner/name", "--as=mine",
        "--max-new-tokens=9", "--batch-size=4", "-x", "--tb=no",
    ]  # fmt: skip


def test_a_base_or_a_recording_is_a_path_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    path = write(tmp_path, base_model="base", replay="last", cases_file="openai/gsm8k")
    assert f"--base-model={tmp_path / 'base'}" in arguments_of(path)
    assert "--replay=last" in arguments_of(path)
    assert "--cases-file=openai/gsm8k" in arguments_of(path)


def test_a_name_that_no_file_can_have_is_a_name(tmp_path: Path) -> None:
    path = write(tmp_path, base_model="x" * 300)
    assert f"--base-model={'x' * 300}" in arguments_of(path)


@pytest.mark.parametrize("key", ["base_model", "cases", "output_dir", "task", "pytest"])
def test_a_text_that_no_command_can_take_is_refused(tmp_path: Path, key: str) -> None:
    value = ["a\0b"] if key == "pytest" else "a\0b"
    done = goldgate("--config", write(tmp_path, **{key: value}), "--show")
    assert done.exit_code == 2
    assert r"\x00" in done.stderr


@pytest.mark.parametrize("name", ["rows.jsonl", "./rows", "../a/rows"])
def test_a_file_that_is_not_there_is_looked_for_beside_the_evaluation(
    tmp_path: Path, name: str
) -> None:
    path = write(tmp_path, cases_file=name, replay=name)
    assert f"--cases-file={(tmp_path / name).resolve()}" in arguments_of(path)
    assert f"--replay={(tmp_path / name).resolve()}" in arguments_of(path)


def test_a_home_is_where_the_shell_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    path = write(tmp_path, output_dir="~/out", replay="~/rows.jsonl")
    assert f"--output={tmp_path / 'home' / 'out'}" in arguments_of(path)
    assert f"--replay={tmp_path / 'home' / 'rows.jsonl'}" in arguments_of(path)


def options_of_pytest() -> Iterator[str]:
    """Yield the options that the plugin registers."""

    class Group:
        def addoption(self, *names: str, **_: object) -> None:
            found.extend(names)

    class Parser:
        def getgroup(self, _: str) -> Group:
            return Group()

    found: list[str] = []
    add_options(Parser())  # type: ignore[arg-type]  # the one method that it calls
    yield from found


def test_the_keys_are_the_options_that_pytest_knows() -> None:
    known = set(options_of_pytest())
    assert "--cases" in known
    keys = set(EvalConfig.model_fields) - {"task", "models", "workers", "pytest"}
    others = {"output_dir": "output", "registry": "models", "as_name": "as"}
    options = {f"--{others.get(key, key).replace('_', '-')}" for key in keys}
    assert options - known == set()
    own = {"--model", "--num-prompts", "--list-models", "--judge-check"}  # other names; no runs
    assert known - options == own


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"taks": "format"}, "taks: unknown key 'taks'; known: "),
        ({"taks": "format"}, "Did you mean 'task'?"),
        ({"task": "fromat"}, "task: unknown task 'fromat'; known: "),
        ({"task": []}, "task: expected at least 1 entry, got []"),
        ({"limit": 0}, "limit: expected greater than or equal to 1, got 0"),
        ({"max_cost": 0}, "max_cost: expected greater than 0, got 0"),
        ({"limit": True}, "limit: expected a valid integer, got True"),
        ({"require_gates": "maybe"}, "require_gates: expected a valid boolean, got 'maybe'"),
        ({"output_dir": None}, "output_dir: "),
        ({"cases": "nowhere", "allow_code": True}, "scorers.py: no such file"),
        ({"allow_code": True}, "--allow-code goes with --cases DIR"),
    ],
)
def test_a_wrong_file_is_told_before_pytest_is_called(
    keys: dict[str, Any], message: str, tmp_path: Path
) -> None:
    done = goldgate("--config", write(tmp_path, **keys), "--show")
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stderr.startswith("goldgate eval: ")


def test_what_lacks_is_told(tmp_path: Path) -> None:
    (tmp_path / "eval.yaml").write_text("models: [a]\n")
    done = goldgate("--config", tmp_path / "eval.yaml")
    assert done.stderr.splitlines() == [
        f"goldgate eval: {tmp_path / 'eval.yaml'}: task: missing",
        f"goldgate eval: {tmp_path / 'eval.yaml'}: output_dir: missing",
    ]


def test_the_command_can_be_shown_with_arguments_of_ones_own(tmp_path: Path) -> None:
    done = goldgate("--config", write(tmp_path), "--show", "--", "-k", "a or b")
    cd, folder, _, *command = shlex.split(done.stdout)
    assert (cd, folder, command[0]) == ("cd", str(ROOT), sys.executable)
    assert command[1:] == [
        "-m", "pytest", "-m", "format", f"--output={tmp_path / 'out'}", "-k", "a or b",
    ]  # fmt: skip


@pytest.mark.integration
@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["--collect-only", "-q"], 0), (["--collect-only", "-q", "--model=nobody"], 4)],
    ids=["the-example", "an-unknown-model"],
)
def test_the_exit_status_is_that_of_pytest(
    arguments: list[str], status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    done = goldgate("--config", EXAMPLE, "--", *arguments)
    told = capfd.readouterr()
    assert done.exit_code == status, told
    assert ("suite/test_format.py: 40" in told.out) is (status == 0)
