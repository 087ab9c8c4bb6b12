"""The command line `goldgate`, also `python -m suite`: the list of its commands, nothing else.

Each command imports what it needs inside its function, so that `--help` stays fast.
"""

from __future__ import annotations

import typer

from suite.commands.aa import aa
from suite.commands.check import check

app = typer.Typer(
    name="goldgate",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # importing rich takes longer than most of the commands
)
app.command()(check)
app.command()(aa)


@app.callback()
def goldgate() -> None:
    """Judge and compare recorded outputs of language models. Generating goes through pytest."""


def main() -> None:
    """Run the command line; the entry point of the `goldgate` script."""
    app(prog_name="goldgate")


if __name__ == "__main__":
    main()
