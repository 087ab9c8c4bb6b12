"""Flawed solutions of hand-written problems: flawed as they say, and told by no operation."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from fractions import Fraction

import pytest

from train.bank_errors import draw_bank_group
from train.planted_errors import WEIGHTS, Solved

EQUATION = re.compile(r"(\d+) ([-+*/]) (\d+) = (\d+)")
NUMBER = re.compile(r"(\d+)\D*\Z")


def groups(count: int, **weights: float) -> list[list[Solved]]:
    rng = random.Random(str(weights))
    return [draw_bank_group(rng, weights or None) for _ in range(count)]


def holds(equation: tuple[str, ...]) -> bool:
    left, operation, right, result = equation
    a, b = Fraction(left), Fraction(right)
    return {"+": a + b, "-": a - b, "*": a * b, "/": a / b}[operation] == int(result)


def final(row: Solved) -> int:
    found = NUMBER.search(row.solution)
    assert found is not None, row
    return int(found[1])


def test_right_solutions_hold_and_end_with_their_last_result() -> None:
    for row in (row for group in groups(400) for row in group[::2]):
        equations = EQUATION.findall(row.solution)
        assert (row.error_type, row.defect) == ("correct", "none")
        assert len(equations) == row.steps
        assert all(map(holds, equations)), row
        assert final(row) == int(equations[-1][3])


def test_flawed_solutions_differ_from_the_right_one_as_their_defect_says() -> None:
    seen: Counter[str] = Counter()
    for group in groups(600):
        for right, flawed in zip(group[::2], group[1::2], strict=True):
            assert right.question == flawed.question
            assert flawed.error_type != "correct"
            good, bad = (EQUATION.findall(each.solution) for each in (right, flawed))
            sums = all(map(holds, bad))
            assert sums == (flawed.error_type != "computational"), flawed
            if flawed.defect in ("wrong_step", "wrong_answer"):
                assert (final(right) == final(flawed)) == (flawed.defect == "wrong_step"), flawed
            elif flawed.defect == "wrong_length":
                assert bad == good[:-1]
            elif flawed.defect == "wrong_operation":
                assert sum(a[1] != b[1] for a, b in zip(good, bad, strict=True)) == 1, flawed
            else:
                assert flawed.defect in ("wrong_result", "wrong_number")
                assert final(right) != final(flawed)
            seen[flawed.defect] += 1
    assert set(seen) == set(WEIGHTS) - {"other_question"}
    assert min(seen.values()) > 20, seen


def test_two_questions_of_a_group_differ_in_one_number_and_swap_their_flaws() -> None:
    pairs = groups(200, wrong_number=1)
    assert all(len(group) == 4 for group in pairs)
    for first, first_flawed, second, second_flawed in pairs:
        words = [row.question.split() for row in (first, second)]
        differing = [pair for pair in zip(*words, strict=False) if pair[0] != pair[1]]
        assert len(words[0]) == len(words[1])
        assert len(differing) == 1, differing
        assert first_flawed.solution == second.solution
        assert second_flawed.solution == first.solution


def test_no_operation_is_more_often_in_flawed_solutions() -> None:
    counts: defaultdict[str, Counter[bool]] = defaultdict(Counter)
    for row in (row for group in groups(3000, wrong_operation=1) for row in group):
        for _, operation, _, _ in EQUATION.findall(row.solution):
            counts[operation][row.error_type == "correct"] += 1
    for operation, count in counts.items():
        assert 0.85 < count[True] / count[False] < 1.18, (operation, counts)


@pytest.mark.parametrize("defect", sorted(WEIGHTS))
def test_every_defect_can_be_asked_for(defect: str) -> None:
    found = {row.defect for group in groups(20, **{defect: 1}) for row in group[1::2]}
    assert found == {"wrong_number" if defect == "other_question" else defect}
