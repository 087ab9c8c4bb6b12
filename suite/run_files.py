"""Puts a run on disk and reads it back: `run.json` and, one line per result, `samples.jsonl`.

What else is in a run folder is in `suite.run_folder`. A result as JSON text is also what a test
report carries from a worker to the controller.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from suite.case import ID_PATTERN
from suite.errors import InputError, unknown
from suite.generation import generation_data, read_generation
from suite.judgement import judgement_data, read_judgement
from suite.own_tasks import OWN_HINT
from suite.records import RecordError, build
from suite.run import (
    MODEL_NAME,
    CaseResult,
    ModelRecord,
    Run,
    Selection,
    result_place,
)
from suite.run_summary import summarize
from suite.score import Count, Score
from suite.sentences import join_some
from suite.tasks import TASKS
from suite.whole_file import json_text, write_whole

RUN_FILE = "run.json"
SAMPLES_FILE = "samples.jsonl"
_RARE = ("sizes", "groups", "repeats")
RUN_FORMAT = 2
"""Moves when an older reader would misread a run folder; 1 had no such number, no cases and no
baselines."""


def result_to_text(result: CaseResult) -> str:
    """Return a result as one line of ASCII JSON: execnet refuses lone surrogates."""
    return json.dumps(_result_data(result), separators=(",", ":"))


def result_from_text(text: str) -> CaseResult:
    """Return the result that `result_to_text` made this text of."""
    return _result(json.loads(text))


def write_run(run: Run, folder: Path) -> None:
    """Write both files into a folder, each whole, the samples first.

    Args:
        run: With its gates decided.
        folder: Made when missing. Files of an earlier run in it are replaced.
    """
    ordered = sorted((*run.results, *run.repeats), key=result_place)
    lines = [json_text(_result_data(result), indent=None) + "\n" for result in ordered]
    write_whole(folder / SAMPLES_FILE, "".join(lines))
    write_whole(folder / RUN_FILE, json_text(_run_data(run)) + "\n")


def list_runs(folder: Path) -> list[Path]:
    """Return the folders of runs in a folder by when they were written, the oldest first.

    Not by their names: ids made in the same second are not in order.
    """

    def written(path: Path) -> float:
        try:
            return (path / RUN_FILE).stat().st_mtime_ns
        except OSError:  # deleted since it was listed
            return math.inf

    return sorted((path.parent for path in folder.glob(f"*/{RUN_FILE}")), key=written)


def read_run(folder: Path) -> Run:
    """Read a run back, its results sorted by model, task, case id and repeat.

    Raises:
        InputError: The folder holds no run, a broken one, or one of another format.
    """
    path = folder / RUN_FILE
    data = _parse(_read(path), str(path))
    if not isinstance(data, dict) or not {"id", "selections"} <= data.keys():
        raise InputError(f"{path}: is not the file of a run")
    version = data.pop("format", 1)
    if version != RUN_FORMAT:
        age = "a newer" if isinstance(version, int) and version > RUN_FORMAT else "an older"
        raise InputError(
            f"{path}: written by {age} goldgate (format {version!r:.20}; this one reads "
            f"{RUN_FORMAT}); run pytest again to have such a folder"
        )
    data.pop("summary", None)
    try:
        run = build(Run, {**data, "results": [], "repeats": []})
    except RecordError as error:
        raise InputError(f"{path}: broken: {error}") from None
    if problems := list(_find_strays(run)):
        raise InputError(f"{path}: {problem}" for problem in problems)
    samples = folder / SAMPLES_FILE
    results = _read_samples(samples)
    _check_asked(run, results, samples)
    return replace(
        run,
        results=tuple(result for result in results if result.repeat == 1),
        repeats=tuple(result for result in results if result.repeat > 1),
    )


def _find_strays(run: Run) -> Iterator[str]:
    """Yield what keeps the selections of a run from being read, a sentence each."""
    for name in run.models:
        if not MODEL_NAME.fullmatch(name):  # it is to be a folder, here and in the goldens
            yield f"models: a name is letters, digits, `.`, `_` and `-`, got {name!r:.80}"
    seen = set()
    for index, selection in enumerate(run.selections):
        where = f"selections[{index}]"
        if selection.task not in TASKS:
            yield f"{where}.task: {unknown('task', selection.task, TASKS)}; {OWN_HINT}"
        elif TASKS[selection.task].counted and (
            lost := sorted(set(selection.known) - {k for k, n in selection.sizes.items() if n >= 0})
        ):
            yield f"{where}.sizes: no size of {join_some(lost)}"
        if selection.model not in run.models:
            yield f"{where}.model: {unknown('model', selection.model, run.models)}"
        again = {case_id for repeat, case_id in selection.asked() if repeat > 1}
        if bad := [each for each in selection.known if not re.fullmatch(ID_PATTERN, each)]:
            yield f"{where}.known: expected ids of a-z, 0-9 and `_`, got {bad[0]!r:.80}"
        for name, ids in (("selected", {*selection.selected}), ("repeats", again)):
            if strange := ids - set(selection.known):
                yield f"{where}.{name}: not among the known: {join_some(sorted(strange))}"
        if (place := (selection.model, selection.task)) in seen:
            yield f"{where}: {', '.join(place)}: is there twice"
        seen.add(place)


def _check_asked(run: Run, results: Iterable[CaseResult], path: Path) -> None:
    """Refuse results that were not selected: every rate is over what was.

    Raises:
        InputError: With their ids.
    """
    asked = {
        (selection.model, selection.task, case_id, repeat)
        for selection in run.selections
        for repeat, case_id in selection.asked()
    }
    strays = [result for result in results if result_place(result) not in asked]
    if strays:
        names = join_some([f"{each.model}/{each.case_id}{_which(each)}" for each in strays])
        raise InputError(f"{path}: not among the selected cases of {RUN_FILE}: {names}")


def _which(result: CaseResult) -> str:
    return f", repeat {result.repeat}" if result.repeat != 1 else ""


def _read_samples(path: Path) -> tuple[CaseResult, ...]:
    results = []
    # not splitlines: U+2028 is JSON text
    for number, line in enumerate(_read(path).split("\n"), start=1):
        if not line:
            continue
        try:
            results.append(build(CaseResult, _parse(line, f"{path}: line {number}")))
        except RecordError as error:
            raise InputError(f"{path}: line {number}: broken: {error}") from None
    if len(set(map(result_place, results))) < len(results):
        raise InputError(f"{path}: broken: a case is there twice")
    return tuple(results)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file, so {path.parent} is no run folder") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason} at byte {error.start})") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


def _parse(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not JSON: {error}") from None


def _run_data(run: Run) -> dict[str, Any]:
    return {
        "format": RUN_FORMAT,
        "id": run.id,
        "started": run.started,
        "stopped": run.stopped,
        "files": run.files,
        "environment": run.environment,
        "models": {name: _record_data(record) for name, record in sorted(run.models.items())},
        # read by people and other programs; `read_run` counts again
        "summary": [summarize(run, selection) for selection in run.selections],
        "baseline_ref": run.baseline_ref,
        "baseline_commit": run.baseline_commit,
        "allowed_conditions": list(run.allowed_conditions),
        "accept_removed": run.accept_removed,
        "models_named": run.models_named,
        "unjudged": [list(pair) for pair in run.unjudged],
        "first_accepted": [list(pair) for pair in run.first_accepted],
        "bar_changes": [asdict(change) for change in run.bar_changes],
        "gates": [asdict(gate) for gate in run.gates],
        "selections": [_selection_data(selection) for selection in run.selections],
        "measures": [asdict(each) for each in run.measures if each.of_all],
        **({"judges": _judges_data(run)} if run.judges else {}),
    }


def _judges_data(run: Run) -> dict[str, Any]:
    return {task: asdict(judge) for task, judge in sorted(run.judges.items())}


def _record_data(record: ModelRecord) -> dict[str, Any]:
    data = asdict(record)
    if record.decision_threshold is None:
        del data["decision_threshold"]
    return data


def _selection_data(selection: Selection) -> dict[str, Any]:
    # what most tasks have nothing in is left out, so that their files stay readable to older ones
    data = asdict(selection)
    return {name: value for name, value in data.items() if value or name not in _RARE}


def _result_data(result: CaseResult) -> dict[str, Any]:
    # not `asdict`: it copies every nested value, which costs more than the JSON itself
    data = {name: getattr(result, name) for name in CaseResult.__slots__}
    if result.repeat == 1:  # as it is where nothing is asked twice
        del data["repeat"]
    if (score := result.score) is not None:
        data["score"] = {name: getattr(score, name) for name in Score.__slots__}
        for name in ("counts", "values"):
            if not data["score"][name]:
                del data["score"][name]
    if result.generation is not None:
        data["generation"] = generation_data(result.generation)
    if result.judgement is None:  # as it is where no judge was asked
        del data["judgement"]
    else:
        data["judgement"] = judgement_data(result.judgement)
    return data


def _result(data: dict[str, Any]) -> CaseResult:
    score, generation = data["score"], data["generation"]
    judgement = data.get("judgement")
    return CaseResult(
        **{
            **data,
            "score": score and _score(score),
            "generation": generation and read_generation(generation),
            "judgement": judgement and read_judgement(judgement),
        }
    )


def _score(data: dict[str, Any]) -> Score:
    counts = {name: Count(*pair) for name, pair in data.get("counts", {}).items()}
    return Score(**{**data, "flags": tuple(data["flags"]), "counts": counts})
