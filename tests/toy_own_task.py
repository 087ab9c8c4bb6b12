"""A toy project with a task of its own, `polite`, in the folder `own`: four cases, two wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.recorded_runs import RecordedProject
from tests.toy_project import ROOT

SCORERS = """
from suite.case import Case
from suite.generation import Generation
from suite.score import Score
from suite.task import Task


def score_polite(case: Case, generation: Generation) -> Score:
    right = "please" in generation.text
    metrics = {"polite_rate": int(right)}
    return Score(right, float(right), reason=None if right else "rude", metrics=metrics)


TASKS = [Task(name="polite", score=score_polite, metrics={"polite_rate": "higher"})]
"""
IDS = ["p1", "p2", "p3", "p4"]
TEXTS = {"p1": "Salt, please.", "p2": "Bread!", "p3": "Water, please.", "p4": "Oil!"}


class OwnToy(RecordedProject):
    """What a user has who followed `goldgate new-task`."""

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(pytester, monkeypatch)
        for name in ("test_format.py", "gates.yaml", "cases/format.yaml"):
            (self.path / name).unlink()
        test = (ROOT / "suite" / "test_own_tasks.py").read_text(encoding="utf-8")
        (self.path / "test_own_tasks.py").write_text(test, encoding="utf-8")
        self.own = self.path / "own"
        self.own.mkdir()
        self.write_scorers()
        self.ask(IDS)
        self._write(
            "own/gates.yaml", {"polite": {"polite_rate_min": {"value": 0.5, "reason": "r"}}}
        )
        self.say(**TEXTS)

    def write_scorers(self, text: str = SCORERS) -> Path:
        """Write `scorers.py` and return its path."""
        path = self.own / "scorers.py"
        path.write_text(text)
        return path

    def ask(self, ids: list[str]) -> None:
        """Write the case file."""
        cases = [{"id": name, "prompt": f"Ask for {name}.", "tags": ["toy"]} for name in ids]
        self._write("own/polite.yaml", {"task": "polite", "version": 1, "cases": cases})

    def say(self, **texts: str) -> None:
        """Write the answers."""
        (self.path / "toy.yaml").write_text(yaml.safe_dump({"answers": texts}))

    def run(self, *arguments: str, allow: bool = True) -> pytest.RunResult:
        """Run pytest here on the folder of the task."""
        allowed = ["--allow-code"] if allow else []
        return self.pytester.runpytest(
            "-p", "fixtures.plugin", "--models", "models.yaml", "--cases", "own",
            *allowed, *arguments,
        )  # fmt: skip
