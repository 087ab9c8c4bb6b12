"""Measures an adapter while it is trained: generates with the engine, judges with the suite.

Every output is kept, so a rate can be traced to what was written. What the rows ask for decides
what is measured: JSON objects, the labels of a verifier, or any other text. The end of a run, base
beside best, is told by `train.sft_summary`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from suite.compare import same_json
from suite.errors import InputError
from suite.format_score import score_format
from suite.generation import Generation
from suite.math_answer import read_expected
from suite.math_score import score_math
from suite.strict_json import parse_strict
from suite.verifier_score import VERIFIER_LABELS
from suite.whole_file import json_text, write_whole
from train.sft_data import SftRow
from train.sft_settings import Metric

Answers = Literal["object", "verdict", "label", "number", "text"]
"""What the answers to learn are; a verdict is an object of a verifier with its `label` in it, a
number ends a worked solution of the task `math`."""

_OF_THE_SUITE: tuple[Metric, ...] = (
    "format_success_rate",
    "schema_valid_rate",
    "duplicate_json_objects_rate",
)
METRICS: dict[Answers, tuple[Metric, ...]] = {
    "object": (*_OF_THE_SUITE, "exact_object_rate"),
    "verdict": ("accuracy", *_OF_THE_SUITE, "exact_object_rate"),
    "label": ("accuracy",),
    "number": ("flexible_exact_match", "strict_exact_match"),
    "text": ("exact_answer_rate",),
}
"""What is measured of answers; the first one chooses the checkpoint unless another is asked for.
Those of objects are metrics of the suite, and whether the object is the right one; those of numbers
are the suite's."""

LOWER_IS_BETTER: frozenset[Metric] = frozenset({"duplicate_json_objects_rate", "eval_loss"})
_BLANK = " \t\r\n"  # of JSON and of a tokenizer's lead; `strip()` takes NBSP and more


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured at one step; a rate that the rows do not allow is None."""

    step: int
    """Optimizer steps done; 0 is the base model."""
    n: int
    """Rows generated."""
    eval_loss: float
    """Mean negative log-likelihood per learned token, on all evaluation rows."""
    format_success_rate: float | None = None
    schema_valid_rate: float | None = None
    duplicate_json_objects_rate: float | None = None
    exact_object_rate: float | None = None
    """Share of outputs that are strict JSON and equal the expected object."""
    accuracy: float | None = None
    """Share of outputs that are the right label and nothing else, or strict JSON with it."""
    flexible_exact_match: float | None = None
    """Share of outputs whose final number, however it is written, is the right one."""
    strict_exact_match: float | None = None
    """Share of outputs that state the right number after `####`."""
    exact_answer_rate: float | None = None
    """Share of outputs that equal the expected text, blanks at its ends aside."""
    reasons: dict[str, int] = field(default_factory=dict)
    """Why outputs did not pass, and how many, the most frequent first."""

    def rates(self) -> dict[str, float]:
        """The rates that were measured, by name."""
        found = {name: self.value(name) for names in METRICS.values() for name in names}
        return {name: value for name, value in found.items() if value is not None}

    def value(self, metric: Metric) -> float | None:
        """One metric, None where it was not measured."""
        values: dict[str, float | None] = asdict(self)
        return values[metric]

    def rank(self, metric: Metric) -> tuple[float, float]:
        """Larger is better: by `metric`, then by a lower loss."""
        value = self.value(metric)
        assert value is not None, metric
        return -value if metric in LOWER_IS_BETTER else value, -self.eval_loss


def find_answers(rows: Sequence[SftRow]) -> Answers:
    """Tell what the answers are: objects or labels where all of them are, else text.

    Another JSON value counts as an object where its row asks for one (`top_level`); a bare 42 of a
    row that says nothing of it is text.
    """
    texts = [row.completion.strip(_BLANK) for row in rows]
    is_verifier = all(row.case.task == "verifier" for row in rows)
    if set(texts) <= set(VERIFIER_LABELS):  # also of rows that say nothing of their task
        return "label"
    if all(row.case.task == "math" and read_expected(row.completion) is not None for row in rows):
        return "number"
    documents = [parse_strict(text).document for text in texts]
    if all(isinstance(document, dict) for document in documents):
        has_label = all("label" in document for document in documents)
        return "verdict" if is_verifier and has_label else "object"
    if all(
        isinstance(document, dict) or _is_json_asked_for(row)
        for row, document in zip(rows, documents, strict=True)
    ):
        return "object"
    return "label" if is_verifier else "text"


def _is_json_asked_for(row: SftRow) -> bool:
    """Whether the answer to learn is what the suite's format scorer would let pass."""
    if row.case.task != "format":
        return False
    score = score_format(row.case, Generation(row.completion, "stop"))
    return score.metrics["format_success_rate"] == 1


def choose_metric(asked: Metric | None, answers: Answers) -> Metric:
    """Return the metric that chooses the checkpoint.

    Raises:
        InputError: The evaluation rows do not allow the one that was asked for.
    """
    measured = METRICS[answers]
    if asked is None:
        return measured[0]
    if asked not in (*measured, "eval_loss"):
        kinds = {"label": "labels", "number": "worked solutions", "text": "text"}
        kind = kinds.get(answers, "JSON objects")
        raise InputError(
            f"evaluation.metric: {asked} is not measured: the answers of the evaluation rows are "
            f"{kind}, which allow {', '.join(measured)}, eval_loss"
        )
    return asked


def score_outputs(rows: list[SftRow], generations: list[Generation]) -> list[dict[str, Any]]:
    """Score each output; the rows of `outputs.jsonl`."""
    answers = find_answers(rows)
    labels = {*VERIFIER_LABELS, *(row.completion.strip(_BLANK) for row in rows)}
    judged = []
    for row, generation in zip(rows, generations, strict=True):
        if answers in ("object", "verdict"):
            found = _score_object(row, generation, answers == "verdict")
        elif answers == "label":
            found = _score_label(row, generation, labels)
        elif answers == "number":
            found = _score_number(row, generation)
        else:
            found = _score_text(row, generation)
        expected = row.completion if row.case.expected is None else row.case.expected
        judged.append(
            {"id": row.case.id, "tags": list(row.case.tags)}
            | found
            | {"finish_reason": generation.finish_reason, "text": generation.text}
            | {"expected": expected}
        )
    return judged


def _score_object(row: SftRow, generation: Generation, is_verdict: bool) -> dict[str, Any]:
    score = score_format(row.case, generation)
    expected = row.case.expected
    if expected is None:
        expected = parse_strict(row.completion.strip(_BLANK)).document
    exact = score.metrics["format_success_rate"] == 1 and same_json(score.document, expected)
    metrics: dict[Metric, int] = {name: score.metrics[name] for name in _OF_THE_SUITE}
    metrics["exact_object_rate"] = int(exact)
    if is_verdict:
        found = score.document if isinstance(score.document, dict) else {}
        # an absent label is no label, not a null
        right = "label" in found and same_json(found["label"], expected["label"])
        metrics["accuracy"] = int(right)
    return {"passed": score.passed, "reason": score.reason, "metrics": metrics}


def _score_label(row: SftRow, generation: Generation, labels: set[str]) -> dict[str, Any]:
    label, learned = generation.text.strip(_BLANK), row.completion.strip(_BLANK)
    right = label == learned
    reason = None if right else "wrong_label" if label in labels else "not_a_label"
    judged = {"passed": right, "reason": reason, "metrics": {"accuracy": int(right)}}
    judged["label"] = learned  # `expected` may be whatever else the row says
    if generation.label_probabilities:
        judged["probabilities"] = dict(generation.label_probabilities)
    return judged


def _score_number(row: SftRow, generation: Generation) -> dict[str, Any]:
    case = row.case.model_copy(update={"expected": row.completion})
    score = score_math(case, generation)
    metrics = {name: score.metrics[name] for name in METRICS["number"]}
    return {"passed": score.passed, "reason": score.reason, "metrics": metrics}


def _score_text(row: SftRow, generation: Generation) -> dict[str, Any]:
    right = generation.text.strip(_BLANK) == row.completion.strip(_BLANK)
    cut = generation.finish_reason == "length"
    reason = None if right else "truncated" if cut else "wrong_answer"
    return {"passed": right, "reason": reason, "metrics": {"exact_answer_rate": int(right)}}


def summarize(judged: list[dict[str, Any]], step: int, eval_loss: float) -> Evaluation:
    """Average the 0/1 metrics of judged rows, of which there is at least one."""
    rates = {
        name: round(sum(row["metrics"][name] for row in judged) / len(judged), 4)
        for name in judged[0]["metrics"]
    }
    reasons = Counter(row["reason"] for row in judged if row["reason"] is not None)
    ranked = dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))
    return Evaluation(
        step=step, n=len(judged), eval_loss=round(eval_loss, 4), reasons=ranked, **rates
    )


def outputs_of(folder: Path, step: int) -> Path:
    """The file with every output of a step, in the folder of a run's evaluations."""
    return folder / f"step_{step:05d}.jsonl"


def write_evaluation(folder: Path, evaluation: Evaluation, judged: list[dict[str, Any]]) -> None:
    """Write `step_NNNNN.jsonl` with every output, then `step_NNNNN.json` with the rates."""
    outputs = outputs_of(folder, evaluation.step)
    lines = "".join(json_text(row, indent=None) + "\n" for row in judged)
    write_whole(outputs, lines)
    write_whole(outputs.with_suffix(".json"), json_text(measured_facts(evaluation)) + "\n")


def measured_facts(evaluation: Evaluation) -> dict[str, Any]:
    """An evaluation as JSON data, without the rates that were not measured."""
    return {name: value for name, value in asdict(evaluation).items() if value is not None}


def read_evaluations(folder: Path) -> list[Evaluation]:
    """All evaluations of a run, by step."""
    read = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("step_*.json")]
    return sorted((Evaluation(**each) for each in read), key=lambda each: each.step)


def choose_best(
    evaluations: list[Evaluation], metric: Metric = "format_success_rate"
) -> Evaluation:
    """The best evaluation of a trained adapter; step 0 has none to keep. Ties go to the earlier."""
    trained = (each for each in evaluations if each.step > 0)
    return max(trained, key=lambda each: each.rank(metric))
