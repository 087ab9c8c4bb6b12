"""`goldgate gate`, `report` and `compare` over recorded runs, through the real command line."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from tests.recorded_runs import RecordedProject, problems_of, text_of
from tests.toy_project import IDS

HALF = {"format_success_rate_min": {"value": 0.5, "reason": "half must do"}}
MOST = {"format_success_rate_min": {"value": 0.95, "reason": "most must do"}}
PAIRED: dict[str, Any] = {
    "no_regression": {"metrics": ["format_success_rate"], "alpha": 0.05, "reason": "r"}
}


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RecordedProject:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return RecordedProject(pytester, monkeypatch)


def test_a_changed_threshold_is_decided_over_the_run_without_model_torch_or_pytest(
    toy: RecordedProject,
) -> None:
    toy.answer("c00")
    toy.record("one", "--snapshot-update")
    kept = toy.goldgate_bare("gate", "one")
    assert kept.ret == 0
    assert "PASS  format_success_rate_min" in text_of(kept)
    toy.write_gates(MOST)
    raised = toy.goldgate_bare("gate", "one")
    assert raised.ret == 1
    assert "0.900 (9/10, 95% 0.596-0.982) is below 0.95" in text_of(raised)
    assert "why: most must do" in text_of(raised)


def test_gates_of_another_file_are_taken(toy: RecordedProject) -> None:
    toy.answer("c00")
    toy.record("one", "--flips=gate")
    toy.write_gates(MOST)
    shutil.move(toy.path / "gates.yaml", toy.path / "other.yaml")
    result = toy.goldgate("gate", "one", "--gates", "other.yaml")
    assert result.ret == 1
    gone = toy.goldgate("gate", "one")
    assert gone.ret == 2
    assert f"gates.yaml: named by {toy.path}/one, but not here" in problems_of(gone)


def test_a_run_keeps_the_baseline_that_it_was_compared_with(toy: RecordedProject) -> None:
    toy.write_gates(PAIRED)
    toy.record("first", "--snapshot-update")
    toy.answer(*IDS[:6])
    toy.record("worse")
    toy.run("--snapshot-update", "--accept-regressions")  # the goldens move on
    result = toy.goldgate("gate", "worse")
    assert result.ret == 1
    assert "6 broke, 0 fixed of 10 (p = 0.016 ≤ 0.05)" in text_of(result)
    today = toy.goldgate("gate", "worse", "--goldens", "goldens")
    assert today.ret == 0
    assert "0 broke, 0 fixed of 10" in text_of(today)


def test_require_gates_fails_what_could_not_be_decided(toy: RecordedProject) -> None:
    toy.write_gates(PAIRED)
    toy.record("one")
    assert toy.goldgate("gate", "one").ret == 0
    result = toy.goldgate("gate", "one", "--require-gates")
    assert result.ret == 1
    assert "INCONCLUSIVE  no_regression" in text_of(result)
    assert "required (--require-gates)" in text_of(result)


def test_a_narrowed_run_is_skipped_with_its_count(toy: RecordedProject) -> None:
    toy.record("one", "-k", "c01 or c02")
    result = toy.goldgate("gate", "one")
    assert result.ret == 0
    assert "2 of 10 cases selected\n             a gate wants all of them" in text_of(result)


def test_a_stopped_run_has_no_verdict_and_fails(toy: RecordedProject) -> None:
    toy.answer("c00")
    toy.record("one", "-x")
    result = toy.goldgate("gate", "one")
    assert result.ret == 1
    assert "not decided: the run was stopped" in text_of(result)


def test_a_gate_file_that_says_nothing_of_the_run_is_refused(toy: RecordedProject) -> None:
    toy.record("one")
    toy.write_gates({})
    result = toy.goldgate("gate", "one")
    assert result.ret == 2
    assert "gates.yaml: has no gate for any task of this run" in problems_of(result)


def test_the_report_of_a_run_is_printed_again(toy: RecordedProject) -> None:
    toy.write_gates(PAIRED | HALF)
    toy.record("first", "--snapshot-update")
    toy.answer("c03")
    session = toy.record("second")
    lines = session.outlines
    start = next(i for i, line in enumerate(lines) if "= goldgate =" in line) + 1
    end = next(i for i, line in enumerate(lines) if line.startswith("run  "))
    toy.run("--snapshot-update", "--accept-regressions")  # the goldens move on
    again = toy.goldgate_bare("report", "second")
    assert again.ret == 0
    assert again.outlines[: end - start] == lines[start:end]
    assert "broke 1: c03 (no_json)" in text_of(again)


def test_a_run_is_found_by_id_by_its_start_and_as_last(toy: RecordedProject) -> None:
    toy.run()
    (one,) = (toy.path / ".suite" / "runs").iterdir()
    toy.answer("c00")
    toy.run()
    (two,) = set((toy.path / ".suite" / "runs").iterdir()) - {one}
    assert f"run  {two}" in text_of(toy.goldgate("report", "last"))
    assert f"run  {one}" in text_of(toy.goldgate("report", one.name))
    assert f"run  {one}" in text_of(toy.goldgate("report", one.name[:-3]))
    year = toy.goldgate("report", "20")
    assert year.ret == 2
    assert f"several begin so: {', '.join(sorted([one.name, two.name]))}" in problems_of(year)
    wrong = toy.goldgate("gate", "lasst")
    assert wrong.ret == 2
    assert f"run 'lasst': no such folder, and no run of that id in {one.parent}" in problems_of(
        wrong
    )
    assert f"newest: {two.name}, {one.name}" in problems_of(wrong)


def test_a_folder_that_is_no_run_and_a_broken_or_other_run_are_refused(
    toy: RecordedProject,
) -> None:
    toy.record("one")
    data = toy.run_data("one")
    path = toy.path / "one" / "run.json"

    def refusal() -> str:
        result = toy.goldgate("gate", "one")
        assert (result.ret, result.outlines) == (2, [])
        return problems_of(result)

    none = problems_of(toy.goldgate("gate", "cases"))
    assert "cases/run.json: no such file, so " in none
    assert none.endswith("cases is no run folder")
    path.write_text(json.dumps({**data, "format": 1}))
    assert "one/run.json: written by an older goldgate (format 1; this one reads 2)" in refusal()
    path.write_text(json.dumps({**data, "format": 3}))
    assert "written by a newer goldgate" in refusal()
    path.write_text(json.dumps({**data, "started": 7}))
    assert "one/run.json: broken: .started: expected str, got 7" in refusal()
    path.write_text(json.dumps({**data, "color": 7}))
    assert "one/run.json: broken: (root): unknown: color" in refusal()
    path.write_text("[")
    assert "one/run.json: not JSON" in refusal()
    path.write_text(json.dumps(data))
    samples = toy.path / "one" / "samples.jsonl"
    whole = samples.read_text()
    samples.write_text(whole.replace('"outcome": "passed"', '"outcome": "green"', 1))
    assert "samples.jsonl: line 1: broken: .outcome: expected one of passed, " in refusal()
    samples.write_text(whole[:-20])
    assert "samples.jsonl: line 10: not JSON" in refusal()
    samples.write_text(whole + whole.splitlines()[0])
    assert "samples.jsonl: broken: a case is there twice" in refusal()


def test_two_runs_are_compared_case_by_case(toy: RecordedProject) -> None:
    toy.answer("c00")
    toy.record("one", "--flips=gate")
    toy.answer("c01", "c02", "c03", "c04", "c05", "c06")
    toy.record("two", "--flips=gate")
    result = toy.goldgate_bare("compare", "one", "two")
    assert result.ret == 0
    lines = text_of(result)
    assert "format  toy  10 cases in both, other weights (answers)" in lines
    assert "0.900 (9/10, 95% 0.596-0.982) → 0.400 (4/10, 95% 0.168-0.687)" in lines
    assert "6 broke, 1 fixed, p = 0.062" in lines
    assert "broke: c01, c02, c03, c04, c05, c06" in lines
    assert "fixed: c00" in lines


def test_runs_under_other_conditions_are_inconclusive(toy: RecordedProject) -> None:
    toy.record("one")
    toy.record("two")
    data = toy.run_data("two")
    data["models"]["toy"]["conditions"]["dtype"] = "bfloat16"
    (toy.path / "two" / "run.json").write_text(json.dumps(data))
    result = toy.goldgate("compare", "one", "two")
    assert result.ret == 0
    assert "INCONCLUSIVE: conditions differ: dtype" in text_of(result)
    assert "p =" not in text_of(result)


def test_changed_and_lacking_cases_are_listed_and_take_no_part(toy: RecordedProject) -> None:
    toy.record("one", "-k", "not c09")
    toy.write_cases(IDS[:9], compare={"n": "number"})
    toy.write_cases(IDS)
    toy.record("two", "-k", "not c08")
    samples = toy.path / "two" / "samples.jsonl"
    rows = [json.loads(line) for line in samples.read_text().splitlines()]
    rows[0]["case_hash"] = "other"
    samples.write_text("".join(json.dumps(row) + "\n" for row in rows))
    lines = text_of(toy.goldgate("compare", "one", "two"))
    assert "format  toy  7 cases in both, same weights" in lines
    assert "only in the first 1: c08" in lines
    assert "only in the second 1: c09" in lines
    assert "changed between the runs 1: c00" in lines


def test_two_models_of_one_run_are_compared(toy: RecordedProject) -> None:
    toy.write_models("toy", "new")
    toy.answer("c00", model="toy")
    toy.answer(model="new")
    toy.record("one", "--model=toy", "--model=new", "--flips=gate")
    result = toy.goldgate("compare", "one", "one", "--model", "toy", "--model", "new")
    assert "format  toy → new  10 cases in both" in text_of(result)
    assert "0 broke, 1 fixed, p = 1" in text_of(result)
    wrong = toy.goldgate("compare", "one", "one", "--model", "tony")
    assert wrong.ret == 2
    assert "unknown model 'tony'; known: new, toy. Did you mean 'toy'?" in problems_of(wrong)


def test_many_problems_are_told_up_to_a_limit_and_counted(toy: RecordedProject) -> None:
    cases = [{"id": f"c{number}", "prompt": "?", "schema": "nowhere"} for number in range(60)]
    toy.record("one")
    toy._write("cases/format.yaml", {"task": "format", "version": 1, "cases": cases})
    result = toy.goldgate("rescore", "one", "--cases", "cases")
    assert result.ret == 2
    assert len(result.errlines) == 41
    assert result.errlines[-1] == "goldgate rescore: and 20 more problems"


def test_a_file_that_cannot_be_written_is_named_as_it_was_given(toy: RecordedProject) -> None:
    toy.record("one")
    (toy.path / "taken").mkdir()
    result = toy.goldgate("report", "one", "--summary", "taken")
    assert result.ret == 2
    assert problems_of(result) == "goldgate report: taken: Is a directory"
