"""Where a command's settings come from: `--config`, else `run_config.yaml` of the repository.

A run configuration has one section for each command; any other file is one command's settings.
What the settings mean is not known here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from suite.errors import InputError, unknown
from suite.strict_json import parse_strict
from suite.yaml_file import load_yaml
from train.processes import say

NAMES = ("run_config.yaml", "run_config.json")
SECTIONS = ("data", "sft")


def choose_config(given: Path | None, command: str) -> Path | None:
    """The file of a command's settings, said aloud where it was not named.

    Args:
        given: `--config`.
        command: One of `SECTIONS`.

    Returns:
        None where none was named and the run configuration has no section for the command.

    Raises:
        InputError: There are two run configurations, or the one there is cannot be read.
    """
    if given is not None:
        return given
    path = find_run_config(Path())
    if path is None:
        return None
    if command not in _read(path):
        say(f"{command}: {path} has no section {command}; not used")
        return None
    say(f"{command}: no --config given, so settings are those of section {command} of {path}")
    return path


def find_run_config(folder: Path) -> Path | None:
    """The run configuration in the root of the repository that a folder is in.

    Args:
        folder: Where none of its parents holds `.git`, it is looked at itself.

    Raises:
        InputError: There are two.
    """
    here = folder.resolve()
    root = next((each for each in (here, *here.parents) if (each / ".git").exists()), here)
    found = [root / name for name in NAMES if (root / name).is_file()]
    if len(found) > 1:
        raise InputError(f"{root}: holds {' and '.join(NAMES)}; delete one, or give --config FILE")
    if not found:
        return None
    return Path(found[0].name) if root == here else found[0]


def read_settings(path: Path, command: str) -> dict[str, Any]:
    """Read a command's settings: a whole file, or its section of a run configuration.

    Args:
        path: YAML, or JSON by its name; a run configuration by its name, too.
        command: One of `SECTIONS`.

    Raises:
        InputError: The file cannot be read, or a run configuration lacks the section.
    """
    document = _read(path)
    if path.name not in NAMES:
        return document
    if command not in document:
        raise InputError(f"{path}: has no section {command!r}; sections: {', '.join(document)}")
    section = document[command]
    if not isinstance(section, dict):
        raise InputError(f"{path}: {command}: expected a mapping, got {type(section).__name__}")
    return section


def _read(path: Path) -> dict[str, Any]:
    document = _read_json(path) if path.suffix == ".json" else load_yaml(path)
    if not isinstance(document, dict):
        raise InputError(f"{path}: expected a mapping, got {type(document).__name__}")
    if path.name in NAMES and (
        problems := [
            f"{path}: {unknown('section', str(name), SECTIONS)}"
            for name in document
            if name not in SECTIONS
        ]
    ):
        raise InputError(problems)
    return document


def _read_json(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text: {error}") from None
    parsed = parse_strict(text)
    if parsed.reason:
        raise InputError(f"{path}: not strict JSON: {parsed.reason}: {parsed.detail}")
    return parsed.document


def apply_override(document: dict[str, Any], override: str, example: str) -> None:
    """Put one `key=value` into a document; whether the key is known is checked afterwards.

    Args:
        document: Changed.
        override: The key with dots, the value as in YAML.
        example: Of an override, for the message.

    Raises:
        InputError: It has no key or no `=`.
    """
    key, equals, text = override.partition("=")
    if not (key and equals):
        raise InputError(f"{override}: expected key=value, such as {example}")
    *folders, name = key.split(".")
    for folder in folders:
        inner = document.get(folder)
        document[folder] = inner = inner if isinstance(inner, dict) else {}
        document = inner
    try:
        document[name] = yaml.safe_load(text)
    except yaml.YAMLError:
        document[name] = text
