"""The dataset card: the `README.md` that tells what generated rows are, as the hub reads it.

Its YAML head lets `datasets.load_dataset` find the two splits.
"""

from __future__ import annotations

from typing import Any

from train.data_stats import describe_split, describe_tokenizer

_TASKS = {
    "format": "to answer with one bare JSON object, whatever the prompt pulls towards",
    "extraction": "to extract the fields that a prompt names, as one bare JSON object",
    "qa": "to answer a question over a passage with a span of it, or with `unanswerable`",
    "verifier": "to tell whether a worked solution is right (0) or flawed (1)",
    "math": "to solve word problems step by step and to end with `#### N`",
}
_COLUMNS = {
    "verifier": "A row has `prompt` (messages) and `completion` (the assistant's), `question`, "
    "`solution`,\n`label` (0 right, 1 flawed) and `error_type`, `tags` with what was planted, and "
    "`group`: two problems\nthat differ in one place, each with a right and a flawed solution made "
    "of the same words and\nnumbers, so that no count of words tells them apart. `catalogue.csv` "
    "has all rows as a table.",
    "math": "A row has `question` and `answer` as the GSM8K data set has them, and `prompt` "
    "(messages) and\n`completion` (the assistant's) as the suite asks.",
}
_SCORED = (
    "A row has `prompt` (messages) and `completion` (the assistant's), `kind`, `domain`, `tags`, "
    "and\n`schema` and `expected`, by which the suite's own scorer judges an answer."
)

_CATEGORIES = {"qa": "question-answering", "verifier": "text-classification"}
_TAGS = {"qa": "qa", "verifier": "math", "math": "math"}
_SIZES = ((1000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
"""Rows below which the hub has a name (https://huggingface.co/docs/hub/datasets-cards)."""

_CARD = """\
---
license: mit
language: [en]
pretty_name: {name}
task_categories: [{category}]
tags: [synthetic, {tag}]
size_categories: [{size}]
configs:
- config_name: default
  data_files:
{files}
---
# {name}

Synthetic rows that teach a small language model {task}.{made}

{columns} Names, numbers and texts
are drawn at random from the phrase banks of `train/`: they say nothing about the world, and no
person or company in them is meant.

No prompt is in {both} splits or among the cases of the suite, exactly or nearly (Jaccard index of
word triples below {near}). {every} splits come from one generator: \
a score on `{held_out}` is no promise for
prompts that people write.

| option | value |
|---|---|
{options}

Tokenizer: {tokenizer}.
{splits}
"""


def write_data_card(name: str, command: str, stats: dict[str, Any], near: float) -> str:
    """Return the Markdown.

    Args:
        name: Of the folder.
        command: What makes these rows again; empty: not known.
        stats: As written beside the card.
        near: Above what likeness two prompts count as one.
    """
    config = stats["config"]
    task, splits = config["task"], list(stats["splits"])
    rows = sum(facts["rows"] for facts in stats["splits"].values())
    parts = []
    for split, facts in stats["splits"].items():
        parts += ["", f"## {split}: {facts['rows']} rows", "", *describe_split(facts)]
    return _CARD.format(
        name=name,
        task=_TASKS[task],
        category=_CATEGORIES.get(task, "text-generation"),
        tag=_TAGS.get(task, "json"),
        files="\n".join(f"  - {{split: {split}, path: {split}.jsonl}}" for split in splits),
        columns=_COLUMNS.get(task, _SCORED),
        both="both" if len(splits) == 2 else "two",
        every="Both" if len(splits) == 2 else "All",
        held_out=splits[-1],
        size=next((name for most, name in _SIZES if rows < most), "1M<n<10M"),
        made=f" Made by\n\n```\n{command}\n```" if command else "",
        near=near,
        options="\n".join(f"| `{key}` | {value} |" for key, value in config.items()),
        tokenizer=describe_tokenizer(stats),
        splits="\n".join(parts),
    )
