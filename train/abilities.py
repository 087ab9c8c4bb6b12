"""Training rows for what the embedded model must be able to learn besides JSON: one door to all."""

from __future__ import annotations

from train.ability_arithmetic import arithmetic_row
from train.ability_math import math_row
from train.ability_qa import qa_row
from train.ability_verifier import verifier_row

__all__ = ["arithmetic_row", "math_row", "qa_row", "verifier_row"]
