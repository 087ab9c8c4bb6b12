"""Says which model a server named and under which fingerprint, and flags that they changed.

Both are the server's word: they are recorded, never decisive.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from suite.run import CaseResult, ModelRecord, Run
from suite.sentences import count_noun, join_some

_SERVED = "served_models"
_FINGERPRINTS = "fingerprints"


def note_served(run: Run) -> Run:
    """Return the run with the names and fingerprints of each served model in its record.

    Where there is more than one a note says so: then the answers are not of one model.
    """
    models = {}
    for name, record in run.models.items():
        answers = (*run.results, *run.repeats)
        facts = _find_facts(result for result in answers if result.model == name)
        if not facts:
            models[name] = record
            continue
        notes = [*record.notes, *find_changes(facts)]
        models[name] = replace(
            record, environment=record.environment | facts, notes=tuple(dict.fromkeys(notes))
        )
    return replace(run, models=models)


def forget_served(record: ModelRecord) -> ModelRecord:
    """Return a record as it was before `note_served`."""
    said = find_changes(record.environment)
    kept = {k: v for k, v in record.environment.items() if k not in (_SERVED, _FINGERPRINTS)}
    notes = tuple(note for note in record.notes if note not in said)
    return replace(record, environment=kept, notes=notes)


def find_changes(facts: dict[str, Any]) -> list[str]:
    """Return what changed among the answers, a sentence each.

    Args:
        facts: Of a model's record: answers by served model and by fingerprint.
    """
    words = {_SERVED: "model", _FINGERPRINTS: "system_fingerprint"}
    return [
        f"the server's {what} changed among these answers: "
        f"{join_some([f'{value} ({count})' for value, count in facts[key].items()])}"
        for key, what in words.items()
        if len(facts.get(key, ())) > 1
    ]


def describe_unanswered(reasons: Iterable[str]) -> list[str]:
    """Return how many requests of a run got no answer, and why: a sentence, or none.

    Args:
        reasons: One a request: a kind of trouble, a colon, the details.
    """
    counts = Counter(reason.partition(":")[0] for reason in reasons)
    if not counts:
        return []
    kinds = [f"{count} {kind}" for kind, count in counts.most_common()]
    return [
        f"{count_noun(counts.total(), 'request')} got no answer: {join_some(kinds)}; the tests "
        "say which, and the next run asks again"
    ]


def _find_facts(results: Iterable[CaseResult]) -> dict[str, dict[str, int]]:
    models: Counter[str] = Counter()
    fingerprints: Counter[str] = Counter()
    for result in results:
        if (made := result.generation) is not None:
            models.update([made.served_model] if made.served_model else [])
            fingerprints.update([made.fingerprint] if made.fingerprint else [])
    found = {_SERVED: models, _FINGERPRINTS: fingerprints}
    return {key: dict(sorted(counts.items())) for key, counts in found.items() if counts}
