"""Lays out a run as Markdown for a job summary or a comment, and as annotations of a pull request.

It computes nothing: gates, flips and what was loosened come decided. GitHub cuts a summary off at
1 MiB and a comment at 65,536 characters: what has no room is left out whole, diffs first, and
counted.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from suite.baseline import Baseline
from suite.judging import describe_judges
from suite.measures import find_measures
from suite.rates import find_rates
from suite.report.flips import Flip, FlipGroup, find_flip_groups
from suite.report.groups import GroupTable, tabulate_groups
from suite.report.repeats import remark
from suite.report.verdict import find_verdict
from suite.run import BarChange, GateResult, Run, Selection
from suite.sentences import join_some
from suite.sinks import annotation, markdown_block, markdown_code, markdown_text
from suite.whole_file import write_whole

SUMMARY_LIMIT = 900 * 1024
"""Bytes; GitHub's own limit is 1 MiB for all that a step writes."""
COMMENT_LIMIT = 60_000
"""Bytes; GitHub's own limit is 65,536 characters."""
COMMENT_MARK = "<!-- goldgate -->"
"""The first line of a comment, by which the next run finds it."""
_SIGNS = {"PASS": "✅", "WARN": "⚠️", "FAIL": "❌", "INCONCLUSIVE": "⚠️", "SKIPPED": "⚠️"}
_SIGNS |= {"STOPPED": "❌"}
_KINDS = {"looser": "❌ looser", "removed": "❌ removed", "changed": "⚠️ changed"}
_TONES = {"bad": "❌", "warn": "⚠️", "good": "✅"}
_MOST_NAMES = 200
_MOST_CHANGES, _MOST_CHANGED = 40, 20
"""Of what was loosened, and of the cases of each: gates and flips need room, too."""
_MOST_ANNOTATIONS = 10
"""Of each level; GitHub shows no more of one step."""
_LONGEST_NOTE = 2000


def render_summary(
    run: Run,
    baselines: Mapping[tuple[str, str], Baseline],
    limit: int = SUMMARY_LIMIT,
) -> str:
    """Return a run as Markdown: verdict, what was loosened, gates, rates, flips with diffs.

    Args:
        run: With its gates decided.
        baselines: By model and task, as they were before the run.
        limit: Bytes of UTF-8 that must not be passed.
    """
    groups = find_flip_groups(run, baselines, {})
    head = [
        *_render_verdict(run),
        *_render_bar(run),
        *_render_gates(run.gates),
        *_render_rates(run),
        *(part for group in groups for part in _render_names(run, group)),
    ]
    diffs = [_render_flip(group, flip) for group in groups for flip in group.flips]
    paper = _Paper(limit)
    paper.add_all(head, "parts")
    if diffs:
        paper.add_all(["## Answers\n\n", *diffs], "diffs")
    return paper.text()


def write_summary(path: Path, run: Run, baselines: Mapping[tuple[str, str], Baseline]) -> None:
    """Write the summary; to the file of `GITHUB_STEP_SUMMARY`, which others write to, append it.

    Raises:
        OSError: It cannot be written.
    """
    if str(path) != os.environ.get("GITHUB_STEP_SUMMARY"):
        write_whole(path, render_summary(run, baselines))
        return
    taken = path.stat().st_size if path.exists() else 0
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(render_summary(run, baselines, SUMMARY_LIMIT - taken))


def _in_workspace(file: str) -> str:
    """Return a path as GitHub wants it, relative to the caller's repository; empty: none of it."""
    if not file.startswith("/"):
        return file
    workspace = Path(os.environ.get("GITHUB_WORKSPACE") or "/dev/null")
    path = Path(file)
    return str(path.relative_to(workspace)) if path.is_relative_to(workspace) else ""


def render_comment(run: Run, baselines: Mapping[tuple[str, str], Baseline]) -> str:
    """Return the same for a comment, which takes less."""
    limit = COMMENT_LIMIT - len(COMMENT_MARK) - 1
    return f"{COMMENT_MARK}\n{render_summary(run, baselines, limit)}"


def render_annotations(run: Run) -> list[str]:
    """Return workflow commands: what was loosened, gates that do not pass, what broke."""
    loosened = [each for each in run.bar_changes if each.kind in ("looser", "removed", "changed")]
    notes = [
        ("warning", f"goldgate: {change.kind}", f"{change.place}: {change.sentence}", "")
        for change in loosened[: _MOST_ANNOTATIONS // 2]  # what broke needs room, too
    ]
    gates_file = run.files.get("gates", "")
    for gate in run.gates:
        if gate.fails or gate.status in ("WARN", "INCONCLUSIVE"):
            title = f"goldgate: {gate.name}[{gate.model}]"
            level = "error" if gate.fails else "warning"
            notes.append((level, title, f"{gate.status}: {gate.sentence}", gates_file))
    for selection in run.selections:
        results = run.of(selection.model, selection.task)
        for change in ("broke", "new failure"):
            if ids := [result.case_id for result in results if result.change == change]:
                title = f"goldgate: {len(ids)} {change} [{selection.model}]"
                notes.append(("warning", title, join_some(ids), selection.case_file))
        if ids := [result.case_id for result in results if result.score is None]:
            title = f"goldgate: {len(ids)} without a verdict [{selection.model}]"
            notes.append(("error", title, join_some(ids), selection.case_file))
    shown = [
        note
        for level in ("error", "warning")
        for note in [each for each in notes if each[0] == level][:_MOST_ANNOTATIONS]
    ]
    return [
        annotation(level, text[:_LONGEST_NOTE], title, _in_workspace(file))
        for level, title, text, file in shown
    ]


class _Paper:
    """Markdown of limited size."""

    def __init__(self, limit: int) -> None:
        self._parts: list[str] = []
        self._left = limit - 200  # bytes; the rest is for the sentence on what is left out

    def add_all(self, parts: Sequence[str], noun: str) -> None:
        """Add parts as far as there is room; none is cut."""
        omitted = 0
        for part in parts:
            size = len(part.encode())
            if size > self._left or omitted:
                omitted += 1
                continue
            self._left -= size
            self._parts.append(part)
        if omitted:
            self._left = 0
            self._parts.append(f"\n{omitted} more {noun} have no room here; see the run folder.\n")

    def text(self) -> str:
        """Return all of it."""
        return "".join(self._parts)


def _render_verdict(run: Run) -> Iterator[str]:
    verdict = find_verdict(run)
    yield f"# {_SIGNS[verdict.status]} goldgate: {verdict.status}\n\n"
    yield f"{markdown_text(verdict.headline)}\n\n{markdown_text(', '.join(verdict.facts))}\n\n"


def _render_bar(run: Run) -> Iterator[str]:
    if run.baseline_ref is not None:
        commit = markdown_code((run.baseline_commit or "")[:12])
        ref = markdown_code(run.baseline_ref)
        yield f"Judged by the gates and goldens of {ref} ({commit}).\n\n"
    if not run.bar_changes:
        return
    yield "## Asked otherwise than in the baseline\n\n"
    yield "| | what | where | cases |\n|---|---|---|---|\n"
    for change in run.bar_changes[:_MOST_CHANGES]:
        yield _render_bar_change(change)
    more = len(run.bar_changes) - _MOST_CHANGES
    yield f"\nand {more} more\n\n" if more > 0 else "\n"


def _render_bar_change(change: BarChange) -> str:
    kind = _KINDS.get(change.kind, change.kind)
    names = _join_codes(change.cases[:_MOST_CHANGED], len(change.cases))
    where, what = markdown_code(change.place), markdown_text(change.sentence)
    return f"| {kind} | {what} | {where} | {names} |\n"


def _render_gates(gates: Sequence[GateResult]) -> Iterator[str]:
    if not gates:
        return
    yield "## Gates\n\n| | gate | model | why |\n|---|---|---|---|\n"
    for gate in gates:
        sign = "❌" if gate.fails else _SIGNS[gate.status]
        required = " (required)" if gate.fails and gate.status != "FAIL" else ""
        cells = (
            f"{sign} {gate.status}{required}",
            markdown_code(gate.name),
            markdown_code(gate.model),
            markdown_text(gate.sentence),
        )
        yield f"| {' | '.join(cells)} |\n"
    yield "\n"


def _render_rates(run: Run) -> Iterator[str]:
    yield "## Rates\n\n| model | task | metric | rate |\n|---|---|---|---|\n"
    for selection in run.selections:
        for rate in find_rates(run, selection.model, selection.task):
            place = f"{markdown_code(selection.model)} | {markdown_code(selection.task)}"
            metric = markdown_code(rate.metric)
            yield f"| {place} | {metric} | {markdown_text(str(rate))} |\n"
        for found in find_measures(run, selection.model, selection.task):
            place = f"{markdown_code(selection.model)} | {markdown_code(selection.task)}"
            yield f"| {place} | {markdown_code(found.metric)} | {markdown_text(str(found))} |\n"
    yield "\n"
    for selection in run.selections:
        for said in remark(run, selection):
            yield f"{markdown_code(selection.model)}: {markdown_text(said)}\n\n"
    for model, sentence in describe_judges(run):
        yield f"{markdown_code(model)}: {markdown_text(sentence)}\n\n"
    for selection in run.selections:
        for table in tabulate_groups(run, selection):
            yield from _render_group(selection, table)


def _render_group(selection: Selection, table: GroupTable) -> Iterator[str]:
    model, kind = markdown_code(selection.model), markdown_text(table.kind)
    yield f"### {markdown_text(selection.task)} by {kind}: {model}\n\n"
    yield f"| | {' | '.join(map(markdown_code, table.columns))} |\n"
    yield f"|---{'|---' * len(table.columns)}|\n"
    for tag, figures in table.rows:
        cells = ["none" if each is None else markdown_text(str(each)) for each in figures]
        yield f"| {' | '.join([markdown_code(tag), *cells])} |\n"
    yield "\n"


def _render_names(run: Run, group: FlipGroup) -> Iterator[str]:
    """Name every case of a group: the diffs below may have no room."""
    names = group.ids or [
        f"{result.case_id} [{result.model}]" if len(run.models) > 1 else result.case_id
        for result in run.results
        if group.name in (result.change, result.answer)
        or (group.name == "no verdict" and result.score is None)
    ]
    yield f"## {_TONES[group.tone]} {group.name}: {group.total}\n\n"
    yield f"{markdown_text(group.meaning)}: {_join_codes(names, group.total)}\n\n"


def _join_codes(names: Sequence[str], total: int | None = None) -> str:
    shown = [markdown_code(name) for name in names[:_MOST_NAMES]]
    more = (len(names) if total is None else total) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _render_flip(group: FlipGroup, flip: Flip) -> str:
    about = [markdown_code(flip.case_id), markdown_code(flip.model)]
    about += [markdown_code(flip.reason)] if flip.reason else []
    old, new = ("".join(p.text for p in side.pieces) for side in (flip.diff.old, flip.diff.new))
    if flip.has_golden:
        shown = markdown_block("\n".join(_diff_lines(old, new)), "diff")
    else:
        shown = markdown_block(new)
    sides = (flip.diff.old, flip.diff.new) if flip.has_golden else (flip.diff.new,)
    cut = sum(side.before + side.after for side in sides)
    note = f"\n{cut:,} characters before and after are left out.\n" if cut else ""
    title = f"{_TONES[group.tone]} {group.name}: {' · '.join(about)}"
    # the blank lines make the block Markdown again inside of HTML
    return f"<details><summary>{title}</summary>\n\n{shown}{note}\n</details>\n\n"


def _diff_lines(old: str, new: str) -> Iterable[str]:
    """Return both texts as one, each line with its sign; an empty text has no line."""
    left, right = (text.split("\n") if text else [] for text in (old, new))
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            yield from (f"  {line}" for line in left[i1:i2])
            continue
        yield from (f"- {line}" for line in left[i1:i2])
        yield from (f"+ {line}" for line in right[j1:j2])
