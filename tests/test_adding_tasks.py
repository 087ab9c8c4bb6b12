"""docs/adding_tasks.md, followed to the letter in a copy of the repository without weights."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from suite.case_files import load_cases
from suite.eval_config import load_eval, pytest_arguments
from suite.gate_file import load_gates
from suite.generation import Generation
from suite.own_tasks import own_tasks
from suite.tasks import TASKS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "adding_tasks.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"(?:^`([\w./]+)`:\n\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_STATUS = re.compile(r"\s+# exit status (\d)$")


@dataclass(frozen=True)
class Step:
    """What a reader does: writes a file, or types a command."""

    file: str
    text: str
    status: int = 0


def read_steps() -> Iterator[Step]:
    """Yield what the page tells a reader to do, in its order."""
    for name, language, text in _BLOCK.findall(PAGE):
        if language != "bash":
            yield Step(name, text)
            continue
        for line in text.splitlines():
            said = _STATUS.search(line)
            yield Step("", _STATUS.sub("", line), int(said[1]) if said else 0)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the page needs of this repository."""
    for room in ("suite", "fixtures"):
        left_out = shutil.ignore_patterns("tiny", "__pycache__")
        shutil.copytree(ROOT / room, tmp_path / room, ignore=left_out)
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def type_in(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    paths = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {
        **os.environ,
        "PATH": paths,
        "PYTHONPATH": str(folder),
        "COLUMNS": "120",
        "PYTEST_ADDOPTS": "",
    }
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def test_every_file_of_the_page_has_a_name() -> None:
    steps = list(read_steps())
    assert [step.file for step in steps if step.file] == [
        "my_cases/scorers.py",
        "my_cases/headline.yaml",
        "my_cases/gates.yaml",
        "my_models.yaml",
        "my_answers.yaml",
        "my_answers.yaml",
        "headline.eval.yaml",
    ]
    assert sum(not step.file for step in steps) == 9


def test_the_files_of_the_page_are_sound_together(tmp_path: Path) -> None:
    files = {step.file: step.text for step in read_steps() if step.file}
    (tmp_path / "my_cases").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    folder = tmp_path / "my_cases"
    with own_tasks(folder, True):
        (case, _) = load_cases(folder)["headline"].cases
        gates = load_gates(folder / "gates.yaml").rules("draft", "headline")
        config = load_eval(tmp_path / "headline.eval.yaml")
        assert pytest_arguments(config, tmp_path / "headline.eval.yaml", TASKS)[:2] == [
            "-m",
            "headline",
        ]
        score = TASKS["headline"].score(case, Generation("Okafor wins", "stop"))
    assert score.passed
    assert case.prompt_text.startswith("Write a headline of at most eight words.\n\nMira Okafor")
    assert list(gates) == ["short_rate_min", "named_rate_min", "no_regression"]


@pytest.mark.slow
@pytest.mark.integration
def test_the_page_works_to_the_letter(checkout: Path) -> None:
    said: dict[str, list[str]] = {}
    for step in read_steps():
        if step.file:
            path = checkout / step.file
            # what the page has the reader edit was there, or is new beside it
            assert path.exists() or not step.file.startswith("my_cases/"), step.file
            path.write_text(step.text)
            continue
        done = type_in(step.text, checkout)
        assert done.returncode == step.status, f"{step.text}\n{done.stdout}"
        said.setdefault(step.text.split()[0], []).append(done.stdout)
    first, accepted, held, worse = said["pytest"]
    assert "new failure: not_named" in first
    assert (checkout / "my_cases" / "goldens" / "draft" / "headline.json").is_file()
    assert "accepted: 3 new, 0 changed, 0 unchanged" in accepted
    assert "5 passed, 1 xfailed" in held
    assert "broke 1: headline_002 (too_long)" in worse
    assert "FAIL  short_rate_min" in worse
    assert "PASS  named_rate_min" in worse
    assert "The page has room for one line." in worse
    *_, gated, evaluated = said["goldgate"]
    assert "FAIL  short_rate_min" in gated
    assert "FAIL  short_rate_min" in evaluated
    assert (checkout / "runs" / "headline" / "run.json").is_file()
    assert not (ROOT / "my_cases").exists()
