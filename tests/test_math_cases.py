"""The committed cases of the math task: sound, distinct, and never seen in training."""

from __future__ import annotations

import random
import re
from collections import Counter
from fractions import Fraction
from itertools import permutations
from pathlib import Path

import pytest

from suite.case import Case
from suite.case_files import load_task_file
from suite.generation import Generation
from suite.math_number import read_number
from suite.math_score import score_math
from suite.tasks import TASKS
from tests.test_format_cases import LARGEST_SHARE, five_grams
from train.ability_math import draw_problem

FILE = load_task_file(Path(__file__).parents[1] / "suite" / "cases" / "math.yaml")
CASES = FILE.cases
STEPS, KINDS = (TASKS["math"].groups[kind] for kind in ("steps", "answer"))
FORMS = {
    "integer": r"\d+",
    "decimal": r"\d+\.\d+",
    "fraction": r"\d+/\d+",
    "negative": r"-\d+",
}
EQUATION = re.compile(r"((?:-?\d[\d.]*(?: ?[-+*/] ?)?)+) = (-?\d[\d./]*\d|-?\d)")
"""Arithmetic of the solutions: `2/3 / 2 = 1/3`."""


def lines_with_steps(solution: str) -> list[str]:
    return [line for line in solution.splitlines() if "=" in line]


def work_out(arithmetic: str) -> Fraction:
    exact = re.sub(r"\d+(?:\.\d+)?", r'Fraction("\g<0>")', arithmetic)
    value = eval(exact, {"Fraction": Fraction, "__builtins__": {}})  # our own file, digits only
    assert isinstance(value, Fraction)
    return value


def test_there_are_150_cases_of_one_to_three_steps() -> None:
    assert len(CASES) == 150
    assert all(sum(tag in STEPS for tag in case.tags) == 1 for case in CASES)
    assert Counter(tag for case in CASES for tag in case.tags if tag in STEPS) == {
        "steps_1": 60, "steps_2": 60, "steps_3": 30,
    }  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_is_what_its_tags_say(case: Case) -> None:
    (kind,) = (tag for tag in case.tags if tag in KINDS)
    assert re.fullmatch(FORMS[kind], case.expected)
    (steps,) = (tag for tag in case.tags if tag in STEPS)
    assert len(lines_with_steps(case.inputs["solution"])) == int(steps[-1])


@pytest.mark.parametrize(
    "solution",
    [case.inputs["solution"] for case in CASES] + [answer.content for _, answer in FILE.examples],
)
def test_every_step_of_a_solution_is_right_and_the_last_is_the_answer(solution: str) -> None:
    steps = lines_with_steps(solution)
    found = [EQUATION.search(step) for step in steps]
    assert all(found), steps
    for step in found:
        assert step is not None
        assert work_out(step[1]) == work_out(step[2]), step[0]
        last = work_out(step[2])
    assert solution.splitlines()[-1].removeprefix("#### ") == solution.rpartition("#### ")[2]
    assert read_number(solution.rpartition("#### ")[2]) == last


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_only_the_right_number_passes(case: Case) -> None:
    assert score_math(case, Generation(case.inputs["solution"], "stop")).passed
    expected = read_number(case.expected)
    assert expected is not None
    for wrong in (expected + 1, -expected, expected / 10):
        assert not score_math(case, Generation(f"#### {wrong}", "stop")).passed


def test_no_case_gives_its_answer_away() -> None:
    assert not [case.id for case in CASES if case.inputs["solution"] in case.prompt_text]


def test_no_question_shares_much_with_another() -> None:
    questions = {case.id: case.inputs["question"] for case in CASES}
    shown = {f"example {n}": turn.content for n, (turn, _) in enumerate(FILE.examples)}
    layout = TASKS["math"].layout
    assert layout is not None
    head = layout.prompt.partition("{question}")[0]
    shown = {name: text.removeprefix(head) for name, text in shown.items()}
    grams = {name: five_grams(text) for name, text in (questions | shown).items()}
    shares = {
        pair: share
        for pair in permutations(grams, 2)
        if (share := len(grams[pair[0]] & grams[pair[1]]) / len(grams[pair[0]])) > LARGEST_SHARE
    }
    assert not shares


def test_no_question_shares_much_with_1000_generated_ones() -> None:
    rng = random.Random(0)
    made = [five_grams(draw_problem(rng).text) for _ in range(1000)]
    for case in CASES:
        own = five_grams(case.inputs["question"])
        assert max(len(own & other) / len(own) for other in made) <= LARGEST_SHARE, case.id
