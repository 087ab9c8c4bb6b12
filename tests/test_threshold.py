"""The decision threshold of a verifier: chosen on held-out rows, kept in manifest and card."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from fixtures.adapter_files import read_manifest
from suite.generation import Generation, LabelProbability
from train.card import write_card
from train.manifest import build_manifest
from train.sft_config import SftConfig
from train.sft_data import SftRow
from train.sft_measure import (
    Evaluation,
    outputs_of,
    score_outputs,
    summarize,
    write_evaluation,
)
from train.threshold import Threshold, choose_threshold, find_threshold
from train.user_rows import read_rows


def verifier_rows(folder: Path, labels: list[int], **more: Any) -> list[SftRow]:
    path = folder / "rows.jsonl"
    rows = [
        {"question": f"Take {n}. Add 2. What is it?", "solution": f"{n} + 2 = {n + 2}",
         "label": label, "completion": str(label)} | more
        for n, label in enumerate(labels)
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return read_rows(path, "verifier")


def answer(flawed: float, neither: float = 0.0) -> Generation:
    rest = 1 - neither
    shares = (LabelProbability("0", (1 - flawed) * rest), LabelProbability("1", flawed * rest))
    return Generation("1" if flawed > 0.5 else "0", "stop", label_probabilities=shares)


@pytest.mark.parametrize(
    ("shares", "labels", "expected"),
    [
        ([0.1, 0.3, 0.6, 0.9], [0, 0, 1, 1], 0.45),
        ([0.01, 0.02, 0.04, 0.9], [0, 0, 1, 1], 0.03),
        # 0.2 to 0.4 and 0.6 to 0.8 are equally good: of 0.3, 0.7 the middle of the sorted ones
        ([0.2, 0.4, 0.6, 0.8], [0, 1, 0, 1], 0.7),
        # 0.3, 0.5 and 0.7 are: the middle one
        ([0.2, 0.4, 0.4, 0.6, 0.6, 0.8], [0, 0, 1, 0, 1, 1], 0.5),
        # many more right ones: a threshold that calls all of them right tells nothing of the other
        ([0.1, 0.2, 0.3, 0.4, 0.35], [0, 0, 0, 0, 1], 0.325),
    ],
    ids=["between", "far from a half", "two", "three", "uneven"],
)
def test_the_threshold_lies_midway_where_most_rows_of_either_label_are_told_right(
    shares: list[float], labels: list[int], expected: float
) -> None:
    chosen = choose_threshold(shares, labels)
    assert chosen is not None
    assert chosen.value == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("shares", "labels"),
    [([0.1, 0.9], [0, 0]), ([0.5, 0.5], [0, 1]), ([0.2, 0.3], [1, 1])],
    ids=["all right", "one share", "all flawed"],
)
def test_there_is_none_where_nothing_can_be_told_apart(
    shares: list[float], labels: list[int]
) -> None:
    assert choose_threshold(shares, labels) is None


def test_no_other_threshold_is_better_and_figures_are_those_of_scikit_learn() -> None:
    rng = random.Random(0)
    for _ in range(8):
        labels = [rng.randrange(2) for _ in range(60)]
        if len(set(labels)) == 1:
            continue
        shares = [round(min(max(rng.gauss(0.4 + 0.2 * y, 0.2), 0.001), 0.999), 2) for y in labels]
        chosen = choose_threshold(shares, labels)
        assert chosen is not None

        def balanced(threshold: float, shares=shares, labels=labels) -> float:
            return float(balanced_accuracy_score(labels, [share >= threshold for share in shares]))

        best = max(balanced(step / 100 + 0.005) for step in range(100))
        assert balanced(chosen.value) == pytest.approx(best)
        right = sum(
            (share >= chosen.value) == label for share, label in zip(shares, labels, strict=True)
        )
        assert chosen.accuracy == pytest.approx(right / 60, abs=1e-4)
        assert chosen.roc_auc == pytest.approx(roc_auc_score(labels, shares), abs=1e-4)


def test_it_is_chosen_by_what_was_measured_at_the_step_kept(tmp_path: Path) -> None:
    rows = verifier_rows(tmp_path, [0, 0, 1, 1])
    answers = [answer(0.1), answer(0.2, neither=0.9), answer(0.3), answer(0.7)]
    judged = score_outputs(rows, answers)
    assert [row["reason"] for row in judged] == [None, None, "wrong_label", None]
    measured = summarize(judged, 20, 0.4)
    assert measured.accuracy == 0.75
    write_evaluation(tmp_path, measured, judged)
    chosen = find_threshold(outputs_of(tmp_path, 20))
    assert chosen == Threshold(0.25, 4, accuracy=1.0, accuracy_at_half=0.75, roc_auc=1.0)


@pytest.mark.parametrize("expected", ["flawed", {"label": 1}, 1], ids=["word", "object", "number"])
def test_what_else_a_row_expects_does_not_stand_in_its_way(tmp_path: Path, expected: Any) -> None:
    rows = verifier_rows(tmp_path, [0, 0, 1, 1], expected=expected)
    judged = score_outputs(rows, [answer(share) for share in (0.1, 0.2, 0.3, 0.7)])
    write_evaluation(tmp_path, summarize(judged, 20, 0.4), judged)
    chosen = find_threshold(outputs_of(tmp_path, 20))
    assert chosen == Threshold(0.25, 4, accuracy=1.0, accuracy_at_half=0.75, roc_auc=1.0)


def test_rows_answered_by_generating_have_none(tmp_path: Path) -> None:
    rows = verifier_rows(tmp_path, [0, 1])
    judged = score_outputs(rows, [Generation("0", "stop"), Generation("1", "stop")])
    write_evaluation(tmp_path, summarize(judged, 5, 0.4), judged)
    assert find_threshold(outputs_of(tmp_path, 5)) is None


def test_manifest_and_card_say_it_and_the_suite_reads_it(tmp_path: Path) -> None:
    files = {"train_file": "t.jsonl", "eval_file": "e.jsonl", "task": "verifier"}
    config = SftConfig.model_validate(
        {"base": "b", "output_dir": "r", "adapter_dir": "a", "data": files}
    )
    base, best = (Evaluation(step, 40, 0.7, accuracy=rate) for step, rate in ((0, 0.5), (9, 0.8)))
    chosen = Threshold(0.43, 40, accuracy=0.85, accuracy_at_half=0.8, roc_auc=0.91)
    manifest = build_manifest(config, None, None, {}, {}, base, best, threshold=chosen)
    assert manifest["decision_threshold"] == 0.43
    assert manifest["decision_threshold_choice"] == {
        "split": "eval",
        "rows": 40,
        "accuracy": 0.85,
        "accuracy_at_half": 0.8,
        "roc_auc": 0.91,
        "rule": "largest balanced accuracy (Youden's J) of P(1) / (P(0) + P(1)) >= threshold; "
        "of equal ones the middle one",
    }
    facts = {"name": "a", "command": "c", "train_rows": 9, "eval_rows": 40, "tokens": 1,
             "minutes": 1, "evaluations": [base, best], "by_label": True}  # fmt: skip
    card = write_card(manifest, facts)
    assert "Measured while training, by one forward pass over each of 40 held-out rows" in card
    assert "The decision threshold is 0.43" in card
    assert "0.850 (34/40, 95% 0.709-0.929) of\nthem are told right by it" in card
    folder = tmp_path / "adapter"
    folder.mkdir()
    without = build_manifest(config, None, None, {}, {}, base, best)  # all rows of one label, say
    for each, by_label in ((manifest, True), (without, True), (without, False)):
        card = write_card(each, facts | {"by_label": by_label})
        assert ("by one forward pass" in card, "likelier\nof the labels" in card) == (by_label,) * 2
        assert ("by generating greedily" in card) == (not by_label)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    read = read_manifest(folder)
    assert read is not None
    assert read.decision_threshold == 0.43


def test_without_a_threshold_the_manifest_has_no_word_of_it() -> None:
    config = SftConfig.model_validate(
        {"base": "b", "output_dir": "r", "adapter_dir": "a",
         "data": {"train_file": "t.jsonl", "eval_file": "e.jsonl"}}
    )  # fmt: skip
    measured = Evaluation(1, 4, 0.7, format_success_rate=0.5)
    manifest = build_manifest(config, None, None, {}, {}, measured, measured)
    assert [key for key in manifest if "threshold" in key] == []
