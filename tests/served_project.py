"""The scratch project of `tests.toy_project`, on a model that the fault server answers for."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixtures.api_engine import ApiEngine
from fixtures.model import Endpoint, Model, Prompt
from tests.fault_server import FaultServer, serving
from tests.toy_project import IDS, ROOT, ToyProject

KEY_NAME = "TOY_API_KEY"


@cache
def load_client() -> None:
    """Have the client and all it imports late be there before pytester looks.

    It forgets what its runs import, and a second copy would not know the tasks of the first.
    """
    with serving() as server:
        endpoint = Endpoint(model="m", base_url=server.url)
        engine = ApiEngine(Model(name="m", type="api", endpoint=endpoint))
        engine.generate([Prompt("c00", (("user", "Say c00."),))], lambda batch: None)


class ServedProject(ToyProject):
    """Ten cases put to a server."""

    def __init__(
        self,
        pytester: pytest.Pytester,
        monkeypatch: pytest.MonkeyPatch,
        server: FaultServer,
        **entry: Any,
    ) -> None:
        load_client()
        super().__init__(pytester, monkeypatch)
        monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
        self.server = server
        self.register(**entry)

    def register(self, *names: str, **entry: Any) -> None:
        """Register models of type `api`, all the same but for their names there and here."""
        common = {"type": "api", "provider": "other", "base_url": self.server.url} | entry
        models = {name: {"model": f"{name}-1"} | common for name in names or ("toy",)}
        registry = {"default": next(iter(models)), "models": models}
        (self.path / "models.yaml").write_text(yaml.safe_dump(registry))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start pytest in a process of its own."""
        command = [
            sys.executable, "-m", "pytest", "-p", "fixtures.plugin",
            "--models", "models.yaml", "--cases", "cases", "--gates", "gates.yaml",
            "--goldens", "goldens", *arguments,
        ]  # fmt: skip
        return subprocess.Popen(
            command,
            cwd=self.path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def cached(self) -> set[str]:
        """Return the texts that the cache holds, each of which names its case."""
        path = self.path / ".suite" / "cache.sqlite"
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as file:
            rows = file.execute("SELECT record FROM generations").fetchall()
        return {json.loads(record)["text"] for (record,) in rows}

    def written(self) -> dict[Path, bytes]:
        """Return every file of the project."""
        files = [path for path in self.path.rglob("*") if path.is_file()]
        return {path: path.read_bytes() for path in files}


def name_in_answer(case: str) -> str:
    """Return an answer that passes and names its case."""
    return json.dumps({"n": IDS.index(case)})
