"""What a verdict means, by the verdict now, the baseline, and what may be compared.

The table, one row per pair of verdicts; "held" is the same subject and conditions in reference
mode, where nothing may change without a cause:

| now    | baseline | held                                  | other weights, or not reference mode |
|--------|----------|---------------------------------------|--------------------------------------|
| passes | passed   | passed if the answer is the golden's  | passed; differences are counted      |
| passes | failed   | failed: a flip without a cause        | passed, `fixed`                      |
| passes | none     | passed                                | passed                               |
| fails  | failed   | xfailed, `known failure`              | xfailed, `known failure`             |
| fails  | passed   | failed: a flip without a cause        | xfailed, `broke`; the gates decide   |
| fails  | none     | failed, `new failure`                 | failed, `new failure`                |

A further repeat of a case (`--repeat`) is told from the right column, and neither its answer nor
its flip is held against the golden, which is of the first: a model that draws would not give it.
Where another device kind, processor architecture or torch version made the goldens, "the answer is
the golden's" asks for the object alone: other texts are counted there.
`--flips=fail` takes the first column for every model, `--flips=gate` the second. Rows of other
people have no baseline: each failure fails; with `--flips=gate` the gates decide. A run that
accepts (`--snapshot-update`) fails no case over its verdict: what fails is xfailed, as it will be
from now.
Gates are not decided here; what pytest makes of it is up to `fixtures.outcomes`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from suite.baseline import Golden
from suite.near_ties import NUMERIC, find_swap
from suite.run import Answer, CaseResult, Cause, Change, Outcome
from suite.sinks import terminal_safe

Flips = Literal["fail", "gate"]

ACCEPT = "pytest --snapshot-update"


@dataclass(frozen=True, slots=True)
class OutcomeRule:
    """What decides, besides the two verdicts; one per model and task."""

    held: bool
    """Same subject and conditions as the baseline, in reference mode."""
    flips: Flips | None = None
    """Of the command line; None: by `held`."""
    accepting: bool = False
    """This run becomes the baseline."""
    outside: bool = False
    """Rows of other people, which nothing can be accepted of."""
    accepting_regressions: bool = False
    """Also where a verdict broke."""
    any_text: bool = False
    """Another device kind, architecture or torch made the baseline: its texts need not be met."""
    noise: float | None = None
    """Of this machine, in logits; None: not measured."""

    def is_strict(self, golden: Golden | None) -> bool:
        """Tell whether the answer has to be the golden's."""
        if self.accepting:
            return False
        if self.flips is not None:
            return self.flips == "fail"
        return self.held and golden is not None and not golden.apart


@dataclass(frozen=True, slots=True)
class Settled:
    """What the table says of one case."""

    outcome: Outcome
    change: Change | None = None
    answer: Answer | None = None
    message: str = ""
    cause: Cause | None = None


def decide(result: CaseResult, golden: Golden | None, rule: OutcomeRule) -> Settled:
    """Look a scored case up in the table, and say what made its answer another than the golden's.

    Args:
        result: Has a score.
        golden: Of the same case hash, None when there is none.
        rule: What may be compared.
    """
    assert result.score is not None, result.case_id
    if result.repeat > 1:
        return _decide_repeat(result, golden, rule)
    settled = _look_up(result, golden, rule)
    if golden is None or (cause := _find_cause(result, golden, rule.noise)) is None:
        return settled
    said = NUMERIC if cause == "numeric" else "the answer changed"
    message = f"{settled.message}; {said}" if settled.message else said
    return replace(settled, cause=cause, message=message)


def _decide_repeat(result: CaseResult, golden: Golden | None, rule: OutcomeRule) -> Settled:
    assert result.score is not None, result.case_id
    if result.score.passed:
        return Settled("passed")
    failure = f"repeat {result.repeat} fails: {terminal_safe(result.score.reason or 'no reason')}"
    if golden is not None:
        said = "; known failure" if not golden.passed else "; the baseline has its first passing"
        return Settled("xfailed", message=failure + said)
    if rule.accepting or (rule.outside and rule.flips == "gate"):
        return Settled("xfailed", message=failure)
    hint = "" if rule.outside else f"; fix it, or accept the first repeats with `{ACCEPT}`"
    return Settled("failed", message=failure + hint)


def _find_cause(result: CaseResult, golden: Golden, noise: float | None) -> Cause | None:
    assert result.generation is not None, result.case_id
    if compare_answer(result, golden) == "same":
        return None
    if result.generation.text == golden.text:
        return "changed"  # another object of the same text: the parser
    return "numeric" if find_swap(golden.near, result.generation.near, noise) else "changed"


def _look_up(result: CaseResult, golden: Golden | None, rule: OutcomeRule) -> Settled:
    score = result.score
    assert score is not None, result.case_id
    strict = rule.is_strict(golden)
    reason = terminal_safe(score.reason or "no reason given")
    if score.passed:
        if golden is None:
            return Settled("passed")
        if golden.passed:
            return _decide_answer(result, golden, strict, rule.any_text)
        message = f"fixed: was {golden.reason} in the baseline"
        if strict:
            return Settled("failed", "fixed", None, f"{message}; {_NO_CAUSE}")
        return Settled("passed", "fixed", None, message)
    if golden is None:
        if rule.accepting:
            return Settled("xfailed", "new failure", None, f"accepted as known failure: {reason}")
        if rule.outside and rule.flips == "gate":
            return Settled("xfailed", "new failure", None, f"failure: {reason}; the gates decide")
        if rule.outside:
            return Settled("failed", "new failure", None, f"failure: {reason}")
        message = f"new failure: {reason}; fix it, or accept it with `{ACCEPT}`"
        return Settled("failed", "new failure", None, message)
    if not golden.passed:
        was = "" if golden.reason == score.reason else f" (was {golden.reason})"
        return Settled("xfailed", "known failure", None, f"known failure: {reason}{was}")
    if strict:
        return Settled("failed", "broke", None, f"broke: {reason}; {_NO_CAUSE}")
    judge = "the gates decide"
    if rule.accepting:
        accepted = rule.accepting_regressions
        judge = "accepted by this run" if accepted else "not accepted without --accept-regressions"
    return Settled("xfailed", "broke", None, f"broke: {reason}; {judge}")


_NO_CAUSE = (
    "a flip without a cause (same weights and conditions): the harness, the checker or the case "
    "changed, or the runs are not reproducible here"
)


def _decide_answer(
    result: CaseResult, golden: Golden, strict: bool, any_text: bool = False
) -> Settled:
    answer = compare_answer(result, golden)
    if answer == "same" or not strict or (any_text and answer == "text differs"):
        return Settled("passed", None, answer)
    return Settled(
        "failed",
        None,
        answer,
        f"{answer} from the golden though weights and conditions are the same: the harness or the "
        f"checker changed; accept with `{ACCEPT}` if that was meant",
    )


def compare_answer(result: CaseResult, golden: Golden) -> Answer:
    """Compare an answer with its golden, the parsed object first."""
    assert result.score is not None
    assert result.generation is not None
    return golden.compare(result.score.document, result.generation.text)
