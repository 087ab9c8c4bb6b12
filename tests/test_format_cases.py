"""The committed cases of the format task: sound, distinct, and never seen in training."""

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import permutations
from pathlib import Path

import pytest

from suite.case_files import load_cases
from suite.format_score import score_format
from suite.generation import Generation
from train.corpus import base_row
from train.data import DataConfig, make_rows

CASES = load_cases(Path(__file__).parents[1] / "suite" / "cases")["format"].cases
LARGEST_SHARE = 0.4


def five_grams(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[start : start + 5]) for start in range(len(words) - 4)}


GRAMS = {case.id: five_grams(case.prompt_text) for case in CASES}
HOLDERS: dict[tuple[str, ...], list[str]] = defaultdict(list)
for case_id, grams in GRAMS.items():
    for gram in grams:
        HOLDERS[gram].append(case_id)


def largest_shares(texts: Iterable[str]) -> dict[str, float]:
    """For each case id the largest share of its prompt's 5-grams found in any one text."""
    largest = dict.fromkeys(GRAMS, 0.0)
    for text in texts:
        hits = Counter(case_id for gram in five_grams(text) for case_id in HOLDERS.get(gram, ()))
        for case_id, count in hits.items():
            largest[case_id] = max(largest[case_id], count / len(GRAMS[case_id]))
    return largest


def generated_texts(count: int) -> Iterable[str]:
    """Prompts as the base model and the adapter see them in training, half and half."""
    rng = random.Random("0/0/0")
    for _ in range(count // 2):
        yield "\n".join(content for _, content in base_row(rng).messages)
    rows = make_rows(DataConfig(n_train=count - count // 2), "train", set())
    for row in rows:
        yield "\n".join(message["content"] for message in row["prompt"])


def report(shares: dict[str, float]) -> None:
    worst = max(shares, key=shares.__getitem__)
    print(f"largest share of 5-grams: {shares[worst]:.3f} ({worst}); bar {LARGEST_SHARE}")


def test_there_are_200_cases_of_the_six_kinds():
    kinds = Counter(case.tags[0] for case in CASES)
    assert kinds == {
        "plain": 40, "schema": 40, "hard_negative": 50, "repair": 30, "nested": 20, "unicode": 20,
    }  # fmt: skip


def test_there_are_at_least_60_distinct_schemas():
    assert len({json.dumps(case.schema_, sort_keys=True) for case in CASES}) >= 60


def test_ids_are_the_ones_of_the_first_release():
    numbers = {"plain": 40, "schema": 40, "hard": 50, "repair": 30, "nested": 20, "unicode": 20}
    ids = [
        f"{kind}_{number:03d}" for kind, count in numbers.items() for number in range(1, count + 1)
    ]
    assert sorted(case.id for case in CASES) == sorted(ids)


def test_every_expected_object_passes_its_own_case():
    failed = {}
    for case in CASES:
        text = json.dumps(case.expected, ensure_ascii=False)
        score = score_format(case, Generation(text=text, finish_reason="stop"))
        if not score.passed:
            failed[case.id] = score.detail
    print(f"expected objects that pass their own case: {len(CASES) - len(failed)} of {len(CASES)}")
    assert not failed


def test_no_prompt_shares_much_with_another():
    shared = Counter(pair for ids in HOLDERS.values() for pair in permutations(ids, 2))
    shares = {pair: count / len(GRAMS[pair[0]]) for pair, count in shared.items()}
    worst = max(shares, key=shares.__getitem__, default=("none", "none"))
    print(
        f"pairs of prompts with a common 5-gram: {len(shares)} of {len(CASES) * (len(CASES) - 1)}; "
        f"largest share {shares.get(worst, 0):.3f} {worst}; bar {LARGEST_SHARE}"
    )
    assert max(shares.values(), default=0) <= LARGEST_SHARE, shares


def test_a_copied_prompt_is_found():
    copied = CASES[17]
    assert largest_shares([f"Well. {copied.prompt_text}"])[copied.id] == 1.0


def test_no_prompt_shares_much_with_2000_generated_rows():
    shares = largest_shares(generated_texts(2_000))
    report(shares)
    assert max(shares.values()) <= LARGEST_SHARE


@pytest.mark.slow
def test_no_prompt_shares_much_with_50000_generated_rows():
    shares = largest_shares(generated_texts(50_000))
    report(shares)
    assert max(shares.values()) <= LARGEST_SHARE
