"""Scores the verifier task: is a worked solution right (0) or flawed (1)?

Figures over many cases (areas under curves, calibration) are in `suite.verifier_measures`.
"""

from __future__ import annotations

from suite.layout import Layout

RIGHT, FLAWED = LABELS = ("0", "1")
LAYOUT = Layout(
    prompt=(
        "### Problem:\n{question}\n\n### Solution:\n{solution}\n\n### Label (0 right, 1 wrong):"
    )
)
"""How a case is put to a model, in the suite and in training rows."""
ERROR_TYPES = ("correct", "conceptual", "computational", "others")
"""What a case says of its solution, in the order of reports."""
