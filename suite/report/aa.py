"""Draws what `goldgate aa` measured: false alarms and power of the gate beside simpler rules.

It computes nothing but shares of counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suite.simulation import MARGIN, Tally

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_GATE, _MARGIN, _ANY, _INK = "#1a7f37", "#bf8700", "#cf222e", "#1f2328"
_SHADES = ("#7bc47f", "#1a7f37", "#0b4f23", "#062d14")
_FIXED: Any = {
    "svg.hashsalt": "goldgate",  # the same numbers give the same file
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw_aa(path: Path, alpha: float, calm: Sequence[Tally], lost: Sequence[Tally]) -> None:
    """Draw two panels: false alarms by churn, and power by the true loss.

    Args:
        path: An SVG file, replaced.
        alpha: Of the gate.
        calm: Tallies of unchanged models.
        lost: Tallies of models that lost; those of the middle churn are drawn.
    """
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    with pyplot.rc_context(_FIXED):
        figure, (left, right) = pyplot.subplots(1, 2, figsize=(9.6, 4), layout="constrained")
        _draw_false_alarms(left, alpha, calm)
        _draw_power(right, lost)
        figure.savefig(path, format="svg", metadata={"Date": None}, facecolor="white")
        pyplot.close(figure)


def _draw_false_alarms(axes: Axes, alpha: float, calm: Sequence[Tally]) -> None:
    sizes = sorted({tally.scenario.n for tally in calm})
    n = sizes[len(sizes) // 2]
    tallies = sorted(
        (tally for tally in calm if tally.scenario.n == n), key=lambda each: each.scenario.churn
    )
    rules: tuple[tuple[str, str, Callable[[Tally], int]], ...] = (
        ("fail on any drop", _ANY, lambda tally: tally.any_drop),
        (f"fail on a drop above {100 * MARGIN:g} points", _MARGIN, lambda t: t.fell_by_margin),
        ("no_regression", _GATE, lambda tally: tally.failed),
    )
    places = range(len(tallies))
    for index, (name, color, count) in enumerate(rules):
        shares = [100 * count(tally) / tally.pairs for tally in tallies]
        at = [place + 0.27 * (index - 1) for place in places]
        bars = axes.bar(at, shares, width=0.25, color=color, label=name)
        axes.bar_label(bars, [f"{share:.1f}" for share in shares], fontsize=8, padding=2)
    name = f"alpha, {100 * alpha:g} %"
    axes.axhline(100 * alpha, color=_INK, linewidth=0.8, linestyle=":", label=name)
    axes.set_xticks(places, [f"{100 * tally.scenario.churn:g} %" for tally in tallies])
    axes.set(xlabel="cases that flip by chance", ylabel="false alarms, % of pairs")
    axes.set_title(f"Nothing changed, {n} cases", loc="left")
    axes.legend(frameon=False, loc="upper left", fontsize=9)
    axes.margins(y=0.35)


def _draw_power(axes: Axes, lost: Sequence[Tally]) -> None:
    churns = sorted({tally.scenario.churn for tally in lost})
    churn = churns[len(churns) // 2]
    sizes = sorted({tally.scenario.n for tally in lost})
    for index, n in enumerate(sizes):
        tallies = sorted(
            (t for t in lost if t.scenario.n == n and t.scenario.churn == churn),
            key=lambda each: each.scenario.drop,
        )
        losses = [100 * tally.scenario.drop for tally in tallies]
        color = _SHADES[index % len(_SHADES)]
        shares = [100 * tally.failed / tally.pairs for tally in tallies]
        axes.plot(losses, shares, color=color, marker="o", label=f"{n} cases")
    axes.axhline(80, color=_INK, linewidth=0.8, linestyle=":")
    axes.set(xlabel="true loss, points", ylabel="caught by no_regression, % of pairs")
    axes.set_ylim(0, 103)
    axes.set_title(f"One metric lost, {100 * churn:g} % flip by chance", loc="left")
    axes.legend(frameon=False, loc="lower right", fontsize=9)
