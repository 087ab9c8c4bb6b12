"""The toy project with the math task: four cases, answered as a test likes."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.toy_project import ToyProject

TEST_FILE = """
import pytest
from suite.math_score import score_math

@pytest.mark.math
def test_output(case, generation, record_score, golden):
    score = record_score(score_math(case, generation))
    assert score.passed, f"{score.reason}: {score.detail}"
    assert generation == golden
"""
QUESTIONS = {
    "c00": ("Ida has 4 boxes of 6 eggs. How many eggs?", "24", ["steps_1", "integer"]),
    "c01": ("It was 3 degrees and fell by 11. How cold is it?", "-8", ["steps_1", "negative"]),
    "c02": ("Two pens at 1.30 and a pad for 3.45. How much?", "6.05", ["steps_2", "decimal"]),
    "c03": ("Half of the cake, and then a quarter. Which share?", "3/4", ["steps_3", "fraction"]),
}
RIGHT = {name: f"So it is {answer}.\n#### {answer}" for name, (_, answer, _) in QUESTIONS.items()}
EXAMPLES = [
    {"question": "Tom has 2 hats and buys 3. How many?", "completion": "2 + 3 = 5\n#### 5"},
    {"question": "Nine plums for 3 cooks. How many each?", "completion": "9 / 3 = 3\n#### 3"},
]


def make_toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    """Return a project that asks four cases of the math task, all answered right."""
    project = ToyProject(pytester, monkeypatch)
    (project.path / "test_format.py").unlink()
    (project.path / "cases" / "format.yaml").unlink()
    pytester.makepyfile(test_math=TEST_FILE)
    ask(project)
    judge(project, flexible_exact_match_min={"value": 0.5, "reason": "r"})
    answer(project)
    return project


def ask(toy: ToyProject, **head: Any) -> None:
    """Write the case file; `head` has more keys of its head."""
    cases = [
        {"id": name, "question": question, "answer": expected, "tags": tags}
        for name, (question, expected, tags) in QUESTIONS.items()
    ]
    data = {"task": "math", "version": 1, "fewshot": EXAMPLES} | head | {"cases": cases}
    (toy.path / "cases" / "math.yaml").write_text(yaml.safe_dump(data, sort_keys=False))


def judge(toy: ToyProject, **gates: Any) -> None:
    """Write the gates of the math task."""
    (toy.path / "gates.yaml").write_text(yaml.safe_dump({"math": gates}))


def answer(toy: ToyProject, **answers: str) -> None:
    """Write an answers file: right but for what is given."""
    (toy.path / "toy.yaml").write_text(yaml.safe_dump({"answers": RIGHT | answers}))


def write_rows(toy: ToyProject, name: str, *rows: dict[str, Any] | str) -> None:
    """Write a JSONL file; a text is a line as it stands."""
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    (toy.path / name).write_text("\n".join(lines) + "\n")
