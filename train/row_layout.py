"""Turns a row of any shape into one with `messages`, or `prompt` and `completion`.

Columns are looked up and layouts filled here; whether what comes out is a conversation is checked
by who reads the rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from suite.errors import InputError, nearest
from suite.layout import SLOT, is_escaped
from train.data_settings import LAYOUTS, DataSettings

_ABSENT = object()


def needed_columns(settings: DataSettings) -> dict[str, str]:
    """Each column that the settings name, with the first setting that does."""
    named = {column: f"columns.{part}" for part, column in reversed(settings.columns.items())}
    for name in LAYOUTS:
        for slot in SLOT.finditer(getattr(settings, name) or ""):
            if not is_escaped(slot):
                named.setdefault(slot[2], name)
    for column in settings.values:
        named.setdefault(column, "values")
    return named


def check_columns(settings: DataSettings, known: Iterable[str], where: str) -> None:
    """Refuse settings that name columns which no row has, or leave a part of every row unnamed.

    Args:
        settings: Of the data.
        known: The columns there are.
        where: The file or dataset.

    Raises:
        InputError: With each such column, the ones there are, and the nearest; or with the part.
    """
    named = list(dict.fromkeys(known))
    columns = sorted(named)
    there = dict.fromkeys(columns)
    if problems := [
        f"{where}: no column {column!r} (data.{setting}); "
        + " ".join(filter(None, [f"columns: {', '.join(columns)}.", nearest(column, columns)]))
        for column, setting in needed_columns(settings).items()
        if column not in there and column.split(".")[0] not in there
    ]:
        raise InputError(problems)
    _check_parts(settings, named, where)


def _check_parts(settings: DataSettings, columns: list[str], where: str) -> None:
    """Refuse in one line what each row would be refused for: nothing says what to ask or learn."""
    held = {*columns, *settings.columns}
    if "messages" in held:
        return
    layouts = {"prompt": settings.prompt_layout, "completion": settings.completion_layout}
    for part, layout in layouts.items():
        if layout is None and part not in held:
            raise InputError(
                f"{where}: has no column `messages` or `{part}`; columns: "
                f"{', '.join(columns) or 'none'}. data.columns={{{part}: COLUMN}} says which is "
                f"it, data.{part}_layout='… {{COLUMN}} …' puts it together"
            )


def lay_out(settings: DataSettings, row: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Give a row the columns of ours that the settings make of its own.

    Args:
        settings: Of the data; without columns and layouts the row stays as it is.
        row: As read.
        where: What messages open with, such as `rows.jsonl: line 3`.

    Raises:
        InputError: The row lacks a column, or a layout cannot write its value.
    """
    made = dict(row)
    problems: list[str] = []
    for part, column in settings.columns.items():
        value = _look_up(row, column)
        if value is _ABSENT:
            problems.append(f"{where}: no value for column {column!r} (data.columns.{part})")
        made[part] = value
    texts: dict[str, str] = {}
    for name in LAYOUTS:
        if (layout := getattr(settings, name)) is None:
            continue
        try:
            texts[name] = _fill(layout, row, settings.values)
        except InputError as error:
            problems += [f"{where}: {problem} (data.{name})" for problem in error.problems]
    if problems:
        raise InputError(problems)
    return _with_texts(made, texts, where)


def _with_texts(made: dict[str, Any], texts: Mapping[str, str], where: str) -> dict[str, Any]:
    """Put filled layouts into a row; a completion of a number or an object becomes its JSON."""
    prompt, completion = texts.get("prompt_layout"), texts.get("completion_layout")
    if prompt is not None or completion is not None:
        made.pop("messages", None)
    if prompt is not None:
        made["prompt"] = prompt
    if completion is not None:
        made["completion"] = completion
    elif isinstance(made.get("completion"), dict | int | float):
        try:
            made["completion"] = _json(made["completion"])
        except InputError as error:
            raise InputError(f"{where}: completion: {error}") from None
    if (system := texts.get("system_layout")) is not None:
        part = "messages" if "messages" in made else "prompt"
        turns = made.get(part)
        if isinstance(turns, str):
            turns = [{"role": "user", "content": turns}]
        if isinstance(turns, list):
            if any(isinstance(each, dict) and each.get("role") == "system" for each in turns):
                raise InputError(f"{where}: has a system message already (data.system_layout)")
            made[part] = [{"role": "system", "content": system}, *turns]
    return made


def _fill(layout: str, row: Mapping[str, Any], values: Mapping[str, Mapping[str, str]]) -> str:
    """Fill all slots at once, so that a value that looks like a slot stays a value."""
    problems: list[str] = []

    def write(slot: re.Match[str]) -> str:
        if is_escaped(slot):
            return slot[0][1:-1]
        before, column, as_json, after = slot.groups()
        value = _look_up(row, column)
        if value is _ABSENT:
            problems.append(f"no value for column {column!r}")
            return ""
        if column in values:
            given = value if isinstance(value, str) else _json(value)
            if given not in values[column]:
                choices = ", ".join(sorted(values[column]))
                problems.append(
                    f"column {column!r} is {given!r}, which values.{column} lacks; it "
                    f"has: {choices}"
                )
                return ""
            value = values[column][given]
        if as_json:
            return before + _json(value) + after
        if value is None:
            problems.append(
                f"column {column!r} is null; {{{column}:json}} writes it as null, values.{column} "
                "as a word"
            )
            return ""
        return before + (value if isinstance(value, str) else _json(value)) + after

    text = SLOT.sub(write, layout)
    if problems:
        raise InputError(dict.fromkeys(problems))
    return text


def _look_up(row: Mapping[str, Any], column: str) -> Any:
    """The value of a column; dots go into objects and lists where no column has that very name."""
    if column in row:
        return row[column]
    found: Any = row
    for step in column.split("."):
        if isinstance(found, Mapping) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            return _ABSENT
    return found


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        raise InputError(f"a {type(value).__name__} has no JSON form: {value!r:.80}") from None
