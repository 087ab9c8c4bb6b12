"""Label probabilities of a server: what it tells, and what is asked where it tells nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import exp, log
from typing import Any

import pytest

from fixtures.api_engine import ApiEngine
from fixtures.api_retry import Pace
from fixtures.model import Endpoint, Model, Prompt
from suite.batch_format import read_answer
from suite.generation import Generation
from suite.label_logprobs import read_labels
from tests.fault_server import (
    Fault,
    FaultServer,
    Handler,
    Seen,
    answer,
    serving,
    status,
    stream,
)

LABELS = ("0", "1")


def place(token: str, **shares: float) -> dict[str, Any]:
    """Return what a server says of one token; `_1` is the token `1`, `__1` is ` 1`."""
    others = [
        {"token": name[1:].replace("_", " "), "logprob": log(share)}
        for name, share in shares.items()
    ]
    return {"token": token, "logprob": log(0.5), "top_logprobs": others}


def read(*places: Any, text: str = "1") -> Generation:
    return read_labels(Generation(text, "stop"), {"content": list(places)}, LABELS)


def shares(generation: Generation) -> dict[str, float]:
    return {each.label: round(each.probability, 9) for each in generation.label_probabilities}


def test_the_likelier_label_of_the_first_token_is_the_answer() -> None:
    found = read(place("1", _1=0.5, _0=0.2, _2=0.1), place(".", _0=0.9), text="1.")
    assert (found.text, shares(found)) == ("1", {"0": 0.2, "1": 0.5})


def test_spellings_of_one_label_are_added_up() -> None:
    found = read(place("1", _1=0.3, __1=0.2, _0=0.25, __0=0.2, **{"_\u01201": 0.02}))
    assert shares(found) == {"0": 0.45, "1": 0.52}


def test_a_blank_token_before_the_answer_is_passed_over() -> None:
    assert shares(read(place("\n", _1=0.9), place("0", _0=0.6, _1=0.4), text="\n0")) == {
        "0": 0.6, "1": 0.4,
    }  # fmt: skip


@pytest.mark.parametrize("logprob", [-(10**400), -1e9, float("-inf")], ids=["int", "float", "inf"])
def test_a_label_that_is_as_good_as_impossible_has_no_probability(logprob: float) -> None:
    chosen = {"token": "1", "logprob": -0.5, "top_logprobs": [{"token": "0", "logprob": logprob}]}
    found = shares(read(chosen))
    assert found == {"0": 0.0, "1": round(exp(-0.5), 9)}


def test_the_token_that_was_chosen_counts_where_the_list_lacks_it() -> None:
    assert shares(read({"token": "1", "logprob": log(0.7)})) == {"0": 0.0, "1": 0.7}


@pytest.mark.parametrize(
    "logprobs",
    [
        None, {}, {"content": None}, {"content": []}, {"content": [{}]}, {"content": [None]}, "x",
        {"content": [{"token": "The", "top_logprobs": [{"token": "A", "logprob": -1.0}]}]},
        {"content": [{"token": "1", "logprob": "high", "top_logprobs": 3}]},
        {"content": [{"token": "1", "logprob": True}]},
        {"content": [{"token": "1", "logprob": float("nan")}]},
    ],
)  # fmt: skip
def test_what_says_nothing_of_a_label_leaves_the_answer_as_it_was(logprobs: Any) -> None:
    generation = Generation("1, I think", "stop")
    assert read_labels(generation, logprobs, LABELS) == generation
    good = {"content": [place("1", _1=0.9)]}
    assert read_labels(generation, good, ()) == generation  # a task without labels


@pytest.fixture(scope="module")
def shared() -> Iterator[FaultServer]:
    with serving() as server:
        yield server


def said(text: str, *places: Any) -> Fault:
    logprobs = {"content": list(places)} if places else None
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": logprobs}
    return answer(choices=[choice])


def streamed_said(text: str, *places: Any) -> Fault:
    choice = {"index": 0, "delta": {"content": text}, "logprobs": {"content": list(places)}}
    end = {"index": 0, "delta": {}, "finish_reason": "stop"}
    head = {"id": "x", "object": "chat.completion.chunk", "model": "m"}
    chunks = [json.dumps(head | {"choices": [each]}) for each in (choice, end)]
    return stream(reason=None, last=[*chunks, "[DONE]"])


def ask(
    server: FaultServer,
    *script: Fault,
    cases: int = 1,
    labels: tuple[str, ...] = LABELS,
    **settings: Any,
) -> list[Generation]:
    server.otherwise, server.seen = script, Seen()
    endpoint = Endpoint(model="m", base_url=server.url, request_timeout_s=20.0, **settings)
    answers: list[Generation] = []

    async def wait(seconds: float) -> None:
        pass

    engine = ApiEngine(Model(name="toy", type="api", endpoint=endpoint), pace=Pace(sleep=wait))
    prompts = [Prompt(f"c{n:02d}", (("user", f"c{n:02d}"),), labels=labels) for n in range(cases)]
    engine.generate(prompts, lambda batch: answers.extend(each for _, each in batch.rows))
    return answers


def asked(server: FaultServer) -> list[int | None]:
    return [
        body.get("top_logprobs") if body.get("logprobs") else None for body in server.seen.bodies
    ]


@pytest.mark.parametrize("streamed", [False, True])
def test_the_api_engine_asks_for_log_probabilities_and_reads_them(
    shared: FaultServer, streamed: bool
) -> None:
    say = streamed_said if streamed else said
    (found,) = ask(shared, say("1", place("1", _0=0.3, _1=0.6)), stream=streamed)
    assert (found.text, shares(found)) == ("1", {"0": 0.3, "1": 0.6})
    assert asked(shared) == [20]


def test_without_log_probabilities_the_generated_label_is_the_answer(shared: FaultServer) -> None:
    (found,) = ask(shared, said("0"))
    assert (found.text, found.label_probabilities) == ("0", ())


def test_a_server_that_tells_of_fewer_or_none_is_asked_for_less_from_then_on(
    shared: FaultServer,
) -> None:
    def picky(handler: Handler) -> None:
        if handler.body.get("logprobs"):
            status(400, "logprobs are not supported by this model")(handler)
        else:
            said("1")(handler)

    found = ask(shared, picky, cases=3, max_in_flight=1)
    assert [each.text for each in found] == ["1", "1", "1"]
    assert asked(shared) == [20, 5, None, None, None]

    def few(handler: Handler) -> None:
        most = handler.body["top_logprobs"]
        refuse = status(400, "Invalid value for 'top_logprobs': at most 5")
        (refuse if most > 5 else said("0", place("0", _0=0.8)))(handler)

    found = ask(shared, few, cases=2, max_in_flight=1)
    assert [shares(each) for each in found] == [{"0": 0.8, "1": 0.0}] * 2
    assert asked(shared) == [20, 5, 5]


def test_an_entry_may_leave_log_probabilities_out(shared: FaultServer) -> None:
    (found,) = ask(shared, said("1"), omit=("logprobs",))
    assert (found.text, asked(shared)) == ("1", [None])


@pytest.mark.parametrize(
    ("labels", "omit"), [((), ()), (LABELS, ("logprobs",))], ids=["text", "omitted"]
)
def test_what_an_entry_itself_asks_for_is_not_taken_out(
    shared: FaultServer, labels: tuple[str, ...], omit: tuple[str, ...]
) -> None:
    refused = status(400, "top_logprobs wants logprobs")
    extra = {"top_logprobs": 5}
    assert ask(shared, refused, labels=labels, omit=omit, extra_body=extra) == []
    assert [body["top_logprobs"] for body in shared.seen.bodies] == [5]


def test_a_batch_answer_has_them_too() -> None:
    choice = {"message": {"content": "1"}, "finish_reason": "stop"}
    choice["logprobs"] = {"content": [place("1", _0=0.3, _1=0.6)]}
    for task, want in (("verifier", {"0": 0.3, "1": 0.6}), ("format", {})):
        row = {
            "custom_id": f"{task}-c_1-{'0' * 16}",
            "response": {"status_code": 200, "body": {"choices": [choice]}},
        }
        generation = read_answer(row).generation
        assert generation is not None
        assert shares(generation) == want
