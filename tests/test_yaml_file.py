"""Reading YAML: what plain scalars mean, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from suite.errors import InputError
from suite.yaml_file import load_yaml


def read(folder: Path, text: str) -> Any:
    path = folder / "file.yaml"
    path.write_text(text, encoding="utf-8")
    return load_yaml(path)


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("2024-03-01", "2024-03-01"),
        ("1:30", "1:30"),
        ("0042", "0042"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("-7", -7),
        ("0", 0),
        ("1e5", 100000.0),
        ("2.50", 2.5),
        (".5", 0.5),
        ("'true'", "true"),
    ],
)
def test_plain_scalars_are_read_as_yaml_1_2(tmp_path: Path, scalar: str, value: object) -> None:
    got = read(tmp_path, f"key: {scalar}\n")["key"]
    assert got == value
    assert type(got) is type(value)


def test_every_duplicate_key_is_named_with_both_lines(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, "a: 1\nb: {x: 1, x: 2}\na: 2\n")
    assert sorted(problem.split(": ", 1)[1] for problem in caught.value.problems) == [
        "line 2: duplicate key 'x', first on line 2",
        "line 3: duplicate key 'a', first on line 1",
    ]


def test_a_merged_key_may_be_overridden(tmp_path: Path) -> None:
    assert read(tmp_path, "base: &b {x: 1, y: 2}\nmore: {<<: *b, y: 3}\n")["more"] == {
        "x": 1,
        "y": 3,
    }


def test_an_alias_bomb_is_refused(tmp_path: Path) -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(InputError, match="aliases make"):
        read(tmp_path, "\n".join(["l0: &l0 [x, x]", *levels]))


@pytest.mark.parametrize(
    "use",
    ["[*b]", "[[],*b]", "[ *b ]", '{"k":*b}', "{k: *b}", "\n  - *b", "\n  k: *b"],
    ids=["open", "comma", "space", "colon", "map", "item", "key"],
)
def test_an_alias_is_seen_wherever_it_may_stand(tmp_path: Path, use: str) -> None:
    base = f"b: &b {list(range(500))}"
    uses = "\n".join(f"u{n}: {use}" for n in range(20))
    with pytest.raises(InputError, match="aliases make"):
        read(tmp_path, f"{base}\n{uses}\n")


def test_an_alias_to_its_own_parent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="refers to what it is part of"):
        read(tmp_path, "a: &a [*a]\n")


def test_a_syntax_error_names_line_and_column(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"file\.yaml: line 2, column 2: "):
        read(tmp_path, "a: [1, 2\nb: 3\n")


def test_python_tags_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="could not determine a constructor"):
        read(tmp_path, "a: !!python/object/apply:os.getcwd []\n")


def test_a_missing_file_and_bytes_that_are_not_utf8_are_input_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_yaml(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9\n")
    with pytest.raises(InputError, match="cannot be read as UTF-8"):
        load_yaml(tmp_path / "latin.yaml")


_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(_values)
def test_quoted_values_survive_writing_and_reading(tmp_path_factory: Any, value: Any) -> None:
    text = yaml.safe_dump({"key": value}, default_style='"', allow_unicode=True)
    assert read(tmp_path_factory.mktemp("yaml"), text) == {"key": value}
