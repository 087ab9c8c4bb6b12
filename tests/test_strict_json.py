"""What `parse_strict` accepts, the reason it gives for the rest, and that nothing stops it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from suite.strict_json import MAX_CHARACTERS, parse_strict

ROOT = Path(__file__).parent.parent
# one row per text: its reason, counts and recoverability were judged by hand, not by the code
ROWS = [
    json.loads(line)
    for line in (ROOT / "tests/data/strict_texts.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_text_has_the_one_reason_written_beside_it(row: dict[str, Any]) -> None:
    parsed = parse_strict(row["text"])
    assert parsed.reason == row["reason"], parsed.detail
    assert (parsed.objects, parsed.arrays) == (row["objects"], row["arrays"])
    assert parsed.recoverable == row["recoverable"]
    assert parsed.detail.isascii()
    assert parsed.detail.isprintable()
    if parsed.position is not None:
        assert 0 <= parsed.position <= len(row["text"])


def test_the_table_covers_every_reason() -> None:
    # incomplete needs a finish reason and resource_limit a long text: both are tested below
    assert {row["reason"] for row in ROWS} == {
        None,
        "empty",
        "bom",
        "encoding",
        "no_json",
        "code_fence",
        "extra_text",
        "multiple_values",
        "truncated",
        "duplicate_key",
        "non_finite_number",
        "invalid_json:trailing_comma",
        "invalid_json:single_quotes",
        "invalid_json:unquoted_key",
        "invalid_json:comment",
        "invalid_json:missing_comma_or_close",
        "invalid_json:missing_colon",
        "invalid_json:invalid_escape",
        "invalid_json:control_character",
        "invalid_json:invalid_literal",
        "invalid_json:invalid_number",
        "invalid_json:elision",
    }


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ('{"a":1,}', 7),
        ('{"a": [1,2], b: 3}', 13),
        ('  {"a":1} bye', 10),
        ('Sure: {"a":1}', 0),
        ('{"a":1} {"a":1}', 8),
        ('{"a":1,"b":2,"a":3}', 13),
        ('{"a":"x\ny"}', 7),
        ('["abc", "\\ud800"]', 9),
        ("[1, NaN]", 4),
        ('{"a": tru', 9),
        ('{"a": "x', 8),
        ("{}\ud800", 2),
    ],
)
def test_position_is_the_first_wrong_character(text: str, position: int) -> None:
    assert parse_strict(text).position == position


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 250 + "]" * 250, None),
        ("[" * 251 + "]" * 251, "resource_limit"),
        ('{"a":' * 251 + "1" + "}" * 251, "resource_limit"),
        ("[" * 5000, "truncated"),
        ("x" + "[" * 251 + "]" * 251, "extra_text"),
        ("[" + "{}," * 5000 + "{}]", None),
        ('["' + "[" * 5000 + '"]', None),
        ('["\\"' + "[" * 5000 + '"]', None),
        ("9" * 4300, None),
        ("-" + "9" * 4300, None),
        ("9" * 4301, "resource_limit"),
        ("[0." + "9" * 4300 + "]", "resource_limit"),
        ("[1" + "0" * 4300 + "e999]", "non_finite_number"),
        ('{"a":' + "9" * 4301 + ',"a":1}', "duplicate_key"),
        ("[" * 251 + "NaN" + "]" * 251, "non_finite_number"),
        ('"' + "a" * (MAX_CHARACTERS - 2) + '"', None),
        ('"' + "a" * (MAX_CHARACTERS - 1) + '"', "resource_limit"),
        (" " * (MAX_CHARACTERS + 1), "empty"),
    ],
    ids=lambda value: value if value is None or len(value) < 30 else f"{value[:6]}_{len(value)}",
)
def test_limits_hold_at_their_edge(text: str, reason: str | None) -> None:
    assert parse_strict(text).reason == reason


def test_python_settings_for_long_integers_do_not_move_the_limit() -> None:
    before = sys.get_int_max_str_digits()
    try:
        sys.set_int_max_str_digits(0)
        assert parse_strict("9" * 4301).reason == "resource_limit"
        sys.set_int_max_str_digits(640)
        assert parse_strict("9" * 641).reason == "resource_limit"
    finally:
        sys.set_int_max_str_digits(before)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a":1}', None),
        ('{"a":1', "incomplete"),
        ('{"a":1} and so', "incomplete"),
        ('\ufeff{"a":1}', "incomplete"),
        ("[" * 251 + "]" * 251, "incomplete"),
        ("", "empty"),
        ("\n", "empty"),
    ],
)
def test_length_makes_every_text_that_is_not_strict_incomplete(
    text: str, reason: str | None
) -> None:
    assert parse_strict(text, "length").reason == reason
    assert parse_strict(text, "stop").reason != "incomplete"


def test_scalars_and_their_python_types_survive() -> None:
    assert parse_strict("1").document == 1
    assert type(parse_strict("1.0").document) is float
    assert parse_strict("true").document is True
    assert parse_strict('"\\ud83d\\ude00"').document == "\U0001f600"
    assert parse_strict("-0.0").document == 0.0


def test_recovered_is_the_value_without_its_fence_or_preamble() -> None:
    parsed = parse_strict('```json\n{"a": [1, 2]}\n```')
    assert parsed.recovered == {"a": [1, 2]}
    assert parsed.document is None
    assert parse_strict('Sure! {"a":1}', "length").recovered == {"a": 1}
    null = parse_strict("```\nnull\n```")
    assert (null.recoverable, null.recovered) == (True, None)
    assert parse_strict('Sure {"a":1,"a":2}').recovered is None
    assert parse_strict("Sure [NaN]").recovered is None
    assert not parse_strict('{"a":1}').recoverable


def test_replacement_character_is_a_flag_and_no_reason() -> None:
    assert parse_strict('{"a":"\ufffd"}').flags == ("replacement_character",)
    assert parse_strict("\ufffd").flags == ("replacement_character",)
    assert parse_strict('{"a":"\u00e9"}').flags == ()


HOSTILE = [
    *("[", "{", '{"a":', "[{", "{}", "[1,", '"', '\\"', '["\\', "\\", "`", "```\n", "~~~ ", "{a:"),
    *("{word ", "[true,", "[-", "[1e", "9", ".1", "1,", '"a" ', "{{}", '[{"a":1,}', "/*", 'x{"'),
    *('{"a":1,"a":', '"[1]"', "```[1]", "\ud800", "[\ud800", '"\\ud800"', "\n```", "[ [ a"),
    "\u00a0[",  # was quadratic: a look-ahead whose `\s` read past what the reader had read
    *("{ \t", "[-1 ,", "x[[", "{'", "[\\", "{#", '\n{"a" ', "true ", "[tru", "[Infinity", "[1.1"),
]


@pytest.mark.parametrize("prefix", ["", "x"], ids=["bare", "after_prose"])
@pytest.mark.parametrize("unit", HOSTILE, ids=ascii)
def test_time_is_linear_in_the_length(unit: str, prefix: str) -> None:
    def seconds(size: int) -> float:
        text = prefix + (unit * (size // len(unit) + 1))[:size]
        return min(_timed(text) for _ in range(2))

    # four times the length: 4 when linear, 16 when quadratic; 5 ms for the noise of small times
    assert seconds(24_000) < 10 * seconds(6_000) + 0.005


def _timed(text: str) -> float:
    start = time.process_time()
    assert parse_strict(text).reason
    return time.process_time() - start


DEEP_CALLER = """
import sys, threading
from suite.strict_json import parse_strict
sys.setrecursionlimit(int(sys.argv[1]))
texts = {
    "[" * 100_000: "truncated",
    "[" * 100_000 + "]" * 100_000: "resource_limit",
    '{"a":' * 100_000: "truncated",
    "[" * 250 + "]" * 250: None,
    '{"a":' * 250 + "1" + "}" * 250: None,
    "x" + "[" * 250 + "]" * 250: "extra_text",
}
def call(frames):
    if frames:
        return call(frames - 1)
    for text, reason in texts.items():
        got = parse_strict(text).reason
        assert got == reason, (got, reason)
call(int(sys.argv[2]))
print("fine")
"""


@pytest.mark.parametrize(
    ("limit", "frames"), [(1000, 0), (1000, 600), (1000, 900), (10**9, 600), (10**6, 5000)]
)
def test_verdicts_do_not_depend_on_the_recursion_limit_or_the_stack(
    limit: int, frames: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DEEP_CALLER, str(limit), str(frames)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "fine\n"), done.stderr[-2000:]
