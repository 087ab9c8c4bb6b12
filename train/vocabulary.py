"""An open vocabulary: phrases, names and filler of thousands of ordinary words.

A model that meets the same few hundred nouns as values learns to recognise them; one that meets
any word anywhere can only learn to copy. Nothing here knows about fields or prompts.
"""

from __future__ import annotations

import functools
import random
import string
from pathlib import Path

import yaml

_PHRASES = (
    *("{adjective} {noun}", "{noun} {noun}", "{noun}", "{adjective} {noun} {noun}"),
    *("{verb} the {noun}", "{noun} of the {noun}", "{noun} of {noun}", "the {adjective} {noun}"),
    *("{noun} and {noun}", "{verb} {noun} with {adjective} {noun}", "{noun} for {noun}"),
    *("{noun} does not {verb} on {noun}", "no {noun} in the {noun}", "{adjective} and {adjective}"),
    *("{noun} in {noun}", "{noun} from the {adjective} {noun}", "{noun} is {adjective}"),
    *("{adjective} {noun} at the {noun}", "{noun} {noun} {noun}", "{verb} and {verb}"),
    *("to {verb} a {noun}", "{noun} without {noun}", "{noun} under the {adjective} {noun}"),
)

_FILLER = (
    *("The {noun} near the {adjective} {noun} is {adjective}.", "We {verb} the {noun} later."),
    *("My {noun} says the {noun} can wait.", "{number} of the {noun} went to {noun}."),
    *("No {noun} today.", "I will {verb} it after {number} {noun}.", "The {noun} was {adjective}."),
    *("Someone has to {verb} the {adjective} {noun}.", "It is about the {noun} of the {noun}."),
    *("last time {number} {noun} were {adjective}", "ignore the {noun}", "same {noun} as before"),
    *("The {adjective} one, not the {adjective} one.", "They {verb} every {noun} here."),
    *("Our {noun} team meets at {number}.", "the {noun} guy asked for {noun}", "{noun} pending"),
    *("Page {number} has the {noun}.", "It took {number} minutes to {verb} the {noun}."),
    *("There were {number} {adjective} {noun} before that.", "A {noun} would be {adjective} too."),
)

_NUMERALS = ("II", "III", "IV", "V", "X", "A", "B", "Plus", "Pro", "Jr.", "One")


@functools.cache
def _words(part: str) -> tuple[str, ...]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    path = Path(__file__).parent / "phrases" / "vocabulary.yaml"
    return tuple(yaml.load(path.read_text("utf-8"), loader)[part].split())


def open_noun(rng: random.Random) -> str:
    """Any of some thousand nouns."""
    return rng.choice(_words("nouns"))


def open_word(rng: random.Random) -> str:
    """Any noun, now and then an adjective or a verb."""
    return rng.choice(_words(rng.choices(("nouns", "adjectives", "verbs"), (6, 2, 2))[0]))


def _fill(rng: random.Random, form: str) -> str:
    words = []
    for piece in form.replace("{", "\0{").split("\0"):
        slot, brace, tail = piece.partition("}")
        if not brace:
            words.append(piece)
        elif slot == "{number":
            words.append(f"{rng.randint(2, 90)}{tail}")
        else:
            words.append(rng.choice(_words(f"{slot[1:]}s")) + tail)
    return "".join(words)


def open_phrase(rng: random.Random) -> str:
    """One to six words as titles, places, summaries and the like are made of, in any case."""
    text = _fill(rng, rng.choice(_PHRASES))
    style = rng.random()
    if style < 0.3:
        text = text.title()
    elif style < 0.45:
        text = text.capitalize()
    elif style < 0.48:
        text = text.upper()
    if style < 0.45 and rng.random() < 0.15:
        text = f"{text} {rng.choice((*_NUMERALS, str(rng.randint(2, 99))))}"
    return text


def open_pair(rng: random.Random) -> str:
    """One or two words, without `and` or comma: an item of a list."""
    form = rng.choice(("{noun}", "{noun}", "{adjective} {noun}", "{noun} {noun}"))
    text = _fill(rng, form)
    return text.title() if rng.random() < 0.25 else text


def open_filler(rng: random.Random) -> str:
    """A sentence that has nothing to do with what is asked."""
    return _fill(rng, rng.choice(_FILLER))


def name_code(rng: random.Random) -> str:
    """A name with digits or signs: a train, a host, a device path, a version, a file."""
    word, other = open_noun(rng), open_noun(rng)
    number = str(rng.randint(1, rng.choice((9, 99, 999))))
    capitals = "".join(rng.choices(string.ascii_uppercase, k=rng.randint(1, 4)))
    letter = rng.choice(string.ascii_lowercase)
    return rng.choice(
        (
            f"{capitals} {number}",
            f"{capitals}-{number}{letter}",
            f"{word}-{number.zfill(2)}",
            f"{word}{number}",
            f"{word}_{other}",
            f"{word}-{other}",
            f"/{word}/{other}{number}",
            f"{word}.{rng.choice(('txt', 'py', 'csv', 'log', 'png', 'conf'))}",
            f"{word.capitalize()} {number}",
            f"{word.capitalize()} {rng.choice(_NUMERALS)}",
            f"{capitals}{number}{letter}",
            f"{word}.{other}",
            f"{word}:{number}",
            f"{letter}{number}-{capitals}",
            capitals,
            f"{word.capitalize()}{other.capitalize()}",
        )
    )
