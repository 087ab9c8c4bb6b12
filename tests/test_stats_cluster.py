"""The sign-flip test of clusters, held against enumeration, McNemar and scipy."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from suite import stats_cluster
from suite.stats import mcnemar_exact
from suite.stats_cluster import sign_flip
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
