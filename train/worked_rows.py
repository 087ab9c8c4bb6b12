"""Rows of the tasks `verifier` and `math`: word problems with worked solutions, in three splits.

A verifier's row has a right or a flawed solution (`train.planted_errors`) and its label; a math row
has the question alone and its solution to learn. The prompts are those of the suite.
"""

from __future__ import annotations

import csv
import functools
import io
import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from suite.tasks import TASKS
from train.ability_math import Step, write_steps
from train.ability_math import draw_problem as draw_story
from train.curriculum import STAGES, Stage
from train.data_config import DataConfig
from train.leakage import Prompt, match_prompts, read_prompt, suite_prompts
from train.planted_errors import Solved, draw_group
from train.problem_bank import draw_bank_problem, problems
from train.worked_problem import draw_problem, solve

CATALOGUE = "catalogue.csv"
"""All rows of a verifier's splits, for people and spreadsheets."""
COLUMNS = ("split", "index", "question", "solution", "label", "error_type")

_MOST_REDRAWS = 20
_BANK, _STORIES = 0.6, 0.2
"""Shares of math rows of the bank, and of stories such as the embedded base has seen; the rest are
of the scenes that a verifier's problems are of."""

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Rows that stand or fall together: one, or a group of the verifier's."""

    questions: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]


def make_worked_splits(config: DataConfig) -> dict[str, Rows]:
    """Rows by split, none of which is (nearly) one of another split or a case of the suite.

    Groups that would be are drawn again, with all after them.

    Args:
        config: Of one of the two tasks.

    Returns:
        `train`, `validation` and `test`. In `train` a group's rows follow each other: most batches
        of rows as given (`row_order: given`) then see right and flawed side by side. The other two
        are shuffled.
    """
    cases = suite_prompts()
    barred: set[str] = set()
    for _ in range(_MOST_REDRAWS):
        taken = set(barred)
        splits = {
            name: _draw_split(config, split, name, taken) for split, name in config.files.items()
        }
        sides = {name: [_prompt_of(row) for row in rows] for name, rows in splits.items()}
        measured = sides["validation"] + sides["test"]
        leaks = match_prompts({"train": sides["train"], "eval": measured, "case": cases})
        within = {"train": sides["validation"], "eval": sides["test"], "case": []}
        leaking = {leak.row for leak in (*leaks, *match_prompts(within))}
        if not leaking:
            return splits
        barred |= {
            row["question"] for rows in splits.values() for row in rows if row["id"] in leaking
        }
    raise AssertionError(f"still {len(leaking)} leaking rows after {_MOST_REDRAWS} draws")


def _prompt_of(row: Mapping[str, Any]) -> Prompt:
    return read_prompt(row["id"], [(each["role"], each["content"]) for each in row["prompt"]])


def _draw_split(config: DataConfig, split: str, name: str, taken: set[str]) -> Rows:
    """Draw the rows of a split.

    Args:
        config: The options.
        split: `train`, `eval` or `test`.
        name: Of its file.
        taken: Questions already used: what asks one is drawn again. Those of this split are added.
    """
    rng = random.Random(f"{config.task}/{config.seed}/{name}")
    count = {"train": config.n_train, "eval": config.n_eval, "test": config.n_test}[split]
    assert count is not None
    easy = config.curriculum * count if split == "train" else 0.0
    rows: Rows = []
    groups = itertools.count()
    for wanted, draw in _draws(_drawer(config.task, split), count, easy):
        part: Rows = []
        while len(part) < wanted:
            drawn = draw(rng)
            if drawn is None or taken & set(drawn.questions):
                continue
            taken.update(drawn.questions)
            group = f"{name}_{next(groups):05d}"
            part += [{"group": group} | row for row in drawn.rows]
        del part[wanted:]  # right and flawed take turns: what is cut off leaves them even
        if split != "train":
            rng.shuffle(part)
        rows += part
    return [{"id": f"{name}_{index:05d}"} | row for index, row in enumerate(rows)]


_Draw = Callable[[random.Random], _Drawn | None]
"""Draws rows; None: these will not do."""


def _drawer(task: str, split: str) -> _Draw:
    return _draw_verifier if task == "verifier" else functools.partial(_draw_math, split)


def _draws(draw: _Draw, count: int, easy: float) -> list[tuple[int, _Draw]]:
    """How many rows are drawn in which way, in the order of the file.

    Args:
        draw: Draws the rows that are no easier than those of other splits.
        count: All rows.
        easy: How many of them, about, are those of the curriculum's stages.
    """
    draws: list[tuple[int, _Draw]] = [
        (2 * int(easy * stage.share / 2), functools.partial(_draw_easy, stage)) for stage in STAGES
    ]
    return [*draws, (count - sum(wanted for wanted, _ in draws), draw)]


def _draw_easy(stage: Stage, rng: random.Random) -> _Drawn | None:
    group = draw_group(rng, stage.weights)
    most = stage.most_characters
    if most and max(len(each.question) + len(each.solution) for each in group) > most:
        return None
    return _verifier_rows(group)


def _draw_verifier(rng: random.Random) -> _Drawn:
    return _verifier_rows(draw_group(rng))


def _verifier_rows(group: Sequence[Solved]) -> _Drawn:
    return _Drawn(
        tuple(dict.fromkeys(each.question for each in group)),
        tuple(
            {
                "kind": "verifier",
                "domain": each.scene,
                "tags": [each.error_type, each.defect, each.layout, f"steps_{each.steps}"],
                "question": each.question,
                "solution": each.solution,
                "label": int(each.error_type != "correct"),
                "error_type": each.error_type,
            }
            | _messages(
                "verifier",
                {"question": each.question, "solution": each.solution},
                str(int(each.error_type != "correct")),
            )
            for each in group
        ),
    )


def _draw_math(split: str, rng: random.Random) -> _Drawn:
    roll = rng.random()
    if is_written := roll < _BANK:
        problem = rng.choice(problems(split))
        question, steps = draw_bank_problem(rng, problem)
        domain = problem.domain
    else:
        question, steps, domain = (_draw_story if roll < _BANK + _STORIES else _draw_scene)(rng)
    answer = write_steps(steps, steps[-1].result)
    row = {
        "kind": "math",
        "domain": domain,
        "tags": [*(("bank",) if is_written else ()), f"steps_{len(steps)}"],
        "question": question,
        "answer": answer,
    }
    return _Drawn((question,), (row | _messages("math", {"question": question}, answer),))


def _draw_story(rng: random.Random) -> tuple[str, tuple[Step, ...], str]:
    story = draw_story(rng)
    return story.text, story.steps, "story"


def _draw_scene(rng: random.Random) -> tuple[str, tuple[Step, ...], str]:
    problem = draw_problem(rng)
    steps = solve(problem)
    assert steps is not None, problem
    noted = tuple(replace(step, note=step.note or "result") for step in steps)
    return problem.text, noted, problem.scene.name


def _messages(task: str, inputs: Mapping[str, str], completion: str) -> dict[str, Any]:
    """Prompt and completion, laid out as the suite lays its cases out."""
    layout = TASKS[task].layout
    assert layout is not None, task
    return {
        "prompt": layout.fill(inputs),
        "completion": [{"role": "assistant", "content": completion}],
    }


def catalogue_text(splits: Mapping[str, Rows]) -> str:
    """Return all rows as CSV with the columns `COLUMNS`; lines end as in other files of ours."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for split, rows in splits.items():
        for index, row in enumerate(rows):
            writer.writerow(row | {"split": split, "index": index})
    return buffer.getvalue()
