"""The repository as a whole: sizes, pins, and that README says what is run."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.test_imports import find_imports

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MODULES = sorted(
    path
    for room in ("suite", "fixtures", "train", "tests", "bench", "docs")
    for path in (ROOT / room).rglob("*.py")
)
LONGEST_FILE = 350
LARGEST_FILE = LARGEST_MODEL = 12_000_000  # git keeps every version

MAIN_JOB = "pip install -c constraints.txt -e . && pytest -m format"
ALL_TESTS = "pip install -c constraints.txt -e '.[dev]' && pytest"
OWN = {"", "suite", "fixtures", "train", "tests", "bench", "docs", "conftest"}
PACKAGES = {
    "yaml": "pyyaml",
    "xdist": "pytest-xdist",
    "_pytest": "pytest",
    "sklearn": "scikit-learn",
}
"""Modules that another package name brings."""


def tracked_files() -> list[Path]:
    """Return the files git knows, new ones that it does not ignore included."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "-co", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


def code_blocks(markdown: str) -> list[str]:
    """Return the contents of fenced blocks."""
    return re.findall(r"^```[a-z]*\n(.*?)\n```$", markdown, flags=re.MULTILINE | re.DOTALL)


def direct_dependencies() -> dict[str, Requirement]:
    """Return what pyproject.toml asks for, extras included, our own extras left out."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    found = [Requirement(line) for lines in lists for line in lines]
    return {canonicalize_name(r.name): r for r in found if r.name != project["name"]}


def constraint_lines() -> list[str]:
    """Return the lines of constraints.txt that are no comment."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_says_what_it_is_and_stays_short(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(source)), "opens without a docstring"
    lines = len(source.splitlines())
    assert lines <= LONGEST_FILE, f"{lines} lines; split it by step"


def test_no_file_is_too_large_for_git() -> None:
    sizes = {path: path.stat().st_size for path in tracked_files()}
    large = [f"{path}: {size:,} bytes" for path, size in sizes.items() if size > LARGEST_FILE]
    assert not large, large


def test_the_embedded_model_stays_small() -> None:
    sizes = [path.stat().st_size for path in tracked_files() if "tiny" in path.parent.parts]
    assert sum(sizes) <= LARGEST_MODEL


def test_readme_opens_with_the_two_commands() -> None:
    assert code_blocks(README)[:2] == [MAIN_JOB, ALL_TESTS]


def test_nobody_is_told_to_install_from_an_index_that_does_not_have_it() -> None:
    pages = [path for path in tracked_files() if path.suffix in (".py", ".md", ".yml")]
    wrong = re.compile(r"pip install [^`\n;&]*\bgoldgate\b")
    assert [path for path in pages if wrong.search(path.read_text(encoding="utf-8"))] == []


def test_ci_runs_the_second_command_of_readme_word_for_word() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert f'"{ALL_TESTS}"\n' in script


def test_the_workflow_runs_the_first_command_of_readme_word_for_word() -> None:
    workflow = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    assert f"run: {MAIN_JOB}\n" in workflow
    assert "run: .ci/run\n" in workflow


def test_readme_shows_every_top_level_folder() -> None:
    tree = next(block for block in code_blocks(README) if "conftest.py" in block)
    folders = {path.relative_to(ROOT).parts[0] for path in tracked_files() if path.parent != ROOT}
    missing = [name for name in sorted(folders) if f"\n{name}/" not in f"\n{tree}"]
    assert not missing, f"in the repository, but not in README's file tree: {missing}"


@pytest.mark.parametrize(
    "page",
    ["README.md", "CHANGELOG.md"]
    + [f"docs/{name}.md" for name in ("adding_tasks", "architecture", "finetuning_guide")],
)
def test_links_to_files_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    missing = [target for target in targets if not (ROOT / page).parent.joinpath(target).exists()]
    assert not missing, missing


def test_constraints_pin_every_direct_dependency_and_nothing_else() -> None:
    pins = [Requirement(line) for line in constraint_lines()]
    assert sorted(canonicalize_name(pin.name) for pin in pins) == sorted(direct_dependencies())


@pytest.mark.parametrize(
    ("room", "extras"),
    # suite draws pictures and fixtures reads datasets with the extra `train`, or they ask for it
    [("suite", ["train"]), ("fixtures", ["api", "train"]), ("train", ["train"])]
    + [(room, ["train", "api", "dev"]) for room in ("tests", "bench", "docs")],
)
def test_every_import_is_a_dependency_of_its_own(room: str, extras: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lists = [project["dependencies"], *(project["optional-dependencies"][e] for e in extras)]
    asked = {canonicalize_name(Requirement(line).name) for lines in lists for line in lines}
    files = sorted((ROOT / room).rglob("*.py"))
    modules = {
        found.module.partition(".")[0]
        for path in files
        for found in find_imports(path.read_text(encoding="utf-8"))
    }
    foreign = modules - set(sys.stdlib_module_names) - OWN
    missing = {name for name in foreign if canonicalize_name(PACKAGES.get(name, name)) not in asked}
    assert files
    assert not missing, f"imported in {room}, but not in pyproject.toml: {sorted(missing)}"


def test_constraints_are_exact_sorted_and_without_a_local_part() -> None:
    lines = constraint_lines()
    assert lines == sorted(lines, key=lambda line: line.partition("==")[0])
    bad = [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line)]
    assert not bad, f"want name==version, without +cpu and the like: {bad}"


def test_constraints_lie_within_the_ranges_of_pyproject() -> None:
    ranges = direct_dependencies()
    outside = [
        line
        for line in constraint_lines()
        for name, _, version in [line.partition("==")]
        if not ranges[name].specifier.contains(version)
    ]
    assert not outside, outside
