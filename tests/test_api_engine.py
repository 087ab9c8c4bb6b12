"""What the `api` engine does about every fault of a server: tries exactly as planned, and the end.

The real client over real sockets; only the waits between tries are cut.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

import pytest

from fixtures.api_engine import GIVE_UP, ApiEngine
from fixtures.api_retry import Pace
from fixtures.engine import Batch, EngineError
from fixtures.limits import Allowance, Limits
from fixtures.model import Endpoint, Model, Prompt
from suite.generation import Generation
from tests.fault_server import (
    GOOD,
    Fault,
    FaultServer,
    Handler,
    answer,
    completion,
    drip,
    hang,
    hang_up,
    reply,
    reset,
    serving,
    short_body,
    status,
    stream,
)

TRIES = 3
PAGE = b"<!doctype html><h1>502 Bad Gateway</h1>"
TOOL = {"message": {"tool_calls": [{"id": "1", "type": "function", "function": {"name": "f"}}]}}
QUOTA = {"message": "You exceeded your current quota", "code": "insufficient_quota"}
LONG = {"message": "maximum context length is 8 tokens", "code": "context_length_exceeded"}


@dataclass
class Asked:
    """What came of asking."""

    answers: dict[str, Generation]
    failed: dict[str, str]
    stopped: str
    waits: list[float]


def ask(server: FaultServer, cases: Sequence[str], most: int = 1, **settings: Any) -> Asked:
    found = Asked({}, {}, "", [])

    async def note(seconds: float) -> None:
        found.waits.append(seconds)

    def take(batch: Batch) -> None:
        found.answers.update({cases[index]: each for index, each in batch.rows})
        found.failed.update({cases[index]: why for index, why in batch.failed})

    settings = {"request_timeout_s": 20.0, "max_tries": TRIES} | settings
    endpoint = Endpoint(model="m", base_url=server.url, **settings)
    model = Model(name="toy", type="api", endpoint=endpoint)
    pace = Pace(sleep=note, draw=lambda low, high: high)
    engine = ApiEngine(model, Allowance(Limits(max_in_flight=most)), pace)
    prompts = [Prompt(case, (("user", f"Say {case}."),)) for case in cases]
    try:
        engine.generate(prompts, take)
    except EngineError as error:
        found.stopped = str(error)
    return found


@pytest.fixture(scope="module")
def shared() -> Iterator[FaultServer]:
    with serving() as server:
        yield server


@pytest.fixture
def server(shared: FaultServer) -> FaultServer:
    shared.scripts, shared.otherwise, shared.delay_s = {}, (answer(),), 0.0
    shared.seen = type(shared.seen)()
    return shared


STREAMED = {"stream": True}
SHORT = {"request_timeout_s": 0.3}
# name: script of the case, tries, what becomes of it, settings; it is asked after a good one
FAULTS: dict[str, tuple[list[Fault], int, str, dict[str, Any]]] = {
    "429 once": ([status(429), answer()], 2, "answered", {}),
    "429 with seconds": ([status(429, Retry_After="7"), answer()], 2, "answered", {}),
    "429 for ever": ([status(429)], TRIES, "rate_limit", {}),
    "408 once": ([status(408), answer()], 2, "answered", {}),
    "409 once": ([status(409), answer()], 2, "answered", {}),
    "500, then 503": ([status(500), status(503), answer()], 3, "answered", {}),
    "529 for ever": ([status(529)], TRIES, "server", {}),
    "400": ([status(400, "no such field")], 1, "bad_request", {}),
    "422": ([status(422)], 1, "bad_request", {}),
    "403 after an answer": ([status(403)], 1, "permission", {}),
    "prompt too long": ([status(400, LONG)], 1, "context_length", {}),
    "prompt filtered": ([status(400, {"code": "content_filter"})], 1, "content_filter", {}),
    "page of a gateway once": ([reply(PAGE, "text/html"), answer()], 2, "answered", {}),
    "page of a gateway for ever": ([reply(PAGE, "text/html")], TRIES, "malformed", {}),
    "empty body": ([reply(b"")], TRIES, "malformed", {}),
    "half an object once": ([reply(b'{"choices": ['), answer()], 2, "answered", {}),
    "an array": ([reply([completion()])], TRIES, "malformed", {}),
    "nested too deeply": ([reply(b"[" * 200_000)], TRIES, "malformed", {}),
    "no choices": ([reply(completion(choices=[]))], TRIES, "malformed", {}),
    "content of parts": ([answer([{"type": "text"}])], TRIES, "malformed", {}),
    "error beside a 200": ([reply({"error": {"code": 503}}), answer()], 2, "answered", {}),
    "null content": ([answer(None)], 1, "no_text", {}),
    "a refusal": ([answer(None, message={"refusal": "no"})], 1, "refused", {}),
    "a tool call": ([answer(None, "tool_calls", **TOOL)], 1, "tool_call", {}),
    "answer filtered": ([answer("half an", "content_filter")], 1, "content_filter", {}),
    "unknown finish reason": ([answer("x", "eos_or_so")], 1, "odd_finish", {}),
    "silence": ([hang()], TRIES, "timeout", SHORT),
    "a byte now and then": ([drip], TRIES, "timeout", SHORT),
    "hangs up once": ([hang_up, answer()], 2, "answered", {}),
    "resets once": ([reset, answer()], 2, "answered", {}),
    "body too short once": ([short_body, answer()], 2, "answered", {}),
    "stream cut once": ([stream("{", reason=None), stream(GOOD)], 2, "answered", STREAMED),
    "stream cut for ever": ([stream("{", reason=None)], TRIES, "cut", STREAMED),
    "stream of no JSON": ([stream("{", reason=None, last=["{'a"])], TRIES, "malformed", STREAMED),
    "error in mid-stream": (
        [stream("{", reason=None, last=['{"error": {"code": 500}}']), stream(GOOD)],
        2,
        "answered",
        STREAMED,
    ),
    "stream filtered": ([stream("{", reason="content_filter")], 1, "content_filter", STREAMED),
}
assert len(FAULTS) >= 30


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_costs_the_planned_tries_and_no_other_case(server: FaultServer, name: str) -> None:
    script, tries, outcome, settings = FAULTS[name]
    good = stream(GOOD) if settings is STREAMED else answer()
    server.scripts = {"c01": script, "c00": [good], "c02": [good]}
    found = ask(server, ["c00", "c01", "c02"], **settings)
    assert server.seen.asked == {"c00": 1, "c01": tries, "c02": 1}
    assert len(found.waits) == tries - 1
    assert found.stopped == ""
    if outcome == "answered":
        assert found.answers["c01"].text == GOOD
        assert found.failed == {}
    else:
        assert found.failed.keys() == {"c01"}
        assert found.failed["c01"].startswith(f"{outcome}: ")
    assert {"c00", "c02"} <= found.answers.keys()


HOPELESS: dict[str, tuple[Fault, str]] = {
    "401": (status(401, "bad key"), "authentication: HTTP 401: bad key; http"),
    "402": (status(402), "quota: HTTP 402"),
    "429 for want of money": (status(429, QUOTA), "quota: HTTP 429: You exceeded"),
    "403": (status(403), "permission: HTTP 403"),
    "404": (status(404), "not_found: HTTP 404: told to; has http"),
    "a redirect": (status(307, Location="https://else.where/"), "redirect: HTTP 307: told to (to"),
}


@pytest.mark.parametrize("name", HOPELESS)
def test_what_no_case_can_mend_is_asked_once(server: FaultServer, name: str) -> None:
    fault, message = HOPELESS[name]
    server.otherwise = [fault]
    found = ask(server, ["c00", "c01", "c02"])
    assert server.seen.asked == {"c00": 1}
    assert found.stopped.startswith(message)


def test_a_server_that_is_not_there_is_named_with_the_command_that_starts_it() -> None:
    with serving() as server:
        pass
    found = ask(server, ["c00", "c01"], provider="vllm", start="vllm serve m")
    assert len(found.waits) == TRIES - 1
    assert found.stopped.startswith("connection: ConnectError")
    assert f"no server answers at {server.url}; start it: vllm serve m" in found.stopped


BUSY, DENIED = status(429, Retry_After="50"), status(401)


def later(fault: Fault) -> Fault:
    def run(handler: Handler) -> None:
        time.sleep(0.3)
        fault(handler)

    return run


@pytest.mark.parametrize(
    "scripts",
    [
        pytest.param({"c00": [BUSY], "c01": [later(DENIED)]}, id="it waits already"),
        pytest.param({"c00": [later(BUSY)], "c01": [DENIED]}, id="it is told so afterwards"),
    ],
)
def test_a_case_that_is_to_wait_for_another_try_does_not_hold_up_the_end(
    server: FaultServer, scripts: dict[str, list[Fault]]
) -> None:
    server.scripts = scripts
    began = time.monotonic()
    endpoint = Endpoint(model="m", base_url=server.url)
    engine = ApiEngine(Model(name="toy", type="api", endpoint=endpoint))
    prompts = [Prompt(case, (("user", f"Say {case}."),)) for case in ("c00", "c01")]
    with pytest.raises(EngineError, match="authentication"):
        engine.generate(prompts, lambda batch: None)
    assert time.monotonic() - began < 10
    assert server.seen.asked == {"c00": 1, "c01": 1}


def test_a_server_that_breaks_for_good_is_given_up_and_what_it_answered_kept(
    server: FaultServer,
) -> None:
    cases = [f"c{n:02d}" for n in range(20)]
    server.otherwise = [status(500)]
    server.scripts = {"c00": [answer()]}
    found = ask(server, cases)
    assert server.seen.asked == {"c00": 1} | dict.fromkeys(cases[1 : GIVE_UP + 1], TRIES)
    assert found.stopped == (
        "given up: 5 cases in a row got no answer, the last because of server: HTTP 500: told to "
        "(after 3 tries) (1 of 20 were answered and kept)"
    )


def test_prompts_that_a_filter_dislikes_do_not_bring_the_model_down(server: FaultServer) -> None:
    cases = [f"c{n:02d}" for n in range(12)]
    server.otherwise = [answer(None, "content_filter")]
    found = ask(server, cases)
    assert (len(found.failed), found.stopped) == (12, "")


def test_the_run_ends_at_its_deadline(server: FaultServer) -> None:
    server.scripts = {"c01": [hang()]}
    began = time.monotonic()
    found = ask(server, ["c00", "c01"], run_timeout_s=1.5)
    assert time.monotonic() - began < 15
    assert found.stopped == "the 1.5 s of `run_timeout_s` are over (1 of 2 were answered and kept)"


def test_an_answer_that_was_cut_is_an_answer(server: FaultServer) -> None:
    server.scripts = {"c00": [answer("{", "length")], "c01": [answer(None, "length")]}
    found = ask(server, ["c00", "c01"])
    assert [(each.text, each.finish_reason) for each in found.answers.values()] == [
        ("{", "length"),
        ("", "length"),
    ]


def test_an_answer_carries_what_the_server_told(server: FaultServer) -> None:
    prices = {"cost_per_1k_prompt": 1.0, "cost_per_1k_completion": 2.0}
    made = ask(server, ["c00"], **prices).answers["c00"]
    assert (made.prompt_tokens, made.completion_tokens, made.cost_usd) == (20, 5, 0.03)
    assert (made.served_model, made.fingerprint) == ("served-1", "fp_1")
    assert made.latency_s is not None
    assert (made.first_token_s, made.elapsed_s) == (None, made.latency_s)


def test_a_refusal_is_told_whole_and_once(server: FaultServer) -> None:
    deltas = [{"refusal": part} for part in ("I cannot ", "help with ", "that.")]
    chunks = [json.dumps({"choices": [{"index": 0, "delta": delta}]}) for delta in deltas]
    end = json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    server.scripts = {"c00": [stream(reason=None, last=[*chunks, end, "[DONE]"])]}
    server.otherwise = [answer(None, message={"refusal": "I cannot help with that."})]
    told = {"c00": "refused: I cannot help with that."}
    assert ask(server, ["c00"], stream=True).failed == told
    server.scripts = {}
    assert ask(server, ["c00"]).failed == told


def test_the_first_token_of_a_stream_is_timed(server: FaultServer) -> None:
    server.otherwise = [stream(*GOOD)]
    made = ask(server, ["c00"], stream=True).answers["c00"]
    assert (made.text, made.completion_tokens) == (GOOD, 5)
    assert made.first_token_s is not None
    assert made.latency_s is not None
    assert 0 < made.first_token_s < made.latency_s - 0.02 * (len(GOOD) - 2)
    assert server.seen.bodies[0]["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("usage", [None, {"prompt_tokens": -1, "completion_tokens": True}])
def test_tokens_that_nobody_counted_have_no_price(server: FaultServer, usage: Any) -> None:
    server.otherwise = [reply(completion(usage=usage))]
    made = ask(server, ["c00"], cost_per_1k_prompt=1.0, cost_per_1k_completion=1.0).answers["c00"]
    assert (made.prompt_tokens, made.completion_tokens, made.cost_usd) == (0, 0, None)


def test_waits_double_and_a_server_that_asks_for_one_gets_it(server: FaultServer) -> None:
    late = formatdate(time.time() + 20, usegmt=True)
    asked = [status(429, Retry_After="9"), status(503, Retry_After=late), status(503), answer()]
    server.scripts = {"c00": [status(500)] * 3 + [answer()], "c01": asked}
    assert ask(server, ["c00"], max_tries=4).waits == [0.5, 1.0, 2.0]
    seconds, until, own = ask(server, ["c01"], max_tries=4).waits
    assert (seconds, own) == (9.5, 2.0)
    assert 15 < until <= 20.5


def test_every_value_of_the_decoding_is_sent(server: FaultServer) -> None:
    ask(server, ["c00"], provider="vllm", extra_body={"skip_special_tokens": True})
    assert server.seen.bodies == [
        {
            "model": "m",
            "messages": [{"role": "user", "content": "Say c00."}],
            "temperature": 0.0,
            "top_p": 1.0,
            "seed": 0,
            "max_tokens": 256,
            "top_k": -1,
            "min_p": 0.0,
            "repetition_penalty": 1.0,
            "skip_special_tokens": True,
        }
    ]


def test_another_server_is_told_nothing_of_the_environment(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "of-another-server")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Key: of-another-server\nAuthorization: it, too")
    ask(server, ["c00"], provider="vllm")
    assert "of-another-server" not in str(server.seen.headers)
    assert "Authorization" not in server.seen.headers[0]
