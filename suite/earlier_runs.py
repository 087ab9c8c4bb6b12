"""Reads the rates of earlier runs from their folders, for the trend that a report draws.

Only the summaries are read. Nothing is compared or gated with them: a folder that cannot be read,
or was written by another version, is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite.run_files import RUN_FILE, list_runs

_MOST = 15
"""A trend over more is not read; each costs up to a millisecond."""


@dataclass(frozen=True, slots=True)
class PastRate:
    """A rate as an earlier run recorded it."""

    value: float
    count: int
    n: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """What is left of a run besides its samples."""

    id: str
    started: str
    rates: Mapping[tuple[str, str, str], PastRate]
    """By model, task and metric, where every case was selected."""
    subjects: Mapping[str, Any]
    """Of each model: equal ones are the same weights."""


def read_earlier_runs(folder: Path, before: str, most: int = _MOST) -> list[EarlierRun]:
    """Return the last runs that reached their end, the oldest first.

    Args:
        folder: Of run folders.
        before: The id of the run that is reported; later ones take no part. Where it is not in
            the folder, all of them are earlier.
        most: How many are looked at, counted back from it.
    """
    names = [each.name for each in list_runs(folder)]
    if before in names:
        del names[names.index(before) :]
    found = (_read(folder / name) for name in names[-most:])
    return [run for run in found if run is not None]


def _read(folder: Path) -> EarlierRun | None:
    try:
        data = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
        if data["stopped"]:
            return None
        rates = {
            (part["model"], part["task"], metric): PastRate(
                float(rate["value"]),
                int(rate["count"]),
                int(rate["n"]),
                float(rate["low"]),
                float(rate["high"]),
            )
            for part in data["summary"]
            if part["selected"] == part["total"]
            for metric, rate in part["rates"].items()
        }
        subjects = {name: record["subject"] for name, record in data["models"].items()}
        return EarlierRun(str(data["id"]), str(data["started"]), rates, subjects)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None  # other people's folder, another version's, or half deleted
