"""What the page of a run says, and that nothing in it is more than text."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from suite.measured import Measured
from suite.report.html import PAGE_FILE, render_page, write_page
from suite.report.verdict import find_verdict
from suite.run import GateResult, GroupMeasures, Measures, Run
from suite.run_files import write_run
from tests.hostile_texts import HOSTILE
from tests.page_runs import Page, make_changed_run, make_hostile_run
from tests.run_records import make_result, make_run, runs

TAGS = """
html head meta link title style body header div b span time nav a main section p h1 h2 h3 h4 ul li
article code svg line text rect circle polygon polyline figure figcaption table thead tbody tr th td
button details summary pre mark form label input select noscript dl dt dd footer script
"""
ATTRIBUTES = """
lang charset http-equiv content name rel href class id datetime aria-label aria-pressed aria-hidden
role scope type data-reason title viewbox width height x x1 x2 y y1 y2 rx cx cy r points text-anchor
open dir hidden placeholder autocomplete spellcheck
"""
UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


def samples(page: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data: dict[str, object] = json.loads(found[1])
    return data


def section(page: str, name: str) -> str:
    return Page(
        page[page.index(f'id="{name}"') :].partition(">")[2].partition("</section>")[0]
    ).plain


@pytest.fixture(scope="module")
def changed() -> str:
    return render_page(*make_changed_run())


@pytest.fixture(scope="module")
def hostile() -> str:
    return render_page(*make_hostile_run())


def test_the_verdict_comes_first_then_what_was_loosened_then_the_gates(changed: str) -> None:
    order = re.findall(r'<section[^>]* id="(\w+)"|<section id="(\w+)"', changed)
    names = [one or two for one, two in order]
    assert names[:3] == ["verdict", "bar", "gates"]
    assert section(changed, "verdict").startswith("FAIL 1 of 2 gates failed: no_regression.")
    assert "looser suite/gates.yaml: format : 0.95 before, 0.5 now c000" in section(changed, "bar")


def test_a_gate_shows_its_sentences_and_its_reason(changed: str) -> None:
    assert "FAIL no_regression 1 broke 1 fixed Why it is there: why not" in section(
        changed, "gates"
    )


def test_what_broke_stands_before_what_is_fixed_with_its_difference_marked(changed: str) -> None:
    flips = section(changed, "flips")
    assert flips.index("broke 1") < flips.index("object differs 1") < flips.index("fixed 1")
    assert "{&#34;n&#34;: <mark>1</mark>}" in changed
    assert "{&#34;n&#34;: <mark>one</mark>}" in changed
    assert "c000" in flips
    assert "broke: the gates decide" in flips
    assert "Say c000." in flips


def test_a_failure_without_a_golden_is_shown_alone(changed: str) -> None:
    part = changed[changed.index("<h3>new failure") :]
    part = part[: part.index("</article>")]
    assert '<figure class="old">' not in part
    assert "<mark>" not in part


def test_a_flip_is_named_though_every_gate_holds() -> None:
    run, baselines, cases = make_changed_run()
    gates = tuple(replace(gate, status="PASS", fails=False) for gate in run.gates)
    results = tuple(r for r in run.results if r.outcome not in ("failed", "error"))
    page = render_page(replace(run, gates=gates, results=results), baselines, cases)
    assert "1 broke" in section(page, "verdict")
    assert "c000" in section(page, "flips")


def test_rates_come_with_count_interval_and_the_runs_before(tmp_path: Path) -> None:
    for index, passed in enumerate((True, False)):
        past = make_run(make_result("a", passed), make_result("b"))
        write_run(replace(past, id=f"past{index}"), tmp_path / f"past{index}")
    run = make_run(make_result("a"), make_result("b"))
    page = write_page(tmp_path / "r", run, {}, []).read_text(encoding="utf-8")
    rates = section(page, "rates")
    assert "format_success_rate higher is better 1.000 2/2, 95% 0.342-1.000" in rates
    assert "past0: 1.000 (2/2)" in rates
    assert "past1: 0.500 (1/2)" in rates
    assert "last 3 runs" in rates


def test_reasons_are_counted_and_lead_to_their_cases(changed: str) -> None:
    assert "no_json 6" in section(changed, "reasons")  # 5 known failures and c002
    assert 'data-reason="no_json"' in changed


def test_all_results_are_in_the_table_the_urgent_first(changed: str) -> None:
    data = samples(changed)
    rows = data["rows"]
    assert isinstance(rows, list)
    assert len(rows) == 130
    assert [row["id"] for row in rows[:4]] == ["c003", "c000", "c002", "c001"]
    assert rows[1]["golden"] == '{"n": 1}'
    assert data["cases"]["format c000"] == {"tags": ["even"], "prompt": "Say c000."}  # type: ignore[index]


def test_the_page_needs_nothing_but_itself(changed: str) -> None:
    page = Page(changed)
    assert [link for link in page.links if not link.startswith("#")] == ["data:,"]
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', changed)
    assert policy is not None
    assert "default-src &#39;none&#39;" in policy[1]
    assert "unsafe" not in policy[1]
    assert changed.index("Content-Security-Policy") < changed.index("<style>")
    assert "url(" not in changed
    assert "@import" not in changed


def test_hostile_texts_add_no_tag_and_no_attribute(hostile: str) -> None:
    page = Page(hostile)
    assert set(page.tags) <= set(TAGS.split())
    assert page.attributes <= set(ATTRIBUTES.split())
    assert page.tags.count("script") == 2
    assert not UNSEEN.search(hostile)
    hostile.encode()  # no lone surrogate


def test_hostile_texts_are_still_there_to_be_read(hostile: str) -> None:
    rows = samples(hostile)["rows"]
    assert isinstance(rows, list)
    texts = {row["id"]: row["text"] for row in rows}
    assert texts.keys() == HOSTILE.keys()
    assert texts["html_script"] == "</script><svg onload=alert(1)>"
    assert texts["escape_color"] == "\\e[31mred"
    assert texts["bidi_override"] == "admin\\u202egnp.exe"
    assert texts["surrogate_high"] == "a\\ud800"


def test_a_text_of_2_mb_is_cut_and_says_so(hostile: str) -> None:
    assert len(hostile) < 12_000_000
    rows = samples(hostile)["rows"]
    assert isinstance(rows, list)
    cut = next(row["text"] for row in rows if row["id"] == "one_long_line")
    assert (len(cut["start"]), cut["length"]) == (20_000, 2_000_000)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(runs())
def test_any_run_gives_a_page_that_is_well_formed(run: Run) -> None:
    page = render_page(run, {}, {})
    Page(page)
    page.encode()
    assert len(samples(page)["rows"]) == len(run.results)  # type: ignore[arg-type]


def gate(status: str, fails: bool = False) -> GateResult:
    return GateResult("g", "format", "toy", status, "s", "why", fails)  # type: ignore[arg-type]


VERDICTS = {
    "all hold": (["PASS", "PASS"], True, "PASS", "All 2 gates hold."),
    "one warns": (["PASS", "WARN"], True, "WARN", "No gate failed, but 1 of 2 gates held: 1 WARN."),
    "narrowed": (["SKIPPED"], True, "WARN", "No gate failed, but 0 of 1 gate held: 1 SKIPPED."),
    "one fails": (["FAIL", "PASS"], True, "FAIL", "1 of 2 gates failed: g."),
    "a case fails": (["PASS"], False, "FAIL", "1 case failed, though no gate failed."),
    "no gates": ([], True, "PASS", "No case failed; no gate was asked."),
}


@pytest.mark.parametrize(("gates", "passed", "status", "headline"), VERDICTS.values(), ids=VERDICTS)
def test_the_verdict_is_one_sentence(
    gates: list[str], passed: bool, status: str, headline: str
) -> None:
    decided = tuple(gate(each, each == "FAIL") for each in gates)
    verdict = find_verdict(replace(make_run(make_result("a", passed)), gates=decided))
    assert (verdict.status, verdict.headline) == (status, headline)


def test_a_group_has_its_rates_and_measures_in_one_row() -> None:
    run = make_run(make_result("a"), make_result("b", False))
    groups = {"size": {"small": ("a",), "large": ("b",)}}
    small = GroupMeasures("size", "small", (Measured("length", 2.5, 1, 1.0, 4.0),))
    run = replace(
        run,
        selections=(replace(run.selections[0], groups=groups),),
        measures=(Measures("toy", "format", (), (small,)),),
    )
    text = section(render_page(run, {}, {}), "rates").partition("by size")[2]
    assert "recoverable_rate length small 1.000 1/1, 95% 0.207-1.000" in text
    assert "2.500 n=1, 95% 1.000-4.000 large 0.000 0/1" in text
    assert text.rstrip().endswith("none")


def test_a_recorded_measure_that_the_task_no_longer_has_is_shown() -> None:
    measures = (Measures("toy", "format", (Measured("of_before", 0.5, 1),)),)
    page = render_page(replace(make_run(make_result("a")), measures=measures), {}, {})
    assert "of_before 0.500 n=1 informs only" in section(page, "rates")


def test_a_stopped_run_has_no_verdict() -> None:
    run = replace(make_run(make_result("a")), stopped=True)
    assert find_verdict(run).status == "STOPPED"
    assert "Not decided: the run was stopped." in section(render_page(run, {}, {}), "gates")


def test_the_page_of_200_cases_is_cheap(tmp_path: Path) -> None:
    run, baselines, cases = make_changed_run()
    render_page(run, baselines, cases)
    started = time.process_time()
    page = write_page(tmp_path, run, baselines, cases.values())
    assert page.name == PAGE_FILE
    assert page.stat().st_size < 400_000
    # 20 to 40 ms; a diff or a sink that went quadratic takes seconds
    assert time.process_time() - started < 0.25
