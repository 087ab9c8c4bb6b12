"""The documented install of a runner that loads no model: without torch it judges recordings."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / ".github" / "actions" / "gate" / "requirements.txt"
HEAVY = ("torch", "transformers", "numpy", "peft", "bitsandbytes")


def pins(path: Path) -> dict[str, str]:
    found = re.findall(r"^([\w.-]+)==(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {name.lower(): version for name, version in found}


def recording_of_goldens(folder: Path) -> Path:
    """Write the accepted answers of the embedded adapter as a recording, and return its path."""
    golden = json.loads((ROOT / "goldens" / "tiny_json" / "format.json").read_text("utf-8"))
    head = {key: golden[key] for key in ("model", "subject", "conditions", "reference_mode")}
    made = golden["made_with"]
    environment = {"machine": made["machine"], "libraries": {"torch": made["torch"]}}
    rows = [{"goldgate_recording": 1, **head, "environment": environment}]
    rows += [
        {
            "task": "format",
            "case_id": case_id,
            "case_hash": each["case_hash"],
            "generation": {"text": each["text"]},
        }
        for case_id, each in golden["goldens"].items()
    ]
    path = folder / "recording.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_the_requirements_of_the_gate_are_pinned_as_ci_pins_them() -> None:
    small, all_ = pins(REQUIREMENTS), pins(ROOT / "constraints.txt")
    assert len(small) > 5
    assert {name: all_.get(name) for name in small} == small
    assert not set(HEAVY) & small.keys()


def test_the_requirements_of_the_gate_are_what_the_project_needs_less_the_torch_stack() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    needed = text.split("dependencies = [", 1)[1].split("# the hf engine", 1)[0]
    names = set(re.findall(r'^ *"([\w-]+)', needed, re.MULTILINE))
    # pictures of a verifier's run are left out without it, and said to be
    assert names - {"matplotlib"} <= pins(REQUIREMENTS).keys()


def test_the_accepted_answers_are_replayed_as_held(tmp_path: Path) -> None:
    recording = recording_of_goldens(tmp_path)
    command = [sys.executable, "-m", "pytest", "-m", "format", f"--replay={recording}"]
    command += [f"--output={tmp_path / 'run'}", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "same weights and conditions: nothing may change" in done.stdout


@pytest.mark.slow
def test_an_install_without_torch_replays_and_checks(tmp_path: Path) -> None:
    listed = ["git", "ls-files", "-co", "--exclude-standard"]
    files = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in files.splitlines():
        if (ROOT / name).is_file() and not name.startswith(("adapters/", "runs/")):
            (tmp_path / "repo" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tmp_path / "repo" / name)
    recording = recording_of_goldens(tmp_path)
    env = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PIP_USER")}
    python = tmp_path / "venv" / "bin" / "python"

    def run(*command: str | Path, status: int = 0, stdin: str = "") -> str:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=tmp_path / "repo", env=env, input=stdin, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    run(sys.executable, "-m", "venv", tmp_path / "venv")
    run(python, "-m", "pip", "install", "-q", "-r", ".github/actions/gate/requirements.txt")
    run(python, "-m", "pip", "install", "-q", "--no-deps", "-e", ".")
    found = run(
        python, "-c",
        f"import importlib.util as u; print([n for n in {HEAVY} if u.find_spec(n)])",
    )  # fmt: skip
    assert found.strip() == "[]"
    said = run(python, "-m", "pytest", "-m", "format", f"--replay={recording}", "--output=run")
    assert "same weights and conditions: nothing may change" in said
    assert re.search(r"format +200 cases", said), said
    assert run(tmp_path / "venv" / "bin" / "goldgate", "check", "-", stdin='{"a": 1}')
    assert '"reason": "no_json"' in run(
        tmp_path / "venv" / "bin" / "goldgate", "check", "-", stdin="no", status=1
    )
