"""Toy records that several test files build on, and hypothesis strategies for whole runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from suite.baseline import Baseline, Golden
from suite.generation import Generation
from suite.judgement import Grades, Judgement
from suite.near_ties import NearTie
from suite.run import BarChange, CaseResult, GateResult, ModelRecord, Run, Selection, result_place
from suite.score import Count, Score

SUBJECT = {"base": {"model.safetensors": "aa"}, "adapter": {"adapter_model.safetensors": "bb"}}
CONDITIONS = {"device": "cpu", "dtype": "float32", "decoding": {"max_new_tokens": 128}}
RECORD = ModelRecord(SUBJECT, CONDITIONS, reference_mode=True)

PROPERTY = settings(deadline=None, derandomize=True, max_examples=50)
"""No deadline: the first example compiles, and machines are busy."""

TEXT = st.text(st.characters(codec=None), max_size=20)
"""Any characters, lone surrogates too."""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
_NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1, max_size=8)
_DATA = st.dictionaries(_NAMES, JSON, max_size=3)
_COUNTS = st.dictionaries(
    _NAMES, st.builds(Count, st.integers(0, 9), st.integers(9, 12)), max_size=2
)
_SCORES = st.builds(
    Score,
    passed=st.booleans(),
    value=st.floats(0, 1),
    reason=st.none() | TEXT,
    detail=TEXT,
    metrics=st.dictionaries(_NAMES, st.integers(0, 1), max_size=3),
    document=JSON,
    flags=st.lists(_NAMES, max_size=2).map(tuple),
    counts=_COUNTS,
)
NEAR_TIES = st.lists(
    st.builds(
        NearTie,
        position=st.integers(0, 300),
        margin=st.floats(0, 9),
        token=st.integers(0, 200_000),
        rival=st.integers(0, 200_000),
        before=st.text("0123456789abcdef", min_size=12, max_size=12),
    ),
    max_size=3,
).map(tuple)
_GENERATIONS = st.builds(
    Generation,
    text=TEXT,
    finish_reason=st.sampled_from(["stop", "length"]),
    prompt_tokens=st.integers(0, 9),
    completion_tokens=st.integers(0, 9),
    elapsed_s=st.floats(0, 9),
    margin=st.none() | st.floats(0, 30),
    margin_position=st.none() | st.integers(0, 9),
    near=NEAR_TIES,
    latency_s=st.none() | st.floats(0, 9),
    first_token_s=st.none() | st.floats(0, 9),
    cost_usd=st.none() | st.floats(0, 9),
    served_model=st.none() | st.text(),
    fingerprint=st.none() | st.text(),
)
_GRADES = st.builds(Grades, *[st.integers(1, 5)] * 3)
_JUDGEMENTS = st.builds(
    Judgement,
    item=_NAMES,
    replies=st.lists(_GENERATIONS, max_size=2).map(tuple),
    grades=st.none() | _GRADES,
    reason=st.none() | _NAMES,
)
RESULTS = st.builds(
    CaseResult,
    model=_NAMES.filter(str.isalnum),  # becomes the name of a folder
    task=st.just("format"),
    case_id=_NAMES,
    case_hash=_NAMES,
    outcome=st.sampled_from(["passed", "failed", "xfailed", "error"]),
    score=st.none() | _SCORES,
    generation=st.none() | _GENERATIONS,
    change=st.sampled_from([None, "broke", "fixed", "known failure", "new failure"]),
    answer=st.sampled_from([None, "same", "text differs", "object differs"]),
    cause=st.sampled_from([None, "numeric", "changed"]),
    cluster=st.none() | _NAMES,
    message=TEXT,
    repeat=st.integers(1, 4),
    judgement=st.none() | _JUDGEMENTS,
)
BASELINES = st.builds(
    Baseline,
    model=_NAMES,
    task=_NAMES,
    version=st.integers(1, 9),
    reference_mode=st.booleans(),
    subject=_DATA,
    conditions=_DATA,
    made_with=st.dictionaries(_NAMES, _NAMES, max_size=3),
    goldens=st.dictionaries(
        _NAMES,
        st.builds(
            Golden,
            case_hash=_NAMES,
            passed=st.booleans(),
            metrics=st.dictionaries(_NAMES, st.integers(0, 1), max_size=3),
            counts=_COUNTS,
            reason=st.none() | _NAMES,
            document=JSON,
            text=TEXT,
            margin=st.none() | st.floats(0, 30),
            margin_position=st.none() | st.integers(0, 9),
            near=NEAR_TIES.map(lambda ties: tuple(tie.rounded() for tie in ties)),
            apart=st.booleans(),
        ),
        max_size=4,
    ),
)


@st.composite
def runs(draw: st.DrawFn) -> Run:
    """Runs whose selections cover their results."""
    results = draw(st.lists(RESULTS, max_size=5, unique_by=result_place))
    models = sorted({result.model for result in results})
    selections = []
    for model in models:
        own = [result for result in results if result.model == model]
        ids = tuple(sorted({result.case_id for result in own}))
        times = [
            tuple(sorted(result.case_id for result in own if result.repeat == repeat))
            for repeat in range(1, max(result.repeat for result in own) + 1)
        ]
        of_cases = draw(
            st.fixed_dictionaries(
                {
                    "sizes": st.dictionaries(_NAMES, st.integers(1, 9), max_size=2),
                    "groups": st.dictionaries(_NAMES, st.just({"hard": ids}), max_size=2),
                }
            )
        )
        place = "suite/cases/format.yaml"
        first, *further = times
        of_cases["repeats"] = tuple(further)
        selections.append(Selection(model, "format", 1, first, ids, place, **of_cases))
    record = st.builds(
        ModelRecord,
        subject=_DATA,
        conditions=_DATA,
        environment=_DATA,
        reference_mode=st.booleans(),
        notes=st.lists(TEXT, max_size=2).map(tuple),
        golden_refusal=st.none() | TEXT,
    )
    gate = st.builds(
        GateResult,
        name=_NAMES,
        task=_NAMES,
        model=_NAMES,
        status=st.sampled_from(["PASS", "WARN", "FAIL", "INCONCLUSIVE", "SKIPPED"]),
        sentence=TEXT,
        reason=TEXT,
        fails=st.booleans(),
    )
    change = st.builds(
        BarChange,
        kind=st.sampled_from(["looser", "removed", "changed", "new", "stricter"]),
        place=TEXT,
        sentence=TEXT,
        cases=st.lists(_NAMES, max_size=2).map(tuple),
    )
    ordered = sorted(results, key=result_place)
    return Run(
        id=draw(_NAMES),
        started="2025-01-01T00:00:00Z",
        models={model: draw(record) for model in models},
        selections=tuple(selections),
        results=tuple(result for result in ordered if result.repeat == 1),
        repeats=tuple(result for result in ordered if result.repeat > 1),
        environment=draw(_DATA),
        gates=tuple(draw(st.lists(gate, max_size=2))),
        stopped=draw(st.booleans()),
        baseline_ref=draw(st.none() | TEXT),
        baseline_commit=draw(st.none() | _NAMES),
        bar_changes=tuple(draw(st.lists(change, max_size=2))),
        allowed_conditions=tuple(draw(st.lists(_NAMES, max_size=2))),
    )


def make_result(
    case_id: str,
    passed: bool | None = True,
    *,
    model: str = "toy",
    case_hash: str = "h",
    text: str = "{}",
    document: Any = None,
    reason: str = "no_json",
    **metrics: int,
) -> CaseResult:
    """Return the result of one case; `passed=None` is one without a verdict."""
    if passed is None:
        return CaseResult(model, "format", case_id, case_hash, "error", message="engine died")
    rates = {"format_success_rate": int(passed), "duplicate_json_objects_rate": 0, **metrics}
    score = Score(passed, float(passed), None if passed else reason, "", rates, document)
    outcome = "passed" if passed else "failed"
    return CaseResult(model, "format", case_id, case_hash, outcome, score, Generation(text, "stop"))


def make_run(*results: CaseResult, known: int | None = None, record: ModelRecord = RECORD) -> Run:
    """Return a run of one model whose selection is its results; `known` ids are in the file."""
    ids = tuple(sorted(result.case_id for result in results))
    more = tuple(f"z_{index:03d}" for index in range((known or len(ids)) - len(ids)))
    selection = Selection("toy", "format", 1, ids, ids + more, "suite/cases/format.yaml")
    return Run("r", "2025-01-01T00:00:00Z", {"toy": record}, (selection,), results)


def make_baseline(verdicts: Mapping[str, bool], *, case_hash: str = "h", **fields: Any) -> Baseline:
    """Return a baseline of model `toy` by verdict per case."""
    goldens = {
        case_id: Golden(
            case_hash=case_hash,
            passed=passed,
            metrics={"format_success_rate": int(passed), "duplicate_json_objects_rate": 0},
            reason=None if passed else "no_json",
            text="{}",
        )
        for case_id, passed in verdicts.items()
    }
    return Baseline(
        model="toy",
        task="format",
        version=1,
        reference_mode=True,
        **{"subject": SUBJECT, "conditions": CONDITIONS, "goldens": goldens, **fields},
    )
