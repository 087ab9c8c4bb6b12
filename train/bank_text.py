"""The small language of the banks `extraction_*` and `qa_*`: choices, conditions and slots.

`[a|b]` is one of its alternatives, `[?slot a|b||c]` is `a` or `b` where the slot is true or there
and else `c`, `[=slot x: a|b||y: c]` depends on the slot's choice, `{slot}` is the slot's text and
`{slot.part}` a part of it. Inner brackets are settled first.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

from train.spoken import Spoken

_BRACKETS = re.compile(r"\[([?=]\w+ [^\[\]]*|[^\[\]]*\|[^\[\]]*)\]")
_SLOT = re.compile(r"(?:\b([Aa]) )?\{(\w+)(?:\.(\w+))?\}")
_TAKES_AN = re.compile(r"[aeio]|u(?!ni|se)", re.IGNORECASE)
_GAPS = re.compile(r"(?<=\S)[ \t]{2,}(?=\S)|[ \t]+(?=\n|$)")


def said(rng: random.Random, text: str, values: Mapping[str, Spoken | None]) -> str:
    """Write a text of a bank out.

    Args:
        rng: Chooses among alternatives.
        text: In the language above.
        values: By slot; None: the slot is not there.
    """
    while (found := _BRACKETS.search(text)) is not None:
        text = f"{text[: found.start()]}{_settle(rng, found[1], values)}{text[found.end() :]}"
    return _GAPS.sub(_one_gap, fill(text, values)).strip()


def _one_gap(gap: re.Match[str]) -> str:
    at_end = gap.end() == len(gap.string) or gap.string[gap.end()] == "\n"
    return "" if at_end else " "


def _settle(rng: random.Random, inside: str, values: Mapping[str, Spoken | None]) -> str:
    if inside[0] == "?":
        name, body = inside[1:].split(" ", 1)
        value = values[name]
        there = value is not None and value.json is not False
        groups = body.split("||")
        group = groups[0] if there else groups[1] if len(groups) > 1 else ""
    elif inside[0] == "=":
        name, body = inside[1:].split(" ", 1)
        value = values[name]
        assert value is not None, name
        by_choice = dict(part.strip().split(": ", 1) for part in body.split("||"))
        group = by_choice[str(value.json)]
    else:
        group = inside
    return rng.choice(group.split("|"))


def fill(text: str, values: Mapping[str, Spoken | None]) -> str:
    """Fill all slots at once, so that a value that looks like a slot stays a value.

    An `a` before a slot becomes `an` where the value wants it.
    """

    def write(slot: re.Match[str]) -> str:
        article, name, part = slot.groups()
        value = values[name]
        assert value is not None, f"{slot[0]} is not there"
        assert value.text, f"{slot[0]} has no words of its own"
        shown = value.text if part is None else str(value.parts[part])
        if article is None:
            return shown
        return f"{article}{'n' if _TAKES_AN.match(shown) else ''} {shown}"

    return _SLOT.sub(write, text)


def slots_of(text: str) -> set[str]:
    """The names of the slots that are still to be filled in a text without brackets."""
    return {slot[2] for slot in _SLOT.finditer(text)}
