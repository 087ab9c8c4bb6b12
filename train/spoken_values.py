"""Values whose JSON is not how a text says them: dates, times, money, measures, numbers in words.

A kind is written `name` or `name(arguments)`; names not found here are those of `train/values.py`.
Nothing here knows about texts or requests.
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Callable

from train import words
from train.spoken import Spoken, plain, spell
from train.spoken_times import draw_date, draw_day, draw_time
from train.values import KINDS
from train.vocabulary import open_noun, open_pair
from train.words import full_name, invented_word

_CURRENCIES = {
    "USD": ("${}", "{} dollars", "${}", "USD {}"),
    "EUR": ("€{}", "{} euros", "{} EUR", "EUR {}", "{} €"),
    "GBP": ("£{}", "£{}", "{} pounds", "GBP {}"),
    "CHF": ("CHF {}", "{} francs", "{} CHF"),
    "SEK": ("{} SEK", "SEK {}"),
}
_UNITS = {
    "kg": ("{} kg", "{}kg", "{} kilos", "{} kilograms"),
    "g": ("{} g", "{}g", "{} grams"),
    "l": ("{} litres", "{} l", "{} liters", "{}L"),
    "ml": ("{} ml", "{}ml", "{} millilitres"),
    "mg": ("{} mg", "{}mg", "{} milligrams"),
    "km": ("{} km", "{}km", "{} kilometres", "{} kilometers"),
    "m": ("{} m", "{} metres", "{} meters"),
    "cm": ("{} cm", "{}cm", "{} centimetres"),
    "mm": ("{} mm", "{}mm"),
    "C": ("{} °C", "{} degrees", "{}°C", "{} C"),
    "ms": ("{} ms", "{}ms", "{} milliseconds"),
    "s": ("{} s", "{} seconds", "{} sec"),
    "min": ("{} minutes", "{} min", "{} mins"),
    "h": ("{} hours", "{} h", "{} hrs"),
    "GB": ("{} GB", "{}GB", "{} gigabytes"),
    "MB": ("{} MB", "{}MB"),
    "m2": ("{} m²", "{} square metres", "{} sqm"),
    "kW": ("{} kW", "{} kilowatts"),
    "kWh": ("{} kWh", "{}kWh"),
    "miles": ("{} miles", "{} mi"),
    "lbs": ("{} lbs", "{} pounds", "{} lb"),
    "ft": ("{} ft", "{} feet"),
    "bar": ("{} bar",),
    "V": ("{} V", "{} volts"),
    "days": ("{} days",),
    "weeks": ("{} weeks",),
    "pct": ("{}%", "{} percent", "{} per cent"),
}

_LAST_YEAR = 2200
"""Up to here a number may be a year, which nobody writes with a comma."""
_PLACES = ("Hall", "Park", "House", "Inn", "Court", "Square", "Centre", "Garden", "Mill", "Bridge")
_USUAL = {
    "color": words.COLORS,
    "food": words.FOODS,
    "animal": words.ANIMALS,
    "sport": words.SPORTS,
    "job": words.JOBS,
}


def _int(rng: random.Random, low: str, high: str, in_words: float = 0.15) -> Spoken:
    number = rng.randint(int(low), int(high))
    text = str(number)
    if 0 <= number <= 12 and rng.random() < in_words:
        text = spell(number)
    elif number > _LAST_YEAR and rng.random() < 0.3:
        text = f"{number:,}"
    return plain(number, text)


def _count(rng: random.Random, low: str, high: str) -> Spoken:
    """A number that is more often a word than digits."""
    number = rng.randint(int(low), int(high))
    if number == 12 and rng.random() < 0.3:
        return plain(12, "a dozen")
    return plain(number, spell(number) if number < 100 and rng.random() < 0.55 else None)


def _dec(rng: random.Random, low: str, high: str, digits: str = "1") -> Spoken:
    number = round(rng.uniform(float(low), float(high)), int(digits))
    return plain(number, f"{number:.{digits}f}")


def _round_amount(rng: random.Random, low: float, high: float) -> int | float:
    roll = rng.random()
    if roll < 0.45:
        return rng.randint(int(low), int(high))
    if roll < 0.6:
        return max(int(low), round(rng.randint(int(low), int(high)) / 10) * 10)
    return round(rng.uniform(low, high), 2)


def draw_currency(rng: random.Random) -> str:
    """The currency of a text: its amounts are all in one."""
    return rng.choices(tuple(_CURRENCIES), (6, 6, 4, 1, 1))[0]


def _money(rng: random.Random, low: str, high: str, code: str) -> Spoken:
    amount = _round_amount(rng, float(low), float(high))
    text = f"{amount:,.2f}" if isinstance(amount, float) else f"{amount:,}"
    if rng.random() < 0.25:
        text = text.replace(",", "")
    said = rng.choice(_CURRENCIES[code]).format(text)
    return plain(amount, said, note=f"in {code}", parts={"currency": code})


def _measure(rng: random.Random, unit: str, low: str, high: str, digits: str = "0") -> Spoken:
    number: int | float = round(rng.uniform(float(low), float(high)), int(digits))
    if digits == "0":
        number = int(number)
    text = f"{number:.{digits}f}" if rng.random() < 0.9 else f"{number:,}"
    said = rng.choice(_UNITS[unit]).format(text)
    shown = {"pct": "percent", "C": "°C", "m2": "m²", "h": "hours", "min": "minutes"}
    return plain(number, said, note=f"in {shown.get(unit, unit)}")


def _minutes(rng: random.Random) -> Spoken:
    """A duration that is asked for in minutes; the longer ones are said in hours."""
    said = {15: "a quarter of an hour", 30: "half an hour", 60: "an hour", 90: "an hour and a half"}
    said |= {120: "two hours", 180: "three hours", 45: "three quarters of an hour"}
    if rng.random() < 0.35:
        number = rng.choice(tuple(said))
        return plain(number, said[number], hint="in minutes")
    number = rng.choice((rng.randint(2, 12) * 5, rng.randint(3, 95)))
    return plain(number, f"{number} {rng.choice(('minutes', 'min', 'mins'))}", note="in minutes")


def _range(rng: random.Random, low: str, high: str, unit: str = "") -> Spoken:
    """Two numbers, the lower first; their parts are `min` and `max`."""
    first = rng.randint(int(low), int(high) - 1)
    last = rng.randint(first + 1, int(high))
    form = rng.choice(
        ("between {} and {}", "from {} to {}", "{} to {}", "{}-{}", "at least {} and at most {}")
    )
    text = form.format(first, last) + (f" {unit}" if unit else "")
    return Spoken({"min": first, "max": last}, text, "object", parts={"min": first, "max": last})


def _person(rng: random.Random) -> Spoken:
    name = full_name(rng)
    first, last = name.split(" ", 1)
    return Spoken(name, name, "string", parts={"first": first, "last": last})


def _first(rng: random.Random) -> Spoken:
    return plain(rng.choice(words.FIRST_NAMES) if rng.random() < 0.8 else invented_word(rng))


def _thing(rng: random.Random) -> Spoken:
    noun = rng.choice(words.NOUNS) if rng.random() < 0.6 else open_noun(rng)
    return plain(f"{rng.choice(words.ADJECTIVES)} {noun}" if rng.random() < 0.25 else noun)


def _usual(rng: random.Random, kind: str) -> Spoken:
    """Of a list that also `train/values.py` draws from, mostly without a word added."""
    if rng.random() < 0.15:
        return plain(KINDS[kind](rng).text)
    return plain(rng.choice(_USUAL[kind]))


def _proper(rng: random.Random) -> Spoken:
    """A name of a place, a product or a team: `Café Luna`, `Silver Kettle`, `Tarvo 300`."""
    if rng.random() < 0.3:
        return plain(open_pair(rng))
    noun = (rng.choice(words.NOUNS) if rng.random() < 0.5 else open_noun(rng)).capitalize()
    stem = rng.choice(words.COMPANY_STEMS) if rng.random() < 0.5 else invented_word(rng)
    forms = (
        f"{rng.choice(words.ADJECTIVES).capitalize()} {noun}",
        f"{stem} {noun}",
        f"{stem} {rng.choice(_PLACES)}",
        f"{stem} {rng.choice((rng.randint(2, 990), 'II', 'Plus', 'Mini', 'X', 'GT'))}",
        stem,
        noun,
        f"{rng.choice(('Old', 'New', 'Little', 'Upper', 'East', 'Red'))} {noun}",
        f"{rng.choice(('Café', 'Villa', 'Club', 'Chez', 'Casa', 'Bar'))} {stem}",
    )
    return plain(rng.choice(forms))


def _pick(rng: random.Random, *choices: str) -> Spoken:
    return plain(rng.choice(choices))


def _list(rng: random.Random, kind: str, low: str = "2", high: str = "4", *more: str) -> Spoken:
    """Different items of a kind; of `pick` or `int`, what follows are its arguments."""
    wanted = rng.randint(int(low), int(high))
    items: list[Spoken] = []
    for _ in range(40):
        item = draw(rng, f"{kind}({';'.join(more)})" if more else kind)
        apart = all(item.text not in each.text and each.text not in item.text for each in items)
        if apart and " and " not in item.text and "," not in item.text:
            items.append(item)
        if len(items) == wanted:
            break
    texts = [item.text for item in items]
    last = rng.choice((", ", " and ", " and ", ", and " if wanted > 2 else " and "))
    joined = ", ".join(texts[:-1]) + last + texts[-1] if len(texts) > 1 else texts[0]
    return Spoken(
        [item.json for item in items], joined, "array", note="list", parts={"count": len(items)}
    )


_MAKERS: dict[str, Callable[..., Spoken]] = {
    "int": _int,
    "count": _count,
    "dec": _dec,
    "money": _money,
    "measure": _measure,
    "minutes": _minutes,
    "date": draw_date,
    "day": draw_day,
    "time": draw_time,
    "range": _range,
    "person": _person,
    "first": _first,
    "thing": _thing,
    "proper": _proper,
    "pick": _pick,
    "list": _list,
}


@functools.cache
def _parse(spec: str) -> tuple[str, tuple[str, ...]]:
    found = re.fullmatch(r"(\w+)(?:\((.*)\))?", spec)
    assert found, spec
    arguments = (found[2] or "").split(";" if ";" in (found[2] or "") else ",")
    return found[1], tuple(each.strip() for each in arguments if each.strip())


def draw(rng: random.Random, spec: str, currency: str = "EUR") -> Spoken:
    """Draw a value of a kind such as `person`, `int(2, 40)` or `pick(oak; pine; steel)`.

    Args:
        rng: The source of chance.
        spec: The kind.
        currency: Of amounts of money.
    """
    name, arguments = _parse(spec)
    if name == "money":
        arguments = (*arguments, currency)
    if name in _USUAL:
        return _usual(rng, name)
    if name in _MAKERS:
        return _MAKERS[name](rng, *arguments)
    value = KINDS[name](rng)
    return Spoken(value.json, value.text, value.type)
