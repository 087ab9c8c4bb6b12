"""Finds the answer of a worked solution: strictly (`#### N`) and flexibly (the final number).

How a number is written is read by `suite.math_number`; whether it is right is not known here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from suite.math_number import Number, find_first, find_last, plain_text, read_number

Reason = Literal["empty", "unfinished_thinking", "no_number", "unclear_number", "cut_off"]
"""Why no answer was found. `unfinished_thinking`: `<think>` was opened and never closed.
`unclear_number`: what stands there can be read in two ways or none, such as `12,50` or `14:58`.
`cut_off`: the tokens ran out right behind the number, which may have more digits."""

_THINK, _THOUGHT = "<think>", "</think>"
_RUN_ON = re.compile(
    r"""
    (?<![^\W_]) Q (?:uestion)? [ \t]* \d*+ (?:\*\*)? [ \t]* :           # also within a line
    | ^ [ \t>*_#]*+ (?: Question | Problem | Exercise | User | Human ) [ \t]* \d*+ [*_]*+ [ \t]* :
    | ^ \#{1,6} [ \t]* (?: Question | Problem | Exercise ) \b
    | <\|\w{1,40}\|> | </s> | \[INST\]                                  # turns of a template
    """,
    re.VERBOSE | re.MULTILINE,
)
# the rest of the pattern is for speed: a model may write nothing but ####
_MARK = re.compile(r"(?<!#)####(?=[^#\n]{0,20}?[\d¼-¾⅐-⅞])")
_LONGEST_LINE = 200
"""Of what follows `####`; the number is its first word."""
_BEFORE_STATED = re.compile(r"[ \t*_$€£¥₹+\-–(=]*(?:\\f?boxed\{[ $\-]*)?")  # noqa: RUF001
_HEADING = re.compile(r"[.)][ \t]+[^\W\d]")
"""Behind a number: `#### 1. Find the total` is a heading of Markdown."""
_STRICT = re.compile(r" -?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+|/[0-9]+)?")
_BOXED = re.compile(r"\\f?boxed\s*\{([^}]*)")


@dataclass(frozen=True, slots=True)
class Extraction:
    """One way of finding the answer in a text."""

    value: Fraction | None
    reason: Reason | None = None
    """Why there is no value; None: there is one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a text, found in both ways; where `strict` has a value, `flexible` has it."""

    strict: Extraction
    flexible: Extraction


def find_answer(text: str, finish_reason: str | None = None) -> Answer:
    r"""Find the answer of a worked solution.

    What counts is the text behind the last `</think>` (models that think aloud), up to the first
    marker of a further question (`Q:`, `Question:`, `### Problem`, a template's next turn): models
    that do not end their turn go on with a question of their own, whose answer must not win. A
    marker counts once there is a digit before it, so that an answer may open with the question.

    In that, the first `####` with a number right behind it states the answer and ends it, as in
    GSM8K's own reader (the first match of `#### (\-?[0-9\.\,]+)`; openai/grade-school-math).
    `strict` finds nothing else, and wants plain digits, one space before them. `flexible` takes the
    number of that line in any spelling, else of the last `\boxed{…}`, else the final number, as the
    flexible-extract of lm-evaluation-harness.

    Args:
        text: A completion, or anything else. Takes time linear in its length.
        finish_reason: With `length`, a number that touches the end of the text is no answer.

    Returns:
        Both extractions. It never raises.
    """
    answer, left = _cut(text)
    if answer is None:
        return _nothing("unfinished_thinking")
    if not answer.strip():
        return _nothing("empty")
    is_open = finish_reason == "length" and not left
    if (stated := _find_stated(answer, is_open)) is not None:
        return stated
    return Answer(Extraction(None, "no_number"), _find_final(answer, is_open))


def read_expected(value: Any) -> Fraction | None:
    """Return the number that is expected; None where there is none to be read.

    Args:
        value: A number, a text that is one, or a worked solution with `#### N`.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Fraction(value)
    if isinstance(value, float):
        return read_number(repr(value))  # the shortest decimal, which is what was written
    if not isinstance(value, str):
        return None
    return find_answer(value).strict.value if "####" in value else read_number(value)


def _nothing(reason: Reason) -> Answer:
    return Answer(Extraction(None, reason), Extraction(None, reason))


def _cut(text: str) -> tuple[str | None, bool]:
    """Return what counts of a text, None where it never began, and whether its end was cut off."""
    answer = text.rpartition(_THOUGHT)[2]  # all of it where nobody thinks
    if _THINK in answer:
        return None, False
    first = re.search(r"\d", answer)
    if first and (run_on := _RUN_ON.search(answer, first.end())):
        return answer[: run_on.start()], True
    return answer, False


def _find_stated(answer: str, is_open: bool) -> Answer | None:
    """Return what the first `####` with a number right behind it states; None: there is none."""
    for mark in _MARK.finditer(answer):
        raw = answer[mark.end() : mark.end() + _LONGEST_LINE].split("\n", 1)[0]
        line = plain_text(f"####{raw}")
        number = find_first(line)
        if number is None or not _BEFORE_STATED.fullmatch(line, 4, number.start):
            continue
        if _HEADING.match(line, number.end):
            continue
        at_end = number.end == len(line) and mark.end() + len(raw) == len(answer)
        flexible = _settle(number, is_open and at_end)
        plain = _STRICT.match(raw)
        if flexible.value is None or not plain or 4 + plain.end() != number.end:
            return Answer(Extraction(None, flexible.reason or "no_number"), flexible)
        return Answer(flexible, flexible)
    return None


def _find_final(answer: str, is_open: bool) -> Extraction:
    text = plain_text(answer)
    for boxed in reversed(_BOXED.findall(text)):
        if (number := find_last(boxed)) is not None:
            return _settle(number, False)
    final = find_last(text)
    if final is None:
        return Extraction(None, "no_number")
    return _settle(final, is_open and final.end == len(text))


def _settle(number: Number, may_go_on: bool) -> Extraction:
    if may_go_on:
        return Extraction(None, "cut_off")
    return Extraction(number.value, None if number.value is not None else "unclear_number")
