"""Run folders whose records do not belong together are refused where they are read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from suite.errors import InputError
from suite.run_files import read_run, write_run
from tests.run_records import make_result, make_run


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda s: s.update(task="fromat"), "selections[0].task: unknown task 'fromat'; known: "),
        (lambda s: s.update(model="tyo"), "selections[0].model: unknown model 'tyo'; known: toy."),
        (
            lambda s: s.update(known=["a", "b", "\x1b[2J"]),
            r"selections[0].known: expected ids of a-z, 0-9 and `_`, got '\x1b[2J'",
        ),
        (lambda s: s.update(known=["a"]), "selections[0].selected: not among the known: b"),
        (
            lambda s: s.update(selected=["a"]),
            "samples.jsonl: not among the selected cases of run.json: toy/b",
        ),
    ],
    ids=["task", "model", "ids", "known", "selected"],
)
def test_a_selection_that_cannot_be_is_refused(
    tmp_path: Path, edit: Callable[[dict[str, Any]], None], said: str
) -> None:
    write_run(make_run(make_result("a"), make_result("b")), tmp_path)
    path = tmp_path / "run.json"
    data = json.loads(path.read_text())
    edit(data["selections"][0])
    path.write_text(json.dumps(data))
    with pytest.raises(InputError) as refusal:
        read_run(tmp_path)
    assert said in str(refusal.value)


def test_one_model_and_task_selected_twice_is_refused(tmp_path: Path) -> None:
    write_run(make_run(make_result("a")), tmp_path)
    path = tmp_path / "run.json"
    data = json.loads(path.read_text())
    data["selections"] *= 2
    path.write_text(json.dumps(data))
    with pytest.raises(InputError, match=r"selections\[1\]: toy, format: is there twice"):
        read_run(tmp_path)
