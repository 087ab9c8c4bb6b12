"""`goldgate diff`: what two models answer to the same prompts, before and after, in the terminal.

The one command that loads a model; it records nothing. Answering is `fixtures.side_by_side`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from suite.commands.arguments import AllowCode
from suite.commands.refusal import refusing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suite.case import Case
    from suite.generation import Generation
    from suite.report.lines import Line
    from suite.report.side_by_side import Answer
    from suite.score import Score


def diff(
    model: Annotated[list[str], typer.Option(help="Twice: before, and after.")],
    num_prompts: Annotated[
        int, typer.Option("--num-prompts", "--limit", min=1, help="The first so many cases.")
    ] = 8,
    cases_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Rows of a JSONL file instead of the suite.")
    ] = None,
    cases: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The case files; default: suite/cases.")
    ] = None,
    allow_code: AllowCode = False,
    task: Annotated[str, typer.Option(help="Whose cases are asked.")] = "format",
    max_new_tokens: Annotated[
        int | None, typer.Option(min=1, help="Completion tokens per case.")
    ] = None,
    models: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The registry; default: fixtures/models.yaml."),
    ] = None,
) -> None:
    """Show what two models answer to the same prompts: changed words in color, a verdict each.

    Where both stand on the same base in the same quantization it is loaded once, and answers with
    the adapter off and on.
    Exit status 0: printed, whatever the verdicts; 2: it could not be done.
    """
    with refusing("diff", cases, allow_code):
        from fixtures.model_choice import ModelFlags
        from fixtures.side_by_side import answer_side_by_side, choose_pair
        from suite.report.console import console_width, has_color, write_lines
        from suite.report.lines import Span
        from suite.report.side_by_side import Answer, render_side_by_side
        from suite.sinks import log_safe, terminal_safe

        def say(text: str) -> None:
            typer.echo(log_safe(f"goldgate diff: {terminal_safe(text)}"), err=True)

        chosen, total = _choose_cases(cases_file, cases, task, num_prompts)
        flags = ModelFlags(names=tuple(model), max_new_tokens=max_new_tokens)
        pair = choose_pair(model, models, Path.cwd(), flags)
        found = answer_side_by_side(pair, chosen, say)
        rows = [
            (
                case,
                Answer(one, _score(case, one)),
                Answer(two, _score(case, two)),
            )
            for case, one, two in zip(chosen, *found.answers, strict=True)
        ]
        names = pair[0].name, pair[1].name
        how = "one base, its adapter off and on" if found.loads == 1 else "each loaded by itself"
        head = f"{terminal_safe(names[0])} → {terminal_safe(names[1])}"
        title = Span(f"  {len(chosen)} of {total} cases of {task}; {how}", "quiet")
        lines: list[Line] = [(Span(head, "title"), title)]
        lines += render_side_by_side(names, rows, has_color(sys.stdout), console_width())
        lines += _render_totals(names, task, rows)
        write_lines(lines, sys.stdout)


def _score(case: Case, generation: Generation) -> Score:
    """Return a verdict, or the failure `no_verdict` where the schema cannot be checked."""
    from suite.schema import SchemaCheckError, SchemaError
    from suite.score import Count, Score
    from suite.tasks import TASKS, is_good, paired_metrics

    try:
        return TASKS[case.task].score(case, generation)
    except (SchemaError, SchemaCheckError) as error:
        # as in a run, where what has no verdict counts against the model in every rate
        worst = {name: int(not is_good(way, 1)) for name, way in paired_metrics(case.task).items()}
        size = TASKS[case.task].size
        none = {name: Count(0, size(case)) for name in TASKS[case.task].counted if size}
        return Score(False, 0.0, "no_verdict", str(error), worst, counts=none)


def _choose_cases(
    rows: Path | None, folder: Path | None, task: str, count: int
) -> tuple[Sequence[Case], int]:
    from suite.case_files import load_cases
    from suite.case_rows import load_rows
    from suite.errors import InputError, unknown
    from suite.own_tasks import names_of_own_tasks

    if rows is not None and folder is not None and not names_of_own_tasks():
        raise InputError("--cases-file and --cases: one of them is enough")
    if rows is not None:
        found = load_rows(rows, task).cases
    else:
        files = load_cases(folder or Path(__file__).parents[1] / "cases")
        if task not in files:
            raise InputError(f"--task: {unknown('task', task, files)}")
        found = files[task].cases
    return found[:count], len(found)


def _render_totals(
    names: tuple[str, str], task: str, rows: Sequence[tuple[Case, Answer, Answer]]
) -> list[Line]:
    from suite.rates import case_rate, sum_rate
    from suite.report.lines import Span
    from suite.sinks import terminal_safe
    from suite.tasks import TASKS

    lines: list[Line] = [()]
    for metric, way in TASKS[task].metrics.items():
        lines.append((Span(metric, "title"),))
        for side, name in enumerate(names):
            scores = [((two if side else one).score, case.cluster) for case, one, two in rows]
            if unit := TASKS[task].counted.get(metric):
                counted = [each for each in scores if metric in each[0].counts]
                counts = [score.counts[metric] for score, _ in counted]
                if not sum(of for _, of in counts):
                    continue
                rate = sum_rate(metric, way, unit, counts, [name for _, name in counted])
            else:
                values = [score.metrics.get(metric, 0) for score, _ in scores]
                rate = case_rate(metric, way, values, [name for _, name in scores])
            label = f"  {terminal_safe(name):<{max(map(len, names))}}  "
            lines.append((Span(label), Span(str(rate))))
    return lines
