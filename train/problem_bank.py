"""Word problems of the banks `train/phrases/problem_*.yaml`: hand-written, with drawn numbers.

A problem is a text with slots and the calculations that solve it, such as `euros left: k - #1`: a
note, an operation, and as operands slots, results of earlier calculations (`#1` is the first) or
numbers that everybody knows (7 days a week). Numbers are drawn anew until all of it works out.
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from train.ability_math import OPERATIONS, Step
from train.bank_text import said
from train.extraction_rows import HELD_OUT, Slot, draw_values, read_slot
from train.objects import load_phrases
from train.spoken import Spoken

MOST = 2000
"""No number of a calculation is larger."""

_EASY_FACTOR = 12
"""One of two factors, and a divisor, is at most this or a multiple of ten."""
_MOST_DRAWS = 400
_STEP = re.compile(r"([^:]+): (\w+|#\d) ([-+*/]) (\w+|#\d)")


@dataclass(frozen=True, slots=True)
class Calculation:
    """A line of a solution, before there are numbers."""

    note: str
    left: str
    operation: str
    right: str


@dataclass(frozen=True, slots=True)
class BankProblem:
    """One entry of the bank."""

    domain: str
    text: str
    slots: tuple[Slot, ...]
    calculations: tuple[Calculation, ...]


@functools.cache
def problems(split: str) -> tuple[BankProblem, ...]:
    """The problems of a split; `train` and the others share none."""
    return tuple(
        _read(entry)
        for number, entry in enumerate(load_phrases("problem"))
        if (number % HELD_OUT == HELD_OUT - 1) == (split != "train")
    )


def _read(entry: Mapping[str, Any]) -> BankProblem:
    slots = tuple(read_slot(name, spec) for name, spec in entry["slots"].items())
    steps = tuple(map(_read_step, entry["steps"]))
    return BankProblem(entry["domain"], entry["text"], slots, steps)


def _read_step(line: str) -> Calculation:
    found = _STEP.fullmatch(line)
    assert found, f"{line}: expected 'note: a + b'"
    return Calculation(*found.groups())


def draw_bank_problem(rng: random.Random, problem: BankProblem) -> tuple[str, tuple[Step, ...]]:
    """Draw the question of a problem, and its steps.

    Raises:
        AssertionError: No numbers of its slots work out.
    """
    for _ in range(_MOST_DRAWS):
        values = draw_values(rng, problem.slots)
        if steps := solve(problem.calculations, values):
            noted = tuple(
                Step(each.left, each.operation, each.right, each.result, said(rng, note, values))
                for each, note in zip(
                    steps, (line.note for line in problem.calculations), strict=True
                )
            )
            return said(rng, problem.text, values), noted
    raise AssertionError(f"no numbers work out: {problem.text}")


def solve(
    calculations: Sequence[Calculation], values: Mapping[str, Spoken]
) -> tuple[Step, ...] | None:
    """Calculate; None where a result is no positive whole number or a calculation is too hard."""
    steps: list[Step] = []
    for line in calculations:
        left, right = (_operand(name, values, steps) for name in (line.left, line.right))
        if min(left, right) < 1 or (line.operation == "/" and left % right):
            return None
        if not _is_easy(line.operation, left, right):
            return None
        result = OPERATIONS[line.operation](left, right)
        if not 0 < result <= MOST or max(left, right) > MOST:
            return None
        steps.append(Step(left, line.operation, right, result, line.note))
    return tuple(steps)


def _is_easy(operation: str, left: int, right: int) -> bool:
    factors = {"*": (left, right), "/": (right,)}.get(operation, (1,))
    return any(factor <= _EASY_FACTOR or factor % 10 == 0 for factor in factors)


def _operand(name: str, values: Mapping[str, Spoken], steps: Sequence[Step]) -> int:
    if name.startswith("#"):
        return steps[int(name[1:]) - 1].result
    return int(name if name.isdecimal() else values[name].json)  # of `pick` it is a text
