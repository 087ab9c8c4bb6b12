"""Scores the math task: whether the number that a worked solution ends in is the expected one.

Finding that number is `suite.math_answer`; the steps before it are not judged.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from suite.case import Case
from suite.generation import Generation
from suite.layout import Layout
from suite.math_answer import Extraction, find_answer, read_expected
from suite.score import Score

MATH_LAYOUT = Layout(
    prompt="Solve the problem step by step. Write the final number alone on the last line, "
    "after ####.\n\nQuestion: {question}\nAnswer:"
)
"""For chat and for raw prompts alike: a base model goes on behind `Answer:`."""

_LONGEST_NUMBER = 60
_SAID = {
    "empty": "the answer is empty",
    "unfinished_thinking": "`<think>` was never closed, so no answer began",
    "no_number": "no number in the answer",
    "unclear_number": "the final number can be read in two ways or none",
    "cut_off": "the tokens ran out behind the final number, which may have more digits",
}


def score_math(case: Case, generation: Generation) -> Score:
    """Judge one output; it passes when its number, found flexibly, is exactly the expected one.

    The four metrics are those of GSM8K in lm-evaluation-harness, with extraction failures apart
    from wrong answers: `flexible_exact_match` and `strict_exact_match` ask for the right number,
    `flexible_extraction_failure_rate` and `strict_extraction_failure_rate` count outputs in which
    there is none to compare. Numbers are compared as fractions, never as floats: `0.5` is `1/2`,
    and `0.33` is not `1/3`.

    Args:
        case: `case.expected` is a number, or a solution with `#### N` (checked on load).
        generation: Its `text` is judged as it is; `length` makes a number at its end uncertain.

    Returns:
        The score: value 1.0 when passed, else 0.0. The reason is `wrong_answer` or why no answer
        was found (`suite.math_answer.Reason`). Bad output is data: it never raises on it.
    """
    expected = read_expected(case.expected)
    assert expected is not None, case.id
    answer = find_answer(generation.text, generation.finish_reason)
    passed = answer.flexible.value == expected
    reason = None if passed else answer.flexible.reason or "wrong_answer"
    return Score(
        passed=passed,
        value=float(passed),
        reason=reason,
        detail="" if passed else f"expected {_write(expected)}, got {_tell(answer.flexible)}",
        metrics={
            "flexible_exact_match": int(passed),
            "strict_exact_match": int(answer.strict.value == expected),
            "flexible_extraction_failure_rate": int(answer.flexible.value is None),
            "strict_extraction_failure_rate": int(answer.strict.value is None),
        },
    )


def check_number(expected: Any) -> str | None:
    """Want a number, or a worked solution that states one."""
    if read_expected(expected) is not None:
        return None
    return "wants a number such as 24, -7.5 or 3/4, or a solution that ends in `#### N`"


def _tell(found: Extraction) -> str:
    return _SAID[found.reason] if found.reason else _write(found.value)


def _write(number: Fraction | None) -> str:
    text = _decimal(number) if number is not None else "nothing"
    return text if len(text) <= _LONGEST_NUMBER else f"{text[: _LONGEST_NUMBER - 1]}…"


def _decimal(number: Fraction) -> str:
    """Return a number as a decimal where it ends, else as a fraction."""
    rest, places = number.denominator, 0
    while places < _LONGEST_NUMBER and rest > 1:
        divisor = next((each for each in (10, 5, 2) if rest % each == 0), None)
        if divisor is None:
            return f"{number.numerator}/{number.denominator}"
        rest //= divisor
        places += 1
    if rest > 1 or not places:
        return str(number)
    digits = str(abs(number.numerator) * 10**places // number.denominator).rjust(places + 1, "0")
    return f"{'-' if number < 0 else ''}{digits[:-places]}.{digits[-places:]}"
