"""By what `goldgate gate` and `goldgate merge` judge a recorded run when nothing else is said."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from tests import git_repository
from tests.recorded_runs import RecordedProject, problems_of, text_of
from tests.toy_project import IDS

AT_MAIN = ("--baseline-ref", "main")
GATES: dict[str, Any] = {
    "format_success_rate_min": {"value": 0.5, "reason": "half must do"},
    "no_regression": {"metrics": ["format_success_rate"], "alpha": 0.01, "reason": "r"},
}
LOOSE: dict[str, Any] = {"format_success_rate_min": {"value": 0.1, "reason": "for now"}}


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RecordedProject:
    """Ten cases, all accepted as passing, committed on `main`; the work is on `change`."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    project = RecordedProject(pytester, monkeypatch)
    (project.path / ".gitignore").write_text(".suite\none\nshard*\nwhole\nstdout\nstderr\n")
    project.write_gates(GATES)
    assert project.run("--snapshot-update").ret == 0
    git_repository.start(project.path)
    git_repository.git(project.path, "switch", "-q", "-c", "change")
    return project


def loosen_main(toy: RecordedProject) -> str:
    """Move `main` to looser gates; return the commit that it was at."""
    commit = git_repository.git(toy.path, "rev-parse", "main").strip()
    toy.write_gates(LOOSE)
    git_repository.commit(toy.path)
    git_repository.git(toy.path, "branch", "-f", "main")
    return commit


def test_a_run_that_a_revision_judged_is_judged_by_that_commit_again(toy: RecordedProject) -> None:
    toy.answer(*IDS[:6])
    assert toy.record("one", *AT_MAIN).ret == 1
    toy.write_gates(LOOSE)
    result = toy.goldgate("gate", "one")
    assert result.ret == 1, text_of(result)
    assert result.outlines[0].startswith("judged by main  commit ")
    assert "looser    gates.yaml: format.format_success_rate_min: 0.5 → 0.1" in text_of(result)
    assert "0.400 (4/10, 95% 0.168-0.687) is below 0.5" in text_of(result)
    commit = loosen_main(toy)
    again = toy.goldgate("gate", "one")
    assert again.ret == 1, text_of(again)
    assert f"commit {commit[:12]}" in again.outlines[0]
    assert toy.goldgate("gate", "one", *AT_MAIN).ret == 0, "asked for by name: where it is now"


def test_other_gates_decide_alone_and_no_revision_is_named(toy: RecordedProject) -> None:
    toy.answer(*IDS[:6])
    assert toy.record("one", *AT_MAIN).ret == 1
    toy.write_gates(LOOSE)
    result = toy.goldgate("gate", "one", "--gates", "gates.yaml")
    assert result.ret == 0
    assert "judged by" not in text_of(result)
    assert "looser" not in text_of(result)
    assert f"gates  {toy.path}/gates.yaml" in result.outlines


def test_a_commit_that_is_not_here_is_refused_with_the_way_on(toy: RecordedProject) -> None:
    assert toy.record("one", *AT_MAIN).ret == 0
    shutil.rmtree(toy.path / ".git")
    # with the same message, files and second it would be the same commit
    git_repository.start(toy.path, message="another history")
    result = toy.goldgate("gate", "one")
    assert result.ret == 2
    assert "unknown revision" in problems_of(result)
    assert "this run was judged by main (" in problems_of(result)
    assert toy.goldgate("gate", "one", *AT_MAIN).ret == 0


def test_changed_cases_of_a_recorded_run_are_listed_though_the_run_was_not(
    toy: RecordedProject,
) -> None:
    """Goldens given later were accepted for other cases than the run was asked."""
    shutil.copytree(toy.path / "goldens", toy.path / "then")
    toy.write_cases(IDS, schema={"type": "object"})
    toy.run("--snapshot-update")
    assert toy.record("one").ret == 0
    assert "changed cases 10" not in text_of(toy.goldgate("gate", "one"))
    result = toy.goldgate("gate", "one", "--goldens", "then")
    assert "changed since the goldens were accepted" in result.outlines
    assert "changed cases 10: c00" in text_of(result)


def test_shards_are_merged_by_the_commit_that_they_name(toy: RecordedProject) -> None:
    toy.answer(*IDS[:6])
    shards = ["shard1", "shard2"]
    for index, name in enumerate(shards, start=1):
        assert toy.record(name, f"--shard={index}/2", *AT_MAIN).ret == 0
    loosen_main(toy)
    result = toy.goldgate("merge", *shards, "--output", "whole")
    assert result.ret == 1, text_of(result)
    assert "is below 0.5" in text_of(result)
    assert toy.goldgate("merge", *shards, "--output", "whole", *AT_MAIN).ret == 0


def test_the_gate_file_of_the_run_is_taken_and_named_wherever_the_command_is_run(
    toy: RecordedProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.answer(*IDS[:6])
    toy.record("one")
    data = toy.run_data("one")
    assert data["files"]["gates"].endswith("gates.yaml")
    elsewhere = toy.path / "elsewhere"
    elsewhere.mkdir()
    toy.write_gates(LOOSE)
    shutil.move(toy.path / "gates.yaml", elsewhere / "gates.yaml")
    toy.write_gates(GATES)
    monkeypatch.chdir(elsewhere)
    result = toy.goldgate("gate", str(toy.path / "one"))
    assert result.ret == 1, text_of(result)
    assert f"gates  {toy.path}/gates.yaml" in result.outlines


def test_removed_cases_fail_a_recorded_run_until_they_are_asked_for_and_are_listed_first(
    toy: RecordedProject,
) -> None:
    toy.write_cases(IDS[:9])
    assert toy.record("one").ret == 1
    assert "incomplete, gone from" in text_of(toy.goldgate("gate", "one", *AT_MAIN))
    excused = toy.goldgate("gate", "one", *AT_MAIN, "--accept-removed")
    assert excused.ret == 0, text_of(excused)
    assert excused.outlines[1] == (
        "  looser    --accept-removed: the removed cases do not fail the gates, as asked for"
    )
    merged = toy.goldgate("merge", "one", "--output", "whole", *AT_MAIN, "--accept-removed")
    assert merged.ret == 0, text_of(merged)
    assert toy.run_data("whole")["accept_removed"] is True
    assert toy.goldgate("gate", "whole").ret == 0, "as it was judged"
    assert toy.goldgate("gate", "whole", *AT_MAIN).ret == 1, "another bar, not excused"


def test_a_session_that_was_asked_to_let_cases_go_says_so_first(toy: RecordedProject) -> None:
    toy.write_cases(IDS[:9])
    result = toy.record("one", *AT_MAIN, "--accept-removed")
    assert result.ret == 0
    assert "  looser    --accept-removed: the removed cases do not fail" in text_of(result)
    assert toy.goldgate("gate", "one").ret == 0


def other_dtype(toy: RecordedProject) -> None:
    data = json.loads(toy.golden_file().read_text())
    data["conditions"]["dtype"] = "bfloat16"
    toy.golden_file().write_text(json.dumps(data))


def test_a_condition_may_be_allowed_after_the_run(toy: RecordedProject) -> None:
    toy.answer(*IDS[:8])
    toy.write_gates({"no_regression": GATES["no_regression"]})
    other_dtype(toy)
    assert toy.record("one").ret == 0
    assert "INCONCLUSIVE  no_regression" in text_of(toy.goldgate("gate", "one"))
    allowed = toy.goldgate("gate", "one", "--allow-conditions=dtype")
    assert allowed.ret == 1, text_of(allowed)
    assert "FAIL  no_regression" in text_of(allowed)
    assert "conditions: dtype 'bfloat16' → None (--allow-conditions)" in text_of(allowed)
    unknown = toy.goldgate("gate", "one", "--allow-conditions=dtpye")
    assert unknown.ret == 2
    assert "unknown condition 'dtpye'" in problems_of(unknown)
    assert "Did you mean 'dtype'?" in problems_of(unknown)


def test_a_condition_may_be_allowed_when_shards_are_merged(toy: RecordedProject) -> None:
    toy.write_gates({"no_regression": GATES["no_regression"]})
    other_dtype(toy)
    for index in (1, 2):
        toy.record(f"shard{index}", f"--shard={index}/2")
    shards = ("merge", "shard1", "shard2", "--output", "whole", "--require-gates")
    assert toy.goldgate(*shards).ret == 1
    allowed = toy.goldgate(*shards, "--allow-conditions=dtype")
    assert allowed.ret == 0, text_of(allowed)
    assert toy.run_data("whole")["allowed_conditions"] == ["dtype"]


def test_merged_shards_say_which_models_of_the_revision_nobody_judged(
    toy: RecordedProject,
) -> None:
    toy.write_models("toy", "rival")
    toy.answer(model="rival")
    assert toy.run("--model=rival", "--snapshot-update").ret == 0
    git_repository.commit(toy.path)
    git_repository.git(toy.path, "branch", "-f", "main")
    for index in (1, 2):
        assert toy.record(f"shard{index}", f"--shard={index}/2", *AT_MAIN).ret == 0
    shards = ("merge", "shard1", "shard2", "--output", "whole")
    lenient = toy.goldgate(*shards)
    assert lenient.ret == 0, text_of(lenient)
    strict = toy.goldgate(*shards, "--require-gates")
    assert strict.ret == 1
    assert "not judged, though main has goldens of it" in " ".join(text_of(strict).split())


def test_a_run_from_elsewhere_is_judged_by_a_revision_once_its_cases_are_named(
    toy: RecordedProject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An artifact of CI names the folders of the runner."""
    assert toy.record("one").ret == 0
    far = tmp_path_factory.mktemp("artifact") / "run"
    shutil.move(toy.path / "one", far)
    data = json.loads((far / "run.json").read_text())
    data["files"] = {name: f"/home/runner/work/r/r/{path}" for name, path in data["files"].items()}
    (far / "run.json").write_text(json.dumps(data))
    given = ("gate", str(far), "--gates=gates.yaml", "--goldens=goldens", *AT_MAIN)
    refused = toy.goldgate(*given)
    assert refused.ret == 2
    assert "not here; name it: --cases PATH" in problems_of(refused)
    judged = toy.goldgate(*given, "--cases=cases")
    assert judged.ret == 0, problems_of(judged)


def test_a_folder_with_all_that_a_run_names_comes_before_one_with_a_single_file(
    toy: RecordedProject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert toy.record("one").ret == 0
    decoy = tmp_path_factory.mktemp("decoy")
    shutil.move(toy.path / "one", decoy / "one")
    (decoy / "gates.yaml").write_text("format: {}\n")
    result = toy.goldgate("gate", str(decoy / "one"))
    assert result.ret == 0, problems_of(result)
    assert f"gates  {toy.path}/gates.yaml" in result.outlines


def test_goldens_of_another_model_judge_nothing(toy: RecordedProject) -> None:
    assert toy.record("one").ret == 0
    data = json.loads(toy.golden_file().read_text())
    toy.golden_file().write_text(json.dumps(data | {"model": "other"}))
    for command in (("gate", "one", "--goldens=goldens"), ("anchor",)):
        result = toy.goldgate(*command)
        assert result.ret == 2, text_of(result)
        assert "other" in problems_of(result)


@pytest.mark.parametrize("command", ["rescore", "merge"])
def test_a_model_of_a_foreign_run_is_no_path(toy: RecordedProject, command: str) -> None:
    assert toy.record("one").ret == 0
    path = toy.path / "one" / "run.json"
    data = json.loads(path.read_text())
    name = "../../goldens/toy"
    data["models"][name] = data["models"]["toy"]
    data["selections"].append(data["selections"][0] | {"model": name, "selected": []})
    path.write_text(json.dumps(data))
    result = toy.goldgate(command, "one", "--output", "out")
    assert result.ret == 2
    assert "a name is letters, digits" in problems_of(result)
    assert toy.golden_file().exists()


def test_a_first_model_comes_in_by_a_change_that_accepts_it(toy: RecordedProject) -> None:
    toy.write_models("toy", "rival")
    toy.answer(model="rival")
    judged = ("--model=toy", "--model=rival", "--require-gates", *AT_MAIN)
    toy.record("one", *judged)
    unaccepted = {gate["model"]: gate["status"] for gate in gates_of(toy, "no_regression")}
    assert unaccepted == {"toy": "PASS", "rival": "INCONCLUSIVE"}
    assert toy.run("--model=rival", "--snapshot-update").ret == 0
    accepted = toy.record("one", *judged)
    assert accepted.ret == 0
    text = " ".join(text_of(accepted).split())
    assert "new goldens/rival/format.json: not there at main" in text
    assert "main has no goldens of it, and those accepted here are its first" in text
    assert toy.goldgate("gate", "one", "--require-gates").ret == 0


def gates_of(toy: RecordedProject, name: str) -> list[dict[str, Any]]:
    return [gate for gate in toy.run_data("one")["gates"] if gate["name"] == name]
