"""Make training rows: `python -m train data --config train/configs/data_hard_eval.yaml`.

Rows are prompt-completion message lists, with schema and expected object for tasks that answer in
JSON. The same options and seed give the same rows. Statistics and card are `train/data_stats.py`
and `train/data_card.py`.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from suite.errors import InputError
from suite.whole_file import json_text, write_whole
from train.ability_qa import UNANSWERABLE
from train.data_card import write_data_card
from train.data_config import SPLITS, WORKED_TASKS, DataConfig
from train.data_stats import count_tokens, describe, describe_in_markdown
from train.duplicates import duplicate_key_row, duplicate_object_row
from train.extraction_rows import text_row
from train.leakage import NEAR, Prompt, match_prompts, read_prompt, suite_prompts
from train.prompts import Strictness, extraction_row, hard_negative_row, repair_row
from train.qa_rows import reading_row
from train.rows import Row
from train.user_rows import canonical_sha256_of
from train.worked_rows import CATALOGUE, catalogue_text, make_worked_splits

__all__ = [
    "SPLITS",
    "DataConfig",
    "check_out_dir",
    "infer_schema",
    "make_data",
    "make_rows",
    "make_splits",
]

_MOST_REDRAWS = 20
_TEXTS = 0.6
"""Share of the hard extraction rows that ask for facts of a natural text."""
_STATS = "stats.json"
_FILES = (
    *("train.jsonl", "eval.jsonl", "validation.jsonl", "test.jsonl"),
    *(CATALOGUE, "stats.md", "README.md"),
)


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
    strictness: Strictness = "hard" if split == "train" else config.eval_strictness
    if config.task == "qa":
        return reading_row(rng, split)
    if config.task == "extraction":
        if strictness == "hard" and rng.random() < _TEXTS:
            return text_row(rng, split)
        return replace(extraction_row(rng, strictness), kind="extraction")
    shares = config.shares(split)
    roll = rng.random()
    makers: dict[str, Callable[[], Row]] = {
        "hard_negative": lambda: hard_negative_row(rng),
        "fix_bad_output": lambda: repair_row(rng, strictness),
        "duplicate_object": lambda: duplicate_object_row(rng, strictness),
        "duplicate_key": lambda: duplicate_key_row(rng, strictness),
    }
    below = 0.0
    for part, make in makers.items():
        below += shares[part]
        if roll < below:
            return make()
    return extraction_row(rng, strictness)


def _references(row: Row) -> list[str]:
    """What the suite's scorer compares an answer with; nothing where it is `unanswerable`."""
    return [] if row.answer == UNANSWERABLE else [row.answer]


def make_rows(config: DataConfig, split: str, taken: set[str]) -> list[dict[str, Any]]:
    """Rows of one split.

    Args:
        config: The mix.
        split: `train` or `eval`; each has its own random numbers.
        taken: User texts already used: such a row is drawn again. Those of this split are added.
    """
    rng = random.Random(f"{config.task}/{config.seed}/{split}")
    count = config.n_train if split == "train" else config.n_eval
    rows: list[dict[str, Any]] = []
    while len(rows) < count:
        row = _make_row(rng, config, split)
        prompt = row.messages[-1][1]
        if prompt in taken:
            continue
        taken.add(prompt)
        expected = _references(row) if config.task == "qa" else json.loads(row.answer)
        rows.append(
            {
                "id": f"{split}_{len(rows):05d}",
                "kind": row.kind,
                "domain": row.domain,
                "tags": list(row.tags),
                "prompt": [{"role": role, "content": content} for role, content in row.messages],
                "completion": [{"role": "assistant", "content": row.answer}],
                "schema": None if config.task == "qa" else infer_schema(expected),
                "expected": expected,
            }
        )
    return rows


def make_splits(config: DataConfig) -> dict[str, list[dict[str, Any]]]:
    """Rows of both splits, none of which is (nearly) a row of the other or a case of the suite.

    A row that would be is drawn again, with all after it.
    """
    cases = suite_prompts()
    barred: set[str] = set()
    for _ in range(_MOST_REDRAWS):
        taken = set(barred)
        splits = {split: make_rows(config, split, taken) for split in SPLITS}
        sides = {split: [_prompt_of(row) for row in rows] for split, rows in splits.items()}
        leaking = {leak.row for leak in match_prompts(sides | {"case": cases})}
        if not leaking:
            return splits
        barred |= {
            row["prompt"][-1]["content"]
            for rows in splits.values()
            for row in rows
            if row["id"] in leaking
        }
    raise AssertionError(f"still {len(leaking)} leaking rows after {_MOST_REDRAWS} draws")


def _prompt_of(row: dict[str, Any]) -> Prompt:
    return read_prompt(row["id"], [(each["role"], each["content"]) for each in row["prompt"]])


def rows_text(rows: Iterable[dict[str, Any]]) -> str:
    """Rows as JSONL."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def check_out_dir(out_dir: Path) -> None:
    """Refuse a folder with files that `make_data` would replace and did not make.

    A folder made here has statistics, which are written before anything else.

    Raises:
        InputError: It is a file, or holds such files and no statistics of ours.
    """
    if out_dir.exists() and not out_dir.is_dir():
        raise InputError(f"--out-dir: {out_dir}: is a file")
    found = [name for name in (*_FILES, _STATS) if (out_dir / name).exists()]
    if found and not _is_own(out_dir / _STATS):
        raise InputError(
            f"--out-dir: {out_dir}: holds {', '.join(found)}, made by something else; name another "
            "folder, or --overwrite replaces them"
        )


def _is_own(path: Path) -> bool:
    try:
        stats = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(stats, dict) and {"config", "splits"} <= stats.keys()


def make_data(
    config: DataConfig,
    out_dir: Path,
    command: str = "",
    tokenizer: Path | None = None,
    tokenizer_name: str = "",
) -> dict[str, Any]:
    """Write the splits, their statistics and their card.

    Args:
        config: The mix.
        out_dir: Gets `train.jsonl`, `eval.jsonl` (or what `DataConfig.files` names), `stats.json`,
            `stats.md` and `README.md`, of the verifier also the catalogue.
        command: What makes these rows again, for the card.
        tokenizer: Folder of the base whose tokens the statistics count; None: characters only.
        tokenizer_name: What the statistics call it; empty: the folder.

    Returns:
        The statistics.
    """
    is_worked = config.task in WORKED_TASKS
    splits = make_worked_splits(config) if is_worked else make_splits(config)
    named = None if tokenizer is None else tokenizer_name or str(tokenizer)
    stats: dict[str, Any] = {"config": config.recipe(), "tokenizer": named, "splits": {}}
    texts = {split: rows_text(rows) for split, rows in splits.items()}
    for split, rows in splits.items():
        digest = hashlib.sha256(texts[split].encode()).hexdigest()
        stats["splits"][split] = describe(rows) | {
            "sha256": digest,
            "canonical_sha256": canonical_sha256_of(_content(row, config.task) for row in rows),
        }
        if tokenizer is not None:
            stats["splits"][split]["tokens"] = count_tokens(rows, tokenizer)
    title = f"Training data of the task {config.task}"
    # first, as `check_out_dir` knows by it what a killed command left behind
    write_whole(out_dir / _STATS, json_text(stats) + "\n")
    for split, text in texts.items():
        write_whole(out_dir / f"{split}.jsonl", text)
    if config.task == "verifier":
        write_whole(out_dir / CATALOGUE, catalogue_text(splits))
    write_whole(out_dir / "stats.md", describe_in_markdown(stats, title))
    name = f"{config.task} rows" if not command else out_dir.name
    write_whole(out_dir / "README.md", write_data_card(name, command, stats, NEAR))
    return stats


def _content(row: dict[str, Any], task: str) -> dict[str, Any]:
    """What is hashed of a row: the same as of a row that was read."""
    return {
        "task": task,
        "messages": [[each["role"], each["content"]] for each in row["prompt"]],
        "completion": row["completion"][0]["content"],
        "schema": row.get("schema"),
        "expected": row.get("expected", row["completion"][0]["content"]),
    }
