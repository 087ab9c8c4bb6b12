"""The toy project with the extraction task: four cases of two fields, answered as a test likes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.toy_project import ToyProject

TEST_FILE = """
import pytest
from suite.extraction_score import score_extraction

@pytest.mark.extraction
def test_output(case, generation, record_score, golden):
    score = record_score(score_extraction(case, generation))
    assert score.passed, f"{score.reason}: {score.detail}"
    assert generation == golden
"""
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "string"}},
    "required": ["a", "b"],
}
TAGS = [["easy"], ["easy"], ["hard"], ["domain", "hr", "hard"]]
"""Of cases c00 to c03; each has the two fields a and b."""
RIGHT = '{"a": 1, "b": "x"}'
HALF = '{"a": 1, "b": "y"}'


def make_toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    """Return a project that asks four cases of the extraction task, all answered right."""
    project = ToyProject(pytester, monkeypatch)
    (project.path / "test_format.py").unlink()
    (project.path / "cases" / "format.yaml").unlink()
    pytester.makepyfile(test_extraction=TEST_FILE)
    ask(project)
    judge(project, field_accuracy_min={"value": 0.5, "reason": "r"})
    answer(project)
    return project


def ask(toy: ToyProject, **fields: Any) -> None:
    cases = [
        {
            "id": f"c{index:02d}", "prompt": f"Say {index}.", "schema": SCHEMA, "tags": tags,
            "expected": {"a": 1, "b": "x"}, **fields,
        }
        for index, tags in enumerate(TAGS)
    ]  # fmt: skip
    data = {"task": "extraction", "version": 1, "cases": cases}
    (toy.path / "cases" / "extraction.yaml").write_text(yaml.safe_dump(data))


def judge(toy: ToyProject, **gates: Any) -> None:
    (toy.path / "gates.yaml").write_text(yaml.safe_dump({"extraction": gates}))


def answer(toy: ToyProject, **answers: str | None) -> None:
    texts = {f"c{index:02d}": RIGHT for index in range(4)} | answers
    kept = {name: text for name, text in texts.items() if text is not None}
    (toy.path / "toy.yaml").write_text(yaml.safe_dump({"answers": kept}))
