"""Holds a merged model against its adapter: the suite asks both, case by case.

Generating goes through pytest, as everywhere; here its record is read and compared.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from fixtures.model import Model
from suite.checkout import ROOT
from suite.errors import InputError
from suite.rates import find_rates
from suite.report.console import console_width, write_lines
from suite.report.pairs import render_pairs
from suite.run import Run
from suite.run_files import RUN_FILE, read_run
from suite.run_pairs import pair_runs
from suite.sinks import terminal_safe
from suite.whole_file import write_whole

_LOG = "pytest.log"


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric whose rate is another one in the merged model."""

    task: str
    metric: str
    adapter: str
    """Rate with count and interval."""
    merged: str

    def __str__(self) -> str:
        return f"{self.task}: {self.metric}: adapter {self.adapter}, merged {self.merged}"


def check_merged(
    model: Model, merged: Path, folder: Path, num_prompts: int | None = None
) -> list[Difference]:
    """Run the suite on both, print the comparison, and return the rates that differ.

    Args:
        model: The adapter on its base, as planned for merging.
        merged: The folder that was made.
        folder: Of the run; an earlier one in it is replaced.
        num_prompts: The first so many cases of each task; None: all.

    Raises:
        InputError: The suite could not run; the message ends with its last lines.
    """
    names = (model.name, f"{model.name}_merged")
    registry = folder / "models.yaml"
    write_whole(registry, registry_text(model, merged.resolve(), names))
    run = _run_suite(registry, names, folder, num_prompts)
    pairs = pair_runs(run, run, names)
    write_lines(render_pairs(run, run, pairs, console_width()), sys.stdout)
    return find_differences(run, *names)


def registry_text(model: Model, merged: Path, names: tuple[str, str]) -> str:
    """Return a registry with the adapter on its base, and the merged model in the same mode."""
    mode = {"type": "local", "device": model.device, "dtype": model.dtype}
    mode |= {"prompt_format": model.prompt_format, "attn_implementation": model.attn_implementation}
    entries = {
        names[0]: mode
        | {
            "model_path": str(model.base and model.base.resolve()),
            "lora_path": str(model.adapter and model.adapter.resolve()),
            "quantization": model.quantization,
        },
        names[1]: mode | {"model_path": str(merged), "quantization": "none"},
    }
    return yaml.safe_dump({"default": names[1], "models": entries}, sort_keys=False)


def find_differences(run: Run, adapter: str, merged: str) -> list[Difference]:
    """Name each metric whose count is not the same for both models of a run."""
    return [
        Difference(selection.task, before.metric, str(before), str(after))
        for selection in run.selections
        if selection.model == adapter
        for before, after in zip(
            find_rates(run, adapter, selection.task),
            find_rates(run, merged, selection.task),
            strict=True,
        )
        if (before.count, before.n) != (after.count, after.n)
    ]


def _run_suite(
    registry: Path, names: tuple[str, str], folder: Path, num_prompts: int | None
) -> Run:
    record = folder / RUN_FILE
    record.unlink(missing_ok=True)
    # no goldens: what was accepted of the adapter says nothing of whether the two agree
    places = {"--models": registry, "--output": folder, "--goldens": folder / "no_goldens"}
    command = [sys.executable, "-m", "pytest", "suite", "--flips=gate", "-q", "--tb=no"]
    command += [f"{option}={path.resolve()}" for option, path in places.items()]
    command += [f"--model={name}" for name in names]
    if num_prompts is not None:
        command.append(f"--num-prompts={num_prompts}")
    # its summary would stand for a job of CI that it is not
    environment = {k: v for k, v in os.environ.items() if k != "GITHUB_STEP_SUMMARY"}
    with (folder / _LOG).open("w", encoding="utf-8") as log:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False
        )
    # 1: cases failed or a gate did, which is for the comparison to say
    if done.returncode not in (0, 1) or not record.is_file():
        lines = (folder / _LOG).read_text(encoding="utf-8", errors="replace").splitlines()
        raise InputError(
            [
                f"the suite ended with {done.returncode} on the merged model ({folder / _LOG}):",
                *(terminal_safe(line) for line in lines[-8:]),
            ]
        )
    return read_run(folder)
