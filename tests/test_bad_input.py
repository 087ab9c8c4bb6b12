"""Bad input from the command line: a clear error before any model loads, and nothing lost."""

from __future__ import annotations

import sqlite3

import pytest

from tests.toy_project import ToyProject


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    return ToyProject(pytester, monkeypatch)


def test_a_broken_cache_is_set_aside_and_said(toy: ToyProject) -> None:
    (toy.path / ".suite").mkdir()
    (toy.path / ".suite" / "cache.sqlite").write_text("this is no database " * 100)
    result = toy.run("-q")
    result.assert_outcomes(passed=11)
    result.stdout.fnmatch_lines(["goldgate: *cache.sqlite: not readable as a cache*set aside as*"])


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_cache_folder_that_cannot_be_written_is_said_and_gone_without(
    toy: ToyProject, workers: str
) -> None:
    (toy.path / "blocked").write_text("")
    result = toy.run(workers, "--cache-dir=blocked/deep", "--output=run")
    result.assert_outcomes(passed=11)
    result.stdout.fnmatch_lines(["goldgate: *deep: cannot be written*for this session only"])
    assert len((toy.path / "run" / "samples.jsonl").read_text().splitlines()) == 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "tooy"], "*unknown model 'tooy'; known: toy. Did you mean 'toy'?"),
        (["--base-model", "./nowhere"], "*./nowhere: no such model folder"),
        (["--adapter", "x"], "*--adapter, --as and --revision go with --base-model ID"),
        (["--revision", "main"], "*--adapter, --as and --revision go with --base-model ID"),
        (
            ["--model", "toy", "--base-model", "toy"],
            "*--base-model is called 'toy' like a --model; name it: --as NAME",
        ),
        (["--output=toy.yaml"], "*--output: *toy.yaml: not a folder"),
        (["--dump-jsonl=toy.yaml/x"], "*--dump-jsonl: *toy.yaml: not a folder"),
        (["--dump-jsonl=cases"], "*--dump-jsonl: *cases: expected a file, got a folder"),
        (["--goldens=toy.yaml"], "*toy.yaml/toy/format.json: cannot be read: Not a directory"),
        (["--snapshot-update", "--goldens=toy.yaml"], "*--goldens: *toy.yaml: not a folder"),
        (
            ["--accept-removed"],
            "*--accept-removed goes with --snapshot-update or --baseline-ref REF",
        ),
        (["--accept-regressions"], "*--accept-regressions goes with --snapshot-update"),
        (["--cases-file", "none.jsonl"], "*--cases-file and --cases: one of them is enough"),
        (["--batch-size", "0"], "*--batch-size: expected a whole number of at least 1, got '0'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_flags_end_the_run_before_anything_starts(
    toy: ToyProject, arguments: list[str], message: str
) -> None:
    result = toy.run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = result.stderr.str() + result.stdout.str()
    result.stderr.fnmatch_lines([message])
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("models.yaml", "models: {toy: 1, toy: 2}", "*line 1: duplicate key 'toy'*"),
        ("cases/format.yaml", "task: format\nversion: 1\ncases: [{id: A}]", "*cases?0?.id: *"),
        ("gates.yaml", "format: {fromat_min: {value: 1, reason: x}}", "*gates.yaml: *fromat_min*"),
        (
            "gates.yaml",
            "format: {format_success_rate_min: {value: 95, reason: x}}",
            "*gates.yaml: format.format_success_rate_min.value: a rate is at most 1, got 95",
        ),
        (
            "gates.yaml",
            "format: {format_success_rate_min: 0.9}",
            "*gates.yaml: format.format_success_rate_min: expected a mapping * values, got 0.9",
        ),
        ("goldens/toy/format.json", "{", "*format.json: line 1: not JSON*"),
        ("toy.yaml", "answrs: {}", "*model 'toy': *toy.yaml: answrs: unknown key*"),
    ],
    ids=["models", "cases", "gate", "gate-value", "gate-form", "goldens", "answers"],
)
def test_bad_files_end_the_run_before_anything_starts(
    toy: ToyProject, name: str, content: str, message: str
) -> None:
    path = toy.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    for workers in ("-n0", "-n2"):
        result = toy.run(workers)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([message])
        assert "Traceback" not in result.stderr.str() + result.stdout.str()


def test_a_cache_that_another_program_holds_ends_the_run_and_is_left_alone(
    toy: ToyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.run("-q")
    monkeypatch.setattr("fixtures.cache._BUSY_S", 0.1)
    holder = sqlite3.connect(toy.path / ".suite" / "cache.sqlite", isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    holder.execute("DELETE FROM probes")
    result = toy.run("-q")
    holder.close()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*cache.sqlite: database is locked: another program has held it*"])
    assert "Traceback" not in result.stderr.str() + result.stdout.str()
    assert list((toy.path / ".suite").glob("*aside*")) == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gates.yaml", "format: {fromat_min: {value: 1, reason: x}}", "*gates.yaml: *fromat_min*"),
        ("cases/format.yaml", "task: format\nversion: 1\ncases: [{id: A}]", "*cases?0?.id: *"),
        ("goldens/mine/format.json", "{", "*format.json: line 1: not JSON*"),
    ],
    ids=["gates", "cases", "goldens"],
)
def test_small_files_are_read_before_a_base_is_looked_for(
    toy: ToyProject, name: str, content: str, message: str
) -> None:
    path = toy.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    result = toy.run("--base-model=./nowhere", "--as=mine")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])
    assert "no such model folder" not in result.stderr.str()


@pytest.mark.parametrize("writer", ["write_folder", "write_verifier_files", "write_whole"])
def test_what_a_library_says_of_a_file_that_it_cannot_write_is_told(
    toy: ToyProject, monkeypatch: pytest.MonkeyPatch, writer: str
) -> None:
    def fail(*given: object) -> None:
        raise OSError("unknown image mode")  # as libraries raise it: without a number of the system

    monkeypatch.setattr(f"fixtures.closing.{writer}", fail)
    result = toy.run("--output=out", "--dump-jsonl=dump.jsonl")
    result.stdout.fnmatch_lines(["goldgate: * written: unknown image mode*"])
