"""The cache file: what it remembers, and that nothing in its place can hurt a run."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.cache import CACHE_FILE, Cache, CacheError, PlanRow
from fixtures.cache_folder import usable_folder
from fixtures.file_hash import hash_file
from suite.generation import Generation
from tests.run_records import NEAR_TIES

PLAN = PlanRow("run", "m", "main", 10, 2, 30, "generating", "", 1, 100.0, 101.0)
ANSWER = Generation("{}", "stop", 3, 2, 0.5, 1.25, 1)

generations = st.builds(
    Generation,
    text=st.text() | st.just("\ud800 lone"),
    finish_reason=st.sampled_from(["stop", "length"]),
    prompt_tokens=st.integers(0, 9),
    completion_tokens=st.integers(0, 9),
    elapsed_s=st.floats(0, 9),
    margin=st.none() | st.floats(0, 9),
    margin_position=st.none() | st.integers(0, 9),
    near=NEAR_TIES,
    latency_s=st.none() | st.floats(0, 9),
    first_token_s=st.none() | st.floats(0, 9),
    cost_usd=st.none() | st.floats(0, 9),
    served_model=st.none() | st.text(),
    fingerprint=st.none() | st.text(),
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30
)
@given(generation=generations)
def test_a_generation_survives_the_file(tmp_path: Path, generation: Generation) -> None:
    cache = Cache(tmp_path / "c.sqlite")
    cache.commit_batch({"key": generation}, PLAN)
    cache.close()
    again = Cache(tmp_path / "c.sqlite")
    assert again.find(["key", "other"]) == {"key": generation}
    again.close()


def test_a_generation_of_an_older_version_is_still_an_answer(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c.sqlite")
    cache.commit_batch({"key": ANSWER}, PLAN)
    cache.close()
    with closing(sqlite3.connect(tmp_path / "c.sqlite")) as file, file:
        ((record,),) = file.execute("SELECT record FROM generations").fetchall()
        old = {name: value for name, value in json.loads(record).items() if name != "near"}
        file.execute("UPDATE generations SET record = ?", [json.dumps(old)])
    again = Cache(tmp_path / "c.sqlite")
    assert again.find(["key"]) == {"key": ANSWER}
    again.close()


def test_many_keys_are_found_at_once(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c.sqlite")
    cache.commit_batch({f"k{n}": ANSWER for n in range(2000)}, PLAN)
    assert len(cache.find(f"k{n}" for n in range(1, 3000))) == 1999


def test_a_plan_row_is_replaced_by_run_and_model(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c.sqlite")
    cache.put_plan(PLAN)
    cache.put_plan(replace(PLAN, model="other", started=99.0))
    cache.commit_batch({}, replace(PLAN, done=9))
    assert cache.plan("run", "m") == replace(PLAN, done=9)
    assert [row.model for row in cache.plans("run")] == ["other", "m"]
    assert cache.plan("elsewhere", "m") is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"not a database at all, just text " * 99, "not readable", id="text"),
        pytest.param(None, "another program's SQLite file", id="foreign"),
        pytest.param(4096 * 2, "", id="truncated"),
    ],
)
def test_a_file_that_is_not_ours_is_set_aside_and_said(
    tmp_path: Path, content: bytes | int | None, said: str
) -> None:
    path = tmp_path / "c.sqlite"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is None:
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE theirs (x)")
        connection.close()
    else:
        cache = Cache(path)
        cache.commit_batch({f"k{n}": replace(ANSWER, text="x" * 500) for n in range(99)}, PLAN)
        cache.close()
        path.write_bytes(path.read_bytes()[:content])
    before = path.read_bytes()
    lines: list[str] = []
    cache = Cache(path, lines.append)
    assert cache.find(["k1"]) == {}
    cache.commit_batch({"k": ANSWER}, PLAN)
    assert cache.find(["k"]) == {"k": ANSWER}
    assert len(lines) == 1
    assert said in lines[0]
    assert "set aside as c.sqlite.aside-" in lines[0]
    (aside,) = [p for p in tmp_path.glob("c.sqlite.aside-*") if p.suffix != "-wal"]
    assert aside.read_bytes() == before


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_file_that_another_program_holds_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    path = tmp_path / "c.sqlite"
    cache = Cache(path)
    cache.commit_batch({"k": ANSWER}, PLAN)
    cache.close()
    monkeypatch.setattr("fixtures.cache._BUSY_S", 0.1)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute(f"PRAGMA journal_mode = {mode}")
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    holder.execute("DELETE FROM probes")
    lines: list[str] = []
    with pytest.raises(CacheError, match=r"c\.sqlite: database is locked: another .*--cache-dir"):
        Cache(path, lines.append)
    holder.execute("ROLLBACK")
    holder.close()
    assert lines == []
    assert list(tmp_path.glob("*aside*")) == []
    again = Cache(path)
    assert again.find(["k"]) == {"k": ANSWER}
    again.close()


def test_a_sound_file_is_kept_without_a_word(tmp_path: Path) -> None:
    lines: list[str] = []
    for _ in range(2):
        cache = Cache(tmp_path / "c.sqlite", lines.append)
        cache.commit_batch({"k": ANSWER}, PLAN)
        cache.close()
    assert Cache(tmp_path / "c.sqlite", lines.append).find(["k"]) == {"k": ANSWER}
    assert lines == []


def test_a_folder_that_cannot_be_written_gives_way_to_one_for_this_session(tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    other = tmp_path / "other"
    other.mkdir()
    lines: list[str] = []
    assert usable_folder(blocked, lambda: other, lines.append) == other
    assert "cannot be written" in lines[0]
    assert "for this session only" in lines[0]
    lines.clear()
    assert usable_folder(tmp_path / "new" / "deep", lambda: other, lines.append) != other
    assert lines == []


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_cache_file_that_cannot_be_written_is_used_and_left_alone(tmp_path: Path) -> None:
    old = tmp_path / "mine" / CACHE_FILE
    Cache(old).close()
    old.chmod(0o444)
    other = tmp_path / "other"
    other.mkdir()
    lines: list[str] = []
    assert usable_folder(old.parent, lambda: other, lines.append) == other
    assert "what it holds is used" in lines[0]
    assert (other / CACHE_FILE).read_bytes() == old.read_bytes()


def _write_many(path: Path, name: str, count: int) -> None:
    cache = Cache(path)
    for n in range(count):
        cache.commit_batch({f"{name}{n}": ANSWER}, replace(PLAN, run=name))


def test_two_processes_write_to_one_cache(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    path = tmp_path / "c.sqlite"
    workers = [context.Process(target=_write_many, args=(path, name, 50)) for name in "ab"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    keys = [f"{name}{n}" for name in "ab" for n in range(50)]
    assert Cache(path).find(keys).keys() == set(keys)


def _write_until_killed(path: Path, pipe: Any) -> None:
    cache = Cache(path)
    for n in range(10**6):
        cache.commit_batch({f"k{n}": ANSWER}, PLAN)
        pipe.send(n)


def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    path = tmp_path / "c.sqlite"
    process = context.Process(target=_write_until_killed, args=(path, sender))
    process.start()
    last = -1
    while last < 200:
        last = receiver.recv()
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join(30)
    while receiver.poll():
        last = receiver.recv()
    lines: list[str] = []
    assert len(Cache(path, lines.append).find(f"k{n}" for n in range(last + 1))) == last + 1
    assert lines == []


def test_a_file_hash_is_remembered_until_the_file_changes(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c.sqlite")
    path = tmp_path / "weights"
    path.write_bytes(b"one")
    old = time.time() - 100
    os.utime(path, (old, old))
    first = hash_file(path, cache)
    assert first == "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
    stat = path.stat()
    stamp = (str(path), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
    assert cache.get_hash(stamp) == first
    path.write_bytes(b"two")
    os.utime(path, (old, old))  # same size, same time: a retraining in place
    assert hash_file(path, cache) != first


def test_a_file_written_just_now_is_not_remembered(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c.sqlite")
    path = tmp_path / "weights"
    path.write_bytes(b"one")
    hash_file(path, cache)
    stat = path.stat()
    stamp = (str(path), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
    assert cache.get_hash(stamp) is None
