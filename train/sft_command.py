"""The command `python -m train sft`: its options, and the order in which they are looked at.

Training is `train.sft`, a rehearsal of it `train.dry_run`; they are imported when they are needed.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
import yaml

from suite.errors import InputError
from train.processes import is_main, process_count, say
from train.terminal import refuse

if TYPE_CHECKING:
    from train.sft_config import SftConfig


def sft(
    overrides: Annotated[
        list[str] | None,
        typer.Argument(metavar="[key=value ...]", help="Settings, such as training.epochs=2."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            help="YAML, such as train/configs/tiny_json.yaml; else section `sft` of "
            "run_config.yaml or run_config.json in the root of the repository."
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint of output_dir.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Delete the run in output_dir first.")
    ] = False,
    print_config: Annotated[
        bool, typer.Option("--print-config", help="Print all settings as YAML, and stop.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="One step on the longest rows, measured and saved, and one more after resuming; "
            "then stop. Leaves nothing behind.",
        ),
    ] = False,
) -> None:
    """Train a LoRA adapter on a quantized base and keep its best checkpoint.

    Several GPUs or machines: `accelerate launch -m train sft --config FILE`.
    """
    from train.run_config import choose_config
    from train.sft_config import read_config

    chosen = {"--resume": resume, "--overwrite": overwrite, "--dry-run": dry_run}
    if len(both := [name for name, is_set in chosen.items() if is_set]) > 1:
        _refuse(f"{' and '.join(both)} exclude each other")
    try:
        config = choose_config(config, "sft")
        if config is None:
            raise InputError(
                "--config: missing; train/configs holds some, and run_config.yaml in the root of "
                "the repository is used where it has a section sft"
            )
        settings = read_config(config, overrides or ())
        if print_config:
            say(config_text(settings))
            return
        command = _command(config, overrides or [])
        if dry_run:
            from train.dry_run import rehearse

            rehearse(settings, command)
            return
        from train.sft import train_sft

        best = train_sft(settings, command, resume=resume, overwrite=overwrite)
    except InputError as error:
        _refuse(str(error))
    say(f"written: {settings.adapter_dir} (step {best.step})")


def config_text(config: SftConfig) -> str:
    """Every setting as YAML that `--config` reads again."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False).rstrip("\n")


def _command(config: Path, overrides: list[str]) -> str:
    """What makes this adapter again."""
    count = process_count()
    launcher = ["accelerate", "launch", "--num_processes", str(count), "-m"]
    head = launcher if count > 1 else ["python", "-m"]
    return shlex.join([*head, "train", "sft", "--config", str(config), *overrides])


def _refuse(problems: str) -> NoReturn:
    """End with status 2; of several processes one says why."""
    if is_main():
        refuse("sft", problems)
    raise typer.Exit(2)
