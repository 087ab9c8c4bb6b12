"""Plans: one load per model, batches committed at once, tries counted, nobody blocked."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixtures.cache import Cache, PlanRow
from fixtures.file_hash import hash_file
from fixtures.identity import Identity, cache_key, identify
from fixtures.model import Model, Prompt
from fixtures.plan import PlanFailedError, Planner
from fixtures.progress import describe

IDS = [f"c{n:02d}" for n in range(12)]


def write_answers(folder: Path, ids: list[str] = IDS, **settings: Any) -> Model:
    path = folder / "answers.yaml"
    path.write_text(yaml.safe_dump({"answers": {name: f"<{name}>" for name in ids}, **settings}))
    return Model(name="m", type="scripted", answers=path)


def ask(model: Model) -> tuple[Identity, dict[str, Prompt]]:
    identity = identify(model, hash_file)
    prompts = [Prompt(name, (("user", f"Say {name}."),)) for name in IDS]
    return identity, {cache_key(identity, prompt): prompt for prompt in prompts}


def planner(folder: Path, run: str = "run", worker: str = "main", check: Any = None) -> Planner:
    cache = Cache(folder / "cache.sqlite")
    return Planner(cache, folder, run, worker, check or (lambda: None))


def texts(plan: Planner, prompts: dict[str, Prompt]) -> dict[str, str]:
    found = plan.cache.find(prompts)
    return {prompts[key].case_id: generation.text for key, generation in found.items()}


def test_what_is_missing_is_generated_and_journaled(tmp_path: Path) -> None:
    model = write_answers(tmp_path, batch_size=5)
    identity, prompts = ask(model)
    plan = planner(tmp_path)
    plan.generate_missing(model, identity, prompts)
    assert texts(plan, prompts) == {name: f"<{name}>" for name in IDS}
    row = plan.cache.plan("run", "m")
    assert row is not None
    assert (row.state, row.total, row.done, row.tokens, row.tries) == ("done", 12, 12, 12, 1)


def test_with_all_cached_no_model_is_opened(tmp_path: Path) -> None:
    model = write_answers(tmp_path)
    identity, prompts = ask(model)
    planner(tmp_path).generate_missing(model, identity, prompts)
    assert model.answers is not None
    model.answers.unlink()
    plan = planner(tmp_path, run="second")
    plan.generate_missing(model, identity, prompts)
    assert plan.cache.plan("second", "m") is None


def test_other_weights_are_other_keys(tmp_path: Path) -> None:
    model = write_answers(tmp_path)
    before = ask(model)[1].keys()
    assert model.answers is not None
    model.answers.write_text(model.answers.read_text() + "# trained again\n")
    assert not before & ask(model)[1].keys()


def test_a_model_that_cannot_load_is_tried_once_in_a_run(tmp_path: Path) -> None:
    model = write_answers(tmp_path)
    identity, prompts = ask(model)
    assert model.answers is not None
    model.answers.write_text("answers: 3\n")
    for worker in ("gw0", "gw1"):
        plan = planner(tmp_path, worker=worker)
        with pytest.raises(PlanFailedError, match=r"answers\.yaml: answers: expected a mapping"):
            plan.generate_missing(model, identity, prompts)
    row = plan.cache.plan("run", "m")
    assert row is not None
    assert (row.state, row.tries, row.worker) == ("failed", 1, "gw0")


def test_answers_made_before_a_failure_are_kept(tmp_path: Path) -> None:
    model = write_answers(tmp_path, ids=IDS[:-2])
    identity, prompts = ask(model)
    plan = planner(tmp_path)
    with pytest.raises(PlanFailedError, match="no answer to c10, c11, and no `otherwise`"):
        plan.generate_missing(model, identity, prompts)
    assert sorted(texts(plan, prompts)) == IDS[:-2]


def _generate(folder: Path, model: Model, worker: str) -> None:
    identity, prompts = ask(model)
    planner(folder, worker=worker).generate_missing(model, identity, prompts)


def _start(folder: Path, model: Model, worker: str) -> Any:
    process = multiprocessing.get_context("spawn").Process(
        target=_generate, args=(folder, model, worker)
    )
    process.start()
    return process


def _wait_for(plan: Planner, done: int) -> PlanRow:
    for _ in range(600):
        row = plan.cache.plan("run", "m")
        if row is not None and row.done >= done:
            return row
        time.sleep(0.05)
    raise AssertionError(f"never reached {done} answers")


def test_a_killed_worker_frees_the_lock_and_the_next_goes_on(tmp_path: Path) -> None:
    model = write_answers(tmp_path, batch_size=3, seconds_per_batch=0.4)
    identity, prompts = ask(model)
    plan = planner(tmp_path, worker="gw1")
    process = _start(tmp_path, model, "gw0")
    _wait_for(plan, 3)
    os.kill(process.pid, signal.SIGKILL)
    process.join(30)
    before = len(texts(plan, prompts))
    assert 3 <= before < 12
    plan.generate_missing(model, identity, prompts)
    row = plan.cache.plan("run", "m")
    assert row is not None
    assert (row.state, row.worker, row.tries, row.total) == ("done", "gw1", 2, 12 - before)


def test_a_model_that_kills_its_workers_is_given_up_after_two(tmp_path: Path) -> None:
    model = write_answers(tmp_path, batch_size=1, seconds_per_batch=0.4)
    identity, prompts = ask(model)
    plan = planner(tmp_path)
    for tries in (1, 2):
        process = _start(tmp_path, model, f"gw{tries}")
        while (row := plan.cache.plan("run", "m")) is None or row.tries < tries:
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
        process.join(30)
    with pytest.raises(PlanFailedError, match="given up: 2 workers died while generating"):
        plan.generate_missing(model, identity, prompts)
    # another run starts counting anew
    planner(tmp_path, run="next").generate_missing(model, identity, prompts)


def test_workers_together_load_the_model_once(tmp_path: Path) -> None:
    model = write_answers(tmp_path, batch_size=3, seconds_per_batch=0.2)
    processes = [_start(tmp_path, model, f"gw{n}") for n in range(3)]
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    row = planner(tmp_path).cache.plan("run", "m")
    assert row is not None
    assert (row.tries, row.done, row.total) == (1, 12, 12)


def test_a_run_that_waits_for_another_run_says_so(tmp_path: Path) -> None:
    model = write_answers(tmp_path, batch_size=1, seconds_per_batch=0.25)
    first = _start(tmp_path, model, "first")
    _wait_for(planner(tmp_path), done=1)
    identity, prompts = ask(model)
    seen: set[str] = set()
    second = planner(tmp_path, run="second")

    def look() -> None:
        seen.update(row.state for row in second.cache.plans("second"))

    second = replace(second, check_wanted=look)
    second.generate_missing(model, identity, prompts)
    first.join()
    assert seen == {"waiting"}
    row = second.cache.plan("second", "m")
    assert row is not None
    assert (row.state, row.total, row.tries) == ("done", 0, 0)
    assert len(texts(second, prompts)) == len(IDS)


def test_it_is_looked_between_batches_whether_anybody_waits(tmp_path: Path) -> None:
    model = write_answers(tmp_path, batch_size=3)
    identity, prompts = ask(model)
    calls = iter([None, SystemExit()])

    def check() -> None:
        if (problem := next(calls)) is not None:
            raise problem

    plan = planner(tmp_path, check=check)
    with pytest.raises(SystemExit):
        plan.generate_missing(model, identity, prompts)
    assert len(texts(plan, prompts)) == 6  # the batch in hand was committed first


@pytest.mark.parametrize(
    ("state", "done", "now", "line"),
    [
        ("loading", 0, 100.0, "m: loading the model for 10 generations"),
        ("generating", 0, 100.0, "m: 0/10 generated"),
        ("generating", 4, 102.0, "m: 4/10 generated, 50 tokens/s, 3 s left"),
        ("done", 10, 999.0, "m: 10/10 generated, 25 tokens/s, 4.0 s"),
        ("waiting", 0, 999.0, "m: another run is at work on this model; waiting for it"),
        ("failed", 4, 999.0, "m: failed after 4/10: no\\nluck"),
    ],
)
def test_the_progress_line_says_how_far_how_fast_and_how_long(
    state: Any, done: int, now: float, line: str
) -> None:
    row = PlanRow("r", "m", "w", 10, done, 100, state, "no\nluck", 1, 100.0, 104.0)
    assert describe(row, now) == line
