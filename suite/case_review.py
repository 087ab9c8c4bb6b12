"""Looks a folder of case files over: counts by tag, and what its authors may not have meant.

A file that cannot be read is told with all its problems; what only looks odd is a remark, and stops
nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from suite.case import Case
from suite.case_files import list_case_files, load_task_file
from suite.errors import InputError
from suite.schema import violations
from suite.sentences import count_noun, join_some
from suite.tasks import TASKS, find_groups

_WORD = re.compile(r"\w+")
_DIGITS = re.compile(r"\d+")
_SHORTEST = 4
"""Letters of a tag that is looked at for slips: short words are all alike."""
_MOST_SINGLE = 10


@dataclass(frozen=True, slots=True)
class TaskReview:
    """What a case file holds."""

    task: str
    path: Path
    version: int
    cases: int
    tags: dict[str, int]
    """Cases by tag, the most frequent first."""
    clusters: int
    """Clusters that two or more cases share."""
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FolderReview:
    """What a folder of case files holds."""

    tasks: tuple[TaskReview, ...]
    broken: dict[str, tuple[str, ...]]
    """By path, all problems of a file that no session would take."""


def review_folder(folder: Path) -> FolderReview:
    """Read all case files of a folder.

    Raises:
        InputError: There is none.
    """
    tasks, broken = [], {}
    for path in list_case_files(folder):
        try:
            file = load_task_file(path)
        except InputError as error:
            broken[str(path)] = error.problems
            continue
        tags = Counter(tag for case in file.cases for tag in case.tags)
        shared = Counter(case.cluster for case in file.cases if case.cluster)
        tasks.append(
            TaskReview(
                file.task,
                path,
                file.version,
                len(file.cases),
                dict(sorted(tags.items(), key=lambda item: (-item[1], item[0]))),
                sum(count > 1 for count in shared.values()),
                tuple(find_remarks(file.task, file.cases)),
            )
        )
    return FolderReview(tuple(tasks), broken)


def find_remarks(task: str, cases: Sequence[Case]) -> Iterator[str]:
    """Yield what looks odd about sound cases, a sentence each.

    Args:
        task: Of all the cases.
        cases: In the order of their file.
    """
    yield from _find_alike(cases)
    if untagged := [case.id for case in cases if not case.tags]:
        yield f"no tags: {join_some(untagged)}"
    yield from _find_odd_tags(task, cases)
    if impossible := [case.id for case in cases if _is_impossible(case)]:
        yield (
            "what is expected does not meet the case's own schema, so no answer can be right: "
            f"{join_some(impossible)}"
        )


def _find_alike(cases: Sequence[Case]) -> Iterator[str]:
    """Name cases that ask the same but for numbers, case, punctuation and order of messages.

    Those of one cluster are meant so: they count as one where runs are compared.
    """
    alike: dict[str, list[Case]] = {}
    for case in cases:
        words = _WORD.findall(_DIGITS.sub("0", case.prompt_text.casefold()))
        alike.setdefault(" ".join(words), []).append(case)
    for group in alike.values():
        if len(group) < 2 or (group[0].cluster and len({case.cluster for case in group}) == 1):
            continue
        how = "the same" if len({case.messages for case in group}) == 1 else "nearly the same"
        yield (
            f"{how} prompt: {join_some([case.id for case in group])}; cases that fail together "
            "share a `cluster`"
        )


def _find_odd_tags(task: str, cases: Sequence[Case]) -> Iterator[str]:
    counts = Counter(tag for case in cases for tag in case.tags)
    known = {tag for tags in TASKS[task].groups.values() for tag in tags}
    usual = known | {tag for tag, count in counts.items() if count > 1}
    for tag, count in sorted(counts.items()):
        like = [other for other in sorted(usual) if _is_slip(tag, other)]
        if count == 1 and tag not in known and like:
            yield f"tag {tag!r} is there once. Did you mean {like[0]!r}?"
    groups = find_groups(task, cases)
    for kind, tags in TASKS[task].groups.items():
        if absent := [tag for tag in tags if tag not in groups.get(kind, {})]:
            yield f"no case has a tag of {kind}: {', '.join(absent)}"


def _is_slip(word: str, other: str) -> bool:
    """Tell whether words are one slip apart: a letter more, another letter, two letters swapped."""
    if min(len(word), len(other)) < _SHORTEST or word == other:
        return False
    short, long = sorted((word, other), key=len)
    if len(short) < len(long):
        return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))
    places = [i for i, (a, b) in enumerate(zip(word, other, strict=True)) if a != b]
    if len(places) == 2 and places[1] == places[0] + 1:
        return word[places[0]] == other[places[1]] and word[places[1]] == other[places[0]]
    return len(places) == 1


def _is_impossible(case: Case) -> bool:
    if case.schema_ is None or case.expected is None or TASKS[case.task].answer is not None:
        return False
    return bool(violations(case.expected, case.schema_))


def describe_counts(review: TaskReview) -> str:
    """Return `150 cases, 12 clusters`, clusters only where there are any."""
    clusters = f", {count_noun(review.clusters, 'cluster')}" if review.clusters else ""
    return f"{count_noun(review.cases, 'case')}{clusters}"


def describe_tags(review: TaskReview) -> str:
    """Return `easy 40, hard 30`, and of many tags that one case alone has, only how many."""
    single = [tag for tag, count in review.tags.items() if count == 1]
    hidden = set(single) if len(single) > _MOST_SINGLE else set()
    shown = [f"{tag} {count}" for tag, count in review.tags.items() if tag not in hidden]
    return ", ".join(shown + ([f"{len(hidden)} more of one case each"] if hidden else [])) or "none"
