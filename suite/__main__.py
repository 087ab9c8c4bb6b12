"""The command line `goldgate`, also `python -m suite`: the list of its commands, nothing else.

Each command imports what it needs inside its function, so that `--help` stays fast.
"""

from __future__ import annotations

import typer

from suite.commands.aa import aa
from suite.commands.anchor import anchor
from suite.commands.cases import cases
from suite.commands.check import check
from suite.commands.compare import compare
from suite.commands.diff import diff
from suite.commands.eval import eval_
from suite.commands.gate import gate
from suite.commands.import_ import import_
from suite.commands.judge_check import judge_check
from suite.commands.merge import merge
from suite.commands.new_case import new_case
from suite.commands.new_task import new_task
from suite.commands.report import report
from suite.commands.rescore import rescore

app = typer.Typer(
    name="goldgate",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # importing rich takes longer than most of the commands
)
app.command()(check)
app.command()(aa)
app.command("import")(import_)
app.command()(gate)
app.command()(compare)
app.command()(report)
app.command()(rescore)
app.command()(merge)
app.command()(anchor)
app.command()(diff)
app.command("judge-check")(judge_check)
app.command("eval")(eval_)
app.command()(cases)
app.command()(new_case)
app.command()(new_task)


@app.callback()
def goldgate() -> None:
    """Judge and compare recorded outputs of language models. Generating goes through pytest."""


def main() -> None:
    """Run the command line; the entry point of the `goldgate` script."""
    app(prog_name="goldgate")


if __name__ == "__main__":
    main()
