"""Which earlier runs a trend is made of."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from suite.earlier_runs import read_earlier_runs
from suite.run_files import write_run
from tests.run_records import make_result, make_run


def write(folder: Path, name: str, at: int, *verdicts: bool, **fields: object) -> None:
    results = [make_result(f"c{index}", passed) for index, passed in enumerate(verdicts)]
    known = fields.pop("known", None)
    run = make_run(*results, known=known)  # type: ignore[arg-type]
    write_run(replace(run, id=name, **fields), folder / name)  # type: ignore[arg-type]
    os.utime(folder / name / "run.json", (at, at))


def test_they_come_in_the_order_they_were_written_without_this_one_and_later(
    tmp_path: Path,
) -> None:
    write(tmp_path, "b", 1, True, False)
    write(tmp_path, "a", 2, True, True)
    write(tmp_path, "now", 3, True, True)
    write(tmp_path, "later", 4, True, True)
    found = read_earlier_runs(tmp_path, "now")
    assert [run.id for run in found] == ["b", "a"]
    rate = found[0].rates["toy", "format", "format_success_rate"]
    assert (rate.count, rate.n, rate.value) == (1, 2, 0.5)


def test_only_the_last_ones_are_read(tmp_path: Path) -> None:
    for at in range(5):
        write(tmp_path, f"r{at}", at, True)
    assert [run.id for run in read_earlier_runs(tmp_path, "elsewhere", most=2)] == ["r3", "r4"]


def test_stopped_and_narrowed_runs_give_no_rate(tmp_path: Path) -> None:
    write(tmp_path, "stopped", 1, True, stopped=True)
    write(tmp_path, "narrowed", 2, True, known=5)
    assert [dict(run.rates) for run in read_earlier_runs(tmp_path, "now")] == [{}]


@pytest.mark.parametrize(
    "content", ["", "[]", '{"id": 1}', '{"stopped": false, "summary": [3]}', "\udcff"]
)
def test_what_is_no_run_is_left_out(tmp_path: Path, content: str) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "run.json").write_text(content, errors="surrogateescape")
    assert read_earlier_runs(tmp_path, "now") == []


def test_a_folder_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert read_earlier_runs(tmp_path / "none", "now") == []
