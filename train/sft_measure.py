"""Measures an adapter while it is trained: generates with the engine, judges with the suite.

Every output is kept, so a rate can be traced to what was written.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from suite.compare import same_json
from suite.format_score import score_format
from suite.generation import Generation
from suite.whole_file import json_text, write_whole
from train.sft_data import SftRow

_OF_THE_SUITE = ("format_success_rate", "schema_valid_rate", "duplicate_json_objects_rate")
RATES = (*_OF_THE_SUITE, "exact_object_rate")
"""What is measured by generating: metrics of the suite, and whether the object is the right one."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured at one step."""

    step: int
    """Optimizer steps done; 0 is the base model."""
    n: int
    """Rows generated."""
    format_success_rate: float
    schema_valid_rate: float
    duplicate_json_objects_rate: float
    exact_object_rate: float
    """Share of outputs that are strict JSON and equal the expected object."""
    eval_loss: float
    """Mean negative log-likelihood per completion token, on all evaluation rows."""

    def rank(self) -> tuple[float, float, float]:
        """Larger is better: format, then schema, then a lower loss."""
        return self.format_success_rate, self.schema_valid_rate, -self.eval_loss


def judge(rows: list[SftRow], generations: list[Generation]) -> list[dict[str, Any]]:
    """Score each output; the rows of `outputs.jsonl`."""
    judged = []
    for row, generation in zip(rows, generations, strict=True):
        score = score_format(row.case, generation)
        exact = score.metrics["format_success_rate"] == 1 and same_json(
            score.document, row.case.expected
        )
        judged.append(
            {
                "id": row.case.id,
                "tags": list(row.case.tags),
                "passed": score.passed,
                "reason": score.reason,
                "metrics": {name: score.metrics[name] for name in _OF_THE_SUITE}
                | {"exact_object_rate": int(exact)},
                "finish_reason": generation.finish_reason,
                "text": generation.text,
                "expected": row.case.expected,
            }
        )
    return judged


def summarize(judged: list[dict[str, Any]], step: int, eval_loss: float) -> Evaluation:
    """Average the 0/1 metrics of judged rows, of which there is at least one."""
    rates = {
        name: round(sum(row["metrics"][name] for row in judged) / len(judged), 4) for name in RATES
    }
    return Evaluation(step=step, n=len(judged), eval_loss=round(eval_loss, 4), **rates)


def write_evaluation(folder: Path, evaluation: Evaluation, judged: list[dict[str, Any]]) -> None:
    """Write `step_NNNNN.jsonl` with every output, then `step_NNNNN.json` with the rates."""
    stem = folder / f"step_{evaluation.step:05d}"
    lines = "".join(json_text(row, indent=None) + "\n" for row in judged)
    write_whole(stem.with_suffix(".jsonl"), lines)
    write_whole(stem.with_suffix(".json"), json_text(asdict(evaluation)) + "\n")


def read_evaluations(folder: Path) -> list[Evaluation]:
    """All evaluations of a run, by step."""
    paths = sorted(folder.glob("step_*.json"))
    return [Evaluation(**json.loads(path.read_text(encoding="utf-8"))) for path in paths]


def choose_best(evaluations: list[Evaluation]) -> Evaluation:
    """The best evaluation of a trained adapter; step 0 has none to keep. Ties go to the earlier."""
    return max((each for each in evaluations if each.step > 0), key=Evaluation.rank)
