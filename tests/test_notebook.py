"""The notebook: executed on runs that it makes itself, and on others; sound as a file."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.toy_extraction import make_toy

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "results_analysis.ipynb"


def read() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


def execute(*parameters: str) -> dict[str, list[Any]]:
    """Run the notebook with other parameters, and return the outputs of each cell by its id."""
    from nbclient import NotebookClient

    notebook = read()
    (cell,) = (each for each in notebook.cells if "parameters" in each.metadata.get("tags", ()))
    cell.source = "\n".join([cell.source, *parameters])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the kernel's transport, which is none of ours
        NotebookClient(
            notebook, timeout=900, resources={"metadata": {"path": str(NOTEBOOK.parent)}}
        ).execute()
    return {cell.id: cell.get("outputs", []) for cell in notebook.cells}


def pictures(outputs: list[Any]) -> int:
    return sum("image/png" in output.get("data", {}) for output in outputs)


def texts(outputs: list[Any]) -> str:
    return "\n".join(
        output.get("text", "") or output.get("data", {}).get("text/markdown", "")
        for output in outputs
    )


def test_it_is_kept_without_outputs_and_in_the_current_format() -> None:
    notebook = read()
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert not [cell.id for cell in code if cell.outputs or cell.execution_count]
    assert "without outputs" in notebook.cells[0].source


@pytest.mark.slow
def test_it_makes_runs_where_there_are_none_and_shows_them(tmp_path: Path) -> None:
    found = execute(
        f"CACHE = Path({str(tmp_path)!r})",
        'FIRST_RUNS = [(*arguments, "--limit=12") for arguments in FIRST_RUNS]',
    )
    assert len(list((tmp_path / "runs").iterdir())) == 3
    assert "`tiny_base, tiny_json`" in texts(found["runs"])
    assert pictures(found["rates"]) == 2
    assert "/12, 95%" in texts(found["rates"])
    assert pictures(found["groups"]) == 1
    assert pictures(found["reasons"]) == 2
    assert "`tiny_base → tiny_json`" in texts(found["flips"])
    assert pictures(found["flips"]) == 1
    assert pictures(found["verifier"]) >= 3
    assert "`roc_auc`" in texts(found["verifier"])


@pytest.mark.slow
def test_it_reads_what_is_there_and_does_without_a_verifier(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = make_toy(pytester, monkeypatch)
    toy.run("--flips=gate")
    found = execute(f"CACHE = Path({str(toy.path / '.suite')!r})", "FIRST_RUNS = ()")
    assert texts(found["verifier"]) == "no verifier run here: pytest -m verifier makes one\n"
    assert "`exact_match_rate`" in texts(found["rates"])
    assert "everything passed" in texts(found["reasons"])
