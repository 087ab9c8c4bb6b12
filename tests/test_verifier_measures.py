"""Figures of the verifier over a run: which there are, over which cases, with which interval."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from suite.generation import Generation
from suite.run import CaseResult
from suite.score import Score
from suite.stats import wilson
from suite.verifier_measures import measure_at_threshold, measure_verifier
from tests.test_verifier_score import ask

SHARES = [0.9, 0.8, 0.6, 0.55, 0.4, 0.3, 0.2, 0.1]
LABELS = [1, 1, 0, 1, 0, 1, 0, 0]
"""By the likelier label: 3 of 4 flawed ones found, 1 of 4 right ones said to be flawed."""


def result(index: int, score: Score | None, cluster: str | None = None) -> CaseResult:
    return CaseResult(
        model="m", task="verifier", case_id=f"c{index:02d}", case_hash="h", outcome="passed",
        score=score, generation=Generation("", "stop"), cluster=cluster,
    )  # fmt: skip


def results(mass: float = 0.9) -> list[CaseResult]:
    return [
        result(index, ask(label, _0=(1 - share) * mass, _1=share * mass))
        for index, (label, share) in enumerate(zip(LABELS, SHARES, strict=True))
    ]


def figures(found: list[CaseResult]) -> dict[str, tuple[float, int]]:
    return {each.metric: (each.value, each.n) for each in measure_verifier(found)}


def test_every_figure_of_a_written_out_run() -> None:
    found = figures(results())
    brier = sum((s - y) ** 2 for s, y in zip(SHARES, LABELS, strict=True)) / 8
    error = sum(abs(s - y) for s, y in zip(SHARES, LABELS, strict=True)) / 8
    # 0.6 and 0.55 share a bin: (0.6 + 0.55 - 1) in place of 0.6 + 0.45
    error += (abs(1.15 - 1) - 1.05) / 8
    # of 16 pairs of flawed and right ones, 0.55 < 0.6, 0.3 < 0.6, 0.3 < 0.4
    want = {
        "precision_right": (3 / 4, 4), "recall_right": (3 / 4, 4), "f1_right": (3 / 4, 8),
        "precision_flawed": (3 / 4, 4), "recall_flawed": (3 / 4, 4), "f1_flawed": (3 / 4, 8),
        "roc_auc": (13 / 16, 8),
        "average_precision": ((1 + 1 + 3 / 4 + 4 / 6) / 4, 8),
        "expected_calibration_error": (error, 8),
        "brier_score": (brier, 8),
        "mass_on_neither": (0.1, 8),
    }  # fmt: skip
    assert {name: n for name, (_, n) in found.items()} == {k: n for k, (_, n) in want.items()}
    for name, (value, _) in want.items():
        assert found[name][0] == pytest.approx(value), name


def test_every_figure_has_an_interval_around_it() -> None:
    for each in measure_verifier([*results(0.9), *results(0.8)] * 3):
        assert each.low is not None
        assert each.high is not None
        assert each.low - 1e-9 <= each.value <= each.high + 1e-9 or "error" in each.metric, each
        assert math.isfinite(each.low)


def test_without_probabilities_only_the_figures_of_labels_are_left() -> None:
    said = [result(index, ask(label, "1")) for index, label in enumerate(LABELS)]
    found = figures(said)
    assert set(found) == {
        f"{figure}_{name}"
        for figure in ("precision", "recall", "f1")
        for name in ("right", "flawed")
    }
    assert found["precision_flawed"] == (0.5, 8)
    assert found["precision_right"] == (0.0, 0)  # none was said to be right


def test_an_unparsable_answer_among_probabilities_is_as_wrong_as_can_be() -> None:
    found = results()
    before = figures(found)
    found[0] = result(0, ask(1, "I cannot tell"))  # was flawed at 0.9
    after = figures(found)
    assert after["recall_flawed"] == (2 / 4, 4)
    assert after["precision_flawed"] == (2 / 3, 3)
    assert after["brier_score"][0] == pytest.approx(before["brier_score"][0] + (1 - 0.01) / 8)
    assert after["roc_auc"][0] == pytest.approx((13 - 4) / 16)
    assert after["mass_on_neither"][0] == pytest.approx(0.1 * 7 / 8 + 1 / 8)


def test_a_case_without_a_verdict_leaves_nothing_to_measure() -> None:
    assert figures([*results(), result(9, None)]) == {}


def test_one_label_alone_leaves_nothing_to_measure() -> None:
    assert figures([each for each, label in zip(results(), LABELS, strict=True) if label]) == {}


def test_a_threshold_moves_the_decision_and_not_the_areas() -> None:
    found = {each.metric: each for each in measure_at_threshold(results(), 0.3)}
    assert {name: each.value for name, each in found.items()} == {
        "decision_threshold": 0.3,
        "accuracy_at_threshold": 6 / 8,
        "false_positive_rate_at_threshold": 2 / 4,
        "recall_flawed_at_threshold": 4 / 4,  # 0.3 itself is enough
        "f1_flawed_at_threshold": 8 / 10,
    }
    assert found["false_positive_rate_at_threshold"].n == 4
    said = [result(index, ask(label, "1")) for index, label in enumerate(LABELS)]
    assert list(measure_at_threshold(said, 0.3)) == []


def test_pairs_of_one_problem_are_drawn_together() -> None:
    found = results() * 8
    alone = {each.metric: each for each in measure_verifier(found)}
    paired = [
        result(index, each.score, cluster=f"p{index // 8}") for index, each in enumerate(found)
    ]
    together = {each.metric: each for each in measure_verifier(paired)}
    assert alone["roc_auc"].low != alone["roc_auc"].high
    # every cluster is the same, so no draw says anything
    assert (together["roc_auc"].low, together["roc_auc"].high) == (None, None)


def test_shares_of_cases_have_the_interval_of_a_rate() -> None:
    found = {each.metric: each for each in measure_verifier(results())}
    found |= {each.metric: each for each in measure_at_threshold(results(), 0.3)}
    wants = {
        "precision_right": wilson(3, 4), "recall_right": wilson(3, 4),
        "precision_flawed": wilson(3, 4), "recall_flawed": wilson(3, 4),
        "accuracy_at_threshold": wilson(6, 8),
        "false_positive_rate_at_threshold": wilson(2, 4),
        "recall_flawed_at_threshold": wilson(4, 4),
    }  # fmt: skip
    for name, want in wants.items():
        assert (found[name].low, found[name].high) == (want.low, want.high), name


def test_shares_of_cases_that_share_clusters_have_a_clustered_interval() -> None:
    found = [replace(each, cluster=f"p{index // 20}") for index, each in enumerate(results() * 20)]
    sizes = {"recall_flawed": 4, "precision_flawed": 4, "accuracy_at_threshold": 8}
    measured = (*measure_verifier(found), *measure_at_threshold(found, 0.5))
    for each in measured:
        if each.metric in sizes:
            n = sizes[each.metric] * 20
            assert each.n == n
            alone = wilson(3 * n // 4, n)
            assert each.low is not None
            assert each.low < alone.low, each


def test_a_perfect_score_is_not_certain() -> None:
    sure = [result(index, ask(index % 2, _0=1 - index % 2, _1=index % 2)) for index in range(6)]
    found = {each.metric: each for each in measure_verifier(sure)}
    assert str(found["recall_flawed"]) == "1.000 (n=3, 95% 0.439-1.000)"
    # a bootstrap has nothing to say of what no draw changes
    for name in ("roc_auc", "average_precision", "brier_score", "f1_flawed", "mass_on_neither",
                 "expected_calibration_error"):  # fmt: skip
        assert (found[name].low, found[name].high) == (None, None), name


def test_a_share_of_nothing_has_no_interval() -> None:
    said = [result(index, ask(label, "1")) for index, label in enumerate(LABELS)]
    (none,) = (each for each in measure_verifier(said) if each.metric == "precision_right")
    assert (none.value, none.n, none.low, none.high) == (0.0, 0, None, None)
