"""Statistics, held against scipy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from suite.stats import (
    binomial_pmf,
    binomial_tail,
    clopper_pearson,
    detectable_drop,
    holm,
    mcnemar_exact,
    needed_n,
    paired_power,
    wilson,
)
from tests.run_records import PROPERTY


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


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("n", [1, 2, 7, 50, 200, 10_000])
def test_clopper_pearson_equals_scipy(n: int, confidence: float) -> None:
    for count in sorted({0, 1, n // 3, n // 2, n - 1, n}):
        want = scipy_stats.binomtest(count, n).proportion_ci(confidence, method="exact")
        got = clopper_pearson(count, n, confidence)
        assert got.low == pytest.approx(want.low, abs=1e-9)
        assert got.high == pytest.approx(want.high, abs=1e-9)


def test_clopper_pearson_of_nothing_seen_is_the_rule_of_three() -> None:
    got = clopper_pearson(0, 1000, confidence=0.9)
    assert (got.low, round(got.high, 5)) == (0.0, 0.00299)


@pytest.mark.parametrize(("count", "n"), [(-1, 10), (11, 10), (0, 0)])
def test_clopper_pearson_refuses_impossible_counts(count: int, n: int) -> None:
    with pytest.raises(ValueError, match=f"got {count} of {n}"):
        clopper_pearson(count, n)


@pytest.mark.parametrize(("rate", "bound"), [(0.98, 0.95), (0.96, 0.95), (0.002, 0.01), (0.5, 0.4)])
def test_the_needed_number_of_cases_is_where_the_interval_clears_the_bound(
    rate: float, bound: float
) -> None:
    n = needed_n(rate, bound)
    assert n is not None

    def gap(cases: int) -> float:
        # counts that are no integers: the Wilson ends as a function of the rate itself
        z = scipy_stats.norm.ppf(0.975)
        centre = (rate + z * z / (2 * cases)) / (1 + z * z / cases)
        half = (
            z
            * (rate * (1 - rate) / cases + z * z / (4 * cases * cases)) ** 0.5
            / (1 + z * z / cases)
        )
        return float(centre - half - bound if rate > bound else bound - centre - half)

    assert gap(n) >= 0 > gap(n - 1)


def test_no_number_of_cases_clears_a_bound_that_is_the_rate() -> None:
    assert needed_n(0.95, 0.95) is None


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        ((), ()),
        ((0.03,), (0.03,)),
        ((0.01, 0.04, 0.03), (0.03, 0.06, 0.06)),
        ((0.04, 0.01), (0.04, 0.02)),
        ((0.02, 0.02, 0.02), (0.06, 0.06, 0.06)),
        ((0.6, 0.7), (1.0, 1.0)),
        ((0.001, 0.5, 0.002), (0.003, 0.5, 0.004)),
    ],
)
def test_holm_of_known_families(p_values: tuple[float, ...], adjusted: tuple[float, ...]) -> None:
    assert holm(p_values) == pytest.approx(adjusted)


@PROPERTY
@given(st.lists(st.floats(0, 1), min_size=1, max_size=6), st.floats(0.001, 0.2))
def test_holm_rejects_what_the_step_down_procedure_rejects(
    p_values: list[float], alpha: float
) -> None:
    ordered = sorted(p_values)
    rejected = 0
    while rejected < len(ordered) and ordered[rejected] * (len(ordered) - rejected) <= alpha:
        rejected += 1
    assert sum(p <= alpha for p in holm(p_values)) == rejected


@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.01 / 3])
@pytest.mark.parametrize(
    ("n", "broke", "fixed"), [(20, 0.3, 0.1), (50, 0.1, 0.1), (30, 0.2, 0.0), (8, 0.75, 0.25)]
)
def test_the_paired_power_equals_the_sum_over_all_outcomes(
    n: int, broke: float, fixed: float, alpha: float
) -> None:
    chances = [broke, fixed, 1 - broke - fixed]
    want = sum(
        scipy_stats.multinomial.pmf([b, f, n - b - f], n, chances)
        for b in range(n + 1)
        for f in range(n + 1 - b)
        if b and scipy_stats.binom.sf(b - 1, b + f, 0.5) <= alpha
    )
    assert paired_power(n, broke, fixed, alpha) == pytest.approx(want, abs=1e-9)


def test_the_paired_power_of_nothing_is_nothing() -> None:
    assert paired_power(200, 0.0, 0.0, 0.05) == 0.0


def test_the_paired_power_refuses_chances_above_one() -> None:
    with pytest.raises(ValueError, match="at most 1"):
        paired_power(10, 0.8, 0.3, 0.05)


@pytest.mark.parametrize(("n", "alpha"), [(200, 0.01), (1000, 0.01 / 3)])
def test_the_detectable_drop_is_the_power_without_churn(n: int, alpha: float) -> None:
    drop = detectable_drop(n, alpha)
    assert drop is not None
    assert paired_power(n, drop, 0.0, alpha) == pytest.approx(0.8, abs=1e-6)


@pytest.mark.parametrize(("n", "fixed"), [(200, 0.01), (200, 0.1), (1000, 0.025)])
def test_chance_flips_widen_the_detectable_drop(n: int, fixed: float) -> None:
    drop = detectable_drop(n, 0.01, fixed=fixed)
    best = detectable_drop(n, 0.01)
    assert drop is not None
    assert best is not None
    assert drop > best
    assert paired_power(n, fixed + drop, fixed, 0.01) == pytest.approx(0.8, abs=0.002)


def test_where_half_of_the_cases_get_better_no_drop_can_be_seen() -> None:
    assert detectable_drop(20, 0.01, fixed=0.45) is None
    assert detectable_drop(20, 0.01, fixed=0.5) is None


def test_the_power_at_an_alpha_that_a_p_value_equals_counts_that_p_value() -> None:
    assert paired_power(7, 1.0, 0.0, 2**-7) == 1.0
    assert paired_power(7, 1.0, 0.0, 2**-7 - 1e-5) == 0.0


@pytest.mark.parametrize("n", [1, 7, 200])
@pytest.mark.parametrize("p", [0.0, 0.035, 0.5, 0.999, 1.0])
def test_binomial_pmf_equals_scipy(n: int, p: float) -> None:
    for k in range(n + 1):
        assert binomial_pmf(k, n, p) == pytest.approx(scipy_stats.binom.pmf(k, n, p), abs=1e-10)
