"""Lays out a run as one HTML page that needs nothing but itself: no network, no other file.

Rates, counts and gates come decided. The page's parts lie beside this module: `html.j2`,
`.css`, `.js` and `verifier.j2`; texts and pictures are prepared in `flips`, `samples`, `charts`,
`groups`, `reasons`, `repeats` and `verifier_charts`. Every text passes `terminal_safe` and is
escaped by the template.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suite.baseline import Baseline
from suite.case import Case
from suite.earlier_runs import EarlierRun, read_earlier_runs
from suite.measured import Measured
from suite.measures import find_measures, measure_directions
from suite.rates import Rate, find_rates
from suite.report.charts import (
    HEIGHT,
    WIDTH,
    Histogram,
    Trend,
    TrendInput,
    draw_histogram,
    draw_trend,
)
from suite.report.flips import find_flip_groups
from suite.report.groups import GroupTable, tabulate_groups
from suite.report.reasons import tabulate_reasons
from suite.report.repeats import remark
from suite.report.samples import pack_samples, safe
from suite.report.verdict import find_verdict
from suite.report.verifier import find_verifier_reports
from suite.report.verifier_charts import SIDE, lay_out_verifier
from suite.run import GateResult, Judge, ModelRecord, Run, Selection, count_extras
from suite.task import Direction
from suite.whole_file import write_whole

if TYPE_CHECKING:
    from jinja2 import Template

PAGE_FILE = "report.html"
_PARTS = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class RateRow:
    """One metric of one model."""

    metric: str
    direction: Direction
    rate: Rate
    trend: Trend | None


@dataclass(frozen=True, slots=True)
class Part:
    """One model and task."""

    model: str
    task: str
    scope: str
    """How many cases of which file."""
    rates: tuple[RateRow, ...]
    tokens: Histogram | None
    seconds: Histogram | None
    extras: dict[str, int]
    groups: tuple[GroupTable, ...]
    measures: tuple[tuple[Measured, Direction], ...]
    """What is no rate, and which way is better."""
    remarks: tuple[str, ...]
    """On the times of requests, and on repeats."""


def render_page(
    run: Run,
    baselines: Mapping[tuple[str, str], Baseline],
    cases: Mapping[tuple[str, str], Case],
    earlier: Sequence[EarlierRun] = (),
) -> str:
    """Return the page of a run.

    Args:
        run: With its gates decided.
        baselines: By model and task, as they were before the run.
        cases: By task and id, as far as they are at hand.
        earlier: The runs before, the oldest first.
    """
    style, script = _read("html.css"), _read("html.js")
    return _template().render(
        run=run,
        started=run.started.replace("T", " ").replace("+00:00", " UTC"),
        style=style,
        script=script,
        policy=_policy(style, script),
        verdict=find_verdict(run),
        gates=_group_gates(run.gates),
        parts=[_make_part(run, selection, earlier) for selection in run.selections],
        verifiers=[lay_out_verifier(each) for each in find_verifier_reports(run, cases)],
        reasons=tabulate_reasons(run),
        flips=find_flip_groups(run, baselines, cases),
        samples=pack_samples(run, baselines, cases),
        environments=[
            *(_describe_model(*each) for each in sorted(run.models.items())),
            *(_describe_judge(*each) for each in sorted(run.judges.items())),
        ],
        width=WIDTH,
        height=HEIGHT,
        picture_side=SIDE,
    )


def write_page(
    folder: Path,
    run: Run,
    baselines: Mapping[tuple[str, str], Baseline],
    cases: Iterable[Case],
    runs: Path | None = None,
) -> Path:
    """Write the page of a run into its folder, whole.

    Args:
        folder: Of the run.
        run: With its gates decided.
        baselines: By model and task, as they were before the run.
        cases: Those of the run, as far as they are at hand, and maybe more.
        runs: Where the folders of earlier runs are; None: beside this one.

    Returns:
        Where the page is.
    """
    by_place = {(case.task, case.id): case for case in cases}
    earlier = read_earlier_runs(runs or folder.parent, run.id)
    path = folder / PAGE_FILE
    write_whole(path, render_page(run, baselines, by_place, earlier))
    return path


@cache
def _template() -> Template:
    # late: it takes 20 ms, and whoever writes no page needs none of it
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_PARTS),  # of what the page includes
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # markup of ours is a subclass of str and stays
        finalize=lambda value: safe(value) if type(value) is str else value,
    )
    return environment.from_string(_read("html.j2"))


def _read(name: str) -> str:
    return (_PARTS / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Forbid whatever is not in the page: a script runs by its hash, nothing is fetched."""

    def name(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; style-src {name(style)}; script-src {name(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )


def _group_gates(gates: Iterable[GateResult]) -> list[tuple[tuple[str, str], list[GateResult]]]:
    groups: dict[tuple[str, str], list[GateResult]] = {}
    for gate in gates:
        groups.setdefault((gate.model, gate.task), []).append(gate)
    return list(groups.items())


def _make_part(run: Run, selection: Selection, earlier: Sequence[EarlierRun]) -> Part:
    model, task = selection.model, selection.task
    selected, known = len(selection.selected), len(selection.known)
    scope = f"{known} cases" if selected == known else f"{selected} of {known} cases"
    results = run.of(model, task)
    answers = [result.generation for result in results if result.generation]
    return Part(
        model=model,
        task=task,
        scope=f"{scope}, {selection.case_file}",
        rates=tuple(
            RateRow(rate.metric, direction, rate, _draw_rate(run, selection, rate, earlier))
            for rate in find_rates(run, model, task)
            for direction in (rate.direction,)
        ),
        tokens=draw_histogram([a.completion_tokens for a in answers], "tokens", whole=True),
        seconds=draw_histogram([a.elapsed_s for a in answers], "s"),
        extras=count_extras(results),
        groups=tuple(tabulate_groups(run, selection)),
        measures=tuple(
            # a recorded run may have one that the task no longer has
            (each, measure_directions(task).get(each.metric, "neither"))
            for each in find_measures(run, model, task)
        ),
        remarks=remark(run, selection),
    )


def _draw_rate(
    run: Run, selection: Selection, rate: Rate, earlier: Sequence[EarlierRun]
) -> Trend | None:
    if not selection.is_complete or not selection.is_suite:
        return None
    model = selection.model
    found: list[TrendInput] = []
    weights: Any = None
    unit = "" if rate.unit == "cases" else f" {rate.unit}"
    for past in earlier:
        then = past.rates.get((model, selection.task, rate.metric))
        if then is None:
            continue
        before, weights = weights, past.subjects.get(model)
        title = f"{past.id}: {then.value:.3f} ({then.count}/{then.n}{unit})"
        is_new = bool(found) and before != weights
        found.append(TrendInput(then.value, then.low, then.high, title, is_new))
    is_new = bool(found) and weights != run.models[model].subject
    interval = rate.interval
    now = f"this run: {rate.value:.3f} ({rate.counts})"
    return draw_trend([*found, TrendInput(rate.value, interval.low, interval.high, now, is_new)])


def _describe_model(name: str, record: ModelRecord) -> dict[str, Any]:
    parts = {
        "subject": record.subject,
        "conditions": record.conditions,
        "environment": record.environment,
    }
    return {
        "name": name,
        "notes": record.notes,
        "reference": record.reference_mode,
        "parts": {title: list(_flatten(part)) for title, part in parts.items()},
    }


def _describe_judge(task: str, judge: Judge) -> dict[str, Any]:
    return _describe_model(f"{judge.name}, judge of {task}", judge.model)


def _flatten(record: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, str]]:
    for key, value in record.items():
        if isinstance(value, dict) and value:
            yield from _flatten(value, f"{prefix}{key}.")
        elif value is not None and value != {}:
            yield f"{prefix}{key}", str(value)
