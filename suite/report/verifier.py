"""Gathers what reports show of a verifier's run: rows, matrices, curves, confident mistakes.

Figures come from `suite.classification`; nothing here draws or writes a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from suite.case import Case
from suite.classification import (
    Bin,
    Confusion,
    CurvePoint,
    Labelled,
    count_confusion,
    find_bins,
    lay_out,
    trace_roc,
)
from suite.measured import Measured
from suite.measures import find_measures
from suite.run import CaseResult, Run, Selection
from suite.verifier_measures import apply_threshold
from suite.verifier_score import ERROR_TYPES, flawed_share, read_label

TASK = "verifier"
CLASSES = ("right", "flawed")
MOST_MISTAKES = 20


@dataclass(frozen=True, slots=True)
class VerifierRow:
    """One case with its prediction."""

    index: int
    """From 1, by case id."""
    case_id: str
    label: int
    predicted: int | None
    """None: the answer was no label, or there is no verdict."""
    p_right: float | None
    """P(0) over the whole vocabulary; None: unknown."""
    p_flawed: float | None
    error_type: str
    problem: str
    solution: str

    @property
    def share(self) -> float | None:
        """P(flawed) when the answer is one of both labels."""
        if self.p_right is None or self.p_flawed is None:
            return None
        return flawed_share(self.p_right, self.p_flawed)

    @property
    def confidence(self) -> float | None:
        """Likewise of the label that was predicted."""
        if self.share is None or self.predicted is None:
            return None
        return self.share if self.predicted else 1 - self.share


@dataclass(frozen=True, slots=True)
class ErrorTypeRow:
    """How solutions with one type of error were judged."""

    error_type: str
    label: int
    counts: tuple[int, int, int]
    """Said to be right, to be flawed, neither."""


@dataclass(frozen=True, slots=True)
class VerifierReport:
    """One model on the verifier task."""

    model: str
    run: str
    started: str
    rows: tuple[VerifierRow, ...]
    confusion: Confusion
    error_types: tuple[ErrorTypeRow, ...]
    """Those that occur, in the order of `ERROR_TYPES`."""
    roc: tuple[CurvePoint, ...]
    """Empty where no case has probabilities, or only one label occurs."""
    bins: tuple[Bin, ...]
    """Empty where no case has probabilities."""
    measures: dict[str, Measured]
    threshold: CurvePoint | None
    """Where the model's decision threshold is on the ROC curve; None: it has none."""
    likelier: CurvePoint | None
    """Where the likelier label is on it: the threshold 0.5."""
    mistakes: tuple[VerifierRow, ...]
    """The most confident ones, the surest first."""
    mistaken: int
    """How many there are."""


def find_verifier_reports(run: Run, cases: Mapping[tuple[str, str], Case]) -> list[VerifierReport]:
    """Return what there is to show of each model that was asked verifier cases.

    Args:
        run: With its measures.
        cases: By task and id; a case that is not among them is left out.
    """
    found = []
    for selection in run.selections:
        if selection.task != TASK:
            continue
        rows = _list_rows(run, selection, cases)
        if rows:
            found.append(_report(run, selection.model, rows))
    return found


def _list_rows(
    run: Run, selection: Selection, cases: Mapping[tuple[str, str], Case]
) -> tuple[VerifierRow, ...]:
    results = [
        (result, cases[TASK, result.case_id])
        for result in run.of(selection.model, TASK)
        if (TASK, result.case_id) in cases
    ]
    return tuple(_make_row(index, *each) for index, each in enumerate(results, start=1))


def _make_row(index: int, result: CaseResult, case: Case) -> VerifierRow:
    values = result.score.values if result.score else {}
    label, predicted = read_label(case), values.get("predicted")
    return VerifierRow(
        index=index,
        case_id=case.id,
        label=label,
        predicted=None if predicted is None else int(predicted),
        p_right=values.get("p_right"),
        p_flawed=values.get("p_flawed"),
        error_type=_name_error(case, label),
        problem=case.inputs.get("question", case.prompt_text),
        solution=case.inputs.get("solution", ""),
    )


def _name_error(case: Case, label: int) -> str:
    """Return the type of error; other people's rows may name none, or one of their own."""
    if label == 0:
        return ERROR_TYPES[0]
    named = case.inputs.get("error_type", "")
    return named if named in ERROR_TYPES[1:] else ERROR_TYPES[-1]


def _report(run: Run, model: str, rows: tuple[VerifierRow, ...]) -> VerifierReport:
    labelled = [Labelled(row.label, row.predicted, row.share) for row in rows]
    sample = lay_out(labelled)
    wrong = [row for row in rows if row.predicted != row.label]
    # without a confidence: last, there is nothing to be surprised at
    wrong.sort(key=lambda row: (-(row.confidence if row.confidence is not None else -1), row.index))
    roc = tuple(trace_roc(sample))
    threshold = run.models[model].decision_threshold
    return VerifierReport(
        model=model,
        run=run.id,
        started=run.started,
        rows=rows,
        confusion=count_confusion(sample, [1.0] * len(rows)),
        error_types=tuple(_count_error_types(rows)),
        roc=roc,
        bins=tuple(find_bins(sample)),
        measures={each.metric: each for each in find_measures(run, model, TASK)},
        threshold=_find_point(labelled, threshold) if roc and threshold is not None else None,
        likelier=_find_point(labelled, 0.5) if roc else None,
        mistakes=tuple(wrong[:MOST_MISTAKES]),
        mistaken=len(wrong),
    )


def _count_error_types(rows: tuple[VerifierRow, ...]) -> list[ErrorTypeRow]:
    found = []
    for name in ERROR_TYPES:
        of_type = [row for row in rows if row.error_type == name]
        if of_type:
            counts = [sum(row.predicted == said for row in of_type) for said in (0, 1, None)]
            found.append(ErrorTypeRow(name, of_type[0].label, (counts[0], counts[1], counts[2])))
    return found


def _find_point(rows: list[Labelled], threshold: float) -> CurvePoint:
    sample = lay_out([apply_threshold(row, threshold) for row in rows])
    confusion = count_confusion(sample, [1.0] * len(rows))
    return CurvePoint(1 - confusion.recall(0), confusion.recall(1), threshold)
