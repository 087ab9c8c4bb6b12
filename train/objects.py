"""Random objects with the facts that state them: what a prompt asks for and what the answer is.

Domains come from `train/phrases/domains_*.yaml`; a third of the objects have arbitrary keys, so
that a model learns to copy names and values rather than to recite them. No prompts here.
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
from train.words import invented_word

PHRASES = Path(__file__).parent / "phrases"

# starts a clause whose first word is a value: its case must stay
_VERBATIM = "\x00"


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
    paths = sorted(PHRASES.glob(f"{name}_[0-9].yaml")) or [PHRASES / f"{name}.yaml"]
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [entry for path in paths for entry in yaml.load(path.read_text("utf-8"), loader)]


def restyle_key(rng: random.Random, key: str) -> str:
    """Spell `key` in another convention: camelCase, kebab-case, upper case, no separator."""
    parts = key.split("_")
    style = rng.choices(
        ("camel", "Pascal", "kebab", "upper", "joined", "prefix"), (5, 2, 1, 2, 2, 2)
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
    return f"{rng.choice(words.NOUNS).replace(' ', '_').lower()}_{key}"


def random_key(rng: random.Random) -> str:
    """An arbitrary key of one to three words."""
    roll = rng.random()
    noun = (
        (invented_word(rng) if rng.random() < 0.3 else rng.choice(words.NOUNS))
        .lower()
        .replace(" ", "_")
    )
    if roll < 0.06:
        key = rng.choice(string.ascii_lowercase) + rng.choice(("", "", rng.choice(string.digits)))
    elif roll < 0.5:
        key = noun
    elif roll < 0.8:
        key = f"{noun}_{rng.choice(('id', 'name', 'count', 'date', 'type', 'code', 'total', 'no', 'at', 'by', 'level', 'size', 'ok', 'url', 'time', 'price'))}"
    else:
        key = f"{rng.choice(words.ADJECTIVES).replace(' ', '_').replace('-', '_')}_{noun}"
    return restyle_key(rng, key) if rng.random() < 0.15 else key


def _domain_field(rng: random.Random, entry: dict[str, Any]) -> tuple[Field, Value]:
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
    said = _clause(rng.choice(entry["says"]), value.text)
    return Field(key, value.json, value.type, said, choices), value


def _clause(form: str, text: str) -> str:
    return (_VERBATIM if form.startswith("{v}") else "") + form.replace("{v}", text)


def _free_field(rng: random.Random, key: str | None = None) -> Field:
    key = key or random_key(rng)
    spoken = key.replace("_", " ")
    roll = rng.random()
    if roll < 0.05:
        return _empty_field(rng, key, spoken)
    kind = "bool" if roll < 0.14 else rng.choice(tuple(KINDS))
    if kind == "bool":
        truth = rng.random() < 0.5
        word = rng.choice(("yes", "true", "on", "y") if truth else ("no", "false", "off", "n"))
        return Field(key, truth, "boolean", _state(rng, key, spoken, word))
    value = KINDS[kind](rng)
    return Field(key, value.json, value.type, _state(rng, key, spoken, value.text))


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
        f"with {{v}} as the {spoken}",
        f"set {spoken} to {{v}}",
        f"we have {{v}} for {spoken}",
        f"{spoken} ({{v}})",
    )
    return _clause(rng.choice(forms), text)


def _capitalized(clause: str) -> str:
    return clause[1:] if clause.startswith(_VERBATIM) else clause[:1].upper() + clause[1:]


def join_clauses(rng: random.Random, clauses: list[str]) -> str:
    """Join clauses to a text: a run-on sentence, sentences, lines or bullets."""
    style = rng.choices(
        ("sentences", "commas", "semicolons", "lines", "bullets", "pipes", "and"),
        (6, 5, 2, 3, 2, 1, 2),
    )[0]
    clauses = [clause for clause in clauses if clause]
    if style == "sentences":
        return ". ".join(map(_capitalized, clauses)) + "."
    bare = [clause.removeprefix(_VERBATIM) for clause in clauses]
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


def _distinct(fields: list[Field]) -> list[Field]:
    seen: set[str] = set()
    return [field for field in fields if not (field.key in seen or seen.add(field.key))]  # type: ignore[func-returns-value]


def domain_facts(rng: random.Random, domains: list[Any]) -> Facts:
    """Facts of one domain: a whole text or clauses, some of them not asked for."""
    domain = rng.choice(domains)
    entries = {entry["key"]: entry for entry in domain["fields"]}
    count = min(len(entries), rng.choices((1, 2, 3, 4, 5, 6, 7), (2, 5, 9, 8, 5, 2, 1))[0])
    made = {key: _domain_field(rng, entry) for key, entry in entries.items()}
    clauses: list[str] = []
    stated: list[str] = []
    if rng.random() < 0.45 and domain.get("texts"):
        text = rng.choice(domain["texts"])
        stated = [key for key in entries if "{" + key + "}" in text]
        for key in stated:
            text = text.replace("{" + key + "}", made[key][1].text)
        rest = [key for key in entries if key not in stated]
        extra = rng.sample(rest, min(len(rest), rng.choice((0, 0, 1, 2))))
        asked = (
            rng.sample(stated, min(len(stated), rng.randint(max(1, len(stated) - 2), len(stated))))
            + extra
        )
        clauses = [made[key][0].said for key in extra]
        whole = (
            text
            if not clauses
            else f"{text}{rng.choice((' ', chr(10)))}{join_clauses(rng, clauses)}"
        )
    else:
        stated = rng.sample(sorted(entries), count)
        noise = rng.choice((0, 0, 1, 2, 3)) if count > 1 else 0
        asked = stated[: max(1, count - noise)]
        rng.shuffle(stated)
        whole = join_clauses(rng, [made[key][0].said for key in stated])
    fields = [made[key][0] for key in asked]
    if rng.random() < 0.6:
        fields.sort(key=lambda field: whole.find(field.said.removeprefix(_VERBATIM)))
    return Facts(domain["domain"], tuple(_distinct(fields)), whole)


def free_facts(rng: random.Random) -> Facts:
    """Facts with arbitrary keys."""
    count = rng.choices((1, 2, 3, 4, 5, 6), (2, 5, 8, 7, 4, 2))[0]
    fields = _distinct([_free_field(rng) for _ in range(count)])
    stated = [field.said for field in fields]
    noise = [_free_field(rng).said for _ in range(rng.choice((0, 0, 0, 1, 2)))]
    order = stated + noise
    if rng.random() < 0.6:
        rng.shuffle(order)
    return Facts("free", tuple(fields), join_clauses(rng, order))


def nest(rng: random.Random, facts: Facts) -> Facts:
    """Put some fields into a nested object, or add a list of small objects."""
    fields = list(facts.fields)
    key = (
        random_key(rng)
        if rng.random() < 0.4
        else rng.choice(
            "items details customer address contact location meta owner info parts entries rows lines people sender price spec data".split()
        )
    )
    if key in {field.key for field in fields}:
        return facts
    if rng.random() < 0.5 and len(fields) > 1:
        size = rng.randint(1, min(3, len(fields)))
        start = rng.randint(0, len(fields) - size)
        inner = tuple(fields[start : start + size])
        outer = Field(key, {field.key: field.value for field in inner}, "object", "", (), inner)
        return Facts(
            facts.domain, tuple([*fields[:start], outer, *fields[start + size :]]), facts.text
        )
    names = [
        rng.choice(("name", "item", "product", "sku", "title", "who", random_key(rng))),
        rng.choice(("qty", "count", "price", "amount", "score", "n", "age", random_key(rng))),
    ]
    if names[0] == names[1]:
        return facts
    kinds = (
        rng.choice(("word", "product", "person", "code", "food", "city")),
        rng.choice(("int_small", "int", "money", "float")),
    )
    pattern = rng.choice(
        (
            "{0} x {1}",
            "{0} ({1})",
            "{1} {0}",
            "{0}: {1}",
            "{0} {1}",
            "{0} at {1}",
            "{0} with {1}",
            "{0}, {1}",
        )
    )
    rows = [[KINDS[kind](rng) for kind in kinds] for _ in range(rng.choice((1, 2, 2, 3)))]
    said = rng.choice(("; ", ", ", " and ", "\n")).join(
        pattern.format(*(value.text for value in row)) for row in rows
    )
    children = tuple(
        Field(name, value.json, value.type, "") for name, value in zip(names, rows[0], strict=True)
    )
    documents = [{name: value.json for name, value in zip(names, row, strict=True)} for row in rows]
    lead = rng.choice(
        (
            f"{key}: ",
            f"{key.replace('_', ' ').capitalize()}: ",
            "",
            f"the {key.replace('_', ' ')} are ",
        )
    )
    text = f"{facts.text}{rng.choice((chr(10), ' '))}{lead}{said}"
    position = rng.randint(0, len(fields))
    fields.insert(position, Field(key, documents, "array", said, (), children))
    return Facts(facts.domain, tuple(fields), text)


def make_facts(rng: random.Random, domains: list[Any] | None = None) -> Facts:
    """Random facts: two thirds from a domain, a third with arbitrary keys, a sixth nested."""
    facts = (
        domain_facts(rng, domains or load_phrases("domains"))
        if rng.random() < 0.65
        else free_facts(rng)
    )
    return nest(rng, facts) if rng.random() < 0.17 else facts
