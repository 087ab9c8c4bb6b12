"""Writes what a verifier's run leaves in its folder: `verifier/<model>/` with CSV, texts, PNGs.

```
predictions_<time>.csv      index, label, prediction, P(0), P(1), error type, case
classification_report.txt   precision, recall, F1, matrices, figures with intervals
confident_mistakes.md       the surest mistakes with problem and solution
confusion_matrix.png error_types.png reliability.png roc.png
```

Importing matplotlib and drawing takes longer than a whole warm run, so pictures are kept by what
they show and copied where the same is to be drawn again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from suite.case import Case
from suite.report.verifier import TASK, VerifierReport, find_verifier_reports
from suite.report.verifier_pictures import DRAWING, NAMES, draw_pictures
from suite.report.verifier_text import (
    render_classification,
    render_mistakes,
    render_predictions,
)
from suite.run import Run
from suite.whole_file import json_text, write_whole, write_whole_bytes

_HINT = "pip install matplotlib; the page has drawings of its own"


def write_verifier_files(
    folder: Path, run: Run, cases: Iterable[Case], kept: Path | None = None
) -> list[str]:
    """Write the files of every model that was asked verifier cases.

    Args:
        folder: Of the run.
        run: With its measures.
        cases: Those of the run, and maybe more.
        kept: Folder of pictures that were drawn before; None: draw anew.

    Returns:
        What the user should be told, a sentence each.
    """
    if not any(selection.task == TASK for selection in run.selections):
        return []
    by_place = {(case.task, case.id): case for case in cases if case.task == TASK}
    said: dict[str, None] = {}
    for report in find_verifier_reports(run, by_place):
        place = folder / TASK / report.model
        stamp = "".join(char for char in report.started[:19] if char.isdigit() or char == "T")
        write_whole(place / f"predictions_{stamp}.csv", render_predictions(report))
        write_whole(place / "classification_report.txt", render_classification(report))
        write_whole(place / "confident_mistakes.md", render_mistakes(report))
        try:
            _write_pictures(place, report, kept)
        except ImportError as error:
            said[f"no PNG pictures of the verifier: {error}: {_HINT}"] = None
    return list(said)


def _write_pictures(place: Path, report: VerifierReport, kept: Path | None) -> None:
    pictures = _find_kept(kept / _digest(report), report) if kept is not None else {}
    if not pictures:
        pictures = draw_pictures(report)
        if kept is not None:
            for name, content in pictures.items():
                write_whole_bytes(kept / _digest(report) / f"{name}.png", content)
    for name in NAMES:
        path = place / f"{name}.png"
        if name in pictures:
            write_whole_bytes(path, pictures[name])
        else:
            path.unlink(missing_ok=True)  # of an earlier run in this folder


def _find_kept(folder: Path, report: VerifierReport) -> dict[str, bytes]:
    """Return the pictures of a report that were drawn before; empty where one of them is gone."""
    wanted = {"reliability": report.bins, "roc": report.roc}
    names = [name for name in NAMES if wanted.get(name, True)]
    try:
        return {name: (folder / f"{name}.png").read_bytes() for name in names}
    except OSError:
        return {}


def _digest(report: VerifierReport) -> str:
    """Return what tells this report's pictures from others', in hex."""
    shown = [
        DRAWING,
        report.model,
        [[row.label, row.predicted, row.share, row.error_type] for row in report.rows],
        report.threshold and report.threshold.threshold,
        [str(each) for each in report.rates],
        {name: [each.value, each.low, each.high] for name, each in report.measures.items()},
    ]
    return hashlib.sha256(json_text(shown, indent=None).encode()).hexdigest()[:32]
