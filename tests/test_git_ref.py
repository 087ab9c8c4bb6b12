"""Files as they are at a git revision."""

from __future__ import annotations

from pathlib import Path

import pytest

from suite.errors import InputError
from suite.git_ref import resolve_ref
from tests import git_repository

NAMES = ["a.yaml", "-x.yaml", "a b.yaml", "ä.yaml", "*.yaml", ":(top)b.yaml", "x\ny.yaml"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with files of odd names in `cases`."""
    (tmp_path / "cases" / "deep").mkdir(parents=True)
    for name in NAMES:
        (tmp_path / "cases" / name).write_text(f"first {name}")
    (tmp_path / "cases" / "deep" / "b.yaml").write_text("deep")
    (tmp_path / ":(top)x").write_text("at the root")
    (tmp_path / "cases" / "latin").write_bytes(b"\xe4")
    git_repository.start(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_read_as_it_was(folder: Path, name: str) -> None:
    path = folder / "cases" / name
    path.write_text("now")
    assert resolve_ref(folder, "main").read_text(path) == f"first {name}"


def test_a_name_that_looks_like_pathspec_magic_is_a_name(folder: Path) -> None:
    assert resolve_ref(folder, "main").read_text(folder / ":(top)x") == "at the root"


def test_what_does_not_exist_there_is_none(folder: Path) -> None:
    ref = resolve_ref(folder / "not" / "there", "HEAD")
    (folder / "cases" / "new.yaml").write_text("new")
    assert ref.read_text(folder / "cases" / "new.yaml") is None
    assert ref.list_files(folder / "nowhere") == []


def test_the_files_of_a_folder_are_listed_without_those_below_it(folder: Path) -> None:
    found = [path.name for path in resolve_ref(folder, "main").list_files(folder / "cases")]
    assert found == sorted([*NAMES, "latin"])


def test_the_folders_of_a_folder_are_listed_as_they_were(folder: Path) -> None:
    (folder / "cases" / "new").mkdir()
    ref = resolve_ref(folder, "main")
    assert ref.list_folders(folder / "cases") == [folder / "cases" / "deep"]
    assert ref.list_folders(folder) == [folder / "cases"]


def test_a_folder_and_bytes_that_are_no_text_are_refused(folder: Path) -> None:
    ref = resolve_ref(folder, "main")
    with pytest.raises(InputError, match="main:cases: expected a file, got a tree"):
        ref.read_text(folder / "cases")
    with pytest.raises(InputError, match="main:cases/latin: not UTF-8"):
        ref.read_text(folder / "cases" / "latin")


def test_a_path_behind_a_link_is_inside_when_it_ends_there(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder / "cases")
    ref = resolve_ref(folder, "main")
    assert ref.read_text(tmp_path / "link" / "a.yaml") == "first a.yaml"
    with pytest.raises(InputError, match="lies outside the repository"):
        ref.read_text(folder.parent / "a.yaml")


def test_a_link_put_over_what_the_revision_has_does_not_lead_elsewhere(folder: Path) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "a.yaml").write_text("easier")
    git_repository.commit(folder)
    (folder / "cases").rename(folder / "aside")
    (folder / "cases").symlink_to("other")
    ref = resolve_ref(folder, "main")
    assert ref.read_text(folder / "cases" / "a.yaml") == "first a.yaml"
    assert ref.label(folder / "cases" / "a.yaml") == Path("main:cases/a.yaml")
    assert folder / "cases" / "ä.yaml" in ref.list_files(folder / "cases")


def test_a_variable_of_a_hook_does_not_lead_to_another_repository(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "x").write_text("")
    git_repository.start(other, "elsewhere")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    assert resolve_ref(folder, "main").read_text(folder / "cases" / "a.yaml") == "first a.yaml"


def test_without_git_it_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(InputError, match="git is not installed"):
        resolve_ref(folder, "main")
