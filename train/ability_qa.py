"""Rows of short questions over a passage, one in five of which the passage does not answer."""

from __future__ import annotations

import random
from dataclasses import dataclass

from train.ability_facts import CHAINS, FILLERS, RELATIONS, VALUES, Relation
from train.rows import Row

UNANSWERABLE = "unanswerable"

_TWO_HOP_SHARE = 0.3
_RAW_SHARE = 0.25
_MOST_WORDS = 90

# fmt: off
_INSTRUCTIONS = (
    "Answer the question from the passage.", "Read the text and answer the question.",
    "Use only the passage below to answer.", "Here is a short text and a question about it.",
    "Find the answer in the passage.", "Answer with a short span of the text.",
    "Give the shortest answer that the text supports.", "Reading exercise.",
    "Please answer the question about this text in a few words.", "Copy the answer from the text.",
    "Look up the answer in these notes.", "Below are some facts, then a question.",
    "Question answering over a passage: answer briefly, no full sentence.",
    "Could you tell me the answer from the text below?",
)
_RULES = (
    'If the passage does not say, answer "unanswerable".',
    "If the answer is not in the text, reply unanswerable.",
    'Write "unanswerable" when the text does not contain the answer.',
    "When the passage gives no answer, the answer is: unanswerable",
    "Not every question can be answered; in that case say unanswerable.",
    'Say "unanswerable" if you cannot tell from the passage.',
    "If it is not stated, output the single word unanswerable.",
    "No answer in the passage? Then answer unanswerable.",
    "Should the information be missing, respond with unanswerable.",
    "Use unanswerable for questions that the text leaves open.",
)
_SYSTEMS = (
    "You answer questions about a passage with a short span of it.",
    "You are a reading assistant. Answers are as short as possible.",
    "Answer from the given text only.", "You extract answers from documents.",
    "Be brief: a name, a number or a few words.", "You are a helpful assistant.",
)
_LABELS = (
    ("", ""), ("Passage: ", "Question: "), ("Text: ", "Q: "), ("Context: ", "Question: "),
    ("Passage:\n", "Question:\n"), ("### Passage\n", "### Question\n"), ("Notes: ", "Question: "),
    ("Context:\n", "Q: "), ("[Text] ", "[Question] "), ("", "Question: "), ("<text>\n", ""),
)
_RAW_LABELS = (
    ("Passage: ", "Question: ", "Answer:"), ("Passage: ", "Question: ", "Answer:"),
    ("Context: ", "Question: ", "Answer:"), ("Text: ", "Q: ", "A:"), ("", "Q: ", "A:"),
    ("### Passage:\n", "### Question:\n", "### Answer:"), ("", "Question: ", "Answer:"),
    ("Passage:\n", "Question:\n", "Answer:"),
)
# fmt: on


@dataclass(frozen=True, slots=True)
class Reading:
    """A passage and a question about it."""

    passage: str
    question: str
    answer: str
    withheld: str = ""
    """For an unanswerable question: what would have to stand in the passage and does not."""
    hops: int = 1


class _World:
    """The names and values already used in one passage, so that none occurs twice."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.used: list[str] = []

    def draw(self, kind: str) -> str:
        """A value that neither contains nor is contained in any drawn before."""
        draw = VALUES[kind]
        for _ in range(50):
            value = draw(self.rng)
            if not any(value in other or other in value for other in self.used):
                break
        else:
            raise AssertionError(f"no fresh {kind} beside {self.used}")
        self.used.append(value)
        return value


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _say(rng: random.Random, relation: Relation, subject: str, value: str) -> str:
    return rng.choice(relation.statements).format(s=subject, v=value, a=_article(value))


def _facts(
    world: _World, kind: str, subjects: int, relations: int
) -> list[tuple[str, str, Relation]]:
    """Subject, value and relation for every pair of some subjects and relations of a kind."""
    names = [world.draw(kind) for _ in range(subjects)]
    chosen = world.rng.sample(RELATIONS[kind], relations)
    return [(name, world.draw(relation.value), relation) for name in names for relation in chosen]


def _fill(world: _World, sentences: list[str], kind: str) -> str:
    """Add distractors up to a random length, then shuffle, join and capitalize."""
    rng = world.rng
    target = rng.randint(30, _MOST_WORDS - 16)
    words = sum(sentence.count(" ") + 1 for sentence in sentences)
    spare: list[str] = []
    while words < target:
        if not spare:
            other = rng.choice([name for name in RELATIONS if name != kind])
            spare = [_say(rng, fact[2], fact[0], fact[1]) for fact in _facts(world, other, 1, 2)]
        sentence = rng.choice(FILLERS)[:-1] if rng.random() < 0.2 else spare.pop()
        if sentence not in sentences:
            sentences.append(sentence)
            words += sentence.count(" ") + 1
    if rng.random() < 0.7:
        rng.shuffle(sentences)
    style = rng.random()
    lines = [f"{sentence[0].upper()}{sentence[1:]}." for sentence in sentences]
    if style < 0.08:
        return "\n".join(f"- {line}" for line in lines)
    return ("\n" if style < 0.12 else " ").join(lines)


def _join(rng: random.Random, facts: list[tuple[str, str, Relation]]) -> list[str]:
    """Write facts as sentences, some neighbours about one subject as one sentence."""
    sentences: list[str] = []
    before = ""
    for subject, value, relation in facts:
        sentence = _say(rng, relation, subject, value)
        lead = next(
            (lead for lead in (f"{subject} ", f"The {subject} ") if sentence.startswith(lead)), ""
        )
        if lead and lead == before and rng.random() < 0.35:
            sentences[-1] += f" and {sentence[len(lead) :]}"
            before = ""
        else:
            sentences.append(sentence)
            before = lead
    return sentences


def _one_hop(rng: random.Random, answerable: bool) -> Reading:
    world = _World(rng)
    kind = rng.choice(("person", "person", "thing", "town", "company", "event"))
    facts = _facts(world, kind, rng.randint(2, 3), 2)
    target = rng.choice(facts)
    subject, value, relation = target
    reverse = bool(relation.reverse) and rng.random() < 0.35
    question = rng.choice(relation.reverse if reverse else relation.questions)
    answer, withheld = (subject, "") if reverse else (value, "")
    if not answerable:
        answer, withheld = UNANSWERABLE, value
        if not reverse and rng.random() < 0.3:  # a subject that the passage never names
            subject = withheld = world.draw(kind)
        else:
            facts.remove(target)
    if rng.random() < 0.4:
        rng.shuffle(facts)
    asked = question.format(s=subject, v=value, a=_article(value))
    return Reading(_fill(world, _join(rng, facts), kind), asked, answer, withheld)


def _two_hop(rng: random.Random, answerable: bool) -> Reading:
    """Parallel chains x -> y -> z, of which one is asked about from end to end."""
    world = _World(rng)
    kind_x, kind_y, kind_z, first, second, questions = rng.choice(CHAINS)
    sentences: list[str] = []
    asked = ("", "")
    for number in range(2 if rng.random() < 0.6 else 3):
        x, y, z = world.draw(kind_x), world.draw(kind_y), world.draw(kind_z)
        names = {"x": x, "y": y, "z": z, "a": _article(z)}
        halves = [rng.choice(half.split(" | ")).format(**names) for half in (first, second)]
        if number == 0:
            asked = (rng.choice(questions.split(" | ")).format(x=x), z)
            sentences += halves if answerable else halves[:1]
        else:
            sentences += halves
    rng.shuffle(sentences)
    passage = _fill(world, sentences, kind_x)
    question, z = asked
    if answerable:
        return Reading(passage, question, z, hops=2)
    return Reading(passage, question, UNANSWERABLE, withheld=z, hops=2)


def read_passage(rng: random.Random) -> Reading:
    """Make a passage of 30 to 90 words with a question; one in five has no answer in it."""
    answerable = rng.random() >= 0.2
    return (_two_hop if rng.random() < _TWO_HOP_SHARE else _one_hop)(rng, answerable)


def qa_row(rng: random.Random) -> Row:
    """Make a row that asks a question over a passage; the answer is a span or `unanswerable`."""
    reading = read_passage(rng)
    missing = reading.answer == UNANSWERABLE
    rule = rng.choice(_RULES) if missing or rng.random() < 0.85 else ""
    head = rng.choice(_INSTRUCTIONS) if rng.random() < 0.75 else ""
    tags = (f"{reading.hops}_hop", *((UNANSWERABLE,) if missing else ()))
    if rng.random() < _RAW_SHARE:
        passage, question, last = rng.choice(_RAW_LABELS)
        lead = f"{head} {rule}".strip()
        gap = rng.choice(("\n", "\n\n"))
        body = f"{passage}{reading.passage}{gap}{question}{reading.question}{gap}{last}"
        prompt = f"{lead}\n\n{body}" if lead else body
        return Row((("user", prompt),), reading.answer, "qa", "reading", tags, raw=True)
    messages: list[tuple[str, str]] = []
    if rng.random() < 0.3:
        system = rng.choice(_SYSTEMS)
        if rule and rng.random() < 0.5:
            system, rule = f"{system} {rule}", ""
        messages.append(("system", system))
    messages.append(("user", _chat_prompt(rng, reading, head, rule)))
    return Row(tuple(messages), reading.answer, "qa", "reading", tags)


def _chat_prompt(rng: random.Random, reading: Reading, head: str, rule: str) -> str:
    label_p, label_q = rng.choice(_LABELS)
    passage = label_p + reading.passage + ("\n</text>" if label_p.startswith("<") else "")
    question = label_q + reading.question
    order = rng.random()
    if order < 0.6:
        parts = [f"{head} {rule}".strip(), passage, question]
    elif order < 0.85:
        parts = [head, passage, f"{question}\n{rule}".strip()]
    else:
        parts = [head, question, passage, rule]
    return rng.choice(("\n\n", "\n\n", "\n")).join(part for part in parts if part)
