"""Cold runs of the embedded model, killed at random moments: nothing lost, nothing made twice."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
KILLS = 10

pytestmark = [pytest.mark.slow, pytest.mark.integration]


def start(cache: Path, output: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pytest", "-m", "format", "-q", "--batch-size=8"]
    command += [f"--cache-dir={cache}", f"--output={output}"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=ROOT, start_new_session=True, **quiet)


def samples(output: Path) -> list[dict[str, object]]:
    lines = (output / "samples.jsonl").read_text("utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    for sample in found:
        del sample["generation"]["elapsed_s"]
    return found


def committed(cache: Path) -> int:
    """Generations in the cache."""
    with sqlite3.connect(cache / "cache.sqlite") as connection:
        return connection.execute("SELECT count(*) FROM generations").fetchone()[0]


def made(cache: Path) -> int:
    """Generations that any run committed, by the journal."""
    with sqlite3.connect(cache / "cache.sqlite") as connection:
        return connection.execute("SELECT sum(done) FROM plans").fetchone()[0]


def test_ten_killed_runs_and_one_to_the_end_equal_an_undisturbed_one(tmp_path):
    undisturbed = start(tmp_path / "cache", tmp_path / "run")
    began = time.monotonic()
    assert undisturbed.wait(timeout=300) == 0
    whole_s = time.monotonic() - began

    cache = tmp_path / "killed"
    rng = random.Random(0)
    seen = []
    for number in range(KILLS):
        run = start(cache, tmp_path / f"killed_{number}")
        time.sleep(rng.uniform(0.3, 0.9) * whole_s)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        seen.append(committed(cache) if (cache / "cache.sqlite").exists() else 0)
    last = start(cache, tmp_path / "last")
    assert last.wait(timeout=300) == 0
    print(f"generations in the cache after each kill: {seen}")
    assert seen == sorted(seen)
    assert samples(tmp_path / "last") == samples(tmp_path / "run")
    assert made(cache) == committed(cache) == 200
