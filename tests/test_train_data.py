"""The generated training data: seeded, disjoint, and each answer right by the suite's scorer."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections import Counter
from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from suite.case_rows import load_rows
from suite.format_score import score_format
from suite.generation import Generation
from train.__main__ import app
from train.data import DataConfig, infer_schema, make_data, make_rows
from train.objects import free_field, load_phrases
from train.sft_data import read_rows
from train.stated import state

EXAMPLES = Path(__file__).parents[1] / "train" / "examples"
MANIFESTS = sorted((Path(__file__).parents[1] / "adapters").glob("*/manifest.json"))
SMALL = DataConfig(n_train=120, n_eval=60)


def test_the_same_options_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        make_data(SMALL, tmp_path / folder)
    make_data(SMALL.model_copy(update={"seed": 1}), tmp_path / "other")
    one, two, other = (
        {path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()}
        for folder in ("one", "two", "other")
    )
    assert sorted(one) == ["README.md", "eval.jsonl", "stats.json", "stats.md", "train.jsonl"]
    assert one == two
    assert one["train.jsonl"] != other["train.jsonl"]


def test_the_statistics_carry_the_hash_of_each_file(tmp_path: Path) -> None:
    make_data(SMALL, tmp_path)
    stats = json.loads((tmp_path / "stats.json").read_text(encoding="utf-8"))
    for split in ("train", "eval"):
        digest = hashlib.sha256((tmp_path / f"{split}.jsonl").read_bytes()).hexdigest()
        assert stats["splits"][split]["sha256"] == digest
        assert digest in (tmp_path / "stats.md").read_text(encoding="utf-8")
    assert stats["splits"]["train"]["rows"] == 120
    assert stats["config"]["hard_negative_prob_eval"] == 0.25


def test_every_answer_passes_its_own_case(tmp_path: Path) -> None:
    make_data(SMALL, tmp_path)
    rows = read_rows(tmp_path / "train.jsonl") + read_rows(tmp_path / "eval.jsonl")
    assert len(rows) == 180
    failed = [
        row.case.id
        for row in rows
        if not score_format(row.case, Generation(row.completion, "stop")).passed
    ]
    assert failed == []


def test_no_prompt_is_in_both_splits() -> None:
    taken: set[str] = set()
    train = {row["prompt"][-1]["content"] for row in make_rows(SMALL, "train", taken)}
    held_out = {row["prompt"][-1]["content"] for row in make_rows(SMALL, "eval", taken)}
    assert len(train) == 120
    assert len(held_out) == 60
    assert not train & held_out


def test_a_prompt_that_is_taken_is_drawn_again() -> None:
    first = make_rows(SMALL, "train", set())[0]["prompt"][-1]["content"]
    again = make_rows(SMALL, "train", {first})
    assert first not in {row["prompt"][-1]["content"] for row in again}


@pytest.mark.parametrize(("hard_negative", "repair"), [(1.0, 0.0), (0.0, 1.0), (0.0, 0.0)])
def test_the_probabilities_decide_the_mix(hard_negative: float, repair: float) -> None:
    config = DataConfig(
        n_train=20, hard_negative_prob_train=hard_negative, fix_bad_output_prob_train=repair
    )
    kinds = {row["kind"] for row in make_rows(config, "train", set())}
    assert kinds == {"hard_negative" if hard_negative else "repair" if repair else "format"}


def fragments_of_bank() -> dict[str, str]:
    """The longest piece without a slot of each long request of the bank, with its kind."""
    pieces = {
        max(re.split(r"\{[kv]\d+\}", entry["text"]), key=len): entry.get("kind", "format")
        for entry in load_phrases("prose")
    }
    return {piece: kind for piece, kind in pieces.items() if len(piece) >= 25}


@pytest.mark.parametrize(
    ("hard_negative", "repair", "drawn"),
    [(0, 0, {"format"}), (1, 0, {"hard_negative", "format"}), (0, 1, {"repair"})],
    ids=["neither", "hard_negatives", "repairs"],  # a hard negative may be a plain one with a pull
)
def test_a_request_of_the_bank_is_drawn_as_what_it_is(
    hard_negative: float, repair: float, drawn: set[str]
) -> None:
    config = DataConfig(
        n_train=120, hard_negative_prob_train=hard_negative, fix_bad_output_prob_train=repair
    )
    rows = make_rows(config, "train", set())
    users = [row["prompt"][-1]["content"] for row in rows if "prose" in row["tags"]]
    found = [kind for user in users for piece, kind in fragments_of_bank().items() if piece in user]
    assert set(found) == drawn
    assert 10 < len(found) < 110


def test_the_bank_holds_many_requests_of_each_kind() -> None:
    counts = Counter(entry.get("kind", "format") for entry in load_phrases("prose"))
    assert set(counts) == {"format", "hard_negative", "repair"}
    assert min(counts.values()) > 100


def test_easy_evaluation_rows_are_flat_and_without_hard_negatives(tmp_path: Path) -> None:
    options = ["--out-dir", str(tmp_path), "--n-train", "1", "--eval-strictness", "easy"]
    done = CliRunner().invoke(app, ["data", *options])
    assert done.exit_code == 0, done.output
    lines = (tmp_path / "eval.jsonl").read_text(encoding="utf-8").split("\n")
    rows = [json.loads(line) for line in lines if line]
    assert len(rows) == 1000
    assert {row["kind"] for row in rows} == {"format", "repair"}
    families = {tag for row in rows if row["kind"] == "format" for tag in row["tags"]}
    assert families == {"frame", "question"}
    values = [value for row in rows for value in row["expected"].values()]
    assert [value for value in values if isinstance(value, (dict, list))] == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hard_negative_prob_train": 1.5}, "less than or equal to 1"),
        ({"hard_negative_prob_train": 0.7, "fix_bad_output_prob_train": 0.4}, "more than 1"),
        ({"eval_strictness": "easy", "hard_negative_prob_eval": 0.1}, "has no hard negatives"),
        ({"n_train": 0}, "greater than or equal to 1"),
    ],
)
def test_options_that_contradict_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        DataConfig.model_validate(options)


def test_a_schema_is_inferred_from_the_answer() -> None:
    document = {"name": "Ada", "age": None, "tags": ["a", 1], "at": [{"x": 1.5, "on": True}]}
    assert infer_schema(document)["properties"] == {
        "name": {"type": "string"},
        "age": {"type": ["string", "null"]},
        "tags": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "number"}]}},
        "at": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"x": {"type": "number"}, "on": {"type": "boolean"}},
                "required": ["x", "on"],
                "additionalProperties": False,
            },
        },
    }


def test_the_committed_examples_are_rows_of_the_suite_and_of_the_trainer() -> None:
    assert len(read_rows(EXAMPLES / "train.jsonl")) == 32
    cases = load_rows(EXAMPLES / "eval.jsonl", "format").cases
    assert len(cases) == 16
    assert all(case.schema_ and case.expected for case in cases)


@pytest.mark.slow
@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.parent.name)
def test_the_rows_of_a_committed_adapter_are_those_the_generator_makes(
    path: Path, tmp_path: Path
) -> None:
    manifest = json.loads(path.read_text(encoding="utf-8"))
    recipe = manifest["training"]["data"]["generate"]
    config = DataConfig.model_validate(recipe)
    make_data(config, tmp_path)
    paths = {split: tmp_path / f"{config.files[split]}.jsonl" for split in ("eval", "train")}
    hashes = {
        f"{split}.jsonl": hashlib.sha256(path.read_bytes()).hexdigest()
        for split, path in paths.items()
    }
    assert hashes == manifest["data"]["files"]


def test_the_committed_adapter_is_looked_at() -> None:
    assert "tiny_json" in [path.parent.name for path in MANIFESTS]


def test_the_command_writes_the_files_and_prints_their_hashes(tmp_path: Path) -> None:
    options = ["--out-dir", str(tmp_path), "--n-train", "8", "--n-eval", "4", "--seed", "3"]
    mix = ["--hard-negative-prob-train", "0.5", "--hard-negative-prob-eval", "0.5"]
    mix += ["--fix-bad-output-prob-train", "0.5", "--eval-strictness", "hard"]
    done = CliRunner().invoke(app, ["data", *options, *mix])
    assert done.exit_code == 0, done.output
    digest = hashlib.sha256((tmp_path / "eval.jsonl").read_bytes()).hexdigest()
    assert f"eval.jsonl: 4 rows, sha256 {digest}" in done.output
    lines = (tmp_path / "train.jsonl").read_text(encoding="utf-8").split("\n")
    kinds = [json.loads(line)["kind"] for line in lines if line]
    assert len(kinds) == 8
    assert "format" not in kinds


def test_the_command_refuses_an_unknown_strictness(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["data", "--out-dir", str(tmp_path), "--eval-strictness", "x"])
    assert done.exit_code == 2
    assert "train data: options: eval_strictness: expected 'easy' or 'hard', got 'x'" in done.output
    assert list(tmp_path.iterdir()) == []


def test_the_help_defines_both_words() -> None:
    text = " ".join(CliRunner().invoke(app, ["data", "--help"]).output.split())
    for word in ("easy", "hard", "hard negatives", "--fix-bad-output-prob-train", "--seed"):
        assert word in text


def test_a_list_of_one_item_is_said_to_be_a_list() -> None:
    """Else no reader could tell it from the item alone."""
    rng = random.Random(0)
    said = []
    for _ in range(3000):
        field = free_field(rng)
        if isinstance(field.value, list) and len(field.value) == 1:
            said += [field.said, state(rng, (field,))]
    assert len(said) > 20
    assert [text for text in said if "list" not in text and "[" not in text] == []
