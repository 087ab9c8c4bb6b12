"""Puts a run on disk and reads it back: `run.json` and, one line per result, `samples.jsonl`.

A result as JSON text is also what a test report carries from a worker to the controller. Not here:
baselines (`suite.baseline`), which are another format for another purpose.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from suite.generation import Generation
from suite.run import (
    CaseResult,
    GateResult,
    ModelRecord,
    Run,
    Selection,
    count_extras,
    count_reasons,
    find_rates,
)
from suite.score import Score
from suite.whole_file import json_text, write_whole

RUN_FILE = "run.json"
SAMPLES_FILE = "samples.jsonl"


def result_to_text(result: CaseResult) -> str:
    """Return a result as one line of ASCII JSON: execnet refuses lone surrogates."""
    return json.dumps(_result_data(result), separators=(",", ":"))


def result_from_text(text: str) -> CaseResult:
    """Return the result that `result_to_text` made this text of."""
    return _result(json.loads(text))


def write_run(run: Run, folder: Path) -> None:
    """Write both files into a folder, each whole, the samples first.

    Args:
        run: With its gates decided.
        folder: Made when missing. Files of an earlier run in it are replaced.
    """
    ordered = sorted(run.results, key=lambda result: (result.model, result.task, result.case_id))
    lines = [json_text(_result_data(result), indent=None) + "\n" for result in ordered]
    write_whole(folder / SAMPLES_FILE, "".join(lines))
    write_whole(folder / RUN_FILE, json_text(_run_data(run)) + "\n")


def read_run(folder: Path) -> Run:
    """Read a run back, its results sorted by model, task and case id."""
    data = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    with (folder / SAMPLES_FILE).open(encoding="utf-8", newline="\n") as file:
        results = tuple(_result(json.loads(line)) for line in file)
    return Run(
        id=data["id"],
        started=data["started"],
        models={
            name: ModelRecord(**{**record, "notes": tuple(record["notes"])})
            for name, record in data["models"].items()
        },
        selections=tuple(
            Selection(
                **{**each, "selected": tuple(each["selected"]), "known": tuple(each["known"])}
            )
            for each in data["selections"]
        ),
        results=results,
        environment=data["environment"],
        gates=tuple(GateResult(**gate) for gate in data["gates"]),
        stopped=data["stopped"],
    )


def _run_data(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "started": run.started,
        "stopped": run.stopped,
        "environment": run.environment,
        "models": {name: asdict(record) for name, record in sorted(run.models.items())},
        # read by people and other programs; `read_run` counts again
        "summary": [_summary(run, selection) for selection in run.selections],
        "gates": [asdict(gate) for gate in run.gates],
        "selections": [asdict(selection) for selection in run.selections],
    }


def _summary(run: Run, selection: Selection) -> dict[str, Any]:
    model, task = selection.model, selection.task
    results = run.of(model, task)
    return {
        "model": model,
        "task": task,
        "selected": len(selection.selected),
        "total": len(selection.known),
        "rates": {
            rate.metric: {
                "value": rate.value,
                "count": rate.count,
                "n": rate.n,
                "missing": rate.missing,
                "low": rate.interval.low,
                "high": rate.interval.high,
            }
            for rate in find_rates(run, model, task)
        },
        "fail_reasons": count_reasons(results),
        "extras": count_extras(results),
    }


def _result_data(result: CaseResult) -> dict[str, Any]:
    # not `asdict`: it copies every nested value, which costs more than the JSON itself
    data = {name: getattr(result, name) for name in CaseResult.__slots__}
    for name in ("score", "generation"):
        record = data[name]
        if record is not None:
            data[name] = {field: getattr(record, field) for field in record.__slots__}
    return data


def _result(data: dict[str, Any]) -> CaseResult:
    score, generation = data["score"], data["generation"]
    return CaseResult(
        **{
            **data,
            "score": score and Score(**{**score, "flags": tuple(score["flags"])}),
            "generation": generation and Generation(**generation),
        }
    )
