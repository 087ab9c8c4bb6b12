"""Verifier rows: labels hold when recomputed, and no count of words tells them apart."""

from __future__ import annotations

import csv
import itertools
import json
import random
import re
from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from suite.tasks import TASKS
from train.__main__ import app
from train.data import make_data
from train.data_config import DataConfig
from train.planted_errors import ERROR_TYPES, Solved, draw_group
from train.problem_scenes import SCENES
from train.solution_layouts import SOLUTION_LAYOUTS
from train.user_rows import canonical_sha256, read_rows
from train.worked_rows import COLUMNS, make_worked_splits

SMALL = DataConfig(task="verifier", n_train=400, n_eval=80, n_test=80)
EQUATION = re.compile(r"(\d+) ([-+*/]) (\d+) = (\d+)")
FINAL = re.compile(r"(\d+)\D*\Z")
NAME, OBJECT, NUMBER = r"[^\d\s.:,]+", r"[^\d\s.:,]+(?: [^\d\s.:,]+)?", r"(\d+)"
SLOTS = {"{a}": NUMBER, "{b}": NUMBER, "{k}": NUMBER, "{n}": NAME, "{m}": NAME, "{o}": OBJECT,
         "{p}": OBJECT, "{w}": r"[^\d.:,]+?"}  # fmt: skip
ROLES = {"product": "*", "total": "+", "plus": "+", "minus": "-"}


def groups(count: int, seed: int = 0) -> list[list[Solved]]:
    rng = random.Random(seed)
    return [draw_group(rng) for _ in range(count)]


def reader(phrase: str) -> re.Pattern[str]:
    """Matches a phrase of a scene; its numbers are the groups, in the order of the text."""
    parts = re.split(r"(\{\w\})", phrase)
    pattern = "".join(SLOTS[part] if part in SLOTS else re.escape(part) for part in parts)
    return re.compile(pattern, re.IGNORECASE)


READERS: dict[str, list[tuple[str, re.Pattern[str], str | None]]] = {
    scene.name: [
        (role, reader(phrase), ROLES.get(role))
        for role, phrases in scene.phrases.items()
        for phrase in phrases
    ]
    + [("ends", reader(end.text), end.operation) for end in scene.ends]
    for scene in SCENES
}


def calculations(question: str, scene: str) -> list[tuple[str, tuple[int, ...]]]:
    """What a question asks to calculate, read from its text by the phrases of its scene alone."""
    found: list[tuple[str, tuple[int, ...]]] = []
    rest = question
    while rest:
        hits = [
            (match.end(), operation or "", tuple(map(int, match.groups())))
            for _, pattern, operation in READERS[scene]
            if (match := pattern.match(rest))
        ]
        if not hits:
            break
        end, operation, numbers = min(hits)
        assert {hit[1:] for hit in hits if hit[0] == end} == {(operation, numbers)}, rest
        found.append((operation, numbers))
        rest = rest[end:].lstrip()
    return found


def holds(equation: tuple[str, str, str, str]) -> bool:
    left, operation, right, result = equation
    a, b = Fraction(left), Fraction(right)
    value = {"+": a + b, "-": a - b, "*": a * b, "/": a / b}[operation]
    return value == Fraction(result)


def solved_right(row: Solved) -> bool:
    """Whether each calculation is right and the one asked for, and the answer the last result."""
    given = calculations(row.question, row.scene)
    equations = EQUATION.findall(row.solution)
    final = FINAL.findall(row.solution)
    assert len(final) == 1, row
    value = given[0][1][0]
    wanted = []
    for operation, numbers in given:
        if not operation:
            continue
        right = numbers[-1]
        results = {"+": value + right, "-": value - right, "*": value * right}
        result = results[operation] if operation in results else value // right
        wanted.append(tuple(map(str, (value, operation, right, result))))
        value = result
    assert all(holds(each) for each in wanted), row
    return equations == wanted and final[0] == str(value)


def test_a_solution_is_called_correct_exactly_if_recomputing_it_from_the_question_agrees() -> None:
    seen: Counter[str] = Counter()
    for row in (row for group in groups(700) for row in group):
        assert solved_right(row) == (row.error_type == "correct"), row
        seen[row.defect] += 1
    assert set(seen) >= {"none", "wrong_result", "wrong_step", "wrong_operation", "wrong_number",
                         "wrong_answer", "wrong_length", "other_question"}  # fmt: skip
    assert min(seen.values()) > 20, seen


def test_an_error_type_says_what_is_wrong() -> None:
    for row in (row for group in groups(400, seed=1) for row in group):
        sums = all(map(holds, EQUATION.findall(row.solution)))
        assert sums == (row.error_type != "computational"), row


def test_the_flawed_solutions_of_a_group_have_the_words_and_numbers_of_its_right_ones() -> None:
    for group in groups(400, seed=2):
        sides: defaultdict[bool, Counter[str]] = defaultdict(Counter)
        questions: defaultdict[bool, Counter[str]] = defaultdict(Counter)
        for row in group:
            sides[row.error_type == "correct"].update(row.solution.split())
            questions[row.error_type == "correct"][row.question] += 1
        assert sides[True] == sides[False]
        assert questions[True] == questions[False]


def test_problems_have_many_layouts_and_numbers_up_to_three_digits() -> None:
    rows = [row for group in groups(400, seed=3) for row in group]
    assert {row.layout for row in rows} == set(SOLUTION_LAYOUTS)
    assert len(SOLUTION_LAYOUTS) >= 5
    assert {row.scene for row in rows} == {scene.name for scene in SCENES}
    numbers = [int(each) for row in rows for each in re.findall(r"\d+", row.question)]
    digits = Counter(len(str(number)) for number in numbers)
    assert max(numbers) <= 999
    assert min(digits[1], digits[2], digits[3]) > 100, digits
    assert {row.steps for row in rows} == {1, 2, 3}
    assert all(row.question[0].isupper() or row.scene == "ledger" for row in rows)


def test_labels_are_even_in_every_split_and_say_what_the_error_type_says() -> None:
    splits = make_worked_splits(SMALL)
    assert {name: len(rows) for name, rows in splits.items()} == {
        "train": 400,
        "validation": 80,
        "test": 80,
    }
    for rows in splits.values():
        assert Counter(row["label"] for row in rows) == {0: len(rows) // 2, 1: len(rows) // 2}
        assert all((row["label"] == 0) == (row["error_type"] == "correct") for row in rows)
        assert all(row["completion"][0]["content"] == str(row["label"]) for row in rows)
    assert {row["error_type"] for row in splits["test"]} == set(ERROR_TYPES)


def test_rows_of_a_group_are_learned_next_to_each_other_and_measured_apart() -> None:
    splits = make_worked_splits(SMALL)
    following = {
        name: sum(one["group"] == next_["group"] for one, next_ in itertools.pairwise(rows))
        for name, rows in splits.items()
    }
    assert following["train"] == 300  # of 399: groups are fours
    assert following["validation"] < 20


def test_no_question_is_in_two_splits() -> None:
    splits = make_worked_splits(SMALL)
    questions = [{row["question"].casefold() for row in rows} for rows in splits.values()]
    assert sum(map(len, questions)) == len(set().union(*questions))


def test_a_group_that_is_drawn_again_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from train import worked_rows

    few = groups(12, seed=4)
    monkeypatch.setattr(worked_rows, "draw_group", lambda rng: rng.choice(few))
    splits = make_worked_splits(DataConfig(task="verifier", n_train=36, n_eval=4, n_test=4))
    asked = Counter(row["question"] for rows in splits.values() for row in rows)
    assert set(asked.values()) == {2}  # once with either label, in one split
    assert sum(asked.values()) == 44


def test_a_question_of_the_suite_is_never_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    from train import worked_rows
    from train.leakage import read_prompt

    first = make_worked_splits(SMALL)["train"][0]
    turns = [(each["role"], each["content"].upper()) for each in first["prompt"]]
    monkeypatch.setattr(worked_rows, "suite_prompts", lambda: [read_prompt("case_1", turns)])
    rows = [row for rows in make_worked_splits(SMALL).values() for row in rows]
    assert first["question"] not in {row["question"] for row in rows}
    assert len(rows) == 560


def test_rows_are_laid_out_as_the_suite_asks() -> None:
    layout = TASKS["verifier"].layout
    assert layout is not None
    for row in make_worked_splits(SMALL)["validation"]:
        parts = {name: row[name] for name in ("question", "solution")}
        assert row["prompt"] == layout.fill(parts)
        assert row["prompt"][0]["content"].startswith("### Problem:\n")


def auc(rows: dict[str, list[dict[str, Any]]], text: Any, words: tuple[int, int]) -> float:
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    # `\S+` also counts single digits and signs, which the default leaves out
    best = 0.0
    for pattern in (r"(?u)\b\w\w+\b", r"\S+"):
        counter = CountVectorizer(ngram_range=words, token_pattern=pattern)
        counts = counter.fit_transform([text(row) for row in rows["train"]])
        model = LogisticRegression(max_iter=200).fit(
            counts, [row["label"] for row in rows["train"]]
        )
        rated = model.decision_function(counter.transform([text(row) for row in rows["test"]]))
        best = max(best, float(roc_auc_score([row["label"] for row in rows["test"]], rated)))
    return best


@pytest.fixture(scope="module")
def many() -> dict[str, list[dict[str, Any]]]:
    return make_worked_splits(DataConfig(task="verifier", n_train=4000, n_eval=2, n_test=1000))


@pytest.mark.parametrize("words", [(1, 1), (1, 2)], ids=["words", "pairs"])
@pytest.mark.parametrize("with_question", [False, True], ids=["solution", "question_and_solution"])
def test_a_logistic_regression_on_counts_of_words_cannot_verify(
    many: dict[str, list[dict[str, Any]]], words: tuple[int, int], with_question: bool
) -> None:
    def text(row: dict[str, Any]) -> str:
        return f"{row['question']}\n{row['solution']}" if with_question else str(row["solution"])

    assert auc(many, text, words) <= 0.60


def test_a_word_that_gives_the_label_away_would_be_found(
    many: dict[str, list[dict[str, Any]]],
) -> None:
    told = {
        split: [row | {"solution": f"{row['solution']} {'hm' if row['label'] else 'ok'}"}
                for row in rows]
        for split, rows in many.items()
    }  # fmt: skip
    assert auc(told, lambda row: row["solution"], (1, 1)) > 0.95


def test_the_command_writes_three_splits_and_a_catalogue_of_all_rows(tmp_path: Path) -> None:
    options = ["--task", "verifier", "--n-train", "80", "--n-eval", "20", "--n-test", "30"]
    options.append("base=null")
    outputs = []
    for name in ("one", "two"):
        done = CliRunner().invoke(app, ["data", *options, "--out-dir", str(tmp_path / name)])
        assert done.exit_code == 0, done.output
        assert f"{tmp_path / name / 'catalogue.csv'}: all rows as a table" in done.output
        files = {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        outputs.append({key: files[key] for key in files if key != "README.md"})  # has the path
    assert outputs[0] == outputs[1]
    assert set(outputs[0]) == {"train.jsonl", "validation.jsonl", "test.jsonl", "catalogue.csv",
                               "stats.json", "stats.md"}  # fmt: skip
    with (tmp_path / "one" / "catalogue.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert tuple(table[0]) == COLUMNS == (
        "split", "index", "question", "solution", "label", "error_type")  # fmt: skip
    assert Counter(row["split"] for row in table) == {"train": 80, "validation": 20, "test": 30}
    last = json.loads((tmp_path / "one" / "test.jsonl").read_text().splitlines()[-1])
    assert table[-1] == {key: str(last[key]) for key in COLUMNS[2:]} | {
        "split": "test", "index": "29"}  # fmt: skip


def test_the_statistics_count_labels_and_hash_what_is_read(tmp_path: Path) -> None:
    stats = make_data(SMALL, tmp_path)
    facts = stats["splits"]["test"]
    assert facts["labels"] == {"0": 40, "1": 40}
    assert sum(facts["error_types"].values()) == 80
    rows = read_rows(tmp_path / "test.jsonl", "verifier")
    assert canonical_sha256(rows) == facts["canonical_sha256"]
    assert {row.completion for row in rows} == {"0", "1"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--task", "verifier", "--n-test", "0"], "n_test"),
        (["--task", "format", "--n-test", "5"], "n_test is of verifier and math"),
        (["--task", "verifier", "--hard-negative-prob-train", "0.1"], "is of task format"),
        (["--task", "verifer"], "verifier"),
        (["--task", "math", "curriculum=0.5"], "curriculum is of verifier"),
    ],
    ids=["no rows", "another task", "a mix", "a slip", "no stages"],
)
def test_bad_options_are_told(options: list[str], message: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["data", *options, "--out-dir", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert message in done.output
    assert not (tmp_path / "out").exists()


def test_a_curriculum_begins_with_one_check_after_the_other_in_short_problems() -> None:
    splits = make_worked_splits(SMALL.model_copy(update={"curriculum": 0.5}))
    rows, plain = splits["train"], make_worked_splits(SMALL)
    assert len(rows) == 400
    stages = [rows[0:44], rows[44:108], rows[108:172], rows[172:200], rows[200:]]
    defects = [{row["tags"][1] for row in stage} - {"none"} for stage in stages]
    assert defects[0] == {"wrong_operation"}
    assert defects[1] == {"wrong_operation", "wrong_answer", "wrong_step"}
    assert "wrong_length" in defects[2]
    assert "wrong_result" not in defects[2] | defects[3]
    assert "wrong_result" in defects[4]
    longest = [max(len(row["question"] + row["solution"]) for row in stage) for stage in stages]
    assert longest[0] <= 110
    assert longest[1] <= 110 < longest[2] <= 140 < longest[3]
    for stage in stages:
        assert Counter(row["label"] for row in stage) == {0: len(stage) // 2, 1: len(stage) // 2}
    for split in ("validation", "test"):
        assert [row["label"] for row in splits[split]] == [row["label"] for row in plain[split]]
