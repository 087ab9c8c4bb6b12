"""What the reports of a verifier's run say of ties, of cases without a verdict, and of accuracy."""

from __future__ import annotations

from suite.case import Case, Message
from suite.generation import Generation, LabelProbability
from suite.report.verifier import VerifierReport, find_verifier_reports
from suite.report.verifier_charts import lay_out_verifier
from suite.report.verifier_text import render_classification, render_mistakes
from suite.run import CaseResult, ModelRecord, Run, Selection
from suite.verifier_score import score_verifier

Shares = tuple[float, float]


def report(*answers: tuple[int, Shares | str | None]) -> VerifierReport:
    """Return the report of a case per answer: its label, then probabilities, a text or nothing."""
    cases, results = {}, []
    for index, (label, given) in enumerate(answers):
        name = f"c{index}"
        message = Message(role="user", content="?")
        case = Case(task="verifier", id=name, messages=(message,), expected=label)
        cases["verifier", name] = case
        if given is None:
            results.append(CaseResult("m", "verifier", name, case.hash, "error", message="died"))
            continue
        text, shares = ("0", given) if isinstance(given, tuple) else (given, ())
        probabilities = tuple(LabelProbability(str(k), share) for k, share in enumerate(shares))
        score = score_verifier(case, Generation(text, "stop", label_probabilities=probabilities))
        outcome = "passed" if score.passed else "failed"
        results.append(CaseResult("m", "verifier", name, case.hash, outcome, score))
    ids = tuple(name for _, name in cases)
    sizes = {f"c{index}": int(label == 0) for index, (label, _) in enumerate(answers)}
    selection = Selection("m", "verifier", 1, ids, ids, "cases/verifier.yaml", sizes=sizes)
    run = Run("r", "2025-01-01T00:00:00", {"m": ModelRecord({}, {})}, (selection,), tuple(results))
    (found,) = find_verifier_reports(run, cases)
    return found


def test_on_a_tie_the_point_of_the_likelier_label_is_where_the_matrix_says() -> None:
    found = report((0, (0.4, 0.4)), (0, (0.9, 0.1)), (1, (0.4, 0.4)), (1, (0.2, 0.8)))
    assert found.confusion.counts == ((2, 0, 0), (1, 1, 0))
    assert found.likelier is not None
    assert (found.likelier.false_positive_rate, found.likelier.true_positive_rate) == (0, 0.5)


def test_a_case_without_a_verdict_is_not_told_to_have_answered() -> None:
    found = report((0, "0"), (1, None), (1, "perhaps"))
    mistakes = render_mistakes(found)
    assert "c1: no verdict, is flawed (others)" in mistakes
    assert "c2: answered with no label, is flawed (others)" in mistakes
    text = render_classification(found)
    assert "solution is       said right  said flawed      neither\n" in text
    assert "no label" not in text
    matrix, _ = lay_out_verifier(found).matrices
    assert [head for _, head in matrix.heads] == ["said right", "said flawed", "neither"]


def test_rates_stand_with_their_intervals_beside_the_figures() -> None:
    text = render_classification(report((0, "0"), (0, "1"), (1, "1"), (1, "1")))
    assert "accuracy             0.750 (3/4, 95% 0.301-0.954)\n" in text
    assert "false_positive_rate  0.500 (1/2 right solutions, 95% " in text
