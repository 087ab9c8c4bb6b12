"""The record of a figure over many cases that is no rate: a mean, a percentile, an area."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure with its interval."""

    metric: str
    value: float
    n: int
    """Cases that it is over, or requests."""
    low: float | None = None
    """95 % interval; None: it has none."""
    high: float | None = None
    unit: str = ""
    """Such as `ms` or `USD`; empty: a number without one."""
    count: int | None = None
    """How many of the `n` it counts, where it is a share of cases."""

    @property
    def interval_text(self) -> str:
        """Such as `0.412-0.533`, empty where there is no interval."""
        if self.low is None or self.high is None:
            return ""
        return f"{self._show(self.low)}-{self._show(self.high)}"

    @property
    def shown(self) -> str:
        """The value with its unit, such as `0.478` or `120 ms`."""
        return f"{self._show(self.value)}{f' {self.unit}' if self.unit else ''}"

    @property
    def basis(self) -> str:
        """What the value rests on, such as `n=200, 95% 0.412-0.533`."""
        over = f"n={self.n}" if self.count is None else f"{self.count}/{self.n}"
        return f"{over}, 95% {self.interval_text}" if self.interval_text else over

    def __str__(self) -> str:
        return f"{self.shown} ({self.basis})"

    def _show(self, value: float) -> str:
        if self.unit == "ms":  # in thousands, which need no decimals
            return f"{value:.0f}"
        # a case may cost a hundred-thousandth of a dollar: three digits that are not zero
        small = self.unit == "USD" and 0 < value < 0.1
        return f"{value:.{2 - floor(log10(value)) if small else 3}f}"
