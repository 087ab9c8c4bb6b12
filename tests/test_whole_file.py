"""Writing files whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from suite.whole_file import json_text, write_whole


def test_a_file_is_written_with_its_folders(tmp_path: Path) -> None:
    write_whole(tmp_path / "a" / "b.txt", "é\r\n")
    assert (tmp_path / "a" / "b.txt").read_bytes() == "é\r\n".encode()


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "new \ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_others_may_read_what_was_written(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.txt", "x")
    (tmp_path / "b.txt").write_text("x")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "b.txt").stat().st_mode


@pytest.mark.parametrize("value", ["é日😀", {"a": "\ud800 é"}, [1, 2.5, None, True]])
def test_json_text_is_utf8_and_reads_back(value: Any) -> None:
    assert json.loads(json_text(value).encode()) == value


def test_json_text_is_readable() -> None:
    assert json_text({"b": "é", "a": [1]}) == '{\n  "b": "é",\n  "a": [\n    1\n  ]\n}'
