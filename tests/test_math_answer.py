"""Finding the answer of a worked solution: a table of hard ones, and what holds for all texts."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from suite.case import Case
from suite.case_files import load_task_file
from suite.math_answer import find_answer, read_expected
from suite.math_number import read_number

CASES = load_task_file(Path(__file__).parents[1] / "suite" / "cases" / "math.yaml").cases

# id: text, what the strict and the flexible way find; a word is the reason why nothing is found
ANSWERS: dict[str, tuple[str, str, str]] = {
    # the stated answer
    "gsm8k": ("Tom has 3 + 4 = 7 pens.\n#### 7", "7", "7"),
    "gsm8k_calculator": ("Half is 48/2 = <<48/2=24>>24 clips.\n#### 72", "72", "72"),
    "stated_negative": ("3 - 11 = -8\n#### -8", "-8", "-8"),
    "stated_thousands": ("#### 1,234,567", "1234567", "1234567"),
    "stated_decimal": ("#### 31.50", "31.5", "31.5"),
    "stated_fraction": ("#### 3/4", "3/4", "3/4"),
    "stated_full_stop": ("#### 24.", "24", "24"),
    "stated_unit": ("#### 24 euros", "24", "24"),
    "stated_within_a_line": ("So the answer is #### 24", "24", "24"),
    "stated_without_a_space": ("####24", "no_number", "24"),
    "stated_dollars": ("#### $1,234.50", "no_number", "1234.5"),
    "stated_unicode_minus": ("#### −8", "no_number", "-8"),  # noqa: RUF001
    "stated_bold": ("#### **24**", "no_number", "24"),
    "stated_boxed": (r"#### \boxed{24}", "no_number", "24"),
    "stated_mixed": ("#### 1 1/2", "no_number", "3/2"),
    "stated_scientific": ("#### 1.2e3", "no_number", "1200"),
    "stated_then_talk": ("#### 24\nHe had 5 of the 7 before.", "24", "24"),
    "stated_twice": ("#### 24\nTom buys 3 pens and 4 more.\n#### 7", "24", "24"),
    "stated_as_two": ("#### 12,50", "unclear_number", "unclear_number"),
    "instruction_echoed": ("I end with #### and the number.\n5 + 5 = 10\n#### 10", "10", "10"),
    "headings_of_markdown": ("#### Step 1: add\n2 + 2 = 4\n#### Total: 4", "no_number", "4"),
    "numbered_headings": ("#### 1. Find the price\n6 * 4 = 24\n#### 24", "24", "24"),
    "five_hashes": ("##### 3\nIt is 24", "no_number", "24"),
    # how numbers are written
    "dollars": ("It costs $1,234.50", "no_number", "1234.5"),
    "pounds": ("He pays £3.45.", "no_number", "3.45"),
    "euros_behind": ("Together 24€", "no_number", "24"),
    "minus_before_currency": ("The balance is -$5", "no_number", "-5"),
    "minus_behind_currency": ("The balance is $-5", "no_number", "-5"),
    "percent": ("That is 75%.", "no_number", "75"),
    "percent_spaced": ("It grew by 30 %", "no_number", "30"),
    "percent_latex": (r"It grew by $30\%$", "no_number", "30"),
    "fraction": ("They poured 3/4 of the jug.", "no_number", "3/4"),
    "fraction_spaced": ("The share is 6 / 16", "no_number", "3/8"),
    "fraction_slash": ("The share is 3⁄8", "no_number", "3/8"),  # noqa: RUF001
    "fraction_character": ("The share is ⅜.", "no_number", "3/8"),
    "fraction_negative": ("x = -3/4", "no_number", "-3/4"),
    "fraction_latex": (r"The share is $\frac{7}{12}$.", "no_number", "7/12"),
    "fraction_latex_short": (r"The share is $\tfrac12$", "no_number", "1/2"),
    "fraction_by_zero": ("That is 5/0", "no_number", "unclear_number"),
    "mixed": ("It takes 1 1/2 hours", "no_number", "3/2"),
    "mixed_character": ("It takes 2½ hours", "no_number", "5/2"),
    "mixed_and": ("It takes 2 and 3/4 hours", "no_number", "11/4"),
    "mixed_latex": (r"It takes $1\frac{1}{2}$ hours", "no_number", "3/2"),
    "mixed_negative": ("x = -1 1/2", "no_number", "-3/2"),
    "no_mixed_number": ("He had 5 12/4", "no_number", "unclear_number"),
    "negative": ("It was then 8 - 21 = -13 degrees.", "no_number", "-13"),
    "negative_unicode": ("It was −13 °C", "no_number", "-13"),  # noqa: RUF001
    "negative_en_dash": ("It was –13 °C", "no_number", "-13"),  # noqa: RUF001
    "negative_apart": ("x = - 8", "no_number", "-8"),
    "negative_in_words": ("It was minus 13 degrees", "no_number", "-13"),
    "negative_latex": ("The balance is $-8$.", "no_number", "-8"),
    "difference_in_words": ("That is 10 minus 8", "no_number", "8"),
    "difference": ("He has 10 -8", "no_number", "8"),
    "range": ("He needs 10-15 minutes", "no_number", "15"),
    "item_of_a_list": ("Left over:\n- 8 apples", "no_number", "8"),
    "dash": ("The answer — 8", "no_number", "8"),
    "hyphen": ("Question-8", "no_number", "8"),
    "leading_point": ("He walks .5 km", "no_number", "0.5"),
    "trailing_zeros": ("It weighs 2.50 kg", "no_number", "2.5"),
    "zero": ("None are left, 0", "no_number", "0"),
    "negative_zero": ("x = -0", "no_number", "0"),
    "leading_zeros": ("The code is 007", "no_number", "7"),
    "dots": ("18...", "no_number", "18"),
    "full_stop": ("The answer is 18.", "no_number", "18"),
    "sentence_of_thousands": ("He got 1,200, too.", "no_number", "1200"),
    "thousands_by_space": ("In all 1 234 567 people", "no_number", "1234567"),
    "thousands_by_thin_space": ("In all 12\u202f345 people", "no_number", "12345"),
    "thousands_by_apostrophe": ("In all 12'345 francs", "no_number", "12345"),
    "thousands_latex": (r"In all $12{,}345$ or so", "no_number", "12345"),
    "two_numbers_by_space": ("Add 45 and 5 18", "no_number", "18"),
    "decimal_comma": ("It costs 12,50", "no_number", "unclear_number"),
    "european": ("It costs 1.234,50", "no_number", "unclear_number"),
    "broken_thousands": ("In all 12,34,567", "no_number", "unclear_number"),
    "version": ("Use 1.2.3", "no_number", "unclear_number"),
    "clock": ("It ends at 14:58", "no_number", "unclear_number"),
    "date": ("On 21/11/2026", "no_number", "unclear_number"),
    "scientific": ("In all 1.2e3", "no_number", "1200"),
    "scientific_small": ("In all 5E-3 m", "no_number", "0.005"),
    "scientific_times": ("In all 1.2 × 10^5", "no_number", "120000"),  # noqa: RUF001
    "scientific_raised": ("In all 3·10⁸ m/s", "no_number", "300000000"),
    "scientific_latex": (r"In all $1.2 \times 10^{5}$", "no_number", "120000"),
    "power_of_ten": ("In all 10^5", "no_number", "100000"),
    "power_left_to_work_out": ("In all 2^5", "no_number", "unclear_number"),
    "endless_exponent": ("In all 1e999999999", "no_number", "unclear_number"),
    "too_many_digits": ("9" * 5000, "no_number", "unclear_number"),
    "full_width": ("\uff12\uff14", "no_number", "24"),
    # what stands around them
    "unit_glued": ("It weighs 24kg", "no_number", "24"),
    "unit_with_a_digit": ("The area is 24 m2.", "no_number", "24"),
    "unit_raised": ("The area is 24 m²", "no_number", "24"),
    "unit_power": ("The area is 24 cm^2", "no_number", "24"),
    "unit_power_latex": (r"The area is $24\text{ cm}^{2}$", "no_number", "24"),
    "unit_per": ("It does 60 km/h.", "no_number", "60"),
    "formula": ("It breathes out 24 litres of CO2.", "no_number", "24"),
    "bold": ("**Answer: 24**", "no_number", "24"),
    "bold_glued": ("**24**", "no_number", "24"),
    "underlined": ("Answer: __24__", "no_number", "24"),
    "brackets": ("(that is 24)", "no_number", "24"),
    "code": ("`24`", "no_number", "24"),
    "boxed": (r"So $\boxed{24}$, as 6 * 4 and not 6 + 4.", "no_number", "24"),
    "boxed_fraction": (r"\[ \boxed{\dfrac{3}{4}} \]", "no_number", "3/4"),
    "boxed_unit": (r"\boxed{24\text{ euros}}", "no_number", "24"),
    "boxed_twice": (r"\boxed{12}, no: \boxed{24}", "no_number", "24"),
    "boxed_words": (r"It is 24. \boxed{\text{done}}", "no_number", "24"),
    "json": ('{"answer": 24}', "no_number", "24"),
    "final_of_several": ("6 rolls at 4 make 24", "no_number", "24"),
    "corrected": ("It is 26. Wait, no: it is 24.", "no_number", "24"),
    # what follows the answer
    "run_on_q": ("It is 24.\n\nQ: Tom has 5 pens.\nA: 7", "no_number", "24"),
    "run_on_question": ("It is 24.\n\nQuestion: Tom has 5?\nAnswer: 7\n#### 7", "no_number", "24"),
    "run_on_stated": ("#### 24\n\nQuestion: Tom has 5?\n#### 7", "24", "24"),
    "run_on_in_the_line": ("It is 24. Question: Tom has 5 pens.", "no_number", "24"),
    "run_on_numbered": ("It is 24.\nQuestion 2: Tom has 5 pens.", "no_number", "24"),
    "run_on_bold": ("It is 24.\n**Question:** Tom has 5 pens.", "no_number", "24"),
    "run_on_heading": ("It is 24.\n### Problem\nTom has 5 pens.", "no_number", "24"),
    "run_on_template": ("It is 24.<|im_end|>\n<|im_start|>user\nTom has 5.", "no_number", "24"),
    "run_on_end_of_text": ("It is 24.</s>5", "no_number", "24"),
    "question_restated": ("Question: 6 rolls at 4?\nAnswer: 24\nQuestion: 5?", "no_number", "24"),
    "faq": ("See the FAQ: it is 24", "no_number", "24"),
    # thinking aloud
    "thought": ("<think>Perhaps 5? No.</think>\n\nIt is 24.", "no_number", "24"),
    "thought_stated": ("<think>\n#### 5\n</think>\n#### 24", "24", "24"),
    "thought_opened_by_the_template": ("Perhaps 5?</think>24", "no_number", "24"),
    "thought_alone": ("<think>It is 24</think>", "empty", "empty"),
    "thought_never_closed": ("<think>It is 24. #### 24", *["unfinished_thinking"] * 2),
    "thought_again": ("<think>5</think>24<think>25", *["unfinished_thinking"] * 2),
    # nothing
    "empty": ("", "empty", "empty"),
    "blank": (" \n\t", "empty", "empty"),
    "in_words": ("The answer is twenty-four.", "no_number", "no_number"),
    "refusal": ("I cannot answer this.", "no_number", "no_number"),
    "letters_only": ("x2 + y_3", "no_number", "no_number"),
    "infinity": ("It is infinite, NaN.", "no_number", "no_number"),
}


def said(text: str, finish_reason: str = "stop") -> tuple[str, str]:
    """Return what both ways find, as written in the table."""
    answer = find_answer(text, finish_reason)
    strict, flexible = (
        str(found.value if found.reason is None else found.reason)
        for found in (answer.strict, answer.flexible)
    )
    return strict, flexible


def spelled(value: str) -> str:
    """Return a number of the table as a fraction, a reason as it is."""
    return str(Fraction(value)) if re.match(r"-?\d", value) else value


@pytest.mark.parametrize(("text", "strict", "flexible"), ANSWERS.values(), ids=ANSWERS)
def test_the_answer_is_found(text: str, strict: str, flexible: str) -> None:
    assert said(text) == (spelled(strict), spelled(flexible))


@pytest.mark.parametrize(
    ("text", "found"),
    {
        "number_at_the_end": ("It is 12", "cut_off"),
        "number_and_a_space": ("It is 12 ", "12"),
        "number_and_a_unit": ("It is 12 eur", "12"),
        "run_on_cut_away": ("It is 12\nQ: Tom has 5", "12"),
        "boxed_whole": (r"It is \boxed{12}", "12"),
        "stated_whole": ("#### 12\nTom has 5", "12"),
        "stated_at_the_end": ("6 + 6 = 12\n#### 12", "cut_off"),
    }.values(),
)
def test_a_number_that_may_have_more_digits_is_no_answer(text: str, found: str) -> None:
    assert said(text, "length")[1] == found
    assert said(text, "stop")[1] == "12"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_reference_solution_states_its_own_answer_in_both_ways(case: Case) -> None:
    solution, expected = case.inputs["solution"], read_number(case.expected)
    assert expected is not None
    answer = find_answer(solution)
    assert (answer.strict.value, answer.flexible.value) == (expected, expected)
    without = solution.rpartition("####")[0]
    assert find_answer(without).flexible.value == expected


whole = st.integers(-(10**12), 10**12)
decimals = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False, places=3).map(
    lambda value: f"{value:.3f}".replace("-0.000", "0.000")
)
numbers = st.one_of(
    whole.map(str),
    whole.map("{:,}".format),
    decimals,
    st.builds("{}/{}".format, st.integers(-999, 999), st.integers(1, 999)),
)
steps = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="<#|[Q"), max_size=80)


def value_of(number: str) -> Fraction:
    return Fraction(number.replace(",", ""))


@given(steps=steps, number=numbers, tail=st.sampled_from(["", ".", " euros", "\n", "\nGood luck!"]))
@example("6 * 4 = 24 <<6*4=24>>", "24", "")
def test_a_generated_solution_states_its_own_answer_in_both_ways(
    steps: str, number: str, tail: str
) -> None:
    answer = find_answer(f"{steps}\n#### {number}{tail}")
    assert (answer.strict.value, answer.flexible.value) == (value_of(number), value_of(number))


@given(number=numbers, tail=st.sampled_from(["", ".", " euros", "%", "...", " m^2", "**", "$"]))
def test_a_final_number_is_found_as_it_is_spelled(number: str, tail: str) -> None:
    assert find_answer(f"The answer is {number}{tail}").flexible.value == value_of(number)


@given(st.text(max_size=200), st.sampled_from(["stop", "length"]))
@example("####" * 50 + "1", "stop")
@example("<think>" * 3 + "</think>1<think>", "length")
def test_any_text_has_answers_or_reasons_and_strict_never_knows_more(text: str, end: str) -> None:
    answer = find_answer(text, end)
    for found in (answer.strict, answer.flexible):
        assert (found.value is None) == (found.reason is not None)
    if answer.strict.value is not None:
        assert answer.flexible.value == answer.strict.value


@given(number=st.one_of(whole.map(str), whole.map("{:,}".format), decimals), steps=steps)
def test_strict_is_what_gsm8k_reads(number: str, steps: str) -> None:
    text = f"{steps}\n#### {number}\n"
    read = re.search(r"#### (\-?[0-9\.\,]+)", text)  # of openai/grade-school-math
    assert read is not None
    assert find_answer(text).strict.value == Fraction(read[1].replace(",", ""))


@pytest.mark.parametrize(
    "text",
    ["#### " * 40_000, "1 " * 100_000, "1,2 " * 50_000, "\\boxed{" * 30_000, "Q: 1" * 50_000,
     "<think>" * 30_000, "\\frac{1" * 30_000, "#" * 200_000, "1" + "> *" * 60_000, "9" * 200_000],
    ids=lambda text: text[:7],
)  # fmt: skip
def test_a_hostile_text_is_read_in_linear_time(text: str) -> None:
    started = perf_counter()
    find_answer(text)
    assert perf_counter() - started < 5  # 0.1 s; a quadratic reader takes minutes


EXPECTED = {
    "24": Fraction(24), "-7.5": Fraction(-15, 2), "3/4": Fraction(3, 4), "$1,200": Fraction(1200),
    "75%": Fraction(75), 24: Fraction(24), 0.1: Fraction(1, 10), -3: Fraction(-3),
    "Half is 24.\n#### 72": Fraction(72), "24 euros": None, "": None, "Twelve": None, True: None,
    None: None, "1 and 2": None, "3-4": None, float("nan"): None, float("inf"): None,
    "No answer.\n####": None, "12,50": None,
}  # fmt: skip


@pytest.mark.parametrize(("written", "value"), EXPECTED.items(), ids=map(repr, EXPECTED))
def test_an_expected_answer_is_a_number_or_a_solution(
    written: object, value: Fraction | None
) -> None:
    assert read_expected(written) == value
