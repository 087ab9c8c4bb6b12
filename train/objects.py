"""The fields of random objects: keys in every spelling, values, and the clauses that state them.

Whole objects with their texts are made in `train/facts.py`.
"""

from __future__ import annotations

import functools
import random
import string
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from train import words
from train.values import KINDS, Value
from train.vocabulary import open_word
from train.words import invented_word

PHRASES = Path(__file__).parent / "phrases"

_KEY_TAILS = (
    *("id", "name", "count", "date", "type", "code", "total", "no"),
    *("at", "by", "level", "size", "ok", "url", "time", "price"),
)

OPEN_KINDS = ("phrase", "phrase", "name_code", "word", "title", "note", "person", "list_pair")
"""Kinds whose values are made of any words at all."""

ONE_ITEM = ("[{0}]", "a list with {0}", "{0} (a list)", "the list {0}", "a list of one, {0}")
"""Ways to say a list of one item."""

_KEY_BESIDE_VALUE = 0.15
"""Share of domain clauses that name the key itself rather than a phrase for it."""

_SAYS_TRUE = (
    *("with {0}", "has {0}", "{0} included", "it is {0}", "{0} was done", "there is {0}"),
    *("was {0}", "it was {0}", "{0} is there", "already {0}", "{0} confirmed", "{0} yes"),
)
_SAYS_FALSE = (
    *("without {0}", "no {0}", "not {0}", "{0} not included", "it is not {0}", "isn't {0}"),
    *("was not {0}", "{0} was not done", "there is no {0}", "never {0}", "{0} no", "not yet {0}"),
)

# starts a clause whose first word is a value: its case must stay
VERBATIM = "\x00"


@dataclass(frozen=True, slots=True)
class Field:
    """One key of an object."""

    key: str
    value: Any
    type: str
    """JSON Schema type word."""
    said: str
    """Clause that states the value; empty when the text does not state it."""
    choices: tuple[str, ...] = ()
    children: tuple[Field, ...] = ()
    """Fields of a nested object, or of the first item of a list of objects."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A text and the object that it states."""

    domain: str
    fields: tuple[Field, ...]
    text: str

    @property
    def document(self) -> dict[str, Any]:
        """The right answer, keys in the order asked."""
        return {field.key: field.value for field in self.fields}


@functools.cache
def load_phrases(name: str) -> list[Any]:
    """Read the bank `name` (`domains` is the union of its numbered files)."""
    paths = sorted(PHRASES.glob(f"{name}_[0-9]*.yaml")) or [PHRASES / f"{name}.yaml"]
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [entry for path in paths for entry in yaml.load(path.read_text("utf-8"), loader)]


def restyle_key(rng: random.Random, key: str) -> str:
    """Spell `key` otherwise: camelCase, kebab-case, upper case, joined, or with a word added."""
    parts = key.split("_")
    style = rng.choices(
        ("camel", "Pascal", "kebab", "upper", "joined", "prefix", "tail"), (5, 2, 1, 2, 2, 2, 2)
    )[0]
    if style == "camel":
        return parts[0] + "".join(part.capitalize() for part in parts[1:])
    if style == "Pascal":
        return "".join(part.capitalize() for part in parts)
    if style == "kebab":
        return "-".join(parts)
    if style == "upper":
        return key.upper()
    if style == "joined":
        return "".join(parts)
    if style == "tail":
        return f"{key}_{rng.choice(_KEY_TAILS)}"
    return f"{rng.choice(words.NOUNS).replace(' ', '_').lower()}_{key}"


def random_key(rng: random.Random) -> str:
    """An arbitrary key of one to three words."""
    roll = rng.random()
    noun = open_word(rng)
    if rng.random() < 0.25:
        noun = rng.choice((invented_word(rng), rng.choice(words.NOUNS))).lower().replace(" ", "_")
    if roll < 0.06:
        key = rng.choice(string.ascii_lowercase) + rng.choice(("", "", rng.choice(string.digits)))
    elif roll < 0.5:
        key = noun
    elif roll < 0.7:
        key = f"{noun}_{rng.choice(_KEY_TAILS)}"
    elif roll < 0.85:
        key = f"{open_word(rng)}_{noun}"
    else:
        key = f"{rng.choice(words.ADJECTIVES).replace(' ', '_').replace('-', '_')}_{noun}"
    return restyle_key(rng, key) if rng.random() < 0.15 else key


def domain_field(rng: random.Random, entry: dict[str, Any]) -> tuple[Field, Value]:
    """A field of a domain, under its own key or another name for it."""
    roll = rng.random()
    key = entry["key"]
    if roll > 0.55 and entry.get("aliases"):
        key = rng.choice(entry["aliases"])
    if roll > 0.93:
        key = restyle_key(rng, key)
    if entry["kind"] == "bool":
        truth = rng.random() < 0.5
        said = rng.choice(entry["says_true" if truth else "says_false"])
        return Field(key, truth, "boolean", said), Value(truth, said, "boolean")
    if entry["kind"] == "enum":
        choices = tuple(str(choice) for choice in entry["choices"])
        chosen = rng.choice(choices)
        value = Value(chosen, chosen, "string")
    else:
        choices = ()
        value = KINDS[entry["kind"]](rng)
    if rng.random() < _KEY_BESIDE_VALUE:
        said = _state(rng, key, key.replace("_", " "), value.text)
    else:
        said = _clause(rng.choice(entry["says"]), value.text)
    return Field(key, value.json, value.type, said, choices), value


def _clause(form: str, text: str) -> str:
    return (VERBATIM if form.startswith("{v}") else "") + form.replace("{v}", text)


def free_field(rng: random.Random) -> Field:
    """A field with an arbitrary key."""
    key = random_key(rng)
    spoken = key.replace("_", " ")
    roll = rng.random()
    if roll < 0.05:
        return _empty_field(rng, key, spoken)
    kind = "bool" if roll < 0.19 else rng.choice(OPEN_KINDS if roll < 0.5 else tuple(KINDS))
    if kind == "bool":
        truth = rng.random() < 0.5
        return Field(key, truth, "boolean", _state_truth(rng, key, spoken, truth))
    value = KINDS[kind](rng)
    text = quoted(rng, value)
    if isinstance(value.json, list) and len(value.json) == 1:  # else nothing tells that it is one
        text = rng.choice(ONE_ITEM).format(text)
    return Field(key, value.json, value.type, _state(rng, key, spoken, text))


def quoted(rng: random.Random, value: Value) -> str:
    """The value as a text states it: a string now and then in quotation marks."""
    if value.type != "string" or rng.random() < 0.8 or set(value.text) & set("\"'`\\"):
        return value.text
    mark = rng.choice(('"', '"', "'", "`"))
    return f"{mark}{value.text}{mark}"


def _empty_field(rng: random.Random, key: str, spoken: str) -> Field:
    value, type_, forms = rng.choice(
        (
            (
                None,
                "null",
                (
                    "{0} is null",
                    "no {1} known, use null",
                    "{1} not given (null)",
                    "{0}: null",
                    "{1} unknown -> null",
                ),
            ),
            (
                "",
                "string",
                (
                    "{1} left blank (empty string)",
                    '{0}: ""',
                    "{1} is an empty string",
                    "{1} stays empty",
                ),
            ),
            (
                [],
                "array",
                (
                    "{0}: none (empty list)",
                    "{1} is an empty list",
                    "{0}: []",
                    "no {1} yet, so an empty array",
                ),
            ),
        )
    )
    return Field(key, value, type_, rng.choice(forms).format(key, spoken))


def _state(rng: random.Random, key: str, spoken: str, text: str) -> str:
    forms = (
        f"{key}: {{v}}",
        f"{key} = {{v}}",
        f"{spoken}: {{v}}",
        f"the {spoken} is {{v}}",
        f"{spoken} {{v}}",
        f"{spoken} is {{v}}",
        f"its {spoken} is {{v}}",
        f"{{v}} for the {spoken}",
        f"{spoken.capitalize()}: {{v}}",
        f"{key} -> {{v}}",
        f"{{v}} as {spoken}",
        f"{spoken} should be {{v}}",
        f"{spoken} was {{v}}",
        f"{key}={{v}}",
        f"{key} {{v}}",
        f"{{v}} ({key})",
        f"key {key} is {{v}}",
        f"key {key}, value {{v}}",
        f"the key {key} is {{v}}",
        f"field {key} = {{v}}",
        f"{key} is {{v}}",
        f"{key} should be {{v}}",
        f"{{v}} goes under {key}",
        f"{{v}} goes into {key}",
        f"under {key} put {{v}}",
        f"for {key} use {{v}}",
        f"{key} gets {{v}}",
        f"{{v}} is the {spoken}",
        f"with {{v}} as the {spoken}",
        f"set {spoken} to {{v}}",
        f"we have {{v}} for {spoken}",
        f"{spoken} ({{v}})",
    )
    return _clause(rng.choice(forms), text)


def _state_truth(rng: random.Random, key: str, spoken: str, truth: bool) -> str:
    if rng.random() < 0.35:
        word = rng.choice(("yes", "true", "on", "y") if truth else ("no", "false", "off", "n"))
        return _state(rng, key, spoken, word)
    first, *rest = spoken.split()
    if rest and rng.random() < 0.3:  # queen_seen: "queen was seen"
        return f"{first} was {'' if truth else 'not '}{' '.join(rest)}"
    return rng.choice(_SAYS_TRUE if truth else _SAYS_FALSE).format(spoken)


def _capitalized(clause: str) -> str:
    return clause[1:] if clause.startswith(VERBATIM) else clause[:1].upper() + clause[1:]


def join_clauses(rng: random.Random, clauses: list[str]) -> str:
    """Join clauses to a text: a run-on sentence, sentences, lines or bullets."""
    style = rng.choices(
        ("sentences", "commas", "semicolons", "lines", "bullets", "pipes", "and"),
        (6, 5, 2, 3, 2, 1, 2),
    )[0]
    clauses = [clause for clause in clauses if clause]
    if style == "sentences":
        return ". ".join(map(_capitalized, clauses)) + "."
    bare = [clause.removeprefix(VERBATIM) for clause in clauses]
    if style == "lines":
        return "\n".join(bare)
    if style == "bullets":
        bullet = rng.choice(("- ", "- ", "* ", "• "))
        return "\n".join(bullet + clause for clause in bare)
    if style == "pipes":
        return rng.choice((" | ", " / ", " - ")).join(bare)
    first = _capitalized(clauses[0]) if rng.random() < 0.5 else bare[0]
    bare = [first, *bare[1:]]
    if style == "semicolons":
        return "; ".join(bare)
    if style == "commas" or len(bare) < 2:
        return ", ".join(bare)
    return ", ".join(bare[:-1]) + " and " + bare[-1]
