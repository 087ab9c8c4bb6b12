"""The toy project with the qa task: four cases over two contexts, and judges with answers files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from suite.judge_check import load_probes
from tests.toy_project import ToyProject

TEST_FILE = """
import pytest
from suite.qa_score import score_qa

@pytest.mark.qa
def test_output(case, generation, record_score, golden):
    score = record_score(score_qa(case, generation))
    assert score.passed, f"{score.reason}: {score.detail}"
    assert generation == golden
"""
CASES = [
    {"tags": ["factual"], "cluster": "yard", "context": "The yard is at Brattli.",
     "question": "Where is the yard?", "answers": ["Brattli", "at Brattli"]},
    {"tags": ["reasoning", "unanswerable"], "cluster": "yard", "context": "The yard is at Brattli.",
     "question": "Who owns the yard?", "answers": []},
    {"tags": ["factual"], "context": "Ada is 36 and Bob is 40.",
     "question": "How old is Ada?", "answers": ["36", "thirty-six"]},
    {"tags": ["multi_hop"], "context": "Cy is the twin of Bob. Bob is 40.",
     "question": "How old is Cy?", "answers": ["40"]},
]  # fmt: skip
RIGHT = {"c00": "Brattli", "c01": "unanswerable", "c02": "36", "c03": "40"}
TOP, LOW = (json.dumps(dict.fromkeys(("score", "faithfulness", "completeness"), n)) for n in (5, 1))


def make_toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    """Return a project that asks four cases of the qa task, all answered right, and no judge."""
    project = ToyProject(pytester, monkeypatch)
    (project.path / "test_format.py").unlink()
    (project.path / "cases" / "format.yaml").unlink()
    pytester.makepyfile(test_qa=TEST_FILE)
    project.write_models("toy", "judge")
    ask(project)
    gate(project, exact_match_rate_min={"value": 0.5, "reason": "r"})
    answer(project)
    grade(project)
    return project


def ask(toy: ToyProject, **head: Any) -> None:
    """Write the case file, with more keys at its head."""
    cases = [{"id": f"c{index:02d}", **case} for index, case in enumerate(CASES)]
    _write(toy.path / "cases" / "qa.yaml", {"task": "qa", "version": 1, **head, "cases": cases})


def gate(toy: ToyProject, **gates: Any) -> None:
    """Write the gates of the task."""
    _write(toy.path / "gates.yaml", {"qa": gates})


def answer(toy: ToyProject, **answers: str | None) -> None:
    """Write the answers of the model: right but for these; None: no answer."""
    kept = {name: text for name, text in (RIGHT | answers).items() if text is not None}
    _write(toy.path / "toy.yaml", {"answers": kept})


def grade(toy: ToyProject, **replies: str) -> None:
    """Write the replies of the judge by case id, `c00_retry` for a second one; TOP else."""
    _write(toy.path / "judge.yaml", {"answers": replies, "otherwise": TOP})


def write_judge(folder: Path, name: str, attacked: str, right: str = TOP, wrong: str = LOW) -> None:
    """Write a registry with one judge that replies so to attacks and to plain answers."""
    kinds = {"injection": attacked, "right": right, "wrong": wrong}
    replies = {probe.id: kinds[probe.kind] for probe in load_probes()}
    _write(folder / f"{name}.yaml", {"answers": replies})
    models = {name: {"type": "scripted", "answers": f"{name}.yaml"}}
    _write(folder / "models.yaml", {"models": models})


def _write(path: Path, data: Any) -> None:
    path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
