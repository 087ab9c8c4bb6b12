"""The folder of a run with all that deciding again needs: results, cases, baselines.

```
run.json        models, selections, gates, environment, and the paths of what it was made with
samples.jsonl   a line per result: score and generation
cases.jsonl     a line per case that was put to a model
baselines/      <model>/<task>.json, <model>/anchor/<task>.json: what the run was compared with,
                as it was then
```

What is decided again, and how, is the business of `suite.gates`, `suite.rescoring` and others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from suite.baseline import (
    Baseline,
    anchor_path,
    baseline_path,
    baseline_text,
    check_owner,
    read_baseline,
)
from suite.case import Case
from suite.checkout import ROOT
from suite.errors import InputError, describe_problems, nearest
from suite.measures import measure_run
from suite.run import Run
from suite.run_files import RUN_FILE, list_runs, read_run, write_run
from suite.whole_file import json_text, write_whole

Baselines = Mapping[tuple[str, str], Baseline]
"""By model and task."""
CASES_FILE = "cases.jsonl"
BASELINES = "baselines"
LAST = "last"
_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run read back with what it was judged by."""

    folder: Path
    run: Run
    baselines: dict[tuple[str, str], Baseline]
    """By model and task, as they were before the run."""
    anchors: dict[tuple[str, str], Baseline]
    """Baselines that acceptance leaves alone, likewise."""
    merged_cases: dict[tuple[str, str], Case] | None = None
    """Of a run that several make up and that no folder holds yet."""

    def cases(self) -> dict[tuple[str, str], Case]:
        """Return the cases as they were put to the models, by task and id.

        Raises:
            InputError: They cannot be read, or are not those that the results name.
        """
        if self.merged_cases is not None:
            return self.merged_cases
        return _read_cases(self.folder / CASES_FILE, self.run)


def write_folder(
    folder: Path,
    run: Run,
    cases: Iterable[Case],
    baselines: Baselines,
    anchors: Baselines | None = None,
) -> None:
    """Write the folder of a run, each file whole, `run.json` last.

    Args:
        folder: Made when missing. Files of an earlier run in it are replaced.
        run: With its gates decided.
        cases: Those that were put to a model, and maybe more.
        baselines: By model and task, as they were before the run.
        anchors: Likewise.
    """
    asked = {(result.task, result.case_id) for result in (*run.results, *run.repeats)}
    kept = sorted((c for c in cases if (c.task, c.id) in asked), key=lambda c: (c.task, c.id))
    lines = [json_text(_case_data(case), indent=None) + "\n" for case in kept]
    # until the new one stands, half a run of each must not read as a run
    (folder / RUN_FILE).unlink(missing_ok=True)
    write_whole(folder / CASES_FILE, "".join(lines))
    for selection in run.selections:
        for place_of, found in ((baseline_path, baselines), (anchor_path, anchors or {})):
            path = place_of(folder / BASELINES, selection.model, selection.task)
            baseline = found.get((selection.model, selection.task))
            if baseline is None:
                path.unlink(missing_ok=True)  # of an earlier run in this folder
            else:
                write_whole(path, baseline_text(baseline, indent=None))
    write_run(run, folder)


def read_folder(folder: Path) -> RecordedRun:
    """Read a run and its baselines.

    Its measures are counted again, as its rates are: what `run.json` says of them is for people.

    Raises:
        InputError: The folder holds no run, a broken one, or one of another format.
    """
    run = measure_run(read_run(folder))
    kept = folder / BASELINES
    return RecordedRun(
        folder, run, read_baselines(kept, run), read_baselines(kept, run, anchor=True)
    )


def read_baselines(folder: Path, run: Run, anchor: bool = False) -> dict[tuple[str, str], Baseline]:
    """Read the baselines of a run's models and tasks from a folder of goldens, or the anchors.

    Raises:
        InputError: One of them is broken.
    """
    found = {}
    place_of = anchor_path if anchor else baseline_path
    for selection in run.selections:
        path = place_of(folder, selection.model, selection.task)
        if selection.is_suite and (baseline := read_baseline(path)) is not None:
            place = selection.model, selection.task
            found[place] = check_owner(baseline, path, *place)
    return found


def replace_goldens(recorded: RecordedRun, goldens: Path | None) -> RecordedRun:
    """Return a run with the baselines and anchors of `--goldens`, where given, for those kept.

    Raises:
        InputError: The folder is not there, or a baseline in it is broken.
    """
    if goldens is None:
        return recorded
    if not goldens.is_dir():
        raise InputError(f"--goldens: {goldens}: no such folder")
    return replace(
        recorded,
        baselines=read_baselines(goldens, recorded.run),
        anchors=read_baselines(goldens, recorded.run, anchor=True),
    )


def check_output(output: Path, inputs: Iterable[Path]) -> None:
    """Refuse to write a run over one that it is made of.

    Raises:
        InputError: The folder is one of the inputs, or no folder.
    """
    if output.exists() and not output.is_dir():
        raise InputError(f"--output: {output}: expected a folder, got a file")
    if any(output.resolve() == each.resolve() for each in inputs):
        raise InputError(f"--output: {output}: is a run to read; name another folder")


def find_run(name: str, here: Path, cache_dir: Path | None = None) -> Path:
    """Return the folder that RUN names on the command line.

    Args:
        name: A folder, the `run.json` in it, a run id or its start, or `last`.
        here: The current folder. Runs are looked for in `.suite/runs` of it, or of the nearest
            folder above that has one.
        cache_dir: In place of that `.suite`.

    Raises:
        InputError: There is no such run, or several.
    """
    place = here / name
    if name != LAST and place.exists():
        return place.parent if place.name == RUN_FILE else place
    caches = [cache_dir] if cache_dir else [folder / ".suite" for folder in (here, *here.parents)]
    runs = next((each / "runs" for each in caches if (each / "runs").is_dir()), caches[0] / "runs")
    ids = [path.name for path in list_runs(runs)]
    if name == LAST and ids:
        return runs / ids[-1]
    matching = [each for each in ids if each == name] or [i for i in ids if i.startswith(name)]
    if len(matching) == 1:
        return runs / matching[0]
    if matching:
        raise InputError(f"run {name!r}: several begin so: {', '.join(sorted(matching))}")
    newest = ", ".join(reversed(ids[-_MOST_SHOWN:])) or "none"
    hint = nearest(name, ids)
    raise InputError(
        f"run {name!r}: no such folder, and no run of that id in {runs}; newest: {newest}"
        + (hint and f". {hint}")
    )


def find_named(kind: str, recorded: RecordedRun, here: Path) -> Path:
    """Return where a file lies that a run names by its relative path.

    Looked for below the folders above the run's, then the current one, those above it, and this
    checkout: its own project decides, not another whose files happen to have the same names. A
    folder that has all that the run names comes before one that has this file alone.

    Args:
        kind: `gates`, `goldens` or `cases`.
        recorded: The run.
        here: The current folder.

    Raises:
        InputError: It is in none of them.
    """
    path = recorded.run.files.get(kind, "")
    folders = [*recorded.folder.resolve().parents, here, *here.parents, ROOT]
    whole = [
        each for each in folders if all((each / n).exists() for n in recorded.run.files.values())
    ]
    for folder in (*whole, *folders):
        if path and (folder / path).exists():
            return folder / path
    raise InputError(
        f"{path or '(nothing)'}: named by {recorded.folder}, but not here; name it: --{kind} PATH"
    )


def _case_data(case: Case) -> dict[str, Any]:
    return {"hash": case.hash, **case.model_dump(by_alias=True)}


def _read_cases(path: Path, run: Run) -> dict[tuple[str, str], Case]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file: the run folder is not complete") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    found = {}
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        where = f"{path}: line {number}"
        try:
            data = json.loads(line)
            known = data.pop("hash")
            case = Case.model_validate(data)
        except ValidationError as error:
            raise InputError(describe_problems(error, Case, where)) from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InputError(f"{where}: no case: {error!r:.80}") from None
        if case.hash != known:
            raise InputError(f"{where}: case {case.id}: its content is not that of its hash")
        found[case.task, case.id] = case
    for result in (*run.results, *run.repeats):
        case_ = found.get((result.task, result.case_id))
        if case_ is None or case_.hash != result.case_hash:
            raise InputError(f"{path}: lacks case {result.case_id} as it was asked")
    return found
