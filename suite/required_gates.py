"""What `--require-gates` fails beside the gates of the file: that nothing was left out unseen.

The gates of the file are decided in `suite.gates`.
"""

from __future__ import annotations

from pathlib import Path

from suite.run import GateResult, Run, Selection
from suite.sentences import join_some

NO_GATES = "gates"
"""Stands for the gates that a required file does not have."""
VERDICTS = "verdicts"
"""Stands for selected cases that came to none, where gates are required."""
JUDGED = "judged"
"""Stands for all gates of a model that the baseline knows and the run leaves out."""


def fail_without_gates(path: Path, selection: Selection) -> GateResult:
    """Return the gate that fails where a task has none."""
    return _fail(
        NO_GATES,
        selection,
        f"no gate for task {selection.task!r} in {path}, though gates are required; "
        f"write one under {selection.task!r}, or leave out --require-gates",
        "A file without a rule would pass whatever is answered.",
    )


def fail_without_verdicts(run: Run, selection: Selection) -> list[GateResult]:
    """Return the gate that fails where selected cases came to no verdict, or have no result."""
    results = run.of(selection.model, selection.task)
    judged = {result.case_id for result in results if result.score is not None}
    missing = sorted(set(selection.selected) - judged)
    if not missing:
        return []
    sentence = (
        f"{len(missing)} of {len(selection.selected)} selected cases without a verdict: "
        f"{join_some(missing)}"
    )
    reason = "A test that is skipped is no test passed, and rates may tolerate a few."
    return [_fail(VERDICTS, selection, sentence, reason)]


def _fail(name: str, selection: Selection, sentence: str, reason: str) -> GateResult:
    return GateResult(name, selection.task, selection.model, "FAIL", sentence, reason, fails=True)


def tell_unjudged(run: Run, required: bool) -> list[GateResult]:
    """Return a gate per model that nobody left out by name: its own were not even asked."""
    if run.models_named:
        return []
    return [
        GateResult(
            name=JUDGED,
            task=task,
            model=model,
            status="SKIPPED",
            sentence=f"not judged, though {run.baseline_ref} has goldens of it; judge it too, or "
            "name the models that are meant: pytest --model NAME",
            reason="Another default in the registry must not put an easier model in its place.",
            fails=required,
        )
        for model, task in run.unjudged
    ]
