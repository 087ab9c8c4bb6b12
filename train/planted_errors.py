"""Right and flawed solutions in groups that no count of words can tell apart.

A group is two problems that differ in one place, each with its right solution and with a flawed one
that takes the differing part from the other's. So the flawed solutions of a group hold the very
words and numbers of its right ones, and each question comes once with either label: what is left to
tell them apart is whether the solution fits the question and whether its sums are right.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from train.ability_math import Step
from train.solution_layouts import SOLUTION_LAYOUTS, write_solution
from train.worked_problem import (
    Problem,
    change_length,
    change_number,
    change_operation,
    draw_problem,
    solve,
)

ErrorType = Literal["correct", "conceptual", "computational", "others"]
ERROR_TYPES: tuple[ErrorType, ...] = ("correct", "conceptual", "computational", "others")


@dataclass(frozen=True, slots=True)
class Solved:
    """A question with a worked solution."""

    question: str
    solution: str
    error_type: ErrorType
    defect: str
    """What was planted, such as `wrong_result`; `none` in a right solution."""
    layout: str
    """Of the solution."""
    scene: str
    steps: int
    """Of the right solution."""


_Worked = tuple[tuple[Step, ...], int]
"""Calculations and answer."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two problems with their steps, and where these part."""

    left: Problem
    right: Problem
    left_steps: tuple[Step, ...]
    right_steps: tuple[Step, ...]
    at: int = 0


def _by_number(rng: random.Random) -> _Pair | None:
    """Two problems of which one number differs, and so do all results from there on."""
    problem = draw_problem(rng)
    steps = solve(problem)
    for other, at in change_number(rng, problem):
        others = solve(other)
        if steps and others and _differ_from(steps, others, at):
            return _Pair(problem, other, steps, others, at)
    return None


def _differ_from(steps: tuple[Step, ...], others: tuple[Step, ...], at: int) -> bool:
    pairs = list(zip(steps, others, strict=True))[at:]
    return all(one.result != other.result for one, other in pairs)


def _by_operation(rng: random.Random) -> _Pair | None:
    """Two problems of which one sentence asks for another calculation with the same numbers."""
    problem = draw_problem(rng)
    steps = solve(problem)
    for other in change_operation(rng, problem):
        others = solve(other)
        if steps and others and steps[-1].result != others[-1].result:
            return _Pair(problem, other, steps, others)
    return None


def _by_length(rng: random.Random) -> _Pair | None:
    """A problem, and the same one in which one of its numbers says nothing of the question."""
    problem = draw_problem(rng)
    steps = solve(problem)
    for other in change_length(rng, problem):
        others = solve(other)
        if steps and others and steps[-1].result != others[-1].result:
            return _Pair(problem, other, steps, others)
    return None


def _by_question(rng: random.Random) -> _Pair | None:
    """Two problems of the same number of steps that have nothing to do with each other."""
    problem, other = draw_problem(rng), draw_problem(rng)
    steps, others = solve(problem), solve(other)
    if not steps or not others or len(steps) != len(others) or problem.scene is other.scene:
        return None
    if steps[-1].result == others[-1].result:
        return None
    return _Pair(problem, other, steps, others)


def _carry_wrong_result(own: tuple[Step, ...], other: tuple[Step, ...], at: int) -> _Worked:
    """A wrong result that all later steps go on with."""
    wrong = replace(own[at], result=other[at].result)
    return (*own[:at], wrong, *other[at + 1 :]), other[-1].result


def _write_wrong_result(own: tuple[Step, ...], other: tuple[Step, ...], at: int) -> _Worked:
    """A wrong result in one step; the others are as they should be."""
    wrong = replace(own[at], result=other[at].result)
    return (*own[:at], wrong, *own[at + 1 :]), own[-1].result


def _say_other_answer(own: tuple[Step, ...], other: tuple[Step, ...], at: int) -> _Worked:
    return own, other[-1].result


def _take_other_steps(own: tuple[Step, ...], other: tuple[Step, ...], at: int) -> _Worked:
    return other, other[-1].result


@dataclass(frozen=True, slots=True)
class _Defect:
    error_type: ErrorType
    weight: int
    draw: Callable[[random.Random], _Pair | None]
    plant: Callable[[tuple[Step, ...], tuple[Step, ...], int], _Worked]
    whole: bool = False
    """Whether the units of the other solution come along."""


_DEFECTS = {
    "wrong_result": _Defect("computational", 15, _by_number, _carry_wrong_result),
    "wrong_step": _Defect("computational", 20, _by_number, _write_wrong_result),
    "wrong_operation": _Defect("conceptual", 35, _by_operation, _take_other_steps),
    "wrong_number": _Defect("others", 10, _by_number, _take_other_steps),
    "wrong_answer": _Defect("others", 8, _by_number, _say_other_answer),
    "wrong_length": _Defect("others", 8, _by_length, _take_other_steps, whole=True),
    "other_question": _Defect("others", 4, _by_question, _take_other_steps, whole=True),
}


WEIGHTS = {name: float(defect.weight) for name, defect in _DEFECTS.items()}
"""Of the defects; by error type they add up to computational 35, conceptual 35, others 30."""


def draw_group(rng: random.Random, weights: Mapping[str, float] | None = None) -> list[Solved]:
    """Draw two problems, each with a right and a flawed solution: right, flawed, right, flawed.

    Args:
        rng: The source of chance.
        weights: How often each defect is planted; None: as in every split.
    """
    weights = WEIGHTS if weights is None else weights
    name = rng.choices(list(weights), list(weights.values()))[0]
    defect = _DEFECTS[name]
    while (pair := defect.draw(rng)) is None:
        pass
    layout = rng.choice(sorted(SOLUTION_LAYOUTS))
    sides = (
        (pair.left, pair.left_steps, pair.right_steps),
        (pair.right, pair.right_steps, pair.left_steps),
    )
    found: list[Solved] = []
    for problem, own, other in sides:
        units = [step.note for step in own]
        borrowed = [step.note for step in other] if defect.whole else units
        flawed = defect.plant(own, other, pair.at)
        for error_type, planted, (steps, answer), written in (
            ("correct", "none", (own, own[-1].result), units),
            (defect.error_type, name, flawed, borrowed),
        ):
            text = write_solution(steps, answer, SOLUTION_LAYOUTS[layout], written)
            found.append(
                Solved(
                    problem.text, text, error_type, planted, layout, problem.scene.name, len(own)
                )
            )
    return found
