"""What is learned must not be measured: the same prompt, and nearly the same one, are found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from suite.case import Case
from suite.errors import InputError
from train.__main__ import app
from train.data_settings import DataSettings
from train.leakage import Leak, find_leaks, keep_clean, suite_prompts
from train.user_rows import SftRow, read_rows

EXAMPLES = Path(__file__).parents[1] / "train" / "examples"
LONG = (
    "The parcel of Ada Krostlon left the depot in Malmö on Tuesday morning with a weight of three "
    "kilograms and is expected at the harbour office before the end of the week. JSON with name."
)
RULES = f"{LONG} {' '.join(f'rule{n}' for n in range(60))}"


def row(name: str, *contents: str, system: str = "") -> SftRow:
    turns = [("system", system)] * bool(system) + [("user", content) for content in contents]
    messages: Any = [{"role": role, "content": content} for role, content in turns]
    return SftRow(Case(task="format", id=name, messages=messages), "{}")


def settings(**changes: Any) -> DataSettings:
    return DataSettings.model_validate(
        {"train_file": "train.jsonl", "eval_file": "eval.jsonl"} | changes
    )


def test_the_same_prompt_is_found_whatever_its_case_and_spaces() -> None:
    train = [row("a", "Ada is 36."), row("b", "Bob is 7.")]
    assert find_leaks(train, [row("x", " ada  is\n36. ")]) == [
        Leak("a", "train", "eval row x", 1.0, exact=True)
    ]


def test_one_word_of_a_long_prompt_changed_is_a_near_duplicate() -> None:
    # 35 words are 33 triples, and a changed word is in 3 of them: 30 are common, of 36
    (leak,) = find_leaks([row("a", LONG)], [row("x", LONG.replace("Tuesday", "Friday"))])
    assert (leak.row, leak.other, leak.exact) == ("a", "eval row x", False)
    assert leak.similarity == pytest.approx(30 / 36)
    assert str(leak) == "train row a is 83% like eval row x"


def test_the_threshold_decides() -> None:
    pair = [row("a", LONG)], [row("x", LONG.replace("Tuesday", "Friday"))]
    assert find_leaks(*pair, near=0.83) != []
    assert find_leaks(*pair, near=0.84) == []


def test_prompts_of_one_layout_are_no_near_duplicates() -> None:
    train = [row(f"t{n}", f"{RULES} person{n} of town{n} is {n} years old") for n in range(60)]
    held_out = [row(f"e{n}", f"{RULES} woman{n} of city{n} is {n + 70}") for n in range(20)]
    assert find_leaks(train, held_out) == []
    leaking = [*train, row("z", held_out[3].case.prompt_text)]
    assert [leak.row for leak in find_leaks(leaking, held_out)] == ["z"]


def test_a_long_system_prompt_does_not_make_rows_alike() -> None:
    held_out = [row("x", "How tall is the mast?", system=RULES)]
    assert find_leaks([row("a", "Who paints the barn?", system=RULES)], held_out) == []


def test_both_splits_are_held_against_the_cases() -> None:
    case = row("contact_001", LONG).case
    leaks = find_leaks([row("a", LONG)], [row("x", LONG + " Thanks!")], [case])
    assert [(leak.split, leak.row, leak.other) for leak in leaks] == [
        ("train", "a", "eval row x"),
        ("train", "a", "case contact_001"),
        ("eval", "x", "case contact_001"),
    ]


def test_words_without_spaces_between_them_are_compared_too() -> None:
    text = "小包は火曜日の朝にマルメの倉庫を出て週末までに港の事務所に届く予定です"
    assert find_leaks([row("a", text)], [row("x", text.replace("火", "金"))]) != []
    assert find_leaks([row("a", text)], [row("x", "船は今日の夜に出る")]) == []


def test_leaks_are_refused_with_their_names() -> None:
    rows = {"train": [row("a", LONG), row("b", "other")], "eval": [row("x", LONG)]}
    with pytest.raises(InputError) as caught:
        keep_clean(settings(), rows, [])
    assert caught.value.problems == (
        "1 rows are measured as well as learned, or are cases of the suite: 1 exactly, 0 nearly",
        "train row a is eval row x",
        "data.leaks=drop leaves these rows out, data.leaks=warn goes on with them",
    )


def test_leaks_are_left_out_or_told(capsys: pytest.CaptureFixture[str]) -> None:
    rows = {"train": [row("a", LONG), row("b", "other")], "eval": [row("x", LONG)]}
    kept = keep_clean(settings(leaks="drop"), rows, [])
    assert [each.case.id for each in kept["train"]] == ["b"]
    assert kept["eval"] == rows["eval"]
    assert "data: train: 1 rows left out" in capsys.readouterr().out
    assert keep_clean(settings(leaks="warn"), rows, []) == rows
    assert "train row a is eval row x" in capsys.readouterr().out
    with pytest.raises(InputError, match="every row of train leaks"):
        keep_clean(settings(leaks="drop"), {"train": rows["train"][:1], "eval": rows["eval"]}, [])


def test_a_case_of_the_suite_among_the_rows_is_found() -> None:
    from suite.case_files import load_cases

    folder = Path(__file__).parents[1] / "suite" / "cases"
    case = load_cases(folder)["format"].cases[0]
    assert case.id in {prompt.row for prompt in suite_prompts()}
    rows = {"train": [SftRow(case, "{}"), row("b", "other")], "eval": [row("x", LONG)]}
    with pytest.raises(InputError, match=f"train row {case.id} is case {case.id}"):
        keep_clean(settings(), rows)


def test_a_training_on_what_it_is_measured_on_does_not_start(tmp_path: Path) -> None:
    rows = EXAMPLES / "eval.jsonl"
    (tmp_path / "sft.yaml").write_text(
        f"base: fixtures/tiny\noutput_dir: {tmp_path / 'run'}\n"
        f"adapter_dir: {tmp_path / 'adapter'}\n"
        f"data: {{train_file: {rows}, eval_file: {rows}}}\n",
        encoding="utf-8",
    )
    done = CliRunner().invoke(app, ["sft", "--config", str(tmp_path / "sft.yaml")])
    assert done.exit_code == 2, done.output
    assert "train sft: 16 rows are measured as well as learned" in done.output
    assert "train sft: train row eval_00000 is eval row eval_00000" in done.output
    assert "data.leaks=drop leaves these rows out" in done.output
    assert not (tmp_path / "run").exists()


def test_the_committed_examples_are_clean() -> None:
    rows = {split: read_rows(EXAMPLES / f"{split}.jsonl") for split in ("train", "eval")}
    assert keep_clean(settings(), rows) == rows
