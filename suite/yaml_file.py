"""Reads YAML the way its authors mean it, with the C loader, and refuses what hides mistakes.

Plain scalars are read as YAML 1.2 reads them: `no` is a string and so are `2024-03-01`, `1:30` and
`0042`. PyYAML follows YAML 1.1, in which these are false, a date, 90 and 34. Not here: what the
keys mean.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from suite.errors import InputError
from suite.garbage import collector_paused
from suite.whole_file import read_text

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # PyYAML built without libyaml: ten times slower, the same result
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

_MAX_GROWTH = 10
"""A file with aliases may describe this many times the nodes it writes down."""
_ALIAS = re.compile(r"(?:^|[\s\[{,:])\*[0-9A-Za-z_-]")
"""Where one may stand; text such as `**bold**` looks the same, and costs a look at all nodes."""
_RESOLVERS = (
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", "~nN\0"),
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("tag:yaml.org,2002:int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        r"[-+]?(?:0|[1-9][0-9]*)?(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)",
        "-+.0123456789",
    ),
    ("tag:yaml.org,2002:merge", r"<<", "<"),
)


class _Loader(_SafeLoader):
    """The safe loader with YAML 1.2 scalars that remembers duplicate keys."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012 - PyYAML's own interface

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.duplicates: list[str] = []

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [
            key
            for key, _ in node.value
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge"
        ]
        if len({key.value for key in keys}) < len(keys):
            self._note_duplicates(keys)
        return super().construct_mapping(node, deep)

    def _note_duplicates(self, keys: list[yaml.ScalarNode]) -> None:
        lines: dict[str, int] = {}
        for key in keys:
            line = key.start_mark.line + 1
            if (first := lines.get(key.value)) is not None:
                self.duplicates.append(
                    f"line {line}: duplicate key {key.value!r}, first on line {first}"
                )
            lines.setdefault(key.value, line)


for _tag, _pattern, _first in _RESOLVERS:
    # PyYAML looks resolvers up by the first character, the empty string for an empty scalar
    _letters = ["" if letter == "\0" else letter for letter in _first]
    _Loader.add_implicit_resolver(_tag, re.compile(rf"^(?:{_pattern})$"), _letters)


def load_yaml(path: Path) -> Any:
    """Read the one document of a YAML file.

    Args:
        path: UTF-8 text.

    Returns:
        Strings, numbers, booleans, None, lists and dicts.

    Raises:
        InputError: The file cannot be read or parsed, a mapping has a key twice, or aliases make
            much more of it than is written down. All duplicate keys are named at once.
    """
    return parse_yaml(read_text(path), path)


def parse_yaml(text: str, path: Path) -> Any:
    """Read the one document of YAML text that was read already, as `load_yaml` does.

    Args:
        text: Its content.
        path: What messages call it.

    Raises:
        InputError: As `load_yaml`.
    """
    with collector_paused():
        return _load(text, path)


def _load(text: str, path: Path) -> Any:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        if _ALIAS.search(text):
            _check_aliases(node, path)
        document = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise InputError(f"{path}: {place}{error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise InputError(f"{path}: {error}") from None
    except RecursionError:
        raise InputError(f"{path}: nested too deeply") from None
    finally:
        loader.dispose()
    if loader.duplicates:
        raise InputError(f"{path}: {problem}" for problem in loader.duplicates)
    return document


def _check_aliases(root: Any, path: Path) -> None:
    """Refuse cycles and growth: ten lists of ten aliases each, nested, are 10^10 nodes."""
    sizes: dict[int, int] = {}
    entered: set[int] = set()

    def size(node: Any) -> int:
        if id(node) in sizes:
            return sizes[id(node)]
        if id(node) in entered:
            line = node.start_mark.line + 1
            raise InputError(f"{path}: line {line}: an alias refers to what it is part of")
        entered.add(id(node))
        total = 1
        if isinstance(node, yaml.MappingNode):
            total += sum(size(key) + size(value) for key, value in node.value)
        elif isinstance(node, yaml.SequenceNode):
            total += sum(map(size, node.value))
        sizes[id(node)] = total
        return total

    described = size(root)
    if described > _MAX_GROWTH * len(sizes):
        raise InputError(
            f"{path}: its aliases make {described} nodes of the {len(sizes)} written down, "
            f"more than {_MAX_GROWTH} times as many"
        )
