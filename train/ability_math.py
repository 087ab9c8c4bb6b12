"""Grade-school word problems with worked steps that end in `#### N`."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from train.ability_stories import STORIES
from train.rows import Row
from train.words import CITIES, FIRST_NAMES, FOODS, NOUNS, invented_word

LIMIT = 999
"""No number of a problem is larger."""

_RAW_SHARE = 0.25
_OLDEST = 40
_UNCOUNTABLE = {"hummus", "couscous", "scissors", "blinds", "tongs", "dice", "oats", "glass"}

OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left // right,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a worked solution."""

    left: int
    operation: str
    right: int
    result: int
    note: str
    """What the result is, such as `apples left`."""
    sources: tuple[int | None, int | None] = (None, None)
    """For each operand the index of the step whose result it is; None for a number of the text."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A word problem and the steps that solve it."""

    text: str
    steps: tuple[Step, ...]

    @property
    def answer(self) -> int:
        """The result of the last step."""
        return self.steps[-1].result


def plural(noun: str) -> str:
    """Plural of a regular English noun."""
    if re.search(r"(s|x|ch|sh|z)$", noun):
        return f"{noun}es"
    if re.search(r"[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    if re.search(r"(lf|fe|arf)$", noun):
        return re.sub(r"fe?$", "ves", noun)
    return f"{noun}s"


_OBJECTS = tuple(
    [plural(noun) for noun in NOUNS if noun not in _UNCOUNTABLE]
    + [food for food in FOODS if food.endswith("s") and food not in _UNCOUNTABLE]
)


@dataclass(frozen=True, slots=True)
class _Story:
    text: str
    question: str
    plan: tuple[tuple[str, str, str, str, str], ...]
    """Name, left, operation, right and note of each step."""


def _parse(text: str, question: str, plan: str) -> _Story:
    steps = [re.fullmatch(r"(\w)=(\w)([-+*/])(\w):(.*)", step) for step in plan.split(";")]
    parsed = tuple((s[1], s[2], s[3], s[4], s[5]) for s in steps if s)
    assert len(parsed) == len(steps), plan
    return _Story(text, question, parsed)


_STORIES = tuple(_parse(*story) for story in STORIES)


def _fresh_pair(rng: random.Random, operation: str, size: int) -> tuple[int, int]:
    """Two operands of which neither is known yet."""
    if operation == "+":
        return rng.randint(2, size), rng.randint(2, size)
    if operation == "-":
        right = rng.randint(1, size)
        return right + rng.randint(1, size), right
    factor, digit = rng.randint(2, max(2, min(size, LIMIT // 9))), rng.randint(2, 9)
    if operation == "*":
        return (factor, digit) if rng.random() < 0.6 else (digit, factor)
    return factor * digit, digit


def _fresh_partner(
    rng: random.Random, operation: str, known: int, known_left: bool, size: int
) -> int:
    """The other operand of a known one; 0 when there is none."""
    if operation == "+":
        return rng.randint(2, size)
    if operation == "-":
        if not known_left:
            return known + rng.randint(1, size)
        return rng.randint(1, known - 1) if known > 1 else 0
    if operation == "*":
        return rng.randint(2, 9)
    divisors = [digit for digit in range(2, 10) if known % digit == 0 and known_left]
    return rng.choice(divisors) if divisors else 0


def _solve(
    rng: random.Random, story: _Story, size: int
) -> tuple[dict[str, int], list[Step]] | None:
    """Draw numbers for a plan; None when these numbers lead nowhere."""
    numbers: dict[str, int] = {}
    steps: list[Step] = []
    order = [name for name, *_ in story.plan]
    for name, left, operation, right, note in story.plan:
        if left not in numbers and right not in numbers:
            numbers[left], numbers[right] = _fresh_pair(rng, operation, size)
        elif right not in numbers:
            numbers[right] = _fresh_partner(rng, operation, numbers[left], True, size)
        elif left not in numbers:
            numbers[left] = _fresh_partner(rng, operation, numbers[right], False, size)
        a, b = numbers[left], numbers[right]
        if a < 1 or b < 1 or max(a, b) > LIMIT or (operation == "/" and a % b):
            return None
        numbers[name] = result = OPERATIONS[operation](a, b)
        if not 0 < result <= LIMIT or (operation == "*" and min(a, b) > 9):
            return None
        sources = (_index(order, left), _index(order, right))
        steps.append(Step(a, operation, b, result, note, sources))
    return numbers, steps


def _index(order: list[str], name: str) -> int | None:
    return order.index(name) if name in order else None


def draw_problem(
    rng: random.Random, sizes: tuple[int, ...] = (12, 12, 40, 60, 99, 200, 500)
) -> Problem:
    """Draw a story, numbers up to about one of `sizes` and names."""
    while True:
        story = rng.choice(_STORIES)
        size = rng.choice(sizes)
        solved = _solve(rng, story, min(size, _OLDEST) if "years old" in story.text else size)
        if solved:
            break
    numbers, steps = solved
    n, m = rng.sample(FIRST_NAMES, 2)
    if rng.random() < 0.15:
        n = invented_word(rng)
    place = rng.choice(CITIES) if rng.random() < 0.6 else invented_word(rng)
    o, p = rng.sample(_OBJECTS, 2)
    words = {"n": n, "m": m, "w": place, "o": o, "p": p} | {
        key: str(numbers[key]) for key in numbers
    }
    text = f"{story.text} {story.question}".format(**words)
    noted = tuple(
        Step(s.left, s.operation, s.right, s.result, s.note.format(**words), s.sources)
        for s in steps
    )
    return Problem(text, noted)


def write_steps(steps: tuple[Step, ...], answer: int) -> str:
    """Write steps one per line and the answer after `####`, as the GSM8K data set ends."""
    lines = [f"{s.note}: {s.left} {s.operation} {s.right} = {s.result}" for s in steps]
    return "\n".join([*lines, f"#### {answer}"])


# fmt: off
_PROMPTS = (
    "{p}", "{p}", "{p}\n\nShow each step, then the result after ####.",
    "Solve step by step and end with #### and the number.\n\n{p}",
    "Solve this word problem.\n{p}", "Problem: {p}", "Question: {p}", "{p} Think step by step.",
    "Work this out, one calculation per line: {p}", "Please help me with my homework: {p}",
    "{p}\nGive the final number on a last line that starts with ####.",
    "Math problem:\n{p}\n\nWrite down the calculations and the answer.",
    "### Problem\n{p}\n\n### Instructions\nEnd with `#### <number>`.",
    "Can you calculate this for me?\n\n{p}", "Here is a small exercise. {p}",
    "Do the sum and show your work. {p}",
)
_RAW_PROMPTS = (
    "Question: {p}\nAnswer:", "Question: {p}\nAnswer:", "Problem: {p}\nSolution:", "Q: {p}\nA:",
    "### Problem:\n{p}\n\n### Solution:", "### Problem:\n{p}\n### Solution:", "{p}\nSteps:",
    "Solve step by step and end with ####.\n\nQuestion: {p}\nAnswer:",
    "Exercise: {p}\nWorked solution:",
)
_SYSTEMS = (
    "You solve word problems step by step.", "You are a math tutor.",
    "Write one calculation per line. The last line is #### and the number.",
    "You are a helpful assistant.", "You are careful with numbers.",
)
# fmt: on


def math_row(rng: random.Random) -> Row:
    """Make a row that asks a word problem; the answer is its steps and `#### N`."""
    problem = draw_problem(rng)
    answer = write_steps(problem.steps, problem.answer)
    tags = (f"{len(problem.steps)}_step",)
    if rng.random() < _RAW_SHARE:
        prompt = rng.choice(_RAW_PROMPTS).format(p=problem.text)
        return Row((("user", prompt),), answer, "math", "story", tags, raw=True)
    user = ("user", rng.choice(_PROMPTS).format(p=problem.text))
    system = (("system", rng.choice(_SYSTEMS)),) if rng.random() < 0.25 else ()
    return Row((*system, user), answer, "math", "story", tags)
