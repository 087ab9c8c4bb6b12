"""Near ties: their line in a goldens file, and which differences noise explains."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from suite.near_ties import NearTie, digest_tokens, find_swap, read_near_tie
from tests.run_records import NEAR_TIES, PROPERTY

BEFORE = digest_tokens([5, 6, 7])
THEN = NearTie(3, 2e-5, 17, 42, BEFORE)
NOW = NearTie(3, 1e-5, 42, 17, BEFORE)
NOISE = 3e-5


@PROPERTY
@given(ties=NEAR_TIES)
def test_a_line_gives_the_near_tie_back_but_for_digits_of_its_margin(ties: Any) -> None:
    for tie in ties:
        assert read_near_tie(str(tie)) == tie.rounded()
        assert read_near_tie(str(tie.rounded())) == tie.rounded()


def test_the_line_is_for_people_too() -> None:
    assert str(THEN) == f"token 3: 17 over 42 by 2e-05, after {BEFORE}"


@pytest.mark.parametrize("line", ["", "token 3", str(THEN).replace("over", "<"), f"{THEN}\n"])
def test_another_line_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="expected `token 3: 17 over 42"):
        read_near_tie(line)


@pytest.mark.parametrize(
    ("then", "now", "noise", "found"),
    [
        pytest.param([THEN], [NOW], NOISE, NOW, id="swapped"),
        pytest.param([list(THEN)], [list(NOW)], NOISE, NOW, id="as lists of JSON"),
        pytest.param([THEN], [NOW], None, None, id="noise not measured"),
        pytest.param([THEN], [NOW], 0.0, None, id="no noise"),
        pytest.param([THEN], [NOW], 2e-5, None, id="golden led by the noise itself"),
        pytest.param([THEN], [NOW._replace(margin=1e-4)], NOISE, None, id="leads by more now"),
        pytest.param([THEN], [NOW._replace(before="0" * 12)], NOISE, None, id="differs before"),
        pytest.param([THEN], [NOW._replace(position=4)], NOISE, None, id="elsewhere"),
        pytest.param([THEN], [NOW._replace(token=43)], NOISE, None, id="a third token"),
        pytest.param([THEN], [THEN], NOISE, None, id="the same token"),
        pytest.param([], [NOW], NOISE, None, id="an old golden"),
        pytest.param([THEN], [], NOISE, None, id="an old answer"),
    ],
)
def test_only_a_swap_below_the_noise_is_numeric(
    then: Any, now: Any, noise: float | None, found: NearTie | None
) -> None:
    assert find_swap(then, now, noise) == found


def test_the_digest_tells_tokens_by_value_and_place() -> None:
    lists = [[], [1], [12], [1, 2], [2, 1], [1, 2, 0]]
    assert len({digest_tokens(each) for each in lists}) == len(lists)
