"""What is done with a finished training: `python -m train plot|merge|push`.

Each command imports what it needs inside its function; what it does is in a module of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from train.terminal import refuse, say

if TYPE_CHECKING:
    from fixtures.model import Device, Dtype
    from train.merge import BaseWeights


def plot(
    run: Annotated[
        Path | None, typer.Argument(metavar="[RUN]", help="A run: `output_dir` of its config.")
    ] = None,
    logdir: Annotated[
        Path | None,
        typer.Option(help="TensorBoard's files instead; each folder with some is one run."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the pictures; `plots` in RUN or logdir.")
    ] = None,
) -> None:
    """Draw a run as PNGs: losses, format success, duplicates, learning rate; the base in each."""
    from suite.errors import InputError
    from train.curves import read_logdir, read_run
    from train.plot import draw_pictures

    source = run or logdir
    if source is None or (run and logdir):
        refuse("plot", "name a run folder, or --logdir DIR; not both")
    try:
        runs = [read_run(source)] if run else read_logdir(source)
        paths = draw_pictures(runs, out or source / "plots")
    except (InputError, OSError) as error:
        refuse("plot", str(error))
    for path in paths:
        say(str(path))


def merge(
    adapter: Annotated[Path, typer.Argument(help="Folder of the adapter.")],
    out: Annotated[Path, typer.Option(help="Folder of the merged model.")],
    base: Annotated[
        str | None, typer.Option(help="Folder or hub id of the base; default: the manifest's.")
    ] = None,
    base_weights: Annotated[
        str,
        typer.Option(
            metavar="[dequantized|original]",
            help="Of an adapter trained on a quantized base: the weights that it saw, or those "
            "that they were made from, which it never saw.",
        ),
    ] = "dequantized",
    dtype: Annotated[
        str | None,
        typer.Option(
            metavar="[float32|bfloat16|float16]",
            help="Of the written weights; default: the one it was trained in.",
        ),
    ] = None,
    device: Annotated[
        str | None, typer.Option(metavar="[cpu|cuda]", help="Default: the one it was trained on.")
    ] = None,
    no_check: Annotated[
        bool, typer.Option("--no-check", help="Do not run the suite on the merged model.")
    ] = False,
    num_prompts: Annotated[
        int | None, typer.Option(min=1, help="Check the first so many cases only.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a merged model in --out.")
    ] = False,
) -> None:
    """Merge an adapter into its base, then ask the suite whether it still answers the same.

    A warning names each rate that differs. Exit status 0: merged, with or without a warning.
    """
    from fixtures.engine import EngineError
    from suite.errors import InputError
    from train.merge import MergeOptions, check_choices, plan_merge, write_merged
    from train.merge_check import ROOT, check_merged

    try:
        check_choices(base_weights, dtype, device)
        options = MergeOptions(
            adapter=adapter,
            out=out,
            base=base,
            base_weights=cast("BaseWeights", base_weights),
            dtype=cast("Dtype | None", dtype),
            device=cast("Device | None", device),
            overwrite=overwrite,
        )
        model = plan_merge(options, [Path(), ROOT])
        for line in model.warnings:
            say(f"train merge: warning: {line}", sys.stderr)
        write_merged(model, options)
        say(f"written: {out}")
        if no_check:
            return
        record = out.with_name(f"{out.name}.check")
        say(f"the suite asks adapter and merged model ({record} keeps what they answer)")
        differences = check_merged(model, out, record, num_prompts)
    except (InputError, EngineError) as error:
        refuse("merge", str(error))
    for difference in differences:
        say(f"train merge: warning: {difference}", sys.stderr)
    if not differences:
        say("every rate of the merged model is the adapter's")


def push(
    adapter: Annotated[Path, typer.Argument(help="Folder of an adapter, or a merged model.")],
    repo: Annotated[str, typer.Argument(help="`owner/name` on the Hugging Face hub.")],
    public: Annotated[
        bool, typer.Option("--public", help="Everybody may read it; else it is private.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what would go, and send nothing.")
    ] = False,
    message: Annotated[str | None, typer.Option(help="Of the commit.")] = None,
) -> None:
    """Upload an adapter or a merged model to the Hugging Face hub, private unless told so."""
    from suite.errors import InputError
    from train.push import describe_upload, plan_upload, upload

    try:
        plan = plan_upload(adapter, repo, public=public)
        for line in describe_upload(plan):
            say(line)
        if dry_run:
            say("nothing was sent (--dry-run)")
            return
        say(f"written: {upload(plan, message)}")
    except InputError as error:
        refuse("push", str(error))
