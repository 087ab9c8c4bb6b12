"""The error for bad input of ours (YAML, flags, goldens, adapters) and the words its messages use.

Not here: bad model output, which is a score with a reason, and broken invariants, which assert.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

_LONGEST_VALUE = 80


class InputError(ValueError):
    """What a person has to put right before anything can run; one problem per line."""

    def __init__(self, problems: str | Iterable[str]) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return `Did you mean 'x'?` for the choice most like `word`, or the empty string."""
    close = difflib.get_close_matches(word, sorted(choices), n=1, cutoff=0.6)
    return f"Did you mean {close[0]!r}?" if close else ""


def unknown(kind: str, word: str, choices: Iterable[str]) -> str:
    """Return `unknown <kind> 'x'; known: a, b. Did you mean 'a'?`."""
    known = sorted(choices)
    hint = nearest(word, known)
    return f"unknown {kind} {word!r}; known: {', '.join(known) or 'none'}" + (hint and f". {hint}")


def describe_problems(
    error: ValidationError, model: type[BaseModel], where: str, unshown: Collection[str] = ()
) -> list[str]:
    """Turn pydantic's errors into one line each: `where.place: what, got …`.

    Args:
        error: From validating `model`.
        model: Tells which keys are known where an unknown one was met.
        where: File and place of the validated value, such as `gates.yaml: format`.
        unshown: Keys whose values are not quoted.
    """
    lines = []
    for problem in error.errors(include_url=False):
        loc, kind = problem["loc"], problem["type"]
        place = _place(where, loc)
        if kind == "extra_forbidden":
            lines.append(f"{place}: {_unknown_key(model, loc)}")
        elif kind == "missing":
            lines.append(f"{place}: missing")
        else:
            got = "" if set(unshown) & set(loc) else f", got {_shorten(problem['input'])}"
            lines.append(f"{place}: {_say(problem)}{got}")
    return lines


def _say(problem: Mapping[str, Any]) -> str:
    kind, words = problem["type"], str(problem["msg"])
    if kind in ("model_type", "dict_type"):  # pydantic's names our classes
        return "expected a mapping of keys to values"
    if kind in ("too_short", "string_too_short"):
        thing = "character" if kind == "string_too_short" else "entry"
        return f"expected at least {problem['ctx']['min_length']} {thing}"
    if kind == "value_error":
        return words.removeprefix("Value error, ")
    return words.replace("Input should be ", "expected ", 1).replace("a valid tuple", "a list")


def _place(where: str, loc: Sequence[int | str]) -> str:
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc)
    where = where.removesuffix(": ")
    # "gates.yaml" is a file, "gates.yaml: models" a place in one
    return f"{where}{steps}" if ": " in where else f"{where}: {steps[1:] or '(root)'}"


def _unknown_key(model: type[BaseModel], loc: Sequence[int | str]) -> str:
    """Say that a key is unknown, and where it belongs when it is one of another section."""
    word, known = str(loc[-1]), _known_keys(model, loc[:-1])
    told = unknown("key", word, known)
    elsewhere = [path for path in _key_paths(model) if path.rpartition(".")[2] == word]
    if not elsewhere:
        return told
    hint = nearest(word, known)
    belongs = " or ".join(repr(path) for path in elsewhere)
    return f"{told.removesuffix(hint) if hint else told + '. '}Did you mean {belongs}?"


def _key_paths(model: type[BaseModel], above: tuple[type[BaseModel], ...] = ()) -> list[str]:
    """Every key of a model and of the sections in it, with dots; not of lists."""
    paths = []
    for name, field in model.model_fields.items():
        key = field.alias or name
        paths.append(key)
        parts = (field.annotation, *get_args(field.annotation))
        if get_origin(field.annotation) not in (None, Union, UnionType):
            continue
        for part in parts:
            if isinstance(part, type) and issubclass(part, BaseModel) and part not in above:
                paths += [f"{key}.{path}" for path in _key_paths(part, (*above, model))]
    return paths


def _known_keys(model: type[BaseModel], loc: Sequence[int | str]) -> list[str]:
    found = model
    for step in loc:
        inner = [
            field.annotation
            for name, field in found.model_fields.items()
            if step in (name, field.alias)
        ]
        for annotation in inner:
            found = next(iter(_models(annotation)), found)
    return [field.alias or name for name, field in found.model_fields.items()]


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _shorten(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
