"""The Markdown of a run stays within GitHub's limits and says the important first."""

from __future__ import annotations

import re

from suite.baseline import Baseline, Golden
from suite.generation import Generation
from suite.report.summary import render_annotations, render_comment, render_summary
from suite.run import BarChange, CaseResult, GateResult, ModelRecord, Run, Selection
from suite.score import Count, Score

METRICS = {"format_success_rate": 0, "schema_valid_rate": 0, "duplicate_json_objects_rate": 0}
METRICS |= {"recoverable_rate": 0}


def make_run(n: int, text: str, changes: int) -> tuple[Run, dict[tuple[str, str], Baseline]]:
    """A run whose every case broke, judged otherwise in as many ways as are asked for."""
    ids = tuple(f"c{index:04d}" for index in range(n))
    results = tuple(
        CaseResult(
            model="m",
            task="format",
            case_id=name,
            case_hash="h",
            outcome="xfailed",
            score=Score(False, 0.0, "no_json", metrics=METRICS),
            generation=Generation(text, "stop"),
            change="broke",
        )
        for name in ids
    )
    golden = Golden(case_hash="h", passed=True, metrics=METRICS, text="ok")
    baseline = Baseline(
        model="m",
        task="format",
        version=1,
        reference_mode=False,
        subject={},
        conditions={},
        goldens=dict.fromkeys(ids, golden),
    )
    run = Run(
        "id",
        "now",
        {"m": ModelRecord({}, {})},
        (Selection("m", "format", 1, ids, ids, "cases/format.yaml"),),
        results,
        gates=(GateResult("no_regression", "format", "m", "FAIL", "all | broke", fails=True),),
        bar_changes=(BarChange("looser", "gates.yaml: x", "0.9 → 0.1", ids),) * changes,
        files={"gates": "gates.yaml"},
    )
    return run, {("m", "format"): baseline}


def test_limits_hold_and_diffs_are_what_is_left_out() -> None:
    run, baselines = make_run(3000, "`é\u202e" * 20_000, changes=300)
    summary, comment = render_summary(run, baselines), render_comment(run, baselines)
    assert len(summary.encode()) <= 900 * 1024
    assert len(comment) < 65_536
    for text in (summary, comment):
        heads = re.findall(r"^##? (.*)$", text, re.MULTILINE)
        assert heads == [
            "❌ goldgate: FAIL",
            "Asked otherwise than in the baseline",
            "Gates",
            "Rates",
            "❌ broke: 3000",
            "Answers",
        ]
        assert "and 260 more\n" in text
        assert "<code>c0199</code> and 2800 more" in text
        assert "all &#124; broke" in text
    kept = comment.count("<details>")
    assert 0 < kept < 60
    assert comment.endswith(f"\n{60 - kept} more diffs have no room here; see the run folder.\n")
    assert render_summary(run, baselines, limit=300).count("no room") == 2


def test_a_group_without_units_of_a_metric_has_an_empty_cell_under_it() -> None:
    groups = {"difficulty": {"easy": ("a",), "hard": ("b",)}}
    selection = Selection(
        "m", "extraction", 1, ("a", "b"), ("a", "b"), "cases/extraction.yaml",
        sizes={"a": 0, "b": 2}, groups=groups,
    )  # fmt: skip
    metrics = {"schema_valid_rate": 1, "exact_match_rate": 1}
    counts = {"field_accuracy": Count(1, 2), "type_correctness": Count(2, 2)}
    results = tuple(
        CaseResult(
            "m", "extraction", name, "h", "passed",
            Score(True, 1.0, metrics=metrics, counts=counts if name == "b" else {}),
        )
        for name in "ab"
    )  # fmt: skip
    run = Run("id", "now", {"m": ModelRecord({}, {})}, (selection,), results)
    table = render_summary(run, {}).partition("### extraction by difficulty")[2]
    head, _, easy, hard = re.findall(r"^\|.*\|$", table, re.MULTILINE)[:4]
    cells = dict(zip(head.split("|"), easy.split("|"), strict=True))
    assert cells[" <code>field&#95;accuracy</code> "] == " none "
    assert cells[" <code>exact&#95;match&#95;rate</code> "].startswith(" 1.000 ")
    assert len(hard.split("|")) == len(head.split("|"))


def test_annotations_tell_the_gates_and_what_was_loosened() -> None:
    run, _ = make_run(12, "x", changes=30)
    notes = render_annotations(run)
    assert notes[0] == (
        "::error file=gates.yaml,title=goldgate%3A no_regression[m]::FAIL: all | broke"
    )  # fmt: skip
    assert notes[1] == "::warning title=goldgate%3A looser::gates.yaml: x: 0.9 → 0.1"
    assert notes[2:6] == notes[1:2] * 4, "GitHub shows ten of each level"
    assert notes[6].startswith("::warning file=cases/format.yaml,title=goldgate%3A 12 broke [m]::")
    assert len(notes) == 7


def test_what_broke_is_annotated_with_its_names() -> None:
    run, _ = make_run(2, "x", changes=0)
    assert render_annotations(run)[1:] == [
        "::warning file=cases/format.yaml,title=goldgate%3A 2 broke [m]::c0000, c0001"
    ]
