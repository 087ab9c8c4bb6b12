"""Rows that ask for facts of natural texts: what is asked for is said, in the form asked for."""

from __future__ import annotations

import datetime
import json
import random
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from train.bank_text import said
from train.data import make_rows, make_splits
from train.data_config import DataConfig
from train.extraction_requests import ARBITRARY, Wanted, ask
from train.extraction_rows import Entry, Extraction, draw_extraction, entries, text_row
from train.spoken import Spoken, spell
from train.spoken_values import draw
from train.words import MONTHS

ALL = (*entries("train"), *entries("eval"))
DRAWS = 3
HOURS = {spell(hour): hour for hour in range(1, 13)}


def drawn(entry: Entry) -> Iterator[tuple[random.Random, Extraction]]:
    for seed in range(DRAWS):
        rng = random.Random(f"{seed}/{entry.text}")
        yield rng, draw_extraction(rng, entry)


def flat(wanted: tuple[Wanted, ...]) -> list[Wanted]:
    """Every value that is no object."""
    return [inner for each in wanted for inner in (flat(each.children) or [each])]


def is_said(each: Wanted, text: str) -> bool:
    """Whether a value stands in a text as it is asked for."""
    if isinstance(each.json, list):
        return all(str(item) in text for item in each.json)
    if isinstance(each.json, str):
        return each.json in text
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    words = spell(each.json) if isinstance(each.json, int) and 0 <= each.json < 100 else "\0"
    digits = re.compile(rf"(?<![\d.]){re.escape(str(each.json))}0*(?![\d])")
    return bool(digits.search(plain)) or words in text or (each.json == 12 and "dozen" in text)


def test_the_bank_is_large_and_shared_by_no_two_splits() -> None:
    assert len(ALL) >= 200
    assert len({entry.text for entry in ALL}) == len(ALL)
    assert 0.05 < len(entries("eval")) / len(ALL) < 0.15


def test_every_value_stands_in_its_text_unless_the_request_says_what_becomes_of_it() -> None:
    for entry in ALL:
        for _, extraction in drawn(entry):
            for each in flat(extraction.wanted):
                if each.json is None:
                    assert each.optional, (entry.text, each)
                elif each.type == "boolean":
                    assert not each.hint
                elif each.choices:
                    assert each.json in each.choices
                elif not each.hint:
                    assert is_said(each, extraction.text), (extraction.text, each)


def test_a_request_names_every_key_and_all_that_has_to_be_known() -> None:
    for entry in ALL:
        for rng, extraction in drawn(entry):
            messages = ask(rng, extraction.text, extraction.wanted, extraction.style)
            asked = "\n".join(content for _, content in messages)
            assert extraction.text in asked
            request = asked.replace(extraction.text, "")
            for each in flat(extraction.wanted):
                told = [each.key, each.hint, *each.choices, "null" if each.optional else ""]
                assert [word for word in told if word not in request] == [], (request, each)
            assert all(each.key in request for each in extraction.wanted)


def test_what_is_not_asked_for_is_not_in_the_answer_and_keys_keep_the_order_asked() -> None:
    for seed in range(60):
        row = text_row(random.Random(seed), "train")
        answer = json.loads(row.answer)
        again = text_row(random.Random(seed), "train")
        assert (row.messages, row.answer) == (again.messages, again.answer)
        assert 2 <= len(answer) <= 7


def test_both_truths_and_all_choices_are_told_apart() -> None:
    """Else the same text would have two answers."""
    for entry in ALL:
        for slot in entry.slots:
            if slot.kind not in ("bool", "enum"):
                continue
            values = (True, False) if slot.kind == "bool" else slot.arguments
            parts = re.findall(
                rf"\[[?=]{slot.name} [^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]", entry.text
            )
            if not parts:
                assert f"{{{slot.name}}}" in entry.text, (entry.text, slot.name)
                continue
            bare = re.sub(r"\{(\w+)(\.\w+)?\}", r"<\1>", "".join(parts))
            seen: dict[str, object] = {}
            for value in values:
                for seed in range(4):
                    rest = dict.fromkeys(re.findall(r"\[[?=](\w+) ", bare), Spoken("x", "x", ""))
                    spoken = {**rest, slot.name: Spoken(value, str(value), "")}
                    text = said(random.Random(seed), bare, spoken)
                    assert seen.setdefault(text, value) == value, (entry.text, slot.name)


def test_what_is_asked_in_vain_is_null_and_nothing_of_the_text() -> None:
    in_vain = 0
    for entry in ALL:
        known = {mean for slot in entry.slots for mean in slot.means}
        for _, extraction in drawn(entry):
            for each in extraction.wanted:
                if each.means in known:
                    continue
                assert each.json is None, (entry.text, each)
                assert each.means.removeprefix("the ") not in extraction.text.casefold(), each
                in_vain += 1
    assert 0.05 < in_vain / (DRAWS * len(ALL)) < 0.2


def test_a_fact_that_is_left_out_is_null_and_the_others_are_there() -> None:
    optional = [entry for entry in ALL if any(slot.optional for slot in entry.slots)]
    assert len(optional) > 15
    found = Counter(
        each.json is None
        for entry in optional
        for seed in range(8)
        for each in draw_extraction(random.Random(seed), entry).wanted
        if each.means in {mean for slot in entry.slots if slot.optional for mean in slot.means}
    )
    assert 0.25 < found[True] / found.total() < 0.55


def test_keys_are_arbitrary_where_the_request_says_what_they_stand_for() -> None:
    entry = ALL[0]
    known = {key for slot in entry.slots for key in slot.keys}
    strange: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for seed in range(300):
        extraction = draw_extraction(random.Random(seed), entry)
        total[extraction.style] += len(extraction.wanted)
        strange[extraction.style] += sum(each.key not in known for each in extraction.wanted)
    shares = {style: strange[style] / total[style] for style in total}
    assert set(total) == {"names", "inline", "lines", "template", "schema"}
    assert min(shares["inline"], shares["lines"]) > ARBITRARY - 0.05
    assert max(shares["names"], shares["template"], shares["schema"]) < 0.2


def test_a_date_asked_for_in_one_form_is_the_day_that_is_written() -> None:
    months = "|".join(MONTHS)
    for seed in range(400):
        value = draw(random.Random(seed), "date")
        if not value.hint:
            assert value.json == value.text
            continue
        day = datetime.date.fromisoformat(value.json)
        text = re.sub(r"(?<=\d)(st|nd|rd|th)\b| of\b|,|\bthe\b", "", value.text)
        text = re.sub(rf"\b(?!{months})(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b", "", text)
        text = " ".join(text.split())
        forms = ("%Y-%m-%d", "%d %B %Y", "%B %d %Y", "%d %b %Y", "%b %d %Y", "%d.%m.%Y")
        forms += ("%d/%m/%Y", "%m/%d/%Y") if day.day > 12 else ()
        assert day in [read for form in forms if (read := read_day(text, form))], value.text


def read_day(text: str, form: str) -> datetime.date | None:
    try:
        return datetime.datetime.strptime(text, form).date()
    except ValueError:
        return None


def test_a_time_asked_for_in_one_form_is_the_time_that_is_said() -> None:
    spoken = 0
    for seed in range(400):
        value = draw(random.Random(seed), "time(0, 23)")
        if not value.hint:
            assert value.json == value.text
            continue
        assert read_time(value.text) == value.json, value.text
        spoken += " in the " in value.text or " at night" in value.text
    assert spoken > 20


def read_time(text: str) -> str:
    """Read a time back in another way than it was written."""
    if found := re.fullmatch(r"(\d+)(?::(\d\d))? ?(am|pm)?", text):
        hour = int(found[1]) % 12 if found[3] else int(found[1])
        return f"{hour + 12 * (found[3] == 'pm'):02d}:{found[2] or '00'}"
    found = re.fullmatch(r"(?:(half|quarter|ten) (past|to) )?(\w+)(?: o'clock)? (.+)", text)
    assert found, text
    minute = {None: 0, "half": 30, "quarter": 15, "ten": 10}[found[1]]
    minutes = HOURS[found[3]] % 12 * 60 + (-minute if found[2] == "to" else minute)
    late = found[4] in ("in the afternoon", "in the evening")
    late = late or (found[4] == "at night" and HOURS[found[3]] in (9, 10, 11))
    minutes += 12 * 60 * late
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a|a] b", "a b"),
        ("x[?there  yes {there}||, no]", "x yes T"),
        ("x[?gone  yes {gone}||, no]", "x, no"),
        ("[=kind one: [1|1]||two: 2]!", "1!"),
        ("a [?gone b||]c", "a c"),
        ("{there.part} [kept] {a|b}", "P [kept] {a|b}"),
        ("A {oak}, a {there}, Anna {oak}", "An oak, a T, Anna oak"),
    ],
)
def test_the_language_of_the_banks(text: str, expected: str) -> None:
    values = {
        "there": Spoken("T", "T", "string", parts={"part": "P"}),
        "gone": None,
        "oak": Spoken("oak", "oak", "string"),
        "kind": Spoken("one", "one", "string"),
    }
    assert said(random.Random(0), text, values) == expected


def test_a_value_that_looks_like_a_slot_stays_a_value() -> None:
    values = {"a": Spoken("{b}", "{b}", "string"), "b": Spoken("B", "B", "string")}
    assert said(random.Random(0), "{a} {b}", values) == "{b} B"


@pytest.mark.parametrize("task", ["extraction", "qa"])
def test_small_splits_are_seeded_disjoint_and_unlike_every_case(task: str) -> None:
    config = DataConfig.model_validate({"task": task, "n_train": 250, "n_eval": 80})
    splits = make_splits(config)
    assert splits["train"] == make_rows(config, "train", set())
    other = make_rows(config.model_copy(update={"seed": 1}), "train", set())
    assert other != splits["train"]
    share = sum("text" in row["tags"] for row in splits["train"]) / 250
    assert abs(share - {"extraction": 0.6, "qa": 0.75}[task]) < 0.12
