"""Tasks that a cases folder defines: from `scorers.py` to gates, goldens and commands."""

from __future__ import annotations

import json

import pytest

from suite.tasks import TASKS
from tests import git_repository
from tests.recorded_runs import problems_of, text_of
from tests.toy_own_task import IDS, SCORERS, TEXTS, OwnToy

OPTIONS = ("--cases", "own", "--allow-code")


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> OwnToy:
    return OwnToy(pytester, monkeypatch)


def test_an_own_task_is_asked_scored_and_gated(toy: OwnToy) -> None:
    result = toy.run("-m", "polite", "--strict-markers", "--output=one")
    result.assert_outcomes(passed=3, failed=2)
    result.stdout.fnmatch_lines(
        ["*test_polite?toy-p2? - new failure: rude*", "*polite_rate * 0.500 (2/4, 95% *"]
    )
    assert toy.run_data("one")["files"] == {
        "cases": "own",
        "gates": "own/gates.yaml",
        "goldens": "own/goldens",
    }
    assert "polite" not in TASKS


def test_code_is_not_run_unasked_and_says_how(toy: OwnToy) -> None:
    toy.write_scorers("from pathlib import Path\nPath('ran').touch()\n" + SCORERS)
    result = toy.run(allow=False)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: *own/scorers.py: is code * not run unasked; if you trust it: --allow-code"]
    )
    assert not (toy.path / "ran").exists()
    toy.run()
    assert (toy.path / "ran").exists()


def test_allowing_what_is_not_there_is_refused(toy: OwnToy) -> None:
    result = toy.run("--cases", "cases")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: --allow-code: *cases/scorers.py: no such file; --cases DIR says which folder *"]
    )
    toy.write_cases(IDS)
    done = toy.goldgate("cases", "--allow-code")
    assert (done.ret, problems_of(done)) == (
        2,
        "goldgate cases: --allow-code goes with --cases DIR, whose scorers.py it runs",
    )


def test_a_mark_selects_an_own_task_as_any_other(toy: OwnToy) -> None:
    assert toy.run("-m", "not polite").ret == pytest.ExitCode.NO_TESTS_COLLECTED
    toy.run("-m", "polite", "-k", "p1").assert_outcomes(passed=1, skipped=1, deselected=3)


def test_the_marker_is_told_with_all_the_others(toy: OwnToy) -> None:
    toy.run("--markers").stdout.fnmatch_lines(["@pytest.mark.polite: evaluates models on *"])


def test_accepted_answers_are_held_and_lie_beside_the_cases(toy: OwnToy) -> None:
    toy.run("--snapshot-update").assert_outcomes(passed=3, xfailed=2)
    goldens = json.loads((toy.own / "goldens" / "toy" / "polite.json").read_text())["goldens"]
    assert {name: golden["metrics"] for name, golden in goldens.items()} == {
        "p1": {"polite_rate": 1},
        "p2": {"polite_rate": 0},
        "p3": {"polite_rate": 1},
        "p4": {"polite_rate": 0},
    }
    assert not (toy.path / "goldens").exists()
    toy.run().assert_outcomes(passed=3, xfailed=2)
    toy.say(**TEXTS | {"p1": "Salt!"})
    worse = toy.run()
    worse.assert_outcomes(failed=1, passed=1, xfailed=3)
    worse.stdout.fnmatch_lines(
        ["*broke 1: p1 (rude)*", "*polite_rate_min*", "*0.250 (1/4, *) is below 0.5"]
    )


def test_gates_and_goldens_that_are_named_come_before_those_of_the_folder(toy: OwnToy) -> None:
    gates = {"polite": {"polite_rate_min": {"value": 0.6, "reason": "r"}}}
    toy._write("stricter.yaml", gates)
    result = toy.run("--gates=stricter.yaml", "--goldens=kept", "--snapshot-update")
    result.stdout.fnmatch_lines(["*0.500 (2/4, *) is below 0.6"])
    assert (toy.path / "kept" / "toy" / "polite.json").exists()
    assert not (toy.own / "goldens").exists()


def test_parallel_workers_know_the_task_and_a_recording_that_lacks_answers_is_refused(
    toy: OwnToy,
) -> None:
    toy.run("-n2", "--output=one").assert_outcomes(passed=3, failed=2)
    assert toy.run_data("one")["summary"][0]["rates"]["polite_rate"]["count"] == 2
    toy.ask([*IDS, "p5"])
    result = toy.run("-n2", "--replay", "one")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*polite/p5*: not in the recording*"])


def test_rows_of_other_people_are_judged_by_an_own_scorer(toy: OwnToy) -> None:
    rows = [{"id": name, "prompt": "Ask."} for name in ("p1", "p2")]
    (toy.path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = toy.run("-m", "polite", "--cases-file=rows.jsonl", "--flips=gate")
    result.stdout.fnmatch_lines(["*polite_rate * 0.500 (1/2, *"])


def test_every_command_that_reads_a_run_knows_the_task_by_the_same_options(toy: OwnToy) -> None:
    toy.run("--snapshot-update", "--output=one")
    for command in (
        ["gate", "one"],
        ["report", "one"],
        ["rescore", "one"],
        ["compare", "one", "one"],
        ["merge", "one", "--output=whole"],
        ["anchor", "--goldens=own/goldens"],
        ["aa", "--task=polite", "--gates=own/gates.yaml"],
    ):
        done = toy.goldgate(*command, *OPTIONS)
        if command[0] == "aa":
            assert "polite has no gate no_regression" in problems_of(done)
        else:
            assert (done.ret, done.errlines) == (0, []), command
        assert "polite" in text_of(done) + problems_of(done), command
        unasked = toy.goldgate(*command, "--cases", "own")
        assert unasked.ret == 2, command
        assert "is not run unasked" in problems_of(unasked), command
    assert "polite" not in TASKS


@pytest.mark.parametrize("command", ["gate", "report", "rescore"])
def test_a_run_of_an_own_task_says_how_it_can_be_read(toy: OwnToy, command: str) -> None:
    toy.run("--output=one")
    done = toy.goldgate(command, "one")
    assert done.ret == 2
    assert "unknown task 'polite'" in problems_of(done)
    assert "one of your own is known with --cases DIR --allow-code" in problems_of(done)


def test_a_changed_scorer_moves_recorded_verdicts(toy: OwnToy) -> None:
    toy.run("--output=one")
    toy.write_scorers(SCORERS.replace('"please" in generation.text', '"!" in generation.text'))
    done = toy.goldgate("rescore", "one", *OPTIONS)
    assert done.ret == 1
    assert "verdicts that move: 4" in text_of(done)
    assert "fails now  p1: rude" in text_of(done)


def test_another_scorer_than_that_of_the_bar_is_told_first(toy: OwnToy) -> None:
    toy.run("--snapshot-update")
    git_repository.start(toy.path)
    same = toy.run("--baseline-ref", "main")
    assert "scorers of the working tree" not in same.stdout.str()
    toy.write_scorers(SCORERS.replace('"please"', '"e"'))
    result = toy.run("--baseline-ref", "main")
    result.stdout.fnmatch_lines(
        ["*changed*own/scorers.py: another at main; the scorers of the working tree judge*"]
    )


def test_a_scorer_that_breaks_on_an_answer_is_told_with_its_line(toy: OwnToy) -> None:
    toy.write_scorers(
        SCORERS.replace("    right =", "    assert 'Oil' not in generation.text\n    right =")
    )
    result = toy.run("--output=one")
    result.stdout.fnmatch_lines(
        ["*InputError: *own/scorers.py: line 9: scoring p4 raised AssertionError"]
    )
    toy.write_scorers()
    assert toy.run("--output=one").ret == 1
    toy.write_scorers(SCORERS.replace('{"polite_rate": int(right)}', "{}"))
    done = toy.goldgate("rescore", "one", *OPTIONS)
    assert done.ret == 2
    assert "score of p1: metrics: lacks polite_rate, which the task declares" in problems_of(done)


CASE = {"id": "p1", "prompt": "Ask.", "expected": "x"}
MEASURING = """


def tell(results):
    return 1 / 0


TASKS = [
    Task(
        name="polite",
        score=score_polite,
        metrics={"polite_rate": "higher"},
        measures={"warmth": "higher"},
        measure=tell,
    )
]
"""


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ("1 / 0", "line 19: measuring raised ZeroDivisionError: division by zero"),
        ("[1]", "measure: expected Measured of warmth, got 1"),
        ("None", "measuring raised TypeError: 'NoneType' object is not iterable"),
    ],
)
def test_a_measure_that_breaks_costs_its_figures_and_not_the_run(
    toy: OwnToy, told: str, problem: str
) -> None:
    toy.write_scorers(SCORERS + MEASURING.replace("1 / 0", told))
    result = toy.run("--output=one", "--snapshot-update")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["notes", "*own/scorers.py:*"])
    record = json.loads((toy.path / "one" / "run.json").read_text())["models"]["toy"]
    assert [note for note in record["notes"] if f"own/scorers.py: {problem}" in note]


@pytest.mark.parametrize(
    ("field", "doing"),
    [
        ("check_expected=lambda expected: 1 / 0", "checking what a case expects raised Zero"),
        ("check_expected=lambda expected: 5", "check_expected: expected a text or None, got 5"),
        ('counted={"polite_rate": "words"}, size=lambda case: 1 / 0', "size of p1 raised Zero"),
        ('counted={"polite_rate": "words"}, size=lambda case: "2"', "size of p1: expected a whole"),
    ],
)
def test_code_that_breaks_on_a_case_is_told_before_anything_runs(
    toy: OwnToy, field: str, doing: str
) -> None:
    toy.write_scorers(SCORERS.replace('"higher"})]', f'"higher"}}, {field})]'))
    toy._write("own/polite.yaml", {"task": "polite", "version": 1, "cases": [CASE]})
    result = toy.run()
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"*own/scorers.py: *{doing}*"])
