"""Flawed solutions of the hand-written problems of `train.problem_bank`.

Where two problems differ in one number, a group is as in `train.planted_errors`. A problem of the
bank is worded for one calculation, so a wrong operation has no second question to go with; there
each operation takes the place of another as often as the other its, so that none of them tells.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from train.ability_math import Step
from train.bank_text import said
from train.extraction_rows import draw_values
from train.planted_errors import WEIGHTS, Side, Solved, write_group
from train.problem_bank import BankProblem, Calculation, problems, solve
from train.spoken import Spoken, plain
from train.worked_problem import slip

_MOST_TRIES = 60
_MISTAKEN = (("+", "-"), ("+", "*"), ("-", "/"), ("*", "/"))
"""Operations that are taken for each other."""

_Group = tuple[tuple[Side, ...], int]
"""Questions, and the first step that differs."""


def draw_bank_group(rng: random.Random, weights: Mapping[str, float] | None = None) -> list[Solved]:
    """Draw one problem of the bank, or two that differ in a number; right and flawed take turns.

    Args:
        rng: The source of chance.
        weights: How often each defect is planted; None: as in every split. Those of a single
            number stand in for the solution of another question.
    """
    weights = WEIGHTS if weights is None else weights
    name = rng.choices(list(weights), list(weights.values()))[0]
    draw = _DRAWS.get(name, _change_number)
    while (group := draw(rng)) is None:
        pass
    sides, at = group
    return write_group(rng, "wrong_number" if name == "other_question" else name, sides, at)


def _any_problem(rng: random.Random) -> BankProblem:
    return rng.choice((*problems("train"), *problems("eval")))


def _tell(
    problem: BankProblem, calculations: tuple[Calculation, ...], values: Mapping[str, Spoken]
) -> tuple[Step, ...] | None:
    """The steps, with the words of these values in their notes."""
    steps = solve(calculations, values)
    if steps is None:
        return None
    rng = random.Random(0)  # the notes of two sides are the same words
    return tuple(
        replace(step, note=said(rng, line.note, values))
        for step, line in zip(steps, calculations, strict=True)
    )


def _change_number(rng: random.Random) -> _Group | None:
    """Two problems of which one number differs, and so do all results from there on."""
    problem = _any_problem(rng)
    lines = problem.calculations
    operands = [name for line in lines for name in (line.left, line.right)]
    once = [name for name in operands if operands.count(name) == 1 and not _is_fixed(name)]
    wording = rng.getrandbits(64)
    for _ in range(_MOST_TRIES):
        values = draw_values(rng, problem.slots)
        name = rng.choice(once) if once else None
        if name is None or not isinstance(values[name].json, int):
            return None
        changed = values | {name: plain(slip(rng, values[name].json))}
        own, other = _tell(problem, lines, values), _tell(problem, lines, changed)
        at = next(i for i, line in enumerate(lines) if name in (line.left, line.right))
        if own is None or other is None:
            continue
        if any(a.result == b.result for a, b in zip(own[at:], other[at:], strict=True)):
            continue
        texts = [said(random.Random(wording), problem.text, each) for each in (values, changed)]
        return (
            Side(texts[0], problem.domain, own, other),
            Side(texts[1], problem.domain, other, own),
        ), at
    return None


def _is_fixed(name: str) -> bool:
    return name.startswith("#") or name.isdecimal()


def _change_operation(rng: random.Random) -> _Group:
    """One problem, and its calculations with one operation taken for another."""
    there, instead = rng.sample(rng.choice(_MISTAKEN), 2)
    while True:  # with the same two operations, else those that work out seldom were rare
        problem = _any_problem(rng)
        lines = list(problem.calculations)
        places = [at for at, line in enumerate(lines) if line.operation == there]
        if not places:
            continue
        at = rng.choice(places)
        lines[at] = replace(lines[at], operation=instead)
        if group := _one_side(rng, problem, tuple(lines)):
            return group


def _leave_out_last(rng: random.Random) -> _Group | None:
    """One problem of which the last calculation is forgotten."""
    problem = _any_problem(rng)
    if len(problem.calculations) == 1:
        return None
    return _one_side(rng, problem, problem.calculations[:-1])


def _one_side(
    rng: random.Random, problem: BankProblem, lines: tuple[Calculation, ...]
) -> _Group | None:
    for _ in range(_MOST_TRIES):
        values = draw_values(rng, problem.slots)
        own, other = _tell(problem, problem.calculations, values), _tell(problem, lines, values)
        if own and other and own[-1].result != other[-1].result:
            return (Side(said(rng, problem.text, values), problem.domain, own, other),), 0
    return None


_DRAWS: Mapping[str, Callable[[random.Random], _Group | None]] = {
    "wrong_operation": _change_operation,
    "wrong_length": _leave_out_last,
}
"""By defect; all others are of a changed number."""
