"""Places on the command line: nothing that a command reads is written over by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recorded_runs import RecordedProject
from tests.toy_project import ToyProject


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RecordedProject:
    return RecordedProject(pytester, monkeypatch)


def content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "arguments",
    [
        ("--replay=rec", "--output=rec"),
        ("--replay=rec", "--output=linked"),
        ("--replay=rec/samples.jsonl", "--output=rec"),
        ("--replay=rec", "--dump-jsonl=rec/samples.jsonl"),
        ("--replay=rec/samples.jsonl", "--dump-jsonl=rec/samples.jsonl"),
    ],
)
def test_a_session_does_not_write_over_what_it_reads(
    toy: ToyProject, arguments: tuple[str, ...]
) -> None:
    toy.run("--output=rec")
    (toy.path / "linked").symlink_to("rec")
    before = content(toy.path / "rec")
    result = toy.run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    option = arguments[1].split("=")[0]
    assert f"{option}: would write over " in result.stderr.str()
    assert content(toy.path / "rec") == before


def test_a_recording_may_lie_in_the_folder_that_the_run_goes_into(toy: ToyProject) -> None:
    toy.run("--dump-jsonl=out/answers.jsonl")
    before = (toy.path / "out" / "answers.jsonl").read_bytes()
    result = toy.run("--replay=out/answers.jsonl", "--text-field=output", "--output=out")
    assert result.ret == 0, result.stdout.str()
    assert (toy.path / "out" / "answers.jsonl").read_bytes() == before


@pytest.mark.parametrize("option", ["--dump-jsonl", "--requests"])
def test_rows_from_outside_are_not_written_over(toy: ToyProject, option: str) -> None:
    rows = toy.path / "rows.jsonl"
    rows.write_text('{"id": "r1", "prompt": "Say one."}\n')
    before = rows.read_bytes()
    result = toy.pytester.runpytest(
        "-p", "fixtures.plugin", "--models=models.yaml", "--gates=gates.yaml",
        "--cases-file=rows.jsonl", f"{option}=rows.jsonl",
    )  # fmt: skip
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"{option}: would write over {rows}, which --cases-file reads" in result.stderr.str()
    assert rows.read_bytes() == before
