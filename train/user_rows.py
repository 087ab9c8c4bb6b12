"""Rows to learn from, wherever they come from: JSONL files, `datasets` datasets, the generator.

Every road ends in the same rows, each checked, with mistakes named by file and line. Tokens are
made of them in `train/sft_data.py`; which columns a row may have is `train/row_layout.py`.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite.case import Case
from suite.case_rows import case_of_row, parse_row
from suite.errors import InputError
from train.data_settings import DataSettings
from train.row_layout import check_columns, lay_out

MOST_TOLD = 20
"""Problems of one file that are written out; more are counted."""

Numbered = tuple[str, int, dict[str, Any]]
"""Where a row stands, its number, and its columns."""

Problems = list[tuple[int, str]]
"""What is wrong, with the number of the row."""

_PLAIN_TEXT = ("qa", "verifier", "math")
"""Tasks whose expected answer is a text where it is no object."""


@dataclass(frozen=True, slots=True)
class SftRow:
    """One row: what is asked, how it is judged, and the answer to learn."""

    case: Case
    completion: str


def read_given(settings: DataSettings, seed: int) -> dict[str, list[SftRow]]:
    """Read both splits of the files or the dataset that a configuration names.

    Args:
        settings: Of the data.
        seed: Draws the rows that `test_size` holds out.

    Returns:
        `train` and `eval`; empty where the rows are to be generated.

    Raises:
        InputError: A file or dataset is missing, or rows are broken; all problems of a file at
            once, each with its line or row.
    """
    if settings.generate is not None:
        return {}
    if settings.dataset is not None:
        from train.dataset_rows import read_dataset

        rows = {
            split: read_all(table.rows, settings.task, settings, table.name)
            for split, table in read_dataset(settings).items()
        }
    else:
        files = {"train": settings.train_file, "eval": settings.eval_file}
        rows = {
            split: read_rows(path, settings.task, settings)
            for split, path in files.items()
            if path is not None
        }
    if settings.test_size is not None:
        rows["train"], rows["eval"] = hold_out(rows["train"], settings.test_size, seed)
    return rows


def read_rows(
    path: Path, task: str = "format", settings: DataSettings | None = None
) -> list[SftRow]:
    """Read a JSONL file of prompts with completions; other columns are left alone.

    Args:
        path: UTF-8, with or without a BOM. Blank lines are skipped.
        task: Of the cases made.
        settings: Say which columns hold what; None: they have our names.

    Raises:
        InputError: With every problem of the file, each with its line.
    """
    problems: Problems = []
    rows = list(_parse_lines(path, problems))
    if settings is not None and rows:
        check_columns(settings, (key for _, _, row in rows for key in row), str(path))
    return read_all(rows, task, settings, str(path), problems)


def _parse_lines(path: Path, problems: Problems) -> Iterator[Numbered]:
    """Yield the rows of a file; lines that are none go into `problems`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as error:
        hint = "; data.dataset takes a folder" if path.is_dir() else ""
        raise InputError(f"{path}: cannot be read: {error.strerror}{hint}") from None
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        row = before.count(b"\n") + 1
        raise InputError(f"{path}: line {row}: not UTF-8: {error.reason}") from None
    if text.lstrip()[:1] == "[":
        raise InputError(f"{path}: line 1: a JSON list; JSONL has one object per line")
    for number, line in enumerate(text.split("\n"), start=1):  # U+2028 is JSON text, so no `lines`
        where = f"{path}: line {number}"
        if not line.strip():
            continue
        try:
            yield where, number, parse_row(line, where)
        except InputError as error:
            problems += [(number, problem) for problem in error.problems]


def read_all(
    rows: Iterable[Numbered],
    task: str,
    settings: DataSettings | None,
    source: str,
    problems: Iterable[tuple[int, str]] = (),
) -> list[SftRow]:
    """Check parsed rows.

    Args:
        rows: As read.
        task: Of the cases made.
        settings: Say which columns hold what; None: they have our names.
        source: The file or dataset.
        problems: Found while parsing.

    Raises:
        InputError: With the problems of all rows, in the order of the file.
    """
    problems = list(problems)
    read: dict[str, SftRow] = {}
    for where, number, given in rows:
        try:
            row = given if settings is None else lay_out(settings, given, where)
            case = case_of_row(row, task, number, where, taken=read, is_learned=True)
            answer = _find_answer(row)
            if not answer:
                raise InputError(
                    f"{where}: no answer to learn; needs `completion`, "
                    "or `messages` that end with the assistant's"
                )
        except InputError as error:
            problems += [(number, problem) for problem in error.problems]
            continue
        # "12" is strict JSON, too: a number is expected only where the row says so
        if (
            task in _PLAIN_TEXT
            and "expected" not in row
            and not isinstance(case.expected, dict | list)
        ):
            case = case.model_copy(update={"expected": answer})
        read[case.id] = SftRow(case, answer)
    if problems:
        told = [problem for _, problem in sorted(problems, key=lambda each: each[0])]
        more = len(told) - MOST_TOLD
        raise InputError(told[:MOST_TOLD] + ([f"… and {more} more"] if more > 0 else []))
    if not read:
        raise InputError(f"{source}: holds no rows")
    return list(read.values())


def _find_answer(row: Mapping[str, Any]) -> str | None:
    answer = row["messages"][-1:] if "messages" in row else row.get("completion")
    if isinstance(answer, list):
        last = answer[-1] if answer and isinstance(answer[-1], dict) else {}
        answer = last.get("content") if last.get("role") == "assistant" else None
    return answer if isinstance(answer, str) else None


def hold_out(rows: list[SftRow], size: int | float, seed: int) -> tuple[list[SftRow], list[SftRow]]:
    """Draw rows for the evaluation; both parts stay in the order of the file.

    Args:
        rows: All of them.
        size: Rows, or their share below 1.
        seed: The same draws the same.

    Returns:
        What is left to learn, and what is held out; rows of one prompt are all in the same part.

    Raises:
        InputError: Nothing would be left to learn, or nothing held out.
    """
    count = size if isinstance(size, int) else round(size * len(rows))
    by_prompt: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        by_prompt.setdefault(row.case.prompt_text, []).append(index)
    prompts = list(by_prompt)
    random.Random(f"{seed}/test_size").shuffle(prompts)
    held: set[int] = set()
    for prompt in prompts:
        if len(held) >= count:
            break
        held.update(by_prompt[prompt])
    if not 0 < len(held) < len(rows):
        raise InputError(
            f"data.test_size: {size} of {len(rows)} rows ({len(prompts)} prompts) leaves "
            f"{len(rows) - len(held)} to learn and {len(held)} to measure"
        )
    train = [row for index, row in enumerate(rows) if index not in held]
    return train, [rows[index] for index in sorted(held)]


def canonical_sha256(rows: Iterable[SftRow]) -> str:
    """SHA-256 of rows as canonical JSONL: the same for the same rows in whatever file they came."""
    return canonical_sha256_of(
        {
            "task": row.case.task,
            "messages": [[each.role, each.content] for each in row.case.messages],
            "completion": row.completion,
            "schema": row.case.schema_,
            "expected": row.case.expected,
        }
        for row in rows
    )


def canonical_sha256_of(contents: Iterable[Mapping[str, Any]]) -> str:
    """The same of contents: one line each, ASCII JSON with sorted keys and no spaces."""
    digest = hashlib.sha256()
    for content in contents:
        line = json.dumps(content, sort_keys=True, separators=(",", ":"))
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()
