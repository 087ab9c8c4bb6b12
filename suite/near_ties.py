"""Near ties: tokens that led the next one by so little that rounding could have swapped the two.

A margin is the lead of the best token's logit over the second best. Finding near ties while
decoding is `fixtures.decoding`; how large the noise is on a machine, `fixtures.padding_probe`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

NEAR = 10.0
"""Times the noise: under it a margin is remembered, as another machine's noise may be greater."""
NUMERIC = "numeric: the two leading tokens swapped at a margin below the noise measured here"

_DIGITS = 12
"""Of a digest, in hex."""
_TEXT = re.compile(r"token (\d+): (\d+) over (\d+) by (\d[0-9.e+-]*), after ([0-9a-f]+)")


class NearTie(NamedTuple):
    """One token of a completion that led by little; JSON holds it as a list."""

    position: int
    """Index of the token in the completion."""
    margin: float
    """Its lead in logits."""
    token: int
    """Id of the token that was chosen."""
    rival: int
    """Id of the other one of the two leading tokens."""
    before: str
    """Digest of the tokens before it, by which two completions are known to agree up to here."""

    def __str__(self) -> str:
        """Return it as goldens hold it: one line of a diff."""
        return (
            f"token {self.position}: {self.token} over {self.rival} by {self.margin:.2g}, "
            f"after {self.before}"
        )

    def rounded(self) -> NearTie:
        """Return what `read_near_tie` makes of its text: two digits say how near it was."""
        return self._replace(margin=float(f"{self.margin:.2g}"))


def read_near_tie(text: str) -> NearTie:
    """Return the near tie that a golden's line describes.

    Raises:
        ValueError: The line is none.
    """
    found = _TEXT.fullmatch(text)
    if found is None:
        raise ValueError(
            f"expected `token 3: 17 over 42 by 1.5e-05, after 0123456789ab`, got {text!r}"
        )
    position, token, rival, margin, before = found.groups()
    return NearTie(int(position), float(margin), int(token), int(rival), before)


def digest_tokens(tokens: Iterable[int]) -> str:
    """Return a digest of token ids in their order."""
    return hashlib.sha256(",".join(map(str, tokens)).encode()).hexdigest()[:_DIGITS]


def find_swap(
    then: Sequence[Sequence[object]], now: Sequence[Sequence[object]], noise: float | None
) -> NearTie | None:
    """Return where two completions first differ, if that is no more than noise explains.

    It is so where all tokens before are the same, each chose what was the other's rival, and both
    led by less than the noise.

    Args:
        then: Near ties of the golden.
        now: Of the answer.
        noise: Of this machine, in logits; None: not measured, so nothing is put down to it.

    Returns:
        The near tie of the answer, None: something else made the difference.
    """
    if not noise:
        return None
    places = {tie.position: tie for tie in _ties(then)}
    for tie in _ties(now):
        other = places.get(tie.position)
        if (
            other is not None
            and other.before == tie.before
            and (other.token, other.rival) == (tie.rival, tie.token)
            and max(other.margin, tie.margin) < noise
        ):
            return tie
    return None


def _ties(found: Sequence[Sequence[object]]) -> list[NearTie]:
    return [NearTie(*each) for each in found]  # type: ignore[arg-type]  # lists, when from JSON
