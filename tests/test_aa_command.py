"""The command `goldgate aa`, run as a user runs it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parent.parent
SMALL = ("--n=100", "--churn=0.2", "--drop=0.1", "--pairs=500")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "suite", "aa", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def write_gates(folder: Path, alpha: float) -> str:
    path = folder / "gates.yaml"
    rule = f"{{metrics: [format_success_rate], alpha: {alpha}, reason: r}}"
    path.write_text(f"format: {{no_regression: {rule}}}\n")
    return f"--gates={path}"


def test_the_configured_gate_passes_and_its_tables_are_printed() -> None:
    done = run(*SMALL)
    assert (done.returncode, done.stderr) == (0, "")
    assert "no_regression of format: 3 metrics share alpha 0.01, warn_alpha 0.05" in done.stdout
    for title in ("Unchanged models: ", "5 of one template", "Models that lost"):
        assert title in done.stdout
    assert re.search(r"^ +100 +0\.2 +0\.00\d\d \(\d, 0\.", done.stdout, flags=re.MULTILINE)
    assert "A/A: PASS: most false alarms 0.00" in done.stdout
    assert run(*SMALL).stdout == done.stdout


def test_too_few_clusters_are_inconclusive() -> None:
    done = run(*SMALL, "--cluster-size=20")
    assert done.returncode == 0
    assert "INCONCLUSIVE: 5 clusters" in done.stdout


def test_the_picture_is_well_formed_and_repeatable(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one.svg", "two.svg")]
    for file in files:
        assert run(*SMALL, write_gates(tmp_path, 0.01), f"--svg={file}").returncode == 0
    assert files[0].read_bytes() == files[1].read_bytes()
    text = " ".join(ElementTree.parse(files[0]).getroot().itertext())
    for words in ("Nothing changed, 100 cases", "fail on any drop", "true loss, points"):
        assert words in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--task=fromat",), "unknown task 'fromat'"),
        (("--gates=nowhere.yaml",), "nowhere.yaml"),
        (("--n=101",), "101 cases do not make whole clusters of 5"),
        (("--churn=0.95", "--drop=0.1"), "together are above 1"),
        (("--churn=2",), "churn"),
        (("--n=0",), "--n"),
        ((*SMALL, "--svg=nowhere/aa.svg"), "nowhere/aa.svg: No such file"),
    ],
)
def test_what_cannot_be_done_exits_2_and_is_named(arguments: tuple[str, ...], message: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_task_without_the_gate_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gates.yaml"
    path.write_text("format: {format_success_rate_min: {value: 0.5, reason: r}}\n")
    done = run(f"--gates={path}")
    assert done.returncode == 2
    assert "no gate no_regression; its gates: format_success_rate_min" in done.stderr
