"""The parts of asking a server that need none: replies, waits, changes among answers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.api_retry import Pace, read_retry_after
from fixtures.api_trouble import of_status
from suite.batch_format import read_answer
from suite.chat_reply import read_completion
from suite.generation import Generation
from suite.run import CaseResult
from suite.served import describe_unanswered, note_served
from tests.fault_server import completion
from tests.run_records import make_result, make_run

NOON = 1_700_000_000.0
"""Tue, 14 Nov 2023 22:13:20 GMT."""


@pytest.mark.parametrize("status", [408, 502, 504])
def test_a_gateway_that_gave_up_waiting_may_leave_a_bill(status: int) -> None:
    assert of_status(status, "", {}).tokens is None


@pytest.mark.parametrize("status", [307, 400, 401, 404, 413, 429, 500, 503, 529])
def test_what_was_turned_away_costs_nothing(status: int) -> None:
    assert of_status(status, "", {}).tokens == (0, 0)


def test_a_batch_says_that_a_model_refused() -> None:
    body = completion(None, message={"refusal": "I cannot."})
    found = read_answer({"custom_id": "x", "response": {"status_code": 200, "body": body}})
    assert (found.generation, found.message) == (None, "refused: I cannot.")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        (" 2.5 ", 2.5),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30.0),
        ("Tue, 14 Nov 2023 22:13:00 GMT", 0.0),
        ("Tuesday, 14-Nov-23 22:13:50 GMT", 30.0),
        ("-3", None),
        ("soon", None),
        ("", None),
        ("inf", None),
        ("1e999", None),
        ("nan", None),
        (None, None),
    ],
)
def test_a_wait_that_is_asked_for_is_read_in_seconds_or_as_a_date(
    value: str | None, seconds: float | None
) -> None:
    assert read_retry_after(value, NOON) == seconds


@given(failed=st.integers(1, 10_000), asked=st.none() | st.text() | st.integers().map(str))
def test_no_wait_is_negative_or_longer_than_its_bound(failed: int, asked: str | None) -> None:
    pace = Pace()
    assert 0 <= pace.wait_s(failed, asked) <= pace.most_asked_s + pace.first_s


def test_waits_are_drawn_from_nothing_to_a_bound_that_doubles() -> None:
    low, high = Pace(draw=lambda low, high: low), Pace(draw=lambda low, high: high)
    assert [high.wait_s(failed, None) for failed in (1, 2, 3, 7, 99)] == [0.5, 1, 2, 30, 30]
    assert low.wait_s(5, None) == 0
    assert high.wait_s(1, "86400") == 60.5
    assert asyncio.iscoroutinefunction(high.sleep)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = ["choices", "message", "content", "finish_reason", "usage", "error", "model", "refusal"]
bodies = st.recursive(
    json_values,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from([*KEYS, "code", "tool_calls"]), inner, max_size=6)
    ),
    max_leaves=12,
)


@given(body=bodies)
def test_any_body_is_an_answer_or_names_what_it_is_instead(body: Any) -> None:
    reply = read_completion(body)
    assert (reply.generation is None) == (reply.kind is not None)
    if reply.generation is not None:
        assert isinstance(reply.generation.text, str)
        assert reply.generation.prompt_tokens >= 0


@given(reason=st.sampled_from(["stop", "length", None]) | json_values, text=json_values)
def test_only_a_whole_text_is_an_answer(reason: Any, text: Any) -> None:
    reply = read_completion(completion(text, reason))
    whole = reason in ("stop", "length", None) and isinstance(text, str)
    assert (reply.generation is not None) == (whole or (text is None and reason == "length"))


def served(case: str, model: str | None, fingerprint: str | None = None) -> CaseResult:
    made = Generation("{}", "stop", served_model=model, fingerprint=fingerprint)
    return replace(make_result(case, passed=True), generation=made)


def test_a_change_of_the_server_among_the_answers_is_noted() -> None:
    results = [served("a", "m-1", "fp_1"), served("b", "m-2", "fp_1"), served("c", "m-2", "fp_1")]
    (record,) = note_served(make_run(*results)).models.values()
    assert record.environment["served_models"] == {"m-1": 1, "m-2": 2}
    assert record.environment["fingerprints"] == {"fp_1": 3}
    assert record.notes == ("the server's model changed among these answers: m-1 (1), m-2 (2)",)


def test_a_server_that_stays_the_same_is_recorded_without_a_note() -> None:
    (record,) = note_served(make_run(served("a", "m", "f"), served("b", "m", "f"))).models.values()
    assert (record.environment["fingerprints"], record.notes) == ({"f": 2}, ())


def test_models_that_no_server_answered_for_are_left_alone() -> None:
    run = make_run(served("a", None))
    assert note_served(run) == run


def test_requests_without_an_answer_are_counted_by_kind() -> None:
    reasons = ["timeout: no whole answer", "content_filter: x", "timeout: y"]
    assert describe_unanswered(reasons) == [
        "3 requests got no answer: 2 timeout, 1 content_filter; the tests say which, and the next "
        "run asks again"
    ]
    assert describe_unanswered([]) == []
