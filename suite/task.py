"""The record of a task: how its outputs are scored, what is measured, what its cases may hold.

Which tasks there are is in `suite.tasks`; nothing here reads files or judges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from suite.case import Case
from suite.generation import Generation
from suite.layout import Layout
from suite.measured import Measured
from suite.run import CaseResult
from suite.score import Score

Scorer = Callable[[Case, Generation], Score]
Direction = Literal["higher", "lower", "neither"]
"""`neither`: the metric informs and takes part in no comparison."""
MeasureFinder = Callable[[Sequence[CaseResult]], Iterable[Measured]]
"""Given all selected cases of one model, or of a group, by id; one without a score counts as bad
as can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A kind of question with its own scoring."""

    name: str
    """Its cases are `<name>.yaml`, its marker is `name`, its test file `test_<name>.py`."""
    score: Scorer
    """Pure: the same case and output give the same score. It never raises on bad output."""
    metrics: Mapping[str, Direction]
    """Rates, in the order in which reports show them: 0/1 per case, or counted."""
    counted: Mapping[str, str] = field(default_factory=dict)
    """Those of `metrics` that count several things of a case, and what these are called. All
    others are 0/1 per case: only those are paired with a baseline."""
    size: Callable[[Case], int] | None = None
    """With counted metrics: how many things a case without a score has wrong."""
    measures: Mapping[str, Direction] = field(default_factory=dict)
    """Figures over all cases that are no rates, such as a mean or an area under a curve."""
    measure: MeasureFinder | None = None
    """Finds them; one that the results do not allow is left out."""
    measure_at: Callable[[Sequence[CaseResult], float], Iterable[Measured]] | None = None
    """Finds those of `measures` that only a model with a decision threshold has."""
    judged: bool = False
    """Whether a judge may be asked what it thinks of the answers. Its cases then have references
    for `expected`, and `inputs` with `question` and `context`."""
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By kind, the tags whose cases have rates and measures of their own."""
    group_metrics: tuple[str, ...] = ()
    """With groups, the metrics that a terminal has room for; files have all of them."""
    inputs: tuple[str, ...] = ()
    """Keys of a case that its messages are laid out from, or that tell of it, all texts."""
    layout: Layout | None = None
    """How `inputs` become messages where the case file has no `layout` of its own."""
    expects_text: bool = False
    """Whether what an assistant says in somebody's row is expected as it stands, not as JSON."""
    answer: str | None = None
    """The key of a case that stands for `expected`; None: `expected` itself."""
    needs_schema: bool = False
    """Whether a case of the suite has to say its schema."""
    check_expected: Callable[[Any], str | None] | None = None
    """Says what is wanted instead of this expected answer; None: it will do."""
    labels: tuple[str, ...] = ()
    """The only right answers, where the first token of the answer is what counts."""
    origin: Path | None = None
    """The file of other people's code that defines it; None: it is one of ours."""


def check_object(expected: Any) -> str | None:
    """Want an object with at least one field, to be compared field by field."""
    if isinstance(expected, dict) and expected:
        return None
    return "wants an object with at least one field"
