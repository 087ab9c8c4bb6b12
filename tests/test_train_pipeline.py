"""`train/pipeline.sh` in smoke size: an accepted adapter, and nothing committed was touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "train" / "pipeline.sh"
KEPT = ("adapters", "goldens", "fixtures")


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    names = ("GITHUB_STEP_SUMMARY", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }
    command = ["bash", str(SCRIPT), *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def content(folder: str) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (ROOT / folder).rglob("*") if path.is_file()}


@pytest.mark.integration
def test_a_setting_that_is_none_ends_it_before_anything_is_made(tmp_path: Path) -> None:
    done = run("--smoke", tmp_path, "trianing.epochs=2")
    assert done.returncode == 2
    assert "trianing: unknown key 'trianing'" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.integration
def test_the_smoke_size_ends_with_an_accepted_adapter(tmp_path: Path) -> None:
    before = {folder: content(folder) for folder in KEPT}
    done = run("--smoke", tmp_path)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert {folder: content(folder) for folder in KEPT} == before
    said = done.stdout.partition("\naccepted\n")[2]
    places = [Path(line.split()[1]) for line in said.splitlines() if line.startswith("  ")]
    assert len(places) == 7
    assert all(place.exists() and tmp_path in place.parents for place in places), said
    goldens = json.loads((tmp_path / "goldens/smoke_adapter/format.json").read_text("utf-8"))
    assert len(goldens["goldens"]) == 6
    dumped = (tmp_path / "run_pipeline" / "generations.jsonl").read_text("utf-8")
    assert len(dumped.splitlines()) == 6
    assert (tmp_path / "smoke_adapter" / "curves.png").is_file()
    assert "![Curves" in (tmp_path / "smoke_adapter" / "README.md").read_text("utf-8")
