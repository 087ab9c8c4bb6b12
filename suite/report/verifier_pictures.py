"""Draws a verifier's run as PNG pictures with matplotlib: both matrices, reliability, ROC.

The page of a run has its own drawings (`suite.report.verifier_charts`), so it needs none of these.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from suite.classification import BINS
from suite.report.verifier import CLASSES, NEITHER, MatrixRow, VerifierReport
from suite.sinks import terminal_safe

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DRAWING = 2
"""Moves when the same run is drawn otherwise: pictures of before are not taken for these."""
NAMES = ("confusion_matrix", "error_types", "reliability", "roc")
_RIGHT, _WRONG, _GREY, _INK = "#0072B2", "#D55E00", "#6b7280", "#1f2937"
"""The first two are Okabe and Ito's: told apart with any colour vision."""


def draw_pictures(report: VerifierReport) -> dict[str, bytes]:
    """Return the pictures by name, those left out that the run says too little for.

    Raises:
        ImportError: matplotlib is not installed.
    """
    pictures = {
        "confusion_matrix": _draw_confusion(report),
        "error_types": _draw_error_types(report),
    }
    if report.bins:
        pictures["reliability"] = _draw_reliability(report)
    if report.roc:
        pictures["roc"] = _draw_roc(report)
    return {name: _png(figure) for name, figure in pictures.items()}


def _new_figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure  # without pyplot: no window, no global state
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    # padding in inches
    return Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1))


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    # no version of matplotlib in it: the same run is the same bytes
    figure.savefig(buffer, format="png", dpi=150, metadata={"Software": None})
    return buffer.getvalue()


def _entitle(axes: Axes, report: VerifierReport, title: str, meaning: str) -> None:
    # a `$` would begin a formula
    model = terminal_safe(report.model).replace("$", r"\$")
    axes.set_title(f"{title}: {model}", loc="left", fontsize=11, color=_INK, pad=22)
    axes.annotate(
        meaning,
        (0, 1),
        xytext=(0, 8),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=8.5,
        color=_GREY,
    )
    axes.tick_params(labelsize=8.5, colors=_INK, length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw_confusion(report: VerifierReport) -> Figure:
    figure = _new_figure(5.2, 3.6)
    axes = figure.subplots()
    _draw_matrix(axes, report.classes)
    accuracy = f"accuracy {report.rates[0]}"
    _entitle(axes, report, "Confusion matrix", f"{accuracy}; shares are of a row")
    axes.set_ylabel("the solution is", fontsize=9, color=_GREY)
    return figure


def _draw_error_types(report: VerifierReport) -> Figure:
    figure = _new_figure(5.2, 1.6 + 0.72 * len(report.error_types))
    axes = figure.subplots()
    _draw_matrix(axes, report.error_types)
    _entitle(axes, report, "By type of error", "shares are of a row")
    axes.set_ylabel("error in the solution", fontsize=9, color=_GREY)
    return figure


def _draw_matrix(axes: Axes, rows: Sequence[MatrixRow]) -> None:
    """Draw counts as tiles, right ones in one colour and wrong ones in the other."""
    from matplotlib.patches import Rectangle

    heads = [*(f"said to be {name}" for name in CLASSES), NEITHER]
    columns = len(rows[0].counts)
    for y, row in enumerate(rows):
        for x, (count, share) in enumerate(zip(row.counts, row.shares(), strict=True)):
            color = _RIGHT if x == row.label else _WRONG
            axes.add_patch(
                Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, color=color, alpha=0.06 + 0.84 * share)
            )
            ink = "white" if share > 0.65 else _INK
            for text, size, height in ((f"{count}", 14, 5), (f"{share:.0%}", 8.5, -11)):
                axes.annotate(
                    text,
                    (x, y),
                    xytext=(0, height),
                    textcoords="offset points",
                    ha="center",
                    va="center",
                    fontsize=size,
                    color=ink,
                )
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xticks(range(columns), heads[:columns])
    axes.set_yticks(range(len(rows)), [row.name for row in rows])


def _draw_reliability(report: VerifierReport) -> Figure:
    figure = _new_figure(5.2, 5.4)
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    width = report.bins[0].high - report.bins[0].low
    shares = [each.mean_share for each in report.bins]
    positives = [each.positives for each in report.bins]
    centres = [(each.low + each.high) / 2 for each in report.bins]
    diagonal = axes.plot((0, 1), (0, 1), color=_GREY, linewidth=1, linestyle=(0, (4, 3)))
    axes.legend(diagonal, ["perfectly calibrated"], loc="upper left", frameon=False, fontsize=8.5)
    axes.plot(shares, positives, color=_RIGHT, linewidth=1.6, marker="o", ms=4.5, clip_on=False)
    error = report.measures.get("expected_calibration_error")
    told = "" if error is None else f"expected calibration error {error.value:.3f}; "
    _entitle(axes, report, "Reliability", f"{told}{len(report.bins)} of {BINS} bins have cases")
    axes.set_ylabel("share that is flawed", fontsize=9, color=_GREY)
    axes.set_ylim(-0.02, 1.02)
    below.bar(centres, [each.n for each in report.bins], width=width * 0.9, color=_RIGHT, alpha=0.5)
    below.set_ylabel("cases", fontsize=9, color=_GREY)
    below.set_xlabel("P(flawed)", fontsize=9, color=_GREY)
    below.set_xlim(-0.02, 1.02)
    below.tick_params(labelsize=8.5, colors=_INK, length=0)
    for each in (axes, below):
        each.grid(color="#e5e7eb", linewidth=0.8)
        each.set_axisbelow(True)
        each.spines[:].set_visible(False)
    return figure


def _draw_roc(report: VerifierReport) -> Figure:
    figure = _new_figure(5.2, 5.0)
    axes = figure.subplots()
    xs = [point.false_positive_rate for point in report.roc]
    ys = [point.true_positive_rate for point in report.roc]
    axes.fill_between(xs, ys, color=_RIGHT, alpha=0.1, linewidth=0)
    axes.plot((0, 1), (0, 1), color=_GREY, linewidth=1, linestyle=(0, (4, 3)))
    axes.plot(xs, ys, color=_RIGHT, linewidth=1.8, clip_on=False)
    marks = (
        ("likelier label", report.likelier, _RIGHT, "o"),
        ("decision threshold", report.threshold, _WRONG, "D"),
    )
    for name, point, color, marker in marks:
        if point is not None:
            at = f"{name} ({point.threshold:.2f})"
            place = point.false_positive_rate, point.true_positive_rate
            axes.plot(*place, marker, color=color, ms=7, mec="white", label=at, clip_on=False)
    axes.legend(loc="lower right", frameon=False, fontsize=8.5)
    area = report.measures.get("roc_auc")
    told = "" if area is None else f"area {area.value:.3f} (95% {area.interval_text})"
    _entitle(axes, report, "ROC curve", told)
    axes.set_xlabel("right solutions said to be flawed", fontsize=9, color=_GREY)
    axes.set_ylabel("flawed solutions found", fontsize=9, color=_GREY)
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.set_aspect("equal")
    axes.grid(color="#e5e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    return figure
