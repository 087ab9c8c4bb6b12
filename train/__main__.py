"""The training commands: `python -m train tiny|data|sft …`.

Each imports what it needs inside its function, so that `--help` and mistakes are fast.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # its tables cut long option names off
    help="Make adapters and the embedded base model.",
)

_STRICTNESS = (
    "`easy`: prompts that frame a text or ask a question after it, keys named in running text, "
    "objects without nested values and lists, also as broken outputs to put right, no hard "
    "negatives. `hard`: also prompts with a schema in any layout (JSON Schema, TypeScript, Python "
    "class, table, bullets, example), in the message or in the system prompt, prompts put together "
    "in any order, and whole requests in prose; nested objects and lists, also in broken outputs; "
    "hard negatives."
)


@app.command()
def tiny(
    out: Annotated[Path, typer.Option(help="Folder of the finished model.")] = Path(
        "fixtures/tiny"
    ),
    run: Annotated[
        Path, typer.Option(help="Folder of checkpoints and logs; goes on from there.")
    ] = Path("runs/tiny"),
    tokens: Annotated[int, typer.Option(help="Training tokens in all.")] = 50_000_000,
    workers: Annotated[int, typer.Option(help="Processes of one thread each.")] = 2,
    start_from: Annotated[
        Path | None,
        typer.Option(help="Folder of an earlier model of this command to start from."),
    ] = None,
) -> None:
    """Train the embedded base model (80 minutes on two cores; resumable)."""
    from suite.errors import InputError
    from train.tiny import TinyConfig, train_tiny

    start = "" if start_from is None else str(start_from)
    try:
        train_tiny(TinyConfig(tokens=tokens, workers=workers, start=start), run, out)
    except InputError as error:
        _refuse("tiny", str(error))


@app.command()
def data(
    out_dir: Annotated[Path, typer.Option(help="Folder to write to.")],
    n_train: Annotated[int, typer.Option(help="Rows of train.jsonl.")] = 6000,
    n_eval: Annotated[int, typer.Option(help="Rows of eval.jsonl; no prompt is in both.")] = 1000,
    hard_negative_prob_train: Annotated[
        float,
        typer.Option(
            help="Share of prompts that pull out of the format ('explain first', 'in a code "
            "block'); the right answer is still one bare object."
        ),
    ] = 0.3,
    hard_negative_prob_eval: Annotated[
        float | None,
        typer.Option(help="The same in eval.jsonl; 0.25 with `hard`, 0 with `easy`."),
    ] = None,
    fix_bad_output_prob_train: Annotated[
        float,
        typer.Option(
            help="Share of prompts with a broken output to put right; 0.15 in eval.jsonl."
        ),
    ] = 0.15,
    eval_strictness: Annotated[
        str, typer.Option(metavar="[easy|hard]", help="Of eval.jsonl. " + _STRICTNESS)
    ] = "hard",
    seed: Annotated[int, typer.Option(help="The same seed and options give the same bytes.")] = 0,
) -> None:
    """Make the training data of the format task: train.jsonl, eval.jsonl, stats.json, stats.md."""
    from pydantic import ValidationError

    from suite.errors import describe_problems
    from train.data import DataConfig, make_data

    options: dict[str, Any] = {
        "n_train": n_train,
        "n_eval": n_eval,
        "hard_negative_prob_train": hard_negative_prob_train,
        "hard_negative_prob_eval": hard_negative_prob_eval,
        "fix_bad_output_prob_train": fix_bad_output_prob_train,
        "eval_strictness": eval_strictness,
        "seed": seed,
    }
    try:
        config = DataConfig.model_validate(options)
    except ValidationError as error:
        _refuse("data", "\n".join(describe_problems(error, DataConfig, "options")))
    if out_dir.exists() and not out_dir.is_dir():
        _refuse("data", f"--out-dir: {out_dir}: is a file")
    for split, facts in make_data(config, out_dir)["splits"].items():
        print(f"{out_dir / split}.jsonl: {facts['rows']} rows, sha256 {facts['sha256']}")


@app.command()
def sft(
    config: Annotated[Path, typer.Option(help="YAML, such as train/configs/tiny_json.yaml.")],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(metavar="[key=value ...]", help="Settings, such as training.epochs=2."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint of output_dir.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Delete the run in output_dir first.")
    ] = False,
) -> None:
    """Train a LoRA adapter on a quantized base and keep its best checkpoint."""
    from suite.errors import InputError
    from train.sft import train_sft
    from train.sft_config import read_config

    if resume and overwrite:
        _refuse("sft", "--resume and --overwrite exclude each other")
    command = shlex.join(["python", "-m", "train", "sft", "--config", str(config)])
    command = " ".join([command, *map(shlex.quote, overrides or ())])
    try:
        settings = read_config(config, overrides or ())
        best = train_sft(settings, command, resume=resume, overwrite=overwrite)
    except InputError as error:
        _refuse("sft", str(error))
    print(f"written: {settings.adapter_dir} (step {best.step})")


def _refuse(command: str, problems: str) -> NoReturn:
    for line in problems.splitlines():
        print(f"train {command}: {line}", file=sys.stderr)
    raise typer.Exit(2)


if __name__ == "__main__":
    app(prog_name="python -m train")
