"""What a test outcome means: the table, and what it does to a pytest report."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fixtures.outcomes import settle
from suite.baseline import Golden
from suite.outcome_table import OutcomeRule, decide
from suite.run import CaseResult
from tests.run_records import make_result

HELD = OutcomeRule(held=True)
FREE = OutcomeRule(held=False)
ACCEPTING = OutcomeRule(held=True, accepting=True)


def make_golden(passed: bool, **fields: Any) -> Golden:
    data = {"case_hash": "h", "metrics": {}, "text": "{}", "document": {}, "reason": None}
    return Golden(**{**data, "passed": passed, "reason": None if passed else "no_json", **fields})


def make_scored(passed: bool, **fields: Any) -> CaseResult:
    return make_result("a", passed, document={} if passed else None, **fields)


PASSED, FAILED = make_golden(True), make_golden(False, document=None)


@pytest.mark.parametrize(
    ("passes", "golden", "rule", "outcome", "change"),
    [
        (True, PASSED, HELD, "passed", None),
        (True, PASSED, FREE, "passed", None),
        (True, FAILED, HELD, "failed", "fixed"),
        (True, FAILED, FREE, "passed", "fixed"),
        (True, None, HELD, "passed", None),
        (True, None, FREE, "passed", None),
        (False, FAILED, HELD, "xfailed", "known failure"),
        (False, FAILED, FREE, "xfailed", "known failure"),
        (False, PASSED, HELD, "failed", "broke"),
        (False, PASSED, FREE, "xfailed", "broke"),
        (False, None, HELD, "failed", "new failure"),
        (False, None, FREE, "failed", "new failure"),
        # accepting: what fails is xfailed, as it will be from now on
        (True, FAILED, ACCEPTING, "passed", "fixed"),
        (False, PASSED, ACCEPTING, "xfailed", "broke"),
        (False, None, ACCEPTING, "xfailed", "new failure"),
        (False, FAILED, ACCEPTING, "xfailed", "known failure"),
    ],
)
def test_the_table(
    passes: bool, golden: Golden | None, rule: OutcomeRule, outcome: str, change: str | None
) -> None:
    settled = decide(make_scored(passes), golden, rule)
    assert (settled.outcome, settled.change) == (outcome, change)


@pytest.mark.parametrize(
    ("flips", "held", "passes", "outcome"),
    [
        ("fail", False, False, "failed"),
        ("fail", False, True, "failed"),
        ("gate", True, False, "xfailed"),
        ("gate", True, True, "passed"),
    ],
)
def test_the_flips_option_picks_the_column(
    flips: Any, held: bool, passes: bool, outcome: str
) -> None:
    golden = FAILED if passes else PASSED
    assert decide(make_scored(passes), golden, OutcomeRule(held, flips)).outcome == outcome


@pytest.mark.parametrize(
    ("golden", "answer"),
    [
        (PASSED, "same"),
        (make_golden(True, text="{ }"), "text differs"),
        (make_golden(True, document={"a": True}), "object differs"),
    ],
)
def test_a_held_answer_has_to_be_the_goldens_and_another_is_counted(
    golden: Golden, answer: str
) -> None:
    free = decide(make_scored(True), golden, FREE)
    assert (free.outcome, free.answer) == ("passed", answer)
    held = decide(make_scored(True), golden, HELD)
    assert (held.outcome, held.answer) == ("passed" if answer == "same" else "failed", answer)


def test_a_golden_accepted_from_other_weights_is_not_held() -> None:
    golden = make_golden(True, apart=True)
    assert decide(make_scored(False), golden, HELD).outcome == "xfailed"


def test_a_new_failure_names_the_next_command() -> None:
    message = decide(make_scored(False), None, HELD).message
    assert "new failure: no_json" in message
    assert "`pytest --snapshot-update`" in message


def test_a_known_failure_says_when_its_reason_moved() -> None:
    result = make_scored(False, reason="code_fence")
    assert decide(result, FAILED, HELD).message == "known failure: code_fence (was no_json)"


def run_test(
    pytester: pytest.Pytester, body: str, result: CaseResult, golden: Golden | None
) -> tuple[pytest.TestReport, CaseResult]:
    """Run a one-test file with the real pytest and settle its call report."""
    found: list[tuple[pytest.TestReport, CaseResult]] = []

    class Plugin:
        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
            report = yield
            if report.when == "call":
                found.append((report, settle(report, result, golden, HELD, call.excinfo)))
            return report

    pytester.makepyfile(f"def test_it():\n    {body}")
    pytester.inline_run("-p", "no:syrupy", plugins=[Plugin()])
    ((report, settled),) = found
    return report, settled


def test_a_known_failure_becomes_xfailed_and_keeps_its_assertion(pytester: Any) -> None:
    report, result = run_test(pytester, "assert 1 == 2", make_scored(False), FAILED)
    assert (report.outcome, report.wasxfail) == ("skipped", "known failure: no_json")
    assert "1 == 2" in str(report.longrepr)
    assert result.outcome == "xfailed"


def test_a_broken_case_shows_why_first_and_its_assertion(pytester: Any) -> None:
    report, result = run_test(pytester, "assert 1 == 2", make_scored(False), PASSED)
    assert report.outcome == "failed"
    assert report.longrepr.reprcrash.message.startswith("broke: no_json; a flip without a cause")
    assert "1 == 2" in str(report.longrepr)
    assert (result.outcome, result.change) == ("failed", "broke")


def test_a_fixed_case_that_should_not_have_moved_fails_though_its_test_passed(
    pytester: Any,
) -> None:
    report, result = run_test(pytester, "assert True", make_scored(True), FAILED)
    assert report.outcome == "failed"
    assert str(report.longrepr).startswith("fixed: was no_json in the baseline")
    assert result.outcome == "failed"


@pytest.mark.parametrize("golden", [FAILED, PASSED, None])
def test_an_error_in_the_test_is_never_a_known_failure(
    pytester: Any, golden: Golden | None
) -> None:
    report, result = run_test(pytester, "raise OSError('disk')", make_scored(False), golden)
    assert report.outcome == "failed"
    assert not hasattr(report, "wasxfail")
    assert (result.outcome, result.score, result.message) == ("error", None, "OSError: disk")


def test_a_test_without_a_score_has_no_verdict(pytester: Any) -> None:
    unscored = replace(make_scored(True), score=None)
    report, result = run_test(pytester, "assert False, 'gone'", unscored, FAILED)
    assert report.outcome == "failed"
    assert result.outcome == "error"


def test_a_passing_score_does_not_excuse_another_assertion(pytester: Any) -> None:
    report, result = run_test(pytester, "assert 1 == 2", make_scored(True), PASSED)
    assert report.outcome == "failed"
    assert result.outcome == "failed"


def test_a_failing_score_that_the_test_does_not_assert_still_decides(pytester: Any) -> None:
    report, _ = run_test(pytester, "assert True", make_scored(False), None)
    assert report.outcome == "failed"
    assert "new failure" in str(report.longrepr)


def test_a_skipped_test_has_no_verdict(pytester: Any) -> None:
    body = "__import__('pytest').skip('no gpu')"
    report, result = run_test(pytester, body, make_scored(False), FAILED)
    assert report.outcome == "skipped"
    assert (result.outcome, result.score) == ("error", None)
