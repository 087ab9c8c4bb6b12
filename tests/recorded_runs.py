"""A toy project whose runs are decided again by the real `goldgate` command line."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from suite.__main__ import app
from tests.toy_project import ToyProject


@dataclass(frozen=True)
class Printed:
    """How a command ended and what it printed, by line."""

    ret: int
    outlines: list[str]
    errlines: list[str]


class RecordedProject(ToyProject):
    """Ten cases, runs kept in folders, and the commands that read them."""

    def record(self, name: str, *arguments: str) -> pytest.RunResult:
        """Run pytest and keep the run in the folder `name`."""
        return self.run(f"--output={name}", *arguments)

    def goldgate(self, *arguments: str) -> Printed:
        """Run `goldgate` in this process: a start of Python costs more than most commands."""
        done = CliRunner().invoke(app, arguments, catch_exceptions=False)
        return Printed(done.exit_code, done.stdout.splitlines(), done.stderr.splitlines())

    def goldgate_bare(self, *arguments: str) -> Printed:
        """Run `goldgate` in a process where neither torch, pytest nor an engine can be imported."""
        absent = "torch", "transformers", "peft", "bitsandbytes", "pytest", "syrupy", "fixtures"
        code = (
            f"import sys; sys.modules.update(dict.fromkeys({absent}))\n"
            "from suite.__main__ import main; main()"
        )
        done = self.pytester.run(sys.executable, "-c", code, *arguments)
        return Printed(int(done.ret), done.outlines, done.errlines)

    def run_data(self, name: str) -> dict[str, Any]:
        """Return what a run folder's `run.json` holds."""
        data: dict[str, Any] = json.loads((self.path / name / "run.json").read_text())
        return data

    def files(self, name: str) -> dict[str, str]:
        """Return the records of a run folder, what is time in them taken out."""
        found = {}
        folder = self.path / name
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name != "report.html":  # made of the records
                found[str(path.relative_to(folder))] = _without_times(path)
        return found


def text_of(result: pytest.RunResult | Printed) -> str:
    """Return what a command printed."""
    return "\n".join(result.outlines)


def problems_of(result: pytest.RunResult | Printed) -> str:
    """Return what a command printed on standard error."""
    return "\n".join(result.errlines)


def _without_times(path: Path) -> str:
    if path.suffix == ".jsonl":
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        for row in rows:
            if row.get("generation"):
                row["generation"]["elapsed_s"] = None
        return json.dumps(rows)
    if path.name == "run.json":
        data = json.loads(path.read_text())
        return json.dumps({**data, "id": None, "started": None})
    return path.read_text()
