"""Reads what a run is judged by: gates, baselines and anchors, here or at a git revision.

With a revision its gates and goldens decide, so that accepting inside a pull request does not lower
the bar; the working tree's are read to say how they differ. Deciding is `suite.gates`; what of the
cases differs is found in `suite.bar_changes`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from suite.baseline import (
    Baseline,
    anchor_path,
    baseline_path,
    check_owner,
    parse_baseline,
    read_baseline,
)
from suite.baseline_diff import diff_baselines
from suite.case_files import GATES_FILE, TaskFile, load_task_file
from suite.errors import InputError, unknown
from suite.gate_diff import diff_gates, strictest
from suite.gate_file import Gates, load_gates
from suite.git_ref import GitRef, resolve_ref
from suite.own_tasks import SCORERS_FILE
from suite.run import BarChange

Baselines = dict[tuple[str, str], Baseline]
"""By model and task."""


@dataclass(frozen=True, slots=True)
class BarPlaces:
    """Where the files lie in the working tree, paths absolute."""

    goldens: Path
    gates: Path
    cases: Path | None
    """The folder of the case files; None: the cases are other people's rows."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What a run is judged by."""

    gates: Gates
    baselines: Baselines
    anchors: Baselines
    """Baselines that acceptance leaves alone."""
    ref: GitRef | None = None
    """Where all of it was read; None: in the working tree."""
    accepted: Baselines = field(default_factory=dict)
    """With a revision, the baselines of the working tree: known failures of new cases."""
    cases: dict[str, TaskFile] = field(default_factory=dict)
    """With a revision, its case files by task."""
    changes: tuple[BarChange, ...] = ()
    """Of gates and of whole files; those of cases need the run."""
    unjudged: tuple[tuple[str, str], ...] = ()
    """With a revision, the models and tasks, sorted, that it has goldens of and nobody asks for."""


def read_bar(
    places: BarPlaces,
    pairs: Collection[tuple[str, str]],
    tasks: Collection[str],
    known: Collection[str] | None = None,
    ref: str | None = None,
    commit: str | None = None,
) -> Bar:
    """Read gates, baselines and anchors.

    Args:
        places: Of the files.
        pairs: Models and tasks whose baselines are wanted.
        tasks: Of the case files, none for other people's rows.
        known: Models that overrides may name; None: any.
        ref: A git revision whose files decide; None: the working tree's.
        commit: What `ref` was resolved to by the process that started this one.

    Raises:
        InputError: A file cannot be read, or there is no such revision.
    """
    here = load_gates(places.gates, known)
    accepted = _read_here(places.goldens, pairs)
    anchors = _read_here(places.goldens, pairs, anchor=True)
    if ref is None:
        return Bar(here, accepted, anchors)
    at = resolve_ref(places.goldens, commit or ref)
    at = replace(at, name=ref)
    changes: list[BarChange] = []
    gates = _read_gates(places.gates, here, at, changes)
    cases = _read_cases(places.cases, tasks, at, changes) if places.cases else {}
    if places.cases is not None:
        changes += _diff_scorers(places.cases / SCORERS_FILE, at)
    baselines = _read_at(places.goldens, pairs, at)
    for model, task in pairs:
        if (model, task) not in baselines:
            place = _name(baseline_path(places.goldens, model, task), at)
            here_too = (model, task) in accepted
            first = "those here are its first" if here_too else "nothing is accepted here"
            sentence = f"not there at {ref}: this comparison has no baseline, {first}"
            changes.append(BarChange("new", place, sentence))
    anchors_then = _read_at(places.goldens, pairs, at, anchor=True)
    changes += _diff_anchors(places.goldens, anchors_then, anchors, at)
    unjudged = tuple(_find_unjudged(places.goldens, pairs, tasks, at))
    for model, task in unjudged:
        place = _name(baseline_path(places.goldens, model, task), at)
        sentence = f"{ref} has these goldens, and this run does not judge the model"
        changes.append(BarChange("removed", place, sentence))
    return Bar(gates, baselines, anchors_then, at, accepted, cases, tuple(changes), unjudged)


def check_allowed(fields: Iterable[str], conditions: Iterable[Mapping[str, Any]]) -> None:
    """Refuse conditions of `--allow-conditions` that no model and no baseline has.

    Raises:
        InputError: With the choices, for each.
    """
    known = sorted({name for each in conditions for name in _name_fields(each)})
    if problems := [unknown("condition", field, known) for field in fields if field not in known]:
        raise InputError(f"--allow-conditions: {problem}" for problem in problems)


def _name_fields(conditions: Mapping[str, Any]) -> Iterator[str]:
    for key, value in conditions.items():
        yield key
        if isinstance(value, dict):
            yield from (f"{key}.{inner}" for inner in _name_fields(value))


def _read_here(folder: Path, pairs: Iterable[tuple[str, str]], anchor: bool = False) -> Baselines:
    found = {}
    for pair in pairs:
        path = (anchor_path if anchor else baseline_path)(folder, *pair)
        if (baseline := read_baseline(path)) is not None:
            found[pair] = check_owner(baseline, path, *pair)
    return found


def _read_at(
    folder: Path, pairs: Iterable[tuple[str, str]], at: GitRef, anchor: bool = False
) -> Baselines:
    found = {}
    for pair in pairs:
        path = (anchor_path if anchor else baseline_path)(folder, *pair)
        if (text := at.read_text(path)) is not None:
            place = at.label(path)
            found[pair] = check_owner(parse_baseline(text, place), place, *pair)
    return found


def _find_unjudged(
    folder: Path, judged: Collection[tuple[str, str]], tasks: Collection[str], at: GitRef
) -> Iterator[tuple[str, str]]:
    """Yield what a registry with another default, or without an entry, leaves out."""
    for model in at.list_folders(folder) if tasks else ():
        for file in at.list_files(model):
            pair = model.name, file.stem
            if file.suffix == ".json" and file.stem in tasks and pair not in judged:
                yield pair


def _read_gates(path: Path, here: Gates, at: GitRef, changes: list[BarChange]) -> Gates:
    place = _name(path, at)
    text = at.read_text(path)
    if text is None:
        sentence = f"not there at {at.name}: the gates of the working tree decide"
        changes.append(BarChange("looser", place, sentence))
        return here
    # any model: one may have left the registry since
    then = load_gates(at.label(path), text=text)
    changes += diff_gates(then, here, place)
    return strictest(then, here)


def _read_cases(
    folder: Path, tasks: Collection[str], at: GitRef, changes: list[BarChange]
) -> dict[str, TaskFile]:
    found = {}
    listed = at.list_files(folder)
    then = {p.stem: p for p in listed if p.suffix == ".yaml" and p.name != GATES_FILE}
    for task in sorted(set(tasks) - then.keys()):
        sentence = f"not there at {at.name}: all of its cases are new"
        changes.append(BarChange("new", _name(folder / f"{task}.yaml", at), sentence))
    for task, path in then.items():
        if task not in tasks and (folder / path.name).exists():
            continue  # not asked for, and so not judged
        place = _name(path, at)
        try:
            found[task] = load_task_file(at.label(path), at.read_text(path))
        except InputError as error:
            # written for an earlier reader: no reason to judge nothing, and none to be silent
            sentence = f"cannot be read as it is at {at.name}, so nothing is known of what changed"
            changes.append(BarChange("looser", place, f"{sentence}: {error.problems[0]}"))
            continue
        if task not in tasks:
            ids = tuple(sorted(case.id for case in found[task].cases))
            sentence = f"the file is gone; {at.name} has it"
            changes.append(BarChange("removed", place, sentence, ids))
    return found


def _diff_scorers(path: Path, at: GitRef) -> Iterator[BarChange]:
    """Tell that other code judges: it is the one of here that runs, whatever the revision has."""
    then = at.read_text(path)
    now = path.read_text(encoding="utf-8") if path.exists() else None
    if now is not None and then != now:
        how = "not there" if then is None else "another"
        sentence = f"{how} at {at.name}; the scorers of the working tree judge"
        yield BarChange("changed", _name(path, at), sentence)


def _diff_anchors(
    folder: Path, then: Mapping[tuple[str, str], Baseline], now: Baselines, at: GitRef
) -> list[BarChange]:
    found = []
    for pair in sorted(then.keys() | now.keys()):
        place = _name(anchor_path(folder, *pair), at)
        if pair not in now:
            found.append(BarChange("looser", place, f"removed; {at.name} has it"))
        elif pair not in then:
            sentence = f"not there at {at.name}: it does not decide yet"
            found.append(BarChange("new", place, sentence))
        elif moves := diff_baselines(then[pair], now[pair]):
            worse = bool(moves.worse or moves.removed or moves.changed)
            kind = BarChange("looser" if worse else "changed", place, f"moved: {moves}")
            found.append(kind)
    return found


def _name(path: Path, at: GitRef) -> str:
    return str(at.label(path)).removeprefix(f"{at.name}:")
