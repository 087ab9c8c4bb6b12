"""Word problems as sentences that each do one calculation: drawn, solved, and changed in one place.

Their wording is `train.problem_scenes`; how a solution is written is `train.solution_layouts`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from train.ability_math import LIMIT, OPERATIONS, Step, plural
from train.problem_scenes import SCENES, Role, Scene
from train.words import CITIES, FIRST_NAMES, FOODS, NOUNS, invented_word

_UNCOUNTABLE = {"hummus", "couscous", "scissors", "blinds", "tongs", "dice", "oats", "glass"}
_OBJECTS = tuple(
    [plural(noun) for noun in NOUNS if noun not in _UNCOUNTABLE]
    + [food for food in FOODS if food.endswith("s") and food not in _UNCOUNTABLE]
)
_SIZES = (9, 12, 20, 20, 40, 60, 99, 99, 300, 999)
"""No given number is larger than the one that is drawn of these; products stay below `LIMIT`."""
_STEPS = (1, 1, 1, 1, 2, 2, 2, 3)
_ASIDE_SHARE = 0.1
_END_SHARE = 0.3
_MOST_DRAWS = 400
_OPERATION = {"product": "*", "total": "+", "plus": "+", "minus": "-"}
_OPPOSITE: dict[Role, Role] = {
    "plus": "minus",
    "minus": "plus",
    "product": "total",
    "total": "product",
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a sentence of a problem says, and which calculation it asks for."""

    role: Role
    text: str
    numbers: tuple[int, ...]
    operation: str | None
    """None: the sentence calculates nothing."""
    unit: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A word problem of given numbers."""

    scene: Scene
    sentences: tuple[Sentence, ...]
    ask: str
    words: tuple[tuple[str, str], ...]
    """Slot and word of names, objects and places."""

    @property
    def text(self) -> str:
        """The problem as it is asked."""
        words = dict(self.words)
        parts = []
        for sentence in self.sentences:
            slots = "k" if len(sentence.numbers) == 1 and "{k}" in sentence.text else "ab"
            numbers = dict(zip(slots, map(str, sentence.numbers), strict=False))
            parts.append(sentence.text.format(**words, **numbers))
        text = " ".join([*parts, self.ask.format(**words)])
        return text[0].upper() + text[1:]


def solve(problem: Problem) -> tuple[Step, ...] | None:
    """The calculations of a problem, each noted with its unit.

    Returns:
        None where a number would not be whole, positive and at most `LIMIT`, a product has two
        large factors, or nothing is calculated.
    """
    words = dict(problem.words)
    steps: list[Step] = []
    value = problem.sentences[0].numbers[0]
    for sentence in problem.sentences:
        if sentence.operation is None:
            continue
        step = _calculate(value, sentence.operation, sentence.numbers[-1])
        if step is None:
            return None
        value = step.result
        source = len(steps) - 1 if steps else None
        unit = sentence.unit.format(**words)
        steps.append(replace(step, note=unit, sources=(source, None)))
    return tuple(steps) or None


def _calculate(left: int, operation: str, right: int) -> Step | None:
    if operation == "/" and (right < 2 or left % right):
        return None
    if operation == "*" and (min(left, right) < 2 or min(left, right) > 9):
        return None
    result = OPERATIONS[operation](left, right)
    if not 0 < result <= LIMIT:
        return None
    return Step(left, operation, right, result, "")


def draw_problem(rng: random.Random) -> Problem:
    """Draw a scene, its sentences, numbers and names."""
    while True:
        scene = rng.choice(SCENES)
        problem = _draw_numbers(rng, _draw_sentences(rng, scene))
        if problem is not None:
            return problem


def _draw_sentences(rng: random.Random, scene: Scene) -> Problem:
    """A problem whose numbers are all still zero."""
    count = rng.choice(_STEPS)
    end = rng.choice(scene.ends) if scene.ends and rng.random() < _END_SHARE else None
    opening = rng.choice(("amount", "product", "product", "total"))
    calculated = (opening != "amount") + (end is not None)
    if calculated > count:
        opening, calculated = "amount", 1
    sentences = [_sentence(rng, scene, opening)]
    for _ in range(count - calculated):
        said = {each.text for each in sentences}
        sentences.append(_sentence(rng, scene, rng.choice(("plus", "minus")), said))
    if rng.random() < _ASIDE_SHARE:
        sentences.insert(rng.randint(1, len(sentences)), _sentence(rng, scene, "aside"))
    if end is not None:
        sentences.append(Sentence("ends", end.text, (0,), end.operation, end.unit))
    ask = rng.choice(scene.ask) if end is None else end.ask
    return Problem(scene, tuple(sentences), ask, _draw_words(rng))


def _sentence(
    rng: random.Random, scene: Scene, role: Role, said: frozenset[str] | set[str] = frozenset()
) -> Sentence:
    """A sentence without numbers, not one that was said already where there are others."""
    phrases = scene.phrases[role]
    fresh = [phrase for phrase in phrases if phrase not in said] or list(phrases)
    operation = _OPERATION.get(role)
    numbers = (0, 0) if role in ("product", "total") else (0,)
    return Sentence(role, rng.choice(fresh), numbers, operation, scene.unit)


def _draw_words(rng: random.Random) -> tuple[tuple[str, str], ...]:
    n, m = rng.sample(FIRST_NAMES, 2)
    if rng.random() < 0.15:
        n = invented_word(rng)
    place = rng.choice(CITIES) if rng.random() < 0.6 else invented_word(rng)
    o, p = rng.sample(_OBJECTS, 2)
    return (("n", n), ("m", m), ("w", place), ("o", o), ("p", p))


def _draw_numbers(rng: random.Random, problem: Problem) -> Problem | None:
    """Give the sentences numbers that work out; None where some tries found none."""
    size = rng.choice(_SIZES)
    for _ in range(_MOST_DRAWS):
        drawn = tuple(
            replace(each, numbers=_numbers(rng, each.operation, len(each.numbers), size))
            for each in problem.sentences
        )
        candidate = replace(problem, sentences=drawn)
        given = [number for each in drawn for number in each.numbers]
        if len(set(given)) == len(given) and solve(candidate):
            return candidate
    return None


def _numbers(rng: random.Random, operation: str | None, count: int, size: int) -> tuple[int, ...]:
    if operation in ("*", "/"):
        factor = rng.randint(2, 9)
        if count == 1:
            return (factor,)
        other = rng.randint(2, max(9, min(size, LIMIT // factor)))
        return (other, factor) if rng.random() < 0.5 else (factor, other)
    return tuple(rng.randint(2, max(size, 9)) for _ in range(count))


def change_number(rng: random.Random, problem: Problem) -> Iterator[tuple[Problem, int]]:
    """Yield problems with one number of a calculation changed, and the calculation's index.

    A slip is by a little, by ten or by a hundred, or it swaps two digits.
    """
    places = [place for place, each in enumerate(problem.sentences) if each.role != "aside"]
    rng.shuffle(places)
    for place in places:
        sentence = problem.sentences[place]
        side = rng.randrange(len(sentence.numbers))
        numbers = list(sentence.numbers)
        numbers[side] = _slip(rng, numbers[side])
        index = sum(each.operation is not None for each in problem.sentences[:place])
        yield _with(problem, place, replace(sentence, numbers=tuple(numbers))), index


def _slip(rng: random.Random, number: int) -> int:
    digits = str(number)
    kind = rng.random()
    if kind < 0.15 and len(digits) > 1 and digits[-1] != digits[-2] and digits[-1] != "0":
        return int(digits[:-2] + digits[-1] + digits[-2])
    change = rng.choice((1, 1, 2, 3) if kind < 0.6 else (4, 5, 6, 7, 10, 20, 100))
    return number - change if rng.random() < 0.5 and number > change + 1 else number + change


def change_operation(rng: random.Random, problem: Problem) -> Iterator[Problem]:
    """Yield problems of which one sentence says that something else is calculated."""
    scene = problem.scene
    places = [place for place, each in enumerate(problem.sentences) if each.operation is not None]
    rng.shuffle(places)
    for place in places:
        sentence = problem.sentences[place]
        if sentence.role == "ends":
            others = [end for end in scene.ends if end.operation != sentence.operation]
            for end in others:
                changed = replace(sentence, text=end.text, operation=end.operation, unit=end.unit)
                yield replace(_with(problem, place, changed), ask=end.ask)
            continue
        other = _sentence(rng, scene, _OPPOSITE[sentence.role])
        yield _with(problem, place, replace(other, numbers=sentence.numbers))


def change_length(rng: random.Random, problem: Problem) -> Iterator[Problem]:
    """Yield problems in which a number that was calculated with says nothing of the question."""
    events = [
        place for place, each in enumerate(problem.sentences) if each.role in ("plus", "minus")
    ]
    rng.shuffle(events)
    for place in events:
        aside = _sentence(rng, problem.scene, "aside")
        numbers = problem.sentences[place].numbers
        yield _with(problem, place, replace(aside, numbers=numbers))


def _with(problem: Problem, place: int, sentence: Sentence) -> Problem:
    before, after = problem.sentences[:place], problem.sentences[place + 1 :]
    return replace(problem, sentences=(*before, sentence, *after))
