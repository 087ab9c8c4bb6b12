"""Which changes of a gate file loosen it, and what decides when two gate files meet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from suite.gate_diff import diff_gates, strictest
from suite.gate_file import Gates, NoRegression, Rule, Threshold

MIN, MAX = "format_success_rate_min", "duplicate_json_objects_rate_max"
RATES = ("format_success_rate", "schema_valid_rate")


def at(value: float, **fields: Any) -> Threshold:
    return Threshold(value=value, reason="r", **fields)


def paired(alpha: float = 0.01, warn: float | None = 0.05, metrics: Any = RATES) -> NoRegression:
    return NoRegression(metrics=metrics, alpha=alpha, warn_alpha=warn, reason="r")


def gates(rules: dict[str, Rule], **models: dict[str, Rule]) -> Gates:
    by_model = {name: {"format": own} for name, own in models.items()}
    return Gates(Path("gates.yaml"), {"format": rules}, by_model)


def listed(then: Gates, now: Gates) -> list[tuple[str, str, str]]:
    changes = diff_gates(then, now, "gates.yaml")
    return [(each.kind, each.place.split(": ")[1], each.sentence) for each in changes]


@pytest.mark.parametrize(
    ("name", "then", "now", "sentence"),
    [
        (MIN, at(0.9), at(0.8), "0.9 → 0.8"),
        (MAX, at(0.1), at(0.2), "0.1 → 0.2"),
        (MIN, at(0.9, rule="bound"), at(0.9), "rule bound → point"),
        ("no_regression", paired(0.01), paired(0.001), "alpha 0.01 → 0.001"),
        ("no_regression", paired(warn=0.05), paired(warn=None), "warn_alpha 0.05 → none"),
    ],
)
def test_a_rule_that_fails_less_is_looser_and_its_reverse_stricter(
    name: str, then: Rule, now: Rule, sentence: str
) -> None:
    assert listed(gates({name: then}), gates({name: now})) == [
        ("looser", f"format.{name}", sentence)
    ]
    ((kind, _, _),) = listed(gates({name: now}), gates({name: then}))
    assert kind == "stricter"


def test_metrics_of_a_paired_rule_share_its_budget_so_both_ways_are_looser() -> None:
    one, two = (
        gates({"no_regression": paired(metrics=RATES[:1])}),
        gates({"no_regression": paired()}),
    )
    assert listed(two, one) == [
        ("looser", "format.no_regression", "no longer of schema_valid_rate")
    ]
    assert listed(one, two) == [
        (
            "looser",
            "format.no_regression",
            "also of schema_valid_rate, which shares the error budget",
        )
    ]


def test_a_removed_gate_is_looser_a_new_one_new_and_a_reason_nothing() -> None:
    one = gates({MIN: at(0.9)})
    assert listed(one, gates({})) == [("looser", f"format.{MIN}", "removed; was 0.9")]
    assert listed(gates({}), one) == [("new", f"format.{MIN}", "0.9")]
    assert listed(one, gates({MIN: Threshold(value=0.9, reason="other words")})) == []


def test_overrides_are_compared_by_what_they_come_to() -> None:
    plain, own = gates({MIN: at(0.9)}), gates({MIN: at(0.9)}, toy={MIN: at(0.3)})
    place = f"models.toy.format.{MIN}"
    assert listed(plain, own) == [("looser", place, "new override: 0.9 → 0.3")]
    assert listed(own, plain) == [("stricter", place, "override removed: 0.3 → 0.9")]
    assert listed(plain, gates({MIN: at(0.9)}, toy={MIN: at(0.9)})) == []


def test_the_stricter_threshold_decides_and_the_paired_rule_stays() -> None:
    then = gates({MIN: at(0.9), "no_regression": paired()}, toy={MIN: at(0.5)})
    now = gates({MIN: at(0.8), MAX: at(0.1), "no_regression": paired(0.5, 0.6)}, toy={MIN: at(0.6)})
    assert strictest(then, now).rules("any", "format") == {
        MIN: at(0.9),
        "no_regression": paired(),
        MAX: at(0.1),
    }
    assert strictest(then, now).rules("toy", "format")[MIN] == at(0.6)


def test_an_override_of_the_change_alone_cannot_loosen() -> None:
    joined = strictest(gates({MIN: at(0.9)}), gates({}, toy={MIN: at(0.1)}))
    assert joined.rules("toy", "format") == {MIN: at(0.9)}
