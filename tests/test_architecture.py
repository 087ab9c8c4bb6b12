"""docs/architecture.md names what there is: tasks, engines, rooms."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args, get_type_hints

from fixtures.model import Model
from suite.tasks import TASKS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def first_cells(heading: str) -> list[str]:
    """Return the first column of the first table that has this heading."""
    table = PAGE.partition(f"| {heading} |")[2].partition("\n\n")[0]
    return re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)


def test_every_task_has_a_row() -> None:
    assert set(first_cells("task")) == set(TASKS)


def test_every_engine_has_a_row() -> None:
    types = set(get_args(get_type_hints(Model)["type"]))
    assert set(first_cells("engine")) == types - {"local"} | {"hf"}


def test_the_diagrams_name_every_room() -> None:
    diagrams = re.findall(r"```mermaid\n(.*?)```", PAGE, re.DOTALL)
    assert len(diagrams) == 2
    rooms = {path.parent.name for path in ROOT.glob("*/*.py")} | {"notebooks"}
    assert {room for room in rooms - {"docs"} if room not in diagrams[0]} == set()
