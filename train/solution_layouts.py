"""Ways of writing a worked solution down: its calculations in order, then the answer.

Whether the calculations are right is no matter here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from train.ability_math import Step


@dataclass(frozen=True, slots=True)
class SolutionLayout:
    """Templates; `{e}` is a calculation such as `12 * 3 = 36`, `{u}` its unit with a space before.

    `{i}` is the number of the step, `{x}` the answer.
    """

    first: str
    later: str
    last: str
    between: str = "\n"


SOLUTION_LAYOUTS: dict[str, SolutionLayout] = {
    "gsm8k": SolutionLayout("{e}{u}", "{e}{u}", "#### {x}"),
    "numbered": SolutionLayout("Step {i}: {e}", "Step {i}: {e}", "Answer: {x}"),
    "prose": SolutionLayout("First {e}.", "Then {e}.", "So the answer is {x}{u}.", between=" "),
    "sentences": SolutionLayout("We have {e}{u}.", "Now {e}{u}.", "It is {x}{u}."),
    "bare": SolutionLayout("{e}", "{e}", "The answer is {x}."),
    "chain": SolutionLayout("{e}", "{e}", "answer {x}", between="; "),
    "listed": SolutionLayout("({i}) {e}{u}", "({i}) {e}{u}", "Result: {x}{u}"),
    "story": SolutionLayout(
        "To begin with there are {e}{u}.", "After that there are {e}{u}.", "That leaves {x}{u}."
    ),
    "labelled": SolutionLayout("Start: {e}", "Next: {e}", "Total: {x}{u}"),
    "comes_to": SolutionLayout(
        "This comes to {e}{u}.", "With that it is {e}{u}.", "In all it is {x}{u}.", between=" "
    ),
    "dashes": SolutionLayout("- {e}{u}", "- {e}{u}", "Final answer: {x}{u}."),
    "answered": SolutionLayout("{e}{u}", "{e}{u}", "There are {x}{u} in the end."),
    "calculated": SolutionLayout("Calculate {e}.", "Calculate {e}.", "{x}{u} is what is asked."),
}
"""By name."""


def write_solution(
    steps: Sequence[Step], answer: int, layout: SolutionLayout, units: Sequence[str]
) -> str:
    """Write calculations and answer.

    Args:
        steps: In order; their own notes are not read.
        answer: May differ from the last result.
        layout: How.
        units: One for each step; where there are fewer, the last one stands for the rest.
    """
    parts = []
    for index, step in enumerate(steps):
        unit = units[min(index, len(units) - 1)]
        template = layout.first if index == 0 else layout.later
        parts.append(
            template.format(
                i=index + 1,
                e=f"{step.left} {step.operation} {step.right} = {step.result}",
                u=f" {unit}" if unit else "",
            )
        )
    unit = units[min(len(steps), len(units)) - 1]
    parts.append(layout.last.format(x=answer, u=f" {unit}" if unit else ""))
    return layout.between.join(parts)
