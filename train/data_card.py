"""The dataset card: the `README.md` that tells what generated rows are, as the hub reads it.

Its YAML head lets `datasets.load_dataset` find the two splits.
"""

from __future__ import annotations

from typing import Any

from train.data_stats import describe_split

_TASKS = {
    "format": "to answer with one bare JSON object, whatever the prompt pulls towards",
    "extraction": "to extract the fields that a prompt names, as one bare JSON object",
    "qa": "to answer a question over a passage with a span of it, or with `unanswerable`",
}

_CARD = """\
---
license: mit
language: [en]
pretty_name: {name}
task_categories: [{category}]
tags: [synthetic, json]
size_categories: [{size}]
configs:
- config_name: default
  data_files:
  - {{split: train, path: train.jsonl}}
  - {{split: eval, path: eval.jsonl}}
---
# {name}

Synthetic rows that teach a small language model {task}.{made}

A row has `prompt` (messages) and `completion` (the assistant's), `kind`, `domain`, `tags`, and
`schema` and `expected`, by which the suite's own scorer judges an answer. Names, numbers and texts
are drawn at random from the phrase banks of `train/`: they say nothing about the world, and no
person or company in them is meant.

No prompt is in both splits or among the cases of the suite, exactly or nearly (Jaccard index of
word triples below {near}). Both splits come from one generator: a score on `eval` is no promise for
prompts that people write.

| option | value |
|---|---|
{options}
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
    rows = sum(facts["rows"] for facts in stats["splits"].values())
    parts = []
    for split, facts in stats["splits"].items():
        parts += ["", f"## {split}: {facts['rows']} rows", "", *describe_split(facts)]
    return _CARD.format(
        name=name,
        task=_TASKS[config["task"]],
        category="question-answering" if config["task"] == "qa" else "text-generation",
        size="n<1K" if rows < 1000 else "1K<n<10K" if rows < 10_000 else "10K<n<100K",
        made=f" Made by\n\n```\n{command}\n```" if command else "",
        near=near,
        options="\n".join(f"| `{key}` | {value} |" for key, value in config.items()),
        splits="\n".join(parts),
    )
