"""Reads numbers as people and models write them, exactly: `$1,234.50`, `1 1/2`, `75%`, `1.2e3`.

A comma parts thousands and nothing else, and what can be read in two ways (`12,50`, `14:58`) is no
number at all. Units and percent signs are left off: `75%` is 75. Which of the numbers of a text is
its answer is decided in `suite.math_answer`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

_MOST_DIGITS = 1000
"""A longer number, or a larger exponent, is none: it would take memory and no problem asks it."""

_VULGAR = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒"
_CURRENCY = "$€£¥₹"
_CHARACTERS = str.maketrans(
    dict.fromkeys("\u00a0\u2007\u2009\u200a\u202f\u3000", " ")  # spaces that keep a number together
    | dict.fromkeys("\u2010\u2011\u2212\ufe63\uff0d", "-")
    | dict.fromkeys("\u2044\u2215", "/")
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SPELLINGS = (
    (re.compile(r"\\[dt]?frac\{(-?\d+)\}\{(\d+)\}"), r" \1/\2"),
    (re.compile(r"\\[dt]?frac(\d)(\d)"), r" \1/\2"),
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"(?<=\d)\\[,;!: ](?=\d{3})"), ""),
    (re.compile(r"\\([$%])"), r"\1"),
    (re.compile(r"\\(?:times|cdot)(?![a-z])"), "*"),
    (re.compile(r"(?<=\d)\*\*(?=[-+]?\d)"), "^"),
    (re.compile(r"\^\{([-+]?\d+)\}"), r"^\1"),
)
"""What LaTeX and Python write, in the characters that are read below."""
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+")

# possessive groups, unlike possessive characters, are broken in early 3.11 (seen in 3.11.2)
_NUMBER = re.compile(
    rf"""
    (?<![^\W\d_]) (?<![^\W\d_]_) (?<!\^) (?<!\^[-+])      # neither cm2, x_2 nor an exponent
    (?: (?P<vulgar> [{_VULGAR}])
      | (?P<run>
            [1-9]\d{{0,2}} (?:\ \d{{3}})+ (?!\ \d{{3}}) (?:\.\d++)? (?! \d | [.,:/]\d )  # 1 234.5
          | (?: (?<![^\s=(+\-{_CURRENCY}]) \. )? \d++ (?: [.,:'’_]\d++ )*
        )
        (?: (?P<over> (?: \ ?/\ ? \d++ (?:[.,]\d++)* )+ )
          | (?: \ (?:and\ )? (?P<part> \d++/\d++) (?!/?\d) | \ ?(?P<sliver> [{_VULGAR}]) )
          | [eE] (?P<exponent> [-+]?\d++) (?! \w )
          | \ ?[×x*·]\ ?10\^ (?P<power> [-+]?\d++)
          | \^ (?P<raised> [-+]?\d++)
        )?
    )
    """,  # noqa: RUF001 the multiplication sign and the apostrophe are what people type
    re.VERBOSE,
)
_PLAIN = re.compile(r"(?:\d+|\d{1,3}(?:,\d{3})+|\d{1,3}(?:[ '’_]\d{3})+)?(?:\.\d+)?")  # noqa: RUF001
_WORD_SIGN = re.compile(r"(?:(?P<counted>[\d)]) *)?\b(?P<word>minus|negative) +$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a text, as `find_last` returns it."""

    value: Fraction | None
    """None: it cannot be read, or not in one way alone."""
    start: int
    """Offset in the text that was searched, its sign and currency left out."""
    end: int


def plain_text(text: str) -> str:
    """Return a text with one spelling of spaces, minus signs, fractions and powers."""
    text = text.translate(_CHARACTERS)
    text = _RAISED.sub(lambda raised: "^" + raised[0].translate(_SUPERSCRIPTS), text)
    for spelling, plain in _SPELLINGS:
        text = spelling.sub(plain, text)
    return text


def find_first(text: str) -> Number | None:
    """Return the first number of a text, None where it has none; see `find_last`."""
    match = _NUMBER.search(text)
    return _number(match, text) if match else None


def find_last(text: str) -> Number | None:
    """Return the last number of a text, None where it has none, in time linear in its length.

    Digits behind a letter (`cm2`, `CO2`) and exponents of units (`m^2`) are none.

    Args:
        text: As `plain_text` returns it.
    """
    last: re.Match[str] | None = None
    for match in _NUMBER.finditer(text):
        last = match
    return _number(last, text) if last else None


def read_number(text: str) -> Fraction | None:
    """Return what a text is when it is one number and nothing else but a sign, `$` or `%`."""
    text = plain_text(text).strip()
    number = find_first(text)
    if number is None:
        return None
    before, after = text[: number.start], text[number.end :]
    around = set(before + after) <= set(f"{_CURRENCY}%+- ") and "-" not in after
    return number.value if around else None


def _number(match: re.Match[str], text: str) -> Number:
    value = _value(match)
    if value is not None and _is_negative(text, match.start()):
        value = -value
    return Number(value, match.start(), match.end())


def _value(match: re.Match[str]) -> Fraction | None:
    if match["vulgar"]:
        return _vulgar(match["vulgar"])
    value = _plain(match["run"])
    if value is None:
        return None
    if match["over"]:
        return _divide(value, match["over"])
    if match["part"]:
        above, below = match["part"].split("/")
        part = _divide(_plain(above), "/" + below)
        # "5 12/4" is two numbers
        return value + part if part is not None and part < 1 and value.denominator == 1 else None
    if match["sliver"]:
        return value + _vulgar(match["sliver"]) if value.denominator == 1 else None
    if match["raised"]:  # 10^5 is a number; 2^5 is left to be worked out
        return _scale(Fraction(1), match["raised"]) if value == 10 else None
    exponent = match["exponent"] or match["power"]
    return _scale(value, exponent) if exponent else value


def _plain(digits: str) -> Fraction | None:
    if not _PLAIN.fullmatch(digits) or len(digits) > _MOST_DIGITS:
        return None
    whole, _, part = re.sub("[ ,'’_]", "", digits).partition(".")  # noqa: RUF001
    return Fraction(int(whole + part), 10 ** len(part))


def _divide(above: Fraction | None, over: str) -> Fraction | None:
    below = over.strip(" /")
    if above is None or "/" in below:  # 21/11/2026
        return None
    divisor = _plain(below)
    return above / divisor if divisor else None


def _scale(value: Fraction, exponent: str) -> Fraction | None:
    if len(exponent) > len(str(_MOST_DIGITS)) or abs(int(exponent)) > _MOST_DIGITS:
        return None
    return value * Fraction(10) ** int(exponent)


def _vulgar(character: str) -> Fraction:
    above, below = unicodedata.normalize("NFKC", character).split("\u2044")
    return Fraction(int(above), int(below))


def _is_negative(text: str, start: int) -> bool:
    """Tell whether what stands before a number is its sign, and no dash, hyphen or operator."""
    before = text[max(0, start - 24) : start]
    if word := _WORD_SIGN.search(before):
        # "10 minus 8" is an operation
        return word["word"].lower() == "negative" or not word["counted"]
    bare = before.rstrip(" ")
    if bare.endswith(tuple(_CURRENCY)):  # -$5 as well as $-5
        before = bare.rstrip(_CURRENCY)
    if not before.rstrip(" ").endswith(("-", "–")):  # noqa: RUF001 an en dash is typed for a minus
        return False
    earlier = before.rstrip(" ")[:-1]
    if before.endswith(" "):  # "- 8" opens an item of a list
        return earlier.rstrip(" ").endswith(("=", "#"))
    if earlier.endswith(" "):  # "10 -8"
        last = earlier.rstrip(" ")[-1:]
        return not (last.isdigit() or last == ")")
    last = earlier[-1:]
    return not (last.isalnum() or last in (")", "]", "}", "%", "°", "-"))
