"""What is measured follows from what the rows ask for; the end of a run compares with the base."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from suite.case import Case, Message
from suite.errors import InputError
from suite.generation import Generation
from tests.test_sft_run import evaluation
from train.sft_data import SftRow
from train.sft_measure import (
    Evaluation,
    choose_metric,
    find_answers,
    read_evaluations,
    score_outputs,
    summarize,
    write_evaluation,
)
from train.sft_summary import best_vs_base


def row(completion: str, task: str = "format", number: int = 0) -> SftRow:
    message = Message(role="user", content="?")
    return SftRow(Case(task=task, id=f"row_{number}", messages=(message,)), completion)


def answers(*texts: str) -> list[Generation]:
    return [Generation(text, "stop") for text in texts]


@pytest.mark.parametrize(
    ("completions", "kind"),
    [
        (["0", "1", " 1\n"], "label"),
        (['{"a": 1}', "{}"], "object"),
        (['{"a": 1}', "Paris"], "text"),
        (["42", "1"], "text"),
        (["[1]"], "text"),
    ],
    ids=str,
)
def test_answers_are_labels_or_objects_where_all_of_them_are(
    completions: list[str], kind: str
) -> None:
    assert find_answers([row(text) for text in completions]) == kind


def test_a_json_value_counts_as_an_object_where_its_row_asks_for_one() -> None:
    message = Message(role="user", content="?")

    def asking(kind: Any, completion: str, task: str = "format") -> SftRow:
        case = Case(task=task, id="row", messages=(message,), top_level=kind, expected=[1, 2])
        return SftRow(case, completion)

    mixed = [row('{"a": 1}'), asking("array", "[1, 2]"), asking("any", "null")]
    assert find_answers(mixed) == "object"
    found = summarize(score_outputs(mixed[:2], answers('{"a": 1}', "[1,2]")), step=1, eval_loss=0.5)
    assert (found.format_success_rate, found.exact_object_rate) == (1.0, 1.0)
    assert find_answers([asking("array", "[1, 2]"), row("42")]) == "text"
    assert find_answers([asking("array", "[1, 2]", task="qa")]) == "text"


def test_a_verifier_may_have_labels_of_its_own() -> None:
    rows = [row("right", "verifier"), row("wrong", "verifier"), row("wrong", "verifier")]
    assert find_answers(rows) == "label"
    judged = score_outputs(rows, answers("right", "right", "The solution is wrong."))
    assert [each["reason"] for each in judged] == [None, "wrong_label", "not_a_label"]


def test_accuracy_of_verdicts_is_their_label_whatever_else_they_say() -> None:
    rows = [row(json.dumps({"label": 1, "why": "x"}), "verifier") for _ in range(4)]
    assert find_answers(rows) == "verdict"
    assert choose_metric(None, "verdict") == "accuracy"
    texts = ('{"label": 1, "why": "y"}', '{"label": true}', '{"why": "x"}', "```{}```")
    found = summarize(score_outputs(rows, answers(*texts)), step=1, eval_loss=0.5)
    assert (found.accuracy, found.exact_object_rate) == (0.25, 0.0)
    assert found.format_success_rate == 0.75
    assert find_answers([row('{"label": 1}')]) == "object"  # no verifier's


def test_accuracy_counts_the_label_and_nothing_else() -> None:
    rows = [row("1"), row("0"), row("0"), row("1")]
    judged = score_outputs(rows, answers(" 1\n", "1", "0 because", "\u00a01"))
    assert [each["passed"] for each in judged] == [True, False, False, False]
    found = summarize(judged, step=3, eval_loss=0.5)
    assert found.rates() == {"accuracy": 0.25}
    assert found.reasons == {"not_a_label": 2, "wrong_label": 1}


def test_text_is_right_where_it_is_exactly_the_answer() -> None:
    rows = [row("Paris"), row("Rome"), row("Oslo")]
    cut = Generation("Oslo, which", "length")
    judged = score_outputs(rows, [*answers("Paris\n", "rome"), cut])
    assert [each["reason"] for each in judged] == [None, "wrong_answer", "truncated"]
    assert summarize(judged, 1, 0.5).rates() == {"exact_answer_rate": 0.3333}


def test_an_object_without_an_expected_one_is_compared_with_the_completion() -> None:
    rows = [row('{"a": 1}'), row('{"a": 1}'), row('{"a": true}')]
    judged = score_outputs(rows, answers('{"a":1}', '{"a":2}', '{"a":1}'))
    assert [each["metrics"]["exact_object_rate"] for each in judged] == [1, 0, 0]
    assert [each["passed"] for each in judged] == [True, True, True]


def test_the_metric_is_the_data_s_own_unless_another_is_asked_for() -> None:
    assert choose_metric(None, "object") == "format_success_rate"
    assert choose_metric(None, "label") == "accuracy"
    assert choose_metric(None, "text") == "exact_answer_rate"
    assert choose_metric("eval_loss", "text") == "eval_loss"
    with pytest.raises(InputError) as caught:
        choose_metric("accuracy", "object")
    assert str(caught.value) == (
        "evaluation.metric: accuracy is not measured: the answers of the evaluation rows are JSON "
        "objects, which allow format_success_rate, schema_valid_rate, duplicate_json_objects_rate, "
        "exact_object_rate, eval_loss"
    )


def test_a_file_holds_what_was_measured_and_is_read_again_by_step(tmp_path: Path) -> None:
    rows = [row("1"), row("0")]
    judged = score_outputs(rows, answers("1", "1"))
    late, early = summarize(judged, 100_000, 0.25), summarize(judged, 99_999, 0.5)
    write_evaluation(tmp_path, late, judged)
    write_evaluation(tmp_path, early, judged)
    assert read_evaluations(tmp_path) == [early, late]  # by number, not by name
    stored = json.loads((tmp_path / "step_99999.json").read_text(encoding="utf-8"))
    assert stored == {
        "step": 99_999,
        "n": 2,
        "eval_loss": 0.5,
        "accuracy": 0.5,
        "reasons": {"wrong_label": 1},
    }


def test_the_summary_sets_the_best_beside_the_base_with_counts_and_intervals() -> None:
    base = evaluation(0, 0.5, 0.4, 2.0)
    best = replace(evaluation(90, 0.98, 0.9, 0.2), reasons={"fence": 3, "\x1b[2J": 1})
    lines = best_vs_base(base, best, "format_success_rate", 120)
    assert lines[0] == "best vs base: step 90 of 120, chosen by format_success_rate"
    assert lines[1] == (
        "  format_success_rate          0.500 (100/200, 95% 0.431-0.569) -> "
        "0.980 (196/200, 95% 0.950-0.992)"
    )
    assert lines[5] == "  eval_loss                    2.0000 -> 0.2000"
    assert lines[6] == "  not passed: fence 3, \\e[2J 1"
    assert len(lines) == 7


def test_the_summary_says_when_the_adapter_is_no_better_or_not_told_apart() -> None:
    base, same = evaluation(0, 0.5, 0.4, 2.0), evaluation(90, 0.5, 0.4, 2.0)
    assert "no better than its base" in best_vs_base(base, same, "format_success_rate", 90)[-1]
    near = evaluation(90, 0.55, 0.4, 1.0)
    assert "do not tell them apart" in best_vs_base(base, near, "format_success_rate", 90)[-1]
    worse = Evaluation(step=9, n=200, eval_loss=1.0, duplicate_json_objects_rate=0.2)
    clean = replace(worse, step=0, duplicate_json_objects_rate=0.0, eval_loss=2.0)
    last = best_vs_base(clean, worse, "duplicate_json_objects_rate", 9)[-1]
    assert "no better than its base" in last
