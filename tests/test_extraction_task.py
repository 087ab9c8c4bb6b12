"""The extraction task from its cases to the exit status: counted rates, groups, gates, goldens."""

from __future__ import annotations

import csv
import html
import io
import json
from pathlib import Path
from typing import Any

import pytest

from suite.report.csv import render_csv
from suite.report.summary import render_summary
from suite.run_folder import read_folder
from tests import git_repository
from tests.toy_extraction import HALF, RIGHT, answer, ask, judge, make_toy
from tests.toy_project import ToyProject, outcomes


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    return make_toy(pytester, monkeypatch)


def run_folder(toy: ToyProject) -> Path:
    (folder,) = (toy.path / ".suite" / "runs").iterdir()
    return folder


def rates(toy: ToyProject) -> Any:
    (part,) = json.loads((run_folder(toy) / "run.json").read_text())["summary"]
    return part


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_fields_are_counted_over_all_cases(toy: ToyProject, workers: str) -> None:
    answer(toy, c01=HALF, c02="no idea")
    result = toy.run(workers, "--flips=gate")
    found = rates(toy)["rates"]
    assert (found["exact_match_rate"]["count"], found["exact_match_rate"]["n"]) == (2, 4)
    assert found["field_accuracy"]["count"] == 5
    assert found["field_accuracy"]["n"] == 8
    assert found["field_accuracy"]["unit"] == "fields"
    assert found["type_correctness"]["count"] == 6
    # four clusters tell less than eight fields: Wilson's alone would be 0.306-0.863
    assert found["field_accuracy"]["low"] < 0.25
    assert found["field_accuracy"]["high"] > 0.87
    result.stdout.fnmatch_lines(["*field_accuracy * 0.625 (5/8 fields, 95% 0.*-0.*)"])


def test_a_case_without_a_verdict_has_all_of_its_fields_wrong(toy: ToyProject) -> None:
    toy.pytester.makeconftest(
        "import pytest\n"
        "@pytest.fixture\n"
        "def record_score(trial):\n"
        "    if trial.case.id == 'c03':\n"
        "        raise RuntimeError('the harness broke')\n"
        "    return trial.suite.record_score\n"
    )
    toy.run()
    found = rates(toy)["rates"]["field_accuracy"]
    assert (found["count"], found["n"], found["missing"]) == (6, 8, 1)


def test_every_group_has_rates_of_its_own(toy: ToyProject) -> None:
    answer(toy, c01=HALF, c03=HALF)
    result = toy.run("--flips=gate")
    groups = rates(toy)["groups"]
    assert {kind: list(tags) for kind, tags in groups.items()} == {
        "difficulty": ["easy", "hard"],
        "domain": ["hr"],
    }
    counts = {
        tag: (of["field_accuracy"]["count"], of["field_accuracy"]["n"])
        for kind in groups.values()
        for tag, of in kind.items()
    }
    assert counts == {"easy": (3, 4), "hard": (3, 4), "hr": (1, 2)}
    result.stdout.fnmatch_lines(
        [
            "  exact_match_rate by difficulty",
            "    easy * 0.500 (1/2, 95% *",
            "  field_accuracy by domain",
            "    hr * 0.500 (1/2 fields, 95% *",
        ]
    )
    page = (run_folder(toy) / "report.html").read_text()
    assert "<summary>by difficulty</summary>" in page
    assert "clusters: fields of one case are not independent" in page
    summary = render_summary(read_folder(run_folder(toy)).run, {})
    assert "### extraction by domain" in summary
    assert "0.750 (6/8 fields, 95%" in html.unescape(summary)


def test_the_difference_is_in_the_message_of_a_failure(toy: ToyProject) -> None:
    answer(toy, c01=HALF)
    toy.run().stdout.fnmatch_lines(['*wrong_field: /b: expected "x", got "y"*'])


@pytest.mark.parametrize(
    ("least", "outcome"), [(0.75, "passed"), (0.76, "failed")], ids=["met", "missed"]
)
def test_a_threshold_on_counted_fields_decides(
    toy: ToyProject, tmp_path: Path, least: float, outcome: str
) -> None:
    judge(toy, field_accuracy_min={"value": least, "reason": "r"})
    answer(toy, c01=HALF, c02=HALF)
    junit = tmp_path / "junit.xml"
    toy.run("--flips=gate", "--snapshot-update", f"--junit-xml={junit}")
    assert outcomes(junit)["field_accuracy_min[toy]"] == outcome


def test_a_bound_on_counted_fields_asks_for_the_end_of_the_clustered_interval(
    toy: ToyProject,
) -> None:
    judge(toy, field_accuracy_min={"value": 0.6, "rule": "bound", "reason": "r"})
    answer(toy, c01=HALF)
    result = toy.run("--flips=gate", "--snapshot-update")
    result.stdout.fnmatch_lines(
        ["*its lower bound is below 0.6", "*would clear it from * cases on"]
    )


def test_a_case_without_an_answer_lowers_every_rate_and_its_gate(toy: ToyProject) -> None:
    judge(toy, field_accuracy_min={"value": 0.9, "reason": "r"})
    answer(toy, c03=None)
    result = toy.run()
    assert result.ret == 1
    assert rates(toy)["rates"]["field_accuracy"]["count"] <= 6
    assert rates(toy)["rates"]["field_accuracy"]["n"] == 8


def test_counted_metrics_are_not_paired(toy: ToyProject) -> None:
    rule = {"metrics": ["field_accuracy"], "alpha": 0.01, "reason": "r"}
    judge(toy, no_regression=rule)
    result = toy.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*'field_accuracy' counts fields*schema_valid_rate, exact_match*"])


def test_goldens_hold_the_counts_and_an_unchanged_run_is_held_to_them(toy: ToyProject) -> None:
    answer(toy, c01=HALF)
    toy.run("--snapshot-update").assert_outcomes(passed=4, xfailed=1)
    path = toy.path / "goldens" / "toy" / "extraction.json"
    golden = json.loads(path.read_text())["goldens"]["c01"]
    assert golden["metrics"] == {"schema_valid_rate": 1, "exact_match_rate": 0}
    assert golden["counts"] == {"field_accuracy": [1, 2], "type_correctness": [2, 2]}
    toy.run().assert_outcomes(passed=4, xfailed=1)


def test_a_recorded_run_is_read_back_with_its_counts(toy: ToyProject) -> None:
    answer(toy, c01=HALF)
    toy.run("--flips=gate")
    run = read_folder(run_folder(toy)).run
    (selection,) = run.selections
    assert selection.sizes == {"c00": 2, "c01": 2, "c02": 2, "c03": 2}
    assert selection.groups["difficulty"]["hard"] == ("c02", "c03")
    score = run.of("toy", "extraction")[1].score
    assert score is not None
    assert score.counts["field_accuracy"].share == 0.5


def test_a_spreadsheet_has_both_numbers_of_a_count(toy: ToyProject) -> None:
    answer(toy, c01=HALF)
    toy.run("--flips=gate")
    text = render_csv(read_folder(run_folder(toy)).run)
    rows = list(csv.DictReader(io.StringIO(text)))
    named = [(row["field_accuracy right"], row["field_accuracy of"]) for row in rows]
    assert named == [("2", "2"), ("1", "2"), ("2", "2"), ("2", "2")]


@pytest.mark.parametrize("expected", [None, {}, [1], "x"], ids=repr)
def test_a_case_that_has_no_fields_to_compare_is_refused(toy: ToyProject, expected: Any) -> None:
    ask(toy, expected=expected)
    result = toy.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*cases?0?.expected: wants an object with at least one field*"])


def test_cases_of_a_task_that_cannot_be_selected_are_not_read(toy: ToyProject) -> None:
    (toy.path / "cases" / "format.yaml").write_text("broken: [")
    assert toy.run().ret == pytest.ExitCode.USAGE_ERROR
    result = toy.run("-m", "extraction")
    result.assert_outcomes(passed=5)


def test_rows_of_other_people_are_judged_field_by_field_too(toy: ToyProject) -> None:
    rows = [
        {"id": "c00", "prompt": "Say 0.", "completion": RIGHT},
        {"id": "c01", "prompt": "Say 1.", "expected": {"a": 1, "b": "x"}},
    ]
    (toy.path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    answer(toy, c01=HALF)
    options = ("-p", "fixtures.plugin", "--models", "models.yaml", "--gates", "gates.yaml")
    result = toy.pytester.runpytest(
        *options, "-m", "extraction", "--cases-file=rows.jsonl", "--flips=gate"
    )
    result.stdout.fnmatch_lines(["*field_accuracy * 0.750 (3/4 fields, *"])


def test_a_task_that_is_not_asked_for_is_no_removed_file_to_a_revision(toy: ToyProject) -> None:
    toy.write_cases(["f00"])
    git_repository.start(toy.path)
    narrowed = toy.run("-m", "extraction", "--baseline-ref", "main", "--output=out")
    assert "the file is gone" not in narrowed.stdout.str()
    (toy.path / "cases" / "format.yaml").unlink()
    gone = toy.run("-m", "extraction", "--baseline-ref", "main")
    gone.stdout.fnmatch_lines(["*removed*cases/format.yaml: the file is gone; main has it*"])
