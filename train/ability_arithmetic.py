"""Rows of bare sums and of checks of bare sums: the facts behind the word problems."""

from __future__ import annotations

import random

from train.ability_math import OPERATIONS
from train.ability_verifier import RIGHT, WRONG, slip
from train.rows import Row

_RAW_SHARE = 0.35

# fmt: off
_SUMS = (
    "{e} =", "{e} = ?", "What is {e}?", "Calculate {e}.", "Compute: {e}", "{e}", "How much is {e}?",
    "Work out {e}", "Give only the result of {e}.", "Solve {e}", "Tell me {e}, please.",
    "I need the value of {e}.", "Result of {e}?", "Evaluate {e} and answer with the number.",
)
_RAW_SUMS = ("{e} =", "{e} =", "Q: {e}\nA:", "Question: What is {e}?\nAnswer:", "Calculate: {e} =")
_GAPS = (
    "Which number is missing? {g}", "Fill in the blank: {g}", "{g} What goes in the gap?",
    "Find the missing number: {g}",
)
_CHECKS = (
    "is {l} right? 0 for right, 1 for wrong", "Is {l} correct? Answer 0 for yes and 1 for no.",
    "Check: {l}\n0 = right, 1 = wrong.",
    "{l}\nRight (0) or wrong (1)?",
    "Does {l} contain a mistake? 1 for yes, 0 for no.",
    "Label this sum 0 (right) or 1 (wrong): {l}",
    "Somebody wrote {l}. Reply 1 if that is an error, otherwise 0.",
    "Verify {l} (0 right, 1 wrong)",
    "Give 0 if the calculation is right and 1 if it is wrong.\n{l}",
    "{l} - true or false? Write 0 if it is true and 1 if it is false.",
)
_RAW_CHECKS = (
    "{l}\nLabel (0 right, 1 wrong):", "### Solution:\n{l}\n### Label:",
    "Check: {l}\nRight (0) or wrong (1):",
)
_CHECK_LISTS = (
    "{l}\nAre all lines right (0), or is one wrong (1)?",
    "Check each line. Answer 0 if all are right and 1 if any is wrong.\n{l}",
    "0 = no mistake, 1 = a mistake somewhere:\n{l}",
)
# fmt: on


def _operands(rng: random.Random) -> tuple[int, str, int]:
    """Two operands and an operation whose result is a whole number from 0 to 999."""
    operation = rng.choice("++--**/")
    size = rng.choice((9, 20, 99, 99, 499))
    if operation == "+":
        return rng.randint(0, size), "+", rng.randint(0, size)
    if operation == "-":
        right = rng.randint(0, size)
        return right + rng.randint(0, size), "-", right
    digit, factor = rng.randint(2, 9), rng.randint(1, min(size, 110))
    if operation == "/":
        return digit * factor, "/", digit
    return (digit, "*", factor) if rng.random() < 0.5 else (factor, "*", digit)


def _line(rng: random.Random, wrong: bool) -> str:
    left, operation, right = _operands(rng)
    result = OPERATIONS[operation](left, right)
    return f"{left} {operation} {right} = {slip(rng, result) if wrong else result}"


def _gap(rng: random.Random) -> tuple[str, str]:
    """A calculation with one operand blanked out, and that operand."""
    while True:
        left, operation, right = _operands(rng)
        if operation in "+-" or min(left, right) > 0:
            break
    result = OPERATIONS[operation](left, right)
    if rng.random() < 0.5:
        return f"_ {operation} {right} = {result}", str(left)
    return f"{left} {operation} _ = {result}", str(right)


def _check(rng: random.Random, raw: bool) -> Row:
    wrong = rng.random() < 0.5
    label = WRONG if wrong else RIGHT
    count = rng.randint(2, 3) if rng.random() < 0.3 else 1
    bad = rng.randrange(count)
    lines = "\n".join(_line(rng, wrong and number == bad) for number in range(count))
    layouts = _RAW_CHECKS if raw else _CHECKS if count == 1 else _CHECK_LISTS
    prompt = rng.choice(layouts).format(l=lines)
    return Row((("user", prompt),), label, "arithmetic", "sum", ("check",), raw)


def arithmetic_row(rng: random.Random) -> Row:
    """Make a row with a bare sum to work out, a gap to fill, or finished sums to check."""
    raw = rng.random() < _RAW_SHARE
    kind = rng.random()
    if kind < 0.45:
        return _check(rng, raw)
    if kind < 0.52:
        gap, answer = _gap(rng)
        prompt = f"{gap}\n_ =" if raw else rng.choice(_GAPS).format(g=gap)
        return Row((("user", prompt),), answer, "arithmetic", "sum", ("gap",), raw)
    left, operation, right = _operands(rng)
    sum_, result = f"{left} {operation} {right}", OPERATIONS[operation](left, right)
    if kind > 0.9:  # a chain of two
        extra = rng.randint(1, 99)
        sum_, result = f"{sum_} + {extra}", result + extra
    prompt = rng.choice(_RAW_SUMS if raw else _SUMS).format(e=sum_)
    return Row((("user", prompt),), str(result), "arithmetic", "sum", ("sum",), raw)
