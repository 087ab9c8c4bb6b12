"""The fixtures of a test that evaluates: overridden, built upon, shown, and not made in vain."""

from __future__ import annotations

import pytest

from tests.toy_project import ToyProject

_OVERRIDES = """
import dataclasses
import pytest

@pytest.fixture
def generation(generation):
    return dataclasses.replace(generation, text="no idea")
"""
_BUILDS_UPON = """
import pytest

@pytest.fixture
def both(case, generation, model):
    return case, generation, model

@pytest.mark.format
def test_gets_the_same(both, case, generation, model):
    assert all(one is other for one, other in zip(both, (case, generation, model), strict=True))
"""
_OF_THE_SESSION = """
import pytest

@pytest.fixture(scope="session", params=["a", "b"])
def letter(request):
    return request.param

@pytest.fixture(scope="session")
def word(letter):
    return letter * 2

@pytest.fixture(scope="session")
def number(request):
    return request.param

@pytest.mark.parametrize("number", [1, 2], indirect=True)
@pytest.mark.format
def test_shares(generation, letter, word, number, request):
    assert request.node.name.startswith("test_shares")
    assert f"{letter}-" in request.node.name and f"-{number}" in request.node.name
    assert word == letter * 2
"""
_COUNTS = """
MADE = []

def pytest_fixture_setup(fixturedef):
    MADE.append(fixturedef.argname)

def pytest_terminal_summary(terminalreporter):
    own = {"trial", "case", "generation", "record_score", "golden"}
    terminalreporter.write_line(f"made {len([name for name in MADE if name in own])} of ours")
"""
_SHOWS_ERRORS = """
def pytest_runtest_logreport(report):
    if report.skipped:
        print("shown", repr(str(report.longrepr)))
"""


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    return ToyProject(pytester, monkeypatch)


def test_a_fixture_that_a_project_overrides_is_the_one_that_tests_get(toy: ToyProject) -> None:
    toy.pytester.makeconftest(_OVERRIDES)
    result = toy.run()
    assert "format_success_rate         ↑   0.000 ( 0/10" in result.stdout.str()


def test_a_fixture_that_builds_upon_ours_gets_what_the_test_gets(toy: ToyProject) -> None:
    toy.pytester.makepyfile(test_further=_BUILDS_UPON)
    toy.run("test_further.py").assert_outcomes(passed=10, failed=1)  # no score, so a gate fails


def test_a_fixture_of_the_session_has_the_value_of_the_test_that_runs(toy: ToyProject) -> None:
    toy.pytester.makepyfile(test_further=_OF_THE_SESSION)
    toy.run("test_further.py").assert_outcomes(passed=40, failed=1)  # no score, so a gate fails


def test_no_fixture_of_ours_is_made_for_a_test_that_overrides_none(toy: ToyProject) -> None:
    toy.pytester.makeconftest(_COUNTS)
    toy.run().stdout.fnmatch_lines(["made 0 of ours"])


def test_asked_to_show_how_fixtures_are_made_pytest_makes_them(toy: ToyProject) -> None:
    toy.run("--setup-show", "-kc03").stdout.fnmatch_lines(["*SETUP    F generation*"])


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_an_expected_failure_is_laid_out_only_where_it_is_shown(
    toy: ToyProject, workers: str
) -> None:
    toy.answer("c03")
    assert toy.run("--snapshot-update").ret == 0
    toy.pytester.makeconftest(_SHOWS_ERRORS)
    brief = toy.run(workers, "-s")
    brief.stdout.re_match_lines([r".*shown .AssertionError: no_json\\nassert False"])
    assert "score_format(case, generation)" not in brief.stdout.str()
    shown = toy.run(workers, "--xfail-tb")
    shown.stdout.fnmatch_lines([">       assert score.passed, score.reason"])


def test_an_unexpected_failure_is_laid_out(toy: ToyProject) -> None:
    toy.answer("c03")
    result = toy.run()
    result.stdout.fnmatch_lines([">       assert score.passed, score.reason"])
