"""What is in a set of generated rows, counted: `stats.json` and `stats.md`.

Nothing is drawn or judged here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from suite.errors import InputError
from train.processes import say

EXAMPLES_SHOWN = 3

_TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json")
_TOKENIZER_PATTERNS = ["*.json", "*.jinja", "*.txt", "tokenizer.model"]
_HARD_TAGS = frozenset({"schema", "schema_system", "composed", "stated", "prose", "nested"})
_COUNTED = ("kinds", "labels", "error_types", "strictness", "tags", "domains")


def describe(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Counts and shares of a split, its lengths in characters, and its first few rows."""
    kinds = Counter(row["kind"] for row in rows)
    lengths = {
        "prompt": [sum(len(message["content"]) for message in row["prompt"]) for row in rows],
        "completion": [len(row["completion"][0]["content"]) for row in rows],
    }
    return {
        "rows": len(rows),
        "kinds": dict(kinds.most_common()),
        **_count_own(rows, kinds),
        "tags": dict(Counter(tag for row in rows for tag in row["tags"]).most_common()),
        "domains": dict(Counter(row["domain"] for row in rows).most_common()),
        "with_system_prompt": sum(row["prompt"][0]["role"] == "system" for row in rows),
        "characters": {name: spread(values) for name, values in lengths.items()},
        "examples": [
            {part: row[part] for part in ("prompt", "completion")} for row in rows[:EXAMPLES_SHOWN]
        ],
    }


def _count_own(rows: Sequence[dict[str, Any]], kinds: Counter[str]) -> dict[str, Any]:
    """What only rows of some tasks have: labels, or strictness and the shares of a mix."""
    if kinds.keys() <= {"verifier", "math"}:
        return {
            f"{name}s": dict(sorted(Counter(str(row[name]) for row in rows).items()))
            for name in ("label", "error_type")
            if name in rows[0]
        }
    return {
        "strictness": dict(Counter(map(_strictness, rows)).most_common()),
        "hard_negative_share": round(kinds["hard_negative"] / len(rows), 4),
        "repair_share": round(kinds["repair"] / len(rows), 4),
    }


def count_tokens(rows: Iterable[dict[str, Any]], folder: Path) -> dict[str, dict[str, float]]:
    """Lengths in tokens, as training sees them: chat template, answer, end of the turn.

    Args:
        rows: Of one split.
        folder: Of a base with its tokenizer.
    """
    from fixtures.hf_loading import load_tokenizer
    from fixtures.prompting import encode_text, render

    tokenizer = load_tokenizer(folder)
    lengths: dict[str, list[int]] = {"prompt": [], "completion": [], "row": []}
    for row in rows:
        turns = [(each["role"], each["content"]) for each in row["prompt"]]
        prompt = len(render(tokenizer, turns, "chat" if tokenizer.chat_template else "raw"))
        completion = len(encode_text(tokenizer, row["completion"][0]["content"])) + 1
        for name, length in zip(lengths, (prompt, completion, prompt + completion), strict=True):
            lengths[name].append(length)
    return {name: spread(values) for name, values in lengths.items()}


def find_tokenizer(base: str | None, revision: str | None, chosen: bool) -> Path | None:
    """The folder with the tokenizer of a base; of a base on the hub nothing else is downloaded.

    Args:
        base: Folder or hub id; None: no tokens are to be counted.
        revision: Of a base on the hub.
        chosen: Whether a person asked for this base; else its absence is no mistake.

    Raises:
        InputError: There is no such base.
    """
    if base is None:
        return None
    folder = Path(base)
    if not folder.is_dir():
        if not chosen:
            say(f"data: no folder {base} here: tokens are not counted (base=FOLDER counts them)")
            return None
        folder = _download_tokenizer(base, revision)
    if not any((folder / name).is_file() for name in _TOKENIZER_FILES):
        raise InputError(f"base: {base}: holds no tokenizer ({' or '.join(_TOKENIZER_FILES)})")
    return folder


def _download_tokenizer(base: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    try:
        return Path(snapshot_download(base, revision=revision, allow_patterns=_TOKENIZER_PATTERNS))
    # the hub's own errors are OSErrors: unknown, gated, no network
    except (OSError, HFValidationError) as error:
        said = str(error).strip().splitlines()[0]
        raise InputError(
            f"base: {base}: no such folder, and the hub gives no tokenizer: {said}; "
            "base=null makes the rows without counting tokens"
        ) from None


def spread(values: Sequence[int]) -> dict[str, float]:
    """Minimum, mean and maximum."""
    return {
        "min": min(values),
        "mean": round(sum(values) / len(values), 1),
        "max": max(values),
    }


def _strictness(row: dict[str, Any]) -> str:
    """`easy` where the easy rows could have been so, whatever the split's own strictness is."""
    if row["kind"] == "qa":
        return "none"
    expected = row["expected"]
    nested = isinstance(expected, dict) and any(
        isinstance(value, dict | list) for value in expected.values()
    )
    hard = row["kind"] == "hard_negative" or nested or bool(_HARD_TAGS & set(row["tags"]))
    return "hard" if hard else "easy"


def describe_in_markdown(stats: dict[str, Any], title: str) -> str:
    """Return `stats.md`.

    Args:
        stats: `config`, `tokenizer`, and by split what `describe` gives, with `sha256`,
            `canonical_sha256` and perhaps `tokens`.
        title: Its heading.
    """
    lines = [f"# {title}", "", "| option | value |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in stats["config"].items()]
    lines += ["", f"Tokenizer: {describe_tokenizer(stats)}."]
    for split, facts in stats["splits"].items():
        lines += ["", f"## {split}: {facts['rows']} rows", ""]
        lines += describe_split(facts)
        for row in facts["examples"]:
            shown = json.dumps([row["prompt"], row["completion"]], ensure_ascii=False, indent=1)
            # a prompt may hold a code fence of three backticks
            lines += ["", "`````json", shown, "`````"]
    return "\n".join(lines) + "\n"


def describe_tokenizer(stats: dict[str, Any]) -> str:
    """Return whose tokens are counted, in Markdown."""
    named = stats["tokenizer"]
    return "none, lengths are in characters only" if named is None else f"that of `{named}`"


def describe_split(facts: dict[str, Any]) -> list[str]:
    """Return the Markdown list of one split."""
    kinds, rows = facts["kinds"], facts["rows"]
    lines = [f"- SHA-256 of the file `{facts['sha256']}`"]
    lines.append(f"- SHA-256 of its canonical JSONL `{facts['canonical_sha256']}`")
    for name in ("hard_negative", "repair"):
        if f"{name}_share" not in facts:
            continue
        count = kinds.get(name, 0)
        words = name.replace("_", " ")
        lines.append(f"- {words}s: {facts[f'{name}_share']:.3f} ({count}/{rows})")
    for name in _COUNTED:
        if name in facts:
            counts = ", ".join(f"{key} {count}" for key, count in facts[name].items())
            lines.append(f"- {name.replace('_', ' ')}: {counts}")
    lines.append(f"- with a system prompt: {facts['with_system_prompt']}")
    for unit in ("characters", "tokens"):
        for name, each in facts.get(unit, {}).items():
            length = f"{each['min']} to {each['max']}, mean {each['mean']}"
            lines.append(f"- {name} length in {unit}: {length}")
    return lines
