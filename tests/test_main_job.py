"""The suite from the command line, on toy projects: what a user meets, serial and parallel."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.toy_project import GOOD, IDS, ToyProject

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {"torch", "transformers", "numpy", "scipy", "peft", "tokenizers", "hypothesis"}
_SHOW_MODULES = """
import json, pathlib, sys
def pytest_unconfigure():
    pathlib.Path("modules.json").write_text(json.dumps(sorted(sys.modules)))
"""
_REVERSE = """
def pytest_addoption(parser):
    parser.addoption("--reverse", action="store_true")
def pytest_collection_modifyitems(config, items):
    if config.option.reverse:
        items.reverse()
"""


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    return ToyProject(pytester, monkeypatch)


def command(*arguments: str) -> list[str]:
    return [
        sys.executable, "-m", "pytest", "-p", "fixtures.plugin", "--models=models.yaml",
        "--cases=cases", "--gates=gates.yaml", "--goldens=goldens", *arguments,
    ]  # fmt: skip


def start(toy: ToyProject, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(*arguments),
        cwd=toy.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )


def run(toy: ToyProject, *arguments: str) -> tuple[int, str]:
    process = start(toy, *arguments)
    text, _ = process.communicate(timeout=300)
    return process.returncode, text


def samples(folder: Path) -> list[dict[str, Any]]:
    """Return what a run recorded, without what tells one run from another."""
    found = [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]
    for each in found:
        each["generation"]["elapsed_s"] = 0
    return found


def plans(toy: ToyProject) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(toy.path / ".suite" / "cache.sqlite")
    return connection.execute("SELECT state, total, done, tries FROM plans").fetchall()


def slow_down(toy: ToyProject, seconds: float, **answers: str) -> None:
    toy._write(
        "toy.yaml",
        {
            "answers": dict.fromkeys(IDS, GOOD) | answers,
            "batch_size": 1,
            "seconds_per_batch": seconds,
        },
    )


def test_any_number_of_workers_generates_once_and_records_the_same(toy: ToyProject) -> None:
    toy.answer("c03", c04="{}")
    for workers in (0, 2, 4):
        toy.run(f"-n{workers}", f"--cache-dir=cache{workers}", f"--output=run{workers}")
        connection = sqlite3.connect(toy.path / f"cache{workers}" / "cache.sqlite")
        assert connection.execute("SELECT state, done, tries FROM plans").fetchall() == [
            ("done", 10, 1)
        ]
    serial = samples(toy.path / "run0")
    assert len(serial) == 10
    assert samples(toy.path / "run2") == serial
    assert samples(toy.path / "run4") == serial


def test_the_second_run_generates_nothing_and_says_the_same(toy: ToyProject) -> None:
    toy.answer("c03")
    toy.run("--output=first")
    toy.run("--output=second")
    assert samples(toy.path / "second") == samples(toy.path / "first")
    assert plans(toy) == [("done", 10, 10, 1)]


def test_lone_surrogates_in_a_report_do_not_end_a_parallel_session(toy: ToyProject) -> None:
    toy.pytester.makepyfile(
        test_other='def test_surrogate():\n    raise ValueError("lone: " + chr(0xD800))\n'
    )
    result = toy.run("-n2")
    result.assert_outcomes(passed=11, failed=1)
    assert "lone: \\ud800" in result.stdout.str()


def test_a_killed_run_is_gone_on_with(toy: ToyProject) -> None:
    slow_down(toy, 0.0)
    run(toy, "--cache-dir=quiet", "--output=undisturbed")
    slow_down(toy, 0.3)
    process = start(toy)
    while not (toy.path / ".suite" / "cache.sqlite").exists() or not [
        row for row in plans_or_none(toy) if row[2] >= 3
    ]:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    done = plans(toy)[0][2]
    assert 3 <= done < 10
    # the same answers again, so the same subject: the file must not change
    code, _ = run(toy, "--output=resumed")
    assert sorted(plans(toy)) == [("done", 10 - done, 10 - done, 1), ("generating", 10, done, 1)]
    assert code == 0
    assert [each["score"] for each in samples(toy.path / "resumed")] == [
        each["score"] for each in samples(toy.path / "undisturbed")
    ]


def plans_or_none(toy: ToyProject) -> list[tuple[Any, ...]]:
    try:
        return plans(toy)
    except sqlite3.OperationalError:  # the tables are not there yet
        return []


def test_a_worker_whose_controller_is_killed_ends(toy: ToyProject) -> None:
    slow_down(toy, 0.5)
    process = start(toy, "-n2")
    while not [row for row in plans_or_none(toy) if row[2] >= 1]:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()  # returns once no worker holds the pipe any more
    time.sleep(1.5)
    before = plans(toy)
    time.sleep(1.5)
    assert plans(toy) == before
    assert before[0][0] == "generating"


def test_a_model_that_gives_no_answer_is_an_error_of_each_case(toy: ToyProject) -> None:
    (toy.path / "toy.yaml").write_text("answers: {}\n")
    result = toy.run("-n2")
    result.assert_outcomes(errors=10, failed=1)
    result.stdout.fnmatch_lines(
        ["*no answer of model 'toy': *toy.yaml: *", "*toy.yaml: no answer to c00, *"]
    )
    assert result.ret == 1


def test_progress_is_plain_lines_where_there_is_no_terminal(toy: ToyProject) -> None:
    slow_down(toy, 0.05)
    for workers in ("-n0", "-n2"):
        _, text = run(toy, workers, f"--cache-dir=c{workers}")
        assert "\r" not in text
        assert "toy: 10/10 generated, " in text


def test_two_runs_at_once_share_the_work(toy: ToyProject) -> None:
    slow_down(toy, 0.1)
    both = [start(toy, f"--output=run{n}") for n in range(2)]
    for process in both:
        process.communicate(timeout=120)
    assert [process.returncode for process in both] == [0, 0]
    assert samples(toy.path / "run0") == samples(toy.path / "run1")
    assert sum(row[2] for row in plans(toy)) == 10


@pytest.mark.parametrize("accepting", [[], ["--snapshot-update"]], ids=["plain", "accepting"])
def test_rows_of_any_file_are_judged_and_dumped(toy: ToyProject, accepting: list[str]) -> None:
    rows = [
        {"messages": [{"role": "user", "content": f"{n}"}, {"role": "assistant", "content": GOOD}]}
        for n in range(5)
    ]
    (toy.path / "eval.jsonl").write_text("\n".join(map(json.dumps, rows)))
    toy._write("toy.yaml", {"answers": {"row_000001": GOOD}, "otherwise": "no"})
    result = toy.pytester.runpytest(
        "-p", "fixtures.plugin", "--models", "models.yaml", "--gates", "gates.yaml",
        "--cases-file", "eval.jsonl", "--num-prompts", "3", "--max-new-tokens", "9",
        "--dump-jsonl", "out.jsonl", *accepting,
    )  # fmt: skip
    # nothing can be accepted of them, so the failures stay failures and nobody is told otherwise
    result.assert_outcomes(passed=1, failed=3)
    assert "accept it with" not in result.stdout.str()
    assert not (toy.path / "goldens").exists()
    dumped = [json.loads(line) for line in (toy.path / "out.jsonl").read_text().splitlines()]
    assert [(row["id"], row["ok"], row["output"]) for row in dumped] == [
        ("row_000001", True, GOOD),
        ("row_000002", False, "no"),
        ("row_000003", False, "no"),
    ]
    assert dumped[0]["messages"] == [{"role": "user", "content": "0"}]
    assert "0.333 (1/3" in result.stdout.str()


@pytest.mark.parametrize(("bound", "status"), [(0.3, 0), (0.4, 1)])
def test_rows_of_any_file_can_be_left_to_the_gates(
    toy: ToyProject, bound: float, status: int
) -> None:
    rows = [{"prompt": f"{n}", "completion": GOOD} for n in range(3)]
    (toy.path / "eval.jsonl").write_text("\n".join(map(json.dumps, rows)))
    toy._write("toy.yaml", {"answers": {"row_000001": GOOD}, "otherwise": "no"})
    toy.write_gates({"format_success_rate_min": {"value": bound, "reason": "r"}})
    result = toy.pytester.runpytest(
        "-p", "fixtures.plugin", "--models", "models.yaml", "--gates", "gates.yaml",
        "--cases-file", "eval.jsonl", "--flips", "gate",
    )  # fmt: skip
    result.assert_outcomes(passed=2 - status, failed=status, xfailed=2)
    assert result.ret == status


def test_the_registry_is_printed_and_nothing_run(toy: ToyProject) -> None:
    result = toy.run("--list-models")
    result.stdout.fnmatch_lines(["? toy  scripted   answers toy.yaml"])
    assert result.ret == 0
    assert not (toy.path / ".suite").exists()


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_the_report_comes_after_all_that_is_said_of_single_cases(
    toy: ToyProject, workers: str
) -> None:
    toy.answer("c01")
    lines = toy.run(workers).outlines
    heads = [line.strip("= ") for line in lines if line.startswith("===")]
    assert heads[-3:-1] == ["short test summary info", "goldgate"]
    assert heads[-1].startswith("1 failed, 10 passed")


def test_models_are_tested_side_by_side(toy: ToyProject) -> None:
    toy.write_models("toy", "other")
    toy.answer()
    toy.answer("c01", "c02", model="other")
    result = toy.run("--model", "toy", "--model", "other", "--limit", "4")
    text = result.stdout.str()
    assert "1.000 (4/4" in text
    assert "0.500 (2/4" in text


def test_a_warm_run_imports_nothing_heavy(toy: ToyProject) -> None:
    (toy.path / "conftest.py").write_text(_SHOW_MODULES)
    for _ in range(2):
        code, text = run(toy)
        assert code == 0, text
    loaded = set(json.loads((toy.path / "modules.json").read_text()))
    assert "fixtures.session" in loaded
    assert not HEAVY & loaded


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base, a live adapter and a dead one.

    Made before any `pytester`, which forgets the modules that a test imported: torch cannot be
    imported twice.
    """
    from tests.tiny_models import make_adapter, make_base, write_manifest

    folder = tmp_path_factory.mktemp("tiny")
    base = make_base(folder / "base", end_bias=0.6)
    write_manifest(make_adapter(folder / "live", base), base, quantization="nf4")
    write_manifest(make_adapter(folder / "dead", base, scale=0.0), base)
    return folder


def use_tiny_model(toy: ToyProject, tiny: Path, adapter: str) -> None:
    entry = {
        "type": "local",
        "model_path": str(tiny / "base"),
        "lora_path": str(tiny / adapter),
        "device": "cpu",
        "dtype": "float32",
        "threads": 1,
        "decoding": {"max_new_tokens": 24},
    }
    toy._write("models.yaml", {"default": "tiny", "models": {"tiny": entry}})
    toy.write_gates({"format_success_rate_min": {"value": 0, "reason": "random weights"}})


@pytest.mark.slow
@pytest.mark.integration
def test_a_real_model_answers_the_same_whatever_workers_batches_and_order(
    tiny: Path, toy: ToyProject
) -> None:
    use_tiny_model(toy, tiny, "live")
    (toy.path / "conftest.py").write_text(_SHOW_MODULES + _REVERSE)
    _, text = run(toy, "--output=first")
    assert (
        "NF4 base dequantized once at load to float32"
        in text + (toy.path / "first" / "run.json").read_text()
    )
    first = samples(toy.path / "first")
    assert len({each["generation"]["text"] for each in first}) > 5
    for index, options in enumerate(
        (["-n2"], ["-n4"], ["--batch-size=1"], ["--batch-size=3", "--reverse"])
    ):
        run(toy, *options, f"--cache-dir=cache{index}", f"--output=run{index}")
        again = samples(toy.path / f"run{index}")
        for one, other in zip(first, again, strict=True):
            assert other["generation"]["text"] == one["generation"]["text"], options
            assert other["generation"]["margin"] == pytest.approx(
                one["generation"]["margin"], abs=1e-3
            )
    # all of it is cached by now
    run(toy, "--output=warm")
    assert samples(toy.path / "warm") == first
    assert not HEAVY & set(json.loads((toy.path / "modules.json").read_text()))


@pytest.mark.slow
@pytest.mark.integration
def test_an_adapter_that_is_not_live_is_an_error_before_any_answer(
    tiny: Path, toy: ToyProject
) -> None:
    use_tiny_model(toy, tiny, "dead")
    code, text = run(toy)
    assert code == 1
    assert "the adapter is not live: every lora_B is zero" in text
    assert plans(toy) == [("failed", 10, 0, 1)]
