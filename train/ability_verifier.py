"""Rows that ask whether a worked solution is right (`0`) or wrong (`1`)."""

from __future__ import annotations

import random
from dataclasses import replace

from train.ability_math import LIMIT, OPERATIONS, Problem, Step, draw_problem, write_steps
from train.rows import Row

RIGHT, WRONG = "0", "1"

_RAW_SHARE = 0.25
_SIZES = (9, 12, 12, 20, 40, 60, 99, 200)
_FLIPPED = {"+": "-", "-": "+", "*": "+", "/": "-"}


def slip(rng: random.Random, result: int) -> int:
    """A wrong result such as people write: off by a little or by ten, or two digits swapped."""
    digits = str(result)
    kind = rng.random()
    if kind < 0.15 and len(digits) > 1 and digits[-1] != digits[-2] and digits[-1] != "0":
        return int(digits[:-2] + digits[-1] + digits[-2])
    change = rng.choice((1, 2, 3, 10) if kind < 0.8 else (4, 5, 6, 7, 8, 9, 20, 100))
    return result - change if rng.random() < 0.5 and result > change else result + change


def _carry(steps: tuple[Step, ...], place: int, changed: Step) -> tuple[Step, ...] | None:
    """Replace a step and recompute the later ones; None when they no longer work out."""
    done = [*steps[:place], changed]
    for step in steps[place + 1 :]:
        old = (step.left, step.right)
        left, right = (
            old[side] if source is None else done[source].result
            for side, source in enumerate(step.sources)
        )
        if step.operation == "/" and (right == 0 or left % right):
            return None
        result = OPERATIONS[step.operation](left, right)
        if not 0 <= result <= LIMIT * 9:
            return None
        done.append(replace(step, left=left, right=right, result=result))
    return tuple(done)


def _computational(
    rng: random.Random, steps: tuple[Step, ...], place: int
) -> tuple[Step, ...] | None:
    changed = replace(steps[place], result=slip(rng, steps[place].result))
    if rng.random() < 0.6:
        return _carry(steps, place, changed)
    return (*steps[:place], changed, *steps[place + 1 :])


def _conceptual(rng: random.Random, steps: tuple[Step, ...], place: int) -> tuple[Step, ...] | None:
    step = steps[place]
    operation = _FLIPPED[step.operation]
    if (
        operation == "+"
        and step.operation == "-"
        and min(step.left, step.right) < 10
        and rng.random() < 0.2
    ):
        operation = "*"
    result = OPERATIONS[operation](step.left, step.right)
    if result <= 0 or result == step.result:
        return None
    return _carry(steps, place, replace(step, operation=operation, result=result))


def _misread(rng: random.Random, steps: tuple[Step, ...], place: int) -> tuple[Step, ...] | None:
    step = steps[place]
    sides = [side for side, source in enumerate(step.sources) if source is None]
    if not sides:
        return None
    side = rng.choice(sides)
    operands = [step.left, step.right]
    operands[side] = slip(rng, operands[side])
    left, right = operands
    if right == 0 or (step.operation == "/" and left % right):
        return None
    result = OPERATIONS[step.operation](left, right)
    if result <= 0 or result == step.result:
        return None
    return _carry(steps, place, replace(step, left=left, right=right, result=result))


_MISTAKES = {"computational": _computational, "conceptual": _conceptual, "misread": _misread}
_MISTAKE_NAMES = (
    *("computational",) * 5,
    *("conceptual",) * 3,
    "misread",
    "misread",
    "dropped",
    "copied",
)


def plant_error(rng: random.Random, problem: Problem) -> tuple[str, str]:
    """Write a wrong solution of a problem.

    Returns:
        The solution and the kind of its error: `computational` (a wrong result, carried on or
        not), `conceptual` (a wrong operation), `misread` (a wrong number), `dropped` (the last
        step is missing) or `copied` (the number after `####` is not the result).
    """
    while True:
        kind = rng.choice(_MISTAKE_NAMES)
        if kind == "copied":
            return write_steps(problem.steps, slip(rng, problem.answer)), kind
        if kind == "dropped":
            steps = problem.steps[:-1]
            if not steps or steps[-1].result == problem.answer:
                continue
            return write_steps(steps, steps[-1].result), kind
        changed = _MISTAKES[kind](rng, problem.steps, rng.randrange(len(problem.steps)))
        if changed:
            return write_steps(changed, changed[-1].result), kind


# fmt: off
_PROMPTS = (
    "### Problem:\n{p}\n### Solution:\n{s}\n### Label:",
    "### Problem:\n{p}\n\n### Solution:\n{s}\n\n### Label:",
    "Problem: {p}\nSolution:\n{s}\nIs the solution right (0) or wrong (1)?",
    "Is this solution correct? Answer 0 if it is, 1 if it has an error.\n\n{p}\n\n{s}",
    "Check the worked solution. 0 = right, 1 = wrong.\n\nProblem: {p}\n\nSolution:\n{s}",
    "{p}\n\nA pupil wrote:\n{s}\n\nReply with 1 if the pupil made a mistake and with 0 if not.",
    "Grade this. Output only 0 (correct) or 1 (incorrect).\nQuestion: {p}\nAnswer: {s}",
    "Does the following solution contain a mistake? 1 for yes, 0 for no.\n\n"
    "Question: {p}\n\nSolution: {s}",
    "You get a problem and a solution. Label it 0 if every step is right, else 1.\n\n"
    "[Problem]\n{p}\n[Solution]\n{s}",
    "Question:\n{p}\n\nProposed answer:\n{s}\n\nLabel (0 right, 1 wrong)?",
    "Please verify:\n{p}\n---\n{s}\n---\nOne digit: 0 for a right solution, 1 for a wrong one.",
    "I solved this: {p}\nMy work:\n{s}\nDid I get it right? Just 0 for right or 1 for wrong.",
    "Find out whether there is an error in the solution (1) or none (0).\nProblem: {p}\n{s}",
    "Task: error detection.\nInput: {p}\nWork: {s}\nOutput 1 on error, otherwise 0.",
)
_RAW_PROMPTS = (
    "### Problem:\n{p}\n### Solution:\n{s}\n### Label:",
    "### Problem:\n{p}\n### Solution:\n{s}\n### Label:",
    "### Problem:\n{p}\n\n### Solution:\n{s}\n\n### Label:",
    "Problem: {p}\nSolution: {s}\nLabel (0 right, 1 wrong):",
    "Question: {p}\nWork:\n{s}\nError (1 yes, 0 no):",
    "Decide whether it is right (0) or wrong (1).\n\nProblem: {p}\nSolution:\n{s}\nLabel:",
    "{p}\n{s}\nRight (0) or wrong (1):",
)
_SYSTEMS = (
    "You check worked solutions. Answer 0 for right and 1 for wrong.", "You are a strict examiner.",
    "Reply with a single digit: 0 when the solution is right, 1 when it is wrong.",
    "You are a math verifier.", "You are a helpful assistant.",
)
# fmt: on


def verifier_row(rng: random.Random) -> Row:
    """Make a row that asks for the label of a worked solution; half of them are wrong."""
    problem = draw_problem(rng, _SIZES)
    if rng.random() < 0.5:
        solution, error = plant_error(rng, problem)
        label = WRONG
    else:
        solution, error = write_steps(problem.steps, problem.answer), "right"
        label = RIGHT
    tags = (error, f"{len(problem.steps)}_step")
    if rng.random() < _RAW_SHARE:
        prompt = rng.choice(_RAW_PROMPTS).format(p=problem.text, s=solution)
        return Row((("user", prompt),), label, "verifier", "story", tags, raw=True)
    user = ("user", rng.choice(_PROMPTS).format(p=problem.text, s=solution))
    system = (("system", rng.choice(_SYSTEMS)),) if rng.random() < 0.25 else ()
    return Row((*system, user), label, "verifier", "story", tags)
