"""Properties of `parse_strict` over generated documents and texts."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from suite.json_scanner import scan
from suite.strict_json import parse_strict

# the same examples in every run, and no verdict that depends on how busy the machine is
settings.register_profile("reproducible", deadline=None, derandomize=True)
settings.load_profile("reproducible")

CHARACTERS = st.characters(exclude_categories=["Cs"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(CHARACTERS),
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(CHARACTERS), inner),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(CHARACTERS), DOCUMENTS, max_size=4)
ARRAYS = st.lists(DOCUMENTS, max_size=4)
PROSE = st.text(st.sampled_from("abc ,.:;!?'\n-*_"), min_size=1).filter(set("abc").intersection)
PIECES = st.sampled_from(
    [
        *('{"a":', "{", "}", "[", "]", ",", ":", '"', "\\", '\\"', "\\ud800", "\\u00e9", "\ud800"),
        *("1", "-", ".5", "1e999", "true", "nul", "NaN", "'", "//", "```", "\n", "\t", "\u00a0"),
        *("\ufeff", "\x00", '"a"', '{"a":1}', "[1]", "word ", "\U0001f600", "=", "9" * 5000),
    ]
)


def exact(document: Any) -> str:
    """Tell 1, 1.0, true and -0.0 apart, which `==` does not."""
    return json.dumps(document)


@given(DOCUMENTS, st.booleans(), st.sampled_from([None, 0, 2]))
def test_all_that_json_dumps_makes_of_finite_data_is_accepted_and_survives(
    document: Any, ensure_ascii: bool, indent: int | None
) -> None:
    text = json.dumps(document, ensure_ascii=ensure_ascii, indent=indent, allow_nan=False)
    parsed = parse_strict(f" \t\r\n{text}\n")
    assert parsed.reason is None
    assert exact(parsed.document) == exact(document)
    assert parsed.objects == isinstance(document, dict)
    assert parsed.arrays == isinstance(document, list)


@given(st.one_of(OBJECTS, ARRAYS), PROSE, st.booleans())
def test_prose_around_a_value_is_extra_text_and_recoverable_when_it_comes_first(
    document: Any, prose: str, before: bool
) -> None:
    text = json.dumps(document)
    parsed = parse_strict(prose + text if before else text + prose)
    assert parsed.reason == "extra_text"
    assert parsed.recoverable == before
    assert exact(parsed.recovered) == exact(document if before else None)


@given(DOCUMENTS)
def test_a_fence_around_a_value_is_a_code_fence_and_recoverable(document: Any) -> None:
    parsed = parse_strict(f"```json\n{json.dumps(document, indent=2)}\n```")
    assert parsed.reason == "code_fence"
    assert exact(parsed.recovered) == exact(document)


@given(st.lists(st.one_of(OBJECTS, ARRAYS), max_size=5), st.sampled_from(["", " ", "\n", " and "]))
def test_counts_are_the_values_that_were_put_in(documents: list[Any], glue: str) -> None:
    found = scan(glue.join(json.dumps(document) for document in documents))
    assert found.objects == sum(isinstance(document, dict) for document in documents)
    assert found.arrays == sum(isinstance(document, list) for document in documents)


@given(st.one_of(OBJECTS, ARRAYS), st.data())
def test_every_beginning_of_a_value_is_truncated(document: Any, data: st.DataObject) -> None:
    text = json.dumps(document)
    size = data.draw(st.integers(1, len(text) - 1))
    parsed = parse_strict(text[:size])
    assert parsed.reason == "truncated"
    assert parsed.position == size
    assert parse_strict(text[:size], "length").reason == "incomplete"


@given(st.one_of(st.text(), st.lists(PIECES, max_size=12).map("".join)))
@example("")
@example("\\")
@example('"\\u')
@example("\ud800" * 3)
def test_any_text_gets_a_verdict_and_an_accepted_one_is_json(text: str) -> None:
    parsed = parse_strict(text)
    assert parsed.detail.isascii()
    assert parsed.position is None or 0 <= parsed.position <= len(text)
    assert parse_strict(text) == parsed  # no state is kept between calls
    if parsed.reason is None:
        assert exact(parsed.document) == exact(json.loads(text))
        json.dumps(parsed.document, ensure_ascii=False, allow_nan=False).encode()
    else:
        assert parsed.document is None
        assert parse_strict(text, "length").reason in ("incomplete", "empty")
    if parsed.recoverable:
        assert parsed.reason is not None
        assert parse_strict(json.dumps(parsed.recovered)).reason is None


@given(st.lists(PIECES, max_size=10).map("".join))
def test_the_scanner_finds_no_fault_exactly_in_what_the_decoder_accepts(text: str) -> None:
    found = scan(text)
    start = len(text) - len(text.lstrip(" \t\n\r"))
    whole = (
        len(found.regions) == 1
        and found.regions[0].fault is None
        and found.regions[0].start == start
        and not text[found.regions[0].end :].strip(" \t\n\r")
        and not (found.lone_surrogate or found.duplicate_key or found.non_finite or found.resource)
        and not any("\ud800" <= char <= "\udfff" for char in text)
    )
    accepted = parse_strict(text)
    assert whole == (accepted.reason is None and isinstance(accepted.document, dict | list))
