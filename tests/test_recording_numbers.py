"""Recordings with contents that no engine and no run writes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from suite.baseline import read_baseline
from suite.earlier_runs import read_earlier_runs
from suite.errors import InputError
from suite.generation import Generation
from suite.recording_files import read_header, read_recording
from suite.report.samples import pack_samples
from tests.run_records import make_result, make_run
from tests.toy_project import GOOD, ToyProject

TIE = [0, 0.5, 7, 8, "abc"]


def write_row(path: Path, **fields: Any) -> Path:
    generation = {"text": GOOD, "finish_reason": "stop", **fields}
    row = {"model": "m", "task": "format", "case_id": "c00", "case_hash": "h"}
    path.write_text(json.dumps(row | {"generation": generation}) + "\n")
    return path


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("completion_tokens", 3.0),
        ("completion_tokens", -1),
        ("prompt_tokens", True),
        ("elapsed_s", float("inf")),
        ("elapsed_s", float("nan")),
        ("elapsed_s", 10**400),
        ("elapsed_s", -0.1),
        ("latency_s", float("nan")),
        ("first_token_s", -1),
        ("cost_usd", float("inf")),
        ("served_model", 5),
        ("margin", float("nan")),
        ("margin", "0.1"),
        ("margin_position", 1.5),
        ("near", 5),
        ("near", [5]),
        ("near", [TIE[:4]]),
        ("near", [[0, "x", 7, 8, "abc"]]),
        ("near", [[0, float("nan"), 7, 8, "abc"]]),
        ("text", 7),
        ("finish_reason", ["stop"]),
    ],
)
def test_a_generation_that_no_engine_wrote_is_refused(
    tmp_path: Path, field: str, value: object
) -> None:
    path = write_row(tmp_path / "samples.jsonl", **{field: value})
    with pytest.raises(InputError, match=rf"line 1: \.?{field}.*expected"):
        read_recording(path)


def write_headed(path: Path, model: str, **environment: Any) -> Path:
    """Write a recording of `m` whose one row is of `model`."""
    header = {"goldgate_recording": 1, "model": "m", "subject": {}, "conditions": {}}
    header["environment"] = environment
    row = {"task": "format", "case_id": "c00", "case_hash": "h", "model": model}
    row["generation"] = {"text": GOOD}
    path.write_text(f"{json.dumps(header)}\n{json.dumps(row)}\n")
    return path


def test_rows_of_a_model_that_the_header_is_not_of_are_refused(tmp_path: Path) -> None:
    assert set(read_recording(write_headed(tmp_path / "own.jsonl", "m")).models) == {"m"}
    with pytest.raises(InputError, match=r"line 2: model: expected 'm', .* got 'stronger'"):
        read_recording(write_headed(tmp_path / "rec.jsonl", "stronger"))


@pytest.mark.parametrize(
    "environment",
    [
        {"libraries": ["torch"]},
        {"noise": "0.1"},
        {"noise": float("nan")},
        {"noise": float("inf")},
        {"noise": -1},
        {"noise": True},
    ],
)
def test_an_environment_of_another_shape_is_refused(
    tmp_path: Path, environment: dict[str, Any]
) -> None:
    path = write_headed(tmp_path / "rec.jsonl", "m", **environment)
    (name,) = environment
    with pytest.raises(InputError, match=rf"line 1: environment\.{name}: expected"):
        read_recording(path)


def test_an_environment_as_a_run_writes_it_is_read(tmp_path: Path) -> None:
    path = write_headed(tmp_path / "rec.jsonl", "m", libraries={"torch": None}, noise=0, threads=1)
    record = read_recording(path).models["m"].record
    assert record is not None
    assert record.environment["noise"] == 0


def test_what_an_engine_writes_is_read(tmp_path: Path) -> None:
    path = write_row(
        tmp_path / "samples.jsonl",
        near=[TIE], elapsed_s=2, margin=float("inf"), margin_position=None, later_field=1,
    )  # fmt: skip
    (model,) = read_recording(path).models.values()
    found = model.answers["format", "c00"].generation
    assert found is not None
    assert (found.near[0].rival, found.elapsed_s, found.margin_position) == (8, 2, None)
    assert found.margin == float("inf")


def test_a_broken_near_tie_ends_a_replay_before_any_test(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = ToyProject(pytester, monkeypatch)
    write_row(toy.path / "rec.jsonl", near=5)
    result = toy.run("--replay=rec.jsonl")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "line 1: .near: expected a list, got 5" in result.stderr.str()


def test_json_that_is_nested_too_deep_is_refused(tmp_path: Path) -> None:
    deep = "[" * 200_000
    header = tmp_path / "answers.header.json"
    header.write_text(deep)
    with pytest.raises(InputError, match=r"answers\.header\.json: not JSON"):
        read_header(header)
    write_row(tmp_path / "samples.jsonl")
    (tmp_path / "run.json").write_text(deep)
    with pytest.raises(InputError, match=r"run\.json: not JSON"):
        read_recording(tmp_path)
    assert read_earlier_runs(tmp_path.parent, "none") == []
    with pytest.raises(InputError, match=r"run\.json: not JSON"):
        read_baseline(tmp_path / "run.json")


def test_an_infinite_lead_leaves_the_page_valid_json() -> None:
    generation = Generation("{}", "stop", margin=float("inf"))
    run = make_run(replace(make_result("c"), generation=generation))

    def refuse(word: str) -> None:
        raise AssertionError(word)

    packed = json.loads(pack_samples(run, {}, {}), parse_constant=refuse)
    assert packed["rows"][0]["margin"] is None
