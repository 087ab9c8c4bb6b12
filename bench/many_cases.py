"""Measures what the suite costs beside bare pytest, where nothing is left to generate.

    python bench/many_cases.py                 # 1,000 and 10,000 recorded cases
    python bench/many_cases.py --cases 1000    # a quick look

Both sides run in turn, each in a process of its own, and the median of three counts: a whole
`pytest -m format --replay`, from command to exit status, with cases, schemas, goldens and gates;
and a whole bare parametrized pytest of the same number of tests, each of which does nothing.
Compared is processor time: on a machine with other work the time on the clock says little.
No model has a part in it: how fast models answer is `bench/throughput.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
_ROUNDS = 3
_MOST_RATIO = 2.0
_MOST_MIB = 400.0
_INI = "[pytest]\naddopts = -p no:anyio -p no:hypothesispytest -p no:cacheprovider\n"
_BARE = """
import pytest

@pytest.mark.parametrize("number", range({count}))
def test_nothing(number):
    assert number >= 0
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """One process from start to end."""

    seconds: float
    """On the clock."""
    cpu_s: float
    """User and system."""
    mib: float
    """Peak resident memory."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Both sides at one number of cases, medians."""

    count: int
    suite: Sample
    bare: Sample

    @property
    def ratio(self) -> float:
        """Of the processor times."""
        return self.suite.cpu_s / self.bare.cpu_s


def measure(count: int, folder: Path) -> Measured:
    """Measure both sides in turn, so that a busy minute falls on both."""
    suite, bare = folder / f"suite_{count}", folder / f"bare_{count}"
    write_suite(suite, count)
    bare.mkdir()
    (bare / "pytest.ini").write_text(_INI)
    (bare / "test_bare.py").write_text(_BARE.format(count=count))
    options = ["-m", "format", "--models=models.yaml", "--cases=cases", "--gates=gates.yaml"]
    command = ["-p", "fixtures.plugin", *options, "--goldens=goldens"]
    run(suite, [*command, "--snapshot-update"])  # the recording, and the goldens to compare with
    recording = next((suite / ".suite" / "runs").iterdir())
    samples: tuple[list[Sample], list[Sample]] = [], []
    for _ in range(_ROUNDS):
        samples[0].append(run(suite, [*command, f"--replay={recording}"]))
        samples[1].append(run(bare, ["-p", "no:xdist", "-p", "no:syrupy"]))
    return Measured(count, *(_median(side) for side in samples))


def write_suite(folder: Path, count: int) -> None:
    """Write a project of so many cases; every tenth answer is no JSON."""
    (folder / "cases").mkdir(parents=True)
    ids = [f"case_{index:06d}" for index in range(count)]
    contact = {
        "type": "object",
        "required": ["name", "city"],
        "properties": {"name": {"type": "string"}, "city": {"type": "string"}},
    }
    cases = [
        {
            "id": name,
            "tags": ["generated"],
            "prompt": f"Give me the contact of person {index} as JSON with name and city.",
            "schema": "contact",
            "expected": {"name": f"Person {index}"},
        }
        for index, name in enumerate(ids)
    ]
    answers = {
        name: f"Sure! Person {index}" if index % 10 == 0 else _contact(index)
        for index, name in enumerate(ids)
    }
    documents = {
        "cases/format.yaml": {
            "task": "format",
            "version": 1,
            "schemas": {"contact": contact},
            "cases": cases,
        },
        "models.yaml": {
            "default": "canned",
            "models": {"canned": {"type": "scripted", "answers": "answers.yaml"}},
        },
        "answers.yaml": {"batch_size": count, "answers": answers},
        "gates.yaml": {
            "format": {
                "format_success_rate_min": {"value": 0.85, "reason": "nine of ten are right"},
                "no_regression": {
                    "metrics": ["format_success_rate"],
                    "alpha": 0.01,
                    "reason": "the paired test is part of the cost",
                },
            }
        },
    }
    for name, document in documents.items():
        (folder / name).write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    (folder / "pytest.ini").write_text(_INI)
    (folder / "test_format.py").write_bytes((ROOT / "suite" / "test_format.py").read_bytes())


def run(folder: Path, arguments: list[str]) -> Sample:
    """Run a pytest to its end and return its times and peak memory.

    Raises:
        RuntimeError: It did not exit with status 0.
    """
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{arguments} ended in {status}:\n{output.decode()[-3000:]}")
    return Sample(seconds, usage.ru_utime + usage.ru_stime, _mib(usage))


def _mib(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def _contact(index: int) -> str:
    return json.dumps({"name": f"Person {index}", "city": f"Town {index % 97}"})


def _median(samples: list[Sample]) -> Sample:
    return Sample(
        statistics.median(sample.seconds for sample in samples),
        statistics.median(sample.cpu_s for sample in samples),
        max(sample.mib for sample in samples),
    )


def main() -> int:
    """Print a table; the exit status is 1 when the largest count misses the aims."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, nargs="+", default=[1_000, 10_000], metavar="N")
    counts = sorted(parser.parse_args().cases)
    found = []
    clocks = f"{'on the clock: suite s':>22} {'bare s':>8}"
    head = f"{'cases':>7} {'suite s':>8} {'bare s':>8} {'ratio':>6} {'ms/case':>8} {'MiB':>6}"
    head += clocks
    print(head)
    with tempfile.TemporaryDirectory(prefix="many-cases-") as folder:
        for count in counts:
            each = measure(count, Path(folder))
            found.append(each)
            cost = 1000 * each.suite.cpu_s / count
            times = f"{each.suite.cpu_s:>8.2f} {each.bare.cpu_s:>8.2f} {each.ratio:>6.2f}"
            clock = f"{each.suite.seconds:>22.2f} {each.bare.seconds:>8.2f}"
            print(f"{count:>7} {times} {cost:>8.3f} {each.suite.mib:>6.0f}{clock}", flush=True)
    if len(found) > 1:
        low, high = found[0], found[-1]
        more = (high.suite.cpu_s - low.suite.cpu_s) / (high.count - low.count)
        print(f"a further case costs {1000 * more:.3f} ms between {low.count} and {high.count}")
    last = found[-1]
    holds = last.ratio <= _MOST_RATIO and last.suite.mib <= _MOST_MIB
    word = "holds" if holds else "MISSED"
    print(f"at {last.count}: at most {_MOST_RATIO:g} x bare and {_MOST_MIB:g} MiB: {word}")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
