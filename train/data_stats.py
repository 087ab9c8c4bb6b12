"""What is in a set of generated rows, counted: `stats.json` and `stats.md`.

Nothing is drawn or judged here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

EXAMPLES_SHOWN = 3

_HARD_TAGS = frozenset({"schema", "schema_system", "composed", "stated", "prose", "nested"})
_COUNTED = ("kinds", "strictness", "tags", "domains")


def describe(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Counts and shares of a split, and its lengths in characters."""
    kinds = Counter(row["kind"] for row in rows)
    lengths = {
        "prompt": [sum(len(message["content"]) for message in row["prompt"]) for row in rows],
        "completion": [len(row["completion"][0]["content"]) for row in rows],
    }
    return {
        "rows": len(rows),
        "kinds": dict(kinds.most_common()),
        "strictness": dict(Counter(map(_strictness, rows)).most_common()),
        "hard_negative_share": round(kinds["hard_negative"] / len(rows), 4),
        "repair_share": round(kinds["repair"] / len(rows), 4),
        "tags": dict(Counter(tag for row in rows for tag in row["tags"]).most_common()),
        "domains": dict(Counter(row["domain"] for row in rows).most_common()),
        "with_system_prompt": sum(row["prompt"][0]["role"] == "system" for row in rows),
        "characters": {name: spread(values) for name, values in lengths.items()},
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


def describe_in_markdown(
    stats: dict[str, Any], splits: dict[str, list[dict[str, Any]]], title: str
) -> str:
    """Return `stats.md`.

    Args:
        stats: `config`, and by split what `describe` gives, with `sha256`, `canonical_sha256` and
            perhaps `tokens`.
        splits: The rows, of which the first few are shown.
        title: Its heading.
    """
    lines = [f"# {title}", "", "| option | value |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in stats["config"].items()]
    for split, facts in stats["splits"].items():
        lines += ["", f"## {split}: {facts['rows']} rows", ""]
        lines += describe_split(facts)
        for row in splits[split][:EXAMPLES_SHOWN]:
            shown = json.dumps([row["prompt"], row["completion"]], ensure_ascii=False, indent=1)
            # a prompt may hold a code fence of three backticks
            lines += ["", "`````json", shown, "`````"]
    return "\n".join(lines) + "\n"


def describe_split(facts: dict[str, Any]) -> list[str]:
    """Return the Markdown list of one split."""
    kinds, rows = facts["kinds"], facts["rows"]
    lines = [f"- SHA-256 of the file `{facts['sha256']}`"]
    lines.append(f"- SHA-256 of its canonical JSONL `{facts['canonical_sha256']}`")
    for name in ("hard_negative", "repair"):
        count = kinds.get(name, 0)
        words = name.replace("_", " ")
        lines.append(f"- {words}s: {facts[f'{name}_share']:.3f} ({count}/{rows})")
    for name in _COUNTED:
        counts = ", ".join(f"{key} {count}" for key, count in facts[name].items())
        lines.append(f"- {name}: {counts}")
    lines.append(f"- with a system prompt: {facts['with_system_prompt']}")
    for unit in ("characters", "tokens"):
        for name, each in facts.get(unit, {}).items():
            length = f"{each['min']} to {each['max']}, mean {each['mean']}"
            lines.append(f"- {name} length in {unit}: {length}")
    return lines
