"""Scores the qa task: a short answer to a question, by the definitions of SQuAD.

What a judge thinks of an answer is not known here; figures over all cases are in
`suite.qa_measures`.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import product
from typing import Any

from suite.case import Case
from suite.generation import Generation
from suite.layout import Layout
from suite.score import Score

QA_LAYOUT = Layout(
    prompt=(
        "Answer the question from the context in a few words. If the context does not say, answer "
        "with the single word unanswerable.\n\n"
        "Context: {context}\n\n"
        "Question: {question}"
    )
)
"""How a case is asked; the rule on what cannot be answered is part of what is tested."""

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")

_SOURCES = ("text", "context", "passage", "article", "document")
_SUBJECTS = ("it", *_SOURCES)
_SAYING = (
    "say", "state", "mention", "specify", "tell", "tell us", "answer", "answer question",
    "give answer", "contain answer", "provide answer", "say so", "say that", "say this",
    "mention it", "mention this", "specify this", "state this", "provide this information",
    "contain this information", "provide information", "contain information",
)  # fmt: skip
_SAID = (
    "stated", "mentioned", "given", "specified", "said", "provided", "known", "answerable",
    "told", "answered",
)  # fmt: skip
_WHERE = ("", *(f" {link} {noun}" for link, noun in product(("in", "by", "from"), _SOURCES)))
_UNSURE = (
    "dont know", "do not know", "i dont know", "i do not know",
    *(f"{start}{cannot} {verb}" for start, cannot, verb in product(
        ("", "i "), ("cannot", "can not", "cant"), ("answer", "tell", "say", "answer this", "know"),
    )),
    *(f"{start}{cannot} be {done}" for start, cannot, done in product(
        ("", "it ", "this ", "question ", "this question "), ("cannot", "can not", "cant"),
        ("answered", "determined", "known", "said", "told"),
    )),
)  # fmt: skip
REFUSALS = frozenset(
    [
        "unanswerable", "question is unanswerable", "it is unanswerable", "this is unanswerable",
        "unknown", "no answer", "not enough information", "insufficient information",
        *(f"{start}{said}{where}" for start, said, where in product(
            ("not ", "it is not ", "its not ", "this is not ", "answer is not ", "that is not "),
            _SAID, _WHERE,
        )),
        *(f"{subject} {verb} {saying}" for subject, verb, saying in product(
            _SUBJECTS, ("does not", "doesnt"), _SAYING,
        )),
        *(f"{unsure}{where}" for unsure, where in product(_UNSURE, _WHERE)),
        *(f"not {where.strip()}" for where in _WHERE if where),
        *(f"no answer{where}" for where in _WHERE if where),
    ]
)  # fmt: skip
"""All that says that there is no answer, normalised. The list is closed, and the whole answer has
to be on it: "unanswerable, but maybe Paris" and "the text does not say Paris" are guesses."""


def normalize(text: str) -> str:
    """Return a text as SQuAD compares it: lower case, no punctuation, no article, single spaces.

    P. Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text", EMNLP 2016,
    section 6.1; step by step as `normalize_answer` of the official script, evaluate-v2.0.py. So
    "3.5" equals "35" and "-6" equals "6", as there. Only one thing is added: the text is put in
    Unicode's normal form C first, so that an accent is the same written as one character or two.
    """
    lowered = unicodedata.normalize("NFC", text).lower()
    return " ".join(_ARTICLES.sub(" ", lowered.translate(_PUNCTUATION)).split())


def match_exactly(answer: str, references: Sequence[str]) -> bool:
    """Tell whether an answer is one of the references, normalised (`compute_exact`, maximum)."""
    return normalize(answer) in {normalize(reference) for reference in references}


def token_f1(answer: str, references: Sequence[str]) -> float:
    """Return how far an answer and a reference share words: the best F1 of any reference.

    Of the bags of normalised words, the harmonic mean of precision and recall (`compute_f1` of the
    official script); where one of them has no words, 1 if neither has, else 0.

    Args:
        answer: As the model wrote it.
        references: At least one.
    """
    return max(_f1(normalize(answer).split(), normalize(each).split()) for each in references)


def _f1(answer: Sequence[str], reference: Sequence[str]) -> float:
    if not answer or not reference:
        return float(answer == reference)
    common = (Counter(answer) & Counter(reference)).total()
    if not common:
        return 0.0
    precision, recall = common / len(answer), common / len(reference)
    return 2 * precision * recall / (precision + recall)


def is_refusal(answer: str) -> bool:
    """Tell whether an answer says, and says no more than, that there is no answer."""
    # the official punctuation is ASCII, and many models write the other apostrophe
    return normalize(answer.replace("\u2019", "'")) in REFUSALS


def score_qa(case: Case, generation: Generation) -> Score:
    """Judge one answer; it passes when it is a reference, or says that there is none to give.

    `exact_match_rate` is SQuAD 2.0's exact match: of a question with references the answer is one
    of them; of one without, it is on the list of `REFUSALS`. There the official script wants an
    empty answer, from systems that have a threshold for giving none; a model that writes nothing
    has recognised nothing, so here an empty answer is wrong (`empty`). An answer that was cut off
    is wrong, too, whatever it has said so far (`truncated`).

    The value, and `token_f1` among the values, is the token F1; without references it is 1 for an
    answer that passes, else 0. `unanswerable` is there for a question without references, 1 where
    that was recognised.

    Args:
        case: `case.expected` is a list of references, empty where there is no answer.
        generation: Its `text` is judged as it is.

    Returns:
        The score. Bad output is data: it never raises on it.
    """
    references: list[str] = case.expected
    text = generation.text
    cut = generation.finish_reason == "length"
    reason = "truncated" if cut else _find_reason(text, references)
    passed = reason is None
    f1 = token_f1(text, references) if references else float(passed)
    values = {"token_f1": f1} if references else {"token_f1": f1, "unanswerable": float(passed)}
    return Score(
        passed=passed,
        value=f1,
        reason=reason,
        detail="" if passed else _describe(references),
        metrics={"exact_match_rate": int(passed)},
        values=values,
    )


def _find_reason(text: str, references: Sequence[str]) -> str | None:
    """Return why a whole answer does not pass, one of a closed set of words."""
    if not text.strip():
        return "empty"
    if not references:
        return None if is_refusal(text) else "not_recognised_unanswerable"
    if match_exactly(text, references):
        return None
    return "refused" if is_refusal(text) else "wrong_answer"


def _describe(references: Sequence[str]) -> str:
    if not references:
        return "the context does not say; expected: unanswerable"
    more = f" (or {len(references) - 1} other ways)" if len(references) > 1 else ""
    return f"expected {references[0]!r}{more}"


def check_references(expected: Any) -> str | None:
    """Want a list of texts, each with a word to compare and none that says there is no answer."""
    if not isinstance(expected, list) or not all(isinstance(each, str) for each in expected):
        return "wants a list of texts, empty where the context does not say"
    for reference in expected:
        if not normalize(reference):
            return f"{reference!r} has nothing to compare: articles and punctuation do not count"
        if is_refusal(reference):
            return f"{reference!r} says that there is no answer; for that the list is empty"
    return None
