"""Word problems of the bank: their numbers are in the text, their solutions hold, none is twice."""

from __future__ import annotations

import random
import re

import pytest

from train.ability_math import OPERATIONS
from train.problem_bank import (
    MOST,
    BankProblem,
    Calculation,
    draw_bank_problem,
    problems,
    solve,
)
from train.spoken import plain, spell

ALL = (*problems("train"), *problems("eval"))
KNOWN = {1, 2, 3, 4, 7, 10, 12, 24, 30, 52, 60, 100, 1000}
"""What a solution may use without being told: halves, days, dozens, hours, months, minutes …"""


def test_the_bank_is_large_and_no_two_splits_share_a_problem() -> None:
    assert len(ALL) >= 200
    assert len({problem.text for problem in ALL}) == len(ALL)
    assert 0.05 < len(problems("eval")) / len(ALL) < 0.15
    assert problems("eval") == problems("test")
    lengths = [len(problem.calculations) for problem in ALL]
    assert set(lengths) == {1, 2, 3}
    assert min(lengths.count(steps) for steps in (1, 2, 3)) >= 30


@pytest.mark.parametrize("problem", ALL, ids=lambda problem: problem.text[:40])
def test_every_number_of_a_solution_is_told_found_or_known(problem: BankProblem) -> None:
    for seed in range(4):
        text, steps = draw_bank_problem(random.Random(seed), problem)
        said = set(map(int, re.findall(r"\d+", text.replace(",", ""))))
        said |= {number for number in range(100) if re.search(rf"\b{spell(number)}\b", text, re.I)}
        said |= {12} if "dozen" in text else set()
        for step in steps:
            assert {step.left, step.right} <= said | KNOWN, (text, step)
            assert OPERATIONS[step.operation](step.left, step.right) == step.result <= MOST
            assert step.operation != "/" or step.left % step.right == 0
            said.add(step.result)
            assert not set("{}[]|") & set(f"{text}{step.note}"), (text, step)
            assert not re.search(r"\d|:", step.note), step.note
        assert text.endswith((".", "?"))
        assert steps[-1].result not in told_results(text), text


def told_results(text: str) -> set[int]:
    """Numbers after an equals sign: the text should not calculate."""
    return {int(each) for each in re.findall(r"= (\d+)", text)}


def test_operands_are_slots_earlier_results_and_numbers() -> None:
    values = {"a": plain(12), "k": plain("50"), "n": plain("Ada")}
    lines = (Calculation("x", "a", "*", "3"), Calculation("y", "k", "-", "#1"))
    steps = solve(lines, values)
    assert steps is not None
    assert [(s.left, s.operation, s.right, s.result) for s in steps] == [
        (12, "*", 3, 36),
        (50, "-", 36, 14),
    ]


@pytest.mark.parametrize(
    ("left", "operation", "right"),
    [(3, "-", 3), (3, "-", 9), (10, "/", 3), (13, "*", 17), (390, "/", 13), (1500, "+", 700)],
    ids=["nothing", "negative", "fraction", "two long factors", "long divisor", "too large"],
)
def test_numbers_that_do_not_work_out_are_drawn_again(
    left: int, operation: str, right: int
) -> None:
    values = {"a": plain(left), "b": plain(right)}
    assert solve((Calculation("x", "a", operation, "b"),), values) is None


def test_long_factors_of_whole_tens_are_easy() -> None:
    values = {"a": plain(13), "b": plain(20)}
    assert solve((Calculation("x", "a", "*", "b"),), values) is not None
