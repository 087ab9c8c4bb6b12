"""A reply that never ends is given up before it fills the memory, whatever its status and form."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from fixtures.api_engine import ApiEngine
from fixtures.engine import Batch, EngineError
from fixtures.model import Endpoint, Model, Prompt
from tests.fault_server import Fault, FaultServer, Handler, serving

MOST = 32 * 2**20
SENT = 3 * MOST
PIECE = 2**18


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with serving() as found:
        yield found


def endless(status: int, start: bytes, piece: bytes, taken: list[int]) -> Fault:
    """Send pieces for as long as the other side takes them, `SENT` bytes at most."""

    def run(handler: Handler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", "text/event-stream" if status == 200 else "text/plain")
        handler.end_headers()
        handler.close_connection = True
        handler.wfile.write(start)
        while taken[0] < SENT:
            handler.wfile.write(piece)
            taken[0] += len(piece)

    return run


def event(delta: dict[str, str]) -> bytes:
    token = {"token": "x" * 4000, "logprob": -1.0, "top_logprobs": []}
    choice = {"index": 0, "delta": delta, "logprobs": {"content": [token] * 60}}
    head = {"id": "x", "object": "chat.completion.chunk", "model": "m"}
    return f"data: {json.dumps(head | {'choices': [choice]})}\n\n".encode()


@pytest.mark.parametrize(
    ("status", "stream", "start", "piece", "outcome"),
    [
        (200, False, b'{"choices": ["', b"x" * PIECE, "malformed: "),
        (500, False, b"", b"x" * PIECE, "server: HTTP 500: xxx"),
        (401, False, b"", b"x" * PIECE, "authentication: HTTP 401: xxx"),
        (200, True, b"", event({}), "malformed: "),
        (200, True, b'data: "', b"x" * PIECE, "malformed: "),
    ],
    ids=["answer", "broken", "refused", "stream of logprobs", "stream of one line"],
)
def test_an_endless_reply_is_given_up(
    server: FaultServer, status: int, stream: bool, start: bytes, piece: bytes, outcome: str
) -> None:
    taken, failed = [0], []
    server.otherwise = [endless(status, start, piece, taken)]
    endpoint = Endpoint(model="m", base_url=server.url, stream=stream, max_tries=1)
    engine = ApiEngine(Model(name="toy", type="api", endpoint=endpoint))

    def take(batch: Batch) -> None:
        failed.extend(why for _, why in batch.failed)

    try:
        engine.generate([Prompt("c00", (("user", "Say c00."),))], take)
    except EngineError as error:
        failed.append(str(error))
    assert failed[0].startswith(outcome)
    assert len(failed[0]) < 1000
    assert MOST <= taken[0] < 2 * MOST  # what lies in the sockets besides
