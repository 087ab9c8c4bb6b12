"""`goldgate compare`: two recorded runs as one paired sample, without any model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from suite.commands.arguments import AllowCode, CacheDir, CodeDir
from suite.commands.refusal import refusing


def compare(
    run_a: Annotated[str, typer.Argument(metavar="RUN_A", help="A run: folder, id or `last`.")],
    run_b: Annotated[str, typer.Argument(metavar="RUN_B", help="What to compare with it.")],
    model: Annotated[
        list[str] | None,
        typer.Option(help="In both runs; given twice: one of RUN_A and one of RUN_B."),
    ] = None,
    cases: CodeDir = None,
    allow_code: AllowCode = False,
    cache_dir: CacheDir = None,
) -> None:
    """Compare two recorded runs case by case: rates, what broke, what is fixed, and an exact p.

    Cases whose content differs take no part. Runs whose conditions differ (template, dtype,
    decoding) are inconclusive: the flips are shown, no p.
    Exit status 0: printed, whatever it says (`goldgate gate` judges); 2: it could not be done.
    """
    with refusing("compare", cases, allow_code):
        from suite.report.console import console_width, write_lines
        from suite.report.pairs import render_pairs
        from suite.run_folder import find_run, read_folder
        from suite.run_pairs import pair_runs

        folders = [find_run(name, Path.cwd(), cache_dir) for name in (run_a, run_b)]
        then, now = (read_folder(folder).run for folder in folders)
        pairs = pair_runs(then, now, model or ())
        write_lines(render_pairs(then, now, pairs, console_width()), sys.stdout)
