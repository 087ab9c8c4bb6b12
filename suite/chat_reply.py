"""Reads one answer of a chat completions server: a generation, or what it is instead, by name.

The one reader of such bodies: the `api` engine and the import of batches both use it. What is
asked again, and what fails a case, is decided where the request was made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from suite.generation import Generation

NoAnswer = Literal[
    "malformed",
    "error",
    "content_filter",
    "refused",
    "tool_call",
    "odd_finish",
    "no_text",
]
"""Why a body is no answer. `malformed`: not what the interface says; `error`: it says so itself."""

_MOST = 200
_LARGEST = 2**53
_TOOL_REASONS = ("tool_calls", "function_call")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a body says."""

    generation: Generation | None = None
    kind: NoAnswer | None = None
    """None: it is an answer."""
    message: str = ""
    """For people, where it is none."""
    status: int | None = None
    """Of `error`: the status that the body itself names, as some gateways do beside a 200."""
    tokens: tuple[int, int] | None = None
    """Of prompt and completion, as the server counted; None: it did not say."""
    logprobs: Any = None
    """Of an answer's tokens, as the server sent them (`suite.label_logprobs` reads them)."""


def read_completion(body: Any) -> Reply:
    """Read a chat completion object.

    An answer that ran out of tokens is an answer: what it is worth is the scorer's business.

    Args:
        body: Parsed JSON of any kind.

    Returns:
        With a generation if and only if the model's turn is all there.
    """
    if not isinstance(body, dict):
        return Reply(kind="malformed", message=f"expected an object, got {type(body).__name__}")
    tokens = _read_usage(body.get("usage"))
    choices = body.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        if (error := body.get("error")) is not None:
            return Reply(kind="error", message=describe_error(error), status=_status_of(error))
        return Reply(kind="malformed", message="the response holds no choice", tokens=tokens)
    message, reason = choice.get("message"), choice.get("finish_reason")
    message = message if isinstance(message, dict) else {}
    if (trouble := _find_trouble(message, reason)) is not None:
        kind, words = trouble
        return Reply(kind=kind, message=words, tokens=tokens)
    prompt_tokens, completion_tokens = tokens or (0, 0)
    generation = Generation(
        text=message.get("content") or "",
        finish_reason="length" if reason == "length" else "stop",
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        served_model=_name(body.get("model")),
        fingerprint=_name(body.get("system_fingerprint")),
    )
    return Reply(generation, tokens=tokens, logprobs=choice.get("logprobs"))


def describe_error(error: Any) -> str:
    """Return the message of an error object, however it is wrapped, cut to a line's length."""
    if isinstance(error, dict):
        inner = error.get("error", error)  # vLLM wraps it once more
        found = inner.get("message") or inner.get("code") if isinstance(inner, dict) else inner
        error = found or error
    return (str(error) if error is not None else "no reason given")[:_MOST]


def _find_trouble(message: Mapping[str, Any], reason: Any) -> tuple[NoAnswer, str] | None:
    """Return why a choice is not the whole text of a turn, None when it is."""
    text = message.get("content")
    if reason == "content_filter":
        return "content_filter", "finish_reason 'content_filter': not a whole answer"
    if reason in _TOOL_REASONS or message.get("tool_calls") or message.get("function_call"):
        return "tool_call", "a tool call, and no tool was offered"
    if reason not in ("stop", "length", None):
        return "odd_finish", f"finish_reason {reason!r:.40}: not a whole answer"
    if isinstance(text, str):
        return None
    if isinstance(refusal := message.get("refusal"), str):
        return "refused", refusal[:_MOST]
    if text is not None:
        return "malformed", f"the content is no text: {text!r:.80}"
    if reason == "length":
        return None  # all tokens went into reasoning that is not shown: an empty answer, cut
    return "no_text", "the message has no text"


def _read_usage(usage: Any) -> tuple[int, int] | None:
    if not isinstance(usage, dict):
        return None
    counts = [usage.get("prompt_tokens"), usage.get("completion_tokens")]
    good = [
        count if isinstance(count, int) and not isinstance(count, bool) else -1 for count in counts
    ]
    return (good[0], good[1]) if all(0 <= count <= _LARGEST for count in good) else None


def _status_of(error: Any) -> int | None:
    code = error.get("code") if isinstance(error, dict) else None
    known = isinstance(code, int) and not isinstance(code, bool) and 400 <= code < 600
    return code if known else None


def _name(value: Any) -> str | None:
    return value[:_MOST] if isinstance(value, str) and value else None
