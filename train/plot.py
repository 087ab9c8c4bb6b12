"""Draws the curves of a training as PNG pictures, the base's level in each.

Reading them is `train/curves.py`; nothing here opens a window.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suite.errors import InputError
from suite.sinks import terminal_safe
from suite.stats import wilson
from suite.whole_file import write_whole_bytes
from train.curves import Curve, Curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's: told apart with any colour vision."""
_GREY, _INK = "#6b7280", "#1f2937"
_MOST_POINTS = 40
"""More points than these are drawn without marks, the training loss with a smoothed line."""
_MOST_NAME = 28
"""Letters of a run in a legend."""


@dataclass(frozen=True, slots=True)
class Picture:
    """How one metric is drawn."""

    stem: str
    """Of the file."""
    title: str
    meaning: str
    is_rate: bool = False


PICTURES = {
    "loss": Picture("loss", "Training loss", "mean over the steps between two log lines"),
    "eval_loss": Picture("eval_loss", "Evaluation loss", "per trained token of the held-out rows"),
    "format_success_rate": Picture(
        "format_success", "Format success", "share of answers that are one strict JSON value", True
    ),
    "duplicate_json_objects_rate": Picture(
        "duplicates", "Duplicate objects", "share of answers with two or more objects", True
    ),
    "learning_rate": Picture("learning_rate", "Learning rate", "of the optimizer"),
    "schema_valid_rate": Picture(
        "schema_valid", "Schema valid", "share of answers that also meet their schema", True
    ),
    "exact_object_rate": Picture(
        "exact_object", "Exact object", "share of answers that are the expected object", True
    ),
    "exact_answer_rate": Picture(
        "exact_answer", "Exact answer", "share of answers that are the expected text", True
    ),
    "flexible_exact_match": Picture(
        "flexible_match", "Flexible match", "share of answers whose final number is right", True
    ),
    "strict_exact_match": Picture(
        "strict_match", "Strict match", "share of answers with the right number after ####", True
    ),
    "accuracy": Picture("accuracy", "Accuracy", "share of answers that are the right label", True),
}
"""By metric, in the order of the files."""


def draw_pictures(runs: Sequence[Curves], folder: Path) -> list[Path]:
    """Write one PNG for each metric that a run has points of.

    Args:
        runs: Drawn over each other.
        folder: Made when missing; pictures of an earlier time are written over.

    Returns:
        The files, in a fixed order.

    Raises:
        InputError: matplotlib is not installed.
    """
    written = []
    for metric, picture in PICTURES.items():
        drawn = [run for run in runs if metric in run.by_metric]
        if not drawn:
            continue
        path = folder / f"{picture.stem}.png"
        write_whole_bytes(path, _png(make_figure(metric, drawn)))
        written.append(path)
    return written


def make_figure(metric: str, runs: Sequence[Curves]) -> Figure:
    """Lay out one metric of runs that all have points of it."""
    figure = _new_figure(6.4, 3.7)
    _draw(figure.subplots(), metric, runs)
    return figure


def draw_card(run: Curves, best_step: int | None = None) -> bytes | None:
    """Return one PNG of up to four metrics for the card of an adapter; None without matplotlib.

    Hours of training end with this: a picture less is no reason to lose them.

    Args:
        run: With at least one curve.
        best_step: Of the weights kept; marked.
    """
    wanted = (
        *("format_success_rate", "accuracy", "flexible_exact_match", "strict_exact_match"),
        *("exact_answer_rate", "duplicate_json_objects_rate"),
    )
    rates = [name for name in wanted if name in run.by_metric]
    metrics = [*rates, *(name for name in ("eval_loss", "loss") if name in run.by_metric)]
    columns = 2 if len(metrics) > 1 else 1
    try:
        figure = _new_figure(5.2 * columns, 3.1 * -(-len(metrics) // columns))
    except InputError:
        return None
    places = figure.subplots(-(-len(metrics) // columns), columns, squeeze=False).ravel()
    for place, metric in zip(places, metrics, strict=False):
        _draw(place, metric, [run], best_step)
    for place in places[len(metrics) :]:
        place.set_visible(False)
    return _png(figure)


def _new_figure(width: float, height: float) -> Figure:
    try:
        from matplotlib.figure import Figure  # without pyplot: no window, no global state
        from matplotlib.layout_engine import ConstrainedLayoutEngine
    except ImportError:
        raise InputError("matplotlib is not installed: pip install -e '.[train]'") from None
    # padding in inches
    return Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1))


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    # no version of matplotlib in it: the same curves are the same bytes
    figure.savefig(buffer, format="png", dpi=150, metadata={"Software": None})
    return buffer.getvalue()


def _draw(axes: Axes, metric: str, runs: Sequence[Curves], best_step: int | None = None) -> None:
    picture = PICTURES[metric]
    for color, run in zip(_cycle(len(runs)), runs, strict=True):
        _draw_curve(axes, run.by_metric[metric], picture, color, _label(run.name))
        if picture.is_rate and len(runs) == 1:
            _name_last(axes, run.by_metric[metric], color)
        _mark_best(axes, run.by_metric[metric], color, best_step)
    levels = {run.name: level for run in runs if (level := _find_base(run, metric)) is not None}
    for level in sorted({*levels.values()}):
        owners = [
            color
            for color, run in zip(_cycle(len(runs)), runs, strict=True)
            if levels.get(run.name) == level
        ]
        _draw_base(axes, level, picture, owners[0] if 1 == len(owners) < len(runs) else _GREY)
    _dress(axes, picture)
    if len(runs) > 1:
        place: dict[str, Any] = {"loc": "lower right", "bbox_to_anchor": (1, 1.07), "borderpad": 0}
        axes.legend(frameon=False, fontsize=8, ncols=2, **place)


def _find_base(run: Curves, metric: str) -> float | None:
    """Return the level of step 0; the training loss, which has none, takes the evaluation's."""
    curve = run.by_metric.get("eval_loss" if metric == "loss" else metric)
    return None if curve is None or metric == "learning_rate" else curve.base


def _cycle(count: int) -> list[str]:
    return [_COLORS[index % len(_COLORS)] for index in range(count)]


def _draw_curve(axes: Axes, curve: Curve, picture: Picture, color: str, label: str) -> None:
    steps, values = zip(*curve.points, strict=True)
    many = len(steps) > _MOST_POINTS
    if picture.is_rate and curve.n:
        bounds = [wilson(round(value * curve.n), curve.n) for value in values]
        low, high = [each.low for each in bounds], [each.high for each in bounds]
        axes.fill_between(steps, low, high, color=color, alpha=0.14, linewidth=0)
    if many and picture.stem == "loss":
        axes.plot(steps, values, color=color, alpha=0.28, linewidth=0.9)
        axes.plot(steps, _smooth(values), color=color, linewidth=1.8, label=label)
        return
    marker = "" if many else "o"
    style: dict[str, Any] = {
        "linewidth": 1.8,
        "marker": marker,
        "ms": 4,
        "clip_on": False,
        "zorder": 3,
    }
    axes.plot(steps, values, color=color, label=label, **style)


def _name_last(axes: Axes, curve: Curve, color: str) -> None:
    """Write the last value beside its point."""
    step, value = curve.points[-1]
    axes.annotate(
        f"{value:.3f}" + (f" (n={curve.n})" if curve.n else ""),
        (step, value),
        xytext=(0, 8 if value < 0.9 else -15),
        textcoords="offset points",
        ha="right",
        fontsize=8,
        color=color,
    )


def _smooth(values: Sequence[float], weight: float = 0.85) -> list[float]:
    """Exponential moving average without the pull to zero at its start (Adam's correction)."""
    smoothed, mean = [], 0.0
    for count, value in enumerate(values, start=1):
        mean = weight * mean + (1 - weight) * value
        smoothed.append(mean / (1 - weight**count))
    return smoothed


def _mark_best(axes: Axes, curve: Curve, color: str, best_step: int | None) -> None:
    points = dict(curve.points)
    if best_step in points:
        ring: dict[str, Any] = {
            "ms": 9,
            "mfc": "white",
            "mec": color,
            "mew": 1.8,
            "clip_on": False,
            "zorder": 4,
        }
        axes.plot(best_step, points[best_step], "o", **ring)


def _draw_base(axes: Axes, level: float, picture: Picture, color: str) -> None:
    """Draw the level of step 0 across the picture."""
    axes.axhline(level, color=color, linestyle=(0, (4, 3)), linewidth=1.1)
    what = "base, evaluation loss" if picture.stem == "loss" else "base"
    digits = 3 if picture.is_rate else 4
    axes.annotate(
        f"{what} (step 0): {level:.{digits}f}",
        (0.995, level),
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="right",
        fontsize=8,
        color=color,
    )


def _dress(axes: Axes, picture: Picture) -> None:
    axes.set_title(picture.title, loc="left", fontsize=11, fontweight="bold", color=_INK, pad=18)
    meaning = picture.meaning + (", 95 % interval shaded" if axes.collections else "")
    axes.text(0, 1.03, meaning, transform=axes.transAxes, fontsize=8, color=_GREY, va="bottom")
    axes.set_xlabel("optimizer steps", fontsize=8, color=_GREY)
    axes.tick_params(labelsize=8, colors=_GREY, length=0)
    axes.grid(axis="y", color="#e5e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#d1d5db")
    axes.set_xlim(left=0)
    axes.locator_params(axis="x", integer=True)
    if picture.stem in ("format_success", "accuracy", "schema_valid", "exact_object"):
        axes.set_ylim(-0.02, 1.02)
    elif picture.is_rate:
        axes.set_ylim(bottom=0, top=max(0.05, axes.get_ylim()[1] * 1.05))
    else:
        axes.set_ylim(0, axes.get_ylim()[1] * 1.06)
    if picture.stem == "learning_rate":
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:.3g}")


def _label(name: str) -> str:
    """Return a name that matplotlib shows as it is: between dollars it would read mathematics."""
    shown = terminal_safe(name)
    shown = shown if len(shown) <= _MOST_NAME else f"{shown[: _MOST_NAME - 1]}…"
    return shown.replace("$", r"\$")
