"""The records of a run, and the counts that are read off them.

A run knows nothing of gates' rules and of baselines; its rates are in `suite.rates`, and
`suite.run_files` puts it on disk.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from suite.generation import Generation
from suite.judgement import Judgement
from suite.measured import Measured
from suite.score import Score

MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""Model names become folder names and parts of node ids."""

Outcome = Literal["passed", "failed", "xfailed", "error"]
"""As pytest shows it; `error`: no verdict (the engine, the harness or the schema failed)."""
SKIPPED = ("skipped", "no result: its test was skipped")
"""Messages of results without a verdict whose tests pytest takes for neither good nor bad."""
Change = Literal["broke", "fixed", "known failure", "new failure"]
Answer = Literal["same", "text differs", "object differs"]
Cause = Literal["numeric", "changed"]
"""Why an answer is not its golden's: `numeric`, two leading tokens swapped below the noise."""
BarKind = Literal["looser", "removed", "changed", "new", "stricter"]
"""What a reader has to look at first comes first. `changed`: whether it is easier is not known."""
GateStatus = Literal["PASS", "WARN", "FAIL", "INCONCLUSIVE", "SKIPPED"]
Place = tuple[str, str, str, int]
"""Of a result in a run: model, task, case id and repeat."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of one case with one model."""

    model: str
    task: str
    case_id: str
    case_hash: str
    outcome: Outcome
    score: Score | None = None
    """None: no verdict, which every rate counts as a failure."""
    generation: Generation | None = None
    change: Change | None = None
    """Against the baseline; None: passes as before, or no verdict."""
    answer: Answer | None = None
    """Against the golden, when both pass; None: nothing to compare."""
    cause: Cause | None = None
    """Of an answer that is not its golden's, whatever the verdicts; None: it is the golden's."""
    cluster: str | None = None
    message: str = ""
    """For people: why the outcome is what it is, or what broke when there is no verdict."""
    repeat: int = 1
    """Which time the case was put to the model (`--repeat`)."""
    judgement: Judgement | None = None
    """What a judge said of the answer; it has no part in the outcome. None: none was asked."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which cases of a task were to be run with a model."""

    model: str
    task: str
    version: int
    """Of the task's case file."""
    selected: tuple[str, ...]
    """Case ids, sorted."""
    known: tuple[str, ...]
    """All case ids of the file, sorted."""
    case_file: str
    """Path, relative to the root of the repository where it lies in it."""
    is_suite: bool = True
    """False for `--cases-file`: other people's rows have no baseline and no goldens."""
    cases_digest: str = ""
    """Over the content of all known cases, so that runs of other cases are not merged."""
    sizes: dict[str, int] = field(default_factory=dict)
    """Of all known cases, by id: how many things a counted metric counts, such as fields. Empty
    where the task has no such metric."""
    groups: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    """By kind (`difficulty`) and tag (`hard`), the known cases that have rates of their own."""
    repeats: tuple[tuple[str, ...], ...] = ()
    """Case ids, sorted, that were to be asked a second time, a third time, and so on."""
    shard: str | None = None
    """`I/N`: the part of `--shard` that this run took; None: not sharded, or merged again."""

    @property
    def is_complete(self) -> bool:
        """Whether every case of the task was selected."""
        return len(self.selected) == len(self.known)

    def asked(self) -> Iterator[tuple[int, str]]:
        """Yield all that was to be run: repeat, from 1, and case id."""
        for repeat, ids in enumerate((self.selected, *self.repeats), start=1):
            for case_id in ids:
                yield repeat, case_id


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """One model under test as this run found it."""

    subject: dict[str, Any]
    """Base and adapter hashes: what changes when one retrains."""
    conditions: dict[str, Any]
    """What must be equal for a comparison: template, dtype, quantization, decoding, …"""
    environment: dict[str, Any] = field(default_factory=dict)
    """Library builds, processor, threads; printed, never decisive."""
    reference_mode: bool = False
    """fp32 on a CPU with pinned threads: equal weights give equal text, byte for byte."""
    notes: tuple[str, ...] = ()
    """What a reader of the results must know, a sentence each."""
    golden_refusal: str | None = None
    """Why this model's answers must not become goldens here; None: they may."""
    decision_threshold: float | None = None
    """Of a classifier, from the adapter's manifest: a probability of class 1 of at least this
    means class 1. It decides no verdict; figures at it are shown beside the others."""


@dataclass(frozen=True, slots=True)
class Judge:
    """The model that graded the answers of a task."""

    name: str
    model: ModelRecord
    protocol: int
    """How it was asked (`suite.judge_prompt.PROTOCOL`)."""


@dataclass(frozen=True, slots=True)
class GroupMeasures:
    """Figures over a group of cases."""

    kind: str
    """Such as `difficulty`."""
    tag: str
    """Such as `hard`."""
    measured: tuple[Measured, ...]


@dataclass(frozen=True, slots=True)
class Measures:
    """Figures over the selected cases of one model and task that are no rates."""

    model: str
    task: str
    of_all: tuple[Measured, ...]
    groups: tuple[GroupMeasures, ...] = ()


@dataclass(frozen=True, slots=True)
class GateResult:
    """What a gate says of one model and task."""

    name: str
    """Such as `format_success_rate_min` or `no_regression`."""
    task: str
    model: str
    status: GateStatus
    sentence: str
    """Why, with counts."""
    reason: str = ""
    """Why the gate is there, from the gate file."""
    fails: bool = False
    """Whether it makes the session fail: FAIL does; with `--require-gates` also no verdict."""


@dataclass(frozen=True, slots=True)
class BarChange:
    """Something by which this run is asked otherwise than what it is compared with."""

    kind: BarKind
    place: str
    """Such as `suite/gates.yaml: format.format_success_rate_min` or `suite/cases/format.yaml`."""
    sentence: str
    cases: tuple[str, ...] = ()
    """Ids, sorted, where it is about cases."""


@dataclass(frozen=True, slots=True)
class Run:
    """All results of one session and what made them."""

    id: str
    started: str
    """ISO 8601, UTC."""
    models: dict[str, ModelRecord]
    selections: tuple[Selection, ...]
    results: tuple[CaseResult, ...]
    environment: dict[str, Any] = field(default_factory=dict)
    repeats: tuple[CaseResult, ...] = ()
    """Of the second and further times that cases were asked; `results` has the first alone, and
    so have all rates, gates and goldens: a paired test wants one verdict of a case."""
    measures: tuple[Measures, ...] = ()
    """What is no rate, by model and task (`suite.measures`)."""
    judges: dict[str, Judge] = field(default_factory=dict)
    """By task, where one was asked."""
    gates: tuple[GateResult, ...] = ()
    stopped: bool = False
    """The loop did not reach its end (`-x`, interrupt)."""
    files: dict[str, str] = field(default_factory=dict)
    """What it was made with: `cases`, `gates`, `goldens`; below the root of the repository the
    paths are relative to it."""

    baseline_ref: str | None = None
    """Where gates and baselines were read from in git, such as `origin/main`; None: here."""
    baseline_commit: str | None = None
    bar_changes: tuple[BarChange, ...] = ()
    """By kind: how gates and cases differ from those of the baseline."""
    allowed_conditions: tuple[str, ...] = ()
    """Conditions, dotted, that may differ from the baseline's (`--allow-conditions`)."""
    accept_removed: bool = False
    """Cases that are gone from the case files do not fail the gates (`--accept-removed`)."""
    models_named: bool = False
    """Whether the command line named the models; else the registry's default was taken."""
    unjudged: tuple[tuple[str, str], ...] = ()
    """Models and tasks, sorted, that have goldens at `baseline_ref` and took no part."""
    first_accepted: tuple[tuple[str, str], ...] = ()
    """Models and tasks, sorted, with goldens in the working tree and none at `baseline_ref`."""

    def of(self, model: str, task: str) -> tuple[CaseResult, ...]:
        """Return the results of one model and task, by case id."""
        found = [r for r in self.results if r.model == model and r.task == task]
        return tuple(sorted(found, key=lambda result: result.case_id))

    def repeats_of(self, model: str, task: str) -> tuple[CaseResult, ...]:
        """Return the results of further repeats of one model and task, by case id and repeat."""
        found = [r for r in self.repeats if r.model == model and r.task == task]
        return tuple(sorted(found, key=lambda result: (result.case_id, result.repeat)))

    def selection(self, model: str, task: str) -> Selection:
        """Return what was selected of one model and task."""
        for selection in self.selections:
            if (selection.model, selection.task) == (model, task):
                return selection
        raise KeyError(f"{model}, {task}: not in this run")


def result_place(result: CaseResult) -> Place:
    """Return model, task, case id and repeat: what results are sorted and told apart by."""
    return result.model, result.task, result.case_id, result.repeat


def count_reasons(results: Iterable[CaseResult]) -> dict[str, int]:
    """Count why cases did not pass, the most frequent first; `no_verdict` where none was scored."""
    counts = Counter(
        "no_verdict" if result.score is None else result.score.reason or "unnamed"
        for result in results
        if result.score is None or not result.score.passed
    )
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def count_extras(results: Iterable[CaseResult]) -> dict[str, int]:
    """Count the flags beside the metrics, by name."""
    counts = Counter(flag for result in results if result.score for flag in result.score.flags)
    return dict(sorted(counts.items()))


def differing(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[str]:
    """Return the keys, nested ones dotted, under which two records differ, sorted."""
    found: list[str] = []
    for key in sorted(left.keys() | right.keys()):
        one, two = left.get(key), right.get(key)
        if isinstance(one, dict) and isinstance(two, dict):
            found += [f"{key}.{inner}" for inner in differing(one, two)]
        elif (key in left) != (key in right) or type(one) is not type(two) or one != two:
            found.append(key)
    return found
