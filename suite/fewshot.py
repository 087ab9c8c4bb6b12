"""Puts worked examples before the question of a case: few-shot prompting.

The examples are turns of the conversation, so they are part of what is asked and of a case's hash.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from suite.case import Case, Message
from suite.case_parts import take_parts
from suite.errors import InputError, unknown
from suite.layout import Layout
from suite.tasks import TASKS

Example = tuple[Message, Message]
"""What a user asks and what an assistant answers."""


def read_examples(
    entries: Sequence[Any], task: str, layout: Layout | None, where: str
) -> list[Example]:
    """Return the examples of a case file.

    Args:
        entries: As written: `completion`, the answer, with `prompt` or with the parts that the
            layout asks for.
        task: With or without a layout of its own.
        layout: Of the file; None: the task's.
        where: What messages open with.

    Raises:
        InputError: With every problem of the entries.
    """
    problems: list[str] = []
    examples: list[Example] = []
    for index, entry in enumerate(entries):
        place = f"{where}[{index}]"
        if not isinstance(entry, dict):
            problems.append(f"{place}: expected a mapping of keys to values, got {entry!r:.80}")
            continue
        try:
            examples.append(_read_example(entry, task, layout, place))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return examples


def _read_example(
    entry: Mapping[str, Any], task: str, layout: Layout | None, where: str
) -> Example:
    parts = TASKS[task].inputs if task in TASKS else ()
    known = ("prompt", "completion", *parts)
    problems = [f"{where}: {unknown('key', str(key), known)}" for key in entry if key not in known]
    laid_out = {key: value for key, value in entry.items() if key in (*parts, "prompt")}
    data, found = take_parts(laid_out, task, layout, where)
    problems += found
    asked = data.get("prompt")
    if asked is None and data.get("messages"):
        asked = data["messages"][-1]["content"]
    for name, value in (("prompt", asked), ("completion", entry.get("completion"))):
        if not isinstance(value, str) and not (name == "prompt" and found):
            got = "nothing" if value is None else f"{value!r:.80}"
            problems.append(f"{where}.{name}: expected a text, got {got}")
    if problems:
        raise InputError(problems)
    return Message(role="user", content=asked), Message(
        role="assistant", content=entry["completion"]
    )


def example_of(case: Case, where: str) -> Example:
    """Return somebody's row as an example.

    Raises:
        InputError: It has no answer in words.
    """
    if not isinstance(case.expected, str):
        raise InputError(f"{where}: no answer in words to show, got {case.expected!r:.80}")
    return case.messages[-1], Message(role="assistant", content=case.expected)


def add_examples(
    cases: Sequence[Case], examples: Sequence[Example], count: int, where: str
) -> tuple[Case, ...]:
    """Return the cases with the first `count` examples between system prompt and question.

    Raises:
        InputError: There are not so many, or one asks what a case asks: its answer would be given
            away.
    """
    if count > len(examples):
        raise InputError(f"{where}: {count} examples are asked for, and there are {len(examples)}")
    chosen = examples[:count]
    if not chosen:
        return tuple(cases)
    if problems := list(_find_given_away(cases, chosen, where)):
        raise InputError(problems)
    turns = tuple(turn for example in chosen for turn in example)
    return tuple(_insert(case, turns) for case in cases)


def _find_given_away(
    cases: Collection[Case], examples: Sequence[Example], where: str
) -> Iterator[str]:
    asked = {_normalize(case.messages[-1].content): case.id for case in cases}
    for index, (question, _) in enumerate(examples):
        if (case_id := asked.get(_normalize(question.content))) is not None:
            yield (
                f"{where}: example {index + 1} asks what {case_id} asks, and gives its answer away"
            )


def _normalize(text: str) -> str:
    return " ".join(text.casefold().split())


def _insert(case: Case, turns: tuple[Message, ...]) -> Case:
    first = sum(message.role == "system" for message in case.messages)
    messages = (*case.messages[:first], *turns, *case.messages[first:])
    # made anew: a copy would keep the hash of what it was
    return Case.model_validate(case.model_dump() | {"messages": messages})
