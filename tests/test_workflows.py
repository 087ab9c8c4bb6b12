"""The workflows: pinned, with few rights, and no text of others in a command."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixtures.task_limits import read_names
from suite.tasks import TASKS

ROOT = Path(__file__).parents[1]
ACTION = ROOT / ".github" / "actions" / "gate" / "action.yml"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FILES = [*WORKFLOWS, ACTION]


def read(path: Path) -> dict[Any, Any]:
    data: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return data


def steps_of(path: Path) -> list[dict[str, Any]]:
    data = read(path)
    jobs = [data["runs"]] if "runs" in data else data["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


def _load_script() -> Any:
    spec = importlib.util.spec_from_file_location("gate", ACTION.with_name("gate.py"))
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_expression_is_pasted_into_a_command(path: Path) -> None:
    commands = [step["run"] for step in steps_of(path) if "run" in step]
    assert commands
    assert not [command for command in commands if "${{" in command]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_actions_of_others_are_pinned_by_commit(path: Path) -> None:
    used = re.findall(r"uses: (\S+)(.*)", path.read_text(encoding="utf-8"))
    for action, comment in used:
        if not action.startswith("./"):
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action), action
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_rights_to_write_are_of_one_job_that_runs_nothing_of_a_pull_request(path: Path) -> None:
    data = read(path)
    assert data["permissions"] == {"contents": "read"}
    writing = {"gates": {"comment"}, "retrain": {"branch"}}.get(path.stem, set())
    assert {name for name, job in data["jobs"].items() if "permissions" in job} == writing
    for name in writing:
        commands = " ".join(step.get("run", "") for step in data["jobs"][name]["steps"])
        assert not re.search(r"\b(?:python|pip|pytest)\b", commands)
    assert "secrets." not in path.read_text(encoding="utf-8")
    assert "pull_request_target" not in data[True]  # YAML reads `on` as true


def test_the_action_passes_every_input_to_an_option_of_the_script() -> None:
    script = _load_script()
    given = vars(script._read_options([]))
    step = next(step for step in steps_of(ACTION) if step.get("name") == "Gates")
    passed = {name.removeprefix("GOLDGATE_").lower() for name in step["env"]}
    assert passed <= given.keys()
    own = {"artifact", "python-version"}
    assert {name.replace("-", "_") for name in read(ACTION)["inputs"].keys() - own} <= passed
    assert "comment" in passed


def test_the_gates_name_every_model_with_goldens_and_run_on_whatever_decides_them() -> None:
    workflow = read(ROOT / ".github/workflows/gates.yml")
    named = next(step["with"]["model"] for step in steps_of(ROOT / ".github/workflows/gates.yml")
                 if "model" in step.get("with", {}))  # fmt: skip
    names, limits = read_names(named.split("'")[1].split())
    asked = {(name, task) for name in names for task in limits.get(name, TASKS)}
    accepted = {(path.parent.name, path.stem) for path in (ROOT / "goldens").glob("*/*.json")}
    assert asked == accepted
    assert {"pyproject.toml", "conftest.py"} <= set(workflow[True]["pull_request"]["paths"])


@pytest.mark.parametrize("switch", ["--accept-removed", "--allow-code"])
def test_letting_cases_go_and_running_their_code_is_asked_for_by_name(switch: str) -> None:
    script = _load_script()
    folder = Path("run")
    commands = [
        script._pytest_command(script._read_options([f"{switch}={word}"]), folder)
        for word in ("true", "false")
    ]
    assert [switch in command for command in commands] == [True, False]
    with pytest.raises(SystemExit):
        script._read_options([f"{switch}=maybe"])


def test_the_run_is_kept_whatever_became_of_the_gates() -> None:
    last = steps_of(ACTION)[-1]
    assert last["if"] == "always()"
    assert "upload-artifact@" in last["uses"]
    # a step that may fail would turn a red run green
    assert not [step for step in steps_of(ACTION) if "continue-on-error" in step]


def test_one_comment_is_kept_up_to_date(tmp_path: Path) -> None:
    script = steps_of(ROOT / ".github/workflows/gates.yml")[-1]["run"]
    (tmp_path / "gh").write_text(
        "#!/bin/sh\n"
        'echo "$*" >> calls\n'
        'case "$*" in *--paginate*) printf "%s" "$FOUND";; *) exit "$STATUS";; esac\n'
    )
    (tmp_path / "gh").chmod(0o755)

    def run(found: str, status: int = 0) -> list[str]:
        (tmp_path / "calls").write_text("")
        known = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "GITHUB_REPOSITORY": "a/b"}
        known |= {"NUMBER": "7", "FOUND": found, "STATUS": str(status)}
        subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, env=known, check=True)
        return (tmp_path / "calls").read_text().splitlines()

    assert run("") == []  # there is no run to speak of
    (tmp_path / "comment.md").write_text("<!-- goldgate -->\n")
    assert run("")[1:] == ["api --silent repos/a/b/issues/7/comments -F body=@comment.md"]
    assert run("42\n")[1:] == [
        "api --silent -X PATCH repos/a/b/issues/comments/42 -F body=@comment.md"
    ]
    assert len(run("", status=1)) == 2  # the token may not: no failure
