"""The head of a dataset card: what the hub reads of generated rows."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from train.data_card import write_data_card


def head(task: str, rows: int) -> dict[str, Any]:
    split = {"rows": rows, "sha256": "a", "canonical_sha256": "b", "kinds": {},
             "with_system_prompt": 0}  # fmt: skip
    stats = {"config": {"task": task}, "splits": {"train": split}, "tokenizer": None}
    card = write_data_card("rows", "", stats, 0.8)
    read: dict[str, Any] = yaml.safe_load(card.split("---\n")[1])
    return read


@pytest.mark.parametrize(
    ("task", "tags", "category"),
    [
        ("format", ["synthetic", "json"], "text-generation"),
        ("extraction", ["synthetic", "json"], "text-generation"),
        ("qa", ["synthetic", "qa"], "question-answering"),
        ("verifier", ["synthetic", "math"], "text-classification"),
        ("math", ["synthetic", "math"], "text-generation"),
    ],
)
def test_rows_are_found_by_what_they_teach(task: str, tags: list[str], category: str) -> None:
    found = head(task, 10)
    assert (found["tags"], found["task_categories"]) == (tags, [category])


@pytest.mark.parametrize(
    ("rows", "size"),
    [
        (999, "n<1K"),
        (1000, "1K<n<10K"),
        (10_000, "10K<n<100K"),
        (100_000, "100K<n<1M"),
        (1_000_000, "1M<n<10M"),
    ],
)
def test_the_size_is_the_one_that_the_hub_has_a_name_for(rows: int, size: str) -> None:
    assert head("format", rows)["size_categories"] == [size]
