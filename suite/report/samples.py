"""Packs all results of a run as the JSON that the page's table of cases is made of.

The page shows it with `textContent` alone. Long texts are cut here: the whole ones are in
`samples.jsonl`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from suite.baseline import Baseline
from suite.case import Case
from suite.judgement import Judgement
from suite.run import CaseResult, Run
from suite.sinks import terminal_safe

_LARGEST_PAGE = 8_000_000
"""Characters of all texts together, about: browsers open that at once, also on a phone."""
_LONGEST, _SHORTEST = 20_000, 300
"""Characters that are kept of one text, in a small run and in a huge one."""

safe = partial(terminal_safe, lines=True)
"""What a page shows of untrusted text; its markup is escaped by whoever writes it."""


_ORDER = ("no verdict", "broke", "new failure", "failed", "fixed", "known failure", "passed")


def pack_samples(
    run: Run,
    baselines: Mapping[tuple[str, str], Baseline],
    cases: Mapping[tuple[str, str], Case],
) -> str:
    """Return JSON for a `<script type="application/json">`: it holds no `<`.

    Args:
        run: Its results; in the table those that need eyes come first.
        baselines: By model and task; a golden's text is packed where the answer is another.
        cases: By task and id, as far as they are at hand: their prompts and tags.
    """
    longest = max(_SHORTEST, min(_LONGEST, _LARGEST_PAGE // (2 * len(run.results) or 1)))
    used = {(result.task, result.case_id) for result in run.results}
    data = {
        "cases": {
            # a space parts the two: no task's name has one
            f"{task} {safe(case_id)}": {
                "tags": [safe(tag) for tag in case.tags],
                "prompt": _cut(case.prompt_text, longest),
            }
            for (task, case_id), case in cases.items()
            if (task, case_id) in used
        },
        "rows": [_row(result, baselines, longest) for result in sorted(run.results, key=_urgency)],
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace(
        "<", "\\u003c"
    )


def find_word(result: CaseResult) -> str:
    """Return the one word that the page files a result under."""
    if result.score is None:
        return "no verdict"
    return result.change or ("passed" if result.outcome == "passed" else "failed")


def _urgency(result: CaseResult) -> int:
    return _ORDER.index(find_word(result))


def _row(
    result: CaseResult, baselines: Mapping[tuple[str, str], Baseline], longest: int
) -> dict[str, Any]:
    score, generation = result.score, result.generation
    text = generation.text if generation else ""
    row: dict[str, Any] = {
        "id": safe(result.case_id),
        "task": result.task,
        "model": safe(result.model),
        "verdict": find_word(result),
        "reason": safe(score.reason or "") if score else "",
        "detail": _cut(score.detail, longest) if score else None,
        "message": _cut(result.message, longest),
        "text": _cut(text, longest),
    }
    if generation:
        row["tokens"] = generation.completion_tokens
        row["prompt_tokens"] = generation.prompt_tokens
        row["seconds"] = _round(generation.elapsed_s)
        row["finish"] = generation.finish_reason
        row["margin"] = _round(generation.margin)
    if result.answer in ("text differs", "object differs"):
        row["answer"] = result.answer
    if result.judgement:
        row["judge"] = _describe_judgement(result.judgement)
        row["reply"] = _cut("\n\n".join(each.text for each in result.judgement.replies), longest)
    baseline = baselines.get((result.model, result.task))
    golden = baseline.golden(result.case_id, result.case_hash) if baseline else None
    if golden is not None and golden.text != text:
        row["golden"] = _cut(golden.text, longest)
    return row


def _describe_judgement(judgement: Judgement) -> str:
    if judgement.grades is None:
        return f"the judge's grades cannot be read: {safe(judgement.reason or '')}"
    return ", ".join(f"{name} {grade}" for name, grade in asdict(judgement.grades).items())


def _round(value: float | None) -> float | None:
    # infinite: the lead where there was one token to choose from; JSON has no such number
    return round(value, 4) if value is not None and math.isfinite(value) else None


def _cut(text: str, longest: int) -> Any:
    """Return the text, or its start and how long all of it is."""
    if len(text) <= longest:
        return safe(text)
    return {"start": safe(text[:longest]), "length": len(text)}
