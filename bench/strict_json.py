"""How long `parse_strict` takes: a valid output, and hostile texts at three lengths.

Run it: `python -m bench.strict_json`. Goals: at most 10 us for a valid output of 200 bytes
(median), under 1 s for any text of 100,000 characters, four times the time for four times the
length. `json.loads`, which accepts duplicate keys and NaN, is timed beside it.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

from suite.strict_json import parse_strict

VALID = json.dumps(
    {
        "name": "Ada Lovelace",
        "email": "ada@example.org",
        "age": 36,
        "balance": 19.99,
        "tags": ["math", "engines"],
        "address": {"street": "St James Square 12", "city": "London", "zip": "SW1Y"},
        "active": True,
        "note": None,
    }
)
LENGTHS = (25_000, 50_000, 100_000)
UNITS = {
    "open arrays": "[",
    "open objects": '{"a":',
    "braces in prose": " {",
    "broken arrays in prose": " [-",
    "whole objects": "{}",
    "quotes": '"',
    "backslashes": '["\\\\',
    "backticks": "`",
    "fences with arrays": "```[1]\n",
    "digits": "9",
    "duplicate keys": '{"a":1,"a":',
    "lone surrogates": "\ud800",
    "no-break spaces": "\u00a0[",
}


def _median_us(action: Callable[[], object], rounds: int, calls: int) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(calls):
            action()
        times.append((time.perf_counter() - start) / calls * 1e6)
    return statistics.median(times)


def main() -> None:
    """Print both tables."""
    ours = _median_us(lambda: parse_strict(VALID), rounds=25, calls=2000)
    theirs = _median_us(lambda: json.loads(VALID), rounds=25, calls=2000)
    print(f"valid output of {len(VALID)} bytes, median of 25 x 2000 calls")
    print(f"  parse_strict {ours:5.1f} us (goal 10)\n  json.loads   {theirs:5.1f} us\n")
    print(f"{'hostile text, ms at length':28}" + "".join(f"{size:>9,}" for size in LENGTHS))
    for name, unit in UNITS.items():
        times = []
        for size in LENGTHS:
            # the x keeps a text from being labelled by its first error, which is the short way out
            text = "x" + (unit * (size // len(unit) + 1))[:size]
            times.append(_median_us(lambda text=text: parse_strict(text), rounds=3, calls=1) / 1000)
        print(f"  {name:26}" + "".join(f"{value:9.1f}" for value in times))


if __name__ == "__main__":
    main()
