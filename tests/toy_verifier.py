"""The toy project with the verifier task: eight cases in pairs, answered as a test likes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.recorded_runs import RecordedProject

TEST_FILE = """
import pytest
from suite.verifier_score import score_verifier

@pytest.mark.verifier
def test_output(case, generation, record_score, golden):
    score = record_score(score_verifier(case, generation))
    assert score.passed, f"{score.reason}: {score.detail}"
    assert generation == golden
"""
TYPES = [
    "correct",
    "computational",
    "correct",
    "conceptual",
    "correct",
    "others",
    "correct",
    "others",
]
SHARES = [0.1, 0.9, 0.2, 0.8, 0.6, 0.7, 0.3, 0.4]
"""Probability of flawed of c00 to c07: c04 is a false positive, c07 a false negative."""
ACCURACY = {"accuracy_min": {"value": 0.5, "reason": "r"}}


def make_toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RecordedProject:
    """Return a project that asks eight cases of the verifier task, six answered right."""
    project = RecordedProject(pytester, monkeypatch)
    (project.path / "test_format.py").unlink()
    (project.path / "cases" / "format.yaml").unlink()
    pytester.makepyfile(test_verifier=TEST_FILE)
    ask(project)
    judge(project, **ACCURACY)
    answer(project)
    return project


def make_case(index: int, **fields: Any) -> dict[str, Any]:
    kind = TYPES[index]
    return {
        "id": f"c{index:02d}", "tags": [kind], "cluster": f"p{index // 2}",
        "question": f"What is {index} + 1?", "solution": f"It is {index + 1}.",
        "label": int(kind != "correct"), "error_type": kind, **fields,
    }  # fmt: skip


def ask(toy: RecordedProject, **fields: Any) -> None:
    cases = [make_case(index, **fields) for index in range(len(TYPES))]
    data = {"task": "verifier", "version": 1, "cases": cases}
    (toy.path / "cases" / "verifier.yaml").write_text(yaml.safe_dump(data))


def judge(toy: RecordedProject, **gates: Any) -> None:
    (toy.path / "gates.yaml").write_text(yaml.safe_dump({"verifier": gates}))


def answer(toy: RecordedProject, threshold: float | None = None, **answers: Any) -> None:
    """Write the answers; those given replace a case's, a text alone having no probabilities."""
    found: dict[str, Any] = {
        f"c{index:02d}": {
            "text": str(int(share > 0.5)),
            "label_probabilities": {"0": round((1 - share) * 0.99, 6), "1": round(share * 0.99, 6)},
        }
        for index, share in enumerate(SHARES)
    }
    data = {"answers": found | answers}
    (toy.path / "toy.yaml").write_text(
        yaml.safe_dump(data | ({"decision_threshold": threshold} if threshold else {}))
    )
