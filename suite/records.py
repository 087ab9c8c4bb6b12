"""Builds a record (a dataclass) from parsed JSON, so that a broken file is told by its place.

Not for files that people write, which pydantic reads: it refuses the lone surrogates that recorded
outputs may hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from sys import float_info
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
_Reader = Callable[[Any, str], Any]
_PLAIN: dict[Any, tuple[type, ...]] = {
    str: (str,),
    int: (int,),
    float: (float, int),
    bool: (bool,),
    NoneType: (NoneType,),
}


class RecordError(ValueError):
    """Data that is no such record; the message says where and what."""


def build(record: type[T], data: Any) -> T:
    """Return the record that a JSON object stands for.

    A key that is missing takes the field's default, where it has one: a record may grow.

    Raises:
        RecordError: An unknown or a missing key, or a value of another type.
    """
    hint: Any = record
    built: T = _reader(hint)(data, "")
    return built


@cache
def _reader(hint: Any) -> _Reader:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return lambda value, _: value
    if hint in _PLAIN:
        return _plain(hint)
    if origin is Literal:
        return _one_of(arguments)
    if origin in (Union, UnionType):
        return _optional([each for each in arguments if each is not NoneType])
    if origin is tuple:
        return _several(_reader(arguments[0]))
    if isinstance(hint, type) and issubclass(hint, tuple):
        return _named(hint)
    if origin is dict:
        return _mapping(_reader(arguments[1]))
    assert is_dataclass(hint), hint
    return _record(hint)


def _plain(kind: type) -> _Reader:
    kinds, name = _PLAIN[kind], kind.__name__

    def read(value: Any, place: str) -> Any:
        # True is an int to Python
        if not isinstance(value, kinds) or (type(value) is bool and kind is not bool):
            raise _wrong(place, name, value)
        # a whole number of 400 digits is no float, and the first sum would say so
        if kind is float and type(value) is int and abs(value) > float_info.max:
            raise _wrong(place, name, f"{str(value)[:9]}...")
        return value

    return read


def _one_of(choices: tuple[Any, ...]) -> _Reader:
    def read(value: Any, place: str) -> Any:
        if not isinstance(value, str) or value not in choices:
            raise _wrong(place, f"one of {', '.join(map(str, choices))}", value)
        return value

    return read


def _optional(others: list[Any]) -> _Reader:
    assert len(others) == 1, others
    inner = _reader(others[0])
    return lambda value, place: None if value is None else inner(value, place)


def _several(inner: _Reader) -> _Reader:
    def read(value: Any, place: str) -> Any:
        if not isinstance(value, list):
            raise _wrong(place, "a list", value)
        return tuple(inner(each, f"{place}[{index}]") for index, each in enumerate(value))

    return read


def _named(kind: Any) -> _Reader:
    """Read a `NamedTuple`, which JSON holds as a list."""
    hints = get_type_hints(kind)
    readers = [_reader(hints[name]) for name in kind._fields]

    def read(value: Any, place: str) -> Any:
        if not isinstance(value, list) or len(value) != len(readers):
            raise _wrong(place, f"a list of {', '.join(kind._fields)}", value)
        pairs = zip(readers, value, strict=True)
        return kind(*(reader(each, f"{place}[{i}]") for i, (reader, each) in enumerate(pairs)))

    return read


def _mapping(inner: _Reader) -> _Reader:
    def read(value: Any, place: str) -> Any:
        if not isinstance(value, dict):
            raise _wrong(place, "an object", value)
        return {key: inner(each, f"{place}.{key}") for key, each in value.items()}

    return read


def _record(kind: Any) -> _Reader:
    hints = get_type_hints(kind)
    readers = {each.name: _reader(hints[each.name]) for each in fields(kind)}
    needed = {
        each.name
        for each in fields(kind)
        if each.default is MISSING and each.default_factory is MISSING
    }

    def read(value: Any, place: str) -> Any:
        if not isinstance(value, dict):
            raise _wrong(place, "an object", value)
        if missing := sorted(needed - value.keys()):
            raise RecordError(f"{place or '(root)'}: missing: {', '.join(missing)}")
        if strange := sorted(value.keys() - readers.keys()):
            raise RecordError(f"{place or '(root)'}: unknown: {', '.join(strange)}")
        return kind(**{key: readers[key](each, f"{place}.{key}") for key, each in value.items()})

    return read


def _wrong(place: str, wanted: str, value: Any) -> RecordError:
    return RecordError(f"{place or '(root)'}: expected {wanted}, got {value!r:.80}")
