"""The embedded model answers the same, byte for byte, whatever the workers, batches or order."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WAYS = {
    "-n 2": ["-n", "2"],
    "-n 4": ["-n", "4"],
    "batches of 1": ["--batch-size=1"],
    "batches of 8": ["--batch-size=8"],
    "batches of 32": ["--batch-size=32"],
}

pytestmark = [pytest.mark.slow, pytest.mark.integration]


def generate(folder: Path, *more: str) -> dict[str, tuple[str, int, int]]:
    """Text, token count and place of the smallest margin of every case, nothing cached before."""
    command = [sys.executable, "-m", "pytest", "-m", "format", "-q", f"--output={folder / 'run'}"]
    command += [f"--cache-dir={folder / 'cache'}", *more]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    lines = (folder / "run" / "samples.jsonl").read_text("utf-8").splitlines()
    generations = {}
    for sample in map(json.loads, lines):
        made = sample["generation"]
        place = (made["text"], made["completion_tokens"], made["margin_position"])
        generations[sample["case_id"]] = place
    assert len(generations) == 200
    return generations


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, int, int]]:
    return generate(tmp_path_factory.mktemp("serial"))


@pytest.mark.parametrize("way", WAYS)
def test_workers_and_batch_sizes_change_nothing(serial, way, tmp_path):
    assert generate(tmp_path, *WAYS[way]) == serial


def test_reversed_order_changes_nothing(serial, tmp_path):
    document = yaml.safe_load((ROOT / "suite" / "cases" / "format.yaml").read_text("utf-8"))
    document["cases"].reverse()
    folder = tmp_path / "cases"
    folder.mkdir()
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    (folder / "format.yaml").write_text(text, "utf-8")
    assert generate(tmp_path, f"--cases={folder}") == serial
