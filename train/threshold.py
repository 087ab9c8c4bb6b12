"""Chooses the decision threshold of a verifier on rows that were not trained on.

A solution is called flawed where the probability of `1`, as a share of both labels', is at least
the threshold. The suite reads it from the adapter's manifest and never chooses one.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from suite.verifier_score import FLAWED, RIGHT, VERIFIER_LABELS, flawed_share

RULE = (
    "largest balanced accuracy (Youden's J) of P(1) / (P(0) + P(1)) >= threshold; "
    "of equal ones the middle one"
)
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Threshold:
    """What was chosen, and how."""

    value: float
    """In (0, 1)."""
    rows: int
    """That it was chosen on."""
    accuracy: float
    """Of these rows by the threshold."""
    accuracy_at_half: float
    """Of these rows by the likelier label."""
    roc_auc: float
    """Of these rows; 0.5 says that no threshold helps."""
    rule: str = RULE


def choose_threshold(shares: Sequence[float], labels: Sequence[int]) -> Threshold | None:
    """Choose the threshold that tells most rows of either label right.

    Candidates lie midway between neighbouring shares, so that no row lies on the threshold; sums
    are of integers, so that equal ones are equal.

    Args:
        shares: Probability of flawed of each row, in [0, 1].
        labels: 0 or 1 of each row.

    Returns:
        None where all rows have one label, or one share: there is nothing to choose by.
    """
    flawed = sum(labels)
    right = len(labels) - flawed
    ordered = sorted(zip(shares, labels, strict=True))
    if not flawed or not right or ordered[0][0] == ordered[-1][0]:
        return None
    scores: dict[float, int] = {}
    below = {0: 0, 1: 0}
    for (share, label), (after, _) in itertools.pairwise(ordered):
        below[label] += 1
        middle = round((share + after) / 2, _DIGITS)
        if share < middle <= after and 0 < middle < 1:
            # recall of flawed + recall of right, times both counts
            scores[middle] = (flawed - below[1]) * right + below[0] * flawed
    if not scores:
        return None
    most = max(scores.values())
    best = sorted(middle for middle, score in scores.items() if score == most)
    value = best[len(best) // 2]
    return Threshold(
        value=value,
        rows=len(ordered),
        accuracy=_accuracy(ordered, value),
        accuracy_at_half=_accuracy(ordered, 0.5),
        roc_auc=round(_roc_auc(ordered), 4),
    )


def _accuracy(rows: Iterable[tuple[float, int]], threshold: float) -> float:
    found = [int(share >= threshold) == label for share, label in rows]
    return round(sum(found) / len(found), 4)


def _roc_auc(ordered: Sequence[tuple[float, int]]) -> float:
    """Share of pairs of a flawed and a right row in which the flawed one is rated higher.

    Ties are half (Hanley and McNeil, 1982).
    """
    twice = pairs = rights_below = 0
    start = 0
    while start < len(ordered):
        end = start
        while end < len(ordered) and ordered[end][0] == ordered[start][0]:
            end += 1
        flawed = sum(label for _, label in ordered[start:end])
        rights = end - start - flawed
        twice += flawed * (2 * rights_below + rights)
        rights_below += rights
        start = end
    flawed = sum(label for _, label in ordered)
    pairs = flawed * rights_below
    return twice / (2 * pairs)


def find_threshold(outputs: Path) -> Threshold | None:
    """Choose the threshold by what was measured at a step.

    Args:
        outputs: `evaluations/step_NNNNN.jsonl` of a run.

    Returns:
        None where the rows have no label probabilities.
    """
    shares, labels = [], []
    for line in outputs.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        probabilities = row.get("probabilities")
        if probabilities is None:
            return None
        shares.append(flawed_share(probabilities[RIGHT], probabilities[FLAWED]))
        # outputs of a run that began before `label` was written have the label there
        label = row["label"] if "label" in row else str(row["expected"]).strip()
        labels.append(VERIFIER_LABELS.index(label))
    return choose_threshold(shares, labels)


def threshold_facts(threshold: Threshold | None) -> dict[str, object]:
    """What of it goes into the manifest; nothing where there is none."""
    if threshold is None:
        return {}
    facts = asdict(threshold)
    return {
        "decision_threshold": facts.pop("value"),
        "decision_threshold_choice": {"split": "eval"} | facts,
    }
