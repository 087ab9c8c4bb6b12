"""Which device `auto` means, and which dtype suits it, as far as the driver tells it."""

import os
import platform
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

from fixtures.devices import find_device, find_dtype


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


LINUX = ("dev/nvidiactl",)
WSL2 = ("dev/dxg", "usr/lib/wsl/lib/libcuda.so.1")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root of a Linux machine without any device, whose torch is built for CUDA."""
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    build(tmp_path, monkeypatch, "'13.0'")
    return tmp_path


def build(machine: Path, monkeypatch: pytest.MonkeyPatch, cuda: str) -> None:
    torch = ModuleType("torch")
    torch.__spec__ = ModuleSpec("torch", None, origin=str(machine / "torch" / "__init__.py"))
    (machine / "torch").mkdir(exist_ok=True)
    lines = ["__version__ = '2.9'", "debug = False", f"cuda: Optional[str] = {cuda}", "hip = None"]
    (machine / "torch" / "version.py").write_text("\n".join(lines) + "\n")
    monkeypatch.setitem(sys.modules, "torch", torch)


def add(machine: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (machine / name).parent.mkdir(parents=True, exist_ok=True)
        (machine / name).touch()


@pytest.mark.parametrize(
    ("names", "device"),
    [(LINUX, "cuda"), (WSL2, "cuda"), (WSL2[:1], "cpu"), ((), "cpu")],
    ids=["Linux", "WSL2", "WSL2 with a GPU of another make", "none"],
)
def test_auto_means_cuda_where_the_driver_shows_a_device(
    machine: Path, names: tuple[str, ...], device: str
) -> None:
    add(machine, names)
    assert find_device(machine) == device


@pytest.mark.parametrize(("hidden", "device"), [("", "cpu"), ("-1", "cpu"), ("0", "cuda")])
def test_a_device_that_is_hidden_is_none(
    machine: Path, monkeypatch: pytest.MonkeyPatch, hidden: str, device: str
) -> None:
    add(machine, LINUX)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert find_device(machine) == device


def test_a_torch_that_is_built_for_a_cpu_uses_no_device(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(machine, LINUX)
    build(machine, monkeypatch, "None")
    assert find_device(machine) == "cpu"


def test_auto_means_mps_on_apple_silicon(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    assert find_device(machine) == "mps"
