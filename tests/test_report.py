"""The report at the end of a session, as a reader sees it without colors."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest

from suite.baseline import Baseline
from suite.measured import Measured
from suite.report.console import write_lines
from suite.report.terminal import render_report
from suite.run import BarChange, GateResult, Measures, ModelRecord, Run
from tests.run_records import RECORD, make_baseline, make_result, make_run

TWO = {("toy", "format"): make_baseline({"a": True, "b": False, "c": True, "gone": True})}


def show(run: Run, baselines: dict[tuple[str, str], Baseline], width: int = 80) -> str:
    return "\n".join(
        "".join(span.text for span in line) for line in render_report(run, baselines, width)
    )


def make_two_models() -> Run:
    one = make_run(make_result("a"), make_result("b", False, reason="code_fence"))
    results = [replace(result, model="other") for result in make_run(make_result("a")).results]
    selection = replace(one.selections[0], model="other", selected=("a",))
    return replace(
        one,
        models={**one.models, "other": RECORD},
        selections=(*one.selections, selection),
        results=(*one.results, *results),
    )


def test_every_rate_has_its_count_and_interval() -> None:
    text = show(make_run(make_result("a"), make_result("b", False)), {})
    assert "format  2 cases, suite/cases/format.yaml" in text
    assert "format_success_rate         ↑   0.500 (1/2, 95% 0.095-0.905)" in text
    assert "    no_json" in text


def test_two_models_stand_side_by_side_where_the_terminal_is_wide() -> None:
    lines = show(make_two_models(), {}, width=120).splitlines()
    (head,) = [
        line for line in lines if "toy" in line and "other" in line and "reasons" not in line
    ]
    (row,) = [line for line in lines if line.startswith("  format_success_rate")]
    assert row.endswith("0.500 (1/2, 95% 0.095-0.905)   1.000 (1/1, 95% 0.207-1.000)")
    assert head.index("other") + len("other") == len(row)


def test_two_models_stand_in_rows_where_the_terminal_is_narrow() -> None:
    text = show(make_two_models(), {}, width=60)
    assert "    toy    0.500 (1/2, 95% 0.095-0.905)\n    other  1.000 (1/1, " in text


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    results = [
        replace(make_result(f"case_with_a_long_name_{i:03d}", False), change="broke")
        for i in range(60)
    ]
    text = show(make_run(*results), TWO, width)
    assert max(map(len, text.splitlines())) <= width
    assert "and 40 more" in text


def test_what_broke_and_what_was_fixed_is_named() -> None:
    run = make_run(
        replace(make_result("a", False), change="broke"),
        replace(make_result("b"), change="fixed"),
        replace(make_result("c"), answer="text differs"),
        replace(make_result("d", False), change="new failure"),
        make_result("e", None),
    )
    text = show(run, TWO)
    assert "broke 1: a (no_json)" in text
    assert "fixed 1: b" in text
    assert "new failure 1: d (no_json)" in text
    assert "no verdict 1: e" in text
    assert "text differs though both pass 1" in text
    assert "new case 2: d, e" in text
    assert "removed case 1: gone" in text


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (RECORD, "same weights and conditions: nothing may change"),
        (replace(RECORD, subject={}), "other weights (adapter, base): the gates decide"),
        (replace(RECORD, conditions={}), "not comparable with its baseline, conditions differ"),
        (replace(RECORD, reference_mode=False), "not in reference mode: the gates decide"),
    ],
)
def test_it_says_what_the_comparison_is_worth(record: ModelRecord, sentence: str) -> None:
    assert sentence in show(make_run(make_result("a"), record=record), TWO, width=120)


def test_without_a_baseline_it_names_the_next_command() -> None:
    text = show(make_run(make_result("a")), {})
    assert "no baseline yet; accept these answers: pytest --snapshot-update" in text


def test_gates_have_status_sentence_and_when_they_fail_their_reason() -> None:
    gates = (
        GateResult("no_regression", "format", "toy", "PASS", "0 broke", "quiet"),
        GateResult("format_success_rate_min", "format", "toy", "FAIL", "too low", "readers", True),
        GateResult("other_min", "format", "toy", "SKIPPED", "1 of 2 cases", "must run", True),
    )
    text = show(replace(make_run(make_result("a")), gates=gates), {})
    assert "  PASS     no_regression\n             0 broke\n" in text
    assert "  FAIL     format_success_rate_min\n" in text
    assert "why: readers" in text
    assert "quiet" not in text
    assert "required (--require-gates); why: must run" in text


def test_a_stopped_run_says_that_no_gate_was_decided() -> None:
    text = show(replace(make_run(make_result("a")), stopped=True), {})
    assert "not decided: the run was stopped" in text


def test_untrusted_text_cannot_steer_the_terminal() -> None:
    result = replace(make_result("a", False, reason="x\x1b[2J"), change="broke")
    run = make_run(result, record=replace(RECORD, notes=("note\x1b]0;title\x07",)))
    assert "\x1b" not in show(run, TWO)
    assert "x\\e[2J" in show(run, TWO)


def test_names_of_a_foreign_run_cannot_steer_the_terminal() -> None:
    result = replace(make_result("a"), task="extraction")
    run = make_run(result)
    selection = replace(
        run.selections[0], task="extraction", groups={"k\x1b[1m": {"t\x1b[2m": ("a",)}}
    )
    run = replace(
        run,
        selections=(replace(selection, sizes={"a": 1}),),
        measures=(
            Measures("toy", "extraction", (Measured("cost_per_case", 1, 1, unit="\x1b[3m"),)),
        ),
        gates=(GateResult("g\x1b[4m", "extraction", "toy", "PASS", "s"),),
    )
    out = io.StringIO()
    write_lines(render_report(run, {}), out)
    assert "\x1b" not in out.getvalue()
    assert re.findall(r"\\e\[(\d)m", out.getvalue()) == ["3", "1", "2", "1", "2", "4"]


def test_gates_that_warn_or_conclude_nothing_get_a_banner() -> None:
    warned = GateResult("no_regression", "format", "toy", "WARN", "s")
    undecided = GateResult("no_regression", "format", "other", "INCONCLUSIVE", "s")
    run = replace(make_run(make_result("a")), gates=(warned, undecided))
    text = show(run, TWO)
    assert text.rstrip().endswith(
        "1 WARN and 1 INCONCLUSIVE do not fail this run; with --require-gates they would"
    )
    calm = replace(run, gates=(replace(warned, fails=True),))
    assert "do not fail" not in show(calm, TWO)
    assert "does not fail" not in show(calm, TWO)
    accepted = "".join(
        span.text for line in render_report(run, {}, accepting=True) for span in line
    )
    assert "1 INCONCLUSIVE does not fail this run; with --require-gates it would" in accepted
    assert "WARN and" not in accepted


def test_what_moved_the_bar_comes_first_and_cannot_steer_the_terminal() -> None:
    changes = (
        BarChange("looser", "gates.yaml: format.x_min", "0.9 → 0.8"),
        BarChange("removed", "format.yaml", "gone", tuple(f"c{i:02d}" for i in range(25))),
        BarChange("stricter", "gates.yaml: models.\x1b[2J", "\u202e"),
    )
    run = replace(
        make_run(make_result("a")),
        baseline_ref="origin/\x1b[2J",
        baseline_commit="0123456789abcdef",
        bar_changes=changes,
    )
    lines = show(run, TWO, width=120).splitlines()
    assert lines[:2] == [
        "judged by origin/\\e[2J  commit 0123456789ab",
        "  looser    gates.yaml: format.x_min: 0.9 → 0.8",
    ]
    assert lines[2].startswith("  removed cases 25: c00, c01, ")
    assert "and 5 more (format.yaml: gone)" in "\n".join(lines)
    assert "  stricter  gates.yaml: models.\\e[2J: \\u202e" in lines
    assert max(map(len, lines)) <= 120
