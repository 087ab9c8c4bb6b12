"""Ways in which JSON arrives broken, each with what has to be said to make the repair clear."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from typing import Any

from train.objects import Facts, load_phrases, random_key


@dataclass(frozen=True, slots=True)
class Broken:
    """A broken text, the object meant, and what has to be said about it."""

    text: str
    document: dict[str, Any]
    kind: str
    error: str
    """A parser's message, for frames that quote one."""
    note: str = ""
    """An extra instruction, such as a key to rename."""


def _dump(rng: random.Random, document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=rng.choice((None, None, None, 2)))


def _drop(rng: random.Random, text: str, pattern: str, replacement: str = "") -> str | None:
    spots = list(re.finditer(pattern, text))
    if not spots:
        return None
    spot = rng.choice(spots)
    return text[: spot.start()] + replacement + text[spot.end() :]


def _unquote_keys(text: str) -> str:
    return re.sub(r'"([A-Za-z_]\w*)":', r"\1:", text)


def _python_literals(text: str) -> str:
    return re.sub(
        r": (true|false|null)\b",
        lambda m: {"true": ": True", "false": ": False", "null": ": None"}[m[1]],
        text,
    )


def _comment(rng: random.Random, text: str) -> str | None:
    comment = rng.choice(
        ("// check this", "# from the form", "// required", "/* ok */", "// was empty before")
    )
    return _drop(
        rng, text, r",(?=\s)", f", {comment}\n" if not comment.startswith("/*") else f", {comment}"
    )


def _syntax_kinds(rng: random.Random, text: str) -> dict[str, tuple[str | None, str]]:
    return {
        "single_quotes": (
            text.replace('"', "'"),
            "Expecting property name enclosed in double quotes",
        ),
        "trailing_comma": (
            re.sub(r"\s*\}\s*$", ",}", text),
            "Illegal trailing comma before end of object",
        ),
        "no_close": (
            text.rstrip().removesuffix("}").rstrip(),
            "Expecting ',' delimiter at the end",
        ),
        "no_open": (text.lstrip().removeprefix("{").lstrip(), "Extra data"),
        "comment": (_comment(rng, text), "Expecting property name"),
        "python": (_python_literals(text.replace('"', rng.choice(("'", '"')))), "Expecting value"),
        "unquoted_keys": (_unquote_keys(text), "Expecting property name enclosed in double quotes"),
        "missing_comma": (_drop(rng, text, r",(?=\s*\")"), "Expecting ',' delimiter"),
        "missing_colon": (_drop(rng, text, r'(?<="):', " "), "Expecting ':' delimiter"),
        "missing_quote": (_drop(rng, text, r'"(?=[:,}])'), "Unterminated string"),
        "semicolons": (_drop(rng, text, r",(?=\s*\")", ";"), "Expecting ',' delimiter"),
        "list_comma": (_drop(rng, text, r"(?<=[^\[\s])(?=\])", ","), "Expecting value"),
        "extra_braces": (f"{{{text}}}", "Expecting property name enclosed in double quotes"),
        "extra_close": (text + rng.choice(("}", "}}", "]")), "Extra data"),
        "inner_quotes": (text.replace('\\"', '"'), "Expecting ',' delimiter"),
        "wrong_close": (_drop(rng, text, r"\](?=\W)", "}"), "Expecting ',' delimiter"),
        "no_end": (re.sub(r"[\]}\s]+$", "", text), "Expecting ',' delimiter at the end"),
        "equals": (re.sub(r'":', '" =', text), "Expecting ':' delimiter"),
    }


def _wrapped_kinds(rng: random.Random, text: str) -> dict[str, tuple[str | None, str]]:
    before, after = rng.choice(load_phrases("preambles")), rng.choice(load_phrases("remarks"))
    return {
        "fence": (f"```{rng.choice(('json', '', 'JSON'))}\n{text}\n```", "Unexpected token `"),
        "prose": (
            rng.choice((f"{before}\n{text}", f"{text}\n{after}", f"{before} {text} {after}")),
            "Unexpected token",
        ),
        "twice": (rng.choice((f"{text}\n{text}", f"{text} {text}")), "Extra data"),
        "list": (f"[{text}]", "expected an object, got a list"),
    }


def _edited(rng: random.Random, document: dict[str, Any]) -> Broken | None:
    """A valid object whose user wants a key renamed, a type changed, or a key dropped."""
    key = rng.choice(list(document))
    roll = rng.random()
    if roll < 0.4:
        new = random_key(rng)
        if new in document:
            return None
        fixed = {(new if name == key else name): value for name, value in document.items()}
        note = rng.choice(
            (
                f"rename {key} to {new}",
                f"the key {key} must be called {new}",
                f'"{key}" should be "{new}" instead',
                f"{key} -> {new} please",
                f"call it {new}, not {key}",
            )
        )
        return Broken(_dump(rng, document), fixed, "rename", "unknown key", note)
    if (
        roll < 0.75
        and isinstance(document[key], (int, float))
        and not isinstance(document[key], bool)
    ):
        wrong = document | {key: str(document[key])}
        note = rng.choice(
            (
                f"{key} must be a number",
                f"{key} is a number, not a string",
                f"no quotes around the number in {key}",
                f"{key} should be numeric",
            )
        )
        return Broken(_dump(rng, wrong), document, "type", f"{key}: expected number", note)
    if len(document) > 1:
        extra = random_key(rng)
        if extra in document:
            return None
        items = [*document.items(), (extra, rng.randint(1, 99))]
        rng.shuffle(items)
        fixed = {name: value for name, value in items if name != extra}
        note = rng.choice(
            (f"remove {extra}", f"drop the key {extra}", f"{extra} has to go", f"without {extra}")
        )
        return Broken(
            _dump(rng, dict(items)), fixed, "remove", f"additional property {extra}", note
        )
    return None


def break_json(rng: random.Random, facts: Facts) -> Broken:
    """Break the answer to `facts` in one way, sometimes two."""
    document = facts.document
    if rng.random() < 0.2 and (edited := _edited(rng, document)):
        return edited
    text = _dump(rng, document)
    kinds = _syntax_kinds(rng, text) if rng.random() < 0.7 else _wrapped_kinds(rng, text)
    options = [
        (kind, made) for kind, made in kinds.items() if made[0] is not None and made[0] != text
    ]
    kind, (broken, error) = rng.choice(options)
    assert broken is not None
    if kind in ("fence", "single_quotes", "prose") and rng.random() < 0.3:
        second = [made for made, _ in _syntax_kinds(rng, broken).values() if made is not None]
        broken = rng.choice(second)
    if rng.random() < 0.15:
        again = [made for made in _wrapped_kinds(rng, broken).values() if made[0] is not None]
        broken = again[0][0] or broken
    return Broken(broken, document, kind, error)
