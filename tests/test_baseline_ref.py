"""`--baseline-ref`: gates, goldens and cases of a git revision judge the working tree."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
import yaml

from tests import git_repository
from tests.toy_project import IDS, ToyProject, outcomes

AT_MAIN = ("--baseline-ref", "main")
GATES: dict[str, Any] = {
    "format_success_rate_min": {"value": 0.5, "reason": "half must do"},
    "no_regression": {"metrics": ["format_success_rate"], "alpha": 0.01, "reason": "r"},
}


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    """Ten cases, all accepted as passing, committed on `main`; the work is on `change`."""
    project = ToyProject(pytester, monkeypatch)
    (project.path / ".gitignore").write_text(".suite\nout\njunit.xml\n")
    project.write_gates(GATES)
    assert project.run("--snapshot-update").ret == 0
    git_repository.start(project.path)
    git_repository.git(project.path, "switch", "-q", "-c", "change")
    return project


def record(toy: ToyProject) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((toy.path / "out" / "run.json").read_text())
    return found


def change_case(toy: ToyProject, case_id: str, **fields: Any) -> None:
    path = toy.path / "cases" / "format.yaml"
    document = yaml.safe_load(path.read_text())
    for case in document["cases"]:
        if case["id"] == case_id:
            case.update(fields)
    path.write_text(yaml.safe_dump(document))


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_accepting_in_the_same_change_does_not_lower_the_bar(
    toy: ToyProject, workers: tuple[str, ...]
) -> None:
    toy.write_gates({"no_regression": GATES["no_regression"]})
    git_repository.commit(toy.path)
    git_repository.git(toy.path, "branch", "-f", "main")
    toy.answer(*IDS[:7])
    assert toy.run("--snapshot-update", "--accept-regressions").ret == 0
    git_repository.commit(toy.path)
    assert toy.run(*workers).ret == 0
    result = toy.run(*AT_MAIN, "--junitxml=junit.xml", *workers)
    assert result.ret == 1
    assert outcomes(toy.path / "junit.xml")["no_regression[toy]"] == "failed"
    result.stdout.fnmatch_lines(["*7 broke, 0 fixed of 10 (p = 0.0078 ≤ 0.01)*"])


def test_a_lowered_threshold_is_listed_first_and_does_not_count(toy: ToyProject) -> None:
    lowered = {**GATES, "format_success_rate_min": {"value": 0.3, "reason": "for now"}}
    toy.write_gates(lowered)
    toy.answer(*IDS[:6])
    assert toy.run().ret == 0
    result = toy.run(*AT_MAIN, "--output=out")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "*= goldgate =*",
            "judged by main  commit *",
            "  looser    gates.yaml: format.format_success_rate_min: 0.5 → 0.3",
            "*0.400 (4/10, * is below 0.5*",
        ]
    )
    assert record(toy)["baseline_ref"] == "main"
    assert (
        record(toy)["baseline_commit"] == git_repository.git(toy.path, "rev-parse", "main").strip()
    )
    assert record(toy)["bar_changes"] == [
        {
            "kind": "looser",
            "place": "gates.yaml: format.format_success_rate_min",
            "sentence": "0.5 → 0.3",
            "cases": [],
        }
    ]


def test_a_gate_that_was_taken_out_still_decides(toy: ToyProject) -> None:
    toy.write_gates({})
    toy.answer(*IDS[:8])
    result = toy.run(*AT_MAIN)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "  looser    gates.yaml: format.format_success_rate_min: removed; was 0.5",
            "  looser    gates.yaml: format.no_regression: removed; *",
            "*FAIL * format_success_rate_min*",
            "*FAIL * no_regression*",
        ]
    )


def test_a_stricter_threshold_of_the_change_counts_too(toy: ToyProject) -> None:
    toy.write_gates({**GATES, "format_success_rate_min": {"value": 0.95, "reason": "better"}})
    toy.answer("c00")
    result = toy.run(*AT_MAIN)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["  stricter  gates.yaml: *: 0.5 → 0.95", "*is below 0.95*"])


def test_a_loosened_schema_is_told_by_the_answer_that_failed_it_before(toy: ToyProject) -> None:
    toy.answer(c03='{"m": 1}')
    change_case(toy, "c03", schema={"type": "object"})
    result = toy.run(*AT_MAIN, "--output=out")
    result.stdout.fnmatch_lines(
        [
            "judged by main  *",
            "  looser case 1: c03 (*: schema/required: * → nothing; the same answer is judged*",
            "format *",
            "*1.000 (9/9, * over the cases that the goldens answered*",
        ]
    )
    (change,) = record(toy)["bar_changes"]
    assert (change["kind"], change["cases"]) == ("looser", ["c03"])


def test_a_change_that_cannot_be_read_as_looser_is_told_by_the_answer(toy: ToyProject) -> None:
    """Another `pattern` says nothing by itself; that the same answer now passes says all."""
    schema = {"type": "object", "properties": {"n": {"type": "string", "pattern": "^a"}}}
    change_case(toy, "c03", schema=schema)
    git_repository.git(toy.path, "switch", "-q", "main")
    change_case(toy, "c03", schema=schema)
    git_repository.commit(toy.path)
    schema["properties"]["n"]["pattern"] = "^b"  # type: ignore[index]
    change_case(toy, "c03", schema=schema)
    toy.answer(c03='{"n": "b"}')
    result = toy.run(*AT_MAIN, "--output=out")
    result.stdout.fnmatch_lines(["  looser case 1: c03 (*"])
    toy.answer(c03='{"n": "ab"}')
    toy.run(*AT_MAIN, "--output=out")
    assert [each["kind"] for each in record(toy)["bar_changes"]] == ["changed"]


def test_new_and_removed_cases_are_listed_and_a_removed_one_fails_until_asked_for(
    toy: ToyProject,
) -> None:
    toy.write_cases([*IDS[:9], "c11"])
    toy.answer(c11='{"n": 1}')
    result = toy.run(*AT_MAIN)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "  removed case 1: c09 (cases/format.yaml: gone; main has them)",
            "  new case 1: c11 (cases/format.yaml: not compared)",
            "*incomplete, gone from cases/format.yaml but in the goldens of main: c09*",
        ]
    )
    assert toy.run(*AT_MAIN, "--accept-removed").ret == 0


def test_a_failure_of_a_new_case_that_was_accepted_here_does_not_stop_the_change(
    toy: ToyProject,
) -> None:
    toy.write_cases([*IDS, "c11"])
    toy.answer(c11="no idea")
    assert toy.run(*AT_MAIN).ret == 1
    assert toy.run("--snapshot-update").ret == 0
    result = toy.run(*AT_MAIN)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["  new case 1: c11 *"])
    toy.answer("c02", c11="no idea")  # an old case that broke is still measured at main
    result = toy.run(*AT_MAIN)
    result.stdout.fnmatch_lines(["*broke 1: c02*", "*1 broke, 0 fixed of 10*"])


def test_a_model_without_goldens_there_is_said_and_not_compared(toy: ToyProject) -> None:
    toy.write_models("toy", "other")
    toy.answer(model="other")
    result = toy.run(*AT_MAIN, "--model=other")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "  new       goldens/other/format.json: not there at main: this comparison has no*",
            "*INCONCLUSIVE * no_regression*",
            "*nothing to compare with: no goldens of main*",
        ]
    )
    assert toy.run(*AT_MAIN, "--model=other", "--require-gates").ret == 1


def test_an_unchanged_project_says_that_nothing_moved(toy: ToyProject) -> None:
    result = toy.run(*AT_MAIN, "--output=out")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["judged by main *: its gates and cases are those of the working*"])
    assert record(toy)["bar_changes"] == []


def test_a_new_override_for_a_model_is_listed_and_does_not_decide(toy: ToyProject) -> None:
    gates = {
        "format": GATES,
        "models": {"toy": {"format": {"format_success_rate_min": {"value": 0, "reason": "r"}}}},
    }
    toy._write("gates.yaml", gates)
    toy.answer(*IDS[:6])
    result = toy.run(*AT_MAIN)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["  looser *models.toy.format.format_success_rate_min: new override: 0.5 → 0*"]
    )


def test_an_unknown_revision_is_refused_with_the_nearest(toy: ToyProject) -> None:
    result = toy.run("--baseline-ref", "mian")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*unknown revision 'mian'; known: main, change. *'main'*"])


@pytest.mark.parametrize("name", ["--help", "--output=x", "^main", "main..change", ":/first", ""])
def test_no_revision_becomes_an_option_of_git(toy: ToyProject, name: str) -> None:
    result = toy.run(f"--baseline-ref={name}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--baseline-ref: *"])
    assert not (toy.path / "x").exists()


def test_outside_a_repository_it_says_so(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = ToyProject(pytester, monkeypatch).run(*AT_MAIN)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*is not in a git repository*"])


def test_gates_outside_the_repository_are_refused(
    toy: ToyProject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "gates.yaml"
    elsewhere.write_text((toy.path / "gates.yaml").read_text())
    result = toy.run(*AT_MAIN, f"--gates={elsewhere}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*elsewhere*gates.yaml lies outside the repository*"])


def test_a_shallow_clone_is_told_how_to_fetch(toy: ToyProject) -> None:
    clone = toy.path / "clone"
    source = f"file://{toy.path}"
    git_repository.git(toy.path, "clone", "-q", "--depth=1", "-b", "change", source, str(clone))
    result = toy.run("--baseline-ref=origin/main", f"--goldens={clone}/goldens")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*This clone is shallow: git fetch --depth=1 origin main:refs/remotes/origin/main *"]
    )


def test_accepting_and_judging_by_a_revision_do_not_go_together(toy: ToyProject) -> None:
    result = toy.run(*AT_MAIN, "--snapshot-update")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*accept first*"])


def test_a_recorded_run_is_judged_by_a_revision_without_any_model(toy: ToyProject) -> None:
    toy.write_gates({"no_regression": GATES["no_regression"]})
    toy.answer(*IDS[:7])
    toy.run("--snapshot-update", "--accept-regressions")
    assert toy.run("--output=out").ret == 0

    def judge(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "suite", "gate", "out", *arguments]
        return subprocess.run(command, cwd=toy.path, capture_output=True, text=True, check=False)

    assert judge().returncode == 0
    done = judge(*AT_MAIN)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("judged by main  commit ")
    assert "  looser    gates.yaml: format.format_success_rate_min: removed; was 0.5" in done.stdout
    assert "7 broke, 0 fixed of 10" in done.stdout
    assert judge("--baseline-ref=nowhere").returncode == 2


def test_putting_cases_into_one_cluster_is_listed_though_no_hash_changes(toy: ToyProject) -> None:
    toy.write_cases(IDS, cluster="k")
    result = toy.run(*AT_MAIN)
    result.stdout.fnmatch_lines(["  looser cases 10: c00, c01, * (*cluster none → k*)"])


def test_a_folder_of_goldens_linked_to_easier_ones_does_not_lower_the_bar(toy: ToyProject) -> None:
    toy.write_models("toy", "easy")
    toy.answer(*IDS[:7], model="easy")
    toy.write_gates({"no_regression": GATES["no_regression"]})
    toy.run("--snapshot-update", "--model=easy")
    git_repository.commit(toy.path)
    git_repository.git(toy.path, "branch", "-f", "main")
    (toy.path / "goldens" / "toy").rename(toy.path / "aside")
    (toy.path / "goldens" / "toy").symlink_to("easy")
    toy.answer(*IDS[:7])
    said = "*goldens/toy/format.json: model: expected 'toy', as the path says, got 'easy'*"
    result = toy.run(*AT_MAIN)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])
    easy = toy.golden_file("easy")
    easy.write_text(easy.read_text().replace('"model": "easy"', '"model": "toy"'))
    result = toy.run(*AT_MAIN)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*7 broke, 0 fixed of 10*"])


def test_another_default_does_not_put_an_easier_model_in_the_place_of_the_judged_one(
    toy: ToyProject,
) -> None:
    toy.write_models("toy", "easy")
    toy.answer(model="easy")
    assert toy.run("--snapshot-update", "--model=easy").ret == 0
    git_repository.commit(toy.path)
    git_repository.git(toy.path, "branch", "-f", "main")
    toy.write_models("easy", "toy")
    toy.answer(*IDS)
    result = toy.run(*AT_MAIN, "--require-gates", "--output=out")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "  removed   goldens/toy/format.json: main has these goldens, and this run does not*",
            "*SKIPPED * judged?toy?*",
            "*not judged, though main has goldens of it*",
            "*name the models that are meant: pytest --model NAME*",
        ]
    )
    command = [sys.executable, "-m", "suite", "gate", "out", *AT_MAIN, "--require-gates"]
    done = subprocess.run(command, cwd=toy.path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
    result = toy.run(*AT_MAIN, "--require-gates", "--model=easy")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["  removed   goldens/toy/format.json: *"])
