"""Gates as test results: terminal, JUnit, exit status, with and without workers."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from suite.report.verdict import find_verdict
from suite.run_files import read_run
from tests.toy_project import IDS, ToyProject, outcomes

MIN = "format_success_rate_min[toy]"
REGRESSION: dict[str, Any] = {
    "no_regression": {"metrics": ["format_success_rate"], "alpha": 0.01, "reason": "r"}
}


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    return ToyProject(pytester, monkeypatch)


def run(toy: ToyProject, *arguments: str) -> tuple[dict[str, str], pytest.RunResult]:
    result = toy.run("--junitxml=junit.xml", *arguments)
    return outcomes(toy.path / "junit.xml"), result


def accept(toy: ToyProject) -> None:
    assert toy.run("--snapshot-update").ret == 0


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_a_gate_that_passes_is_a_passed_test(toy: ToyProject, workers: tuple[str, ...]) -> None:
    found, result = run(toy, *workers)
    assert found[MIN] == "passed"
    assert result.ret == 0
    result.assert_outcomes(passed=11)
    assert not [line for line in result.outlines if "%]" in line.removesuffix("%]")]
    result.stdout.fnmatch_lines(
        ["gates", "  PASS  format_success_rate_min", "*1.000 (10/10, 95% *"]
    )


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_a_gate_that_fails_fails_the_session_though_every_case_is_excused(
    toy: ToyProject, workers: tuple[str, ...]
) -> None:
    toy.answer(*IDS[:6])
    toy.write_gates({})
    accept(toy)
    toy.write_gates({"format_success_rate_min": {"value": 0.5, "reason": "half must do"}})
    found, result = run(toy, *workers)
    assert [found[name] for name in IDS] == ["skipped"] * 6 + ["passed"] * 4
    assert found[MIN] == "failed"
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["*why: half must do*", "FAILED gates.yaml::format_success_rate_min*"]
    )


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_a_regression_of_other_weights_fails_and_names_the_broken(
    toy: ToyProject, workers: tuple[str, ...]
) -> None:
    toy.write_gates(REGRESSION)
    accept(toy)
    toy.answer(*IDS[:7])
    found, result = run(toy, *workers)
    assert found["c00"] == "skipped"
    assert found["no_regression[toy]"] == "failed"
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*7 broke, 0 fixed of 10 (p = 0.0078 ≤ 0.01), *"])
    toy.answer(*IDS[:6])
    assert run(toy, *workers)[1].ret == 0


@pytest.mark.parametrize("narrow", [("-k", "c00"), ("--limit=1",), ("-k", "c00", "-n2")])
def test_a_narrowed_run_skips_gates_with_the_count(
    toy: ToyProject, narrow: tuple[str, ...]
) -> None:
    found, result = run(toy, *narrow)
    assert found[MIN] == "skipped"
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*SKIPPED  format_success_rate_min", "*1 of 10 cases selected*"])
    found, result = run(toy, "--require-gates", *narrow)
    assert (found[MIN], result.ret) == ("failed", 1)


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_a_model_that_nothing_was_selected_of_fails_its_gates(
    toy: ToyProject, workers: tuple[str, ...]
) -> None:
    toy.write_models("toy", "other")
    toy.answer(model="other")
    narrow = ("--model=toy", "--model=other", "-k", "toy-", *workers)
    found, result = run(toy, *narrow)
    gates = MIN, "format_success_rate_min[other]"
    assert [found[name] for name in gates] == ["passed", "failed"]
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*nothing selected*", "*no case was selected*"])


def test_a_node_id_narrows_too(toy: ToyProject) -> None:
    found, _ = run(toy, "test_format.py::test_output[toy-c00]")
    assert found == {"c00": "passed", MIN: "skipped"}


def test_after_a_failed_gate_the_last_failed_are_all_cases(toy: ToyProject) -> None:
    toy.write_gates({"format_success_rate_max": {"value": 0.5, "reason": "r"}})
    assert toy.run().ret == 1
    result = toy.run("--lf")
    result.assert_outcomes(passed=10, failed=1)
    assert result.ret == 1


def test_an_inconclusive_gate_is_skipped_unless_gates_are_required(toy: ToyProject) -> None:
    toy.write_gates(REGRESSION)
    found, result = run(toy)
    assert (found["no_regression[toy]"], result.ret) == ("skipped", 0)
    found, result = run(toy, "--require-gates")
    assert (found["no_regression[toy]"], result.ret) == ("failed", 1)


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_a_warning_exits_0_with_a_banner_and_1_when_gates_are_required(
    toy: ToyProject, workers: tuple[str, ...]
) -> None:
    warning = {"no_regression": {**REGRESSION["no_regression"], "warn_alpha": 0.05}}
    toy.write_gates(warning)
    accept(toy)
    toy.answer(*IDS[:5])
    found, result = run(toy, *workers)
    assert (found["no_regression[toy]"], result.ret) == ("passed", 0)
    result.stdout.fnmatch_lines(
        ["*WARN  no_regression", "  1 WARN does not fail this run; with --require-gates it would"]
    )
    found, result = run(toy, "--require-gates", *workers)
    assert (found["no_regression[toy]"], result.ret) == ("failed", 1)
    assert "does not fail this run" not in result.stdout.str()


def test_when_nothing_ran_nothing_is_emitted_and_exit_5_stays(toy: ToyProject) -> None:
    result = toy.run("-k", "nothing_like_this")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "gates" not in result.stdout.str()


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_a_stopped_session_decides_no_gate(toy: ToyProject, workers: tuple[str, ...]) -> None:
    toy.answer("c00")
    found, result = run(toy, "-x", *workers)
    assert result.ret in (1, 2)
    assert MIN not in found


def test_each_model_has_its_own_gates(toy: ToyProject) -> None:
    toy.write_models("toy", "other")
    toy.answer(*IDS[:6], model="other")
    found, result = run(toy, "--model=toy", "--model=other")
    assert found[MIN] == "passed"
    assert found["format_success_rate_min[other]"] == "failed"
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["*toy * other", "*1.000 (10/10, *   0.400 ( 4/10, 95% 0.168-0.687)"]
    )


def test_a_gate_on_an_unknown_metric_stops_before_anything_runs(toy: ToyProject) -> None:
    toy.write_gates({"format_sucess_rate_min": {"value": 0.5, "reason": "r"}})
    result = toy.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*Did you mean 'format_success_rate_min'*"])
    assert not (toy.path / ".suite" / "runs").exists()


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_the_run_folder_has_the_gates(toy: ToyProject, workers: tuple[str, ...]) -> None:
    toy.run("--output=out", *workers)
    run_file = json.loads((toy.path / "out" / "run.json").read_text())
    assert [(gate["name"], gate["status"]) for gate in run_file["gates"]] == [
        ("format_success_rate_min", "PASS")
    ]
    assert len((toy.path / "out" / "samples.jsonl").read_text().splitlines()) == 10


def test_case_without_an_answer_counts_as_a_failure(toy: ToyProject) -> None:
    toy.write_gates({"format_success_rate_min": {"value": 1.0, "reason": "r"}})
    toy.answer(c09=None)
    found, result = run(toy)
    assert found[MIN] == "failed"
    result.stdout.fnmatch_lines(["*0.900 (9/10, *is below 1*without a verdict*"])


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_cases_without_a_verdict_are_named_and_count_as_failures(
    toy: ToyProject, workers: tuple[str, ...]
) -> None:
    toy.pytester.makeconftest(
        "import pytest\n"
        "def pytest_collection_modifyitems(items):\n"
        "    for item in items[:6]:\n"
        "        item.add_marker(pytest.mark.skip(reason='not today'))\n"
    )
    found, result = run(toy, *workers)
    assert (found[MIN], result.ret) == ("failed", 1)
    result.stdout.fnmatch_lines(["*0.400 (*4/10*", "*6 without a verdict count as failures*"])
    text = next(toy.path.glob(".suite/runs/*/samples.jsonl")).read_text()
    assert text.count("its test was skipped") == 6


def test_when_every_case_is_skipped_the_gates_fail(toy: ToyProject) -> None:
    toy.pytester.makeconftest(
        "import pytest\n"
        "def pytest_collection_modifyitems(items):\n"
        "    for item in items:\n"
        "        item.add_marker(pytest.mark.skip(reason='not today'))\n"
    )
    found, result = run(toy)
    assert (found[MIN], result.ret) == ("failed", 1)


def test_the_first_acceptance_satisfies_required_gates(toy: ToyProject) -> None:
    toy.write_gates(REGRESSION)
    result = toy.run("--snapshot-update", "--require-gates")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*this run becomes the baseline*", "*accepted: 10 new*"])
    assert "accept these answers" not in result.stdout.str()


def test_a_skipped_case_stays_in_its_cluster(toy: ToyProject) -> None:
    """Nine clusters are too few to judge; losing a result must not make ten of them."""
    ids = [f"c{index:02d}" for index in range(18)]
    toy.write_cases(ids)
    path = toy.path / "cases" / "format.yaml"
    document = yaml.safe_load(path.read_text())
    for index, case in enumerate(document["cases"]):
        case["cluster"] = f"k{index // 2}"
    path.write_text(yaml.safe_dump(document))
    toy._write("toy.yaml", {"answers": {}, "otherwise": '{"n": 1}'})
    toy.write_gates(REGRESSION)
    accept(toy)
    toy.pytester.makeconftest(
        "import pytest\n"
        "def pytest_collection_modifyitems(items):\n"
        "    items[0].add_marker(pytest.mark.skip(reason='not today'))\n"
    )
    found, result = run(toy, "--require-gates")
    assert (found["no_regression[toy]"], result.ret) == ("failed", 1)
    result.stdout.fnmatch_lines(["*9 clusters*"])


@pytest.mark.parametrize(
    ("how", "hook"),
    [
        ("marked", "items[0].add_marker(pytest.mark.skip(reason='not today'))"),
        ("in its test", "items[0].obj = lambda **_: pytest.skip('not today')"),
    ],
)
def test_a_skipped_case_fails_where_gates_are_required_and_the_page_says_what_the_status_says(
    toy: ToyProject, how: str, hook: str
) -> None:
    conftest = f"import pytest\ndef pytest_collection_modifyitems(items):\n    {hook}\n"
    toy.pytester.makeconftest(conftest)
    found, result = run(toy, "--output=out")
    assert (found["c00"], result.ret) == ("skipped", 0), how
    verdict = find_verdict(read_run(toy.path / "out"))
    assert (verdict.status, verdict.headline) == (
        "WARN",
        "Nothing failed, but 1 case without a verdict: skipped.",
    )
    found, result = run(toy, "--output=out", "--require-gates")
    assert (found["verdicts[toy]"], result.ret) == ("failed", 1)
    result.stdout.fnmatch_lines(["*1 of 10 selected cases without a verdict: c00*"])
    assert find_verdict(read_run(toy.path / "out")).status == "FAIL"
