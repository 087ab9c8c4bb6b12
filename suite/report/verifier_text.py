"""Lays out a verifier's run as text: a CSV of predictions, a classification report, a review list.

What they hold is gathered by `suite.report.verifier`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import starmap

from suite.classification import Confusion
from suite.report.verifier import CLASSES, NEITHER, VerifierReport, VerifierRow, name_class
from suite.sinks import csv_line, markdown_block, markdown_text, terminal_safe

_COLUMNS = ("index", "label", "prediction", "P(0)", "P(1)", "error_type", "case")


def render_predictions(report: VerifierReport) -> str:
    """Return the predictions as CSV, a line per case; an empty cell is unknown."""
    lines = [csv_line(_COLUMNS)]
    for row in report.rows:
        numbers = (row.index, row.label, row.predicted, row.p_right, row.p_flawed)
        lines.append(csv_line([*numbers, row.error_type, row.case_id]))
    return "".join(lines)


def render_classification(report: VerifierReport) -> str:
    """Return precision, recall and F1 per class, both matrices, and the figures with intervals."""
    lines = [
        f"{report.model}, verifier, run {report.run}",
        "Predicted is the likelier label. Positive is flawed.",
        "",
        *_tabulate_classes(report.confusion),
        "",
        *_tabulate_matrices(report),
        *_list_figures(report),
    ]
    return "".join(f"{terminal_safe(line)}\n" for line in lines)


def render_mistakes(report: VerifierReport) -> str:
    """Return the most confident mistakes as Markdown, with problem and solution, for review."""
    shown, of = len(report.mistakes), report.mistaken
    head = [
        f"# Most confident mistakes of {report.model}",
        "",
        f"Run {markdown_text(report.run)}: {of} of {len(report.rows)} cases are judged wrongly"
        + (f"; these {shown} most surely." if shown < of else ", the surest first."),
        "",
    ]
    return "\n".join(head) + "".join(starmap(_render_mistake, enumerate(report.mistakes, start=1)))


def describe_mistake(row: VerifierRow) -> str:
    """Return what is wrong, such as `said to be right (P = 0.981), is flawed (conceptual)`."""
    if not row.has_verdict:
        said = "no verdict"
    elif row.predicted is None:
        said = "answered with no label"
    else:
        sure = "" if row.confidence is None else f" (P = {row.confidence:.3f})"
        said = f"said to be {CLASSES[row.predicted]}{sure}"
    kind = f" ({row.error_type})" if row.label else ""
    return f"{said}, is {CLASSES[row.label]}{kind}"


def _render_mistake(number: int, row: VerifierRow) -> str:
    return (
        # an id is of a-z, 0-9 and _ inside words, and the rest are words of ours: plain Markdown
        f"\n## {number}. {row.case_id}: {describe_mistake(row)}\n\n"
        f"Problem:\n\n{markdown_block(row.problem)}\nSolution:\n\n{markdown_block(row.solution)}"
    )


def _tabulate_classes(confusion: Confusion) -> Iterator[str]:
    yield f"{'':<12}{'precision':>11}{'recall':>9}{'F1':>9}{'cases':>8}"
    supports = [confusion.support(label) for label in (0, 1)]
    columns = (confusion.precision, confusion.recall, confusion.f1)
    for label in (0, 1):
        figures = [column(label) for column in columns]
        yield _line(name_class(label), figures, supports[label])
    total = sum(supports)
    yield f"{'accuracy':<12}{'':>11}{'':>9}{confusion.accuracy:>9.3f}{total:>8.0f}"
    yield _line("macro avg", [(column(0) + column(1)) / 2 for column in columns], total)
    weighted = [
        sum(column(label) * supports[label] for label in (0, 1)) / total for column in columns
    ]
    yield _line("weighted avg", weighted, total)


def _line(name: str, figures: list[float], cases: float) -> str:
    precision, recall, f1 = figures
    return f"{name:<12}{precision:>11.3f}{recall:>9.3f}{f1:>9.3f}{cases:>8.0f}"


def _tabulate_matrices(report: VerifierReport) -> Iterator[str]:
    heads = (f"said {CLASSES[0]}", f"said {CLASSES[1]}", NEITHER)
    for title, rows in (("solution is", report.classes), ("error type", report.error_types)):
        columns = len(rows[0].counts)
        yield f"{title:<15}" + "".join(f"{head:>13}" for head in heads[:columns])
        for row in rows:
            yield f"{row.name:<15}" + "".join(f"{count:>13}" for count in row.counts)
        yield ""


def _list_figures(report: VerifierReport) -> Iterator[str]:
    figures = {each.metric: str(each) for each in report.rates}
    figures |= {name: str(each) for name, each in report.measures.items()}
    width = max(map(len, figures))
    for name, figure in figures.items():
        yield f"{name:<{width}}  {figure}"
    if not report.measures:
        yield "No other figures: they want a verdict for every case, and cases of both labels."
