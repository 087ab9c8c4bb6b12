"""Shards: the split, the runs of the parts, and one run of them again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.errors import InputError
from suite.shard import Shard, read_shard
from tests.recorded_runs import RecordedProject, problems_of, text_of
from tests.run_records import PROPERTY
from tests.toy_project import IDS

PAIRED: dict[str, Any] = {
    "format_success_rate_min": {"value": 0.5, "reason": "half must do"},
    "no_regression": {"metrics": ["format_success_rate"], "alpha": 0.05, "reason": "r"},
}
NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1, max_size=30)


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RecordedProject:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return RecordedProject(pytester, monkeypatch)


def record_shards(toy: RecordedProject, count: int = 3, *arguments: str) -> list[str]:
    names = []
    for index in range(1, count + 1):
        names.append(f"shard{index}")
        result = toy.record(names[-1], f"--shard={index}/{count}", *arguments)
        assert result.ret == 0, text_of(result)
    return names


@PROPERTY
@given(st.lists(NAMES, unique=True, max_size=50), st.integers(1, 12))
def test_every_case_is_in_exactly_one_shard(ids: list[str], count: int) -> None:
    parts = [{name for name in ids if Shard(i + 1, count).holds(name)} for i in range(count)]
    assert sorted(name for part in parts for name in part) == sorted(ids)


def test_the_split_is_the_same_on_every_machine_and_about_even() -> None:
    found = [[name for name in IDS if Shard(index, 3).holds(name)] for index in (1, 2, 3)]
    assert found == SPLIT
    sizes = [sum(Shard(i, 4).holds(f"case_{n:05d}") for n in range(10_000)) for i in range(1, 5)]
    assert min(sizes) > 2300


SPLIT = [
    ["c02"],
    ["c00", "c04", "c08", "c09"],
    ["c01", "c03", "c05", "c06", "c07"],
]


@pytest.mark.parametrize("text", ["", "1", "0/3", "4/3", "1/0", "-1/3", "1/3/3", "a/b", "1/1001"])
def test_a_shard_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected I/N with I from 1 to N"):
        read_shard(text)


def test_gates_of_a_shard_are_skipped_with_the_count(toy: RecordedProject) -> None:
    result = toy.record("one", "--shard=1/3")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*SKIPPED*format_success_rate_min*", f"*{len(SPLIT[0])} of 10*"])
    assert toy.run_data("one")["selections"][0]["selected"] == SPLIT[0]
    required = toy.record("two", "--shard=1/3", "--require-gates")
    assert required.ret == 4
    assert "give it to `goldgate merge` instead" in problems_of(required)
    wrong = toy.record("two", "--shard=4/3")
    assert wrong.ret == 4
    assert "--shard: expected I/N" in problems_of(wrong)


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_a_shard_without_a_case_is_no_failure_and_is_merged(
    toy: RecordedProject, workers: tuple[str, ...]
) -> None:
    toy.write_cases(IDS[:2])
    shards = record_shards(toy, 5, *workers)
    sizes = [len(toy.run_data(name)["selections"][0]["selected"]) for name in shards]
    assert sum(sizes) == 2
    assert 0 in sizes
    merged = toy.goldgate("merge", *shards, "--output", "whole")
    assert merged.ret == 0, problems_of(merged)


def test_serial_parallel_and_merged_runs_are_equal_but_for_times(toy: RecordedProject) -> None:
    toy.write_gates(PAIRED)
    toy.write_models("toy", "new")
    toy.answer("c00", "c01", c05="a\u2028b \x1b[31m {}")
    toy.answer("c01", model="new")
    both = "--model=toy", "--model=new"
    assert toy.run("--snapshot-update", *both).ret == 0
    toy.answer("c00", "c02", "c03", c05='{"n": 2}')  # other weights: fixes and breaks
    assert toy.record("serial", "-n0", *both).ret == 0
    assert toy.record("parallel", "-n4", *both).ret == 0
    shards = record_shards(toy, 3, *both)
    merged = toy.goldgate_bare("merge", *reversed(shards), "--output", "merged")
    assert merged.ret == 0, problems_of(merged)
    whole = toy.files("serial")
    assert {"run.json", "samples.jsonl", "cases.jsonl"} <= whole.keys()
    assert "baselines/toy/format.json" in whole
    for name in ("parallel", "merged"):
        assert toy.files(name) == whole, name
    assert "broke 2: c02 (no_json), c03 (no_json)" in text_of(merged)


def test_a_merged_run_is_gated_as_a_whole(toy: RecordedProject) -> None:
    toy.write_gates(PAIRED)
    toy.run("--snapshot-update")
    toy.answer(*IDS[:7])
    shards = record_shards(toy)
    result = toy.goldgate("merge", *shards, "--output", "whole")
    assert result.ret == 1
    assert "7 broke, 0 fixed of 10" in text_of(result)
    assert "0.300 (3/10, 95% 0.108-0.603) is below 0.5" in text_of(result)
    assert toy.goldgate("gate", "whole").ret == 1


def test_parts_that_do_not_belong_together_are_refused(toy: RecordedProject) -> None:
    shards = record_shards(toy)
    whole = {name: toy.run_data(name) for name in shards}

    def refusal(*names: str) -> str:
        result = toy.goldgate("merge", *names, "--output", "out")
        assert result.ret == 2, text_of(result)
        assert not (toy.path / "out").exists()
        return problems_of(result)

    def change(name: str, edit: Any) -> None:
        data = json.loads(json.dumps(whole[name]))
        edit(data)
        Path(toy.path / name / "run.json").write_text(json.dumps(data))

    assert "toy, format: missing shards: 2/3" in refusal("shard1", "shard3")
    change("shard2", lambda data: data["models"]["toy"]["subject"].update(answers="other"))
    assert "model toy: other subject: answers" in refusal(*shards)
    change("shard2", lambda data: data["models"]["toy"]["conditions"].update(engine="hf"))
    assert "model toy: other conditions: engine" in refusal(*shards)
    change("shard2", lambda data: data["selections"][0].update(cases_digest="other"))
    assert "toy, format: other case content" in refusal(*shards)
    change("shard2", lambda data: data["selections"][0].update(version=2))
    assert "toy, format: other version" in refusal(*shards)
    change("shard2", lambda data: data["selections"][0].update(shard="2/4"))
    assert "toy, format: shards of different splits: of 3, of 4" in refusal(*shards)
    change("shard2", lambda data: data.update(stopped=True))
    assert "shard2: was stopped" in refusal(*shards)
    change("shard2", lambda data: None)
    assert toy.goldgate("merge", *shards, "shard1", "--output", "twice").ret == 0
    assert toy.record("again", "--shard=1/3").ret == 0
    samples = toy.path / "again" / "samples.jsonl"
    samples.write_text(samples.read_text().replace('"value": 1.0', '"value": 0.5', 1))
    assert "two results that differ" in refusal(*shards, "again")
