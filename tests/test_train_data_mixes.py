"""The tasks, mixes, presets, statistics and card of `python -m train data`."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError
from typer.testing import CliRunner, Result

from suite.format_score import score_format
from suite.generation import Generation
from suite.strict_json import parse_strict
from train import data as data_module
from train.__main__ import app
from train.data import DataConfig, make_data, make_rows, make_splits
from train.data_config import DataRun, read_data_run
from train.data_stats import describe
from train.duplicates import duplicate_key_row, duplicate_object_row
from train.leakage import read_prompt
from train.user_rows import canonical_sha256, read_rows

LAST_COUNTS = ("the last one counts", "the later value is right", "the second one is the newer")
CONFIGS = Path(__file__).parents[1] / "train" / "configs"


def train_data(*words: str) -> Result:
    return CliRunner().invoke(app, ["data", "base=null", *words])


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


@pytest.mark.parametrize("name", ["data_hard_eval", "data_hard_eval_dupfix"])
def test_a_preset_is_valid_and_opens_with_its_command(name: str, tmp_path: Path) -> None:
    path = CONFIGS / f"{name}.yaml"
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# python -m train data --config train/configs/{name}.yaml"
    run = read_data_run(path, {})
    assert run.eval_strictness == "hard"
    assert run.shares("eval")["hard_negative"] > 0.25
    done = train_data("--config", str(path), "n_train=8", "n_eval=4", f"out_dir={tmp_path}/rows")
    assert done.exit_code == 0, done.output
    assert len(rows_of(tmp_path / "rows" / "train.jsonl")) == 8


def test_the_preset_against_repetition_has_the_rows_that_it_says(tmp_path: Path) -> None:
    run = read_data_run(CONFIGS / "data_hard_eval_dupfix.yaml", {"n_train": 400, "n_eval": 200})
    config = DataConfig.model_validate(run.model_dump(include=set(DataConfig.model_fields)))
    for split, share in {"train": (0.18, 0.08), "eval": (0.15, 0.07)}.items():
        tags = describe(make_rows(config, split, set()))["tags"]
        count = config.n_train if split == "train" else config.n_eval
        for name, wanted in zip(("duplicate_object", "duplicate_key"), share, strict=True):
            assert abs(tags[name] / count - wanted) < 0.06, (split, name)


def test_the_new_shares_leave_the_rows_of_an_older_recipe_as_they_were() -> None:
    recipe = {"n_train": 40, "n_eval": 1, "seed": 3}
    plain = make_rows(DataConfig.model_validate(recipe), "train", set())
    mixed = {"duplicate_key_prob_train": 0.0, "duplicate_object_prob_eval": 0.5}
    assert make_rows(DataConfig.model_validate(recipe | mixed), "train", set()) == plain


@pytest.mark.parametrize("strictness", ["easy", "hard"])
def test_a_key_said_twice_is_pasted_in_and_said_once_in_the_answer(strictness: Any) -> None:
    rng = random.Random(0)
    rows = [duplicate_key_row(rng, strictness) for _ in range(60)]
    settled = 0
    for row in rows:
        user = row.messages[-1][1]
        pasted = user[user.index("{") : user.rindex("}") + 1]
        assert parse_strict(pasted).reason == "duplicate_key", pasted
        answer = json.loads(row.answer)
        assert parse_strict(row.answer).reason is None
        if "is there twice; " in user:
            words = user.split("is there twice; ")[1].split("\n")[0]
            # Python's own parser keeps the last value, so the first one counts where it differs
            assert (json.loads(pasted) == answer) == (words in LAST_COUNTS), user
            settled += 1
        else:
            assert json.loads(pasted) == answer
    assert settled > 8
    assert {row.tags for row in rows} == {("duplicate_key",)}


def test_prompts_that_bring_out_a_second_object_are_answered_with_one() -> None:
    rng = random.Random(0)
    rows = [duplicate_object_row(rng) for _ in range(80)]
    assert {row.kind for row in rows} == {"repair", "hard_negative", "format"}
    assert all("duplicate_object" in row.tags for row in rows)
    for row in rows:
        assert parse_strict(row.answer).objects == 1
    asked = [row for row in rows if row.kind == "hard_negative"]
    words = ("twice", "two", "both", "second block")
    assert all(any(word in row.messages[-1][1] for word in words) for row in asked)
    for row in rows:
        if row.kind == "repair":
            key = json.dumps(next(iter(json.loads(row.answer))), ensure_ascii=False)
            assert row.messages[-1][1].count(f"{key}:") >= 2
    easy = [duplicate_object_row(rng, "easy") for _ in range(40)]
    assert {row.kind for row in easy} == {"repair", "format"}


def test_extraction_rows_are_plain_and_right(tmp_path: Path) -> None:
    done = train_data("--task", "extraction", "--out-dir", str(tmp_path), "n_eval=10", "n_train=20")
    assert done.exit_code == 0, done.output
    assert {row["kind"] for row in rows_of(tmp_path / "train.jsonl")} == {"extraction"}
    rows = read_rows(tmp_path / "train.jsonl", "extraction")
    assert len(rows) == 20
    for row in rows:
        assert score_format(row.case, Generation(row.completion, "stop")).passed


def test_question_rows_are_conversations_with_a_text_for_an_answer(tmp_path: Path) -> None:
    done = train_data("--task", "qa", "--out-dir", str(tmp_path), "n_eval=30", "n_train=60")
    assert done.exit_code == 0, done.output
    rows = rows_of(tmp_path / "train.jsonl")
    assert list(rows[0]) == [
        *("id", "kind", "domain", "tags", "prompt", "completion", "schema", "expected"),
    ]
    for row in rows:
        answer = row["completion"][0]["content"]
        references = [] if answer == "unanswerable" else [answer]
        assert (row["schema"], row["expected"]) == (None, references)
        said = answer in row["prompt"][-1]["content"]
        assert answer == "unanswerable" or said or "computed" in row["tags"]
        assert not row["prompt"][-1]["content"].endswith(("Answer:", "A:"))
    assert any(row["expected"] == [] for row in rows)
    assert [row.case.expected for row in read_rows(tmp_path / "train.jsonl", "qa")] == [
        row["expected"] for row in rows
    ]


@pytest.mark.parametrize("task", ["extraction", "qa"])
def test_other_tasks_have_two_thousand_rows_and_no_mix(task: str) -> None:
    config = DataConfig.model_validate({"task": task})
    assert (config.n_train, config.n_eval) == (2000, 200)
    assert not any(config.shares("train").values())
    assert not any(config.shares("eval").values())
    with pytest.raises(ValidationError, match=f"task {task} has none of it"):
        DataConfig.model_validate({"task": task, "hard_negative_prob_eval": 0.1})


def test_the_shares_of_a_split_are_at_most_all_of_it() -> None:
    shares = {"duplicate_object_prob_eval": 0.5, "duplicate_key_prob_eval": 0.2}
    with pytest.raises(ValidationError, match=r"duplicate_key_prob_eval 0\.2 add up to more than"):
        DataConfig.model_validate(shares)
    names = ("hard_negative", "fix_bad_output", "duplicate_object", "duplicate_key")
    whole = dict(zip((f"{name}_prob_train" for name in names), (0.2, 0.4, 0.3, 0.1), strict=True))
    assert sum(DataConfig.model_validate(whole).shares("train").values()) > 1  # by rounding alone


def test_statistics_count_kinds_strictness_shares_and_tokens(tmp_path: Path) -> None:
    words = ["--out-dir", str(tmp_path), "n_train=40", "n_eval=20", "eval_strictness=easy"]
    done = CliRunner().invoke(app, ["data", *words])
    assert done.exit_code == 0, done.output
    stats = json.loads((tmp_path / "stats.json").read_text(encoding="utf-8"))["splits"]
    for split, count in {"train": 40, "eval": 20}.items():
        facts, rows = stats[split], rows_of(tmp_path / f"{split}.jsonl")
        assert sum(facts["kinds"].values()) == sum(facts["strictness"].values()) == count
        pulling = sum(row["kind"] == "hard_negative" for row in rows)
        mended = sum(row["kind"] == "repair" for row in rows)
        assert facts["hard_negative_share"] == pytest.approx(pulling / count)
        assert facts["repair_share"] == pytest.approx(mended / count)
        tokens = facts["tokens"]["row"]
        assert 20 < tokens["min"] < tokens["mean"] < tokens["max"] < 1500
        assert [each["prompt"] for each in facts["examples"]] == [row["prompt"] for row in rows[:3]]
    assert stats["eval"]["strictness"] == {"easy": 20}
    text = (tmp_path / "stats.md").read_text(encoding="utf-8")
    for words in (
        "- hard negatives: 0.",
        "- strictness: hard ",
        "- row length in tokens: ",
        "`````",
    ):
        assert words in text


def test_token_lengths_are_those_that_training_sees(tmp_path: Path) -> None:
    from fixtures.hf_loading import load_tokenizer
    from train.sft_data import encode_rows

    base = Path("fixtures/tiny")
    stats = make_data(DataConfig(n_train=6, n_eval=1), tmp_path, tokenizer=base)
    lengths = [
        each.length
        for each in encode_rows(load_tokenizer(base), read_rows(tmp_path / "train.jsonl"), "chat")
    ]
    row = stats["splits"]["train"]["tokens"]["row"]
    assert (row["min"], row["max"]) == (min(lengths), max(lengths))


def test_the_statistics_name_the_tokenizer(tmp_path: Path) -> None:
    words = ("n_train=2", "n_eval=1", f"out_dir={tmp_path}")
    cases = {
        "fixtures/tiny": "Tokenizer: that of `fixtures/tiny`.",
        None: "Tokenizer: none, lengths are in characters only.",
    }
    for base, line in cases.items():
        done = train_data(f"base={base or 'null'}", *words)
        assert done.exit_code == 0, done.output
        assert ("tokens are those of fixtures/tiny" in done.output) == (base is not None)
        assert json.loads((tmp_path / "stats.json").read_text("utf-8"))["tokenizer"] == base
        for name in ("stats.md", "README.md"):
            assert line in (tmp_path / name).read_text("utf-8").splitlines()


@pytest.mark.parametrize("name", ["README.md", "train.jsonl", "stats.json"])
def test_files_that_something_else_made_are_kept(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text('{"mine": 1}\n', encoding="utf-8")
    words = ("n_train=2", "n_eval=1", f"out_dir={tmp_path}")
    done = train_data(*words)
    assert done.exit_code == 2
    assert f"holds {name}, made by something else" in done.output
    assert "--overwrite" in done.output
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {name: b'{"mine": 1}\n'}
    assert train_data("--overwrite", *words).exit_code == 0
    assert train_data("seed=1", *words).exit_code == 0  # its own are made anew


def test_what_a_killed_command_left_is_made_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_one(path: Path, text: str) -> None:
        assert not list(tmp_path.iterdir()), "killed"
        path.write_text(text, encoding="utf-8")

    config = DataConfig(n_train=2, n_eval=1)
    with monkeypatch.context() as patched:
        patched.setattr("train.data.write_whole", write_one)
        with pytest.raises(AssertionError, match="killed"):
            make_data(config, tmp_path)
    done = train_data("n_train=2", "n_eval=1", f"out_dir={tmp_path}")
    assert done.exit_code == 0, done.output


def test_the_canonical_hash_in_the_statistics_is_that_of_the_rows_read_back(tmp_path: Path) -> None:
    for task in ("format", "qa"):
        config = DataConfig.model_validate({"task": task, "n_train": 12, "n_eval": 3})
        stats = make_data(config, tmp_path)
        read = canonical_sha256(read_rows(tmp_path / "train.jsonl", task))
        assert stats["splits"]["train"]["canonical_sha256"] == read
        assert read in (tmp_path / "README.md").read_text(encoding="utf-8")


def test_the_card_opens_with_what_the_hub_reads_and_names_the_command(tmp_path: Path) -> None:
    done = train_data("--out-dir", str(tmp_path / "mine"), "n_train=5", "n_eval=3", "--seed", "4")
    assert done.exit_code == 0, done.output
    card = (tmp_path / "mine" / "README.md").read_text(encoding="utf-8")
    head = yaml.safe_load(card.split("---\n")[1])
    assert head["pretty_name"] == "mine"
    assert head["configs"][0]["data_files"] == [
        {"split": "train", "path": "train.jsonl"},
        {"split": "eval", "path": "eval.jsonl"},
    ]
    command = next(line for line in card.splitlines() if line.startswith("python -m train data"))
    again = train_data(*command.split()[4:], f"out_dir={tmp_path / 'again'}")
    assert again.exit_code == 0, again.output
    one, two = ((tmp_path / name / "train.jsonl").read_bytes() for name in ("mine", "again"))
    assert one == two


def test_a_row_that_is_a_case_of_the_suite_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    config = DataConfig(n_train=8, n_eval=4)
    before = make_splits(config)
    turns = [(each["role"], each["content"]) for each in before["eval"][2]["prompt"]]
    monkeypatch.setattr(data_module, "suite_prompts", lambda: [read_prompt("case_1", turns)])
    after = make_splits(config)
    assert before["eval"][2]["prompt"] not in [row["prompt"] for row in after["eval"]]
    assert [len(rows) for rows in after.values()] == [8, 4]
    assert after["train"] == before["train"]


def test_options_of_the_file_are_known_by_name_and_typos_get_the_nearest(tmp_path: Path) -> None:
    done = train_data("--out-dir", str(tmp_path), "duplicate_key_prob_trai=0.2")
    assert done.exit_code == 2
    assert "Did you mean 'duplicate_key_prob_train'?" in done.output
    assert "out_dir: missing" in train_data("n_train=3").output
    (tmp_path / "empty").mkdir()
    options = ["--out-dir", str(tmp_path / "rows"), "--base", str(tmp_path / "empty")]
    done = CliRunner().invoke(app, ["data", *options])
    assert "holds no tokenizer (tokenizer.json or tokenizer.model or vocab.json)" in done.output
    assert not (tmp_path / "rows").exists()


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    done = train_data(f"out_dir={tmp_path / 'file' / 'rows'}", "n_train=2", "n_eval=1")
    assert done.exit_code == 2
    assert f"train data: {tmp_path / 'file' / 'rows'}: Not a directory" in done.output


def test_every_option_has_a_default_or_is_the_folder() -> None:
    required = [name for name, field in DataRun.model_fields.items() if field.is_required()]
    assert required == ["out_dir"]
