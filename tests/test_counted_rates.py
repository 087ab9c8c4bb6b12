"""Rates that count several things of a case: compared, judged again, accepted, and clustered."""

from __future__ import annotations

import json

import pytest

from suite.baseline import read_baseline
from suite.baseline_diff import diff_baselines
from suite.case_files import load_cases
from suite.errors import InputError
from suite.rates import Rate, find_rates
from suite.report.lines import Line
from suite.report.pairs import render_pairs
from suite.rescoring import rescore
from suite.run import Run
from suite.run_folder import read_folder
from suite.run_pairs import pair_runs
from tests.toy_extraction import HALF, answer, ask, judge, make_toy
from tests.toy_project import ToyProject


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    return make_toy(pytester, monkeypatch)


def field_accuracy(run: Run) -> Rate:
    return next(r for r in find_rates(run, "toy", "extraction") if r.metric == "field_accuracy")


def lines_text(lines: list[Line]) -> str:
    return "\n".join("".join(span.text for span in line) for line in lines)


def test_two_runs_are_compared_by_their_counts_too(toy: ToyProject) -> None:
    toy.run("--flips=gate", "--output=one")
    answer(toy, c01=HALF)
    toy.run("--flips=gate", "--output=two")
    one, two = (read_folder(toy.path / name).run for name in ("one", "two"))
    pairs = pair_runs(one, two)
    assert [comparison.metric for comparison in pairs[0].comparisons] == [
        "schema_valid_rate",
        "exact_match_rate",
    ]
    text = lines_text(render_pairs(one, two, pairs, 200))
    assert "    1.000 (8/8 fields, 95% 0.510-1.000) → 0.875 (7/8 fields, 95% " in text
    assert "1 broke, 0 fixed, p = 0.5" in text


def test_texts_judged_by_other_expectations_move_their_counts(toy: ToyProject) -> None:
    toy.run("--flips=gate", "--output=one")
    ask(toy, expected={"a": 1, "b": "y"})
    recorded = read_folder(toy.path / "one")
    found = rescore(recorded.run, recorded.cases(), {}, load_cases(toy.path / "cases"))
    assert [move.now.counts["field_accuracy"] for move in found.moves] == [(1, 2)] * 4
    (rate,) = (
        r for r in find_rates(found.run, "toy", "extraction") if r.metric == "field_accuracy"
    )
    assert (rate.counts, rate.missing) == ("4/8 fields", 0)


def test_a_golden_with_fewer_right_fields_is_worse(toy: ToyProject) -> None:
    answer(toy, c01=HALF)
    toy.run("--snapshot-update")
    path = toy.path / "goldens" / "toy" / "extraction.json"
    then = read_baseline(path)
    answer(toy, c01='{"a": 2, "b": "y"}')
    toy.run("--snapshot-update")
    now = read_baseline(path)
    assert then is not None
    assert now is not None
    assert diff_baselines(then, now).worse == ("c01",)
    assert diff_baselines(now, then).better == ("c01",)


def test_a_golden_whose_counts_are_no_pairs_of_numbers_is_refused(toy: ToyProject) -> None:
    toy.run("--snapshot-update")
    path = toy.path / "goldens" / "toy" / "extraction.json"
    data = json.loads(path.read_text())
    data["goldens"]["c01"]["counts"]["field_accuracy"] = [1, True]
    path.write_text(json.dumps(data))
    result = toy.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*goldens.c01.counts.field_accuracy*how many are right*"])


def test_a_recorded_run_without_the_sizes_of_its_cases_is_refused(toy: ToyProject) -> None:
    toy.run("--output=one")
    path = toy.path / "one" / "run.json"
    data = json.loads(path.read_text())
    del data["selections"][0]["sizes"]["c02"]
    path.write_text(json.dumps(data))
    with pytest.raises(InputError, match=r"selections\[0\].sizes: no size of c02"):
        read_folder(toy.path / "one")


def test_cases_that_share_a_cluster_are_one_in_the_interval(toy: ToyProject) -> None:
    answer(toy, c01=HALF, c02=HALF)
    toy.run("--flips=gate", "--output=apart")
    ask(toy, cluster="one_template")
    toy.run("--flips=gate", "--output=together")
    found = [read_folder(toy.path / name).run for name in ("apart", "together")]
    apart, together = map(field_accuracy, found)
    assert apart.counts == together.counts == "6/8 fields"
    assert (len(apart.clusters), len(together.clusters)) == (4, 1)
    assert together.interval.low < apart.interval.low


def test_a_count_that_moves_alone_is_a_move(toy: ToyProject) -> None:
    answer(toy, c01=HALF)
    toy.run("--flips=gate", "--output=one")
    ask(toy, expected={"a": 2, "b": "x"})
    recorded = read_folder(toy.path / "one")
    found = rescore(recorded.run, recorded.cases(), {}, load_cases(toy.path / "cases"))
    (move,) = (each for each in found.moves if each.case_id == "c01")
    assert (move.then.metrics, move.then.reason) == (move.now.metrics, move.now.reason)
    assert (move.then.counts["field_accuracy"], move.now.counts["field_accuracy"]) == (
        (1, 2),
        (0, 2),
    )


def test_a_gate_on_counts_that_nobody_has_fails_at_any_threshold(toy: ToyProject) -> None:
    judge(toy, field_accuracy_min={"value": 0, "reason": "r"})
    toy.pytester.makeconftest(
        "import pytest\n@pytest.fixture\ndef record_score():\n    raise RuntimeError('broken')\n"
    )
    result = toy.run()
    result.stdout.fnmatch_lines(["*FAIL * field_accuracy_min", "*no output has a score of field_*"])
