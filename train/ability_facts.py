"""What passages are made of: relations, two-hop chains and sentences without facts.

In every template `{s}` is the subject, `{v}` the value and `{a}` the value's article. Values are
copied into sentences as they are, so that an answer is always a span of its passage.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from train.words import (
    ADJECTIVES,
    ANIMALS,
    CITIES,
    COLORS,
    COUNTRIES,
    FIRST_NAMES,
    FOODS,
    JOBS,
    MONTHS,
    NOUNS,
    full_name,
    invented_company,
    invented_word,
)

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ROOMS = ("kitchen", "attic", "cellar", "garage", "library", "pantry", "studio", "hall", "shed")
_EVENTS = (
    *("book fair", "jazz festival", "chess final", "film night", "flower show", "food market"),
    *("science congress", "marathon", "auction", "boat race", "craft fair", "poetry evening"),
    *("robot contest", "garden party", "opera gala", "cheese fair", "job fair", "kite festival"),
)
_MATERIALS = (
    *("oak", "steel", "glass", "leather", "brass", "wool", "bamboo", "marble", "cotton", "clay"),
    *("plastic", "silk", "paper", "aluminium", "pine", "granite", "rubber", "linen", "copper wire"),
)
_STUDIES = ("history", "biology", "music", "law", "geology", "physics", "economics", "Latin")
_HOBBIES = (
    *("chess", "fencing", "pottery", "climbing", "the violin", "tennis", "sailing", "judo"),
    *("the cello", "archery", "hockey", "rowing", "photography", "the flute", "badminton", "golf"),
)
_LANGUAGES = (
    *("Arabic", "Danish", "Dutch", "Finnish", "French", "Greek", "Hindi", "Italian", "Japanese"),
    *("Korean", "Polish", "Swahili", "Turkish", "Welsh", "Zulu", "Portuguese", "Norwegian"),
)


def _either(rng: random.Random, words: tuple[str, ...], invented: float) -> str:
    return invented_word(rng) if rng.random() < invented else rng.choice(words)


def _number(unit: str, low: int, high: int) -> Callable[[random.Random], str]:
    return lambda rng: f"{rng.randint(low, high)} {unit}".rstrip()


def _date(rng: random.Random) -> str:
    day, month, year = rng.randint(1, 28), rng.choice(MONTHS), rng.randint(1850, 2030)
    forms = (
        f"{day} {month} {year}",
        f"{month} {day}, {year}",
        f"{day} {month}",
        f"{year}-{MONTHS.index(month) + 1:02d}-{day:02d}",
    )
    return rng.choice(forms)


def _time(rng: random.Random) -> str:
    return (
        f"{rng.randint(0, 23):02d}:{rng.choice(('00', '05', '10', '15', '20', '30', '45', '50'))}"
    )


def _price(rng: random.Random) -> str:
    amount = rng.randint(2, 900)
    return rng.choice((f"{amount} euros", f"${amount}", f"{amount} dollars", f"£{amount}.50"))


def _code(rng: random.Random) -> str:
    return f"{rng.choice('ABCDEFGHKLMNPRSTUVWXYZ')}{rng.randint(1, 99)}"


VALUES: dict[str, Callable[[random.Random], str]] = {
    "city": lambda rng: _either(rng, CITIES, 0.4),
    "country": lambda rng: _either(rng, COUNTRIES, 0.1),
    "job": lambda rng: rng.choice(JOBS),
    "person": lambda rng: full_name(rng) if rng.random() < 0.6 else _either(rng, FIRST_NAMES, 0.3),
    "company": invented_company,
    "year": _number("", 1700, 2030),
    "age": _number("", 18, 95),
    "count": _number("", 2, 999),
    "date": _date,
    "time": _time,
    "day": lambda rng: rng.choice(_DAYS),
    "month": lambda rng: rng.choice(MONTHS),
    "price": _price,
    "metres": _number("metres", 2, 900),
    "kilos": _number("kilograms", 2, 400),
    "minutes": _number("minutes", 2, 120),
    "people": _number("people", 12, 90000),
    "code": _code,
    "color": lambda rng: rng.choice(COLORS),
    "food": lambda rng: rng.choice(FOODS),
    "animal": lambda rng: rng.choice(ANIMALS),
    "room": lambda rng: rng.choice(_ROOMS),
    "material": lambda rng: rng.choice(_MATERIALS),
    "study": lambda rng: rng.choice(_STUDIES),
    "hobby": lambda rng: rng.choice(_HOBBIES),
    "language": lambda rng: rng.choice(_LANGUAGES),
    "thing": lambda rng: f"{rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}",
    "town": invented_word,
    "event": lambda rng: rng.choice(_EVENTS),
    "item": lambda rng: rng.choice(NOUNS),
}
"""How to draw a value of each type, as it stands in a sentence."""


@dataclass(frozen=True, slots=True)
class Relation:
    """One thing that can be said of a subject, and the questions about it."""

    value: str
    """Key of `VALUES`."""
    statements: tuple[str, ...]
    questions: tuple[str, ...]
    """Ask for the value."""
    reverse: tuple[str, ...] = ()
    """Ask for the subject; empty where no natural question does."""


def _relation(value: str, statements: str, questions: str, reverse: str = "") -> Relation:
    def split(text: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in text.split("|") if part.strip())

    return Relation(value, split(statements), split(questions), split(reverse))


_r = _relation
# fmt: off
RELATIONS: dict[str, tuple[Relation, ...]] = {
    "person": (
        _r("city", "{s} lives in {v} | {s} has a flat in {v} | {s}'s home is in {v}",
           "Where does {s} live? | In which city does {s} live? | What is the home town of {s}?",
           "Who lives in {v}? | Whose home is in {v}?"),
        _r("job", "{s} works as {a} {v} | {s} is {a} {v} | {s} earns a living as {a} {v}",
           "What is {s}'s job? | What does {s} work as? | What does {s} do for a living?",
           "Who works as {a} {v}? | Who is {a} {v}?"),
        _r("company", "{s} works for {v} | {s} is employed by {v} | {s} has a post at {v}",
           "Who employs {s}? | Which company does {s} work for?",
           "Who works for {v}? | Who is employed by {v}?"),
        _r("age", "{s} is {v} years old | {s} turned {v} last week | {s} is aged {v}",
           "How old is {s}? | What is the age of {s}?", "Who is {v} years old?"),
        _r("date", "{s} was born on {v} | {s} has a birthday noted as {v}",
           "When was {s} born? | What is {s}'s date of birth?", "Who was born on {v}?"),
        _r("animal", "{s} keeps {a} {v} | {s} owns {a} {v} | {s} looks after {a} {v}",
           "Which animal does {s} keep? | What pet does {s} have?",
           "Who owns {a} {v}? | Who keeps {a} {v}?"),
        _r("food", "{s} likes {v} best | {s} eats {v} every day | {s} never says no to {v}",
           "What does {s} like to eat? | Which food does {s} like?", "Who likes {v}?"),
        _r("hobby", "{s} is good at {v} | {s} took up {v} | {s} spends weekends on {v}",
           "What is {s}'s hobby? | What does {s} do as a hobby?", "Who took up {v}?"),
        _r("language", "{s} speaks {v} | {s} is learning {v} | {s} knows {v} well",
           "Which language does {s} know? | What language does {s} speak?",
           "Who speaks {v}? | Who knows {v}?"),
        _r("item", "{s} bought {a} {v} | {s} ordered {a} {v} | {s} paid for {a} {v}",
           "What did {s} buy? | What did {s} pay for?", "Who bought {a} {v}?"),
        _r("study", "{s} studied {v} | {s} has a degree in {v} | {s} graduated in {v}",
           "What did {s} study? | In what subject is {s}'s degree?", "Who studied {v}?"),
        _r("country", "{s} comes from {v} | {s} grew up in {v} | {s} was raised in {v}",
           "Which country does {s} come from? | Where did {s} grow up?", "Who comes from {v}?"),
    ),
    "thing": (
        _r("price", "The {s} costs {v} | The {s} is sold for {v} | The {s} has a price of {v}",
           "How much is the {s}? | What does the {s} cost? | What is the price of the {s}?",
           "What costs {v}?"),
        _r("color", "The {s} is {v} | The {s} was painted {v} | The {s} comes in {v}",
           "What color is the {s}? | Which color does the {s} have?", "Which object is {v}?"),
        _r("kilos", "The {s} weighs {v} | The {s} has a weight of {v}",
           "How much does the {s} weigh? | What is the weight of the {s}?", "What weighs {v}?"),
        _r("material", "The {s} is made of {v} | The {s} was built from {v}",
           "What is the {s} made of? | What material is the {s}?", "What is made of {v}?"),
        _r("room", "The {s} stands in the {v} | The {s} is kept in the {v}",
           "Where is the {s}? | In which room is the {s}?", "What is in the {v}?"),
        _r("person", "The {s} belongs to {v} | The {s} is the property of {v}",
           "Who owns the {s}? | Whose is the {s}?", "What belongs to {v}?"),
        _r("year", "The {s} was made in {v} | The {s} dates from {v}",
           "When was the {s} made? | From which year is the {s}?", "What was made in {v}?"),
        _r("code", "The {s} has the label {v} | The {s} is listed under {v}",
           "What is the label of the {s}? | Under which code is the {s} listed?",
           "What has the label {v}?"),
    ),
    "town": (
        _r("people", "{s} has {v} | {s} is home to {v}",
           "What is the population of {s}? | How many people live in {s}?"),
        _r("person", "{s} has a mayor called {v} | {s} is led by {v} | {s} elected {v} as mayor",
           "Who is the mayor of {s}? | Who leads {s}?", "Where is {v} mayor?"),
        _r("year", "{s} was founded in {v} | {s} has existed since {v}",
           "When was {s} founded? | Since when has {s} existed?",
           "Which town was founded in {v}?"),
        _r("food", "{s} is known for its {v} | {s} exports {v}",
           "What is {s} known for? | What does {s} export?", "Which town is known for {v}?"),
        _r("country", "{s} lies in {v} | {s} is a town in {v}",
           "In which country is {s}? | Where does {s} lie?", "Which town lies in {v}?"),
        _r("metres", "{s} lies {v} above the sea | {s} has an altitude of {v}",
           "How high is {s}? | What is the altitude of {s}?"),
        _r("day", "{s} holds its market on {v} | {s} has a market every {v}",
           "On which day is the market in {s}? | When is market day in {s}?",
           "Which town has its market on {v}?"),
    ),
    "company": (
        _r("city", "{s} is based in {v} | {s} has its head office in {v}",
           "Where is {s} based? | In which city is the head office of {s}?",
           "Which company is based in {v}?"),
        _r("person", "{s} is run by {v} | {s} was founded by {v} | {s} has {v} as its head",
           "Who runs {s}? | Who is the head of {s}?", "Which company does {v} run?"),
        _r("year", "{s} was started in {v} | {s} opened in {v}",
           "When was {s} started? | In which year did {s} open?",
           "Which company opened in {v}?"),
        _r("count", "{s} employs {v} people | {s} has {v} workers | {s} has a staff of {v}",
           "How many people work for {s}? | How large is the staff of {s}?"),
        _r("thing", "{s} makes a product called the {v} | {s} is known for the {v}",
           "What is {s} known for? | Which product does {s} make?",
           "Which company is known for the {v}?"),
        _r("month", "{s} will move in {v} | {s} is moving to a new building in {v}",
           "When will {s} move? | In which month does {s} move?", "Who will move in {v}?"),
    ),
    "event": (
        _r("city", "The {s} takes place in {v} | The {s} is held in {v}",
           "Where is the {s}? | Which city hosts the {s}?", "What takes place in {v}?"),
        _r("date", "The {s} is planned for {v} | The {s} is set for {v}",
           "On which date is the {s}? | What is the date of the {s}?"),
        _r("time", "The {s} starts at {v} | The {s} begins at {v}",
           "At what time does the {s} start? | What time does the {s} begin?",
           "What starts at {v}?"),
        _r("price", "The {s} costs {v} to enter | The {s} sells tickets for {v}",
           "How much is a ticket for the {s}? | What does entry to the {s} cost?"),
        _r("person", "The {s} is organized by {v} | The {s} was opened by {v}",
           "Who is behind the {s}? | Who organized or opened the {s}?"),
        _r("count", "The {s} drew {v} visitors | The {s} had {v} guests",
           "How many came to the {s}? | How many visitors did the {s} have?"),
        _r("minutes", "The {s} lasts {v} | The {s} goes on for {v}",
           "How long is the {s}? | How long does the {s} last?", "What lasts {v}?"),
    ),
}
"""What can be said of each kind of subject. No relation answers a question of its neighbours."""

CHAINS: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("event", "city", "person", "The {x} is held in {y} | The {x} takes place in {y}",
     "{z} works in {y} | {z} has a job in {y}",
     "Who works in the city where the {x} is? | Who works where the {x} takes place?"),
    ("person", "city", "event", "{x} lives in {y} | {x} has a flat in {y}",
     "The {z} is held in {y} | {y} hosts the {z}",
     "What is held in the city where {x} lives? | Which event is in {x}'s home town?"),
    ("person", "company", "city", "{x} works for {y} | {x} is employed by {y}",
     "{y} is based in {z} | {y} has its office in {z}",
     "In which city is {x}'s employer based? | Where is the company that employs {x}?"),
    ("animal", "person", "job", "The {x} belongs to {y} | {y} owns the {x}",
     "{y} works as {a} {z} | {y} is {a} {z}",
     "What is the job of the owner of the {x}? | What does the {x}'s owner work as?"),
    ("thing", "code", "room", "The {x} is in box {y} | Box {y} holds the {x}",
     "Box {y} is in the {z} | Box {y} was put in the {z}",
     "In which room is the {x}? | Where in the house is the {x}?"),
    ("person", "town", "country", "{x} was born in {y} | {x} comes from {y}",
     "{y} is a town in {z} | {y} lies in {z}",
     "In which country was {x} born? | Which country does {x} come from?"),
    ("thing", "person", "city", "The {x} was made by {y} | {y} built the {x}",
     "{y} lives in {z} | {y} has a house in {z}",
     "Where does the maker of the {x} live? | In which city does the {x}'s maker live?"),
    ("person", "person", "age", "{x} is taught by {y} | {y} is the teacher of {x}",
     "{y} is {z} years old | {y} is aged {z}",
     "How old is {x}'s teacher? | What is the age of the person who teaches {x}?"),
    ("company", "person", "language", "{x} is led by {y} | {y} is the head of {x}",
     "{y} speaks {z} | {y} grew up with {z}",
     "Which language does the head of {x} speak? | What does the leader of {x} speak?"),
    ("event", "day", "person", "The {x} is on {y} | The {x} falls on {y}",
     "{z} is on duty on {y} | {y} is the shift of {z}",
     "Who is on duty on the day of the {x}? | Whose shift is it when the {x} is on?"),
)
"""Types of x, y, z; sentences of x and y; of y and z; questions about x that z answers."""
# fmt: on

FILLERS = (
    *("The weather was mild that week.", "Nobody was in a hurry.", "It had rained in the night."),
    *("Most of this is well known.", "The rest is a matter of taste.", "Not everyone agrees."),
    *("A few details are still open.", "The report was short.", "Some people were surprised."),
    *("There was little else to say.", "The list is updated now and then.", "All went well."),
    *("A photo was taken.", "The notes are kept in a folder.", "Visitors are always welcome."),
    *("Many neighbors have heard about it.", "The local paper wrote a few lines about this."),
)
"""Sentences that answer no question."""
