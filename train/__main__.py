"""The training commands: `python -m train tiny|data|sft|plot|merge|push …`.

Each imports what it needs inside its function, so that `--help` and mistakes are fast.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from train.data_command import data
from train.release import merge, plot, push
from train.sft_command import sft
from train.terminal import refuse as _refuse

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # its tables cut long option names off
    help="Make adapters and the embedded base model.",
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


app.command()(data)
app.command()(sft)
app.command()(plot)
app.command()(merge)
app.command()(push)


if __name__ == "__main__":
    app(prog_name="python -m train")
