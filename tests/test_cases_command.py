"""`goldgate cases`: counts by tag, what is odd, and what is broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from suite.__main__ import app
from suite.case_review import find_remarks, review_folder
from suite.tasks import TASKS


def goldgate(*arguments: str | Path) -> Result:
    return CliRunner().invoke(
        app, ["cases", *map(str, arguments)], catch_exceptions=False, env={"COLUMNS": "100"}
    )


def write(folder: Path, *cases: dict[str, Any], task: str = "format") -> Path:
    """Write a case file; what every case of the format task needs is filled in."""
    filled = [
        {"id": f"c{index}", "prompt": f"Ask {'x' * index}.", "schema": True, "tags": ["a"]} | case
        for index, case in enumerate(cases)
    ]
    path = folder / f"{task}.yaml"
    path.write_text(yaml.safe_dump({"task": task, "version": 1, "cases": filled}, sort_keys=False))
    return path


def remarks(folder: Path) -> list[str]:
    (review,) = review_folder(folder).tasks
    return list(review.remarks)


def test_the_suite_is_listed_and_nothing_in_it_looks_odd() -> None:
    done = goldgate()
    assert done.exit_code == 0
    assert "format      1        200 cases" in done.stdout
    assert "easy 56, medium 52, hard 42" in done.stdout
    data = json.loads(goldgate("--json").stdout)
    assert [each["task"] for each in data["tasks"]] == sorted(TASKS)
    assert data["tasks"][0]["tags"]["hr"] == 5
    assert data["broken"] == {}
    assert [remark for each in data["tasks"] for remark in each["remarks"]] == []


def test_cases_are_counted_by_tag_the_most_frequent_first(tmp_path: Path) -> None:
    write(tmp_path, {"tags": ["b", "a"]}, {"tags": ["b"], "cluster": "k"}, {"cluster": "k"})
    done = goldgate("--cases", tmp_path)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[1].split() == [
        "format", "1", "3", "cases,", "1", "cluster", "a", "2,", "b", "2",
    ]  # fmt: skip
    (task,) = json.loads(goldgate("--cases", tmp_path, "--json").stdout)["tasks"]
    assert (task["cases"], task["clusters"], task["tags"]) == (3, 1, {"a": 2, "b": 2})


def test_many_tags_of_one_case_each_are_only_counted(tmp_path: Path) -> None:
    write(tmp_path, *({"tags": ["all", f"t{index}"]} for index in range(11)))
    assert goldgate("--cases", tmp_path).stdout.split("cases ")[-1].split() == [
        "all", "11,", "11", "more", "of", "one", "case", "each",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cases", "remark"),
    [
        (
            [{"prompt": "Sort 3 apples."}, {"prompt": "sort  12 apples"}],
            "nearly the same prompt: c0, c1; cases that fail together share a `cluster`",
        ),
        ([{"prompt": "Sort."}, {"prompt": "Sort."}], "the same prompt: c0, c1; "),
        ([{"tags": []}, {}], "no tags: c0"),
        (
            [{"tags": ["hsipping"]}, {"tags": ["shipping"]}, {"tags": ["shipping"]}],
            "tag 'hsipping' is there once. Did you mean 'shipping'?",
        ),
        (
            [{"schema": {"type": "object", "required": ["b"]}, "expected": {"a": 1}}],
            "what is expected does not meet the case's own schema, so no answer can be right: c0",
        ),
    ],
    ids=["numbers", "same", "no-tags", "slip", "schema"],
)
def test_what_looks_odd_is_told_and_stops_nothing(
    cases: list[dict[str, Any]], remark: str, tmp_path: Path
) -> None:
    path = write(tmp_path, *cases)
    done = goldgate("--cases", tmp_path)
    assert done.exit_code == 0
    assert f"{path}: {remark}" in done.stdout
    assert len(remarks(tmp_path)) == 1


@pytest.mark.parametrize(
    "cases",
    [
        [{"prompt": "Sort 3.", "cluster": "k"}, {"prompt": "Sort 4.", "cluster": "k"}],
        [{"prompt": "Sort apples."}, {"prompt": "Sort pears."}],
        [{"tags": ["dogs"]}, {"tags": ["cats"]}, {"tags": ["cats"]}],
        [{"tags": ["cat"]}, {"tags": ["cats"]}, {"tags": ["cats"]}],
        [{"schema": {"type": "object"}, "expected": {"a": 1}}],
        [{"schema": False}],
    ],
    ids=["one-cluster", "another-word", "two-letters", "short-words", "schema-met", "no-answer"],
)
def test_what_is_meant_so_is_not_odd(cases: list[dict[str, Any]], tmp_path: Path) -> None:
    write(tmp_path, *cases)
    assert remarks(tmp_path) == []


def test_a_group_that_a_task_counts_by_and_no_case_has_is_told(tmp_path: Path) -> None:
    write(tmp_path, {"tags": ["easy"], "expected": {"a": 1}}, task="extraction")
    assert remarks(tmp_path) == [
        "no case has a tag of difficulty: medium, hard",
        "no case has a tag of domain: medical, legal, log, invoice, shipping, hr",
    ]


def test_a_broken_file_is_told_with_all_its_problems_beside_the_others(tmp_path: Path) -> None:
    write(tmp_path, {})
    path = write(tmp_path, {"id": "A"}, {"promt": "x", "expected": {"a": 1}}, task="extraction")
    done = goldgate("--cases", tmp_path)
    assert done.exit_code == 2
    assert "format  1        1 case" in done.stdout
    assert f"{path}: cases[0].id: " in done.stdout
    assert f"{path}: cases[0].expected: wants an object" in done.stdout
    assert "unknown key 'promt'" in done.stdout
    data = json.loads(goldgate("--cases", tmp_path, "--json").stdout)
    assert [each["task"] for each in data["tasks"]] == ["format"]
    assert len(data["broken"][str(path)]) == 3


def test_a_folder_without_case_files_is_told(tmp_path: Path) -> None:
    (tmp_path / "gates.yaml").write_text("{}")
    done = goldgate("--cases", tmp_path)
    assert done.exit_code == 2
    assert "holds no case file (<task>.yaml)" in done.stderr


def test_what_a_case_file_says_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    write(tmp_path, {"tags": ["\x1b[31mred", "[bold]b[/bold]"]})
    text = goldgate("--cases", tmp_path).stdout
    assert "\x1b" not in text
    assert "[bold]b[/bold] 1" in text


def test_remarks_of_no_cases_are_none() -> None:
    assert list(find_remarks("format", [])) == []
