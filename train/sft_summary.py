"""The end of a training in a few lines: what the base could, and what the kept checkpoint can.

Only text; what goes into the card is `train.card`.
"""

from __future__ import annotations

from suite.sinks import terminal_safe
from suite.stats import Interval, wilson
from train.card import format_rate
from train.sft_measure import LOWER_IS_BETTER, Evaluation
from train.sft_settings import Metric

REASONS_SHOWN = 3


def best_vs_base(
    base: Evaluation, best: Evaluation, metric: Metric, trained_steps: int
) -> list[str]:
    """Return the lines of the summary.

    Args:
        base: Measured at step 0.
        best: Of the checkpoint kept.
        metric: What chose it.
        trained_steps: Optimizer steps of the whole run.
    """
    found, before = best.rates(), base.rates()
    width = max(map(len, (*found, "eval_loss")))
    lines = [f"best vs base: step {best.step} of {trained_steps}, chosen by {metric}"]
    for name, rate in found.items():
        lines.append(
            f"  {name:<{width}}  {format_rate(before[name], base.n)} -> {format_rate(rate, best.n)}"
        )
    loss = f"{base.eval_loss:.4f} -> {best.eval_loss:.4f}"
    lines.append(f"  {'eval_loss':<{width}}  {loss}")
    if best.reasons:
        shown = [f"{name} {count}" for name, count in [*best.reasons.items()][:REASONS_SHOWN]]
        lines.append(terminal_safe(f"  not passed: {', '.join(shown)}"))
    if best.rank(metric) <= base.rank(metric):
        lines.append(f"  WARNING: by {metric} the adapter is no better than its base")
    elif metric != "eval_loss" and _overlap(base, best, metric):
        lines.append(
            f"  the 95 % intervals of {metric} overlap: {best.n} rows do not tell them apart"
        )
    return lines


def _overlap(base: Evaluation, best: Evaluation, metric: Metric) -> bool:
    low, high = (_interval(each, metric) for each in (base, best))
    if metric in LOWER_IS_BETTER:
        low, high = high, low
    return high.low <= low.high


def _interval(evaluation: Evaluation, metric: Metric) -> Interval:
    rate = evaluation.value(metric)
    assert rate is not None, metric
    return wilson(round(rate * evaluation.n), evaluation.n)
