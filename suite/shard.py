"""Splits cases over CI jobs: which of N parts a case falls into depends on its id alone.

So every case is in exactly one part, and a new case moves no other. Making one run of the parts
again is `suite.merging`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from suite.case import Case
from suite.errors import InputError

_MOST = 1000


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of N."""

    index: int
    """From 1 to `count`."""
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def holds(self, case_id: str) -> bool:
        """Tell whether a case falls into this part."""
        digest = hashlib.sha256(case_id.encode()).digest()
        return int.from_bytes(digest, "big") % self.count == self.index - 1


def read_shard(text: str) -> Shard:
    """Return the part that `I/N` names.

    Raises:
        InputError: It is no such text, or I is not one of 1 to N.
    """
    match = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
    index, count = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= index <= count <= _MOST:
        raise InputError(f"--shard: expected I/N with I from 1 to N, such as 2/3, got {text!r}")
    return Shard(index, count)


def digest_cases(cases: Iterable[Case]) -> str:
    """Return 16 hex digits over ids and content of cases, in any order."""
    lines = sorted(f"{case.id} {case.hash}" for case in cases)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
