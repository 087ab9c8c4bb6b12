"""What training measures, which step it keeps, and what manifest and card say of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from suite.generation import Generation
from tests.test_sft_run import HASHES, evaluation, make_config
from train.card import write_card
from train.manifest import build_manifest
from train.sft_data import read_rows
from train.sft_measure import (
    Evaluation,
    choose_best,
    read_evaluations,
    score_outputs,
    summarize,
    write_evaluation,
)
from train.sft_run import (
    choose_place,
)

EXAMPLES = Path(__file__).parents[1] / "train" / "examples"


def test_the_best_step_is_by_metric_then_loss_and_never_the_base() -> None:
    base = evaluation(0, 1.0, 1.0, 0.1)
    one, two = evaluation(10, 0.9, 0.8, 0.5), evaluation(20, 0.9, 0.8, 0.4)
    three, four = evaluation(30, 0.9, 0.85, 0.6), evaluation(40, 0.95, 0.7, 0.9)
    assert choose_best([base, one, two]).step == 20
    assert choose_best([base, one, two, three]).step == 20  # the schema rate is not asked for
    assert choose_best([base, one, two, three, four]).step == 40
    assert choose_best([base, one, two, three, four], "schema_valid_rate").step == 30
    assert choose_best([base, one, two, three, four], "eval_loss").step == 20
    assert choose_best([base, one, replace(one, step=50)]).step == 10  # the earlier of equals


def test_a_metric_of_faults_is_better_when_lower() -> None:
    clean = replace(evaluation(20, 0.5, 0.5, 0.9), duplicate_json_objects_rate=0.0)
    assert (
        choose_best([evaluation(10, 0.9, 0.9, 0.1), clean], "duplicate_json_objects_rate") is clean
    )


def test_outputs_are_judged_by_the_suite_and_kept(tmp_path: Path) -> None:
    rows = read_rows(EXAMPLES / "eval.jsonl")[:4]
    right = rows[0].completion
    wrong = json.dumps(dict.fromkeys(rows[3].case.expected))
    texts = [right, f"Here it is:\n{rows[1].completion}", f"{rows[2].completion}\n{{}}", wrong]
    judged = score_outputs(rows, [Generation(text, "stop") for text in texts])
    assert [row["passed"] for row in judged] == [True, False, False, False]
    assert [row["reason"] for row in judged[:3]] == [None, "extra_text", "multiple_values"]
    found = summarize(judged, step=7, eval_loss=0.123456)
    assert found.exact_object_rate == 0.25
    assert found.duplicate_json_objects_rate == 0.25
    assert found.format_success_rate == 0.5
    write_evaluation(tmp_path, found, judged)
    assert read_evaluations(tmp_path) == [found]
    kept = (tmp_path / "step_00007.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["text"] for line in kept] == texts


def test_manifest_and_card_name_all_that_decides_the_adapter(tmp_path: Path) -> None:
    config = choose_place(make_config(tmp_path))
    base, best = evaluation(0, 0.5, 0.4, 2.0), evaluation(90, 0.98, 0.9, 0.2)
    manifest = build_manifest(config, None, "ee" * 32, HASHES, {"train.jsonl": "aa"}, base, best)
    assert list(manifest) == [
        "base",
        "quantization",
        "quantization_settings",
        "device",
        "dtype",
        "prompt_format",
        "chat_template_sha256",
        "training",
        "data",
        "seed",
        "versions",
        "git_commit",
        "metrics",
    ]
    assert manifest["base"] == {"path": config.base, "revision": None, "files": HASHES}
    assert manifest["data"] == {"files": {"train.jsonl": "aa"}, "canonical_sha256": {}}
    assert manifest["training"]["lora"]["r"] == 8
    assert (manifest["device"], manifest["dtype"]) == ("cpu", "float32")
    assert "before they are rounded" in manifest["metrics"]["measured_on"]
    assert manifest["metrics"]["best"]["step"] == 90
    assert "step" not in manifest["metrics"]["base"]
    facts = {
        "name": "tiny_json",
        "command": "python -m train sft --config x.yaml",
        "train_rows": 32,
        "eval_rows": 16,
        "tokens": 999,
        "minutes": 1.5,
        "evaluations": [base, best],
    }
    card = write_card(manifest, facts)
    assert "judged\nby the suite's own scorer\n(rate, count" in card
    assert "python -m train sft --config x.yaml" in card
    assert "rounded to bfloat16" not in card
    rounded = choose_place(make_config(tmp_path, lora={"saved_dtype": "bfloat16"}))
    manifest = build_manifest(rounded, None, None, HASHES, {}, base, best)
    assert "the file holds them rounded to bfloat16" in write_card(manifest, facts)
    assert "in 1.5 minutes on a CPU." in card
    assert "in 1.5 minutes on a GPU." in write_card(manifest | {"device": "cuda"}, facts)
    assert "| 0.500 (100/200, 95% 0.431-0.569) | 0.980 (196/200, 95% 0.950-0.992) |" in card
    assert "| 90 | 0.980 | 0.900 | 0.500 | 0.005 | 0.2000 |" in card


def test_a_card_of_labels_does_not_speak_of_the_suite_s_scorer(tmp_path: Path) -> None:
    config = choose_place(make_config(tmp_path))
    base, best = (Evaluation(step=step, n=4, eval_loss=1.0, accuracy=0.5) for step in (0, 9))
    manifest = build_manifest(config, None, None, HASHES, {}, base, best)
    facts = dict.fromkeys(("name", "command", "train_rows", "eval_rows", "tokens", "minutes"), 1)
    card = write_card(manifest, facts | {"evaluations": [base, best]})
    assert "scorer" not in card
    assert "each compared\nwith the expected answer, blanks at the ends aside\n(rate" in card
