"""The page that a session leaves in its run folder, and `goldgate report --html`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.page_runs import Page
from tests.toy_project import ROOT, ToyProject


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    return ToyProject(pytester, monkeypatch)


def read_page(project: ToyProject, lines: list[str]) -> str:
    named = [line.removeprefix("page  ") for line in lines if line.startswith("page  ")]
    assert len(named) == 1, lines
    path = Path(named[0])
    assert path.name == "report.html"
    assert (path.parent / "run.json").exists()
    return path.read_text(encoding="utf-8")


def test_a_case_that_broke_is_on_the_page_though_the_gate_passes(project: ToyProject) -> None:
    project.run("--snapshot-update")
    project.answer("c03")
    result = project.run()
    result.assert_outcomes(passed=10, xfailed=1)  # nine cases and the gate
    page = read_page(project, result.outlines)
    plain = Page(page).plain
    assert "PASS The gate holds. 10 cases 1 model 1 broke 0 fixed" in plain
    assert "broke 1 passed in the baseline, fails now c03" in plain
    assert re.search("last 2 runs; dashed: other weights", plain)  # the run that was accepted


def test_workers_leave_it_to_the_controller(project: ToyProject) -> None:
    result = project.run("-n", "2")
    page = read_page(project, result.outlines)
    assert len(list(project.path.rglob("report.html"))) == 1
    assert page.count('"verdict":"passed"') == 10


def test_a_page_that_cannot_be_written_costs_neither_the_run_nor_the_verdict(
    project: ToyProject,
) -> None:
    (project.path / "out" / "report.html").mkdir(parents=True)
    result = project.run("--output", "out")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["run  */out", "goldgate: */out: no page could be written: *"])
    assert (project.path / "out" / "run.json").exists()
    result.stdout.no_fnmatch_line("page *")


def test_report_html_writes_the_same_page_anew(project: ToyProject) -> None:
    project.run("--snapshot-update")
    project.answer("c03")
    page = read_page(project, project.run().outlines)
    done = subprocess.run(
        [sys.executable, "-m", "suite", "report", "last", "--html", "again.html"],
        cwd=project.path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (project.path / "again.html").read_text(encoding="utf-8") == page
