"""Turns what a task's cases are written in (question, context, answers) into a case's own fields.

A case of a file and a row of somebody else's go the same way; the rest of both is read elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from suite.errors import unknown
from suite.layout import Layout
from suite.tasks import TASKS


def take_parts(
    entry: Mapping[str, Any], task: str, layout: Layout | None, where: str
) -> tuple[dict[str, Any], list[str]]:
    """Return the entry with `inputs`, `messages` and `expected` made of the task's own keys.

    Args:
        entry: As written; what is not the task's own stays.
        task: With or without keys of its own.
        layout: Of the file; None: the task's.
        where: What messages open with.

    Returns:
        The entry, and its problems.
    """
    # a row may have a column of this name, which is nothing of ours
    data = {name: value for name, value in entry.items() if name != "inputs"}
    problems: list[str] = []
    found = TASKS.get(task)
    if found is None:
        return data, problems
    inputs: dict[str, str] = {}
    for name in found.inputs:
        if name not in data:
            continue
        value = data.pop(name)
        if isinstance(value, str):
            inputs[name] = value
        elif value is not None:  # of a table, where a column may be empty
            problems.append(f"{where}.{name}: expected a text, got {value!r:.80}")
            inputs[name] = ""
    if inputs:
        data["inputs"] = inputs
    if found.answer is not None and found.answer in data:
        if "expected" in data:
            problems.append(f"{where}: has both `{found.answer}` and `expected`; one is enough")
        data["expected"] = data.pop(found.answer)
    template = layout or found.layout
    if template is not None and not {"messages", "prompt"} & data.keys():
        if lacking := [name for name in template.slots() if name not in inputs]:
            problems += [f"{where}.{name}: missing" for name in lacking]
        else:
            data["messages"] = template.fill(inputs)
    return data, problems


def find_layout_problems(layout: Layout, task: str, where: str) -> Iterator[str]:
    """Name the slots of a layout that no case of the task can fill."""
    known = TASKS[task].inputs if task in TASKS else ()
    for name in layout.slots():
        if name not in known:
            yield f"{where}: {unknown('input', name, known)}"


def find_answer_problems(data: Mapping[str, Any], task: str, where: str) -> Iterator[str]:
    """Name what keeps a task from comparing an answer with the expected one."""
    found = TASKS.get(task)
    if found is None or found.check_expected is None:
        return
    expected = data.get("expected")
    if (wanted := found.check_expected(expected)) is not None:
        got = "nothing" if expected is None else f"{expected!r:.80}"
        yield f"{where}.{found.answer or 'expected'}: {wanted}, got {got}"
