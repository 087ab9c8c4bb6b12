"""The committed cases of the verifier task: pairs, every type of error, sound arithmetic."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from pathlib import Path

from suite.case import Case
from suite.case_files import load_cases
from suite.verifier_score import ERROR_TYPES, VERIFIER_LAYOUT, read_label

CASES = load_cases(Path(__file__).parents[1] / "suite" / "cases", {"verifier"})["verifier"].cases
_TERM = r"\(?-?\d[\d,.]*\)?"
_EQUATION = re.compile(
    rf"((?:{_TERM}\s*[-+*/×÷−]\s*)+{_TERM})\s*=\s*(-?\d[\d,]*(?:\.\d+)?)"  # noqa: RUF001
)
_ASCII = str.maketrans({"×": "*", "÷": "/", "−": "-", ",": ""})  # noqa: RUF001


def find_wrong(text: str) -> list[str]:
    """Return the equations of a text that are wrong."""
    wrong = []
    for found in _EQUATION.finditer(text):
        left, right = (part.translate(_ASCII) for part in found.groups())
        value = eval(re.sub(r"\d+(?:\.\d+)?", lambda number: f"Fraction('{number[0]}')", left))
        if value != Fraction(right):
            wrong.append(found[0])
    return wrong


def test_there_are_100_pairs_of_a_right_and_a_flawed_solution_to_one_problem() -> None:
    pairs: dict[str | None, list[Case]] = {}
    for case in CASES:
        pairs.setdefault(case.cluster, []).append(case)
    assert len(CASES) == 200
    assert len(pairs) == 100
    for cluster, pair in pairs.items():
        assert sorted(map(read_label, pair)) == [0, 1], cluster
        assert len({case.inputs["question"] for case in pair}) == 1, cluster
        assert len({case.inputs["solution"] for case in pair}) == 2, cluster


def test_every_type_of_error_has_cases_and_right_solutions_have_none() -> None:
    types = Counter((read_label(case), case.inputs["error_type"]) for case in CASES)
    assert types == {
        (0, "correct"): 100, (1, "conceptual"): 35, (1, "computational"): 35, (1, "others"): 30,
    }  # fmt: skip
    for case in CASES:  # rates by type are of these tags
        assert [tag for tag in case.tags if tag in ERROR_TYPES] == [case.inputs["error_type"]]


def test_an_equation_is_wrong_where_the_error_is_computational_and_nowhere_else() -> None:
    equations = sum(len(_EQUATION.findall(case.inputs["solution"])) for case in CASES)
    assert equations > 350  # of 200 solutions: most steps are written so
    for case in CASES:
        wrong = find_wrong(case.inputs["solution"])
        computational = case.inputs["error_type"] == "computational"
        assert bool(wrong) == computational, f"{case.id}: {wrong}"


def test_a_case_is_put_as_the_layout_says() -> None:
    for case in CASES:
        (message,) = VERIFIER_LAYOUT.fill(case.inputs)
        assert [each.model_dump() for each in case.messages] == [message], case.id


def test_the_order_of_right_and_flawed_gives_nothing_away() -> None:
    first = Counter(read_label(case) for case in CASES[::2])
    assert min(first.values()) >= 35
