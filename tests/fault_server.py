"""A server on this machine that speaks chat completions, and breaks as it is told to.

Each case has a script: one fault a request, the last one repeated. What was asked, how many
requests were in flight, and how many tokens were handed out is counted here and nowhere else.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GOOD = '{"n": 1}'
CASE = re.compile(r"\bc\d\d\b")

Fault = Callable[["Handler"], None]


@dataclass
class Seen:
    """What the server noted; read it after the requests."""

    asked: Counter[str] = field(default_factory=Counter)
    """Requests by case id."""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    """Case ids, when the last byte of a good answer was sent."""
    tokens: int = 0
    """Of prompts and completions that were answered."""
    in_flight: int = 0
    most_in_flight: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Handler(BaseHTTPRequestHandler):
    """Answers one request by the script of its case."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each reply waits 40 ms between its head and its body
    server: FaultServer

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.body: dict[str, Any] = json.loads(self.rfile.read(length))
        seen = self.server.seen
        found = CASE.search(self.body["messages"][-1]["content"])
        self.case = found[0] if found else ""
        with seen.lock:
            seen.in_flight += 1
            seen.most_in_flight = max(seen.most_in_flight, seen.in_flight)
            script = self.server.script(self.case)
            fault = script[min(seen.asked[self.case], len(script) - 1)]
            seen.asked[self.case] += 1
            seen.bodies.append(self.body)
            seen.headers.append(dict(self.headers))
        left = threading.Event()
        self.leave = lambda: self._leave(left)  # before the last byte: then the client may go on
        try:
            time.sleep(self.server.delay_s)
            fault(self)
        except (BrokenPipeError, ConnectionResetError):
            pass
        finally:
            self.leave()

    def _leave(self, left: threading.Event) -> None:
        with self.server.seen.lock:
            if not left.is_set():
                left.set()
                self.server.seen.in_flight -= 1

    def send(
        self, data: bytes, status: int = 200, kind: str = "application/json", **headers: str
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.leave()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class FaultServer(ThreadingHTTPServer):
    """Listens on a port of its own; `scripts` may be changed between runs."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, scripts: Mapping[str, Sequence[Fault]] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.scripts: dict[str, Sequence[Fault]] = dict(scripts or {})
        self.otherwise: Sequence[Fault] = (answer(),)
        self.seen = Seen()
        self.delay_s = 0.0

    def script(self, case: str) -> Sequence[Fault]:
        return self.scripts.get(case, self.otherwise)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


@contextmanager
def serving(scripts: Mapping[str, Sequence[Fault]] | None = None) -> Iterator[FaultServer]:
    server = FaultServer(scripts)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def completion(text: Any = GOOD, reason: Any = "stop", **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": text} | more.pop("message", {})
    return {
        "id": "x",
        "object": "chat.completion",
        "model": "served-1",
        "system_fingerprint": "fp_1",
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25},
    } | more


def answer(text: Any = GOOD, reason: Any = "stop", **more: Any) -> Fault:
    """A completion; the tokens of its usage are counted as handed out."""

    def run(handler: Handler) -> None:
        body = completion(text, reason, **more)
        usage = body.get("usage") or {}
        with handler.server.seen.lock:
            handler.server.seen.tokens += usage.get("total_tokens", 0)
            handler.server.seen.answered.append(handler.case)
        handler.send(json.dumps(body).encode())

    return run


def reply(data: Any, kind: str = "application/json") -> Fault:
    """Status 200 with anything: bytes as they are, everything else as JSON."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return lambda handler: handler.send(raw, kind=kind)


def status(code: int, error: Any = None, **headers: str) -> Fault:
    body = {"error": error if isinstance(error, dict) else {"message": error or "told to"}}
    return lambda handler: handler.send(json.dumps(body).encode(), code, **headers)


def hang(seconds: float = 30.0) -> Fault:
    """Say nothing for a while, or until the server is told to stop."""
    return lambda handler: time.sleep(seconds)


def drip(handler: Handler) -> None:
    """A byte now and then: no single read ever takes long."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def hang_up(handler: Handler) -> None:
    """Close without a word."""
    handler.close_connection = True


def reset(handler: Handler) -> None:
    """Break the connection off: the client sees a reset, not an end."""
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.close_connection = True


def short_body(handler: Handler) -> None:
    """Announce more bytes than come."""
    data = json.dumps(completion()).encode()
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(data) + 100))
    handler.end_headers()
    handler.wfile.write(data)
    handler.close_connection = True


def stream(*parts: str, reason: str | None = "stop", last: Sequence[str] = ()) -> Fault:
    """Server-sent events; without a reason the stream is cut."""

    def run(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        handler.close_connection = True
        for part in parts:
            _event(handler, {"choices": [{"index": 0, "delta": {"content": part}}]})
            time.sleep(0.02)
        if reason is not None:
            _event(handler, {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
            _event(handler, {"choices": [], "usage": completion()["usage"]})
            handler.wfile.write(b"data: [DONE]\n\n")
        for line in last:
            handler.wfile.write(f"data: {line}\n\n".encode())

    return run


def _event(handler: Handler, data: dict[str, Any]) -> None:
    head = {"id": "x", "object": "chat.completion.chunk", "model": "served-1"}
    handler.wfile.write(f"data: {json.dumps(head | data)}\n\n".encode())
    handler.wfile.flush()
