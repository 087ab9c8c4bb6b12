"""Options that several commands take, each with one wording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RequireGates = Annotated[
    bool,
    typer.Option("--require-gates", help="Gates that warn, were skipped or are inconclusive fail."),
]
AcceptRemoved = Annotated[
    bool,
    typer.Option(
        "--accept-removed",
        help="Cases that are gone do not fail the gates; listed first. "
        "Default: as recorded, without --baseline-ref and --goldens.",
    ),
]
AllowConditions = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-conditions",
        metavar="FIELD",
        help="Compare though this condition (dotted) is not the baseline's; repeatable.",
    ),
]
CasesDir = Annotated[
    Path | None,
    typer.Option("--cases", metavar="DIR", help="Case files here; default: those the run names."),
]
AllowCode = Annotated[
    bool,
    typer.Option(
        "--allow-code", help="With --cases: run DIR/scorers.py, which defines tasks of its own."
    ),
]
CodeDir = Annotated[
    Path | None,
    typer.Option(
        "--cases", metavar="DIR", help="With --allow-code: the folder whose scorers.py is run."
    ),
]
CacheDir = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Where runs/ is; default: .suite")
]
