"""The token lengths of training rows: a histogram for the terminal and as a picture.

Counts what the limit leaves out; leaving it out is not done here.
"""

from __future__ import annotations

import io
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite.report.lines import Line, Span, Style, wrap
from suite.whole_file import write_whole_bytes

_BINS = 12
"""At most, besides the open one at the end."""
_BLOCKS = " ▏▎▍▌▋▊▉█"
_KEPT, _LEFT_OUT, _INK = "#3b6ea5", "#c8553d", "#444444"


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows of like length."""

    low: int
    high: int | None
    """Inclusive; None: and all that are longer."""
    kept: int
    left_out: int
    """Rows over the limit."""

    @property
    def label(self) -> str:
        """Such as `40-59`."""
        return f"{self.low}+" if self.high is None else f"{self.low}-{self.high}"


@dataclass(frozen=True, slots=True)
class Lengths:
    """Tokens of the rows of one split, prompt and answer together."""

    split: str
    rows: int
    limit: int | None
    """`data.max_tokens`; None where rows are not held to it."""
    left_out: int
    """Rows longer than the limit: they are not learned."""
    truncated: int
    """Rows that lose their end; the trainer cuts none that this count does not name."""
    shortest: int
    median: float
    mean: float
    p95: int
    """Nineteen of twenty rows are no longer."""
    longest: int
    kept_tokens: int
    """Of the rows within the limit."""
    bins: tuple[Bin, ...]

    def share(self, count: int) -> str:
        """`12 (0.6%)`."""
        return f"{count} ({count / self.rows:.1%})"


def count_lengths(
    split: str, lengths: Sequence[int], limit: int | None = None, truncated: int = 0
) -> Lengths:
    """Count the rows of a split, of which there is at least one.

    Args:
        split: `train` or `eval`.
        lengths: Tokens of each row, before any is left out.
        limit: Longer rows are left out.
        truncated: Rows that will be cut.
    """
    ordered = sorted(lengths)
    over = [] if limit is None else [length for length in ordered if length > limit]
    return Lengths(
        split=split,
        rows=len(ordered),
        limit=limit,
        left_out=len(over),
        truncated=truncated,
        shortest=ordered[0],
        median=statistics.median(ordered),
        mean=round(statistics.fmean(ordered), 1),
        p95=ordered[-(-len(ordered) * 95 // 100) - 1],
        longest=ordered[-1],
        kept_tokens=sum(ordered) - sum(over),
        bins=tuple(_fill(ordered, limit)),
    )


def _fill(ordered: list[int], limit: int | None) -> list[Bin]:
    """Bins of one round width; a few very long rows share the open one at the end."""
    common = 2 * (limit or ordered[-(-len(ordered) * 95 // 100) - 1])
    most = max(ordered[0], min(ordered[-1], common))
    first = ordered[0]
    width = next(
        step * 10**power
        for power in range(10)
        for step in (1, 2, 5)
        if most // (step * 10**power) - first // (step * 10**power) < _BINS
    )
    start = first // width * width
    count = most // width - first // width + 1
    bounds: list[tuple[int, int | None]] = [
        (start + index * width, start + (index + 1) * width - 1) for index in range(count)
    ]
    if ordered[-1] > start + count * width - 1:
        bounds.append((start + count * width, None))
    found = []
    for low, high in bounds:
        inside = [each for each in ordered if each >= low and (high is None or each <= high)]
        over = 0 if limit is None else sum(each > limit for each in inside)
        found.append(Bin(low, high, len(inside) - over, over))
    return found


def histogram_lines(lengths: Lengths, width: int = 80) -> list[Line]:
    """The numbers in words, then a bar for each bin.

    Args:
        lengths: Of a split.
        width: Columns of the terminal.
    """
    told = (
        f"{lengths.split}: {lengths.rows} rows of {lengths.shortest} to {lengths.longest} tokens: "
        f"median {lengths.median:g}, mean {lengths.mean:g}, 95% at most {lengths.p95}"
    )
    lines: list[Line] = [(Span(part),) for part in wrap(told, width, 0)]
    if lengths.limit is not None:
        style: Style = "warn" if lengths.left_out or lengths.truncated else "plain"
        lines += [
            (
                Span(f"  over data.max_tokens={lengths.limit}: "),
                Span(
                    f"{lengths.share(lengths.left_out)} left out, "
                    f"{lengths.share(lengths.truncated)} truncated",
                    style,
                ),
            ),
        ]
    label = max(len(each.label) for each in lengths.bins)
    number = max(len(str(each.kept + each.left_out)) for each in lengths.bins)
    room = max(10, min(48, width - label - number - len("  left out") - 6))
    most = max(each.kept + each.left_out for each in lengths.bins)
    for each in lengths.bins:
        kept, gone = _bar(each.kept / most * room), _bar(each.left_out / most * room)
        spans = [Span(f"  {each.label:>{label}} "), Span(kept or ("" if gone else "·"))]
        if gone:
            spans.append(Span(gone, "warn"))
        spans.append(Span(f" {each.kept + each.left_out}"))
        if each.left_out:
            told = "left out" if not each.kept else f"{each.left_out} left out"
            spans.append(Span(f"  {told}", "warn"))
        lines.append(tuple(spans))
    return lines


def _bar(cells: float) -> str:
    """A bar in eighths of a column; what is there at all is seen."""
    eighths = round(cells * 8)
    if cells and not eighths:
        eighths = 1
    full, rest = divmod(eighths, 8)
    return "█" * full + (_BLOCKS[rest] if rest else "")


def draw_lengths(path: Path, splits: Sequence[Lengths]) -> None:
    """Write the histograms of all splits as one PNG, one below the other."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure  # not pyplot: that one keeps figures and picks a screen

    figure = Figure(figsize=(8, 0.6 + 2.9 * len(splits)), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle("Token lengths of the rows, prompt and answer together", color=_INK)
    grid = figure.subplots(len(splits), 1, squeeze=False)
    for axes, lengths in zip(grid[:, 0], splits, strict=True):
        _draw_split(axes, lengths)
    buffer = io.BytesIO()
    figure.savefig(
        buffer, format="png", metadata={"Software": None}
    )  # the same bytes on every machine
    write_whole_bytes(path, buffer.getvalue())


def _draw_split(axes: Any, lengths: Lengths) -> None:
    bins = lengths.bins
    places = range(len(bins))
    kept = [each.kept for each in bins]
    gone = [each.left_out for each in bins]
    axes.bar(places, kept, width=0.9, color=_KEPT, label="kept")
    if any(gone):
        axes.bar(places, gone, width=0.9, bottom=kept, color=_LEFT_OUT, label="left out")
        axes.legend(frameon=False, fontsize=9)
    for place, each in zip(places, bins, strict=True):
        count = each.kept + each.left_out
        if count:
            axes.annotate(
                str(count),
                (place, count),
                xytext=(0, 2),
                textcoords="offset points",
                ha="center",
                fontsize=8,
                color=_INK,
            )
    most = max(each.kept + each.left_out for each in bins)
    axes.set_ylim(0, most * 1.15)  # room for the count over the highest bar
    axes.set_xticks(places, [each.label for each in bins], fontsize=7)
    axes.set_ylabel("rows", fontsize=9)
    axes.tick_params(axis="y", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    limit = (
        ""
        if lengths.limit is None
        else (
            f"; over {lengths.limit} tokens: {lengths.share(lengths.left_out)} left out, "
            f"{lengths.share(lengths.truncated)} truncated"
        )
    )
    title = f"{lengths.split}: {lengths.rows} rows, median {lengths.median:g}{limit}"
    axes.set_title(title, fontsize=10, loc="left", color=_INK)
