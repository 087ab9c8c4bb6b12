"""Tests of a user's own beside the scoring one: further tests, files of any name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.toy_project import BAD, ToyProject, outcomes

WORKERS = pytest.mark.parametrize("workers", ["-n0", "-n2"])
_FURTHER = """
import pytest

@pytest.mark.format
def test_says_no_more_than_needed(generation):
    assert len(generation.text) < 100
"""


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    return ToyProject(pytester, monkeypatch)


@WORKERS
@pytest.mark.parametrize("name", ["test_a", "test_z"])
def test_a_further_test_of_the_same_answers_does_not_undo_their_verdicts(
    toy: ToyProject, workers: str, name: str
) -> None:
    toy.pytester.makepyfile(**{name: _FURTHER})
    toy.answer("c03", c04="x" * 200)
    result = toy.run(workers, "--flips=gate")
    assert "format_success_rate         ↑   0.800 ( 8/10" in result.stdout.str()
    assert "no_verdict" not in result.stdout.str()
    # two new failures, one text that the further test finds too long; every gate passes
    result.assert_outcomes(passed=18, failed=3)


@WORKERS
def test_a_suite_that_records_no_score_fails_its_gates(toy: ToyProject, workers: str) -> None:
    (toy.path / "test_format.py").unlink()
    toy.pytester.makepyfile(test_other=_FURTHER)
    result = toy.run(workers)
    result.stdout.fnmatch_lines(["*FAIL*format_success_rate_min*"])
    assert result.ret == 1


@WORKERS
def test_gates_do_not_hang_on_the_name_of_the_test_file(
    toy: ToyProject, workers: str, tmp_path: Path
) -> None:
    (toy.path / "test_format.py").rename(toy.path / "test_mine.py")
    toy.answer(*[f"c0{index}" for index in range(6)])
    junit = tmp_path / "junit.xml"
    result = toy.run(workers, "--snapshot-update", f"--junit-xml={junit}")
    assert outcomes(junit)["format_success_rate_min[toy]"] == "failed"
    assert result.ret == 1
    assert toy.goldens()["c00"]["text"] == BAD
    assert len(toy.goldens()) == 10
