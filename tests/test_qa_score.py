"""The qa scorer: SQuAD's definitions on written-out cases, refusals, and hard inputs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from suite.case import Case
from suite.generation import FinishReason, Generation
from suite.qa_score import (
    REFUSALS,
    check_references,
    is_refusal,
    match_exactly,
    normalize,
    score_qa,
    token_f1,
)
from suite.score import Score
from tests.run_records import PROPERTY, TEXT

STADIUM = (
    "Santa Clara, California",
    "Levi's Stadium",
    "Levi's Stadium in the San Francisco Bay Area at Santa Clara, California.",
)
"""Three people's answers to "Where did Super Bowl 50 take place?", SQuAD 1.1, development set."""


def score(text: str, *references: str, finish: FinishReason = "stop") -> Score:
    prompt: Any = [{"role": "user", "content": "?"}]
    case = Case(task="qa", id="c00", messages=prompt, expected=list(references))
    return score_qa(case, Generation(text, finish))


# --- the definitions of SQuAD

NORMALIZED = {
    "lower case": ("Denver Broncos", "denver broncos"),
    "each article, wherever it stands": ("The man and a dog in an inn", "man and dog in inn"),
    "no article inside a word": ("theatre anode aorta", "theatre anode aorta"),
    "punctuation joins what it parted": ("rock-n-roll", "rocknroll"),
    "an article that punctuation parted": ("the-end", "theend"),
    "an apostrophe": ("Levi's Stadium", "levis stadium"),
    "all ASCII punctuation": ("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~x", "x"),
    "white space of any kind": (" two\t\n words\u00a0here ", "two words here"),
    "thousands": ("1,000", "1000"),
    "a decimal point goes, too": ("3.5", "35"),
    "a sign goes, too": ("-6", "6"),
    "other punctuation stays": ("\u201cyes\u201d \u2013 no", "\u201cyes\u201d \u2013 no"),
    "nothing but articles": ("the a an", ""),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("text", "wanted"), NORMALIZED.values(), ids=NORMALIZED)
def test_a_text_is_normalised_as_squad_does(text: str, wanted: str) -> None:
    assert normalize(text) == wanted


F1 = {
    # words in common, words of the answer, words of the reference: 2 c / (a + r)
    "the same": ("Denver Broncos", ["Denver Broncos"], 1.0),
    "articles and case do not count": ("the denver broncos", ["Denver Broncos"], 1.0),
    "one of two": ("Broncos", ["Denver Broncos"], 2 * 1 / (1 + 2)),
    "two of three": ("Santa Clara", ["Santa Clara, California"], 2 * 2 / (2 + 3)),
    "the best of three references": ("Levi's Stadium in California", STADIUM, 2 * 2 / (4 + 2)),
    "a long answer": ("It was at Levi's Stadium", STADIUM, 2 * 2 / (5 + 2)),
    "a word twice counts as often as in both": ("no no no", ["no no"], 2 * 2 / (3 + 2)),
    "order does not count": ("Clara Santa", ["Santa Clara"], 1.0),
    "nothing in common": ("Carolina Panthers", ["Denver Broncos"], 0.0),
    "an answer of articles alone": ("the", ["Denver Broncos"], 0.0),
    "empty against a reference": ("", ["Denver Broncos"], 0.0),
    "empty against empty": ("", [""], 1.0),
    "articles against empty": ("a", ["the"], 1.0),
}


@pytest.mark.parametrize(("answer", "references", "wanted"), F1.values(), ids=F1)
def test_token_f1_is_that_of_squad(answer: str, references: list[str], wanted: float) -> None:
    assert token_f1(answer, references) == pytest.approx(wanted, abs=1e-12)


EXACT = {
    "case, article and full stop": ("the denver broncos.", ["Denver Broncos"], True),
    "any of the references": ("levi's stadium!", STADIUM, True),
    "more than a reference": ("Denver Broncos, I think", ["Denver Broncos"], False),
    "less than a reference": ("Santa Clara", ["Santa Clara, California"], False),
    "another order": ("Clara Santa", ["Santa Clara"], False),
    "a number with a separator": ("6300", ["6,300"], True),
    "digits are not words": ("ten", ["10"], False),
    "composed against decomposed": ("cafe\u0301 Zoe\u0308", ["café Zoë"], True),
    "decomposed against composed": ("café", ["cafe\u0301"], True),
    "an accent is not nothing": ("cafe", ["café"], False),
    "a ligature is not its letters": ("\ufb01ve", ["five"], False),
    "full-width digits are others": ("\uff11\uff12", ["12"], False),
    "sharp s is not ss": ("Strasse", ["Straße"], False),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "references", "wanted"), EXACT.values(), ids=EXACT)
def test_an_exact_match_is_that_of_squad(answer: str, references: list[str], wanted: bool) -> None:
    assert match_exactly(answer, references) is wanted


# --- verdicts and their reasons

VERDICTS = {
    "right": ("The Brattli.", ["Brattli"], None),
    "wrong": ("Tornvik", ["Brattli"], "wrong_answer"),
    "half right is wrong": ("the yard at Brattli", ["Brattli"], "wrong_answer"),
    "an answerable one refused": ("unanswerable", ["Brattli"], "refused"),
    "refused in a sentence": ("The text does not say.", ["Brattli"], "refused"),
    "a refusal with the reference in it": (
        "The text does not say Brattli.", ["Brattli"], "wrong_answer",
    ),
    "a refusal, then the reference": ("Unanswerable: Brattli", ["Brattli"], "wrong_answer"),
    "empty": ("", ["Brattli"], "empty"),
    "blanks alone": (" \n\u2003", ["Brattli"], "empty"),
    "articles alone": ("the", ["Brattli"], "wrong_answer"),
    "unanswerable and so called": ("Unanswerable.", [], None),
    "in quotes": ('"unanswerable"', [], None),
    "a listed phrase": ("Not stated", [], None),
    "a listed sentence": ("The context doesn't say.", [], None),
    "its apostrophe is typographic": ("The context doesn\u2019t say.", [], None),
    "unanswerable and guessed": ("Pavel", [], "not_recognised_unanswerable"),
    "refused, and guessed": (
        "unanswerable, but maybe Pavel", [], "not_recognised_unanswerable",
    ),
    "a guess that it does not say": (
        "The text does not say Pavel", [], "not_recognised_unanswerable",
    ),
    "no is an answer": ("no", [], "not_recognised_unanswerable"),
    "none is an answer": ("none", [], "not_recognised_unanswerable"),
    "empty is no recognition": ("", [], "empty"),
    "articles are none": ("the", [], "not_recognised_unanswerable"),
    "full stops are none": ("...", [], "not_recognised_unanswerable"),
    "a lone surrogate": ("\ud800", ["Brattli"], "wrong_answer"),
    "a huge answer": ("Brattli " * 50_000, ["Brattli"], "wrong_answer"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "references", "reason"), VERDICTS.values(), ids=VERDICTS)
def test_a_verdict_has_its_reason(text: str, references: list[str], reason: str | None) -> None:
    found = score(text, *references)
    assert found.reason == reason
    assert found.passed is (reason is None)
    assert found.metrics == {"exact_match_rate": int(reason is None)}
    assert bool(found.detail) is (reason is not None)


@pytest.mark.parametrize("references", [["19"], []], ids=["answerable", "unanswerable"])
def test_a_cut_answer_is_wrong_whatever_it_says_so_far(references: list[str]) -> None:
    text = references[0] if references else "unanswerable"
    assert score(text, *references).passed
    found = score(text, *references, finish="length")
    assert (found.passed, found.reason) == (False, "truncated")


def test_the_value_is_the_token_f1_and_unanswerable_ones_are_marked() -> None:
    half = score("Santa Clara", "Santa Clara, California")
    assert half.value == pytest.approx(0.8)
    assert half.values == {"token_f1": half.value}
    assert score("unanswerable").values == {"token_f1": 1.0, "unanswerable": 1.0}
    assert score("Paris").values == {"token_f1": 0.0, "unanswerable": 0.0}


def test_every_refusal_of_the_list_is_normalised() -> None:
    assert [each for each in REFUSALS if normalize(each) != each] == []
    assert {"unanswerable", "not stated", "text does not say", "not in text"} <= REFUSALS


@pytest.mark.parametrize(
    ("expected", "wanted"),
    [
        (["Brattli"], None),
        ([], None),
        (None, "wants a list of texts"),
        ("Brattli", "wants a list of texts"),
        ([1], "wants a list of texts"),
        (["Brattli", "the"], "'the' has nothing to compare"),
        (["unknown"], "says that there is no answer"),
    ],
    ids=repr,
)
def test_references_that_cannot_decide_are_refused(expected: Any, wanted: str | None) -> None:
    found = check_references(expected)
    assert found == wanted if wanted is None else wanted in (found or "")


# --- properties

REFERENCES = st.lists(TEXT.filter(lambda text: check_references([text]) is None), max_size=4)


@PROPERTY
@given(REFERENCES.filter(bool), st.data())
def test_a_reference_always_scores_full(references: list[str], data: st.DataObject) -> None:
    chosen = data.draw(st.sampled_from(references))
    found = score(chosen, *references)
    assert found.passed
    assert found.value == 1.0


@PROPERTY
@given(TEXT, REFERENCES)
def test_every_score_is_between_0_and_1(text: str, references: list[str]) -> None:
    found = score(text, *references)
    assert 0 <= found.value <= 1
    assert not found.passed or found.value == 1.0


@PROPERTY
@given(TEXT, REFERENCES.filter(bool), REFERENCES)
def test_more_references_never_lower_a_score(
    text: str, references: list[str], more: list[str]
) -> None:
    few, many = score(text, *references), score(text, *references, *more)
    assert few.value <= many.value
    assert few.passed <= many.passed


@PROPERTY
@given(st.lists(st.sampled_from(["red", "hen", "barn"]), min_size=1, max_size=4), st.data())
def test_a_word_that_nobody_asked_for_never_raises_a_score(
    words: list[str], data: st.DataObject
) -> None:
    reference = data.draw(st.sampled_from(["red hen", "barn", "hen red barn"]))
    text = " ".join(words)
    assert score(f"{text} cow", reference).value <= score(text, reference).value


@PROPERTY
@given(st.sampled_from(sorted(REFUSALS)), st.text("bdfgh ", min_size=1).filter(str.strip))
def test_a_refusal_that_says_more_is_none(refusal: str, more: str) -> None:
    assume(normalize(f"{refusal} {more}") not in REFUSALS)
    assert is_refusal(refusal)
    assert not is_refusal(f"{refusal} {more}")
