"""What is selected and when nothing is generated: mark expressions, collection errors."""

from __future__ import annotations

import sqlite3

import pytest

from fixtures.mark_expression import find_wanted
from fixtures.selection import wants_task
from tests.toy_project import ToyProject


@pytest.mark.parametrize(
    ("expression", "wants"),
    [
        ("format", True),
        ("format and not slow", True),
        ("format and (slow or gpu)", True),
        ("", False),
        ("not format", False),
        ("format or slow", False),
        ("slow", False),
        ("not slow and not gpu", False),
        ("format and", False),
    ],
)
def test_a_mark_expression_that_wants_a_task_is_told_apart(expression: str, wants: bool) -> None:
    assert wants_task(expression) is wants


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_after_a_collection_error_nothing_is_generated(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...]
) -> None:
    toy = ToyProject(pytester, monkeypatch)
    toy.pytester.makepyfile(test_broken="import nothing_of_this_name\n")
    result = toy.run(*workers)
    assert result.ret in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.TESTS_FAILED)
    connection = sqlite3.connect(toy.path / ".suite" / "cache.sqlite")
    assert connection.execute("SELECT count(*) FROM generations").fetchone() == (0,)


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("", {"extraction", "format"}),
        ("format", {"format"}),
        ("extraction and not slow", {"extraction"}),
        ("not slow and not gpu and not extraction", {"format"}),
        ("slow", {"extraction", "format"}),
        ("format or slow", {"extraction", "format"}),
        ("not format", {"extraction"}),
        ("format and", {"extraction", "format"}),
    ],
)
def test_tasks_that_a_mark_expression_may_select(expression: str, wanted: set[str]) -> None:
    # tasks that are named in no expression here may be there too
    assert find_wanted(expression) & {"extraction", "format"} == wanted
