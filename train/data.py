"""Make the training data of the format task: `python -m train data --out-dir data/format`.

Writes `train.jsonl` and `eval.jsonl` (prompt-completion message lists with schema and expected
object), `stats.json` and `stats.md`. The same options and seed give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from suite.whole_file import json_text, write_whole
from train.prompts import Strictness, extraction_row, hard_negative_row, repair_row
from train.rows import Row

SPLITS = ("train", "eval")
GeneratedTask = Literal["format", "extraction", "qa"]
EXAMPLES_SHOWN = 3
_HARD_NEGATIVES_IN_EVAL = 0.25


class DataConfig(BaseModel):
    """The mix; probabilities are per row and in [0, 1]."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: GeneratedTask = "format"
    n_train: int = Field(default=6000, ge=1)
    n_eval: int = Field(default=1000, ge=1)
    hard_negative_prob_train: float = Field(default=0.3, ge=0, le=1)
    hard_negative_prob_eval: float | None = Field(default=None, ge=0, le=1)
    """None: 0.25 with `hard`, 0 with `easy`, which has no hard negatives."""
    fix_bad_output_prob_train: float = Field(default=0.15, ge=0, le=1)
    fix_bad_output_prob_eval: float = Field(default=0.15, ge=0, le=1)
    eval_strictness: Strictness = "hard"
    seed: int = 0

    @model_validator(mode="after")
    def _check_mix(self) -> Self:
        if self.eval_strictness == "easy" and self.hard_negative_prob_eval:
            raise ValueError(
                "eval_strictness easy has no hard negatives; "
                "leave hard_negative_prob_eval out or set it to 0"
            )
        for split in SPLITS:
            hard_negative, repair = self.shares(split)
            if hard_negative + repair > 1:
                raise ValueError(
                    f"hard_negative_prob_{split} {hard_negative} and fix_bad_output_prob_{split} "
                    f"{repair} add up to more than 1"
                )
        return self

    def shares(self, split: str) -> tuple[float, float]:
        """Probability that a row of a split is a hard negative, and that it is a repair."""
        if split == "train":
            return self.hard_negative_prob_train, self.fix_bad_output_prob_train
        hard_negative = self.hard_negative_prob_eval
        if hard_negative is None:
            hard_negative = _HARD_NEGATIVES_IN_EVAL if self.eval_strictness == "hard" else 0.0
        return hard_negative, self.fix_bad_output_prob_eval


def infer_schema(value: Any) -> dict[str, Any]:
    """The strictest JSON Schema of types and keys that `value` meets.

    A null stands for "not in the text" in every prompt family, so a string is allowed there too.
    """
    if isinstance(value, dict):
        return {
            "type": "object",
            "properties": {key: infer_schema(inner) for key, inner in value.items()},
            "required": list(value),
            "additionalProperties": False,
        }
    if isinstance(value, list):
        shapes: list[dict[str, Any]] = []
        for item in value:
            if (shape := infer_schema(item)) not in shapes:
                shapes.append(shape)
        if not shapes:
            return {"type": "array"}
        return {"type": "array", "items": shapes[0] if len(shapes) == 1 else {"anyOf": shapes}}
    if value is None:
        return {"type": ["string", "null"]}
    if isinstance(value, bool):
        return {"type": "boolean"}
    return {"type": "string" if isinstance(value, str) else "number"}


def _make_row(rng: random.Random, config: DataConfig, split: str) -> Row:
    hard_negative, repair = config.shares(split)
    roll = rng.random()
    if roll < hard_negative:
        return hard_negative_row(rng)
    strictness: Strictness = "hard" if split == "train" else config.eval_strictness
    if roll < hard_negative + repair:
        return repair_row(rng, strictness)
    return extraction_row(rng, strictness)


def make_rows(config: DataConfig, split: str, taken: set[str]) -> list[dict[str, Any]]:
    """Rows of one split.

    Args:
        config: The mix.
        split: `train` or `eval`; each has its own random numbers.
        taken: User texts already used: such a row is drawn again. Those of this split are added.
    """
    rng = random.Random(f"format/{config.seed}/{split}")
    count = config.n_train if split == "train" else config.n_eval
    rows: list[dict[str, Any]] = []
    while len(rows) < count:
        row = _make_row(rng, config, split)
        prompt = row.messages[-1][1]
        if prompt in taken:
            continue
        taken.add(prompt)
        expected = json.loads(row.answer)
        rows.append(
            {
                "id": f"{split}_{len(rows):05d}",
                "kind": row.kind,
                "domain": row.domain,
                "tags": list(row.tags),
                "prompt": [{"role": role, "content": content} for role, content in row.messages],
                "completion": [{"role": "assistant", "content": row.answer}],
                "schema": infer_schema(expected),
                "expected": expected,
            }
        )
    return rows


def write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> str:
    """Write JSONL and return the SHA-256 of its bytes."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    write_whole(path, text)
    return hashlib.sha256(text.encode()).hexdigest()


def describe(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Counts and lengths of a split; lengths in characters."""
    lengths = {
        "prompt": [sum(len(message["content"]) for message in row["prompt"]) for row in rows],
        "completion": [len(row["completion"][0]["content"]) for row in rows],
    }
    return {
        "rows": len(rows),
        "kinds": dict(Counter(row["kind"] for row in rows).most_common()),
        "tags": dict(Counter(tag for row in rows for tag in row["tags"]).most_common()),
        "domains": dict(Counter(row["domain"] for row in rows).most_common()),
        "with_system_prompt": sum(row["prompt"][0]["role"] == "system" for row in rows),
        "characters": {
            name: {
                "min": min(values),
                "mean": round(sum(values) / len(values), 1),
                "max": max(values),
            }
            for name, values in lengths.items()
        },
    }


def _describe_in_markdown(stats: dict[str, Any], splits: dict[str, list[dict[str, Any]]]) -> str:
    lines = ["# Format training data", "", "| option | value |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in stats["config"].items()]
    for split, facts in stats["splits"].items():
        lines += ["", f"## {split}: {facts['rows']} rows", "", f"SHA-256 `{facts['sha256']}`", ""]
        for name in ("kinds", "tags", "domains"):
            counts = ", ".join(f"{key} {count}" for key, count in facts[name].items())
            lines.append(f"- {name}: {counts}")
        lines.append(f"- with a system prompt: {facts['with_system_prompt']}")
        for name, spread in facts["characters"].items():
            lengths = f"{spread['min']} to {spread['max']}, mean {spread['mean']}"
            lines.append(f"- {name} length in characters: {lengths}")
        for row in splits[split][:EXAMPLES_SHOWN]:
            shown = json.dumps([row["prompt"], row["completion"]], ensure_ascii=False, indent=1)
            # a prompt may hold a code fence of three backticks
            lines += ["", "`````json", shown, "`````"]
    return "\n".join(lines) + "\n"


def make_data(config: DataConfig, out_dir: Path) -> dict[str, Any]:
    """Write both splits and their statistics to `out_dir`; returns the statistics."""
    taken: set[str] = set()
    splits = {split: make_rows(config, split, taken) for split in SPLITS}
    used = config.model_copy(update={"hard_negative_prob_eval": config.shares("eval")[0]})
    stats: dict[str, Any] = {"config": used.model_dump(), "splits": {}}
    for split, rows in splits.items():
        digest = write_rows(out_dir / f"{split}.jsonl", rows)
        stats["splits"][split] = describe(rows) | {"sha256": digest}
    write_whole(out_dir / "stats.json", json_text(stats) + "\n")
    write_whole(out_dir / "stats.md", _describe_in_markdown(stats, splits))
    return stats
