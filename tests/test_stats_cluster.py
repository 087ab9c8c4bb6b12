"""What shares clusters: the sign-flip test against enumeration, McNemar and scipy; intervals."""

from __future__ import annotations

from itertools import product
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from suite import stats_cluster
from suite.stats import mcnemar_exact, wilson
from suite.stats_cluster import clustered_interval, effective_n, find_clusters, sign_flip
from tests.run_records import PROPERTY


@PROPERTY
@given(st.lists(st.integers(-6, 6), max_size=9))
def test_it_is_the_share_of_all_sign_patterns(differences: list[int]) -> None:
    patterns = list(product((1, -1), repeat=len(differences)))
    sums = [sum(s * d for s, d in zip(signs, differences, strict=True)) for signs in patterns]
    assert sign_flip(differences) == sum(s >= sum(differences) for s in sums) / len(patterns)


@pytest.mark.parametrize("differences", [[3, -1, 4, 1, -5, 9, 2, 0, 6, -5], [1] * 8, [-2] * 8])
def test_it_equals_scipy(differences: list[int]) -> None:
    want = scipy_stats.permutation_test(
        (np.array(differences),),
        np.sum,
        permutation_type="samples",
        n_resamples=np.inf,
        alternative="greater",
    )
    assert sign_flip(differences) == pytest.approx(want.pvalue, abs=1e-12)


def test_with_one_case_per_cluster_it_is_mcnemar() -> None:
    for broke in range(15):
        for fixed in range(15):
            assert sign_flip([1] * broke + [-1] * fixed + [0]) == mcnemar_exact(broke, fixed)


def test_clusters_of_one_size_that_flip_whole_are_mcnemar_of_clusters() -> None:
    assert sign_flip([4] * 100 + [-4] * 70) == mcnemar_exact(100, 70)


def test_nothing_changed() -> None:
    assert sign_flip([]) == sign_flip([0] * 50) == 1.0


def test_hundreds_of_clusters_are_still_counted_exactly() -> None:
    differences = [3, -2, 5, 1, -4] * 80
    spread = sum(d * d for d in differences) ** 0.5
    normal = scipy_stats.norm.sf((sum(differences) - 0.5) / spread)
    assert sign_flip(differences) == pytest.approx(normal, rel=0.02)


def test_drawn_patterns_come_near_counted_ones_and_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    differences = [3, -1, 2, 2, 1, -2, 4, 1, 1, -3, 1, 1]
    counted = sign_flip(differences)
    monkeypatch.setattr(stats_cluster, "EXACT_CLUSTERS", 3)
    drawn = sign_flip(differences, seed=1)
    assert drawn != counted
    assert drawn == pytest.approx(counted, abs=4 * (counted * (1 - counted) / 100_000) ** 0.5)
    assert sign_flip(differences, seed=1) == drawn
    assert sign_flip(differences, seed=2) != drawn
    assert sign_flip([1] * 60) == 1 / 100_001  # no p-value is 0


COUNTS = st.lists(
    st.integers(1, 9).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))),
    min_size=1,
    max_size=40,
)


def test_the_variance_behind_an_interval_is_the_one_written_out() -> None:
    counts = [(3, 4), (1, 4), (4, 4), (0, 4)]
    # R = 8/16; residuals 1, -1, 2, -2: v = 4/3 * 10 / 256; t at 3 degrees of freedom is 3.182446
    independent = 0.25 / (4 / 3 * 10 / 256)
    assert effective_n(counts) == pytest.approx(independent * (1.959964 / 3.182446) ** 2, rel=0.003)


@pytest.mark.parametrize("freedom", [2, 3, 4, 9, 149])
def test_the_correction_for_few_clusters_is_that_of_t(freedom: int) -> None:
    counts = [(1, 2)] * (freedom + 1)  # no spread: as if all were independent, but for that
    ratio = scipy_stats.norm.ppf(0.975) / scipy_stats.t.ppf(0.975, freedom)
    assert effective_n(counts) == pytest.approx(2 * len(counts) * ratio**2, rel=0.02)


@PROPERTY
@given(COUNTS)
def test_a_clustered_interval_holds_its_rate_and_stays_within_0_and_1(
    counts: list[tuple[int, int]],
) -> None:
    right, of = (sum(each[side] for each in counts) for side in (0, 1))
    found = clustered_interval(counts)
    assert 0 <= found.low <= right / of <= found.high <= 1
    assert found.low < found.high


def test_without_a_spread_each_cluster_counts_once() -> None:
    assert clustered_interval([(4, 4)] * 10) == wilson(10, 10)
    assert clustered_interval([(0, 3)] * 10) == wilson(0, 10)
    assert clustered_interval([(2, 5)]).high - clustered_interval([(2, 5)]).low > 0.8


def test_one_field_per_case_is_nearly_the_interval_of_wilson() -> None:
    counts = [(1, 1)] * 187 + [(0, 1)] * 13
    found, plain = clustered_interval(counts), wilson(187, 200)
    assert found.low == pytest.approx(plain.low, abs=0.001)
    assert found.high == pytest.approx(plain.high, abs=0.001)


def test_fields_that_are_right_together_tell_no_more_than_their_cases() -> None:
    counts = [(4, 4)] * 60 + [(0, 4)] * 40
    assert effective_n(counts) == pytest.approx(100, rel=0.04)


@pytest.mark.parametrize("counts", [[], [(0, 0)], [(3, 2)], [(-1, 2)]])
def test_counts_of_nothing_have_no_interval(counts: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="wants 0 <= right <= of"):
        clustered_interval(counts)


def test_the_interval_covers_the_true_rate_of_clustered_fields() -> None:
    draw = Random(7)
    covered = naive = 0
    for _ in range(600):
        counts = []
        for _ in range(40):
            rate, of = draw.betavariate(0.6, 0.4), draw.choice((3, 4, 5))
            counts.append((sum(draw.random() < rate for _ in range(of)), of))
        right, of = (sum(each[side] for each in counts) for side in (0, 1))
        inside = clustered_interval(counts), wilson(right, of)
        covered += inside[0].low <= 0.6 <= inside[0].high
        naive += inside[1].low <= 0.6 <= inside[1].high
    print(f"covered {covered / 600:.3f} of the time; by Wilson over fields {naive / 600:.3f}")
    assert covered / 600 > 0.93
    assert naive / 600 < 0.85


def test_cases_without_a_cluster_are_clusters_of_their_own() -> None:
    assert find_clusters(["b", None, "a", "", "b", None]) == [[0, 4], [1], [2], [3], [5]]
    assert find_clusters([]) == []
