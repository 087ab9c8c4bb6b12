"""What an acceptance would change, and what it refuses: the records, then the real command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.acceptance import Candidate, write_accepted
from suite.acceptance import Proposal, describe_proposal, propose, refuse
from suite.baseline import write_baseline
from suite.run import CaseResult
from tests.run_records import make_baseline, make_result, make_run
from tests.toy_project import BAD, GOOD, IDS, ToyProject, outcomes

REFUSAL = "*not written: 1 verdict broke (c03)*--accept-regressions*"


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    return ToyProject(pytester, monkeypatch)


@pytest.fixture
def accepted(toy: ToyProject) -> ToyProject:
    """Nine cases accepted as passing, `c09` as a known failure."""
    toy.answer("c09")
    assert toy.run("--snapshot-update").ret == 0
    return toy


def make_proposal(*results: CaseResult, **verdicts: bool) -> Proposal:
    run = make_run(*results)
    return propose(make_baseline(verdicts), run.results, run.selections[0])


def test_every_kind_of_change_is_counted() -> None:
    found = make_proposal(
        make_result("broke", False, text="x"),
        make_result("changed", False, case_hash="other"),
        make_result("fixed"),
        make_result("object", document={"a": True}, text='{"a": true}'),
        make_result("same"),
        make_result("silent", None),
        make_result("text", text="{ }"),
        make_result("unseen", False),
        broke=True, changed=True, fixed=False, gone=True, object=True, same=True, silent=True,
        text=True,
    )  # fmt: skip
    assert (found.texts, found.objects, found.numeric) == (3, 1, 0)
    assert [str(flip) for flip in found.broke] == [
        "broke: then passed, now no_json (format_success_rate)"
    ]
    assert [str(flip) for flip in found.fixed] == [
        "fixed: then no_json, now passed (format_success_rate)"
    ]
    assert (found.new, found.changed, found.removed) == (("unseen",), ("changed",), ("gone",))
    assert found.silent == ("silent",)
    assert describe_proposal(found) == (
        "3 texts changed, 1 object changed, verdicts: 1 fixed, 1 broke; "
        "1 new case, 1 changed case, 1 removed case, 1 without a verdict"
    )


def test_a_failing_case_that_gets_worse_by_one_metric_broke() -> None:
    found = make_proposal(
        make_result("a", False, duplicate_json_objects_rate=1),
        make_result("b", False),
        a=False,
        b=False,
    )
    assert [str(flip) for flip in found.broke] == [
        "a: then no_json, now no_json (duplicate_json_objects_rate)"
    ]
    assert not found.fixed


def test_a_case_that_broke_by_one_metric_is_not_fixed_by_another() -> None:
    found = make_proposal(make_result("a", duplicate_json_objects_rate=1), a=False)
    assert ([flip.case_id for flip in found.broke], found.fixed) == (["a"], ())


def test_a_metric_that_went_missing_broke() -> None:
    result = make_result("a")
    assert result.score is not None
    result = replace(result, score=replace(result.score, metrics={"format_success_rate": 1}))
    (flip,) = make_proposal(result, a=True).broke
    assert flip.metrics == ("duplicate_json_objects_rate",)


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ((), ["--accept-regressions", "--accept-removed"]),
        (("accept_regressions",), ["--accept-removed"]),
        (("accept_removed",), ["--accept-regressions"]),
        (("accept_regressions", "accept_removed"), []),
    ],
)
def test_a_refusal_names_the_options_that_are_missing(
    asked: tuple[str, ...], named: list[str]
) -> None:
    found = make_proposal(make_result("a", False), a=True, gone=True)
    said = refuse(found, **dict.fromkeys(asked, True)) or ""
    options = ["--accept-regressions", "--accept-removed"]
    assert [option for option in options if option in said] == named


def test_a_first_acceptance_is_never_refused() -> None:
    run = make_run(make_result("a", False), make_result("b"))
    found = propose(None, run.results, run.selections[0])
    assert refuse(found) is None
    assert describe_proposal(found) == "2 answers, the first to be accepted"


def test_goldens_are_put_back_where_others_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way of a folder")
    old, new = make_baseline({"a": True}), make_baseline({"a": True, "b": False})
    paths = [tmp_path / "old.json", tmp_path / "new.json", tmp_path / "file" / "third.json"]
    write_baseline(paths[0], old)
    before = paths[0].read_bytes()
    found = write_accepted([Candidate(path.stem, "format", path, old, new, None) for path in paths])
    assert paths[0].read_bytes() == before
    assert not paths[1].exists()
    assert [(each.written, each.failed) for each in found] == [(False, False)] * 2 + [(False, True)]
    said = "not written: all or none, and third/format could not be"
    assert [each.sentence for each in found[:2]] == [said] * 2


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["serial", "parallel"])
def test_a_broken_verdict_is_shown_and_nothing_is_written(
    accepted: ToyProject, workers: tuple[str, ...]
) -> None:
    before = accepted.golden_file().read_bytes()
    accepted.answer("c03", c02='{"n":1}', c04='{"n": 2}')
    result = accepted.run("--snapshot-update", *workers)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "what --snapshot-update would accept",
            "  toy, format: 4 texts changed, 3 objects changed, verdicts: 1 fixed, 1 broke",
            "    broke c03: then passed, now no_json (format_success_rate, schema_valid_rate)",
            "    fixed c09: then no_json, now passed (format_success_rate, schema_valid_rate)",
            REFUSAL,
        ]
    )
    assert accepted.golden_file().read_bytes() == before


def test_a_broken_verdict_is_accepted_when_that_is_asked_for(accepted: ToyProject) -> None:
    accepted.answer("c03", "c09")
    result = accepted.run("--snapshot-update", "--accept-regressions")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*verdicts: 0 fixed, 1 broke", "    broke c03: *", "*accepted: *"])
    assert accepted.goldens()["c03"]["text"] == BAD
    assert accepted.run().ret == 0


def test_changes_that_break_nothing_need_no_option(accepted: ToyProject) -> None:
    accepted.answer(c00='{"n": 3}')
    result = accepted.run("--snapshot-update")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*2 texts changed, 2 objects changed, verdicts: 1 fixed, 0 broke"])
    assert accepted.goldens()["c09"]["text"] == GOOD


def test_one_refused_model_keeps_every_file_as_it_was(accepted: ToyProject) -> None:
    accepted.write_models("toy", "other")
    accepted.answer("c03", "c09")
    accepted.answer(model="other")
    before = accepted.golden_file().read_bytes()
    both = ("--model=other", "--model=toy")
    result = accepted.run("--snapshot-update", *both)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["*other*format.json: not written: all or none, and refused was toy/format", REFUSAL]
    )
    assert not accepted.golden_file("other").exists()
    assert accepted.golden_file().read_bytes() == before
    assert accepted.run("--snapshot-update", "--accept-regressions", *both).ret == 0
    assert accepted.golden_file("other").exists()
    assert accepted.goldens()["c03"]["text"] == BAD


def test_a_model_that_no_case_was_selected_of_keeps_nobody_from_accepting(
    accepted: ToyProject,
) -> None:
    accepted.write_models("toy", "other")
    accepted.answer(model="other")
    accepted.answer()
    arguments = ("--model=other", "--model=toy", "-k", "other")
    result = accepted.run("--snapshot-update", *arguments)
    result.stdout.fnmatch_lines(["*toy*not written: no case was selected*"])
    assert list(accepted.goldens("other")) == IDS
    assert accepted.goldens()["c09"]["text"] == BAD


def test_a_removed_case_refuses_the_rest_too(accepted: ToyProject) -> None:
    accepted.write_cases(IDS[:9])
    accepted.answer(c00='{"n": 3}')
    result = accepted.run("--snapshot-update")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*not written: gone from the case file: c09*--accept-removed*"])
    assert accepted.goldens()["c00"]["text"] == GOOD


def test_a_refused_run_is_judged_as_any_other(accepted: ToyProject) -> None:
    rule = {"metrics": ["format_success_rate"], "alpha": 0.2, "reason": "r"}
    accepted.write_gates({"no_regression": rule})
    accepted.answer(*IDS)
    for options, gate in (((), "failed"), (("--accept-regressions",), "passed")):
        accepted.run("--snapshot-update", "--junitxml=junit.xml", *options)
        assert outcomes(accepted.path / "junit.xml")["no_regression[toy]"] == gate


def test_a_case_with_another_content_is_not_a_broken_verdict(accepted: ToyProject) -> None:
    accepted.edit_golden("c03", case_hash="0" * 16)
    accepted.answer("c03", "c09")
    result = accepted.run("--snapshot-update")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*verdicts: 0 fixed, 0 broke; 1 changed case"])
