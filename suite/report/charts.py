"""Lays out the small pictures of the page: places and sizes of what the template draws as SVG.

No colors and no markup: those are the template's and the style sheet's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 300, 96
"""Of every picture, in units of its own."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 38, 8, 8, 18
_MOST_BINS = 24


@dataclass(frozen=True, slots=True)
class TrendInput:
    """A rate of one run."""

    value: float
    low: float
    high: float
    title: str
    new_weights: bool = False
    """The weights are not those of the run before."""


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """Where one run stands in the picture."""

    x: float
    y: float
    low_y: float
    high_y: float
    title: str
    new_weights: bool
    is_now: bool


@dataclass(frozen=True, slots=True)
class Trend:
    """A rate over the last runs."""

    points: tuple[TrendPoint, ...]
    line: str
    """Points of a polyline."""
    band: str
    """Points of the polygon between the bounds of the intervals."""
    ticks: tuple[tuple[float, str], ...]
    """Heights with their labels."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bin of a histogram."""

    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """How often values occur."""

    bars: tuple[Bar, ...]
    start: str
    end: str
    """Labels of the axis."""
    most: int
    """The highest count."""
    caption: str


def draw_trend(rates: Sequence[TrendInput]) -> Trend | None:
    """Lay out a rate over runs, the last one being now; None where there is but one run."""
    if len(rates) < 2:
        return None
    low, high = min(rate.low for rate in rates), max(rate.high for rate in rates)
    # at least 5 points of height: noise of a tenth of a point must not look like a cliff
    spare = max(0.0, 0.05 - (high - low)) / 2
    low, high = max(0.0, low - spare), min(1.0, high + spare)

    def y(value: float) -> float:
        return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (high - value) / (high - low), 1)

    step = (WIDTH - _LEFT - _RIGHT - 8) / (len(rates) - 1)
    points = tuple(
        TrendPoint(
            x=round(_LEFT + 4 + index * step, 1),
            y=y(rate.value),
            low_y=y(rate.low),
            high_y=y(rate.high),
            title=rate.title,
            new_weights=rate.new_weights,
            is_now=index == len(rates) - 1,
        )
        for index, rate in enumerate(rates)
    )
    upper = [f"{point.x},{point.high_y}" for point in points]
    lower = [f"{point.x},{point.low_y}" for point in reversed(points)]
    return Trend(
        points,
        line=" ".join(f"{point.x},{point.y}" for point in points),
        band=" ".join(upper + lower),
        ticks=((y(high), f"{high:.2f}"), (y(low), f"{low:.2f}")),
    )


def draw_histogram(values: Sequence[float], unit: str, whole: bool = False) -> Histogram | None:
    """Lay out how values spread; None where there is nothing but zeros.

    Args:
        values: None of them negative.
        unit: For captions and titles.
        whole: They are counts, so bins start at whole numbers.
    """
    if not any(values):
        return None
    least = min(values) if whole else 0.0
    width = _bin_width(max(values) - least, whole)
    counts = [0] * (int((max(values) - least) / width) + 1)
    for value in values:
        counts[int((value - least) / width)] += 1
    place = (WIDTH - _LEFT - _RIGHT) / len(counts)
    tallest = HEIGHT - _TOP - _BOTTOM
    bars = []
    for index, count in enumerate(counts):
        start, end = least + index * width, least + (index + 1) * width
        span = f"{start:g} to {end - 1:g}" if whole else f"{start:.3g} to {end:.3g}"
        if whole and width == 1:
            span = f"{start:g}"
        height = max(count / max(counts) * tallest, 1.5 if count else 0)
        bars.append(
            Bar(
                x=round(_LEFT + index * place + 0.5, 2),
                y=round(_TOP + tallest - height, 2),
                width=round(max(place - 1, 0.5), 2),
                height=round(height, 2),
                title=f"{span} {unit}: {count}",
            )
        )
    ordered = sorted(values)
    middle = ordered[len(ordered) // 2]
    numbers = [f"{each:g}" if whole else f"{each:.3g}" for each in (middle, ordered[-1])]
    return Histogram(
        tuple(bars),
        start=f"{least:g}",
        end=f"{least + width * len(counts):.3g}" if not whole else f"{ordered[-1]:g}",
        most=max(counts),
        caption=f"median {numbers[0]}, longest {numbers[1]} {unit}; {len(values)} answers",
    )


def _bin_width(spread: float, whole: bool) -> float:
    """Return 1, 2 or 5 times a power of ten that gives at most 24 bins."""
    if spread <= 0:
        return 1.0
    wanted = spread / (_MOST_BINS - 1)
    power = 10.0 ** math.floor(math.log10(wanted))
    width = next(step * power for step in (1, 2, 5, 10) if step * power >= wanted * 0.999)
    return max(1.0, width) if whole else width
