"""A scratch project on the `scripted` engine: its own registry, cases, answers, gates and goldens.

It runs the real plugin in a pytest of its own, as a user would from another folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
IDS = [f"c{index:02d}" for index in range(10)]
GOOD = '{"n": 1}'
BAD = "no idea"

_JSON_ANSWERS = {"type": "scripted", "answers": "toy.json"}
_TEST_FILE = """
import pytest
from suite.format_score import score_format

@pytest.mark.format
def test_output(case, generation, record_score, golden):
    score = record_score(score_format(case, generation))
    assert score.passed, score.reason
    assert generation == golden
"""


class ToyProject:
    """Ten cases whose answers a test decides."""

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pytester = pytester
        self.path = pytester.path
        monkeypatch.setenv("COLUMNS", "120")
        for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):  # of the job that tests this
            monkeypatch.delenv(name, raising=False)
        # workers of xdist are processes of their own
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        pytester.makeini("[pytest]\naddopts = -p no:anyio -p no:hypothesispytest\n")
        pytester.makepyfile(test_format=_TEST_FILE)
        self.write_models("toy")
        self.write_cases(IDS)
        self.write_gates({"format_success_rate_min": {"value": 0.5, "reason": "half must do"}})
        self.answer()

    def write_models(self, *names: str) -> None:
        """Register scripted models, the first one the default; each has its own answers file."""
        models = {name: {"type": "scripted", "answers": f"{name}.yaml"} for name in names}
        self._write("models.yaml", {"default": names[0], "models": models})

    def write_cases(self, ids: list[str], **fields: Any) -> None:
        """Write the case file; odd cases are tagged `odd`."""
        schema = {"type": "object", "required": ["n"]}
        cases = [
            {"id": name, "prompt": f"Say {name}.", "schema": schema, "tags": ["toy"], **fields}
            for name in ids
        ]
        (self.path / "cases").mkdir(exist_ok=True)
        self._write("cases/format.yaml", {"task": "format", "version": 1, "cases": cases})

    def write_gates(self, gates: Mapping[str, Any]) -> None:
        """Write the gates of the format task."""
        self._write("gates.yaml", {"format": dict(gates)})

    def answer(self, *bad: str, model: str = "toy", **answers: str | None) -> None:
        """Write an answers file: GOOD but for the `bad` ids and what is given; None: no answer.

        The hash of this file is the subject: another content is other weights.
        """
        texts = {name: BAD if name in bad else GOOD for name in IDS} | answers
        kept = {name: text for name, text in texts.items() if text is not None}
        self._write(f"{model}.yaml", {"answers": kept})

    def answer_all(self, texts: Mapping[str, str]) -> None:
        """Ask as many cases as there are texts, answered so; lone surrogates are possible."""
        self._write("models.yaml", {"default": "toy", "models": {"toy": _JSON_ANSWERS}})
        self.write_cases(list(texts))
        (self.path / "toy.json").write_text(json.dumps({"answers": dict(texts)}))

    def retrain(self, model: str = "toy") -> None:
        """Make it other weights with the same answers."""
        path = self.path / f"{model}.yaml"
        path.write_text(path.read_text() + "# trained again\n")

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run pytest here with the plugin of this repository."""
        return self.pytester.runpytest(
            "-p", "fixtures.plugin",
            "--models", "models.yaml", "--cases", "cases", "--gates", "gates.yaml",
            "--goldens", "goldens",
            *arguments,
        )  # fmt: skip

    def golden_file(self, model: str = "toy") -> Path:
        """Return where the goldens of a model lie."""
        return self.path / "goldens" / model / "format.json"

    def goldens(self, model: str = "toy") -> dict[str, Any]:
        """Return the goldens of a model, by case id."""
        found: dict[str, Any] = json.loads(self.golden_file(model).read_text())["goldens"]
        return found

    def edit_golden(self, case_id: str, **fields: Any) -> None:
        """Change what was accepted, as if it had been accepted from these very weights."""
        data = json.loads(self.golden_file().read_text())
        if fields:
            data["goldens"][case_id].update(fields)
        else:
            del data["goldens"][case_id]
        self.golden_file().write_text(json.dumps(data))

    def _write(self, name: str, data: Any) -> None:
        (self.path / name).write_text(yaml.safe_dump(data, sort_keys=False))


def outcomes(junit: Path) -> dict[str, str]:
    """Return the outcome of each test and gate in a JUnit file: passed, failed, skipped, error."""
    found = {}
    for case in ElementTree.parse(junit).iter("testcase"):
        kinds = [child.tag for child in case if child.tag in ("failure", "skipped", "error")]
        kind = kinds[0] if kinds else "passed"
        # a gate is `name[model]`, a test `test_output[model-case]`: only the case tells it apart
        name = re.sub(r"test_output\[.*-(c\d\d)\]", r"\1", case.attrib["name"])
        found[name] = {"failure": "failed"}.get(kind, kind)
    return found
