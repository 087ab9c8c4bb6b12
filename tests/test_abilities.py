"""The rows that teach reading, word problems, checking and arithmetic are right and varied."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable

import pytest

from train import words
from train.abilities import arithmetic_row, math_row, qa_row, verifier_row
from train.ability_math import draw_problem, plural, write_steps
from train.ability_qa import UNANSWERABLE, read_passage
from train.ability_verifier import plant_error, slip
from train.rows import Row

Maker = Callable[[random.Random], Row]
MAKERS: list[Maker] = [qa_row, math_row, verifier_row, arithmetic_row]
EQUATION = re.compile(r"(\d+) ([-+*/]) (\d+) = (\d+)")


def rows_of(maker: Maker, count: int = 1500, seed: int = 7) -> list[Row]:
    rng = random.Random(seed)
    return [maker(rng) for _ in range(count)]


def holds(left: str, operation: str, right: str, result: str) -> bool:
    a, b, c = int(left), int(right), int(result)
    if operation == "/":
        return b * c == a
    return {"+": a + b, "-": a - b, "*": a * b}[operation] == c


def has(text: str, span: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(span)}(?!\w)", text) is not None


@pytest.mark.parametrize("maker", MAKERS)
def test_a_seed_always_gives_the_same_rows(maker):
    assert rows_of(maker, 200) == rows_of(maker, 200)
    assert rows_of(maker, 200) != rows_of(maker, 200, seed=8)


@pytest.mark.parametrize("maker", MAKERS)
def test_rows_are_filled_in_distinct_and_end_with_the_user(maker):
    rows = rows_of(maker)
    for row in rows:
        assert row.messages[-1][0] == "user"
        assert all(content.strip() == content != "" for _, content in row.messages), row
        text = "".join(content for _, content in row.messages) + row.answer
        assert not re.search(r"\{\w*\}|  ", text), text
        assert row.answer == row.answer.strip() != ""
        assert not row.raw or len(row.messages) == 1
    assert len({row.messages for row in rows}) > (0.5 if maker is arithmetic_row else 0.99) * len(
        rows
    )
    assert 0.18 < sum(row.raw for row in rows) / len(rows) < 0.42


def test_passages_have_30_to_90_words():
    rng = random.Random(3)
    lengths = [len(read_passage(rng).passage.replace("- ", "").split()) for _ in range(2000)]
    assert min(lengths) >= 30
    assert max(lengths) <= 90


def test_an_answer_is_a_span_of_its_passage_and_a_withheld_one_is_not():
    rng = random.Random(4)
    readings = [read_passage(rng) for _ in range(4000)]
    for reading in readings:
        if reading.answer == UNANSWERABLE:
            assert reading.withheld
            assert not has(reading.passage, reading.withheld), reading
        else:
            assert not reading.withheld
            assert has(reading.passage, reading.answer), reading
    missing = sum(reading.answer == UNANSWERABLE for reading in readings) / len(readings)
    assert 0.17 < missing < 0.23
    assert 0.25 < sum(reading.hops == 2 for reading in readings) / len(readings) < 0.35


# fmt: off
ORACLES = {
    r"How old is ([\w ]+)\?|What is the age of ([\w ]+)\?": r"S (?:is|turned|is aged) (\d+)\b",
    r"What color is the ([\w ]+)\?": r"[Tt]he S (?:is|was painted|comes in) (C)\b",
    r"When was ([\w ]+) founded\?": r"S (?:was founded in|has existed since) (\d+)",
    r"What does the ([\w ]+) cost\?":
    r"[Tt]he S (?:costs|is sold for|has a price of) (\S+(?: \w+s\b)?)",
    r"Which language does ([\w ]+) know\?": r"S (?:speaks|is learning|knows) (\w+)",
    r"Where is ([\w. ]+) based\?": r"S (?:is based|has its head office) in ([\w ]+?)(?: and |\.)",
}
# fmt: on


def test_simple_questions_have_the_answer_that_a_pattern_finds_in_the_passage():
    rng = random.Random(5)
    seen: Counter[str] = Counter()
    for _ in range(6000):
        reading = read_passage(rng)
        for asked, stated in ORACLES.items():
            match = re.fullmatch(asked, reading.question)
            if not match or reading.hops == 2:
                continue
            subject = re.escape(next(group for group in match.groups() if group))
            pattern = stated.replace("(C)", f"({'|'.join(words.COLORS)})")
            pattern = re.sub(r"(?<!\\)\bS\b", lambda _, name=subject: name, pattern)
            # Joined sentences name their subject once.
            text = re.sub(
                rf"((?:[Tt]he )?{subject}) ([^.\n]*?) and (?=\w+)", r"\1 \2. \1 ", reading.passage
            )
            found = re.findall(pattern, text)
            if reading.answer == UNANSWERABLE:
                assert not found, reading
            else:
                assert [span.rstrip(".") for span in found] == [reading.answer], reading
            seen[asked] += 1
    assert min(seen[asked] for asked in ORACLES) >= 10, seen


def test_every_unanswerable_row_says_what_to_answer_and_so_do_most_others():
    rows = rows_of(qa_row)
    told = {True: Counter(), False: Counter()}
    for row in rows:
        prompt = " ".join(content for _, content in row.messages)
        told[row.answer == UNANSWERABLE][UNANSWERABLE in prompt] += 1
    assert told[True][False] == 0
    assert told[False][True] > 3 * told[False][False] > 0


def test_every_line_of_a_worked_answer_holds_and_uses_known_numbers():
    for row in rows_of(math_row):
        *lines, last = row.answer.split("\n")
        known = set(re.findall(r"\d+", row.messages[-1][1]))
        assert 1 <= len(lines) <= 3
        for line in lines:
            match = re.search(rf": {EQUATION.pattern}$", line)
            assert match, row
            assert holds(*match.groups()), row
            assert {match[1], match[3]} <= known, row
            assert max(map(int, (match[1], match[3], match[4]))) <= 999
            known.add(match[4])
        assert last == f"#### {match[4]}"


STORY_ORACLES: list[tuple[str, Callable[..., int]]] = [
    (r"has (\d+) .*gives \S+ (\d+) more\.", lambda a, b: a + b),
    (r"has (\d+) [\w ]+\. \S+ has (\d+) times as many\. .*together", lambda a, b: a + a * b),
    (r"buys (\d+) .* for (\d+) dollars each and pays with (\d+) d", lambda a, b, c: c - a * b),
    (r"with (\d+) people\. .* (\d+) get off and (\d+) get on", lambda a, b, c: a - b + c),
    (r"reads (\d+) pages a day for (\d+) days\. .*has (\d+) pages", lambda a, b, c: c - a * b),
    (r"needs (\d+) .*already has (\d+)\. .*packs of (\d+)", lambda a, b, c: (a - b) // c),
    (r"(\d+) rows of (\d+) trees\. (\d+) of the trees die", lambda a, b, c: a * b - c),
    (r"has (\d+) \w+ and \S+ has (\d+) fewer\.", lambda a, b: a + a - b),
    (r"sells (\d+) .* for (\d+) dollars each\. .*cost (\d+) dollars, renting a stand (\d+)",
     lambda a, b, c, d: a * b - c - d),
    (r"buys (\d+) .* at (\d+) dollars each and (\d+) .* at (\d+)",
     lambda a, b, c, d: a * b + c * d),
]  # fmt: skip


def test_stories_recomputed_from_their_text_have_the_given_answer():
    rng = random.Random(6)
    seen: Counter[str] = Counter()
    for _ in range(5000):
        problem = draw_problem(rng)
        for pattern, compute in STORY_ORACLES:
            if match := re.search(pattern, problem.text):
                assert compute(*map(int, match.groups())) == problem.answer, problem
                seen[pattern] += 1
    assert min(seen[pattern] for pattern, _ in STORY_ORACLES) >= 10, seen


def test_half_of_the_solutions_are_wrong_in_five_ways_and_in_no_layout_alone():
    rows = rows_of(verifier_row, 3000)
    assert set(row.answer for row in rows) == {"0", "1"}
    for part in (rows, [row for row in rows if row.raw], [row for row in rows if not row.raw]):
        assert 0.45 < sum(row.answer == "1" for row in part) / len(part) < 0.55
    kinds = Counter(row.tags[0] for row in rows if row.answer == "1")
    assert set(kinds) == {"computational", "conceptual", "misread", "dropped", "copied"}
    assert min(kinds.values()) > 40
    assert sum("### Problem:" in row.messages[-1][1] for row in rows) > 300


def test_right_solutions_hold_and_computational_errors_show_in_an_equation():
    for row in rows_of(verifier_row):
        equations = EQUATION.findall(row.messages[-1][1])
        final = re.search(r"#### (\d+)", row.messages[-1][1])
        assert equations
        assert final
        right = all(holds(*equation) for equation in equations) and final[1] == equations[-1][3]
        if row.tags[0] in ("right", "conceptual", "misread", "dropped"):
            assert right, row
        else:
            assert not right, row
        assert row.answer == ("0" if row.tags[0] == "right" else "1")


def test_a_planted_error_changes_the_solution_and_never_makes_a_negative_number():
    rng = random.Random(9)
    for _ in range(3000):
        problem = draw_problem(rng)
        wrong, _kind = plant_error(rng, problem)
        assert wrong != write_steps(problem.steps, problem.answer)
        assert not re.search(r"(= |#### )-", wrong), wrong


def test_a_slip_is_never_the_right_result():
    rng = random.Random(10)
    for result in range(1000):
        assert slip(rng, result) != result
        assert slip(rng, result) >= 0


def test_sums_gaps_and_checks_are_labelled_right():
    rows = rows_of(arithmetic_row, 4000)
    kinds = Counter(row.tags[0] for row in rows)
    assert set(kinds) == {"sum", "gap", "check"}
    for row in rows:
        prompt = row.messages[-1][1]
        if row.tags == ("check",):
            equations = EQUATION.findall(prompt)
            assert equations
            assert row.answer == ("0" if all(holds(*parts) for parts in equations) else "1"), row
        elif row.tags == ("gap",):
            equations = EQUATION.findall(prompt.replace("_", row.answer, 1))
            assert holds(*equations[0]), row
        else:
            bare = re.search(r"(\d+) ([-+*/]) (\d+)(?: \+ (\d+))?", prompt)
            assert bare, row
            assert holds(bare[1], bare[2], bare[3], str(int(row.answer) - int(bare[4] or 0))), row
    wrong = [row.answer for row in rows if row.tags == ("check",)]
    assert 0.45 < wrong.count("1") / len(wrong) < 0.55


@pytest.mark.parametrize(
    ("noun", "expected"),
    [("kite", "kites"), ("box", "boxes"), ("battery", "batteries"), ("tray", "trays"),
     ("knife", "knives"), ("shelf", "shelves"), ("scarf", "scarves"), ("torch", "torches")],
)  # fmt: skip
def test_plurals(noun, expected):
    assert plural(noun) == expected


@pytest.mark.parametrize(
    ("name", "least"),
    [("FIRST_NAMES", 150), ("LAST_NAMES", 150), ("CITIES", 80), ("NOUNS", 300), ("ADJECTIVES", 120),
     ("VERBS", 120), ("FOODS", 100), ("COLORS", 40), ("ANIMALS", 100), ("JOBS", 80),
     ("COUNTRIES", 60), ("COMPANY_STEMS", 80), ("COMPANY_TAILS", 60), ("MONTHS", 12)],
)  # fmt: skip
def test_word_lists_are_long_and_without_repeats(name, least):
    listed = getattr(words, name)
    assert len(listed) == len(set(listed)) >= least
    assert all(word == word.strip() != "" for word in listed)


def test_invented_words_are_names_and_rarely_repeat():
    rng = random.Random(11)
    invented = [words.invented_word(rng) for _ in range(5000)]
    assert len(set(invented)) > 4800
    assert all(re.fullmatch(r"[A-Z][a-z]{2,}", word) for word in invented)
