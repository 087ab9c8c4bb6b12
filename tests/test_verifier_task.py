"""The verifier task from its cases to the exit status: figures, files, gates, goldens, replays."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.recorded_runs import RecordedProject, problems_of, text_of
from tests.toy_project import outcomes
from tests.toy_verifier import answer, ask, judge, make_toy

# pytester forgets what a run imported, and numpy cannot be imported twice: so all of it here
pytest.importorskip("matplotlib.figure").Figure(layout="constrained").savefig(io.BytesIO())


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RecordedProject:
    return make_toy(pytester, monkeypatch)


def summary(toy: RecordedProject, name: str) -> Any:
    (part,) = toy.run_data(name)["summary"]
    return part


def files(toy: RecordedProject, name: str) -> dict[str, Path]:
    folder = toy.path / name / "verifier" / "toy"
    return {path.name: path for path in sorted(folder.iterdir())}


def rows(toy: RecordedProject, name: str) -> list[list[str]]:
    (path,) = (toy.path / name / "verifier" / "toy").glob("predictions_*.csv")
    return list(csv.reader(path.read_text(encoding="utf-8").splitlines()))


def test_rates_and_figures_of_a_run(toy: RecordedProject) -> None:
    result = toy.record("run", "--flips=gate")
    found = summary(toy, "run")
    assert (found["rates"]["accuracy"]["count"], found["rates"]["accuracy"]["n"]) == (6, 8)
    positives = found["rates"]["false_positive_rate"]
    assert (positives["count"], positives["n"], positives["unit"]) == (1, 4, "right solutions")
    assert found["measures"]["recall_flawed"]["value"] == 0.75
    assert found["measures"]["roc_auc"]["value"] == 15 / 16
    assert found["measures"]["mass_on_neither"]["value"] == pytest.approx(0.01)
    assert found["fail_reasons"] == {"false_negative": 1, "false_positive": 1}
    groups = found["groups"]["error_type"]
    assert {tag: of["accuracy"]["count"] for tag, of in groups.items()} == {
        "correct": 3, "conceptual": 1, "computational": 1, "others": 1,
    }  # fmt: skip
    assert "false_positive_rate" not in groups["others"]  # no right solution is in it
    result.stdout.fnmatch_lines(["*false_positive_rate * 0.250 (1/4 right solutions, 95% *)"])


def test_any_number_of_workers_records_the_same(toy: RecordedProject) -> None:
    for workers in ("0", "2"):
        toy.record(workers, f"-n{workers}", f"--cache-dir=cache{workers}", "--flips=gate")
    one, two = ({name: path.read_bytes() for name, path in files(toy, n).items()} for n in "02")
    assert len([name for name in one if name.endswith(".png") and one[name] == two[name]]) == 4
    assert rows(toy, "0") == rows(toy, "2")
    assert summary(toy, "0") == summary(toy, "2")
    samples = [
        [json.loads(line) for line in (toy.path / n / "samples.jsonl").read_text().splitlines()]
        for n in "02"
    ]
    for each in (*samples[0], *samples[1]):
        del each["generation"]["elapsed_s"]
    assert samples[0] == samples[1]


def test_the_folder_has_predictions_with_probabilities_by_case(toy: RecordedProject) -> None:
    toy.record("run", "--flips=gate")
    head, *found = rows(toy, "run")
    assert head == ["index", "label", "prediction", "P(0)", "P(1)", "error_type", "case"]
    assert found[0] == ["1", "0", "0", "0.891", "0.099", "correct", "c00"]
    assert found[4] == ["5", "0", "1", "0.396", "0.594", "correct", "c04"]
    assert found[7] == ["8", "1", "0", "0.594", "0.396", "others", "c07"]
    (name,) = (each for each in files(toy, "run") if each.endswith(".csv"))
    started = toy.run_data("run")["started"]
    assert name == f"predictions_{started[:19].replace('-', '').replace(':', '')}.csv"


def test_the_folder_has_pictures_a_report_and_the_surest_mistakes(toy: RecordedProject) -> None:
    toy.record("run", "--flips=gate")
    found = files(toy, "run")
    for name in ("confusion_matrix", "error_types", "reliability", "roc"):
        assert found[f"{name}.png"].read_bytes().startswith(b"\x89PNG\r\n")
    report = found["classification_report.txt"].read_text()
    assert "right (0)         0.750    0.750    0.750       4" in report
    assert "computational              0            1" in report
    assert "roc_auc                     0.938 (n=8, 95% " in report
    mistakes = found["confident_mistakes.md"].read_text()
    first, second = mistakes.split("\n## ")[1:]
    assert first.startswith("1. c04: said to be flawed (P = 0.600), is right\n")
    assert "What is 4 + 1?" in first
    assert second.startswith("2. c07: said to be right (P = 0.600), is flawed (others)\n")
    page = (toy.path / "run" / "report.html").read_text()
    assert '<section id="verifier">' in page
    assert "said to be flawed (P = 0.600), is right" in page


def test_hostile_texts_stay_texts_on_the_page_and_in_the_list(toy: RecordedProject) -> None:
    hostile = "````\n<img src=x onerror=alert(1)>\x1b[31m\n# 9. said to be right\n"
    ask(toy, question=hostile, solution="=1+1\u202e")
    toy.record("run", "--flips=gate")
    page = (toy.path / "run" / "report.html").read_text()
    mistakes = files(toy, "run")["confident_mistakes.md"].read_text()
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img src=x" not in page
    assert "`````\n````\n<img src=x onerror=alert(1)>\\e[31m\n" in mistakes
    for text in (page, mistakes):
        assert not {"\x1b", "\u202e"} & set(text)


def test_pictures_are_drawn_once_for_the_same_answers(
    toy: RecordedProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.record("one", "--flips=gate")
    monkeypatch.setattr(
        "suite.report.verifier_files.draw_pictures", lambda report: pytest.fail("drawn again")
    )
    toy.record("two", "--flips=gate")
    one, two = files(toy, "one")["roc.png"], files(toy, "two")["roc.png"]
    assert one.read_bytes() == two.read_bytes()


def test_without_matplotlib_everything_else_is_written(
    toy: RecordedProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    result = toy.record("run", "--flips=gate")
    assert not [name for name in files(toy, "run") if name.endswith(".png")]
    assert "classification_report.txt" in files(toy, "run")
    result.stdout.fnmatch_lines(["*no PNG pictures *: pip install matplotlib*"])


def test_generated_labels_do_and_an_unparsable_one_is_unscored(toy: RecordedProject) -> None:
    texts = {f"c{index:02d}": "0" if index % 2 == 0 else "1." for index in range(8)}
    answer(toy, **texts | {"c02": "I am not sure."})
    toy.record("run", "--flips=gate")
    found = summary(toy, "run")
    assert found["rates"]["accuracy"]["count"] == 7
    assert found["rates"]["false_positive_rate"]["count"] == 1
    assert found["fail_reasons"] == {"unparsable_label": 1}
    assert "roc_auc" not in found["measures"]
    assert rows(toy, "run")[3] == ["3", "0", "", "", "", "correct", "c02"]
    assert sorted(files(toy, "run"))[:4] == [
        "classification_report.txt", "confident_mistakes.md", "confusion_matrix.png",
        "error_types.png",
    ]  # fmt: skip
    report = files(toy, "run")["classification_report.txt"].read_text()
    assert "said flawed      neither\n" in report
    assert (
        "answered with no label, is right" in files(toy, "run")["confident_mistakes.md"].read_text()
    )


@pytest.mark.parametrize(
    ("gate", "passes"),
    [
        ({"accuracy_min": 0.75}, True),
        ({"accuracy_min": 0.76}, False),
        ({"false_positive_rate_max": 0.25}, True),
        ({"false_positive_rate_max": 0.24}, False),
        ({"expected_calibration_error_max": 0.31}, True),
        ({"expected_calibration_error_max": 0.3}, False),
        ({"roc_auc_min": 0.94}, False),
    ],
    ids=str,
)
def test_gates_on_accuracy_false_positives_and_calibration(
    toy: RecordedProject, gate: dict[str, float], passes: bool
) -> None:
    toy.run("--snapshot-update")
    # eight bins of one: the mean of 0.1 0.1 0.2 0.2 0.6 0.3 0.3 0.6 is 0.3
    judge(toy, **{name: {"value": value, "reason": "r"} for name, value in gate.items()})
    result = toy.run("--junitxml=junit.xml")
    assert result.ret == (0 if passes else 1)
    (name,) = gate
    assert outcomes(toy.path / "junit.xml")[f"{name}[toy]"] == ("passed" if passes else "failed")


def test_a_gate_on_calibration_fails_where_no_answer_has_probabilities(
    toy: RecordedProject,
) -> None:
    answer(toy, **{f"c{index:02d}": str(index % 2) for index in range(8)})
    judge(toy, expected_calibration_error_max={"value": 1.0, "reason": "r"})
    result = toy.run("--flips=gate")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*nothing of this run measures expected_calibration_error*"])


def test_goldens_hold_the_label_and_not_the_probabilities(toy: RecordedProject) -> None:
    toy.run("--snapshot-update")
    path = toy.path / "goldens" / "toy" / "verifier.json"
    golden = json.loads(path.read_text())["goldens"]["c04"]
    assert (golden["text"], golden["counts"]) == ("1", {"false_positive_rate": [1, 1]})
    assert "label_probabilities" not in golden
    surer = {"text": "0", "label_probabilities": {"0": 0.99, "1": 0.01}}
    path.write_text(path.read_text())
    answer(toy, c00=surer)  # other weights, the same labels
    result = toy.run()
    assert result.ret == 0
    result.assert_outcomes(passed=6 + 1, xfailed=2)


def test_a_decision_threshold_is_reported_beside_the_likelier_label(toy: RecordedProject) -> None:
    answer(toy, threshold=0.35)
    toy.record("run", "--flips=gate")
    assert toy.run_data("run")["models"]["toy"]["decision_threshold"] == 0.35
    measures = summary(toy, "run")["measures"]
    assert measures["decision_threshold"]["value"] == 0.35
    assert measures["accuracy_at_threshold"]["value"] == 7 / 8
    assert summary(toy, "run")["rates"]["accuracy"]["count"] == 6
    answer(toy)
    toy.record("without", "--flips=gate")
    assert "decision_threshold" not in toy.run_data("without")["models"]["toy"]


def test_a_run_is_replayed_and_scored_again_with_its_probabilities(toy: RecordedProject) -> None:
    answer(toy, threshold=0.35)
    toy.record("run", "--flips=gate")
    toy.record("again", "--replay=run", "--flips=gate")
    assert summary(toy, "again")["measures"] == summary(toy, "run")["measures"]
    assert rows(toy, "again") == rows(toy, "run")
    done = toy.goldgate("rescore", "run", "--output", "rescored")
    assert done.ret == 0, text_of(done) + problems_of(done)
    assert summary(toy, "rescored")["measures"] == summary(toy, "run")["measures"]
    assert rows(toy, "rescored") == rows(toy, "run")
    assert (
        files(toy, "rescored")["roc.png"].read_bytes() == files(toy, "run")["roc.png"].read_bytes()
    )


def test_plain_answers_of_others_are_judged_by_their_label(toy: RecordedProject) -> None:
    lines = [{"id": f"c{index:02d}", "text": f"{index % 2}"} for index in range(8)]
    (toy.path / "answers.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    toy.record("run", "--replay=answers.jsonl", "--as=toy", "--flips=gate")
    assert summary(toy, "run")["rates"]["accuracy"]["count"] == 8


def test_forged_probabilities_of_a_recording_are_refused(toy: RecordedProject) -> None:
    toy.record("run", "--flips=gate")
    path = toy.path / "run" / "samples.jsonl"
    path.write_text(path.read_text().replace('["1", 0.099]', '["1", 1.5]', 1))
    result = toy.run("--replay=run")
    assert result.ret == 4
    assert "label_probabilities: expected numbers from 0 to 1" in str(result.stderr)


@pytest.mark.parametrize("label", [2, "yes", True])
def test_a_case_without_a_label_is_refused(toy: RecordedProject, label: Any) -> None:
    ask(toy, label=label)
    result = toy.run()
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*cases?0?.label: wants 0 (right) or 1 (flawed), got *"])


def test_rows_of_others_may_be_judged(toy: RecordedProject) -> None:
    answer(toy, x1="0")
    row = {"id": "x1", "question": "1 + 1?", "solution": "2", "label": 0}
    (toy.path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    result = toy.pytester.runpytest(
        "-p", "fixtures.plugin", "--models=models.yaml", "--cases-file=rows.jsonl",
        "--gates=gates.yaml", "-m", "verifier", "--output=run",
    )  # fmt: skip
    result.assert_outcomes(passed=2)  # with the gate
    case = json.loads((toy.path / "run" / "cases.jsonl").read_text())
    assert case["messages"][0]["content"].startswith("### Problem:\n1 + 1?")
    assert rows(toy, "run")[1][:3] == ["1", "0", "0"]
