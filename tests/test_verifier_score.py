"""The verdict on one verifier answer: by probabilities, else by the label that it begins with."""

from __future__ import annotations

from typing import Any

import pytest

from suite.case import Case
from suite.generation import Generation, LabelProbability, generation_data, read_generation
from suite.score import Count, Score
from suite.verifier_score import check_label, flawed_share, score_verifier


def case(label: Any) -> Case:
    message = {"role": "user", "content": "?"}
    return Case.model_validate(
        {"task": "verifier", "id": "c", "messages": [message], "expected": label}
    )


def ask(label: Any, text: str = "", **shares: float) -> Score:
    labels = tuple(LabelProbability(name[1:], share) for name, share in shares.items())
    return score_verifier(case(label), Generation(text, "stop", label_probabilities=labels))


@pytest.mark.parametrize(
    ("label", "right", "flawed", "reason"),
    [
        (0, 0.6, 0.4, None),
        (0, 0.4, 0.6, "false_positive"),
        (1, 0.4, 0.6, None),
        (1, 0.6, 0.4, "false_negative"),
        (1, 0.001, 0.002, None),  # nearly all mass is on neither: still the likelier label
    ],
)
def test_a_case_passes_when_the_likelier_label_is_right(
    label: int, right: float, flawed: float, reason: str | None
) -> None:
    score = ask(label, "ignored", _0=right, _1=flawed)
    assert (score.passed, score.reason) == (reason is None, reason)
    assert score.metrics == {"accuracy": int(reason is None)}
    assert score.values == {
        "label": label, "predicted": int(flawed > right), "p_right": right, "p_flawed": flawed,
    }  # fmt: skip


def test_false_positives_are_counted_over_right_solutions_alone() -> None:
    assert ask(0, "1").counts == {"false_positive_rate": Count(1, 1)}
    assert ask(0, "0").counts == {"false_positive_rate": Count(0, 1)}
    assert ask(0, "perhaps").counts == {"false_positive_rate": Count(1, 1)}
    assert ask(1, "0").counts == ask(1, "1").counts == {}


@pytest.mark.parametrize("text", ["1", " 1", "\n1\n", "1.", "1: the sum is wrong", "1 0", "1\n\n0"])
def test_without_probabilities_the_label_that_the_answer_begins_with_counts(text: str) -> None:
    assert ask(1, text).passed
    assert ask(0, text).reason == "false_positive"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "10",
        "1.5",
        "1st",
        "2",
        "-1",
        "wrong",
        "Label: 1",
        "**1**",
        "1/2",
        "1%",
        "\ud800",
        "１",  # noqa: RUF001
    ],
)
def test_an_answer_that_begins_with_no_label_is_unscored_and_fails(text: str) -> None:
    for label in (0, 1):
        score = ask(label, text)
        assert (score.passed, score.reason) == (False, "unparsable_label")
        assert score.metrics == {"accuracy": 0}
        assert score.values == {"label": label}


def test_equally_likely_labels_are_settled_by_the_answer_given() -> None:
    assert ask(1, "1", _0=0.25, _1=0.25).passed
    assert ask(0, "0", _0=0.25, _1=0.25).passed
    assert ask(0, "neither", _0=0.0, _1=0.0).passed


@pytest.mark.parametrize("label", [0, 1, "0", "1"])
def test_a_label_may_be_a_number_or_a_text(label: Any) -> None:
    assert check_label(label) is None
    assert ask(label, str(label)).passed


@pytest.mark.parametrize("label", [True, False, None, 2, 0.0, "yes", "", [0], {"label": 0}])
def test_anything_else_is_no_label(label: Any) -> None:
    assert check_label(label) == "wants 0 (right) or 1 (flawed)"


def test_the_share_of_flawed_leaves_out_what_is_on_neither_label() -> None:
    assert flawed_share(0.2, 0.6) == pytest.approx(0.75)
    assert flawed_share(0.0, 1e-30) == 1.0
    assert flawed_share(0.0, 0.0) == 0.5


def test_probabilities_survive_the_record_of_a_generation() -> None:
    labels = (LabelProbability("0", 0.25), LabelProbability("1", 0.5))
    generation = Generation("1", "stop", label_probabilities=labels)
    data = generation_data(generation)
    assert [list(each) for each in data["label_probabilities"]] == [["0", 0.25], ["1", 0.5]]
    assert read_generation(data) == generation
    assert "label_probabilities" not in generation_data(Generation("1", "stop"))
