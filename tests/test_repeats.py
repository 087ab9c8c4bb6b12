"""`--repeat N` on the command line: items, outcomes, the flip rate, and what the files hold."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
import yaml

from fixtures.identity import Identity, cache_key
from fixtures.model import Decoding, Model, Prompt
from fixtures.repeats import find_pointless
from fixtures.trials import read_node_id
from suite.self_flips import find_repeated
from tests.recorded_runs import RecordedProject, problems_of, text_of
from tests.run_records import make_result
from tests.toy_project import BAD, GOOD, IDS, ToyProject, outcomes

pytest_plugins = ["pytester"]
FLIPS = {"c01": [GOOD, BAD, GOOD], "c02": [BAD, BAD, GOOD]}


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RecordedProject:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    project = RecordedProject(pytester, monkeypatch)
    script(project, **FLIPS)
    return project


def script(toy: ToyProject, model: str = "toy", **answers: Any) -> None:
    """Answer GOOD every time but where a list says what each repeat is."""
    texts = dict.fromkeys(IDS, GOOD) | answers
    (toy.path / f"{model}.yaml").write_text(yaml.safe_dump({"answers": texts}))


def read(toy: ToyProject, folder: str = "run") -> tuple[dict[str, Any], list[dict[str, Any]]]:
    lines = (toy.path / folder / "samples.jsonl").read_text().splitlines()
    run: dict[str, Any] = json.loads((toy.path / folder / "run.json").read_text())
    return run, [json.loads(line) for line in lines]


def verdicts(toy: ToyProject, folder: str = "run") -> dict[str, bool]:
    return {
        f"{row['case_id']}.{row.get('repeat', 1)}": row["score"]["passed"]
        for row in read(toy, folder)[1]
    }


@pytest.mark.parametrize(
    ("nodeid", "place"),
    [
        ("a/test_format.py::test_x[toy-c01]", ("toy", "format", "c01", 1)),
        ("a/test_format.py::test_x[toy-c01.2]", ("toy", "format", "c01", 2)),
        ("test_format.py::test_x[gpt-4.1-mini-2]", ("gpt-4.1-mini", "format", "2", 1)),
        ("test_format.py::test_x[gpt-4.1-2.10]", ("gpt-4.1", "format", "2", 10)),
        ("test_other.py::test_x[toy-c01.2]", None),
        ("test_format.py::test_x[gpt.4]", None),
    ],
)
def test_a_node_id_tells_model_case_and_repeat_apart(nodeid: str, place: object) -> None:
    assert read_node_id(nodeid) == place


def test_each_repeat_is_a_test_and_the_first_makes_the_rates(
    toy: RecordedProject,
) -> None:
    done = toy.run("--repeat", "3", "--output", "run", "--junit-xml", "junit.xml")
    done.assert_outcomes(passed=28, failed=3)  # with the gate
    names = set(outcomes(toy.path / "junit.xml"))
    assert {"c01", "test_output[toy-c01.2]", "test_output[toy-c01.3]"} <= names
    done.stdout.fnmatch_lines(
        [
            "*format_success_rate *0.900 ( 9/10*",
            "*self_flip_rate *0.200 (2/10, 95% 0.057-0.510)*",
            "*toy asked 3 times*2 with verdicts that differ: c01 (2 of 3 pass), c02*",
        ]
    )
    run, rows = read(toy)
    assert len(rows) == 30
    assert sum("repeat" in row for row in rows) == 20
    (summary,) = run["summary"]
    assert summary["selected"] == 10
    assert summary["rates"]["format_success_rate"]["count"] == 9
    assert summary["self_flips"] == {"c01": [True, False, True], "c02": [False, False, True]}


def test_workers_find_the_same(toy: RecordedProject) -> None:
    toy.run("--repeat", "3", "--output", "run")
    done = toy.run("--repeat", "3", "--output", "again", "-n", "2", "--cache-dir", "other")
    done.stdout.fnmatch_lines(["*self_flip_rate *0.200 (2/10*"])
    assert verdicts(toy, "again") == verdicts(toy)
    assert read(toy, "again")[0]["measures"] == read(toy)[0]["measures"]


def test_without_the_option_nothing_of_it_is_anywhere(toy: RecordedProject) -> None:
    done = toy.run("--output", "run", "--dump-jsonl", "dump.jsonl")
    done.stdout.no_fnmatch_line("*self_flip_rate*")
    names = ("run/run.json", "run/samples.jsonl", "dump.jsonl")
    written = "".join((toy.path / name).read_text() for name in names)
    assert "repeat" not in written


def test_the_first_repeat_is_taken_from_the_cache_of_a_run_without_repeats(
    toy: RecordedProject,
) -> None:
    for flags, count in (((), 10), (("--repeat", "3"), 30), (("--repeat", "2"), 30)):
        toy.run(*flags)
        with closing(sqlite3.connect(toy.path / ".suite" / "cache.sqlite")) as cache:
            assert cache.execute("SELECT count(*) FROM generations").fetchone() == (count,), flags


def test_one_repeat_is_picked_by_its_name(toy: RecordedProject) -> None:
    done = toy.run("--repeat", "3", "-k", "c01.2", "--output", "run")
    done.assert_outcomes(failed=1, skipped=1)
    done.stdout.fnmatch_lines(["*SKIPPED*", "*only further repeats were selected*"])
    assert verdicts(toy) == {"c01.2": False}


def test_what_failed_last_is_run_again_alone(toy: RecordedProject) -> None:
    toy.run("--repeat", "3")
    done = toy.run("--repeat", "3", "--lf", "-v")
    ran = re.findall(r"\[toy-(c\d\d(?:\.\d)?)\] FAILED", done.stdout.str())
    assert sorted(ran) == ["c01.2", "c02", "c02.2"]


def test_goldens_are_of_the_first_repeat_and_hold_no_further_one(
    toy: RecordedProject,
) -> None:
    toy.run("--repeat", "3", "--snapshot-update").assert_outcomes(passed=28, xfailed=3)
    goldens = toy.goldens()
    assert [goldens[name]["passed"] for name in ("c01", "c02")] == [True, False]
    done = toy.run("--repeat", "3", "-rx")
    done.assert_outcomes(passed=28, xfailed=3)
    done.stdout.fnmatch_lines(["*c01.2* repeat 2 fails: no_json; the baseline has its first*"])
    done.stdout.fnmatch_lines(["*c02.2* repeat 2 fails: no_json; known failure*"])
    assert toy.run("--repeat", "3", "--snapshot-update").ret == 0
    assert toy.goldens() == goldens


def test_a_further_repeat_may_differ_where_the_first_may_not(
    toy: RecordedProject,
) -> None:
    other = '{"n": 2}'
    script(toy, c01=[GOOD, other])
    toy.run("--repeat", "2", "--snapshot-update")
    assert toy.run("--repeat", "2", "--flips", "fail").ret == 0
    toy.edit_golden("c01", text=other, document={"n": 2})
    done = toy.run("--repeat", "2", "--junit-xml", "junit.xml")
    found = outcomes(toy.path / "junit.xml")
    assert done.ret == 1
    assert (found["c01"], found["test_output[toy-c01.2]"]) == ("failed", "passed")


def test_a_gate_on_flips_is_red_or_green_and_missing_without_repeats(toy: RecordedProject) -> None:
    toy.run("--repeat", "3", "--snapshot-update")
    for most, status in ((0.2, 0), (0.1, 1)):
        toy.write_gates({"self_flip_rate_max": {"value": most, "reason": "r"}})
        assert toy.run("--repeat", "3").ret == status, most
    done = toy.run()
    assert done.ret == 1
    done.stdout.fnmatch_lines(["*nothing of this run measures self_flip_rate: *--repeat N*"])


def test_a_gate_on_flips_wants_all_repeats(toy: RecordedProject) -> None:
    toy.write_gates({"self_flip_rate_max": {"value": 0.0, "reason": "r"}})
    done = toy.run("--repeat", "3", "-k", "not c02.3 and not c01.2")
    done.stdout.fnmatch_lines(["*SKIPPED*", "*self_flip_rate: 9 of 10 cases have all*"])


def test_shards_of_repeats_are_merged(toy: RecordedProject) -> None:
    for index in (1, 2):
        toy.run("--repeat", "3", "--shard", f"{index}/2", "--output", f"part{index}")
    toy.run("--repeat", "3", "--output", "run")
    done = toy.goldgate("merge", "part1", "part2", "--output", "whole")
    assert "self_flip_rate" in text_of(done)
    assert verdicts(toy, "whole") == verdicts(toy)
    whole, run = read(toy, "whole")[0], read(toy)[0]
    assert whole["measures"] == run["measures"]
    assert whole["selections"] == run["selections"]


def test_shards_that_were_asked_another_number_of_times_are_no_parts_of_one_run(
    toy: RecordedProject,
) -> None:
    toy.run("--repeat", "3", "--shard", "1/2", "--output", "part1")
    toy.run("--repeat", "2", "--shard", "2/2", "--output", "part2")
    done = toy.goldgate("merge", "part1", "part2", "--output", "whole")
    # runs that began in the same second are in no order
    assert re.search("toy, format: other --repeat: (2 and 3|3 and 2)", problems_of(done))


def test_a_run_with_repeats_is_judged_again_and_replayed(toy: RecordedProject) -> None:
    toy.run("--repeat", "3", "--output", "run", "--dump-jsonl", "dump.jsonl")
    assert toy.goldgate("rescore", "run", "--output", "rescored").ret == 0
    assert read(toy, "rescored")[0]["measures"] == read(toy)[0]["measures"]
    assert verdicts(toy, "rescored") == verdicts(toy)
    (toy.path / "toy.yaml").unlink()
    for flags, count in (((), 30), (("--repeat", "2"), 20), (("-n", "2"), 30)):
        toy.run("--replay", "run", *flags, "--output", "replayed")
        assert verdicts(toy, "replayed").items() <= verdicts(toy).items()
        assert len(verdicts(toy, "replayed")) == count, flags
    refused = toy.run("--replay", "run", "--repeat", "4")
    assert "format/c00, repeat 4: not in the recording" in problems_of(refused)
    dumped = [json.loads(line) for line in (toy.path / "dump.jsonl").read_text().splitlines()]
    assert [row.get("repeat", 1) for row in dumped[3:6]] == [1, 2, 3]
    assert [row["ok"] for row in dumped[3:6]] == [True, False, True]


def test_the_table_for_spreadsheets_has_a_column_of_repeats(toy: RecordedProject) -> None:
    toy.run("--repeat", "2", "--output", "run")
    toy.goldgate("report", "run", "--csv", "run.csv")
    head, *rows = csv.reader((toy.path / "run.csv").read_text("utf-8").splitlines())
    assert head[:5] == ["model", "task", "case", "repeat", "outcome"]
    assert [row[2:5] for row in rows[2:4]] == [["c01", "1", "passed"], ["c01", "2", "failed"]]


def test_the_reports_name_the_cases_that_flip_and_tell_of_failing_repeats(
    toy: RecordedProject,
) -> None:
    script(toy, c01=[GOOD, BAD])
    assert toy.run("--repeat", "2", "--output", "run").ret == 1
    toy.goldgate("report", "run", "--summary", "summary.md")
    page, summary = (toy.path / name for name in ("run/report.html", "summary.md"))
    for path in (page, summary):
        text = path.read_text()
        assert re.search(r"1 with verdicts that differ(:|&#58;) c01 \(1 of 2 pass\)", text)
        assert "1 test failed, though no gate failed" in text


def test_a_repeat_without_a_verdict_is_never_the_same() -> None:
    both = [make_result("a", None), make_result("b"), make_result("c")]
    again = [replace(each, repeat=2) for each in (both[0], both[1], make_result("c", None))]
    assert [(each.case_id, each.flips) for each in find_repeated(both + again)] == [
        ("a", True),
        ("b", False),
        ("c", True),
    ]


def test_the_key_of_a_first_repeat_is_that_of_a_case_asked_once() -> None:
    identity = Identity({}, {"engine": "hf"}, "k")
    text = json.dumps(["k", [["user", "Hi"]]], separators=(",", ":"))
    keys = [cache_key(identity, Prompt("a", (("user", "Hi"),), repeat)) for repeat in (1, 2, 3)]
    assert keys[0] == hashlib.sha256(text.encode()).hexdigest()
    assert len(set(keys)) == 3


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ({}, 1),
        ({"decoding": Decoding(temperature=0.5)}, 0),
        ({"threads": None}, 0),
        ({"type": "scripted"}, 0),
    ],
)
def test_repeats_that_can_only_be_the_same_are_said_to_be_pointless(
    fields: dict[str, Any], count: int
) -> None:
    model = Model(**{"name": "m", "type": "local", "threads": 1} | fields)
    assert len(find_pointless(3, [model])) == count
    assert find_pointless(1, [model]) == find_pointless(None, [model]) == []


def test_requests_are_not_written_twice(toy: RecordedProject) -> None:
    done = toy.run("--repeat", "2", "--requests", "batch.jsonl")
    assert done.ret == 4
    assert "leave out --repeat" in problems_of(done)
