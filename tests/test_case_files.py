"""Case files and rows: what is read, and that every mistake is named at once."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from suite.case import Case, Message
from suite.case_files import load_cases, load_task_file
from suite.case_rows import load_rows
from suite.errors import InputError
from suite.tasks import TASKS

TASKS = ", ".join(sorted(TASKS))

GOOD = """\
task: format
version: 2
schemas:
  contact: {type: object, required: [name]}
cases:
  - id: one
    tags: [plain]
    prompt: Who wrote this?
    schema: contact
    expected: {name: Ada}
    compare: {name: casefold}
  - id: two
    messages: [{role: system, content: Be brief.}, {role: user, content: Again.}]
    schema: {type: object}
    top_level: any
"""


def write(folder: Path, text: str, name: str = "format.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(folder: Path, text: str) -> list[str]:
    path = write(folder, text)
    with pytest.raises(InputError) as caught:
        load_task_file(path)
    return [problem.removeprefix(f"{path}: ") for problem in caught.value.problems]


def test_a_case_file_is_read_with_schemas_put_in_place(tmp_path: Path) -> None:
    file = load_task_file(write(tmp_path, GOOD))
    one, two = file.cases
    assert (file.task, file.version) == ("format", 2)
    assert one.messages == (Message(role="user", content="Who wrote this?"),)
    assert one.schema_ == {"type": "object", "required": ["name"]}
    assert one.compare == {"name": "casefold"}
    assert one.scorer_version == 2
    assert two.prompt_text == "Be brief.\n\nAgain."
    assert two.top_level == "any"


def test_all_mistakes_of_a_file_are_named_at_once(tmp_path: Path) -> None:
    text = """\
task: format
version: 1
schemas:
  contact: {type: object, requird: [name]}
cases:
  - {id: one, prompt: a, schema: contcat}
  - {id: Two, prompt: a, schema: contact}
  - {id: three, prompt: a, schema: contact, tag: [x]}
  - {id: four, messages: [{role: usr, contents: a}], schema: contact}
  - {id: five, prompt: a, schema: contact}
  - {id: five, prompt: b, schema: contact}
  - {id: six, prompt: a, messages: [], schema: {type: objekt}}
  - {id: seven, prompt: a}
"""
    found = "\n".join(problems_of(tmp_path, text))
    for expected in (
        "schemas.contact: /requird: unknown keyword 'requird'. Did you mean 'required'?",
        "cases[0].schema: unknown schema 'contcat'; known: contact. Did you mean 'contact'?",
        "cases[1].id: String should match pattern '^[a-z0-9_]+$', got 'Two'",
        "cases[2].tag: unknown key 'tag'; known: ",
        "Did you mean 'tags'?",
        "cases[3].messages[0].role: expected 'system', 'user' or 'assistant', got 'usr'",
        "cases[3].messages[0].content: missing",
        "cases[3].messages[0].contents: unknown key 'contents'; known: content, role. "
        "Did you mean 'content'?",
        "cases[5].id: duplicate id 'five', first in cases[4]",
        "cases[6]: has both `prompt` and `messages`",
        "cases[6].schema: ",
        "cases[7].schema: missing",
    ):
        assert expected in found, expected


def test_a_misspelt_key_in_the_head_names_the_nearest(tmp_path: Path) -> None:
    found = problems_of(tmp_path, GOOD.replace("version: 2", "verison: 2"))
    assert sorted(found) == [
        "verison: unknown key 'verison'; known: cases, fewshot, judge, layout, num_fewshot, "
        "schemas, task, version. Did you mean 'version'?",
        "version: missing",
    ]


def test_a_task_without_scorer_and_a_task_in_another_file_are_named(tmp_path: Path) -> None:
    found = problems_of(tmp_path, GOOD.replace("task: format", "task: fromat"))
    assert found == [
        "task: got 'fromat'; the file of that task is fromat.yaml",
        f"unknown task 'fromat'; known: {TASKS}. Did you mean 'format'?",
    ]


def test_the_mistakes_of_all_files_of_a_folder_are_named(tmp_path: Path) -> None:
    write(tmp_path, "task: format\nversion: 1\ncases: []\n")
    write(tmp_path, "a: 1\na: 2\n", "qa.yaml")
    with pytest.raises(InputError) as caught:
        load_cases(tmp_path)
    assert [Path(problem.split(": ")[0]).name for problem in caught.value.problems] == [
        "format.yaml",
        "qa.yaml",
    ]


def test_a_folder_without_case_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no case file"):
        load_cases(tmp_path)


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({"id": "other", "tags": ("x",), "cluster": "c"}, True),
        ({"messages": ({"role": "user", "content": "b"},)}, False),
        ({"schema": {"type": "array"}}, False),
        ({"expected": {"n": True}}, False),
        ({"compare": {"n": "number"}}, False),
        ({"top_level": "any"}, False),
        ({"scorer_version": 2}, False),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_the_hash_covers_what_judging_depends_on(changed: dict[str, object], same: bool) -> None:
    data = {
        "task": "format",
        "id": "one",
        "messages": ({"role": "user", "content": "a"},),
        "schema": {"type": "object"},
        "expected": {"n": 1},
    }
    assert (Case.model_validate(data | changed).hash == Case.model_validate(data).hash) is same


def test_the_hash_is_stable_for_ever() -> None:
    case = Case.model_validate(
        {"task": "format", "id": "x", "messages": [{"role": "user", "content": "Größe?"}]}
    )
    assert case.hash == "2301628f0d580a6b"


def test_rows_are_read_in_every_form_people_have(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {
            "messages": [
                {"role": "user", "content": "a"},
                {"role": "assistant", "content": '{"n": 1}'},
            ]
        },
        {"prompt": "b", "completion": '{"n": 2}', "id": "B 2"},
        {
            "prompt": [{"role": "user", "content": "c", "weight": 1}],
            "completion": [{"role": "assistant", "content": "not JSON"}],
            "schema": {"type": "object"},
            "tags": ["x"],
            "source": "elsewhere",
        },
        {"prompt": "d\u2028e", "expected": {"n": 4}, "id": "B 2"},
    ]
    path = write(
        tmp_path, "\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "r.jsonl"
    )
    file = load_rows(path, "format")
    assert [case.id for case in file.cases] == ["row_000001", "b_2", "row_000003", "b_2_line_4"]
    assert [case.expected for case in file.cases] == [{"n": 1}, {"n": 2}, None, {"n": 4}]
    assert [case.prompt_text for case in file.cases] == ["a", "b", "c", "d\u2028e"]
    assert file.cases[2].schema_ == {"type": "object"}
    assert not file.is_suite
    assert len(load_rows(path, "format", limit=2).cases) == 2


def test_all_mistakes_of_a_row_file_are_named_at_once(tmp_path: Path) -> None:
    lines = ["{", "[]", '{"text": "a"}', '{"prompt": "a", "schema": {"typ": 1}}', '{"prompt": [1]}']
    with pytest.raises(InputError) as caught:
        load_rows(write(tmp_path, "\n".join(lines), "r.jsonl"), "format")
    found = [problem.split("r.jsonl: ")[1] for problem in caught.value.problems]
    assert [problem[: len("line 1")] for problem in found] == [f"line {n}" for n in range(1, 6)]
    assert "keys: text" in found[2]
    assert "unknown keyword 'typ'" in found[3]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            '{"prompt": 5}',
            "prompt: expected a text or a list of {role, content} objects, got int",
        ),
        ('{"prompt": ["hi"]}', "objects, got a list with str 'hi'"),
        (
            '{"messages": "hi"}',
            "messages: expected a list of {role, content} objects, got str",
        ),
    ],
    ids=["number", "list_of_texts", "messages"],
)
def test_a_prompt_of_another_type_is_told_with_what_was_got(
    tmp_path: Path, row: str, expected: str
) -> None:
    with pytest.raises(InputError, match=re.escape(expected)):
        load_rows(write(tmp_path, row, "r.jsonl"), "format")


def read_rows(folder: Path, *lines: str) -> tuple[Case, ...]:
    return load_rows(write(folder, "\n".join(lines), "r.jsonl"), "format").cases


def problems_of_rows(folder: Path, *lines: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_rows(folder, *lines)
    return [problem.split("r.jsonl: ")[1] for problem in caught.value.problems]


def test_a_row_says_its_top_level_and_how_to_compare(tmp_path: Path) -> None:
    row = '{"prompt": "a", "top_level": "array", "expected": {"n": 1}, "compare": {"n": "number"}}'
    one, two = read_rows(tmp_path, row, '{"prompt": "a", "top_level": null, "compare": null}')
    assert (one.top_level, one.compare) == ("array", {"n": "number"})
    assert (two.top_level, two.compare) == ("object", {})
    found = problems_of_rows(tmp_path, '{"prompt": "a", "top_level": "list"}')
    assert found == ["line 1.top_level: expected 'object', 'array' or 'any', got 'list'"]


def test_no_row_is_lost_to_an_id_made_for_another(tmp_path: Path) -> None:
    cases = read_rows(
        tmp_path, *(f'{{"prompt": "p", "id": "{id_}"}}' for id_ in ("a_line_3", "a", "a"))
    )
    assert [case.id for case in cases] == ["a_line_3", "a", "a_line_3_line_3"]


def test_null_is_no_id_and_no_tags_and_a_bom_is_no_part_of_a_row(tmp_path: Path) -> None:
    (case,) = read_rows(tmp_path, '\ufeff{"prompt": "p", "id": null, "tags": null}')
    assert (case.id, case.tags) == ("row_000001", ())


def test_rows_that_are_not_strict_json_are_refused_with_their_line(tmp_path: Path) -> None:
    found = problems_of_rows(
        tmp_path,
        '{"prompt": "a", "prompt": "b"}',
        '{"prompt": "a", "expected": {"n": NaN}}',
        '{"prompt": "a", "expected": {"n": 1e999}}',
    )
    reasons = ["duplicate_key", "non_finite_number", "non_finite_number"]
    for number, (problem, reason) in enumerate(zip(found, reasons, strict=True), start=1):
        assert problem.startswith(f"line {number}: not strict JSON: {reason}: ")
    (case,) = read_rows(tmp_path, '{"prompt": "a", "completion": "{\\"n\\": NaN}"}')
    assert case.expected is None


def test_compare_must_name_fields_of_expected(tmp_path: Path) -> None:
    message = "compare: unknown field 'nmae'; known: age, name. Did you mean 'name'?"
    text = GOOD.replace("{name: Ada}", "{name: Ada, age: 3}")
    found = problems_of(tmp_path, text.replace("{name: casefold}", "{nmae: casefold}"))
    assert found == [f"cases[0].{message}"]
    row = '{"prompt": "a", "expected": {"name": "A", "age": 3}, "compare": {"nmae": "casefold"}}'
    assert problems_of_rows(tmp_path, row) == [f"line 1.{message}"]
    none = '{"prompt": "a", "compare": {"n": "number"}}'
    assert problems_of_rows(tmp_path, none) == ["line 1.compare: unknown field 'n'; known: none"]


def test_a_schema_of_a_wrong_type_is_told_once_in_plain_words(tmp_path: Path) -> None:
    text = GOOD.replace("schema: {type: object}", "schema: [object]")
    assert problems_of(tmp_path, text) == [
        "cases[1].schema: expected an object or true/false (or the name of a schema), "
        "got ['object']"
    ]
    text = GOOD.replace("contact: {type: object, required: [name]}", "contact: 3")
    assert problems_of(tmp_path, text) == [
        "schemas.contact: expected an object or true/false, got 3"
    ]
    assert problems_of_rows(tmp_path, '{"prompt": "a", "schema": "contact"}') == [
        "line 1.schema: expected an object or true/false, got 'contact'"
    ]


def test_a_broken_head_hides_no_mistake_of_its_cases(tmp_path: Path) -> None:
    text = GOOD.replace("version: 2", "verison: 2").replace("schema: contact", "schema: contcat")
    text = text.replace("top_level: any", "top_level: list") + "  - three\n"
    assert problems_of(tmp_path, text) == [
        "version: missing",
        "verison: unknown key 'verison'; known: cases, fewshot, judge, layout, num_fewshot, "
        "schemas, task, version. Did you mean 'version'?",
        "cases[0].schema: unknown schema 'contcat'; known: contact. Did you mean 'contact'?",
        "cases[1].top_level: expected 'object', 'array' or 'any', got 'list'",
        "cases[2]: expected a mapping of keys to values, got 'three'",
    ]
    text = GOOD.replace("contact: {type: object, required: [name]}", "[contact]")
    assert problems_of(tmp_path, text) == [
        "schemas: expected a mapping of keys to values, got ['contact']"
    ]
