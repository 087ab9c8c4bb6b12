"""The math task from its cases to the exit status, through the real command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from suite.case import Case
from suite.generation import Generation
from suite.math_score import score_math
from suite.run_folder import read_folder
from tests.toy_math import EXAMPLES, QUESTIONS, RIGHT, answer, ask, judge, make_toy, write_rows
from tests.toy_project import ToyProject, outcomes

GSM8K = {
    "question": "Natalia sold clips to 48 friends in April, and half as many in May. How many?",
    "answer": "Natalia sold 48/2 = <<48/2=24>>24 clips in May.\n48+24 = <<48+24=72>>72\n#### 72",
}


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    return make_toy(pytester, monkeypatch)


def run_rows(toy: ToyProject, *arguments: str) -> pytest.RunResult:
    """Run without the toy's own cases, which `--cases-file` takes the place of."""
    options = ("-p", "fixtures.plugin", "--models", "models.yaml", "--gates", "gates.yaml")
    return toy.pytester.runpytest(*options, "-m", "math", "--flips=gate", *arguments)


def run_folder(toy: ToyProject) -> Path:
    return max((toy.path / ".suite" / "runs").iterdir(), key=lambda path: path.stat().st_mtime_ns)


def summary(toy: ToyProject) -> Any:
    (part,) = json.loads((run_folder(toy) / "run.json").read_text())["summary"]
    return part


def asked(toy: ToyProject) -> dict[str, list[str]]:
    """Return by case id the turns that the last run asked."""
    cases = read_folder(run_folder(toy)).cases()
    return {
        case.id: [f"{turn.role}: {turn.content}" for turn in case.messages]
        for case in cases.values()
    }


def test_wrong_answers_and_answers_that_are_not_found_are_counted_apart(toy: ToyProject) -> None:
    answer(toy, c00="It is 26.", c01="So it is minus 8 degrees.", c02="I do not know.")
    result = toy.run("--flips=gate")
    found = {name: (rate["count"], rate["n"]) for name, rate in summary(toy)["rates"].items()}
    assert found == {
        "flexible_exact_match": (2, 4),
        "strict_exact_match": (1, 4),
        "flexible_extraction_failure_rate": (1, 4),
        "strict_extraction_failure_rate": (3, 4),
    }
    result.stdout.fnmatch_lines(["*flexible_exact_match * 0.500 (2/4, 95% *", "*no_number * 1"])
    result.stdout.fnmatch_lines(["*wrong_answer * 1"])


def test_rates_are_told_by_steps_and_by_kind_of_answer(toy: ToyProject) -> None:
    answer(toy, c01="It is 8.")
    toy.run("--flips=gate")
    groups = summary(toy)["groups"]
    rates = {
        tag: (of["flexible_exact_match"]["count"], of["flexible_exact_match"]["n"])
        for tag, of in groups["steps"].items()
    }
    assert rates == {"steps_1": (1, 2), "steps_2": (1, 1), "steps_3": (1, 1)}
    assert set(groups["answer"]) == {"integer", "negative", "decimal", "fraction"}


def test_the_reason_and_both_numbers_are_in_the_message_of_a_failure(toy: ToyProject) -> None:
    answer(toy, c02="It is 6.5.", c03="<think>Well, 3/4")
    result = toy.run()
    result.stdout.fnmatch_lines(
        ["*wrong_answer: expected 6.05, got 6.5*", "*unfinished_thinking: expected 0.75, got *"]
    )


@pytest.mark.parametrize(
    ("gate", "outcome"),
    {
        "met": ({"flexible_exact_match_min": {"value": 0.75, "reason": "r"}}, "passed"),
        "missed": ({"strict_exact_match_min": {"value": 0.75, "reason": "r"}}, "failed"),
        "failures": (
            {"flexible_extraction_failure_rate_max": {"value": 0.2, "reason": "r"}},
            "failed",
        ),
    }.values(),
    ids=["met", "missed", "failures"],
)
def test_gates_take_every_metric(
    toy: ToyProject, tmp_path: Path, gate: dict[str, Any], outcome: str
) -> None:
    judge(toy, **gate)
    answer(toy, c00="Twelve or so.", c01="It is -8.")
    junit = tmp_path / "junit.xml"
    result = toy.run("--flips=gate", "--snapshot-update", f"--junit-xml={junit}")
    (name,) = gate
    assert outcomes(junit)[f"{name}[toy]"] == outcome
    assert result.ret == (outcome == "failed")


def test_a_loss_is_held_against_the_baseline(toy: ToyProject) -> None:
    toy.run("--snapshot-update").assert_outcomes(passed=5)
    answer(toy, c00="It is 25.\n#### 25")
    result = toy.run()
    result.stdout.fnmatch_lines(["*broke*c00*"])


def test_rows_like_gsm8k_are_judged_by_the_number_of_their_solution(toy: ToyProject) -> None:
    other = {"question": "Weng earns $12 an hour. What for 50 minutes?", "answer": "#### 10"}
    write_rows(toy, "gsm8k.jsonl", GSM8K, other)
    answer(toy, row_000001="She sold 72.\n\nQuestion: Tom?\n#### 5", row_000002="It is $10.00.")
    result = run_rows(toy, "--cases-file=gsm8k.jsonl")
    assert summary(toy)["rates"]["flexible_exact_match"]["count"] == 2
    result.stdout.fnmatch_lines(["math  2 cases, gsm8k.jsonl*"])
    (turn,) = asked(toy)["row_000001"]
    assert turn.endswith(f"Question: {GSM8K['question']}\nAnswer:")
    assert "72" not in turn
    run_rows(toy, "--cases-file=gsm8k.jsonl", "--limit=1")
    assert summary(toy)["rates"]["flexible_exact_match"]["n"] == 1


def test_chat_rows_are_judged_by_what_their_assistant_says(toy: ToyProject) -> None:
    turns = [{"role": "user", "content": "6 * 4?"}, {"role": "assistant", "content": "#### 24"}]
    write_rows(toy, "rows.jsonl", {"messages": turns}, {"prompt": "6 * 5?", "expected": 30})
    answer(toy, row_000001="24", row_000002="30")
    run_rows(toy, "--cases-file=rows.jsonl")
    assert summary(toy)["rates"]["flexible_exact_match"]["count"] == 2


def test_all_broken_rows_are_told_with_their_lines(toy: ToyProject) -> None:
    write_rows(
        toy, "rows.jsonl", GSM8K, {"question": "A?", "answer": "many"},
        {"question": 3, "answer": "4"}, "{not json", {"answer": "4"}, {"question": "B?"},
        {"question": "C?", "answer": None},
    )  # fmt: skip
    result = run_rows(toy, "--cases-file=rows.jsonl")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    wants = "wants a number such as 24, -7.5 or 3/4, or a solution that ends in `#### N`"
    result.stderr.fnmatch_lines(
        [
            f"*rows.jsonl: line 2.answer: {wants}, got 'many'",
            "*rows.jsonl: line 3.question: expected a text, got 3",
            "*rows.jsonl: line 4: not strict JSON: *",
            "*rows.jsonl: line 5.question: missing",
            f"*rows.jsonl: line 6.answer: {wants}, got nothing",
            f"*rows.jsonl: line 7.answer: {wants}, got nothing",
        ]
    )


def test_examples_stand_before_each_case_and_are_part_of_its_hash(toy: ToyProject) -> None:
    toy.run("--flips=gate")
    plain, before = asked(toy), read_folder(run_folder(toy)).cases()
    toy.run("--flips=gate", "--num-fewshot=2")
    shown, after = asked(toy), read_folder(run_folder(toy)).cases()
    assert shown["c00"][-1:] == plain["c00"]
    assert [turn.split(":")[0] for turn in shown["c00"]] == [*["user", "assistant"] * 2, "user"]
    assert shown["c00"][0].endswith(f"Question: {EXAMPLES[0]['question']}\nAnswer:")
    assert shown["c00"][3] == f"assistant: {EXAMPLES[1]['completion']}"
    assert all(before[key].hash != after[key].hash for key in before)


def test_a_case_file_may_say_how_many_examples_and_an_option_overrides_it(toy: ToyProject) -> None:
    ask(toy, num_fewshot=1)
    toy.run("--flips=gate")
    assert len(asked(toy)["c00"]) == 3
    toy.run("--flips=gate", "--num-fewshot=0")
    assert len(asked(toy)["c00"]) == 1


def test_rows_take_examples_of_the_suite_or_of_a_file(toy: ToyProject) -> None:
    write_rows(toy, "rows.jsonl", GSM8K)
    write_rows(toy, "train.jsonl", {"question": "Own?", "answer": "1 + 1 = 2\n#### 2"})
    answer(toy, row_000001="72")
    run_rows(toy, "--cases-file=rows.jsonl", "--num-fewshot=8")
    assert len(asked(toy)["row_000001"]) == 17
    run_rows(toy, "--cases-file=rows.jsonl", "--num-fewshot=1", "--fewshot-file=train.jsonl")
    question, solution, _ = asked(toy)["row_000001"]
    assert question.endswith("Question: Own?\nAnswer:")
    assert solution == "assistant: 1 + 1 = 2\n#### 2"


def test_an_example_that_gives_a_case_away_is_refused(toy: ToyProject) -> None:
    given = {"question": f"  {QUESTIONS['c02'][0].upper()}", "answer": "#### 6.05"}
    write_rows(toy, "train.jsonl", {"question": "Own?", "answer": "#### 2"}, given)
    result = toy.run("--num-fewshot=2", "--fewshot-file=train.jsonl")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*example 2 asks what c02 asks, and gives its answer away"])
    assert toy.run("--num-fewshot=1", "--fewshot-file=train.jsonl", "--flips=gate").ret == 0


@pytest.mark.parametrize(
    ("options", "told"),
    {
        "too many": (["--num-fewshot=3"], "*3 examples are asked for, and there are 2"),
        "no number": (["--num-fewshot=-1"], "*expected a whole number, 0 or more, got '-1'"),
        "file alone": (["--fewshot-file=a.jsonl"], "*--num-fewshot N says how many*"),
        "split of no dataset": (["--dataset-split=test"], "*--dataset-split: goes with a dataset*"),
        "no such file": (["--cases-file=gsm8k.jsonl"], "*gsm8k.jsonl: cannot be read*"),
    }.values(),
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_options_that_cannot_be_followed_are_refused(
    toy: ToyProject, options: list[str], told: str
) -> None:
    arguments = ["-p", "fixtures.plugin", "--models", "models.yaml", "--gates", "gates.yaml"]
    if not options[0].startswith("--cases-file"):
        arguments += ["--cases", "cases"]
    result = toy.pytester.runpytest(*arguments, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([told])


@pytest.mark.parametrize(
    ("entry", "told"),
    {
        "no completion": ({"question": "A?"}, "completion: expected a text, got nothing"),
        "no question": ({"completion": "#### 1"}, "question: missing"),
        "unknown key": (
            {"question": "A?", "completion": "#### 1", "answr": "1"},
            "unknown key 'answr'; known: completion, prompt, question, solution",
        ),
        "no mapping": ("A?", "expected a mapping of keys to values, got 'A?'"),
    }.values(),
    ids=["completion", "question", "key", "mapping"],
)
def test_a_broken_example_is_told_with_its_place(toy: ToyProject, entry: Any, told: str) -> None:
    ask(toy, fewshot=[EXAMPLES[0], entry])
    result = toy.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    message = " ".join(result.stderr.str().split())
    assert "math.yaml: fewshot[1]" in message
    assert told in message


@pytest.mark.parametrize("number", [1, -7.5, "24", "3/4", "1,200"])
def test_any_expected_number_passes_as_it_is_written(number: Any) -> None:
    turn = {"role": "user", "content": "?"}
    case = Case.model_validate({"task": "math", "id": "a", "messages": [turn], "expected": number})
    score = score_math(case, Generation(f"#### {number}", "stop"))
    assert (score.passed, score.value, score.reason) == (True, 1.0, None)
    assert set(score.metrics.values()) == {0, 1}
    assert not score_math(case, Generation(f"#### {number}1", "stop")).passed


def test_what_the_toy_answers_is_right(toy: ToyProject) -> None:
    toy.run("--flips=gate").assert_outcomes(passed=len(RIGHT) + 1)
