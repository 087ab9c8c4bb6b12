"""Recorded runs as plain rows: the figures and results of real runs of the toy projects."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from suite.results import list_figures, list_results, read_runs
from suite.run_folder import write_folder
from tests import toy_extraction, toy_math
from tests.run_records import make_result, make_run
from tests.toy_project import ToyProject


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    return toy_math.make_toy(pytester, monkeypatch)


def test_runs_are_read_from_the_oldest_on_and_what_cannot_be_read_is_named(toy: ToyProject) -> None:
    toy.run("--output=runs/b_first")
    toy.run("--output=runs/a_second")
    toy.run("--output=runs/broken")
    (toy.path / "runs" / "broken" / "samples.jsonl").write_text("no\n")
    toy_math.answer(toy, c00="no")
    toy.run("--output=runs/stopped", "-x")
    (toy.path / "runs" / "no_run").mkdir()
    found = read_runs(toy.path / "runs")
    assert [recorded.folder.name for recorded in found.runs] == ["b_first", "a_second"]
    broken, stopped = found.left_out
    assert "broken" in broken
    assert "samples.jsonl" in broken
    assert stopped.endswith("stopped: stopped before its end")
    assert read_runs(toy.path / "nowhere").runs == ()


def test_runs_are_in_the_order_in_which_they_started_whenever_they_were_copied(
    tmp_path: Path,
) -> None:
    for second, name in enumerate(["c", "a", "b"]):
        run = make_run(make_result("x"))
        write_folder(tmp_path / name, replace(run, started=f"2025-01-01T00:00:0{second}"), [], {})
    for at, name in enumerate(["a", "b", "c"]):
        os.utime(tmp_path / name / "run.json", (at, at))
    assert [each.folder.name for each in read_runs(tmp_path).runs] == ["c", "a", "b"]


def test_figures_are_what_the_run_wrote_of_itself(toy: ToyProject) -> None:
    toy_math.answer(toy, c00="It is 25.", c01="I do not know.")
    toy.run("--flips=gate", "--output=runs/r")
    found = read_runs(toy.path / "runs")
    rows = list_figures(found.runs)
    (part,) = json.loads((toy.path / "runs" / "r" / "run.json").read_text())["summary"]
    own = {row.metric: (row.value, row.n, row.low, row.high) for row in rows if not row.kind}
    assert own == {
        name: (rate["value"], rate["n"], rate["low"], rate["high"])
        for name, rate in part["rates"].items()
    }
    (one,) = (r for r in rows if (r.group, r.metric) == ("steps_1", "flexible_exact_match"))
    assert (one.kind, one.value, one.n) == ("steps", 0.0, 2)
    assert (one.model, one.task, one.direction) == ("toy", "math", "higher")
    assert one.text == "0.000 (0/2, 95% 0.000-0.658)"
    assert one.cases.endswith("math.yaml")


def test_measures_stand_beside_the_rates(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = toy_math.make_toy(pytester, monkeypatch)
    project.run("--flips=gate", "--output=runs/r", "--repeat=2")
    rows = list_figures(read_runs(project.path / "runs").runs)
    (flips,) = (row for row in rows if row.metric == "self_flip_rate")
    assert (flips.value, flips.direction, flips.kind) == (0.0, "lower", "")


def test_results_have_a_row_per_case_with_the_reason(toy: ToyProject) -> None:
    toy.run("--snapshot-update")
    toy_math.answer(toy, c00="It is 25.")
    toy.run("--flips=gate", "--output=runs/r")
    rows = {row.case_id: row for row in list_results(read_runs(toy.path / "runs").runs)}
    assert list(rows) == ["c00", "c01", "c02", "c03"]
    assert (rows["c00"].passed, rows["c00"].reason, rows["c00"].change) == (
        False, "wrong_answer", "broke",
    )  # fmt: skip
    assert rows["c00"].text == "It is 25."
    assert (rows["c01"].passed, rows["c01"].reason, rows["c01"].change) == (True, "", None)


def test_a_case_without_a_verdict_has_a_row_that_says_so(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = toy_extraction.make_toy(pytester, monkeypatch)
    toy_extraction.answer(project, c03=None)
    project.run("--output=runs/r")
    row = list_results(read_runs(project.path / "runs").runs)[-1]
    assert (row.case_id, row.passed, row.outcome) == ("c03", False, "error")
    assert row.reason == "no_verdict"
