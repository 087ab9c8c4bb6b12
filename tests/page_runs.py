"""Runs for the tests of the page: one with every kind of change, one of hostile texts."""

from __future__ import annotations

import html
from dataclasses import replace
from html.parser import HTMLParser

from suite.baseline import Baseline, Golden
from suite.case import Case, Message
from suite.generation import Generation
from suite.run import BarChange, CaseResult, GateResult, ModelRecord, Run, Selection
from suite.score import Score
from tests.hostile_texts import HOSTILE
from tests.run_records import CONDITIONS, SUBJECT, make_baseline, make_result, make_run

Cases = dict[tuple[str, str], Case]
Baselines = dict[tuple[str, str], Baseline]

_VOID = {"meta", "link", "input", "br", "img"}


def make_changed_run() -> tuple[Run, Baselines, Cases]:
    """Return a run of 130 cases: c000 broke, c001 is fixed, c002 is new, c003 has no verdict."""
    names = [f"c{index:03d}" for index in range(130)]
    results = [make_result(name, text='{"n": 1}') for name in names]
    results[0] = replace(
        make_result("c000", False, text='{"n": one}', reason="invalid_json:bare_word"),
        change="broke",
        outcome="xfailed",
        message="broke: the gates decide",
    )
    results[1] = replace(make_result("c001", text='{"n": 7}'), change="fixed")
    results[2] = replace(make_result("c002", False, text="new"), change="new failure")
    results[3] = make_result("c003", None)
    results[4] = replace(make_result("c004", text='{"n": 2}'), answer="object differs")
    for index in range(5, 10):
        known = make_result(names[index], False, text="I think so", reason="no_json")
        results[index] = replace(known, change="known failure", outcome="xfailed")
    for index in range(10, 130):
        spent = Generation(f'{{"n": {index}}}', "stop", 40, 5 + index % 17, index / 1000)
        results[index] = replace(results[index], generation=spent)
    baseline = make_baseline({name: name not in ("c001", *names[5:10]) for name in names[:2]})
    goldens = {
        name: Golden(
            case_hash="h",
            passed=name != "c001",
            metrics={"format_success_rate": 1},
            reason=None if name != "c001" else "no_json",
            text='{"n": 1}' if name != "c001" else "no",
        )
        for name in names
        if name != "c002"
    }
    baseline = baseline.model_copy(update={"goldens": goldens})
    cases = {
        ("format", name): Case(
            task="format",
            id=name,
            tags=("odd" if index % 2 else "even",),
            messages=(Message(role="user", content=f"Say {name}."),),
        )
        for index, name in enumerate(names)
    }
    gates = (
        GateResult("format_success_rate_min", "format", "toy", "PASS", "fine", "half must do"),
        GateResult("no_regression", "format", "toy", "FAIL", "1 broke; 1 fixed", "why not", True),
    )
    bar = (BarChange("looser", "suite/gates.yaml: format", "0.95 before, 0.5 now", ("c000",)),)
    run = replace(make_run(*results), gates=gates, bar_changes=bar)
    return run, {("toy", "format"): baseline}, cases


def make_hostile_run() -> tuple[Run, Baselines, Cases]:
    """Return a run with a hostile text in each place that comes from others."""
    results, goldens, cases = [], {}, {}
    models = {name: text[:500] for name, text in HOSTILE.items()}
    records, selections, gates = {}, [], []
    for index, (name, text) in enumerate(HOSTILE.items()):
        # few models, or the page would be about nothing else
        model = models[name] if name.startswith("html") or name == "surrogate_high" else "toy"
        short = text[:500]
        score = Score(
            False, 0.0, short or "empty", text, {"format_success_rate": 0}, flags=(short,)
        )
        golden = Golden(case_hash="h", passed=True, metrics={}, text=text[::-1])
        result = CaseResult(
            model, "format", name, "h", "xfailed", score, Generation(text, "stop"), message=text,
            change=("broke", "new failure", "known failure")[index % 3],
        )  # fmt: skip
        results.append(result)
        goldens[name] = golden
        message = Message.model_construct(role="user", content=text)  # surrogates and all
        cases["format", name] = Case.model_construct(
            task="format", id=name, tags=(short,), messages=(message,)
        )
        gates.append(GateResult(short, "format", model, "WARN", f"{short}; {short}", short))
        if model not in records:
            about = {short: short, "nested": {short: [short]}}
            records[model] = ModelRecord(SUBJECT, CONDITIONS, about, notes=(short,))
    for model in records:
        ids = tuple(sorted(result.case_id for result in results if result.model == model))
        selections.append(Selection(model, "format", 1, ids, ids, models["html_script"]))
    baseline = make_baseline({}).model_copy(update={"goldens": goldens})
    run = Run(
        id="r",
        started=models["html_title"],
        models=records,
        selections=tuple(selections),
        results=tuple(results),
        gates=tuple(gates),
        baseline_ref=models["html_script"],
        baseline_commit=models["html_attribute"],
        bar_changes=tuple(BarChange("looser", s, s, (s,)) for s in models.values()),
        allowed_conditions=(models["html_image"], "\ud800"),
    )
    return run, {(model, "format"): baseline for model in records}, cases


class Page(HTMLParser):
    """What a page is made of; refuses unbalanced tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag, f"</{tag}> closes another"

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def plain(self) -> str:
        """All text, blanks as one."""
        return " ".join(html.unescape(" ".join(self.text)).split())
