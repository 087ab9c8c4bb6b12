"""Measures of a recorded run: counted again from its answers, never taken from its `run.json`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from suite.measures import find_measures
from suite.run_folder import read_folder
from tests.recorded_runs import RecordedProject, problems_of, text_of
from tests.toy_verifier import judge, make_toy

RECALL = {"recall_flawed_min": {"value": 0.9, "reason": "r"}}


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RecordedProject:
    """Return a project with the run `one`, which finds three of four flawed solutions."""
    made = make_toy(pytester, monkeypatch)
    judge(made, **RECALL)
    result = made.record("one", "--flips=gate")
    result.stdout.fnmatch_lines(["*FAIL * recall_flawed_min*"])
    return made


def rewrite(toy: RecordedProject, measures: list[dict[str, Any]]) -> None:
    data = toy.run_data("one") | {"measures": measures}
    (toy.path / "one" / "run.json").write_text(json.dumps(data))


def recall_one(toy: RecordedProject) -> list[dict[str, Any]]:
    (found,) = toy.run_data("one")["measures"]
    (recall,) = (each for each in found["of_all"] if each["metric"] == "recall_flawed")
    recall.update(value=1.0, low=0.99, high=1.0)
    return [found]


@pytest.mark.parametrize("edit", [recall_one, lambda toy: []], ids=["edited", "none recorded"])
def test_what_run_json_says_of_measures_decides_no_gate(toy: RecordedProject, edit: Any) -> None:
    rewrite(toy, edit(toy))
    gated = toy.goldgate_bare("gate", "one")
    assert gated.ret == 1, problems_of(gated)
    assert "0.750 (n=4, 95% 0.301-0.954) is below 0.9" in text_of(gated)
    report = toy.goldgate("report", "one")
    assert "0.750 (n=4, 95% 0.301-0.954)" in text_of(report)
    assert "roc_auc" in text_of(report)


def test_measures_read_back_are_those_of_the_session(toy: RecordedProject) -> None:
    recorded = toy.run_data("one")["summary"][0]["measures"]
    found = {each.metric: each for each in find_measures(read_folder(toy.path / "one").run,
                                                         "toy", "verifier")}  # fmt: skip
    assert {name: each.value for name, each in found.items()} == {
        name: each["value"] for name, each in recorded.items()
    }


@pytest.mark.parametrize(
    "values",
    [{}, {"label": 7}, {"label": 1, "predicted": 3}, {"label": 1, "p_right": 0.5},
     {"label": 1, "p_right": 0.5, "p_flawed": 1e999},
     {"label": 1, "p_right": 0.5, "p_flawed": 10**400}],
    ids=["no values", "no label", "no prediction", "half of the probabilities", "endless", "long"],
)  # fmt: skip
def test_a_recording_whose_values_cannot_be_measured_is_no_traceback(
    toy: RecordedProject, values: dict[str, float]
) -> None:
    path = toy.path / "one" / "samples.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[1]["score"]["values"] = values
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    gated = toy.goldgate("gate", "one")
    told = text_of(gated) + problems_of(gated)
    assert gated.ret in (1, 2), told
    assert "nothing of this run measures recall_flawed" in told or "samples.jsonl: line 2" in told
