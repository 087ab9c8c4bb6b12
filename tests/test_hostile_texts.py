"""What a model answers reaches every medium, and none of them obeys it."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.hostile_texts import HOSTILE, LONG
from tests.toy_project import GOOD, ROOT, ToyProject

pytestmark = pytest.mark.integration

# shows an answer in every way that a test of somebody's own might
_CARELESS_TEST = """
import logging, sys, warnings
import pytest
from suite.format_score import score_format

@pytest.mark.format
def test_output(case, generation, record_score, golden):
    text = generation.text
    shown = text.encode("utf-8", "replace").decode()
    print(shown)
    print(shown, file=sys.stderr)
    logging.getLogger("own").error("%s", shown)
    if len(text) < 1000:
        warnings.warn(text)
    score = record_score(score_format(case, generation))
    assert score.passed, text
    assert generation == golden
"""
ENDS = re.compile(r"\r\n|\r|\n")
TRIMMED = "".join(map(chr, (*range(9, 14), 32, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B)))) + (
    "\u2028\u2029\u202f\u205f\u3000\ufeff\u200b"
)
"""What .NET's `TrimStart` takes for white space, and two marks that it once took for it."""


_CONTROLS = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069"
    "\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)


def orders(output: str) -> list[str]:
    """Return the lines that GitHub's runner would take as commands."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output)
    return [
        line[:120]
        for line in ENDS.split(plain)
        if line.lstrip(TRIMMED).startswith("::") or re.search(r"##(?:vso)?\[", line)
    ]


def controls(output: str) -> set[str]:
    """Return the characters that a terminal would obey, or that change what the eye sees."""
    return set(re.findall(_CONTROLS, output))


def run(toy: ToyProject, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "pytest", "-p", "fixtures.plugin", "--models=models.yaml"]
    command += ["--cases=cases", "--gates=gates.yaml", "--goldens=goldens", *arguments]
    return subprocess.run(
        command, cwd=toy.path, capture_output=True, env=os.environ | environment, check=False
    )


@pytest.fixture
def hostile(toy: ToyProject) -> ToyProject:
    toy.pytester.makepyfile(test_format=_CARELESS_TEST)
    toy.answer_all(HOSTILE)
    return toy


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    return ToyProject(pytester, monkeypatch)


def test_the_checks_see_what_they_are_to_see() -> None:
    assert orders("  ::error::x") == ["  ::error::x"]
    assert len(orders("a\r::x::\n\u00a0::y::\nz ##[error]\n\x1b[31m::q::")) == 4
    assert orders("a ::error::x\n:\\:error::\n##\\[error]") == []
    assert controls("a\tb\n") == set()
    assert controls("\x1b\r\u202e\ud800\U000e0041\x9b") == set("\x1b\r\u202e\ud800\U000e0041\x9b")
    assert len(HOSTILE) >= 60


@pytest.mark.parametrize(
    "options",
    [
        ["-rA", "-v", "--tb=long", "--showlocals"],
        ["--tb=native", "-n2"],
        ["--tb=line", "-q"],
        ["--tb=short", "-o", "log_cli=true"],
    ],
    ids=lambda options: options[0],
)
def test_nothing_that_pytest_prints_is_obeyed(hostile: ToyProject, options: list[str]) -> None:
    done = run(hostile, f"--junit-xml={hostile.path / 'junit.xml'}", *options)
    output = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 1, output[-3000:]
    assert "INTERNALERROR" not in output
    assert orders(output) == []
    assert controls(output) == set()
    text = (hostile.path / "junit.xml").read_text(encoding="utf-8")
    assert controls(text) == set()
    cases = list(ElementTree.fromstring(text).iter("testcase"))
    assert len(cases) == len(HOSTILE) + 1  # and a gate
    assert {len(list(case.iter("failure"))) for case in cases} == {0, 1}


def test_colors_of_a_diff_stay_and_those_of_an_answer_do_not(toy: ToyProject) -> None:
    toy.answer("c01")
    assert toy.run("--snapshot-update", "-q").ret == 0
    toy.edit_golden("c02", text='{"n": 2}', document={"n": 2})
    toy.edit_golden("c03", text='{"n": 2}', document={"n": 2})
    plain = run(toy, "--color=yes", "-k", "c02").stdout.decode()
    assert re.search(r'\x1b\[[0-9;]+m[^\n]*"n"', plain), "the diff has colors"
    toy.pytester.makepyfile(test_format=_CARELESS_TEST)
    toy.answer(c04="\x1b[8mhidden", c05="\x1b]52;c;x\x07\x1b[2J")
    colored = run(toy, "--color=yes", "--flips=fail").stdout.decode()
    assert "\\e[8mhidden" in colored
    assert "\x1b[8m" not in colored
    assert controls(re.sub(r"\x1b\[[0-9;]*m", "", colored)) == set()


def test_a_job_gets_its_own_annotations_and_no_others(hostile: ToyProject) -> None:
    summary = hostile.path / "summary.md"
    summary.write_text("# A step before\n")
    done = run(hostile, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    found = orders(done.stdout.decode() + done.stderr.decode())
    assert found
    assert all(re.match(r"::(error|warning) (file=[^,:]+,)?title=goldgate%3A ", f) for f in found)
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("# A step before\n# ❌ goldgate: FAIL\n")
    assert summary.stat().st_size < 900 * 1024
    assert controls(text) == set()
    check_markdown(text)


def check_markdown(text: str) -> None:
    """See that only fenced blocks hold what was answered, and that every one of them ends."""
    fence = None
    outside = []
    for line in text.split("\n"):
        if fence is None and (opening := re.match(r"(`{3,})(\w*)$", line)):
            fence = opening[1]
        elif fence is not None and re.match(rf" {{0,3}}`{{{len(fence)},}}\s*$", line):
            assert line == fence
            fence = None
        elif fence is None:
            outside.append(line)
    assert fence is None
    rest = "\n".join(outside)
    # the tags, signs and links outside are ours alone
    ours = r"</?(?:code|details|summary)>|<!-- goldgate -->"
    assert "<" not in re.sub(ours, "", rest)
    assert rest.count("<details>") == rest.count("</details>") > 0
    assert not re.search(r"https?:|@\w|\]\(|!\[", rest)
    assert "Passed" not in rest


def test_files_of_a_recorded_run_are_as_safe(hostile: ToyProject) -> None:
    done = run(hostile, "-q", "--output=run")
    assert done.returncode == 1
    check_page((hostile.path / "run" / "report.html").read_text(encoding="utf-8"))
    report = [sys.executable, "-m", "suite", "report", "run"]
    printed = subprocess.run(report, cwd=hostile.path, capture_output=True, check=True)
    output = printed.stdout.decode() + printed.stderr.decode()
    assert orders(output) == []
    assert controls(output) == set()
    options = ["--summary=s.md", "--comment=c.md", "--csv=cases.csv", "--annotations"]
    noted = subprocess.run([*report, *options], cwd=hostile.path, capture_output=True, check=True)
    lines = noted.stdout.decode().splitlines()
    assert lines
    assert all(line.startswith(("::error ", "::warning ")) for line in lines)
    check_markdown((hostile.path / "s.md").read_text(encoding="utf-8"))
    comment = (hostile.path / "c.md").read_text(encoding="utf-8")
    assert comment.startswith("<!-- goldgate -->\n# ❌")
    assert len(comment) < 65_536
    check_markdown(comment)
    check_table(hostile.path / "cases.csv")


def check_page(text: str) -> None:
    """See that no tag of an answer is one; that a browser runs none is tested in Chromium."""
    assert controls(text) == set()
    tags: list[tuple[str, list[tuple[str, str | None]]]] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: tags.append((tag, attributes))  # type: ignore[method-assign]
    parser.feed(text)
    assert {tag for tag, _ in tags} & {"svg", "table", "details"}
    assert not {tag for tag, _ in tags} & {"img", "iframe", "failure"}
    names = {name for _, attributes in tags for name, _ in attributes}
    assert not [name for name in names if name.startswith("on") or name == "srcdoc"]
    links = {v for _, attributes in tags for k, v in attributes if k in ("src", "href")}
    assert not [link for link in links if not (link or "").startswith(("#", "data:,"))]


def check_table(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        text = file.read()
    assert controls(text.replace("\r\n", "\n")) == set()
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert [row["case"] for row in rows] == sorted(HOSTILE)
    cells = [cell for row in rows for cell in row.values()]
    assert not [c for c in cells if c and re.match(r"\s*[=+\-@\uff0b\uff0d\uff1d\uff20]", c)]
    by_case = {row["case"]: row["output"] for row in rows}
    assert by_case["formula"].startswith("'=HYPERLINK(")
    assert by_case["one_long_line"].endswith(f"… {LONG - 8000:,} more characters")


def test_every_answer_is_kept_as_it_was(hostile: ToyProject) -> None:
    from suite.run_folder import read_folder

    assert run(hostile, "-q", "-n2", "--output=run").returncode == 1
    results = read_folder(hostile.path / "run").run.results
    assert {r.case_id: r.generation.text for r in results if r.generation} == HOSTILE


def test_bad_input_that_quotes_orders_is_told_safely(toy: ToyProject) -> None:
    name = "\x1b[31m\n::error::x ##[error]y"
    toy.write_cases(["c00"], **{name: 1})
    done = run(toy)
    output = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 4
    assert "error::x" in output
    assert orders(output) == []
    assert controls(output) == set()


def test_check_prints_no_orders(tmp_path: Path) -> None:
    for index, text in enumerate(HOSTILE.values()):
        (tmp_path / f"{index}").write_bytes(text.encode("utf-8", "surrogatepass"))
    command = [sys.executable, "-m", "suite", "check"]
    for index in (0, list(HOSTILE).index("order_old"), list(HOSTILE).index("surrogate_high")):
        done = subprocess.run(
            [*command, str(index)], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 1
        assert orders(done.stdout.decode("ascii")) == []


def test_a_planted_regression_is_named_though_the_gate_passes(toy: ToyProject) -> None:
    toy.answer()
    run(toy, "-q", "--snapshot-update")
    toy.answer(c03="::error::x\n</details>")
    summary = toy.path / "summary.md"
    done = run(toy, GITHUB_STEP_SUMMARY=str(summary), GITHUB_ACTIONS="true")
    assert done.returncode == 0, done.stdout.decode()
    text = summary.read_text(encoding="utf-8")
    assert "## ❌ broke: 1\n" in text
    assert "<code>c03</code>" in text
    assert f"- {GOOD}\n+ ::error::x\n+ </details>\n```" in text
    assert "::warning file=cases/format.yaml,title=goldgate%3A 1 broke [toy]::c03" in orders(
        done.stdout.decode()
    )
