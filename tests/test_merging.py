"""What a run that was merged of several says of the servers that answered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from suite.generation import Generation
from suite.merging import merge_runs
from suite.run import ModelRecord
from suite.run_folder import RecordedRun
from suite.served import note_served
from tests.run_records import make_result, make_run


def record_shard(index: int, served_models: dict[str, str]) -> RecordedRun:
    """Return one of two shards as a session on a server records it: by case id, who answered."""
    results = [
        replace(make_result(case_id), generation=Generation("{}", "stop", served_model=served))
        for case_id, served in served_models.items()
    ]
    run = note_served(make_run(*results))
    selection = replace(run.selections[0], known=("a", "b", "c"), shard=f"{index}/2")
    run = replace(run, id=f"r{index}", selections=(selection,))
    return RecordedRun(Path(f"shard{index}"), run, {}, {}, {})


def merge(*shards: dict[str, str]) -> ModelRecord:
    parts = [record_shard(index, shard) for index, shard in enumerate(shards, start=1)]
    return merge_runs(parts, Path("whole")).run.models["toy"]


CHANGED = "the server's model changed among these answers:"


@pytest.mark.parametrize(
    ("shards", "counts", "notes"),
    [
        (({"a": "m", "b": "m"}, {"c": "m"}), {"m": 3}, ()),
        (({"a": "m", "b": "m"}, {"c": "n"}), {"m": 2, "n": 1}, (f"{CHANGED} m (2), n (1)",)),
        (({"a": "m", "b": "n"}, {"c": "n"}), {"m": 1, "n": 2}, (f"{CHANGED} m (1), n (2)",)),
    ],
    ids=["the same", "changed between shards", "changed within a shard"],
)
def test_who_answered_is_counted_over_all_shards(
    shards: tuple[dict[str, str], ...], counts: dict[str, int], notes: tuple[str, ...]
) -> None:
    record = merge(*shards)
    assert (record.environment["served_models"], record.notes) == (counts, notes)
