"""Judging recorded texts again, below the command line."""

from __future__ import annotations

from suite.case import Case, Message
from suite.commands.diff import _score
from suite.generation import Generation
from suite.report.lines import Line
from suite.report.rescore import render_rescored
from suite.rescoring import rescore
from tests.run_records import make_result, make_run


def make_case(case_id: str) -> Case:
    return Case(task="format", id=case_id, messages=(Message(role="user", content="Say."),))


def plain(lines: list[Line]) -> str:
    return "\n".join("".join(span.text for span in line) for line in lines)


def test_a_case_that_cannot_be_judged_today_loses_its_verdict_and_no_other_does() -> None:
    run = make_run(make_result("a"), make_result("b"), make_result("c", None))
    cases = {("format", name): make_case(name) for name in "abc"}
    broken = {"pattern": "(a"}  # as the engine of another version might see a sound one
    today = dict(cases)
    for name in "ac":
        today["format", name] = cases["format", name].model_copy(update={"schema_": broken})
    rescored = rescore(run, today, {})
    lost, kept, never = rescored.run.results
    assert (lost.outcome, lost.score, rescored.lost) == ("error", None, ("a",))
    assert "not judged today: SchemaError: /pattern" in lost.message
    assert kept.score is not None
    assert never.message == "engine died", "had no verdict before"
    assert "cannot be judged today 1: a" in plain(render_rescored(run, rescored))


def test_two_models_are_shown_though_one_case_cannot_be_judged() -> None:
    case = make_case("a").model_copy(update={"schema_": {"pattern": "(a"}})
    score = _score(case, Generation("{}", "stop"))
    assert (score.passed, score.reason) == (False, "no_verdict")
    assert score.metrics["schema_valid_rate"] == 0
    assert score.metrics["duplicate_json_objects_rate"] == 1
