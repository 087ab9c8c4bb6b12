"""The committed cases of the extraction task: sound, distinct, and never seen in training."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from suite.case import Case
from suite.case_files import load_cases
from suite.extraction_score import score_extraction
from suite.generation import Generation
from suite.score import Score
from suite.tasks import TASKS, find_groups
from tests.test_format_cases import LARGEST_SHARE, five_grams, generated_texts

FILES = load_cases(Path(__file__).parents[1] / "suite" / "cases")
CASES = FILES["extraction"].cases
DIFFICULTIES = TASKS["extraction"].groups["difficulty"]
DOMAINS = TASKS["extraction"].groups["domain"]


def score(case: Case, document: Any) -> Score:
    return score_extraction(case, Generation(json.dumps(document, ensure_ascii=False), "stop"))


def largest_shares(texts: Iterable[str]) -> dict[str, float]:
    """For each case id the largest share of its prompt's 5-grams found in any one text."""
    grams = {case.id: five_grams(case.prompt_text) for case in CASES}
    largest = dict.fromkeys(grams, 0.0)
    for text in texts:
        found = five_grams(text)
        for case_id, own in grams.items():
            largest[case_id] = max(largest[case_id], len(own & found) / len(own))
    return largest


def test_there_are_150_cases_of_the_four_kinds() -> None:
    kinds = Counter("domain" if "domain" in case.tags else case.tags[0] for case in CASES)
    assert kinds == {"easy": 50, "medium": 40, "hard": 30, "domain": 30}


def test_every_case_is_of_one_difficulty_and_every_domain_case_of_one_domain() -> None:
    for case in CASES:
        assert sum(tag in DIFFICULTIES for tag in case.tags) == 1, case.id
        assert sum(tag in DOMAINS for tag in case.tags) == ("domain" in case.tags), case.id


def test_each_domain_has_five_cases() -> None:
    groups = find_groups("extraction", CASES)
    assert {tag: len(ids) for tag, ids in groups["domain"].items()} == dict.fromkeys(DOMAINS, 5)


def test_every_kind_of_trap_has_several_hard_cases() -> None:
    traps = Counter(tag for case in CASES if "hard" in case.tags for tag in case.tags)
    wanted = ("candidates", "negation", "correction", "missing", "units", "range")
    assert {trap: traps[trap] for trap in wanted if traps[trap] < 5} == {}


def test_every_expected_object_passes_its_own_case() -> None:
    failed = {c.id: s.detail for c in CASES if not (s := score(c, c.expected)).passed}
    assert not failed


def test_every_field_of_every_case_can_be_wrong() -> None:
    held = []
    for case in CASES:
        for name in case.expected:
            found = score(case, {**case.expected, name: {"nobody": "expects this"}})
            less = {key: value for key, value in case.expected.items() if key != name}
            if found.passed or score(case, less).passed:
                held.append(f"{case.id}/{name}")
    assert not held


def test_no_schema_takes_what_is_not_asked_for() -> None:
    taken = [case.id for case in CASES if score(case, {**case.expected, "more": 1}).passed]
    assert not taken


def test_no_prompt_shares_much_with_another() -> None:
    grams = {
        f"{task}/{case.id}": five_grams(case.prompt_text)
        for task in ("extraction", "format")
        for case in FILES[task].cases
    }
    own = [name for name in grams if name.startswith("extraction/")]
    pairs = [*permutations(own, 2), *((a, b) for a in own for b in grams if b not in own)]
    shares = {
        pair: share
        for pair in pairs
        if (share := len(grams[pair[0]] & grams[pair[1]]) / len(grams[pair[0]])) > LARGEST_SHARE
    }
    assert not shares


def test_no_prompt_shares_much_with_1000_generated_rows() -> None:
    shares = largest_shares(generated_texts(1_000))
    worst = max(shares, key=shares.__getitem__)
    print(f"largest share of 5-grams: {shares[worst]:.3f} ({worst}); bar {LARGEST_SHARE}")
    assert shares[worst] <= LARGEST_SHARE


def test_a_copied_prompt_is_found() -> None:
    copied = CASES[17]
    assert largest_shares([f"Well. {copied.prompt_text}"])[copied.id] == 1.0


@pytest.mark.slow
def test_no_prompt_shares_much_with_20000_generated_rows() -> None:
    assert max(largest_shares(generated_texts(20_000)).values()) <= LARGEST_SHARE
