"""The command `goldgate check`, run as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
TEXTS = ROOT / "tests/data/strict_texts.jsonl"


def run(*arguments: str | Path, stdin: bytes = b"") -> tuple[int, list[dict[str, Any]], str]:
    """Return exit status, the lines on stdout and the text on stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "suite", "check", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=ROOT,
        check=False,
    )
    assert done.stdout.isascii()
    lines = done.stdout.decode().splitlines()
    return done.returncode, [json.loads(line) for line in lines], done.stderr.decode()


def test_strict_text_from_stdin_is_ok() -> None:
    status, lines, _ = run(stdin=b'{"a": 1}\n')
    assert status == 0
    assert lines == [
        {
            "id": "-",
            "ok": True,
            "reason": None,
            "detail": "",
            "position": None,
            "objects": 1,
            "arrays": 0,
        }
    ]


@pytest.mark.parametrize(
    ("data", "reason", "position"),
    [
        (b"", "empty", 0),
        (b"\xef\xbb\xbf{}", "bom", 0),
        (b'{"a":"\xff"}', "encoding", 6),
        (b'{"a":"\xed\xa0\x80"}', "encoding", 6),
        (b"\xff\xfe{\x00}\x00", "encoding", 0),
        (b'{"a":1}\n{"a":1}', "multiple_values", 8),
        (b'{"a":1}\xc2\xa0', "extra_text", 7),
        ("{\u201ca\u201d:1}".encode(), "invalid_json:unquoted_key", 1),
    ],
)
def test_a_file_is_judged_as_bytes(tmp_path: Path, data: bytes, reason: str, position: int) -> None:
    path = tmp_path / "output.txt"
    path.write_bytes(data)
    status, lines, _ = run(path)
    assert status == 1
    assert (lines[0]["id"], lines[0]["reason"]) == (str(path), reason)
    assert lines[0]["position"] == position


def test_bytes_that_are_no_utf8_are_named() -> None:
    _, lines, _ = run("-", stdin=b'{"\xc3\xa4":"\xff"}')
    assert lines[0]["detail"] == "byte 0xff at byte 7 is not UTF-8"


def test_object_option_refuses_other_values() -> None:
    assert run("--object", stdin=b"{}")[0] == 0
    status, lines, _ = run("--object", stdin=b"[1]")
    assert (status, lines[0]["reason"]) == (1, "wrong_top_level_type")
    assert lines[0]["detail"] == "expected an object, got an array"


def test_schema_option_names_the_keyword(tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text('{"type": "object", "required": ["a"]}')
    assert run("--schema", schema, stdin=b'{"a":1}')[0] == 0
    status, lines, _ = run("--schema", schema, stdin=b"{}")
    assert (status, lines[0]["reason"], lines[0]["ok"]) == (1, "schema:required", False)


def test_jsonl_judges_each_row_under_its_id(tmp_path: Path) -> None:
    rows = tmp_path / "outputs.jsonl"
    rows.write_text(
        '{"key": "a", "out": "{}"}\n'
        "\n"
        '{"key": 2, "out": "x\\u001b[31m"}\n'
        '{"key": "u", "out": "[\u2028]"}\n'
        '{"key": "s", "out": "\\ud800"}\r\n',
        encoding="utf-8",
    )
    status, lines, _ = run("--jsonl", rows, "--field", "out", "--id-field", "key")
    assert status == 1
    assert [(line["id"], line["reason"]) for line in lines] == [
        ("a", None),
        (2, "no_json"),
        ("u", "invalid_json:control_character"),
        ("s", "encoding"),
    ]
    assert run("--jsonl", "-", stdin=b'{"id": 1, "text": "[]"}')[0] == 0


def test_ids_and_details_reach_the_terminal_as_ascii(tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text('{"type": "object"}')
    row = json.dumps({"id": "\u202e\u00fc", "text": '["\u202e"]'}, ensure_ascii=False)
    _, lines, _ = run("--jsonl", "-", "--schema", schema, stdin=row.encode())
    assert lines[0]["id"] == "\u202e\u00fc"
    assert "\u202e" in lines[0]["detail"]


def test_the_table_of_texts_gets_its_reasons_through_the_command() -> None:
    status, lines, _ = run("--jsonl", TEXTS)
    rows = [json.loads(line) for line in TEXTS.read_text("utf-8").splitlines()]
    assert status == 1
    assert [(line["id"], line["reason"]) for line in lines] == [
        (row["id"], row["reason"]) for row in rows
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.json"], "nowhere.json: No such file or directory"),
        (["--schema", "nowhere.json", "-"], "nowhere.json: No such file or directory"),
        (["--jsonl", "nowhere.jsonl"], "nowhere.jsonl: No such file or directory"),
        (["-", "--jsonl", "-"], "got both FILE (-) and --jsonl (-); give one of them"),
        (["-", "--field", "out"], "--field (out) names a field of --jsonl rows; add --jsonl"),
        (["--id-field", "key"], "--id-field (key) names a field of --jsonl rows; add --jsonl"),
        (["suite"], "suite: Is a directory"),
        (["--nope"], "No such option: --nope"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_usage_errors_exit_2_and_say_what_is_wrong(arguments: list[str], message: str) -> None:
    status, lines, stderr = run(*arguments)
    assert (status, lines) == (2, [])
    assert message in stderr
    assert "Traceback" not in stderr


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"id":1,"text":"{}"}\n{"id":2,', "-:2: not a JSON row"),
        (b'{"id":1,"output":"{}"}', "-:1: no field 'text' (--field); the row has: id, output"),
        (b'{"text":"{}"}', "-:1: no field 'id' (--id-field); the row has: text"),
        (b'{"id":1,"text":{}}', "-:1: field 'text': expected a string, got an object"),
        (b'{"id":null,"text":""}', "-:1: field 'id': expected a string or an integer"),
        (b"[1]", "-:1: expected a JSON object, got an array"),
        (b'{"id":1,"text":"\xff"}', "-:1: not a JSON row"),
        (b"[" * 100_000, "-:1: not a JSON row"),
        (b"\n\n", "-: no rows"),
        (b"x\n" * 50, "-: and 40 more such rows"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_bad_rows_are_told_with_their_line_before_any_verdict(data: bytes, message: str) -> None:
    status, lines, stderr = run("--jsonl", "-", stdin=data)
    assert (status, lines) == (2, [])
    assert message in stderr


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ('{"requird": []}', "/requird: unknown keyword 'requird'. Did you mean 'required'?"),
        ('{"type": "object",}', "not strict JSON at character 18: invalid_json:trailing_comma"),
        ('{"$ref": "https://example.com/x"}', "nothing is fetched"),
    ],
)
def test_an_unusable_schema_exits_2(tmp_path: Path, schema: str, message: str) -> None:
    path = tmp_path / "schema.json"
    path.write_text(schema)
    status, lines, stderr = run("--schema", path, stdin=b"{}")
    assert (status, lines) == (2, [])
    assert f"{path}: " in stderr
    assert message in stderr


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['goldgate', '--help']\n"
        "from suite.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'numpy', 'scipy', 'pydantic', 'rich', 'pytest'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert "check" in done.stdout
