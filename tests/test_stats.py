"""Statistics, held against scipy."""

from __future__ import annotations

import pytest
from scipy import stats as scipy_stats

from suite.stats import binomial_tail, detectable_drop, mcnemar_exact, wilson


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("n", [1, 2, 7, 50, 200, 1000])
def test_wilson_equals_scipy(n: int, confidence: float) -> None:
    for count in sorted({0, 1, n // 3, n // 2, n - 1, n}):
        want = scipy_stats.binomtest(count, n).proportion_ci(confidence, method="wilson")
        got = wilson(count, n, confidence)
        assert got.low == pytest.approx(want.low, abs=1e-12)
        assert got.high == pytest.approx(want.high, abs=1e-12)


def test_wilson_of_a_known_case() -> None:
    got = wilson(187, 200)
    assert (round(got.low, 3), round(got.high, 3)) == (0.892, 0.962)


@pytest.mark.parametrize(("count", "n"), [(-1, 10), (11, 10), (0, 0)])
def test_wilson_refuses_impossible_counts(count: int, n: int) -> None:
    with pytest.raises(ValueError, match=f"got {count} of {n}"):
        wilson(count, n)


def test_mcnemar_equals_scipy_over_a_grid() -> None:
    for broke in range(25):
        for fixed in range(25):
            if broke + fixed == 0:
                continue
            test = scipy_stats.binomtest(broke, broke + fixed, 0.5, alternative="greater")
            assert mcnemar_exact(broke, fixed) == pytest.approx(test.pvalue, abs=1e-13)


@pytest.mark.parametrize(
    ("broke", "fixed", "p"), [(0, 0, 1.0), (5, 0, 0.03125), (7, 0, 0.0078125), (0, 9, 1.0)]
)
def test_mcnemar_of_known_cases(broke: int, fixed: int, p: float) -> None:
    assert mcnemar_exact(broke, fixed) == p


def test_mcnemar_stays_under_its_alpha_when_nothing_changed() -> None:
    # the chance of a p-value of at most alpha, over all outcomes of n fair coins
    for n in range(1, 60):
        chance = sum(
            scipy_stats.binom.pmf(broke, n, 0.5)
            for broke in range(n + 1)
            if mcnemar_exact(broke, n - broke) <= 0.01
        )
        assert chance <= 0.01


def test_mcnemar_of_many_pairs_is_exact() -> None:
    want = scipy_stats.binom.sf(2549, 5000, 0.5)
    assert mcnemar_exact(2550, 2450) == pytest.approx(want, rel=1e-9)


def test_mcnemar_refuses_negative_counts() -> None:
    with pytest.raises(ValueError, match="not negative"):
        mcnemar_exact(-1, 0)


@pytest.mark.parametrize("n", [1, 7, 200, 5000])
@pytest.mark.parametrize("p", [0.0, 1e-6, 0.035, 0.5, 0.999, 1.0])
def test_binomial_tail_equals_scipy(n: int, p: float) -> None:
    for k in (0, 1, 5, 7):
        assert binomial_tail(k, n, p) == pytest.approx(scipy_stats.binom.sf(k - 1, n, p), abs=1e-10)


@pytest.mark.parametrize(("n", "alpha"), [(7, 0.01), (200, 0.01), (500, 0.01), (200, 0.05)])
def test_the_detectable_drop_is_where_the_power_is_reached(n: int, alpha: float) -> None:
    drop = detectable_drop(n, alpha)
    assert drop is not None
    least = next(broke for broke in range(n + 1) if mcnemar_exact(broke, 0) <= alpha)
    assert scipy_stats.binom.sf(least - 1, n, drop) == pytest.approx(0.8, abs=1e-6)


def test_too_few_cases_can_show_no_drop() -> None:
    assert detectable_drop(6, 0.01) is None
