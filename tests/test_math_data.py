"""Math rows: solutions that hold when recomputed, and GSM8K-style rows of one's own."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from suite.case import Case
from suite.generation import Generation
from suite.math_score import MATH_LAYOUT, score_math
from suite.tasks import TASKS
from train.__main__ import app
from train.data_config import DataConfig
from train.sft_config import read_config
from train.sft_measure import METRICS, choose_metric, find_answers, score_outputs, summarize
from train.user_rows import SftRow, read_given, read_rows
from train.worked_problem import draw_problem, solve
from train.worked_rows import make_worked_splits

CONFIGS = Path(__file__).parents[1] / "train" / "configs"
SMALL = DataConfig(task="math", n_train=200, n_eval=50, n_test=50)
LINE = re.compile(r".+: (\d+) ([-+*/]) (\d+) = (\d+)")
GSM8K = (
    {"question": "Ann has 48 clips and gives half of them away. How many are left?",
     "answer": "Half is 48/2 = <<48/2=24>>24 clips.\nSo 48-24 = <<48-24=24>>24 are left.\n#### 24"},
    {"question": "A pen costs $2 and a pad $3. What do 4 of each cost?",
     "answer": "One of each costs 2+3 = <<2+3=5>>5 dollars.\n4*5 = <<4*5=20>>20\n#### 20"},
    {"question": "Bo runs 1,200 m a day. How many metres in 2 days?",
     "answer": "2*1200 = <<2*1200=2400>>2400\n#### 2,400"},
)  # fmt: skip


def test_each_line_holds_each_number_is_given_or_found_and_the_last_result_is_the_answer() -> None:
    splits = make_worked_splits(SMALL)
    assert {name: len(rows) for name, rows in splits.items()} == {
        "train": 200,
        "validation": 50,
        "test": 50,
    }
    for row in (row for rows in splits.values() for row in rows):
        *lines, last = row["answer"].split("\n")
        known = set(re.findall(r"\d+", row["question"]))
        for line in lines:
            found = LINE.fullmatch(line)
            assert found, row
            left, operation, right, result = found.groups()
            a, b = Fraction(left), Fraction(right)
            value = {"+": a + b, "-": a - b, "*": a * b, "/": a / b}[operation]
            assert value == int(result), row
            assert "bank" in row["tags"] or {left, right} <= known, row  # a week has seven days
            known.add(result)
        assert last == f"#### {result}"


def test_most_problems_are_of_the_bank_and_all_lengths_come() -> None:
    rows = make_worked_splits(SMALL)["train"]
    domains = Counter(row["domain"] for row in rows)
    assert 20 < domains["story"] < 60
    assert 95 < sum("bank" in row["tags"] for row in rows) < 145
    assert len(domains) > 12
    assert {tag for row in rows for tag in row["tags"]} == {"bank", "steps_1", "steps_2", "steps_3"}


def test_rows_are_laid_out_as_the_suite_asks_and_pass_as_they_are() -> None:
    for row in make_worked_splits(SMALL)["test"]:
        assert row["prompt"] == MATH_LAYOUT.fill({"question": row["question"]})
        case = Case(task="math", id="a", messages=row["prompt"], expected=row["answer"])
        score = score_math(case, Generation(row["completion"][0]["content"], "stop"))
        assert score.metrics["strict_exact_match"] == score.metrics["flexible_exact_match"] == 1


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_a_problem_says_every_number_that_its_solution_begins_with(seed: int) -> None:
    problem = draw_problem(random.Random(seed))
    steps = solve(problem)
    assert steps
    said = Counter(map(int, re.findall(r"\d+", problem.text)))
    for step in steps:
        begun = [step.right] if step.sources[0] is not None else [step.left, step.right]
        said.subtract(begun)
        assert 0 < step.result <= 999
    assert min(said.values()) >= 0, problem.text
    assert [each.sources[0] for each in steps] == [None, *range(len(steps) - 1)]


def test_no_question_is_in_two_splits_and_the_same_seed_gives_the_same_bytes(
    tmp_path: Path,
) -> None:
    options = ["--task", "math", "--n-train", "60", "--n-eval", "20", "--n-test", "20"]
    made = []
    for name in ("one", "two"):
        place = ["--out-dir", str(tmp_path / name), "base=null"]
        done = CliRunner().invoke(app, ["data", *options, *place])
        assert done.exit_code == 0, done.output
        made.append({path.name: path.read_bytes() for path in (tmp_path / name).glob("*.jsonl")})
    assert made[0] == made[1]
    questions = [
        {json.loads(line)["question"] for line in text.decode().splitlines()}
        for text in made[0].values()
    ]
    assert sum(map(len, questions)) == len(set().union(*questions)) == 100
    assert not (tmp_path / "one" / "catalogue.csv").exists()


def test_generated_rows_are_cases_of_the_task(tmp_path: Path) -> None:
    rows = make_worked_splits(SMALL)["validation"]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    read = read_rows(path, "math")
    assert [row.completion for row in read] == [row["answer"] for row in rows]
    assert [row.case.inputs["question"] for row in read] == [row["question"] for row in rows]


def gsm8k_rows(folder: Path) -> list[SftRow]:
    """The rows of a file of one's own, by the configuration that ships."""
    folder.mkdir()
    path = folder / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in GSM8K), encoding="utf-8")
    config = read_config(
        CONFIGS / "qwen2_5_0_5b_gsm8k.yaml",
        ["data.dataset=null", "data.dataset_config=null", "data.dataset_revision=null",
         f"data.train_file={path}", "data.test_size=1"],
    )  # fmt: skip
    splits = read_given(config.data, seed=0)
    assert {name: len(rows) for name, rows in splits.items()} == {"train": 2, "eval": 1}
    return [row for rows in splits.values() for row in rows]


def test_rows_like_gsm8k_are_learned_as_the_suite_asks(tmp_path: Path) -> None:
    rows = {row.case.inputs["question"]: row for row in gsm8k_rows(tmp_path / "files")}
    layout = TASKS["math"].layout
    assert layout is not None
    for each in GSM8K:
        row = rows[each["question"]]
        asked = [{"role": turn.role, "content": turn.content} for turn in row.case.messages]
        assert asked == layout.fill({"question": each["question"]})
        assert row.completion == each["answer"]


def test_a_dataset_of_the_same_columns_gives_the_same_rows(tmp_path: Path) -> None:
    import datasets

    folder = tmp_path / "gsm8k"
    datasets.DatasetDict({"train": datasets.Dataset.from_list(list(GSM8K))}).save_to_disk(folder)
    config = read_config(
        CONFIGS / "qwen2_5_0_5b_gsm8k.yaml",
        [f"data.dataset={folder}", "data.dataset_config=null", "data.dataset_revision=null",
         "data.test_size=1"],
    )  # fmt: skip
    found = [row for rows in read_given(config.data, seed=0).values() for row in rows]
    wanted = gsm8k_rows(tmp_path / "files")
    assert {(row.case.prompt_text, row.completion) for row in found} == {
        (row.case.prompt_text, row.completion) for row in wanted
    }


@pytest.mark.parametrize(
    ("text", "flexible", "strict", "reason"),
    [
        ("2*1200 = 2400\n#### 2,400", 1, 1, None),
        ("It is 2400 m.", 1, 0, None),
        ("#### 240", 0, 0, "wrong_answer"),
        ("I do not know", 0, 0, "no_number"),
    ],
    ids=["stated", "in words", "wrong", "none"],
)
def test_training_measures_with_the_scorer_of_the_suite(
    text: str, flexible: int, strict: int, reason: str | None, tmp_path: Path
) -> None:
    row = next(row for row in gsm8k_rows(tmp_path / "files") if "2,400" in row.completion)
    assert find_answers([row]) == "number"
    assert choose_metric(None, "number") == METRICS["number"][0] == "flexible_exact_match"
    judged = score_outputs([row], [Generation(text, "stop")])
    assert judged[0]["reason"] == reason
    measured = summarize(judged, 0, 1.0)
    assert measured.rates() == {"flexible_exact_match": flexible, "strict_exact_match": strict}
