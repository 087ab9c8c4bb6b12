"""The committed cases of the qa task: sound, answerable from their context, never seen before."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from suite.case_files import load_cases
from suite.gate_file import load_gates
from suite.generation import Generation
from suite.judge_check import load_probes
from suite.judge_measures import JUDGE_MEASURES
from suite.qa_score import normalize, score_qa
from suite.tasks import TASKS, find_groups
from tests.test_format_cases import LARGEST_SHARE, five_grams
from train.ability_qa import qa_row

ROOT = Path(__file__).parents[1]
CASES = load_cases(ROOT / "suite" / "cases", ["qa"])["qa"].cases
KINDS = TASKS["qa"].groups["kind"]


def texts_of(case_inputs: dict[str, str]) -> str:
    return f"{case_inputs['context']} {case_inputs['question']}"


def test_there_are_50_cases_of_each_kind_and_10_of_each_cannot_be_answered() -> None:
    counts = Counter((case.tags[0], "unanswerable" in case.tags) for case in CASES)
    assert counts == {(kind, hard): 10 if hard else 40 for kind in KINDS for hard in (True, False)}
    assert {
        tag: len(ids) for tag, ids in find_groups("qa", CASES)["kind"].items()
    } == dict.fromkeys(KINDS, 50)


def test_the_tag_and_the_references_say_the_same() -> None:
    odd = [case.id for case in CASES if ("unanswerable" in case.tags) == bool(case.expected)]
    assert not odd


def test_every_reference_passes_and_a_refusal_passes_where_there_is_none() -> None:
    for case in CASES:
        for answer in case.expected or ["unanswerable", "Not stated."]:
            assert score_qa(case, Generation(answer, "stop")).passed, (case.id, answer)
        assert not score_qa(case, Generation("nobody asked for this", "stop")).passed, case.id


def test_a_refusal_is_wrong_where_there_is_an_answer() -> None:
    reasons = {
        score_qa(case, Generation("unanswerable", "stop")).reason for case in CASES if case.expected
    }
    assert reasons == {"refused"}


def test_no_reference_stands_twice() -> None:
    for case in CASES:
        assert len(set(case.expected)) == len(case.expected), case.id


def test_what_a_factual_question_asks_for_stands_in_its_context() -> None:
    lost = [
        case.id
        for case in CASES
        if case.tags[0] == "factual" and case.expected
        and not any(normalize(each) in normalize(case.inputs["context"]) for each in case.expected)
    ]  # fmt: skip
    assert not lost


def test_cases_with_one_context_share_a_cluster_and_no_others_do() -> None:
    clusters = defaultdict(set)
    for case in CASES:
        clusters[case.inputs["context"]].add(case.cluster)
    assert [context for context, names in clusters.items() if len(names) > 1] == []
    shared = Counter(case.inputs["context"] for case in CASES)
    assert [
        case.id for case in CASES if shared[case.inputs["context"]] > 1 and not case.cluster
    ] == []
    names = [next(iter(each)) for each in clusters.values() if each != {None}]
    assert len(names) == len(set(names))


def test_no_question_stands_twice() -> None:
    assert len({case.inputs["question"] for case in CASES}) == len(CASES)


def test_every_case_is_asked_by_the_layout_with_its_rule() -> None:
    for case in CASES:
        (message,) = case.messages
        assert "unanswerable" in message.content.split("\n\n")[0]
        assert case.inputs["context"] in message.content
        assert message.content.endswith(f"Question: {case.inputs['question']}")


def test_no_context_or_question_shares_much_with_another() -> None:
    grams = {context: five_grams(context) for context in {c.inputs["context"] for c in CASES}}
    grams |= {
        f"format/{case.id}": five_grams(case.prompt_text)
        for case in load_cases(ROOT / "suite" / "cases", ["format"])["format"].cases
    }
    shares = [
        len(grams[one] & grams[two]) / len(grams[one])
        for one in grams if not one.startswith("format/")
        for two in grams if two != one
    ]  # fmt: skip
    assert max(shares) <= LARGEST_SHARE


@pytest.mark.parametrize("rows", [1_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_no_case_shares_much_with_generated_rows(rows: int) -> None:
    own = {case.id: five_grams(texts_of(case.inputs)) for case in CASES}
    rng = random.Random(7)
    worst = 0.0
    for _ in range(rows):
        found = five_grams(" ".join(content for _, content in qa_row(rng).messages))
        worst = max(worst, *(len(grams & found) / len(grams) for grams in own.values()))
    print(f"largest share of 5-grams: {worst:.3f}; bar {LARGEST_SHARE}")
    assert worst <= LARGEST_SHARE


def test_the_context_is_not_shared_with_what_a_judge_is_tried_on() -> None:
    probes = [five_grams(probe.item.context) for probe in load_probes()]
    for case in CASES:
        own = five_grams(case.inputs["context"])
        assert max(len(own & each) / len(own) for each in probes) <= LARGEST_SHARE, case.id


def test_no_gate_of_the_suite_rests_on_a_judge() -> None:
    gates = load_gates(ROOT / "suite" / "gates.yaml")
    tables = [gates.tasks, *gates.models.values()]
    names = [name for tasks in tables for rules in tasks.values() for name in rules]
    assert names
    assert [n for n in names if re.sub("_(min|max)$", "", n) in JUDGE_MEASURES] == []
    assert not any(name.startswith("judge_") for name in names)
