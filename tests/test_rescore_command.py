"""`goldgate rescore`: today's scorers on the recorded texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.recorded_runs import RecordedProject, problems_of, text_of
from tests.toy_project import IDS


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RecordedProject:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    project = RecordedProject(pytester, monkeypatch)
    project.answer("c00")
    project.run("--snapshot-update")
    project.record("one")
    return project


def times(toy: RecordedProject) -> dict[Path, int]:
    """Return when each file was written, but for what the test itself keeps of a command."""
    files = {path for path in toy.path.rglob("*") if path.is_file()}
    files -= {toy.path / "stdout", toy.path / "stderr"}
    return {path: path.stat().st_mtime_ns for path in files}


def forge_verdict(toy: RecordedProject, case_id: str) -> None:
    """Make a recorded pass a failure, as an older scorer might have judged it."""
    path = toy.path / "one" / "samples.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows:
        if row["case_id"] == case_id:
            row["score"] |= {"passed": False, "reason": "whitespace"}
            row["score"]["metrics"] |= {"format_success_rate": 0}
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_the_same_scorers_move_no_verdict_and_write_nothing(toy: RecordedProject) -> None:
    before = times(toy)
    result = toy.goldgate_bare("rescore", "one")
    assert result.ret == 0
    assert "10 recorded answers judged again" in text_of(result)
    assert "no verdict moves" in text_of(result)
    assert times(toy) == before


def test_a_verdict_that_moves_is_named_and_fails_the_check(toy: RecordedProject) -> None:
    forge_verdict(toy, "c04")
    result = toy.goldgate("rescore", "one")
    assert result.ret == 1
    lines = text_of(result)
    assert "verdicts that move: 1" in lines
    assert "passes now  c04: was whitespace" in lines
    assert "0.800 (8/10, 95% 0.490-0.943) → 0.900 (9/10, 95% 0.596-0.982)" in lines


def test_the_run_as_judged_today_is_written_and_can_be_gated(toy: RecordedProject) -> None:
    forge_verdict(toy, "c04")
    toy.write_gates({"format_success_rate_min": {"value": 0.9, "reason": "r"}})
    assert toy.goldgate("gate", "one").ret == 1
    assert toy.goldgate("rescore", "one", "--output", "new").ret == 0
    assert toy.goldgate("gate", "new").ret == 0
    assert "known failures 1" in text_of(toy.goldgate("report", "new"))
    over = toy.goldgate("rescore", "one", "--output", "one")
    assert over.ret == 2
    assert "--output: one: is a run to read; name another folder" in problems_of(over)


def test_cases_of_today_judge_by_their_schema_but_not_what_is_asked_otherwise(
    toy: RecordedProject,
) -> None:
    case = {"schema": {"type": "object", "required": ["m"]}, "tags": ["toy"]}
    cases = [{"id": name, "prompt": f"Say {name}.", **case} for name in IDS[:8]]
    cases.append({"id": "c08", "prompt": "Say something else.", **case})
    toy._write("cases/format.yaml", {"task": "format", "version": 2, "cases": cases})
    assert toy.goldgate("rescore", "one").ret == 0  # by the cases as they were asked
    result = toy.goldgate("rescore", "one", "--cases", "cases", "--output", "new")
    lines = text_of(result)
    assert "verdicts that move: 7" in lines
    assert 'fails now  c01: schema:required: (root): "m" is a required property' in lines
    assert "schema_valid_rate\n    0.900 (9/10, 95% 0.596-0.982) → 0.000 (0/9" in lines
    assert "not judged, asked otherwise today 1: c08" in lines
    assert "gone from the cases of today 1: c09" in lines
    data = toy.run_data("new")
    assert data["selections"][0]["known"] == IDS[:9]
    assert data["selections"][0]["version"] == 2
    gated = toy.goldgate("gate", "new")
    assert gated.ret == 1
    assert "incomplete, gone from" in text_of(gated)


def test_recorded_cases_that_were_tampered_with_are_refused(toy: RecordedProject) -> None:
    path = toy.path / "one" / "cases.jsonl"
    whole = path.read_text()
    path.write_text(whole.replace("Say c00.", "Say so.", 1))
    result = toy.goldgate("rescore", "one")
    assert result.ret == 2
    assert "cases.jsonl: line 1: case c00: its content is not that of its hash" in problems_of(
        result
    )
    path.write_text("\n".join(whole.splitlines()[1:]))
    assert "cases.jsonl: lacks case c00 as it was asked" in problems_of(
        toy.goldgate("rescore", "one")
    )
