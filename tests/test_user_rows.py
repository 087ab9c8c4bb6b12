"""Rows of other people: any columns, laid out as the configuration says; mistakes by line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from suite.errors import InputError
from train.data_settings import DataSettings
from train.user_rows import SftRow, canonical_sha256, hold_out, read_given, read_rows

SOLUTION = {"question": "2 + 2?", "solution": "It is 5.", "label": 0, "error_type": "slip"}
RIGHT = {"question": "3 + 3?", "solution": "It is 6.", "label": 1, "error_type": None}
LAYOUTS = {
    "prompt_layout": "Question: {question}\nSolution: {solution}",
    "completion_layout": '{"label": {label:json}, "error_type": {error_type:json}}',
}


def write(folder: Path, *rows: Any, name: str = "rows.jsonl") -> Path:
    path = folder / name
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def settings(path: Path, **changes: Any) -> DataSettings:
    return DataSettings.model_validate({"train_file": path, "eval_file": path} | changes)


def read(folder: Path, *rows: Any, **changes: Any) -> list[SftRow]:
    path = write(folder, *rows)
    return read_rows(path, changes.get("task", "format"), settings(path, **changes))


def problems_of(folder: Path, *rows: Any, **changes: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(folder, *rows, **changes)
    return [each.removeprefix(f"{folder / 'rows.jsonl'}: ") for each in caught.value.problems]


def test_columns_of_other_names_are_mapped(tmp_path: Path) -> None:
    row = {"q": "Ada is 36.", "a": '{"age": 36}', "qid": 7, "want": {"age": 36}}
    columns = {"prompt": "q", "completion": "a", "id": "qid", "expected": "want"}
    (made,) = read(tmp_path, row, columns=columns)
    assert [(each.role, each.content) for each in made.case.messages] == [("user", "Ada is 36.")]
    assert made.completion == '{"age": 36}'
    assert (made.case.id, made.case.expected) == ("7", {"age": 36})


def test_a_prompt_is_put_together_from_columns(tmp_path: Path) -> None:
    wrong, right = read(tmp_path, SOLUTION, RIGHT, task="verifier", **LAYOUTS)
    assert wrong.case.messages[0].content == "Question: 2 + 2?\nSolution: It is 5."
    assert wrong.completion == '{"label": 0, "error_type": "slip"}'
    assert wrong.case.expected == {"label": 0, "error_type": "slip"}
    assert right.completion == '{"label": 1, "error_type": null}'
    assert wrong.case.task == "verifier"


def test_values_are_written_as_words_and_a_plain_answer_is_expected(tmp_path: Path) -> None:
    words = {"label": {"0": "wrong", "1": "right"}}
    made = read(
        tmp_path,
        SOLUTION,
        RIGHT,
        task="verifier",
        values=words,
        prompt_layout="{question}",
        completion_layout="{label}",
    )
    assert [row.completion for row in made] == ["wrong", "right"]
    assert [row.case.expected for row in made] == ["wrong", "right"]


def test_a_number_for_an_answer_is_expected_as_text(tmp_path: Path) -> None:
    row = {"prompt": "6 * 7?", "completion": "42"}
    (plain,) = read(tmp_path, row, task="math")
    (given,) = read(tmp_path, row | {"expected": 42}, task="math")
    assert (plain.case.expected, given.case.expected) == ("42", 42)


def test_a_value_that_looks_like_a_slot_stays_a_value(tmp_path: Path) -> None:
    row = {"a": "{b}", "b": "secret", "completion": "{}"}
    (made,) = read(tmp_path, row, prompt_layout='{a} {{b}} {"k": {b:json}}')
    assert made.case.messages[0].content == '{b} {b} {"k": "secret"}'


def test_a_dot_goes_into_a_column(tmp_path: Path) -> None:
    row = {"context": "c", "answers": {"text": ["Paris", "paris"]}}
    columns = {"prompt": "context", "completion": "answers.text.0"}
    (made,) = read(tmp_path, row, task="qa", columns=columns)
    assert (made.completion, made.case.expected) == ("Paris", "Paris")


def test_a_system_layout_comes_first_in_every_shape(tmp_path: Path) -> None:
    talk = {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "{}"}]}
    plain = {"prompt": "x", "completion": "{}"}
    for made in read(tmp_path, talk, plain, system_layout="Be brief."):
        assert [(each.role, each.content) for each in made.case.messages] == [
            ("system", "Be brief."),
            ("user", "x"),
        ]
    twice = {"prompt": [{"role": "system", "content": "a"}], "completion": "{}"}
    (problem,) = problems_of(tmp_path, twice, system_layout="Be brief.")
    assert problem == "line 1: has a system message already (data.system_layout)"


def test_a_column_that_no_row_has_is_named_once_with_the_nearest(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, SOLUTION, RIGHT, columns={"prompt": "questoin"})
    assert problems == [
        "no column 'questoin' (data.columns.prompt); columns: error_type, label, question, "
        "solution. Did you mean 'question'?"
    ]


def test_a_column_that_one_row_lacks_is_named_with_its_line(tmp_path: Path) -> None:
    lacking = {"question": "1 + 1?", "label": 1, "error_type": None}
    (problem,) = problems_of(tmp_path, SOLUTION, "", lacking, **LAYOUTS)
    assert problem == "line 3: no value for column 'solution' (data.prompt_layout)"


def test_a_null_in_a_plain_slot_is_an_error_with_the_way_out(tmp_path: Path) -> None:
    shape = {"prompt_layout": "{question}", "completion_layout": "{error_type}"}
    (problem,) = problems_of(tmp_path, SOLUTION, RIGHT, **shape)
    assert problem.startswith("line 2: column 'error_type' is null; {error_type:json} writes it")


def test_a_value_without_a_word_is_an_error(tmp_path: Path) -> None:
    shape = {"prompt_layout": "{question}", "completion_layout": "{label}"}
    (problem,) = problems_of(tmp_path, SOLUTION, RIGHT, values={"label": {"0": "no"}}, **shape)
    assert problem.startswith("line 2: column 'label' is '1', which values.label lacks; it has: 0")


def test_the_problems_of_all_lines_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    good = {"prompt": "x", "completion": "{}"}
    rows = [{"prompt": "x"}, "{broken", good, {"text": "x"}, "[1]", '{"prompt": "a", "prompt": 1}']
    problems = problems_of(tmp_path, *rows)
    assert [problem.split(":")[0] for problem in problems] == [f"line {n}" for n in (1, 2, 4, 5, 6)]
    assert "no answer to learn" in problems[0]
    assert "needs `messages`, or `prompt` with `completion`; keys: text" in problems[2]
    assert "expected an object, got list" in problems[3]
    assert "duplicate_key" in problems[4]


def test_a_file_of_broken_rows_is_not_told_whole(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, *["{"] * 50)
    assert len(problems) == 21
    assert problems[-1] == "… and 30 more"


def test_files_that_are_no_jsonl_are_told(tmp_path: Path) -> None:
    assert problems_of(tmp_path, [SOLUTION]) == [
        "line 1: a JSON list; JSONL has one object per line"
    ]
    assert problems_of(tmp_path, "", "") == ["holds no rows"]
    (tmp_path / "latin.jsonl").write_bytes(b'{"prompt": "x"}\n{"prompt": "caf\xe9"}\n')
    with pytest.raises(InputError, match=r"latin.jsonl: line 2: not UTF-8"):
        read_rows(tmp_path / "latin.jsonl")
    with pytest.raises(InputError, match=r"nowhere.jsonl: no such file"):
        read_rows(tmp_path / "nowhere.jsonl")


def test_held_out_rows_are_drawn_by_seed_and_rows_of_one_prompt_stay_together(
    tmp_path: Path,
) -> None:
    rows = [{"prompt": f"p{n // 2}", "completion": f'{{"n": {n}}}'} for n in range(40)]
    path = write(tmp_path, *rows)
    shape = settings(path, eval_file=None, test_size=0.25)
    first, again, other = (read_given(shape, seed) for seed in (0, 0, 1))
    assert (len(first["train"]), len(first["eval"])) == (30, 10)
    assert first == again
    assert first["eval"] != other["eval"]
    prompts = {split: {row.case.prompt_text for row in chosen} for split, chosen in first.items()}
    assert not prompts["train"] & prompts["eval"]
    with pytest.raises(InputError, match=r"data.test_size: 40 of 40 rows .* leaves 0 to learn"):
        hold_out(read_rows(path), 40, 0)


def test_the_canonical_hash_is_of_the_rows_and_not_of_their_file(tmp_path: Path) -> None:
    question = [{"role": "user", "content": "é?"}]
    answer = [{"role": "assistant", "content": '{"a": 1}'}]
    one = write(tmp_path, {"messages": question + answer}, name="one.jsonl")
    two = write(tmp_path, {"completion": answer, "extra": 1, "prompt": "é?"}, name="two.jsonl")
    other = write(tmp_path, {"prompt": "é!", "completion": '{"a": 1}'}, name="other.jsonl")
    first, second, third = (canonical_sha256(read_rows(path)) for path in (one, two, other))
    # sha256 of the one line of canonical JSON, written out by hand
    assert first == "c50dd22e2f6f1106efae101c18dccab47a396ca4dfe035a64295dc5532212a12"
    assert second == first
    assert third != first


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"eval_file": None}, "needs train_file and eval_file, or generate, or dataset"),
        ({"dataset": "a/b"}, "has both files and dataset"),
        ({"test_size": 3}, "has both test_size and eval_file"),
        (
            {"columns": {"prompt": "q"}, "prompt_layout": "{q}"},
            "has both columns.prompt and prompt_layout",
        ),
        ({"columns": {"messages": "m"}, "prompt_layout": "{q}"}, "is a whole conversation"),
        ({"columns": {"promt": "q"}}, "columns.promt"),
        ({"train_file": None, "eval_file": None, "generate": {}, "columns": {"id": "x"}}, "need"),
    ],
    ids=["no-eval", "two-sources", "held-out-twice", "prompt-twice", "talk", "typo", "generated"],
)
def test_settings_that_contradict_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        settings(Path("rows.jsonl"), **changes)
