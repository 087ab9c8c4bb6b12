"""Which dtype suits a device, as far as the driver tells it."""

import os
from pathlib import Path

import pytest

from fixtures.devices import find_dtype


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the driver's tool, first on the path; a machine of ours has none."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "nvidia-smi"


@pytest.mark.parametrize(
    ("capabilities", "dtype"),
    [("7.5", "float16"), ("8.0", "bfloat16"), ("12.0", "bfloat16"), ("8.6\n7.5", "float16")],
    ids=["T4", "A100", "a-later-one", "one-of-two-without"],
)
def test_a_gpu_gets_bfloat16_where_it_has_it(told: Path, capabilities: str, dtype: str) -> None:
    told.write_text(f'#!/bin/sh\nprintf "{capabilities}\\n"\n')
    told.chmod(0o755)
    assert find_dtype("cuda") == dtype


def test_a_driver_that_does_not_tell_is_taken_for_a_recent_one(told: Path) -> None:
    told.write_text("#!/bin/sh\nexit 9\n")
    told.chmod(0o755)
    assert find_dtype("cuda") == "bfloat16"


def test_a_cpu_computes_in_float32() -> None:
    assert find_dtype("cpu") == "float32"
