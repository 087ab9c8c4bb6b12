"""Whole prompts of the format task, built from facts, phrase banks and layouts.

The answer of every row here is one bare JSON object; `train/habits.py` spoils it for the base.
"""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any, Literal

from train.breakage import break_json
from train.facts import make_facts
from train.layouts import list_keys, show_schema
from train.objects import Facts, load_phrases
from train.prose import ProseKind, prose_row
from train.rows import Row
from train.stated import stated_body, stated_fields
from train.vocabulary import open_filler

Strictness = Literal["easy", "hard"]
FAMILIES: dict[Strictness, tuple[str, ...]] = {
    "easy": ("frame", "question"),
    "hard": ("frame", "question", "schema", "composed", "schema_system", "stated", "stated"),
}
"""`easy`: flat objects without lists, keys named in running text. `hard`: also schemas of every
layout, keys or schema far from the text, keys beside their values, nested objects, lists, whole
requests in prose, and hard negatives."""

PROSE_SHARE = 0.5
"""Share of the hard extraction rows that are whole hand-written requests."""

PROSE_SHARE_ELSEWHERE = 1 / 3
"""The same of hard negatives and repairs, of which fewer are written."""

_CASES_NOTE = (
    "Use null if missing.",
    "null for anything unknown",
    "Put null where the text says nothing.",
    "unknown -> null",
)
_TEXT_LEADS = (
    "",
    "",
    "",
    "",
    "Text: ",
    "Text:\n",
    "Input:\n",
    "Here it is: ",
    "Note: ",
    "From the mail: ",
    "---\n",
    '"""\n',
    "Data: ",
    "This came in: ",
    "Message: ",
    "Details: ",
    "Facts: ",
    "> ",
    "Here's what I have: ",
    "Source: ",
    "I wrote down: ",
)
_ASKS = (
    "JSON please",
    "as JSON",
    "give me JSON",
    "Return a JSON object",
    "json object only",
    "Make it JSON",
    "Reply in JSON",
    "convert to json",
    "turn this into a JSON object",
    "I need JSON",
    "in json format",
    "one json object",
    "Output JSON",
)


def answer_text(document: Any) -> str:
    """The one way in which trained models write an object: a single line, UTF-8, `, ` and `: `."""
    return json.dumps(document, ensure_ascii=False)


def _with_text_lead(rng: random.Random, text: str) -> str:
    lead = rng.choice(_TEXT_LEADS)
    tail = {'"""\n': '\n"""', "---\n": "\n---"}.get(lead, "")
    return f"{lead}{text}{tail}"


def _fill(template: str, **slots: str) -> str:
    for name, value in slots.items():
        template = template.replace("{" + name + "}", value)
    return template


def _key_phrase(rng: random.Random, facts: Facts) -> str:
    keys = list_keys(rng, facts.fields)
    return _fill(rng.choice(load_phrases("key_intros")), list=keys)


def _body(rng: random.Random, facts: Facts, family: str) -> tuple[str, str]:
    """The user text, and what belongs into the system prompt."""
    text = _with_text_lead(rng, facts.text)
    keys = list_keys(rng, facts.fields)
    if family == "frame":
        return _fill(rng.choice(load_phrases("frames")), text=facts.text, keys=keys), ""
    if family == "question":
        return f"{text}{rng.choice((chr(10), chr(10) * 2, ' '))}" + _fill(
            rng.choice(load_phrases("questions_after_text")), keys=keys
        ), ""
    if family == "composed":
        parts = [text, _key_phrase(rng, facts)]
        if rng.random() < 0.7:
            parts.append(rng.choice(_ASKS))
        rng.shuffle(parts)
        return rng.choice(("\n", "\n\n", " ", ". ", "\n")).join(parts), ""
    shape = _fill(rng.choice(load_phrases("schema_intros")), schema=show_schema(rng, facts.fields))
    if family == "schema_system":
        return rng.choice(
            (text, f"{text}\n{rng.choice(_ASKS)}", f"{rng.choice(_ASKS)}: {facts.text}")
        ), shape
    parts = [text, shape]
    if rng.random() < 0.6:
        parts.append(rng.choice(_ASKS))
    rng.shuffle(parts)
    return rng.choice(("\n", "\n\n", "\n\n", "\n")).join(parts), ""


def _surround(rng: random.Random, body: str, chance: float) -> str:
    if rng.random() < chance:
        body = f"{_chatter(rng)}{rng.choice((' ', chr(10), chr(10) * 2))}{body}"
    if rng.random() < chance * 0.7:
        body = f"{body}{rng.choice((' ', chr(10), chr(10) * 2))}{_chatter(rng)}"
    return body


def _chatter(rng: random.Random) -> str:
    if rng.random() < 0.5:
        return str(rng.choice(load_phrases("chatter")))
    return " ".join(open_filler(rng) for _ in range(rng.choice((1, 1, 2))))


def _messages(system: str, user: str) -> tuple[tuple[str, str], ...]:
    return ((("system", system),) if system else ()) + (("user", user),)


def _prose(rng: random.Random, kind: ProseKind) -> Row:
    """A hand-written request, now and then with small talk around it."""
    row = prose_row(rng, answer_text, kind)
    *before, (role, user) = row.messages
    return replace(row, messages=(*before, (role, _surround(rng, user, 0.12))))


def _draw_facts(rng: random.Random, strictness: Strictness) -> Facts:
    """Facts as nested as `strictness` allows."""
    while True:
        facts = make_facts(rng)
        values = facts.document.values()
        if strictness == "hard" or not any(isinstance(value, (dict, list)) for value in values):
            return facts


def extraction_row(rng: random.Random, strictness: Strictness = "hard") -> Row:
    """Facts in, one object out; keys named in one of the families of `strictness`."""
    if strictness == "hard" and rng.random() < PROSE_SHARE:
        return _prose(rng, "format")
    family = rng.choice(FAMILIES[strictness])
    if family == "stated":
        fields = stated_fields(rng)
        facts, in_system = Facts("stated", fields, ""), ""
        body = stated_body(rng, fields)
    else:
        facts = _draw_facts(rng, strictness)
        body, in_system = _body(rng, facts, family)
    body = _surround(rng, body, 0.3)
    system = in_system
    if rng.random() < (0.8 if in_system else 0.3):
        tone = rng.choice(load_phrases("systems"))
        system = f"{tone}{chr(10) if in_system else ''}{in_system}"
    if rng.random() < 0.06:
        body = body + rng.choice(("\n", " ")) + rng.choice(_CASES_NOTE)
    tags = (family, *(("nested",) if any(field.children for field in facts.fields) else ()))
    return Row(_messages(system, body), answer_text(facts.document), "format", facts.domain, tags)


def hard_negative_row(rng: random.Random) -> Row:
    """An extraction prompt with words that pull out of the format, and the rule that wins."""
    if rng.random() < PROSE_SHARE_ELSEWHERE:
        return _prose(rng, "hard_negative")
    row = extraction_row(rng)
    user = row.messages[-1][1]
    system = row.messages[0][1] if len(row.messages) > 1 else ""
    pulls = " ".join(rng.sample(load_phrases("hard_negatives"), rng.choices((1, 2), (4, 1))[0]))
    rule = rng.choice(load_phrases("only_json"))
    gap = rng.choice((" ", "\n", "\n\n"))
    user = f"{pulls}{gap}{user}" if rng.random() < 0.45 else f"{user}{gap}{pulls}"
    if rng.random() < 0.5:
        system = f"{system} {rule}".strip()
    else:
        user = (
            f"{user}{rng.choice((' ', chr(10)))}{rule}"
            if rng.random() < 0.7
            else f"{rule}{gap}{user}"
        )
    return Row(_messages(system, user), row.answer, "hard_negative", row.domain, row.tags)


def repair_row(rng: random.Random, strictness: Strictness = "hard") -> Row:
    """A broken output pasted in, to be put right."""
    if strictness == "hard" and rng.random() < PROSE_SHARE_ELSEWHERE:
        return _prose(rng, "repair")
    if strictness == "hard" and rng.random() < 0.4:
        facts = Facts("stated", stated_fields(rng), "")
    else:
        facts = _draw_facts(rng, strictness)
    broken = break_json(rng, facts)
    body = _fill(rng.choice(load_phrases("repairs")), broken=broken.text, error=broken.error)
    if broken.note:
        body = rng.choice(
            (f"{body}\n{broken.note}", f"{broken.note}\n{body}", f"{body} Also {broken.note}.")
        )
    system = rng.choice(load_phrases("systems")) if rng.random() < 0.25 else ""
    return Row(
        _messages(system, _surround(rng, body, 0.2)),
        answer_text(broken.document),
        "repair",
        "repair",
        (broken.kind,),
    )


def format_row(
    rng: random.Random,
    hard_negative_prob: float = 0.2,
    repair_prob: float = 0.12,
    strictness: Strictness = "hard",
) -> Row:
    """One row of the format task."""
    roll = rng.random()
    if roll < repair_prob:
        return repair_row(rng, strictness)
    if roll < repair_prob + hard_negative_prob and strictness == "hard":
        return hard_negative_row(rng)
    return extraction_row(rng, strictness)
