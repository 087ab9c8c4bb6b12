"""How a request names what it wants: keys in a sentence, with meanings, as a template or a schema.

Whatever could not be known from the text alone (a date's form, the choices, null for what is not
given) is always said. Texts and values are `train/extraction_rows.py`.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace
from typing import Any, Literal

from train.layouts import json_schema, show_schema
from train.objects import Field, load_phrases, random_key

Style = Literal["names", "inline", "lines", "template", "schema"]

ARBITRARY = 0.4
"""Share of keys of no meaning where the request says what each stands for."""

_STYLES: dict[Style, int] = {"names": 8, "inline": 4, "lines": 4, "template": 3, "schema": 2}
_WITH_MEANING = ("inline", "lines")
_TYPE_WORDS = {
    "string": ("string", "text", "string"),
    "integer": ("number", "integer", "number"),
    "number": ("number", "number", "float"),
    "boolean": ("boolean", "true or false", "true/false", "bool"),
    "array": ("list", "array", "a list"),
}
_TEMPLATE_WORDS = {
    "string": '"string"',
    "integer": "number",
    "number": "number",
    "boolean": "true or false",
    "array": "[…]",
}
_FORMS = ("{}", "as {}", "format {}", "written as {}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One key of a request, with its right value."""

    key: str
    json: Any
    type: str
    """JSON Schema type word of the value, or of what it would be where it is null."""
    means: str
    hint: str = ""
    note: str = ""
    choices: tuple[str, ...] = ()
    children: tuple[Wanted, ...] = ()
    optional: bool = False
    """Whether the text might not give it, whether or not it does."""


def choose_style(rng: random.Random, wanted: tuple[Wanted, ...]) -> Style:
    """Any style; a schema only where it can say all that has to be said."""
    styles = dict(_STYLES)
    if any(
        each.children or (each.optional and (each.type != "string" or each.choices))
        for each in wanted
    ):
        del styles["schema"]
    return rng.choices(tuple(styles), tuple(styles.values()))[0]


def with_arbitrary_keys(
    rng: random.Random, wanted: tuple[Wanted, ...], style: Style
) -> tuple[Wanted, ...]:
    """The same with some keys that have nothing to do with what they stand for."""
    if style not in _WITH_MEANING:
        return wanted
    changed = tuple(
        replace(each, key=random_key(rng)) if rng.random() < ARBITRARY else each for each in wanted
    )
    return changed if len({each.key for each in changed}) == len(changed) else wanted


def ask(
    rng: random.Random, text: str, wanted: tuple[Wanted, ...], style: Style
) -> tuple[tuple[str, str], ...]:
    """The messages that ask for these keys of a text, in this order."""
    bank = load_phrases("request_frames")[0]
    block = style in ("lines", "schema") or (style == "template" and rng.random() < 0.5)
    listed = _list(rng, wanted, style)
    form = rng.choice(bank["blocks" if block else "inline" if style == "inline" else "names"])
    notes = _notes(rng, wanted, style, bank)
    request = form.replace("{keys}", listed)
    if notes:
        rng.shuffle(notes)
        request += (rng.choice("\n\n ") if block else " ") + " ".join(notes)
    return _lay_out(rng, request, text, bank)


def _notes(
    rng: random.Random, wanted: tuple[Wanted, ...], style: Style, bank: dict[str, list[str]]
) -> list[str]:
    notes = []
    flat = [*wanted, *(child for each in wanted for child in each.children)]
    if any(each.optional for each in flat) or rng.random() < 0.2:
        notes.append(rng.choice(bank["null"]))
    if style == "schema":
        notes += [f"{each.key} is {each.hint}." for each in flat if each.hint]
    if rng.random() < 0.2:
        notes.append(rng.choice(load_phrases("only_json")))
    return notes


def _lay_out(
    rng: random.Random, request: str, text: str, bank: dict[str, list[str]]
) -> tuple[tuple[str, str], ...]:
    """Put the request before the text, after it, or into the system prompt."""
    tone = rng.choice(load_phrases("systems")) if rng.random() < 0.2 else ""
    place = rng.choices(("after", "before", "system"), (9, 8, 5))[0]
    lead = rng.choice(bank["leads"])
    body = lead.replace("{text}", text)
    if place == "system":
        opened = rng.choice(bank["system_leads"]) if rng.random() < 0.6 else ""
        user = text if rng.random() < 0.8 else body
        return ("system", f"{opened or tone}\n{request}".strip()), ("user", user)
    gap = rng.choice(("\n\n", "\n\n", "\n"))
    user = f"{request}{gap}{body}" if place == "before" else f"{body}{gap}{request}"
    return ((("system", tone),) if tone else ()) + (("user", user),)


def _list(rng: random.Random, wanted: tuple[Wanted, ...], style: Style) -> str:
    if style == "schema":
        fields = tuple(map(_field, wanted))
        if any(each.choices for each in wanted):  # other layouts may leave them out
            return json.dumps(json_schema(fields), ensure_ascii=False)
        return show_schema(rng, fields)
    if style == "template":
        return _template(rng, wanted, rng.random() < 0.3)
    typed = rng.random() < 0.35
    if style == "lines":
        return _lines(rng, wanted, typed)
    if style == "inline":
        return _inline(rng, wanted, typed)
    mark = rng.choice(("", "", "", "`", '"'))
    parts = [_with(rng, f"{mark}{each.key}{mark}", _about(rng, each, typed)) for each in wanted]
    return _join(rng, parts)


def _join(rng: random.Random, parts: list[str]) -> str:
    last = rng.choice((", ", " and ", " and ", ", and "))
    return ", ".join(parts[:-1]) + last + parts[-1] if len(parts) > 1 else parts[0]


def _with(rng: random.Random, name: str, about: list[str]) -> str:
    if not about:
        return name
    told = ", ".join(about)
    return f"{name}: {told}" if rng.random() < 0.08 and "," not in told else f"{name} ({told})"


def _about(rng: random.Random, each: Wanted, typed: bool) -> list[str]:
    """What is to be said of a key besides its meaning."""
    if each.children:
        inner = [_with(rng, child.key, _about(rng, child, False)) for child in each.children]
        return [rng.choice(("object with ", "an object: ", "nested: ")) + " and ".join(inner)]
    told = []
    if each.choices:
        told.append(_choices(rng, each.choices))
    elif each.hint:
        told.append(rng.choice(_FORMS).format(each.hint) if each.hint[0].isupper() else each.hint)
    elif typed or (each.type in ("array", "boolean") and rng.random() < 0.5):
        told.append(rng.choice(_TYPE_WORDS[each.type]))
    if each.note and not each.hint and rng.random() < 0.35:
        told.append(each.note)
    if each.optional and rng.random() < 0.3:
        told.append(rng.choice(("or null", "null if missing", "may be null")))
    return told


def _choices(rng: random.Random, choices: tuple[str, ...]) -> str:
    joined = rng.choice((", ", " | ", "/", " or ")).join(choices)
    return rng.choice(("one of {}", "is one of {}", "one of: {}", "{}")).format(joined)


def _inline(rng: random.Random, wanted: tuple[Wanted, ...], typed: bool) -> str:
    form = rng.choice(
        ("{means} as {key}", "{key} for {means}", "{key} = {means}", "{means} in {key}",
         "{key} ({means})", "{means} under {key}", "{key}, {means}", "{key} is {means}",
         "`{key}` holds {means}", "into {key} goes {means}")
    )  # fmt: skip
    parts = [
        _with(rng, form.format(key=each.key, means=each.means), _about(rng, each, typed))
        for each in wanted
    ]
    return rng.choice(("; ", "; ", ", ")).join(parts)


def _lines(rng: random.Random, wanted: tuple[Wanted, ...], typed: bool) -> str:
    form = rng.choice(
        ("- {key}: {means}{about}", "- `{key}`: {means}{about}", "{key}: {means}{about}",
         "{key} - {means}{about}", "* {key} = {means}{about}", "{key}{about}: {means}",
         '- "{key}"{about} - {means}', "| {key} | {means}{about} |", "{number}. {key}: {means}"
         "{about}")
    )  # fmt: skip
    lines = []
    for number, each in enumerate(wanted, 1):
        told = ", ".join(_about(rng, each, typed))
        about = f" ({told})" if told else ""
        lines.append(form.format(key=each.key, means=each.means, about=about, number=number))
    return "\n".join(lines)


def _template(rng: random.Random, wanted: tuple[Wanted, ...], with_meaning: bool) -> str:
    """The object with what belongs in it in the place of each value."""
    inside = ", ".join(f'"{each.key}": {_hole(rng, each, with_meaning)}' for each in wanted)
    return f"{{{inside}}}"


def _hole(rng: random.Random, each: Wanted, with_meaning: bool) -> str:
    if each.children:
        return _template(rng, each.children, with_meaning)
    tail = " or null" if each.optional else ""
    if each.choices:
        return '"' + rng.choice(("|", " | ", " or ")).join(each.choices) + '"' + tail
    if each.hint:
        return f'"{each.hint}"{tail}' if each.hint[0].isupper() else f"number ({each.hint}){tail}"
    if with_meaning:
        return f"<{each.means}{tail}>"
    return _TEMPLATE_WORDS[each.type] + tail


def _field(each: Wanted) -> Field:
    type_ = "null" if each.optional else each.type
    return Field(each.key, each.json, type_, "", () if each.optional else each.choices)
