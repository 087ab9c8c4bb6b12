"""Random values of many kinds, each with the JSON value and the way a text would state it.

Nothing here knows about prompts or objects; `train/objects.py` puts values under keys.
"""

from __future__ import annotations

import datetime
import random
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from train import words
from train.vocabulary import name_code, open_noun, open_pair, open_phrase, open_word
from train.words import invented_word

_STREETS = ("Street", "Road", "Lane", "Avenue", "Way", "Close", "Drive", "Court", "Hill", "Square")
_DOMAINS = ("com", "org", "net", "io", "co.uk", "de", "example", "dev", "fr", "edu")


@dataclass(frozen=True, slots=True)
class Value:
    """A JSON value and its spelling in running text."""

    json: Any
    text: str
    type: str
    """JSON Schema type word: string, number, integer, boolean, null, array, object."""


def _said(text: str) -> Value:
    return Value(text, text, "string")


def _integer(rng: random.Random, low: int, high: int) -> Value:
    number = rng.randint(low, high)
    text = str(number)
    roll = rng.random()
    if number <= 12 and roll < 0.2:
        text = words.NUMBER_WORDS[number]
    elif number >= 1000 and roll < 0.2:
        text = f"{number:,}"
    return Value(number, text, "integer")


def _decimal(rng: random.Random, low: float, high: float, digits: int) -> Value:
    number = round(rng.uniform(low, high), digits)
    text = f"{number:.{digits}f}" if rng.random() < 0.6 else str(number)
    return Value(number, text, "number")


def _money(rng: random.Random) -> Value:
    high = rng.choice((20, 100, 900, 5000))
    value = _decimal(rng, 1, high, 2) if rng.random() < 0.75 else _integer(rng, 1, high)
    symbol = rng.choice(("$", "€", "£", "", "", ""))
    suffix = "" if symbol else rng.choice(("", "", " EUR", " dollars", " USD", " euros"))
    return Value(value.json, f"{symbol}{value.text}{suffix}", value.type)


def _person(rng: random.Random) -> Value:
    roll = rng.random()
    first = rng.choice(words.FIRST_NAMES) if roll < 0.7 else invented_word(rng).capitalize()
    last = rng.choice(words.LAST_NAMES) if rng.random() < 0.5 else invented_word(rng)
    if rng.random() < 0.15:
        last = open_noun(rng).capitalize()
    if roll > 0.96:
        first = f"{rng.choice(('Dr.', 'Ms', 'Mr', 'Prof.'))} {first}"
    if 0.9 < roll < 0.93:
        last = f"{rng.choice('ABCDEFGHJKLMNPRST')}. {last}"
    if rng.random() < 0.04:
        last = f"O'{last}" if rng.random() < 0.5 else f"{last}-{rng.choice(words.LAST_NAMES)}"
    return _said(f"{first} {last}")


def _name_word(rng: random.Random) -> str:
    roll = rng.random()
    if roll < 0.25:
        return invented_word(rng)
    return open_noun(rng) if roll < 0.75 else rng.choice(words.NOUNS)


def _code(rng: random.Random) -> Value:
    letters = "".join(rng.choices(string.ascii_uppercase, k=rng.randint(1, 4)))
    digits = "".join(rng.choices(string.digits, k=rng.randint(2, 6)))
    forms = (
        f"{letters}-{digits}",
        f"{letters}{digits}",
        f"{letters}-{digits[:2]}-{digits}",
        f"#{digits}",
    )
    return _said(rng.choices(forms, (6, 3, 1, 0.5))[0])


def _email(rng: random.Random) -> Value:
    first = rng.choice(words.FIRST_NAMES).lower()
    last = (rng.choice(words.LAST_NAMES) if rng.random() < 0.5 else invented_word(rng)).lower()
    name = rng.choice((first, f"{first}.{last}", f"{first[0]}{last}", f"{first}_{last}", last))
    return _said(f"{name}@{_name_word(rng).lower().replace(' ', '')}.{rng.choice(_DOMAINS)}")


def _url(rng: random.Random) -> Value:
    host = _name_word(rng).replace(" ", "").lower()
    return _said(f"https://{host}.{rng.choice(_DOMAINS)}/{invented_word(rng)}")


def _phone(rng: random.Random) -> Value:
    def digits(count: int) -> str:
        return "".join(rng.choices(string.digits, k=count))

    forms = (
        f"+{rng.randint(1, 99)} {digits(3)} {digits(4)}",
        f"555-{digits(4)}",
        f"({digits(3)}) {digits(3)}-{digits(4)}",
        f"0{digits(3)} {digits(6)}",
    )
    return _said(rng.choice(forms))


def _date(rng: random.Random) -> Value:
    day = datetime.date(2015, 1, 1) + datetime.timedelta(days=rng.randint(0, 5400))
    iso = day.isoformat()
    roll = rng.random()
    if roll < 0.78:
        return _said(iso)
    if roll < 0.86:
        return _said(day.strftime("%d/%m/%Y"))
    return _said(f"{day.day} {words.MONTHS[day.month - 1]} {day.year}")


def _time(rng: random.Random) -> Value:
    hour, minute = (
        rng.randint(0, 23),
        rng.choice((0, 5, 10, 15, 20, 30, 40, 45, 55, rng.randint(0, 59))),
    )
    if rng.random() < 0.8:
        return _said(f"{hour:02d}:{minute:02d}")
    return _said(f"{hour % 12 or 12}:{minute:02d} {'am' if hour < 12 else 'pm'}")


def _title(rng: random.Random) -> Value:
    if rng.random() < 0.5:
        return _said(open_phrase(rng))
    text = f"{rng.choice(words.ADJECTIVES)} {_name_word(rng)}"
    if rng.random() < 0.4:
        text += rng.choice(
            (f" of {invented_word(rng)}", f" {rng.choice(words.NOUNS)}", f" {rng.randint(2, 99)}")
        )
    return _said(text.title() if rng.random() < 0.7 else text)


def _note(rng: random.Random) -> Value:
    if rng.random() < 0.5:
        return _said(open_phrase(rng))
    adjective, noun, verb = rng.choice(words.ADJECTIVES), _name_word(rng), rng.choice(words.VERBS)
    forms = (
        f"{noun} is {adjective}",
        f"{verb} the {noun}",
        f"{adjective} {noun}, {verb} it {rng.choice(words.WEEKDAYS)}",
        f"leave by the {noun}",
        f"{verb} {adjective} {noun} twice",
        f"the {noun} needs a {adjective} {rng.choice(words.NOUNS)}",
        f"do not {verb} the {adjective} {noun}",
        f"{noun} near {rng.choice(words.NOUNS)}",  # `and` would look like a list
    )
    text = rng.choice(forms)
    roll = rng.random()
    if roll < 0.05:
        text = f'{text} "{_name_word(rng)}"'
    elif roll < 0.08:
        text = f"C:\\{_name_word(rng)}\\{noun}".replace(" ", "_")
    elif roll < 0.14:
        text = f"{text} {rng.choice(words.UNICODE_WORDS)}"
    elif roll < 0.15:
        text = f"<{noun}> & {{{adjective}}}"
    return _said(text)


def _word(rng: random.Random) -> Value:
    if rng.random() < 0.06:
        return _said(" ".join(rng.sample(words.UNICODE_WORDS, rng.randint(1, 2))))
    return _said(open_word(rng) if rng.random() < 0.5 else _name_word(rng))


def _company(rng: random.Random) -> Value:
    first = (
        invented_word(rng).capitalize() if rng.random() < 0.6 else rng.choice(words.NOUNS).title()
    )
    return _said(f"{first} {rng.choice(words.COMPANY_TAILS)}")


def _city(rng: random.Random) -> Value:
    return _said(
        rng.choice(words.CITIES) if rng.random() < 0.6 else invented_word(rng).capitalize()
    )


def _list_of(kind: str) -> Callable[[random.Random], Value]:
    def make(rng: random.Random) -> Value:
        count = rng.choices((1, 2, 3, 4, 5), (1, 4, 5, 2, 1))[0]
        items = [KINDS[kind](rng) for _ in range(count)]
        texts = [item.text for item in items]
        joined = ", ".join(texts)
        if count > 1 and rng.random() < 0.5:
            joined = ", ".join(texts[:-1]) + rng.choice((" and ", " and ", ", and ")) + texts[-1]
        return Value([item.json for item in items], joined, "array")

    return make


def _choice(options: tuple[str, ...], modified: float = 0) -> Callable[[random.Random], Value]:
    """One of the options; a share of `modified` with another word before or after it."""

    def make(rng: random.Random) -> Value:
        chosen = rng.choice(options)
        if rng.random() < modified:
            word = open_word(rng)
            chosen = f"{word} {chosen}" if rng.random() < 0.8 else f"{chosen} {word}"
        return _said(chosen)

    return make


KINDS: dict[str, Callable[[random.Random], Value]] = {
    "person": _person,
    "first_name": lambda rng: _said(_person(rng).text.split()[-2].strip(".")),
    "company": _company,
    "city": _city,
    "country": _choice(words.COUNTRIES),
    "street": lambda rng: _said(
        f"{rng.randint(1, 240)} {_name_word(rng).title()} {rng.choice(_STREETS)}"
    ),
    "email": _email,
    "phone": _phone,
    "url": _url,
    "date": _date,
    "time": _time,
    "money": _money,
    "int_small": lambda rng: _integer(rng, 1, 20),
    "int": lambda rng: _integer(rng, 1, rng.choice((50, 500, 5000))),
    "big_int": lambda rng: _integer(rng, 10_000, rng.choice((99_999, 10_000_000, 9_000_000_000))),
    "float": lambda rng: _decimal(
        rng, rng.choice((-50, 0)), rng.choice((1, 10, 500)), rng.choice((1, 2, 3))
    ),
    "percent": lambda rng: Value(
        n := rng.randint(1, 100), rng.choice((f"{n}%", f"{n} percent", f"{n} %")), "integer"
    ),
    "temperature": lambda rng: Value(
        (v := _decimal(rng, -30, 45, 1)).json,
        v.text + rng.choice(("", " C", "°C", " degrees")),
        "number",
    ),
    "code": _code,
    "sku": _code,
    "word": _word,
    "color": _choice(words.COLORS, 0.25),
    "product": lambda rng: _said(
        open_phrase(rng)
        if rng.random() < 0.4
        else f"{rng.choice(words.ADJECTIVES)} {_name_word(rng)}"
    ),
    "food": _choice(words.FOODS, 0.3),
    "animal": _choice(words.ANIMALS, 0.3),
    "sport": _choice(words.SPORTS, 0.3),
    "job": _choice(words.JOBS, 0.3),
    "month": _choice(words.MONTHS),
    "weekday": _choice(words.WEEKDAYS),
    "title": _title,
    "note": _note,
    "duration_min": lambda rng: Value(
        n := rng.randint(2, 240), rng.choice((f"{n} minutes", f"{n} min", str(n))), "integer"
    ),
    "year": lambda rng: Value(n := rng.randint(1900, 2035), str(n), "integer"),
    "ip": lambda rng: _said(".".join(str(rng.randint(0, 255)) for _ in range(4))),
    "version": lambda rng: _said(
        rng.choice(("", "", "v")) + ".".join(str(rng.randint(0, 20)) for _ in range(3))
    ),
    "language": _choice(words.LANGUAGES),
    "currency": _choice(words.CURRENCIES),
    "unicode": lambda rng: _said(" ".join(rng.sample(words.UNICODE_WORDS, rng.randint(1, 3)))),
    "digits": lambda rng: _said(
        "0" + "".join(rng.choices(string.digits, k=rng.choice((3, 4, 5, 7))))
    ),
    "pair": lambda rng: _said(open_pair(rng)),
    "phrase": lambda rng: _said(open_phrase(rng)),
    "name_code": lambda rng: _said(name_code(rng)),
    "tiny_number": lambda rng: _decimal(rng, 0, 1, rng.choice((3, 4, 5))),
    "negative": lambda rng: Value(n := -rng.randint(1, 5000), str(n), "integer"),
}
KINDS |= {
    f"list_{kind}": _list_of(kind)
    for kind in (
        *("food", "word", "person", "color", "int", "city", "code", "float", "animal"),
        *("pair", "name_code"),
    )
}
