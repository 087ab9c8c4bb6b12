"""Runs: counts, rates, and the files they are kept in."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from hypothesis import given

from suite.rates import find_rates
from suite.run import CaseResult, Run, count_reasons, differing
from suite.run_files import read_run, result_from_text, result_to_text, write_run
from tests.run_records import PROPERTY, RESULTS, make_result, make_run, runs


@PROPERTY
@given(RESULTS)
def test_a_result_survives_the_way_from_worker_to_controller(result: CaseResult) -> None:
    text = result_to_text(result)
    assert text.isascii()
    assert "\n" not in text
    assert result_from_text(text) == result


@PROPERTY
@given(runs())
def test_a_run_survives_its_files(run: Run) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_run(run, Path(folder))
        assert read_run(Path(folder)) == run


def test_the_files_of_a_run_do_not_depend_on_the_order_of_results(tmp_path: Path) -> None:
    results = [make_result("b", text="é\u2028"), make_result("a", False), make_result("c", None)]
    write_run(make_run(*results), tmp_path / "one")
    write_run(make_run(*reversed(results)), tmp_path / "two")
    for name in ("run.json", "samples.jsonl"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_run_file_has_rates_and_counts_for_other_programs(tmp_path: Path) -> None:
    write_run(make_run(make_result("a"), make_result("b", False), make_result("c")), tmp_path)
    (summary,) = json.loads((tmp_path / "run.json").read_text())["summary"]
    assert summary["rates"]["format_success_rate"]["count"] == 2
    assert summary["rates"]["format_success_rate"]["n"] == 3
    assert summary["fail_reasons"] == {"no_json": 1}


def test_a_case_without_a_verdict_counts_as_a_failure_either_way() -> None:
    run = make_run(make_result("a"), make_result("b", None))
    rates = {rate.metric: rate for rate in find_rates(run, "toy", "format")}
    assert (rates["format_success_rate"].count, rates["format_success_rate"].n) == (1, 2)
    assert rates["duplicate_json_objects_rate"].count == 1
    assert rates["duplicate_json_objects_rate"].missing == 1


def test_a_selected_case_without_any_result_counts_as_a_failure() -> None:
    run = make_run(make_result("a"), make_result("b"))
    run = Run(run.id, run.started, run.models, run.selections, run.results[:1])
    assert str(find_rates(run, "toy", "format")[0]) == "0.500 (1/2, 95% 0.095-0.905)"


def test_reasons_are_counted_the_most_frequent_first() -> None:
    results = [
        make_result("a", False, reason="empty"),
        make_result("b", False, reason="code_fence"),
        make_result("c", False, reason="code_fence"),
        make_result("d", None),
        make_result("e"),
    ]
    assert list(count_reasons(results).items()) == [
        ("code_fence", 2),
        ("empty", 1),
        ("no_verdict", 1),
    ]


def test_differing_records_are_named_by_dotted_key() -> None:
    left = {"a": 1, "b": {"c": 1, "d": 2}, "e": None, "f": 1}
    right = {"a": 1, "b": {"c": 1, "d": 3}, "f": True}
    assert differing(left, right) == ["b.d", "e", "f"]
