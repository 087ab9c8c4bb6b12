"""Lays out a run as a table for a spreadsheet: one line per case, model and repeat.

Whole outputs are in `samples.jsonl`; here a cell holds no more than a spreadsheet takes.
"""

from __future__ import annotations

from suite.run import CaseResult, Run, result_place
from suite.score import Count
from suite.sinks import csv_line
from suite.tasks import TASKS, paired_metrics

_LONGEST = 8000
"""Characters of a cell before what cannot be shown is escaped; Excel takes 32,767."""
_HEAD = ("model", "task", "case", "outcome", "change", "reason", "finish", "tokens", "seconds")


def render_csv(run: Run) -> str:
    """Return the table, sorted by model, task, case and repeat, with a line of names above it.

    Where no case was asked twice there is no column of repeats.
    """
    tasks = {each.task for each in run.selections}
    metrics = sorted({metric for task in tasks for metric in paired_metrics(task)})
    counted = sorted({metric for task in tasks for metric in TASKS[task].counted})
    # two cells: a spreadsheet takes 3/4 for a day in April
    counts = [f"{metric} {side}" for metric in counted for side in Count._fields]
    again = ["repeat"] if run.repeats else []
    lines = [csv_line([*_HEAD[:3], *again, *_HEAD[3:], *metrics, *counts, "message", "output"])]
    results = sorted((*run.results, *run.repeats), key=result_place)
    lines += [_render_result(result, metrics, counted, bool(again)) for result in results]
    return "".join(lines)


def _render_result(result: CaseResult, metrics: list[str], counted: list[str], again: bool) -> str:
    score, generation = result.score, result.generation
    return csv_line(
        [
            result.model,
            result.task,
            result.case_id,
            *([result.repeat] if again else []),
            result.outcome,
            result.change or "",
            (score.reason if score else "no verdict") or "",
            generation.finish_reason if generation else "",
            generation.completion_tokens if generation else None,
            round(generation.elapsed_s, 4) if generation else None,
            *(score.metrics.get(metric) if score else None for metric in metrics),
            *(
                number
                for metric in counted
                for number in (score and score.counts.get(metric)) or (None, None)
            ),
            result.message[:_LONGEST],
            _shorten(generation.text) if generation else "",
        ]
    )


def _shorten(text: str) -> str:
    more = len(text) - _LONGEST
    return f"{text[:_LONGEST]}… {more:,} more characters" if more > 0 else text
