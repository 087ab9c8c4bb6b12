"""Annotations reach a log whatever its encoding, and telling never changes how a job ends."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.toy_project import IDS, ROOT, ToyProject

SCRIPT = ROOT / ".github" / "actions" / "gate" / "gate.py"
PLACES = ["--models=models.yaml", "--cases=cases", "--gates=gates.yaml", "--goldens=goldens"]

pytestmark = pytest.mark.integration


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    """A regression, whose annotation has an arrow."""
    toy = ToyProject(pytester, monkeypatch)
    gate = {"metrics": ["format_success_rate"], "alpha": 0.05, "reason": "r"}
    toy.write_gates({"no_regression": gate})
    assert toy.run("--snapshot-update").ret == 0
    toy.answer(*IDS)
    return toy


def run_ascii(toy: ToyProject, *command: str) -> str:
    """Run Python in a job of GitHub Actions whose stdout is ASCII; return what it wrote."""
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "GITHUB_ACTIONS": "true"}
    environment["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(
        [sys.executable, *command], cwd=toy.path, env=environment, capture_output=True, check=False
    )
    assert b"UnicodeEncodeError" not in done.stdout + done.stderr
    return done.stdout.decode()


def notes(said: str) -> list[str]:
    return [line for line in said.splitlines() if "no_regression[toy]::FAIL" in line]


def test_annotations_of_a_session_and_of_a_report_do_not_crash_an_ascii_log(
    toy: ToyProject,
) -> None:
    places = [*PLACES, "-p", "fixtures.plugin", "--output=rec"]
    told = notes(run_ascii(toy, "-m", "pytest", *places))
    assert len(told) == 1
    assert " 1.000 \\u2192 0.000" in told[0]
    again = notes(run_ascii(toy, "-m", "suite", "report", "rec", "--annotations"))
    assert again == told


def test_annotations_of_the_action_are_utf_8(toy: ToyProject) -> None:
    told = notes(run_ascii(toy, str(SCRIPT), *PLACES, "--output=rec"))
    assert len(told) == 1
    assert " 1.000 → 0.000" in told[0]


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gate_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("more", [("--output=file",), ("--output=rec", "--summary=a\0b")])
def test_the_action_ends_as_pytest_did_though_it_cannot_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("kept")
    assert load_script().main(["--cases=nowhere", *more]) == pytest.ExitCode.USAGE_ERROR
    assert Path("file").read_text() == "kept"
