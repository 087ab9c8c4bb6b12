"""The real adapter, weakened on purpose: the gates must see it, and name what broke."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCALES = (0.5, 0.3, 0.1, 0.05)
COSTLY = 0.85
"""A rate of format success that the gates must not let pass."""

pytestmark = [pytest.mark.slow, pytest.mark.integration]


def weaken(scale: float, folder: Path) -> Path:
    """A copy of the adapter with every `lora_B` multiplied by `scale`."""
    from safetensors.torch import load_file, save_file

    shutil.copytree(ROOT / "adapters" / "tiny_json", folder)
    weights = load_file(folder / "adapter_model.safetensors")
    for name in weights:
        if "lora_B" in name:
            weights[name] = weights[name] * scale
    save_file(weights, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    return folder


def run_suite(adapter: Path, output: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-m",
        "format",
        "-q",
        "--base-model",
        "fixtures/tiny",
    ]
    command += ["--adapter", str(adapter), "--as", "tiny_json", f"--output={output}"]
    command += [f"--cache-dir={output.parent / 'cache'}", *more]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def success_rate(output: Path) -> float:
    samples = (output / "samples.jsonl").read_text("utf-8").splitlines()
    verdicts = [json.loads(line)["score"]["metrics"]["format_success_rate"] for line in samples]
    assert len(verdicts) == 200
    return sum(verdicts) / len(verdicts)


def test_the_gates_fail_at_the_first_scale_that_costs_the_format(tmp_path):
    seen = {}
    for scale in SCALES:
        done = run_suite(weaken(scale, tmp_path / f"lora_{scale}"), tmp_path / f"run_{scale}")
        seen[scale] = success_rate(tmp_path / f"run_{scale}")
        print(f"lora_B x {scale}: format success {seen[scale]:.3f}, exit {done.returncode}")
        if seen[scale] < COSTLY:
            break
    else:
        pytest.fail(f"no scale cost the format: {seen}")
    assert done.returncode == 1
    assert "FAIL" in done.stdout
    assert "format_success_rate_min[tiny_json]" in done.stdout
    assert "no_regression" in done.stdout
    assert "broke" in done.stdout


def test_an_adapter_of_zeros_is_refused_as_not_live(tmp_path):
    done = run_suite(weaken(0.0, tmp_path / "lora_zero"), tmp_path / "run", "--num-prompts", "1")
    assert done.returncode == 1
    assert "not live" in done.stdout
