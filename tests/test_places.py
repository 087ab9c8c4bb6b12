"""Places that are written to: nothing that a command reads, and no half of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from suite.errors import InputError
from suite.run_folder import read_folder, write_folder
from tests.recorded_runs import RecordedProject
from tests.run_records import make_result, make_run
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


@pytest.mark.parametrize("option", ["--output", "--cases", "--replay"])
def test_a_path_that_no_file_can_have_is_told(toy: ToyProject, option: str) -> None:
    result = toy.run(f"{option}={'x' * 300}")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: *xxx*: File name too long"])


def test_a_folder_that_is_half_rewritten_is_no_run(tmp_path: Path) -> None:
    first, second = make_run(make_result("a")), make_run(make_result("b"))
    write_folder(tmp_path, first, [], {})
    assert read_folder(tmp_path).run.results == first.results
    samples = tmp_path / "samples.jsonl"
    samples.unlink()
    samples.mkdir()  # stops the writing after the cases
    with pytest.raises(OSError, match=r"samples\.jsonl"):
        write_folder(tmp_path, second, [], {})
    samples.rmdir()
    samples.touch()
    with pytest.raises(InputError, match=r"run\.json: no such file"):
        read_folder(tmp_path)
