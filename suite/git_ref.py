"""Reads files as they are at a git revision, without touching the working tree.

No shell and no checkout: a revision is resolved to a commit once, and files are then read by their
object ids, so neither a name nor a path can become an option of git. What the files mean is not
known here.
"""

from __future__ import annotations

import difflib
import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from suite.errors import InputError

_OPTION = "--baseline-ref"
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REMOTE_BRANCH = re.compile(r"origin/([A-Za-z0-9][A-Za-z0-9._/-]*)")
_TIMEOUT_S = 120
_MOST_REFS = 8
# a git hook sets these for its own repository, which need not be the one of the files
_ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX")


@dataclass(frozen=True, slots=True)
class GitRef:
    """A revision of a repository."""

    name: str
    """As it was asked for, such as `origin/main`."""
    commit: str
    root: Path
    """Of the working tree, links resolved."""

    def label(self, path: Path) -> Path:
        """Return how a file at this revision is named in messages: `origin/main:suite/x.yaml`."""
        return Path(f"{self.name}:{self._inside(path)}")

    def read_text(self, path: Path) -> str | None:
        """Return a file's text at this revision, None where it does not exist there.

        Raises:
            InputError: The path is outside the repository, no file there, or not UTF-8.
        """
        inside = self._inside(path)
        entry = next(iter(self._list(inside)), None)
        if entry is None:
            return None
        kind, identity, _ = entry
        if kind != "blob":
            raise InputError(f"{self.label(path)}: expected a file, got a {kind}")
        data = _git(self.root, "cat-file", "blob", identity)
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            where = f"{error.reason} at byte {error.start}"
            raise InputError(f"{self.label(path)}: not UTF-8 ({where})") from None

    def list_files(self, folder: Path) -> list[Path]:
        """Return the files directly in a folder at this revision, sorted; none where it is not."""
        return self._list_in(folder, "blob")

    def list_folders(self, folder: Path) -> list[Path]:
        """Return the folders directly in a folder at this revision, sorted."""
        return self._list_in(folder, "tree")

    def _list_in(self, folder: Path, wanted: str) -> list[Path]:
        inside = self._inside(folder)
        prefix = "" if inside == PurePosixPath(".") else f"{inside}/"
        names = [name for kind, _, name in self._list(prefix) if kind == wanted]
        return sorted(folder / PurePosixPath(name).name for name in names)

    def _list(self, path: PurePosixPath | str) -> list[tuple[str, str, str]]:
        """Return type, object id and path of what a path names; with a final `/`, what is in it."""
        names = [text] if (text := str(path)) else []  # git takes no empty one for the root
        listed = _git(self.root, "ls-tree", "-z", "--full-tree", self.commit, "--", *names)
        found = []
        for line in os.fsdecode(listed).split("\0"):
            if line:
                head, name = line.split("\t", 1)
                _, kind, identity = head.split(" ")
                found.append((kind, identity, name))
        return found

    def _inside(self, path: Path) -> PurePosixPath:
        """Return a path below the root: as written where the revision has that, else resolved.

        What the revision has is not looked up through the working tree: a link put there would
        lead to another file of the revision.
        """
        written = Path(os.path.normpath(path.absolute()))
        for parent in reversed(written.parents):
            if parent.resolve() == self.root:
                inside = PurePosixPath(written.relative_to(parent).as_posix())
                if self._list(inside):
                    return inside
        # the last part is not resolved: where it is a link, git holds the link
        place = path.parent.resolve() / path.name
        if not place.is_relative_to(self.root):
            raise InputError(
                f"{_OPTION} {_quote(self.name)}: {path} lies outside the repository {self.root}, "
                "so it cannot be read from git; put gates, cases and goldens into one repository"
            )
        return PurePosixPath(place.relative_to(self.root).as_posix())


def resolve_ref(folder: Path, name: str) -> GitRef:
    """Look a revision up in the repository that a folder lies in.

    Args:
        folder: Need not exist; its nearest existing parent decides.
        name: A branch, tag or commit, also `HEAD~2`.

    Raises:
        InputError: No git, no repository, or no such revision, with the nearest ones; in a shallow
            clone also how to fetch it.
    """
    there = next(place for place in (folder, *folder.parents) if place.is_dir())
    try:
        root = Path(os.fsdecode(_git(there, "rev-parse", "--show-toplevel")).rstrip("\n"))
    except InputError as error:
        raise InputError(
            f"{_OPTION} {_quote(name)}: {there} is not in a git repository: {error}"
        ) from None
    if not name or not name.isprintable():
        raise InputError(f"{_OPTION}: expected a branch, tag or commit, got {_quote(name)}")
    asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    try:
        commit = _git(root, *asked).decode("ascii", "replace").strip()
    except InputError:
        commit = ""
    if not _COMMIT.fullmatch(commit):  # `^main` resolves too, to something that is no commit
        raise InputError(_explain_unknown(root, name))
    return GitRef(name, commit, root.resolve())


def _explain_unknown(root: Path, name: str) -> str:
    listed = _git(root, "for-each-ref", "--format=%(refname:short)")
    refs = os.fsdecode(listed).splitlines()
    nearest = difflib.get_close_matches(name, refs, n=_MOST_REFS, cutoff=0.5)
    known = [*nearest, *(ref for ref in refs if ref not in nearest)]
    more = f" and {len(known) - _MOST_REFS} more" if len(known) > _MOST_REFS else ""
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    said = f"{_OPTION}: {root}: unknown revision {_quote(name)}; known: "
    said += (", ".join(known[:_MOST_REFS]) or "none") + f"{more}.{hint}"
    if _git(root, "rev-parse", "--is-shallow-repository").strip() == b"true":
        branch = _REMOTE_BRANCH.fullmatch(name)
        what = f"{branch[1]}:refs/remotes/origin/{branch[1]}" if branch else "<branch>"
        said += (
            f" This clone is shallow: git fetch --depth=1 origin {what}"
            " (with actions/checkout: fetch-depth: 0)"
        )
    elif name.startswith("origin/"):
        said += " A branch that is not here yet comes with: git fetch origin"
    return said


def _git(folder: Path, *arguments: str) -> bytes:
    """Run a git command that only reads.

    Raises:
        InputError: It cannot be run or fails, with what it said.
    """
    environment = {key: value for key, value in os.environ.items() if key not in _ELSEWHERE}
    environment |= {
        "LC_ALL": "C",
        "GIT_LITERAL_PATHSPECS": "1",  # `:(top)x` is a name
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }
    command: Sequence[str] = ("git", "-C", str(folder), *arguments)
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except FileNotFoundError:
        raise InputError("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise InputError(f"git {arguments[0]}: no answer within {_TIMEOUT_S} s") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip() or f"exit status {done.returncode}"
        raise InputError(_quote(said, marks=False))
    return done.stdout


def _quote(text: str, marks: bool = True) -> str:
    """Return text on one line with controls made visible: a name of a branch is anybody's."""
    quoted = repr(text)
    return quoted if marks else quoted[1:-1]
