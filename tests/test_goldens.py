"""Goldens, outcomes and acceptance, through the real plugin on a scratch project."""

from __future__ import annotations

import pytest

from tests.toy_project import BAD, GOOD, IDS, ToyProject, outcomes

REFUSED = "though weights and conditions are the same"


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    return ToyProject(pytester, monkeypatch)


@pytest.fixture
def accepted(toy: ToyProject) -> ToyProject:
    """Nine cases accepted as passing, `c09` as a known failure."""
    toy.answer("c09")
    assert toy.run("--snapshot-update").ret == 0
    return toy


def junit(toy: ToyProject, *arguments: str) -> tuple[dict[str, str], pytest.RunResult]:
    result = toy.run("--junitxml=junit.xml", *arguments)
    return outcomes(toy.path / "junit.xml"), result


def test_accepting_writes_every_case_and_the_next_run_holds_them(accepted: ToyProject) -> None:
    goldens = accepted.goldens()
    assert list(goldens) == IDS
    assert [name for name in IDS if not goldens[name]["passed"]] == ["c09"]
    assert goldens["c00"]["text"] == GOOD
    result = accepted.run("-rx")
    result.assert_outcomes(passed=10, xfailed=1)  # nine cases and a gate
    assert result.ret == 0
    result.stdout.fnmatch_lines(["XFAIL *c09* - known failure: no_json"])


def test_another_text_from_the_same_weights_fails_with_its_diff(accepted: ToyProject) -> None:
    accepted.edit_golden("c03", text='{"n":1}')
    found, result = junit(accepted)
    assert found["c03"] == "failed"
    assert result.ret == 1
    result.stdout.fnmatch_lines([f"*text differs from the golden {REFUSED}*"])
    result.stdout.re_match_lines([r'E .*"text": "\{\\"n\\":1\}"', r'E .*"text": "\{\\"n\\": 1\}"'])


def test_another_object_from_the_same_weights_fails(accepted: ToyProject) -> None:
    accepted.edit_golden("c03", document={"n": 1, "m": True})
    result = accepted.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines([f"*object differs from the golden {REFUSED}*"])


@pytest.mark.parametrize(
    ("flip", "held", "free"), [("fixed", "failed", "passed"), ("broke", "failed", "skipped")]
)
def test_a_flip_fails_without_a_cause_and_is_listed_with_one(
    accepted: ToyProject, flip: str, held: str, free: str
) -> None:
    case_id = "c09" if flip == "broke" else "c03"
    accepted.edit_golden(case_id, passed=flip == "broke", reason="no_json")
    found, result = junit(accepted)
    assert (found[case_id], result.ret) == (held, 1)
    result.stdout.fnmatch_lines([f"*{flip}: *a flip without a cause*"])

    accepted.retrain()
    found, result = junit(accepted)
    assert (found[case_id], result.ret) == (free, 0)
    result.stdout.fnmatch_lines([f"*{flip} 1: {case_id}*"])

    assert junit(accepted, "--flips=fail")[0][case_id] == held


def test_flips_gate_leaves_a_flip_of_the_same_weights_to_the_gates(accepted: ToyProject) -> None:
    accepted.edit_golden("c09", passed=True, reason=None)
    found, result = junit(accepted, "--flips=gate")
    assert (found["c09"], result.ret) == ("skipped", 0)


def test_other_weights_may_answer_in_other_words_and_these_are_counted(
    accepted: ToyProject,
) -> None:
    accepted.answer("c09", c00='{"n":1}', c01='{"n": 2}')
    result = accepted.run()
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*object differs though both pass 1, text differs * 1*"])


def test_a_new_failure_fails_with_any_weights(accepted: ToyProject) -> None:
    accepted.edit_golden("c09")
    for _ in range(2):
        found, result = junit(accepted)
        assert (found["c09"], result.ret) == ("failed", 1)
        result.stdout.fnmatch_lines(["*new failure: no_json*`pytest --snapshot-update`*"])
        accepted.retrain()


def test_a_new_case_that_passes_needs_no_golden(accepted: ToyProject) -> None:
    accepted.edit_golden("c00")
    assert accepted.run().ret == 0


def test_without_any_baseline_good_answers_pass(toy: ToyProject) -> None:
    result = toy.run()
    assert result.ret == 0
    assert not toy.golden_file().exists()
    result.stdout.fnmatch_lines(["*no baseline yet*pytest --snapshot-update*"])


def test_an_engine_error_stays_an_error_also_for_a_known_failure(accepted: ToyProject) -> None:
    accepted.answer(c09=None)
    found, result = junit(accepted)
    assert result.ret != 0
    assert found.get("c09") in ("error", "failed")
    assert "c09" not in [name for name, kind in found.items() if kind in ("passed", "skipped")]


@pytest.mark.parametrize(
    "narrow", [("-k", "c00 or c01"), ("--limit=2",), ("-k", "c00 or c01", "-n2")]
)
def test_accepting_a_part_touches_only_these_cases(
    accepted: ToyProject, narrow: tuple[str, ...]
) -> None:
    before = accepted.goldens()
    accepted.answer(*IDS)
    assert accepted.run("--snapshot-update", "--accept-regressions", *narrow).ret == 0
    after = accepted.goldens()
    assert [name for name in IDS if after[name] != before[name]] == ["c00", "c01"]
    assert after["c00"]["text"] == BAD


def test_accepting_under_a_marker_loses_nothing(accepted: ToyProject) -> None:
    before = accepted.golden_file().read_bytes()
    accepted.run("--snapshot-update", "-m", "not format")
    assert accepted.golden_file().read_bytes() == before
    assert accepted.run("--snapshot-update", "-m", "format").ret == 0
    assert accepted.golden_file().read_bytes() == before


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_accepting_the_last_failed_loses_nothing(
    accepted: ToyProject, workers: tuple[str, ...]
) -> None:
    accepted.edit_golden("c04", text="other")
    before = accepted.goldens()
    assert accepted.run().ret == 1
    assert accepted.run("--snapshot-update", "--lf", *workers).ret == 0
    after = accepted.goldens()
    assert list(after) == IDS
    assert [name for name in IDS if after[name] != before[name]] == ["c04"]


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_a_stopped_loop_accepts_nothing(accepted: ToyProject, workers: tuple[str, ...]) -> None:
    before = accepted.golden_file().read_bytes()
    accepted.answer(*IDS)
    accepted.pytester.makepyfile(test_a_stop="def test_stop(): assert False")
    result = accepted.run("--snapshot-update", "-x", *workers)
    assert result.ret in (1, 2)
    assert accepted.golden_file().read_bytes() == before


def test_workers_accept_the_same_bytes_as_one_process(toy: ToyProject) -> None:
    toy.answer("c02", c05='{"n": 1, "é": "\\ud800"}')
    assert toy.run("--snapshot-update").ret == 0
    serial = toy.golden_file().read_bytes()
    toy.golden_file().unlink()
    assert toy.run("--snapshot-update", "-n4").ret == 0
    assert toy.golden_file().read_bytes() == serial


def test_accepting_twice_leaves_the_file_alone(accepted: ToyProject) -> None:
    before = accepted.golden_file().stat().st_mtime_ns
    assert accepted.run("--snapshot-update").ret == 0
    assert accepted.golden_file().stat().st_mtime_ns == before


def test_only_goldens_are_written_and_by_nobody_else(accepted: ToyProject) -> None:
    written = [path for path in accepted.path.rglob("*") if "snapshots" in path.name]
    assert written == []
    assert list((accepted.path / "goldens").rglob("*.json")) == [accepted.golden_file()]


def test_accepting_tells_what_moved(accepted: ToyProject) -> None:
    accepted.answer("c08", "c09")
    result = accepted.run("--snapshot-update", "--accept-regressions")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["goldens*accepted: 0 new, 1 changed, 9 unchanged*"])


def test_a_removed_case_stays_until_its_removal_is_accepted(accepted: ToyProject) -> None:
    rule = {"metrics": ["format_success_rate"], "alpha": 0.01, "reason": "r"}
    accepted.write_gates({"no_regression": rule})
    accepted.write_cases(IDS[:9])
    result = accepted.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*in the baseline: c09*--accept-removed*"])
    accepted.run("--snapshot-update")
    assert list(accepted.goldens()) == IDS
    assert accepted.run("--snapshot-update", "--accept-removed").ret == 0
    assert list(accepted.goldens()) == IDS[:9]
    assert accepted.run().ret == 0


def test_where_a_model_answered_nothing_the_refusal_says_so(accepted: ToyProject) -> None:
    accepted._write("toy.yaml", {"answers": {}})
    result = accepted.run("--snapshot-update")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*not written: nothing was answered*"])


def test_a_changed_case_is_not_compared_with_its_old_golden(accepted: ToyProject) -> None:
    accepted.edit_golden("c03", text="stale", case_hash="0" * 16)
    result = accepted.run()
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*changed case 1: c03*"])


def test_a_broken_golden_file_stops_the_session_before_it_starts(accepted: ToyProject) -> None:
    accepted.golden_file().write_text("{")
    result = accepted.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*format.json: line 1: not JSON*"])


def test_the_diff_of_untrusted_text_cannot_steer_the_terminal(accepted: ToyProject) -> None:
    accepted.edit_golden("c03", text="x \x1b[2J \x9b2J \u202e y")
    result = accepted.run("--color=no")
    assert result.ret == 1
    result.stdout.fnmatch_lines([r"E *x \u001b[[]2J \x9b2J \u202e y*"])
    assert not {"\x1b", "\x9b", "\u202e"} & set(result.stdout.str())


def test_goldens_that_cannot_be_written_fail_the_session_and_lose_nothing(
    toy: ToyProject,
) -> None:
    (toy.path / "goldens").mkdir()
    (toy.path / "goldens" / "toy").symlink_to("nowhere")  # root may write to any real folder
    result = toy.run("--snapshot-update")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*format.json: not written: *"])
    assert list(toy.path.glob(".suite/runs/*/run.json"))
