"""Takes the one fence or the one preamble off a text that is not strict JSON.

What is left is judged by `suite.strict_json`; nothing here decides that a text is JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from suite.json_reasons import scalar_starts
from suite.json_tokens import JSON_SPACE

_FENCE = re.compile(r"`{3,}+|~{3,}+")
_LANGUAGE = re.compile(r"[ \t]*[\w+.-]+")
_NOT_PROSE = re.compile(r"[{}\[\]]|```|~~~")
_WORD = re.compile(r"[^\W_]")


def without_wrapping(text: str) -> Iterator[str]:
    r"""Yield what may be left of a text after taking off one thing around its value.

    Either one code fence that encloses the whole text, closed, its language word optional; or one
    preamble of prose. Prose has a word, no bracket, no fence, and no line that is a value: in
    `Here are 2 "rows":` the number and the string are prose. The value after a preamble starts at
    the first bracket, or is the last line: `Sure: 5` is all prose, `Sure:\n5` is not. A remark
    behind the value, or a fence and a preamble, are more than one thing or another one.
    """
    whole = text.strip(JSON_SPACE)
    if inner := _inside_fence(whole):
        yield inner
        if language := _LANGUAGE.match(inner):
            yield inner[language.end() :]
        return
    bracket = min((at for at in map(whole.find, "{[") if at >= 0), default=-1)
    for start in sorted({bracket, whole.rfind("\n") + 1}):
        if start > 0 and _is_prose(whole[:start]):
            yield whole[start:]


def _inside_fence(whole: str) -> str:
    fence = _FENCE.match(whole)
    if not fence or len(whole) < 2 * len(fence[0]) or not whole.endswith(fence[0]):
        return ""
    return whole[fence.end() : -len(fence[0])]


def _is_prose(preamble: str) -> bool:
    if _NOT_PROSE.search(preamble) or not _WORD.search(preamble):
        return False
    lines = (line.strip(JSON_SPACE + ",") for line in preamble.split("\n"))
    return not any(scalar_starts(line, 0, len(line)) for line in lines)
