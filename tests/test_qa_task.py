"""The qa task from its cases to the exit status: metrics, groups, gates, and rows of others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.toy_project import ToyProject, outcomes
from tests.toy_qa import answer, ask, gate, make_toy


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    return make_toy(pytester, monkeypatch)


def summary(toy: ToyProject) -> Any:
    (folder,) = (toy.path / ".suite" / "runs").iterdir()
    (part,) = json.loads((folder / "run.json").read_text())["summary"]
    return part


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_rates_and_measures_are_those_of_the_answers(toy: ToyProject, workers: str) -> None:
    answer(toy, c00="the yard at Brattli", c01="Pavel", c02="Unanswerable.")
    result = toy.run(workers, "--flips=gate")
    found = summary(toy)
    assert (found["rates"]["exact_match_rate"]["count"], found["selected"]) == (1, 4)
    measures = found["measures"]
    # two of three words right, both of them in "at Brattli": 2 * 2 / (3 + 2)
    assert measures["token_f1"]["value"] == pytest.approx((0.8 + 0 + 0 + 1) / 4)
    assert (measures["unanswerable_accuracy"]["value"], measures["unanswerable_accuracy"]["n"]) == (
        0.0,
        1,
    )
    assert found["fail_reasons"] == {
        "not_recognised_unanswerable": 1, "refused": 1, "wrong_answer": 1,
    }  # fmt: skip
    assert {k: list(of) for k, of in found["groups"].items()} == {
        "kind": ["factual", "reasoning", "multi_hop"],
        "answer": ["unanswerable"],
    }
    result.stdout.fnmatch_lines(
        [
            "*token_f1 * 0.450 (n=4, 95% *",
            "*unanswerable_accuracy * 0.000 (n=1, 95% *",
            "  exact_match_rate by kind",
        ]
    )
    assert "judge" not in result.stdout.str()


def test_all_right_passes_and_is_accepted_and_held(toy: ToyProject) -> None:
    assert toy.run("--snapshot-update").ret == 0
    assert toy.run().ret == 0
    answer(toy, c00="Tornvik")
    toy.run("--flips=fail").assert_outcomes(passed=4, failed=1)


@pytest.mark.parametrize(
    ("gates", "outcome"),
    [
        ({"token_f1_min": 0.75}, "passed"),
        ({"token_f1_min": 0.76}, "failed"),
        ({"unanswerable_accuracy_min": 1.0}, "passed"),
        ({"judge_score_min": 1.0}, "failed"),
    ],
    ids=str,
)
def test_a_gate_on_a_measure_decides(
    toy: ToyProject, gates: dict[str, float], outcome: str
) -> None:
    ((name, value),) = gates.items()
    gate(toy, **{name: {"value": value, "reason": "r"}})
    answer(toy, c00="Tornvik")
    junit = toy.path / "junit.xml"
    toy.run("--flips=gate", "--snapshot-update", f"--junit-xml={junit}")
    assert outcomes(junit)[f"{name}[toy]"] == outcome


def test_a_gate_on_grades_fails_as_missing_where_no_judge_was_asked(toy: ToyProject) -> None:
    gate(toy, judge_score_min={"value": 1, "reason": "r"})
    result = toy.run("--snapshot-update")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*nothing of this run measures judge_score*"])


def test_a_case_without_an_answer_lowers_every_figure(toy: ToyProject) -> None:
    answer(toy, c03=None)
    assert toy.run().ret == 1
    found = summary(toy)
    assert found["rates"]["exact_match_rate"]["n"] == 4
    assert found["measures"]["token_f1"]["n"] == 4
    assert found["measures"]["token_f1"]["value"] < 1


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ({"answers": "Brattli"}, "answers: wants a list of texts*got 'Brattli'"),
        ({"answers": ["the"]}, "answers: 'the' has nothing to compare"),
        ({"answers": ["unknown"]}, "answers: 'unknown' says that there is no answer"),
        ({"expected": ["x"]}, "has both `answers` and `expected`"),
        ({"context": None}, "context: missing"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_case_that_cannot_be_asked_or_judged_is_refused(
    toy: ToyProject, case: dict[str, Any], said: str
) -> None:
    whole = {"id": "c00", "question": "q?", "context": "c", "answers": ["x"], **case}
    path = toy.path / "cases" / "qa.yaml"
    data = {"task": "qa", "version": 1, "cases": [
        {key: value for key, value in whole.items() if value is not None}]}  # fmt: skip
    path.write_text(json.dumps(data))
    result = toy.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*cases?0?*{said}*"])


def test_a_layout_of_the_file_comes_before_that_of_the_task(toy: ToyProject) -> None:
    ask(toy, layout={"system": "Be brief.", "prompt": "{context} {question}"})
    toy.run("--dump-jsonl=out.jsonl")
    first = json.loads((toy.path / "out.jsonl").read_text().split("\n")[0])
    assert [(turn["role"], turn["content"]) for turn in first["messages"]] == [
        ("system", "Be brief."),
        ("user", "The yard is at Brattli. Where is the yard?"),
    ]


def test_rows_of_other_people_are_asked_and_judged_the_same_way(toy: ToyProject) -> None:
    rows = [
        {"id": "c00", "context": "The yard is at Brattli.", "question": "Where?",
         "answers": ["Brattli"]},
        {"id": "c01", "prompt": "Who owns it?", "answers": []},
    ]  # fmt: skip
    (toy.path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    options = ("-p", "fixtures.plugin", "--models", "models.yaml", "--gates", "gates.yaml")
    result = toy.pytester.runpytest(
        *options, "-m", "qa", "--cases-file=rows.jsonl", "--judge=judge"
    )
    result.stdout.fnmatch_lines(["*exact_match_rate * 1.000 (2/2, *", "*judge_score * 5.000 (n=2*"])
