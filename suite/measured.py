"""The record of a figure over many cases that is no rate: a mean, a percentile, an area."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure with its interval."""

    metric: str
    value: float
    n: int
    """Cases that it is over."""
    low: float | None = None
    """95 % interval; None: it has none."""
    high: float | None = None
    unit: str = ""
    """Such as `ms` or `USD`; empty: a number without one."""

    @property
    def interval_text(self) -> str:
        """Such as `0.412-0.533`, empty where there is no interval."""
        if self.low is None or self.high is None:
            return ""
        return f"{self._show(self.low)}-{self._show(self.high)}"

    def __str__(self) -> str:
        interval = f", 95% {self.interval_text}" if self.interval_text else ""
        unit = f" {self.unit}" if self.unit else ""
        return f"{self._show(self.value)}{unit} (n={self.n}{interval})"

    def _show(self, value: float) -> str:
        # milliseconds in thousands need no decimals, dollars in thousandths need them all
        return f"{value:.0f}" if self.unit == "ms" else f"{value:.3f}"
