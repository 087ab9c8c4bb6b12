"""Limits of a session hold over threads and processes: requests in flight, tokens, money."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.api_cost import bound_prompt
from fixtures.api_engine import ApiEngine
from fixtures.api_spending import SPENDING_FILE, Amount, Spending
from fixtures.cache import Cache
from fixtures.engine import EngineError
from fixtures.file_hash import hash_file
from fixtures.identity import cache_key, identify
from fixtures.limits import Allowance, Limits
from fixtures.model import Decoding, Endpoint, Model, Prompt
from fixtures.plan import Planner
from tests.fault_server import FaultServer, answer, hang, serving, status
from tests.served_project import ServedProject, name_in_answer
from tests.toy_project import IDS

PRICES = {"cost_per_1k_prompt": 1.0, "cost_per_1k_completion": 2.0}
MOST_NEW = 100


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with serving() as found:
        yield found


def prompts(start: int, count: int) -> list[Prompt]:
    names = [f"c{number:02d}" for number in range(start, start + count)]
    return [Prompt(name, (("user", f"Say {name}."),)) for name in names]


def ask(
    server: FaultServer, asked: list[Prompt], allowance: Allowance, **settings: Any
) -> tuple[int, str]:
    """Return how many were answered and why it ended early."""
    decoding = Decoding(max_new_tokens=MOST_NEW)
    endpoint = Endpoint(model="m", base_url=server.url, **PRICES, **settings)
    engine = ApiEngine(Model(name="m", type="api", endpoint=endpoint, decoding=decoding), allowance)
    answered = 0

    def count(batch: Any) -> None:
        nonlocal answered
        answered += len(batch.rows)

    try:
        engine.generate(asked, count)
    except EngineError as error:
        return answered, str(error)
    return answered, ""


def ask_at_once(
    server: FaultServer, sessions: int, each: int, allowance: Allowance
) -> list[tuple[int, str]]:
    """Ask from several engines that know of each other by the folder alone, as processes do."""
    found: list[tuple[int, str]] = []

    def run(number: int) -> None:
        found.append(ask(server, prompts(number * each, each), allowance))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_no_more_are_in_flight_than_the_limit_whoever_asks(
    server: FaultServer, tmp_path: Path
) -> None:
    server.delay_s = 0.03
    ask_at_once(server, 3, 10, Allowance(Limits(max_in_flight=3), tmp_path, "run"))
    assert server.seen.asked.total() == 30
    assert server.seen.most_in_flight == 3


def test_a_model_may_have_a_lower_limit_of_its_own(server: FaultServer, tmp_path: Path) -> None:
    server.delay_s = 0.03
    ask(server, prompts(0, 10), Allowance(Limits(), tmp_path, "run"), max_in_flight=2)
    assert server.seen.most_in_flight == 2


def as_much_as_can_be(asked: Prompt) -> dict[str, int]:
    bound = bound_prompt(asked.messages)
    return {
        "prompt_tokens": bound,
        "completion_tokens": MOST_NEW,
        "total_tokens": bound + MOST_NEW,
    }


@pytest.mark.parametrize("worst", [True, False], ids=["at the bound", "below it"])
def test_a_cap_of_ten_thousand_tokens_is_never_passed(
    server: FaultServer, tmp_path: Path, worst: bool
) -> None:
    usage = as_much_as_can_be(prompts(0, 1)[0])
    if not worst:
        usage = {"prompt_tokens": 150, "completion_tokens": 50, "total_tokens": 200}
    server.otherwise = [answer(usage=usage)]
    limits = Limits(max_in_flight=4, max_tokens=10_000)
    found = ask_at_once(server, 2, 60, Allowance(limits, tmp_path, "run"))
    # all but the room that one more request might have needed
    assert 10_000 - (as_much_as_can_be(prompts(0, 1)[0])["total_tokens"]) < server.seen.tokens
    assert server.seen.tokens <= 10_000
    assert sum(answered for answered, _ in found) * usage["total_tokens"] == server.seen.tokens
    for _, why in found:
        assert why.startswith("stopped before a cap is passed: ")
        assert "--max-total-tokens" in why


def test_a_cap_on_money_is_never_passed(server: FaultServer, tmp_path: Path) -> None:
    allowance = Allowance(Limits(max_cost_usd=2.0), tmp_path, "run")
    answered, why = ask(server, prompts(0, 90), allowance)
    spent = answered * (20 * 1.0 + 5 * 2.0) / 1000
    assert 2.0 - (290 + 2 * MOST_NEW) / 1000 < spent <= 2.0
    assert "$" in why
    assert f"({answered} of 90 were answered and kept)" in why


def test_tries_that_may_have_cost_something_count_at_their_most(
    server: FaultServer, tmp_path: Path
) -> None:
    server.scripts = {"c00": [status(500)], "c01": [hang()]}
    most = as_much_as_can_be(prompts(0, 1)[0])["total_tokens"]
    allowance = Allowance(Limits(1, max_tokens=3 * most - 1), tmp_path, "run")
    answered, why = ask(server, prompts(0, 3), allowance, max_tries=2, request_timeout_s=0.2)
    # what was refused with a 500 costs nothing, two silences may have cost all they can
    assert server.seen.asked == {"c00": 2, "c01": 2}
    assert (answered, why[:30]) == (0, "stopped before a cap is passed")


def test_a_pass_that_ends_early_waits_for_no_cap_and_leaves_nothing_booked(
    server: FaultServer, tmp_path: Path
) -> None:
    server.delay_s, server.scripts = 0.2, {"c00": [status(401)]}
    most = as_much_as_can_be(prompts(0, 1)[0])["total_tokens"]
    allowance = Allowance(Limits(4, max_tokens=most), tmp_path, "run")  # one at a time has room
    began = time.monotonic()
    _, why = ask(server, prompts(0, 4), allowance, request_timeout_s=4)
    assert why.startswith("authentication: ")
    assert time.monotonic() - began < 4
    assert server.seen.asked == {"c00": 1}
    assert Spending(allowance).total() == Amount(0, 0.0)


def test_a_pass_that_ends_early_does_not_wait_for_what_another_has_in_flight(
    server: FaultServer, tmp_path: Path
) -> None:
    server.delay_s, server.scripts = 0.2, {"c00": [status(401)]}
    most = as_much_as_can_be(prompts(0, 1)[0])["total_tokens"]
    allowance = Allowance(Limits(2, max_tokens=2 * most), tmp_path, "run")
    other = Spending(allowance)
    assert asyncio.run(other.book(Amount(most, 0.0), 8, lambda: False)) is not None
    longer = Prompt("c01", (("user", "Say c01, and why."),))
    began = time.monotonic()
    _, why = ask(server, [*prompts(0, 1), longer], allowance)
    assert why.startswith("authentication: ")
    assert time.monotonic() - began < 4
    assert other.total() == Amount(most, 0.0)


def test_a_request_that_is_broken_off_is_spent_and_nobody_waits_for_it(
    server: FaultServer, tmp_path: Path
) -> None:
    server.otherwise = [hang()]
    most = as_much_as_can_be(prompts(0, 1)[0])["total_tokens"]
    allowance = Allowance(Limits(1, max_tokens=most), tmp_path, "run")
    late = {"run_timeout_s": 0.3, "request_timeout_s": 4}
    assert "`run_timeout_s`" in ask(server, prompts(0, 1), allowance, **late)[1]
    began = time.monotonic()
    _, why = ask(server, prompts(1, 1), allowance, request_timeout_s=4)
    assert why.startswith(f"stopped before a cap is passed: {most:,} tokens")
    assert time.monotonic() - began < 4
    assert server.seen.asked == {"c00": 1}


def test_what_an_entry_adds_to_every_request_counts_towards_the_cap(
    server: FaultServer, tmp_path: Path
) -> None:
    tools = [{"type": "function", "function": {"name": "f", "description": "word " * 200}}]
    usage = {"prompt_tokens": 1200, "completion_tokens": 5, "total_tokens": 1205}
    server.otherwise = [answer(usage=usage)]
    allowance = Allowance(Limits(max_tokens=2000), tmp_path, "run")
    answered, _ = ask(server, prompts(0, 3), allowance, extra_body={"tools": tools})
    assert answered == 1
    assert server.seen.tokens <= 2000


def test_a_broken_file_of_spending_is_named(server: FaultServer, tmp_path: Path) -> None:
    (tmp_path / SPENDING_FILE).write_bytes(b"no database at all" * 100)
    answered, why = ask(server, prompts(0, 1), Allowance(Limits(max_tokens=500), tmp_path, "run"))
    assert (answered, server.seen.asked.total()) == (0, 0)
    assert why.startswith(f"{tmp_path / SPENDING_FILE}: file is not a database; ")


def test_another_run_has_a_budget_of_its_own(server: FaultServer, tmp_path: Path) -> None:
    limits = Limits(max_tokens=500)
    ask(server, prompts(0, 9), Allowance(limits, tmp_path, "one"))
    assert ask(server, prompts(0, 2), Allowance(limits, tmp_path, "two"))[0] == 2


def test_what_was_asked_in_vain_is_asked_again_by_the_next_run_alone(
    server: FaultServer, tmp_path: Path
) -> None:
    server.scripts = {"c01": [answer(None, "content_filter")]}
    endpoint = Endpoint(model="m", base_url=server.url)
    model = Model(name="m", type="api", endpoint=endpoint)
    identity = identify(model, hash_file)
    asked = {cache_key(identity, prompt): prompt for prompt in prompts(0, 3)}
    cache = Cache(tmp_path / "cache.sqlite")
    for run, worker in (("one", "gw0"), ("one", "gw1"), ("two", "gw0")):
        Planner(cache, tmp_path, run, worker, lambda: None).generate_missing(model, identity, asked)
    assert server.seen.asked == {"c00": 1, "c01": 2, "c02": 1}
    (why,) = cache.unanswered("one").values()
    assert why.startswith("content_filter: ")
    assert len(cache.find(asked)) == 2
    row = cache.plan("one", "m")
    assert row is not None
    assert (row.state, row.done, row.total, row.tries) == ("done", 3, 3, 1)
    cache.close()


def test_a_prompt_takes_at_most_the_tokens_of_its_bound() -> None:
    # a byte of a rare script or emoji may be a token of its own
    assert bound_prompt([("user", "🜚" * 10)]) > 40
    assert bound_prompt([("user", "\ud800")]) > 3


def answer_by_name(server: FaultServer) -> None:
    server.scripts = {name: [answer(name_in_answer(name))] for name in IDS}


@pytest.mark.integration
@pytest.mark.parametrize(
    "how",
    [
        pytest.param(signal.SIGKILL, id="kill -9"),
        pytest.param(signal.SIGINT, id="Ctrl-C", marks=pytest.mark.slow),
    ],
)
def test_a_session_that_is_ended_loses_no_answered_request_and_asks_none_again(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    server: FaultServer,
    how: signal.Signals,
) -> None:
    toy = ServedProject(pytester, monkeypatch, server)
    answer_by_name(server)
    held = IDS[7:]  # three in flight when it dies, so that all others have been committed
    good = {name: server.scripts[name] for name in held}
    server.scripts |= {name: [hang()] for name in held}
    session = toy.start("--max-in-flight=3")
    deadline = time.monotonic() + 60
    while not (len(server.seen.answered) == 7 and server.seen.in_flight == 3):
        assert time.monotonic() < deadline, server.seen.asked
        assert session.poll() is None, session.communicate()
        time.sleep(0.02)
    os.killpg(session.pid, how)
    shown, _ = session.communicate(timeout=60)
    assert session.returncode == (-how if how == signal.SIGKILL else pytest.ExitCode.INTERRUPTED)
    assert "httpx" not in shown
    answered = set(server.seen.answered)
    assert toy.cached() == {name_in_answer(name) for name in answered}

    server.scripts |= good
    toy.run("--max-in-flight=3").assert_outcomes(passed=11)  # the gate is one
    assert server.seen.asked == dict.fromkeys(answered, 1) | dict.fromkeys(held, 2)


@pytest.mark.slow
@pytest.mark.integration
def test_four_workers_never_have_more_than_three_in_flight_nor_ask_twice(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, server: FaultServer
) -> None:
    toy = ServedProject(pytester, monkeypatch, server)
    toy.register("one", "two", "three")
    server.delay_s = 0.05
    server.scripts["c03"] = [answer(None, "content_filter")]
    result = toy.run("--max-in-flight=3", "-n4", "--model=one", "--model=two", "--model=three")
    result.assert_outcomes(passed=30, errors=3)
    assert server.seen.asked == dict.fromkeys(IDS, 3)
    assert server.seen.most_in_flight == 3


def test_a_cap_on_money_without_prices_ends_the_session_before_it_asks(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, server: FaultServer
) -> None:
    toy = ServedProject(pytester, monkeypatch, server)
    result = toy.run("--max-cost=1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*--max-cost: model 'toy' has no prices; write cost_per_1k_prompt*"]
    )
    assert server.seen.asked == {}
    for wrong in ("--max-cost=free", "--max-cost=inf", "--max-total-tokens=0", "--max-in-flight=0"):
        assert toy.run(wrong).ret == pytest.ExitCode.USAGE_ERROR


def test_a_capped_session_says_so_and_the_next_goes_on(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, server: FaultServer
) -> None:
    toy = ServedProject(pytester, monkeypatch, server)
    first = toy.run("--max-total-tokens=450", "--max-new-tokens=100", "--max-in-flight=1")
    # each can take 380 and takes 25, so there is room for a third and for no fourth
    first.assert_outcomes(passed=3, errors=7, failed=1)
    assert server.seen.tokens == 75
    first.stdout.fnmatch_lines(["*no answer of model 'toy': stopped before a cap is passed*"])
    toy.run("--max-new-tokens=100").assert_outcomes(passed=11)
    assert server.seen.asked == dict.fromkeys(IDS, 1)
