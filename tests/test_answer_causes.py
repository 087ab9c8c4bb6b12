"""Answers that are not their goldens': what noise explains, and where texts need not be equal."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from suite.near_ties import NUMERIC, NearTie, digest_tokens
from suite.outcome_table import OutcomeRule, decide
from tests.toy_project import GOOD, IDS, ToyProject

BEFORE = digest_tokens([5, 6, 7])
THEN = str(NearTie(3, 2e-5, 17, 42, BEFORE))
NOW = str(NearTie(3, 1e-5, 42, 17, BEFORE))
OTHER = '{"n":1}'
ELSEWHERE = {"device": "cpu", "machine": "aarch64", "torch": "2.0.0"}


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    """A model that knows its noise and nearly chose another third token for `c03`."""
    toy = ToyProject(pytester, monkeypatch)
    write_answers(toy, GOOD, THEN)
    assert toy.run("--snapshot-update").ret == 0
    return toy


def write_answers(toy: ToyProject, text: str, *near: str, noise: float = 3e-5) -> None:
    answers: dict[str, Any] = dict.fromkeys(IDS, GOOD)
    answers["c03"] = {"text": text, "near": list(near)}
    content = yaml.safe_dump({"answers": answers, "noise": noise})
    (toy.path / "toy.yaml").write_text(content)


def edit_head(toy: ToyProject, **fields: Any) -> None:
    data = json.loads(toy.golden_file().read_text())
    toy.golden_file().write_text(json.dumps({**data, **fields}))


def samples(toy: ToyProject) -> dict[str, Any]:
    (path,) = (toy.path / "run").glob("samples.jsonl")
    rows = map(json.loads, path.read_text().splitlines())
    return {row["case_id"]: row for row in rows}


def test_near_ties_are_accepted_a_line_each_and_only_where_there_are_some(toy: ToyProject) -> None:
    assert toy.goldens()["c03"]["near"] == [THEN]
    assert "near" not in toy.goldens()["c02"]
    assert toy.run().ret == 0


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["serial", "parallel"])
def test_a_swap_below_the_noise_is_called_numeric_and_still_shown(
    toy: ToyProject, workers: tuple[str, ...]
) -> None:
    write_answers(toy, OTHER, NOW)
    result = toy.run("--output=run", *workers)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "*text differs though both pass 1*",
            "*answers that are not their goldens': 1 numeric",
            f"*{NUMERIC}: c03",
        ]
    )
    found = samples(toy)["c03"]
    assert (found["cause"], found["answer"]) == ("numeric", "text differs")
    assert NUMERIC in found["message"]
    assert found["generation"]["near"] == [[3, 1e-5, 42, 17, BEFORE]]


@pytest.mark.parametrize(
    ("near", "noise"),
    [pytest.param([NOW], 1.5e-5, id="less noise here"), pytest.param([], 3e-5, id="no near tie")],
)
def test_any_other_difference_is_called_changed(
    toy: ToyProject, near: list[str], noise: float
) -> None:
    write_answers(toy, OTHER, *near, noise=noise)
    result = toy.run("--output=run")
    result.stdout.fnmatch_lines(["*answers that are not their goldens': 1 changed"])
    assert NUMERIC not in result.stdout.str()
    assert samples(toy)["c03"]["cause"] == "changed"


def test_where_the_golden_is_held_a_numeric_difference_fails_and_says_so(toy: ToyProject) -> None:
    write_answers(toy, GOOD, NOW)
    assert toy.run("--snapshot-update").ret == 0
    toy.edit_golden("c03", text=OTHER, near=[THEN])
    result = toy.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines([f"*text differs from the golden though *{NUMERIC}*"])


def test_a_broken_verdict_names_the_cause_too(toy: ToyProject) -> None:
    write_answers(toy, "no idea", NOW)
    result = toy.run("-rx")
    result.stdout.fnmatch_lines([f"XFAIL *c03* - broke: no_json; the gates decide; {NUMERIC}"])
    result.stdout.fnmatch_lines(["*broke 1: c03 (no_json, numeric)"])
    preview = toy.run("--snapshot-update")
    preview.stdout.fnmatch_lines(["*1 text changed (1 of them numeric), 1 object changed*1 broke"])


def test_a_known_failure_with_another_text_is_counted(toy: ToyProject) -> None:
    toy.answer("c03")
    assert toy.run("--snapshot-update", "--accept-regressions").ret == 0
    toy.edit_golden("c03", text="no clue")
    result = toy.run()
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*known failures 1", "*not their goldens': 1 changed"])


def test_goldens_from_another_machine_hold_objects_and_verdicts_but_no_texts(
    toy: ToyProject,
) -> None:
    edit_head(toy, made_with=ELSEWHERE)
    toy.edit_golden("c02", text=OTHER)
    result = toy.run("--output=run")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "*against its baseline, made elsewhere (*machine aarch64, here *texts alone may differ",
            "*text differs though both pass 1",
        ]
    )
    assert samples(toy)["c02"]["outcome"] == "passed"

    toy.edit_golden("c02", document={"n": 2})
    result = toy.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*object differs from the golden though*"])

    toy.edit_golden("c02", document={"n": 1}, passed=False, reason="no_json")
    result = toy.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*fixed: *a flip without a cause*"])


def test_a_head_that_does_not_say_what_made_it_is_taken_for_equal(toy: ToyProject) -> None:
    assert "made_with" not in json.loads(toy.golden_file().read_text())
    toy.edit_golden("c02", text=OTHER)
    assert toy.run().ret == 1


def test_accepting_all_from_here_makes_texts_hold_again(toy: ToyProject) -> None:
    edit_head(toy, made_with=ELSEWHERE)
    assert toy.run("--snapshot-update").ret == 0
    toy.edit_golden("c02", text=OTHER)
    assert toy.run().ret == 1


def test_a_part_accepted_from_here_is_marked_as_from_elsewhere(toy: ToyProject) -> None:
    edit_head(toy, made_with=ELSEWHERE)
    assert toy.run("--snapshot-update", "-k", "c02").ret == 0
    assert [name for name in IDS if toy.goldens()[name].get("apart")] == ["c02"]
    assert json.loads(toy.golden_file().read_text())["made_with"] == ELSEWHERE


def test_a_golden_with_a_line_that_is_no_near_tie_stops_the_session(toy: ToyProject) -> None:
    toy.edit_golden("c03", near=["somewhere"])
    result = toy.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*format.json: *c03*near*expected `token 3: 17 over 42*"])


def test_the_same_text_with_another_object_is_no_matter_of_noise() -> None:
    from tests.test_outcomes import make_golden, make_scored

    golden = make_golden(True, document={"a": True})
    settled = decide(make_scored(True), golden, OutcomeRule(held=False, noise=1.0))
    assert (settled.answer, settled.cause) == ("object differs", "changed")
