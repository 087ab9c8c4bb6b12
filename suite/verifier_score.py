"""Scores the verifier task: is a worked solution right (0) or flawed (1)?

Figures over many cases (areas under curves, calibration) are in `suite.verifier_measures`.
"""

from __future__ import annotations

import re
from typing import Any

from suite.case import Case
from suite.generation import Generation
from suite.layout import Layout
from suite.score import Count, Score

RIGHT, FLAWED = VERIFIER_LABELS = ("0", "1")
VERIFIER_LAYOUT = Layout(
    prompt=(
        "### Problem:\n{question}\n\n### Solution:\n{solution}\n\n### Label (0 right, 1 wrong):"
    )
)
"""How a case is put to a model, in the suite and in training rows."""
ERROR_TYPES = ("correct", "conceptual", "computational", "others")
"""What a case says of its solution, in the order of reports."""
_STATED = re.compile(r"\s*([01])(?![\w%]|[.,:/]\d)")
"""A label at the start of an answer: `1`, `0.`, `1: the sum is wrong`; not `10`, `1.5`, `1st`."""
_LONGEST = 200


def count_right_solutions(case: Case) -> int:
    """Return how many right solutions a case has, none or one: what `false_positive_rate` is of."""
    return int(read_label(case) == 0)


def check_label(expected: Any) -> str | None:
    """Want a label, as a number or a text."""
    return None if _find_label(expected) is not None else "wants 0 (right) or 1 (flawed)"


def read_label(case: Case) -> int:
    """Return the label of a case, 0 or 1 (checked on load)."""
    label = _find_label(case.expected)
    assert label is not None, case.id
    return label


def flawed_share(right: float, flawed: float) -> float:
    """Return the probability of flawed when the answer is one of the two labels.

    Thresholds, curves and calibration are over this; how much mass is on neither is told apart.

    Args:
        right: Probability of `0` over all tokens, or over those that a server told.
        flawed: That of `1`.
    """
    both = right + flawed
    return flawed / both if both > 0 else 0.5


def score_verifier(case: Case, generation: Generation) -> Score:
    """Judge one answer; it passes when the likelier label is the right one.

    Without label probabilities the label that the text begins with counts. A text that begins with
    none is unscored: it fails, with the reason `unparsable_label`, and counts as a false positive
    where the solution is right.

    Args:
        case: `case.expected` is a label (checked on load).
        generation: With label probabilities, or a text.

    Returns:
        The score. `values` has the label, and as far as they are known what was predicted and how
        probable either label was. It never raises on bad output.
    """
    label = read_label(case)
    shares = {each.label: each.probability for each in generation.label_probabilities}
    values: dict[str, float] = {"label": label}
    if shares:
        right, flawed = (shares.get(name, 0.0) for name in VERIFIER_LABELS)
        values |= {"p_right": right, "p_flawed": flawed}
        predicted: int | None = _likelier(right, flawed, generation.text)
    else:
        predicted = _read_stated(generation.text)
    if predicted is not None:
        values["predicted"] = predicted
    reason = None
    if predicted is None:
        reason = "unparsable_label"
    elif predicted != label:
        reason = "false_positive" if predicted else "false_negative"
    passed = reason is None
    return Score(
        passed=passed,
        value=float(passed),
        reason=reason,
        detail="" if passed else _describe(label, predicted, values, generation.text),
        metrics={"accuracy": int(passed)},
        counts={} if label else {"false_positive_rate": Count(int(not passed), 1)},
        values=values,
    )


def _find_label(expected: Any) -> int | None:
    if isinstance(expected, bool):  # True == 1 in Python
        return None
    text = expected if isinstance(expected, str) else str(expected)
    return VERIFIER_LABELS.index(text) if text in VERIFIER_LABELS else None


def _likelier(right: float, flawed: float, text: str) -> int:
    """Return the likelier label; of equal ones the one that the engine answered with."""
    if right == flawed:
        return 1 if text == FLAWED else 0
    return int(flawed > right)


def _read_stated(text: str) -> int | None:
    found = _STATED.match(text)
    return int(found[1]) if found else None


def _describe(label: int, predicted: int | None, values: dict[str, float], text: str) -> str:
    words = ("right", "flawed")
    if predicted is None:
        return (
            f"the solution is {words[label]}; the answer begins with no label: {text!r:.{_LONGEST}}"
        )
    sure = ""
    if "p_flawed" in values:
        sure = f" (P(0) = {values['p_right']:.3f}, P(1) = {values['p_flawed']:.3f})"
    return f"the solution is {words[label]}, said to be {words[predicted]}{sure}"
