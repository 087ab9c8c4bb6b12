"""Lays out the pictures of a verifier for the page: places and sizes of what is drawn as SVG.

No colors and no markup: those are the template's and the style sheet's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from suite.report.verifier import CLASSES, NEITHER, MatrixRow, VerifierReport, VerifierRow
from suite.report.verifier_text import describe_mistake

SIDE = 280
"""Width of every picture, in units of its own, and height of the square ones."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 8, 22, 34
_NAMES, _ROW, _HEAD = 88, 44, 20
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Tile:
    """One cell of a matrix."""

    x: float
    y: float
    width: float
    height: float
    opacity: float
    is_right: bool
    count: str
    share: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """Counts of what was said of what."""

    title: str
    height: float
    tiles: tuple[Tile, ...]
    heads: tuple[tuple[float, str], ...]
    """Above the columns."""
    names: tuple[tuple[float, str], ...]
    """Beside the rows."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A point that is pointed at."""

    x: float
    y: float
    kind: str
    """Its class in the style sheet."""
    title: str


@dataclass(frozen=True, slots=True)
class Square:
    """A curve over [0, 1] x [0, 1]."""

    title: str
    caption: str
    x_name: str
    y_name: str
    line: str
    """Points of a polyline."""
    bars: tuple[tuple[float, float, float, float, str], ...]
    """x, y, width, height and title."""
    marks: tuple[Mark, ...]
    diagonal: tuple[float, float, float, float]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class VerifierPart:
    """What the page shows of a model."""

    model: str
    cases: int
    matrices: tuple[Matrix, ...]
    squares: tuple[Square, ...]
    mistakes: tuple[tuple[str, VerifierRow], ...]
    """What is wrong, and the case."""
    mistaken: int


def lay_out_verifier(report: VerifierReport) -> VerifierPart:
    """Lay out what there is to show of one model."""
    squares = []
    if report.bins:
        squares.append(_lay_out_reliability(report))
    if report.roc:
        squares.append(_lay_out_roc(report))
    return VerifierPart(
        model=report.model,
        cases=len(report.rows),
        matrices=(
            _lay_out_matrix("Confusion matrix", report.classes),
            _lay_out_matrix("By type of error", report.error_types),
        ),
        squares=tuple(squares),
        mistakes=tuple((describe_mistake(row), row) for row in report.mistakes),
        mistaken=report.mistaken,
    )


def _lay_out_matrix(title: str, rows: Sequence[MatrixRow]) -> Matrix:
    columns = len(rows[0].counts)
    width = (SIDE - _NAMES) / columns
    tiles = [
        Tile(
            x=round(_NAMES + column * width, 1),
            y=_HEAD + place * _ROW,
            width=round(width - 3, 1),
            height=_ROW - 3,
            opacity=round(0.06 + 0.5 * share, 2),  # ink stays readable on it
            is_right=column == row.label,
            count=str(row.counts[column]),
            share=f"{share:.0%}",
        )
        for place, row in enumerate(rows)
        for column, share in enumerate(row.shares())
    ]
    heads = (*(f"said {name}" for name in CLASSES), NEITHER)[:columns]
    return Matrix(
        title,
        _HEAD + len(rows) * _ROW,
        tuple(tiles),
        heads=tuple(
            (round(_NAMES + (column + 0.5) * width, 1), head) for column, head in enumerate(heads)
        ),
        names=tuple((_HEAD + (place + 0.5) * _ROW, row.name) for place, row in enumerate(rows)),
    )


def _lay_out_reliability(report: VerifierReport) -> Square:
    points = [_place(each.mean_share, each.positives) for each in report.bins]
    most = max(each.n for each in report.bins)
    bars = []
    for each in report.bins:
        (left, base), (right, _) = _place(each.low, 0), _place(each.high, 0)
        height = round(each.n / most * 40, 1)
        title = f"{each.n:.0f} cases with P(flawed) from {each.low:.2f} to {each.high:.2f}"
        bars.append((left, round(base - height, 1), round(right - left - 1, 1), height, title))
    marks = [
        Mark(
            x,
            y,
            "point",
            f"{each.n:.0f} cases: P(flawed) {each.mean_share:.3f} on average, "
            f"{each.positives:.3f} are flawed",
        )
        for (x, y), each in zip(points, report.bins, strict=True)
    ]
    error = report.measures.get("expected_calibration_error")
    return _square(
        "Reliability",
        "" if error is None else f"expected calibration error {error.value:.3f}; bars: cases",
        ("P(flawed)", "share that is flawed"),
        points,
        marks,
        bars,
    )


def _lay_out_roc(report: VerifierReport) -> Square:
    points = [_place(point.false_positive_rate, point.true_positive_rate) for point in report.roc]
    marks = []
    for kind, name, point in (
        ("point now", "likelier label", report.likelier),
        ("point chosen", "decision threshold", report.threshold),
    ):
        if point is not None:
            told = f"{name}: {point.true_positive_rate:.3f} of the flawed found, "
            told += f"{point.false_positive_rate:.3f} of the right said to be flawed"
            x, y = _place(point.false_positive_rate, point.true_positive_rate)
            marks.append(Mark(x, y, kind, told))
    area = report.measures.get("roc_auc")
    told = "" if area is None else f"area {area.value:.3f}, 95% {area.interval_text}; "
    chosen = "" if report.threshold is None else f", ring: threshold {report.threshold.threshold:g}"
    return _square(
        "ROC curve",
        f"{told}dot: likelier label{chosen}",
        ("right ones said to be flawed", "flawed ones found"),
        points,
        marks,
        (),
    )


def _square(
    title: str,
    caption: str,
    names: tuple[str, str],
    points: Iterable[tuple[float, float]],
    marks: Iterable[Mark],
    bars: Iterable[tuple[float, float, float, float, str]],
) -> Square:
    return Square(
        title,
        caption,
        *names,
        line=" ".join(f"{x},{y}" for x, y in points),
        bars=tuple(bars),
        marks=tuple(marks),
        diagonal=(*_place(0, 0), *_place(1, 1)),
        x_ticks=tuple((_place(tick, 0)[0], f"{tick:g}") for tick in _TICKS),
        y_ticks=tuple((_place(0, tick)[1], f"{tick:g}") for tick in _TICKS),
    )


def _place(x: float, y: float) -> tuple[float, float]:
    """Return where a point of the unit square is in the picture."""
    across, up = SIDE - _LEFT - _RIGHT, SIDE - _BOTTOM - _TOP
    return round(_LEFT + x * across, 1), round(_TOP + (1 - y) * up, 1)
