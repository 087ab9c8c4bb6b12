"""Gathers what reports show of a verifier's run: rows, matrices, curves, confident mistakes.

Figures come from `suite.classification`; nothing here draws or writes a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
from suite.rates import Rate, find_rates
from suite.run import CaseResult, Run, Selection
from suite.verifier_measures import apply_threshold
from suite.verifier_score import ERROR_TYPES, VERIFIER_LABELS, flawed_share, read_label

TASK = "verifier"
CLASSES = ("right", "flawed")
NEITHER = "neither"
"""What a case is said to be that was answered with no label, or has no verdict."""
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
    has_verdict: bool
    p_right: float | None
    """P(0) over all tokens, from a server over the likeliest few; None: unknown."""
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
class MatrixRow:
    """How solutions of one class, or with one type of error, were judged."""

    name: str
    """Such as `flawed (1)` or `conceptual`."""
    label: int
    counts: tuple[int, ...]
    """Said to be right, to be flawed, neither; the last is left out where no case at all is it."""

    def shares(self) -> tuple[float, ...]:
        """Return the counts as shares of the row."""
        return tuple(count / sum(self.counts) for count in self.counts)


@dataclass(frozen=True, slots=True)
class VerifierReport:
    """One model on the verifier task."""

    model: str
    run: str
    started: str
    rows: tuple[VerifierRow, ...]
    rates: tuple[Rate, ...]
    """Accuracy the first."""
    confusion: Confusion
    classes: tuple[MatrixRow, ...]
    """Those that occur, right the first."""
    error_types: tuple[MatrixRow, ...]
    """Those that occur, in the order of `ERROR_TYPES`."""
    roc: tuple[CurvePoint, ...]
    """Empty where no case has probabilities, or only one label occurs."""
    bins: tuple[Bin, ...]
    """Empty where no case has probabilities."""
    measures: dict[str, Measured]
    threshold: CurvePoint | None
    """Where the model's decision threshold is on the ROC curve; None: it has none."""
    likelier: CurvePoint | None
    """Where the likelier label is on it: at the threshold 0.5, but for ties, which the answer's
    text decides."""
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
        has_verdict=result.score is not None,
        p_right=values.get("p_right"),
        p_flawed=values.get("p_flawed"),
        error_type=_name_error(case, label),
        problem=case.inputs.get("question", case.prompt_text),
        solution=case.inputs.get("solution", ""),
    )


def name_class(label: int) -> str:
    """Return a class with its label, such as `flawed (1)`."""
    return f"{CLASSES[label]} ({VERIFIER_LABELS[label]})"


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
    confusion = count_confusion(sample, [1.0] * len(rows))
    return VerifierReport(
        model=model,
        run=run.id,
        started=run.started,
        rows=rows,
        rates=tuple(find_rates(run, model, TASK)),
        confusion=confusion,
        classes=tuple(_count_matrix({row: name_class(row.label) for row in rows})),
        error_types=tuple(_count_matrix({row: row.error_type for row in rows})),
        roc=roc,
        bins=tuple(find_bins(sample)),
        measures={each.metric: each for each in find_measures(run, model, TASK)},
        threshold=_apply(labelled, threshold) if roc and threshold is not None else None,
        likelier=_find_point(confusion, 0.5) if roc else None,
        mistakes=tuple(wrong[:MOST_MISTAKES]),
        mistaken=len(wrong),
    )


def _count_matrix(names: Mapping[VerifierRow, str]) -> Iterator[MatrixRow]:
    """Yield what was said of the rows of each name, in the order of `ERROR_TYPES` or of labels."""
    said = (0, 1, None) if any(row.predicted is None for row in names) else (0, 1)
    for name in (*map(name_class, (0, 1)), *ERROR_TYPES):
        if rows := [row for row, own in names.items() if own == name]:
            counts = tuple(sum(row.predicted == each for row in rows) for each in said)
            yield MatrixRow(name, rows[0].label, counts)


def _apply(rows: list[Labelled], threshold: float) -> CurvePoint:
    sample = lay_out([apply_threshold(row, threshold) for row in rows])
    return _find_point(count_confusion(sample, [1.0] * len(rows)), threshold)


def _find_point(confusion: Confusion, threshold: float) -> CurvePoint:
    return CurvePoint(1 - confusion.recall(0), confusion.recall(1), threshold)
