"""The OpenAI batch format, which `vllm run-batch` reads and writes too: a request or answer a line.

https://platform.openai.com/docs/api-reference/batch and vLLM's `entrypoints/openai/run_batch.py`.
Which cases are asked, and what becomes of the answers, is decided elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from suite.case import Case
from suite.chat_reply import describe_error, read_completion
from suite.generation import Generation
from suite.label_logprobs import read_labels
from suite.tasks import TASKS

URL = "/v1/chat/completions"
_CUSTOM_ID = re.compile(r"([a-z0-9_]+)-([a-z0-9_]+)-([0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class AskedCase:
    """What a custom id says."""

    task: str
    case_id: str
    case_hash: str


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """What came back for one request."""

    custom_id: str
    generation: Generation | None
    """None: an error."""
    message: str = ""
    """Of the error."""


def custom_id(case: Case) -> str:
    """Return the id of the request of a case: no two cases of a task share one."""
    return f"{case.task}-{case.id}-{case.hash}"  # ids hold no `-`


def read_custom_id(text: str) -> AskedCase | None:
    """Return what a custom id of ours says, None for any other."""
    match = _CUSTOM_ID.fullmatch(text)
    return AskedCase(match[1], match[2], match[3]) if match else None


def make_request(case: Case, model: str, sampling: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request line of a case.

    Args:
        case: Its messages are sent as they are; the server applies its own chat template.
        model: What the server calls the model.
        sampling: `temperature`, `max_tokens` and what else the body says.
    """
    body = make_body([(each.role, each.content) for each in case.messages], model, sampling)
    return {"custom_id": custom_id(case), "method": "POST", "url": URL, "body": body}


def make_body(
    messages: Iterable[tuple[str, str]], model: str, sampling: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the body of a request: role and content of each turn, and how to answer."""
    turns = [{"role": role, "content": content} for role, content in messages]
    return {"model": model, "messages": turns, **sampling}


def read_answer(row: Mapping[str, Any]) -> BatchAnswer:
    """Read a line of an output or error file; whatever is no complete answer is an error of it.

    Raises:
        ValueError: It is no line of such a file.
    """
    name = row.get("custom_id")
    if not isinstance(name, str) or not ("response" in row or "error" in row):
        raise ValueError("expected custom_id with response or error: a line of a batch output file")
    response, error = row.get("response"), row.get("error")
    response = response if isinstance(response, dict) else {}
    status, body = response.get("status_code"), response.get("body")
    if error is not None or status not in (200, None) or not isinstance(body, dict):
        inner = body.get("error") if isinstance(body, dict) else None
        what = describe_error(error if error is not None else inner)
        return BatchAnswer(name, None, f"the server answered {status}: {what}")
    reply = read_completion(body)
    asked, generation = read_custom_id(name), reply.generation
    if generation is not None and asked is not None and asked.task in TASKS:
        generation = read_labels(generation, reply.logprobs, TASKS[asked.task].labels)
    words = f"refused: {reply.message}" if reply.kind == "refused" else reply.message
    return BatchAnswer(name, generation, words)
