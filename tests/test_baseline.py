"""Baselines: their files, pairing, and what accepting does."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from suite.acceptance import accept
from suite.baseline import (
    Baseline,
    baseline_text,
    differing_makers,
    is_held,
    read_baseline,
    write_baseline,
)
from suite.errors import InputError
from suite.near_ties import NearTie
from suite.pairing import find_case_changes, pair
from suite.run import ModelRecord
from tests.run_records import (
    BASELINES,
    CONDITIONS,
    PROPERTY,
    RECORD,
    make_baseline,
    make_result,
    make_run,
)

OTHER = replace(RECORD, subject={"base": {"model.safetensors": "aa"}, "adapter": {"x": "cc"}})


@PROPERTY
@given(BASELINES)
def test_a_baseline_survives_its_file(baseline: Baseline) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "toy" / "format.json"
        write_baseline(path, baseline)
        assert read_baseline(path) == baseline


def test_the_file_is_sorted_readable_and_ends_with_a_newline(tmp_path: Path) -> None:
    path = tmp_path / "format.json"
    write_baseline(path, make_baseline({"b": True, "a": False}))
    text = path.read_text()
    assert list(json.loads(text)["goldens"]) == ["a", "b"]
    assert text.startswith('{\n  "model": "toy",\n  "task": "format",')
    assert text.endswith("}\n")


def test_an_equal_baseline_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "format.json"
    assert write_baseline(path, make_baseline({"a": True}))
    before = path.stat().st_mtime_ns
    assert not write_baseline(path, make_baseline({"a": True}))
    assert path.stat().st_mtime_ns == before


def test_no_file_is_no_baseline(tmp_path: Path) -> None:
    assert read_baseline(tmp_path / "none.json") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "line 1: not JSON"),
        ("<<<<<<< HEAD\n{}", "merge conflict"),
        ("{}", "goldens: missing"),
        ('{"goldens": {"a": {"passd": true}}}', "Did you mean 'passed'"),
        ("[]", "format.json"),
    ],
)
def test_a_broken_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "format.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_baseline(path)


def test_a_golden_of_another_case_content_is_not_compared() -> None:
    baseline = make_baseline({"a": True})
    assert baseline.golden("a", "h") is not None
    assert baseline.golden("a", "other") is None
    assert baseline.golden("b", "h") is None


def test_only_the_same_weights_and_conditions_in_reference_mode_are_held() -> None:
    baseline = make_baseline({"a": True})
    assert is_held(baseline, RECORD)
    assert not is_held(baseline, OTHER)
    assert not is_held(baseline, replace(RECORD, reference_mode=False))
    assert not is_held(baseline, replace(RECORD, conditions={**CONDITIONS, "dtype": "bfloat16"}))


def test_pairing_counts_flips_by_metric_and_leaves_new_and_changed_cases_out() -> None:
    baseline = make_baseline({"a": True, "b": True, "c": False, "d": True, "gone": True})
    run = make_run(
        make_result("a", False),
        make_result("b", None),
        make_result("c", True),
        make_result("d", False, case_hash="other"),
        make_result("new", False),
    )
    found = pair(baseline, run.results, run.selections[0], "format_success_rate", "higher")
    assert (found.n, found.broke, found.fixed) == (3, ("a", "b"), ("c",))


def test_a_case_whose_worker_died_is_broken() -> None:
    baseline = make_baseline({"a": True, "b": True})
    run = make_run(make_result("a"), make_result("b"))
    found = pair(baseline, run.results[:1], run.selections[0], "format_success_rate", "higher")
    assert found.broke == ("b",)


def test_for_a_metric_where_lower_is_better_a_one_is_broken() -> None:
    baseline = make_baseline({"a": True, "b": True})
    run = make_run(make_result("a", duplicate_json_objects_rate=1), make_result("b"))
    found = pair(baseline, run.results, run.selections[0], "duplicate_json_objects_rate", "lower")
    assert (found.n, found.broke, found.fixed) == (2, ("a",), ())


def test_changed_cases_are_named() -> None:
    baseline = make_baseline({"a": True, "gone": True})
    run = make_run(make_result("a", case_hash="other"), make_result("new"))
    changes = find_case_changes(baseline, run.results, run.selections[0])
    assert (changes.new, changes.changed, changes.removed) == (("new",), ("a",), ("gone",))


def test_accepting_keeps_every_case_that_was_not_run_or_got_no_verdict() -> None:
    old = make_baseline({"a": True, "b": True, "z_000": False, "gone": True})
    run = make_run(make_result("a", False), make_result("b", None), known=3)
    new = accept(old, run.results, run.selections[0], RECORD)
    assert {name: golden.passed for name, golden in new.goldens.items()} == {
        "a": False,
        "b": True,
        "z_000": False,
        "gone": True,
    }


def test_removed_cases_leave_only_when_that_is_asked_for() -> None:
    old = make_baseline({"a": True, "gone": True})
    run = make_run(make_result("a"))
    new = accept(old, run.results, run.selections[0], RECORD, accept_removed=True)
    assert list(new.goldens) == ["a"]


def test_the_head_moves_when_all_cases_are_accepted_from_other_weights() -> None:
    old = make_baseline({"a": True, "b": True})
    run = make_run(make_result("a"), make_result("b"))
    new = accept(old, run.results, run.selections[0], OTHER)
    assert new.subject == OTHER.subject
    assert not any(golden.apart for golden in new.goldens.values())


def test_the_head_stays_when_a_part_is_accepted_from_other_weights() -> None:
    old = make_baseline({"a": True, "b": True})
    run = make_run(make_result("a"), known=1)
    run = replace(run, selections=(replace(run.selections[0], known=("a", "b")),))
    new = accept(old, run.results, run.selections[0], OTHER)
    assert new.subject == RECORD.subject
    assert {name: golden.apart for name, golden in new.goldens.items()} == {"a": True, "b": False}


def test_margins_are_rounded_so_that_processors_agree() -> None:
    result = make_result("a")
    assert result.generation is not None
    result = replace(result, generation=replace(result.generation, margin=1.23456789))
    new = accept(None, [result], make_run(result).selections[0], RECORD)
    assert new.goldens["a"].margin == 1.235


def test_near_ties_are_accepted_with_two_digits() -> None:
    result = make_result("a")
    assert result.generation is not None
    tie = NearTie(3, 1.23456789e-5, 17, 42, "0123456789ab")
    result = replace(result, generation=replace(result.generation, near=(tie,)))
    new = accept(None, [result], make_run(result).selections[0], RECORD)
    assert new.goldens["a"].near == (NearTie(3, 1.2e-5, 17, 42, "0123456789ab"),)


def made_on(machine: str, torch: str = "2.13.0") -> ModelRecord:
    environment = {"machine": machine, "libraries": {"torch": torch}, "host": machine}
    return replace(RECORD, environment=environment)


def test_the_head_says_what_made_it_and_other_makers_are_named() -> None:
    result = make_result("a")
    new = accept(None, [result], make_run(result).selections[0], made_on("x86_64"))
    assert new.made_with == {"device": "cpu", "machine": "x86_64", "torch": "2.13.0"}
    assert differing_makers(new, made_on("x86_64")) == []
    assert differing_makers(new, made_on("arm64", "2.14.0")) == ["machine", "torch"]
    assert is_held(new, made_on("arm64"))  # the verdict rules stay


def test_a_head_without_makers_is_taken_for_equal() -> None:
    assert differing_makers(make_baseline({"a": True}), made_on("arm64")) == []


def test_a_file_without_the_newer_fields_reads_as_it_did(tmp_path: Path) -> None:
    path = tmp_path / "format.json"
    write_baseline(path, make_baseline({"a": True}))
    text = path.read_text()
    assert "near" not in text
    assert "made_with" not in text
    assert read_baseline(path) == make_baseline({"a": True})


def test_a_part_accepted_by_other_makers_is_apart() -> None:
    first = make_run(make_result("a"), make_result("b"))
    old = accept(None, first.results, first.selections[0], made_on("x86_64"))
    run = make_run(make_result("a"), known=1)
    run = replace(run, selections=(replace(run.selections[0], known=("a", "b")),))
    new = accept(old, run.results, run.selections[0], made_on("arm64"))
    assert new.made_with == old.made_with
    assert {name: golden.apart for name, golden in new.goldens.items()} == {"a": True, "b": False}


@pytest.mark.parametrize("text", ["null", "7", '["a"]'])
def test_a_golden_whose_text_is_no_string_is_refused_with_its_place(
    tmp_path: Path, text: str
) -> None:
    data = json.loads(baseline_text(make_baseline({"a": True})))
    name = next(iter(data["goldens"]))
    data["goldens"][name]["text"] = json.loads(text)
    path = tmp_path / "format.json"
    path.write_text(json.dumps(data))
    with pytest.raises(InputError, match=rf"goldens\.{name}\.text.*expected a string"):
        read_baseline(path)
