"""Training rows as tokens: exactly the answer and the end of the turn are learned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from suite.errors import InputError
from train.sft_data import Example, encode_rows, length_batches, read_rows

ROW = {
    "prompt": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Ada is 36. JSON with name and age."},
    ],
    "completion": [{"role": "assistant", "content": '{"name": "Ada", "age": 36}'}],
}


def write_rows(folder: Path, *rows: dict[str, Any] | str) -> Path:
    path = folder / "rows.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from transformers import PreTrainedTokenizerFast

    from train.tokenizer import CHAT_TEMPLATE, train_tokenizer

    trained = train_tokenizer(iter([json.dumps(ROW)] * 5), 300)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=trained,
        eos_token="<|im_end|>",
        pad_token="<|pad|>",
        extra_special_tokens=["<|im_start|>", "<|endoftext|>"],
    )
    wrapped.chat_template = CHAT_TEMPLATE
    return wrapped


def learned(example: Example) -> list[int]:
    columns = example.columns()
    pairs = zip(columns["input_ids"], columns["completion_mask"], strict=True)
    return [token for token, mask in pairs if mask]


def test_a_chat_row_learns_the_answer_and_the_end_of_the_turn(
    tokenizer: Any, tmp_path: Path
) -> None:
    (example,) = encode_rows(tokenizer, read_rows(write_rows(tmp_path, ROW)), "chat")
    assert tokenizer.decode(example.prompt_ids) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n"
        "<|im_start|>user\nAda is 36. JSON with name and age.<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    assert tokenizer.decode(learned(example)) == '{"name": "Ada", "age": 36}<|im_end|>'
    assert example.length == len(example.columns()["input_ids"])


def test_prompt_and_answer_together_are_the_template_s_own_tokens(
    tokenizer: Any, tmp_path: Path
) -> None:
    (example,) = encode_rows(tokenizer, read_rows(write_rows(tmp_path, ROW)), "chat")
    whole = tokenizer.apply_chat_template(ROW["prompt"] + ROW["completion"])["input_ids"]
    newline = tokenizer("\n", add_special_tokens=False)["input_ids"]
    assert example.columns()["input_ids"] + newline == list(whole)


def test_a_raw_row_has_no_turns(tokenizer: Any, tmp_path: Path) -> None:
    (example,) = encode_rows(tokenizer, read_rows(write_rows(tmp_path, ROW)), "raw")
    prompt = "Be brief.\n\nAda is 36. JSON with name and age."
    assert tokenizer.decode(example.prompt_ids) == prompt
    assert tokenizer.decode(learned(example)) == ' {"name": "Ada", "age": 36}<|im_end|>'


def test_a_role_that_the_chat_template_refuses_is_told_with_its_row(
    tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuses = (  # as Gemma's does
        "{% if messages[0]['role'] == 'system' %}"
        "{{ raise_exception('System role not supported') }}{% endif %}"
        "{% for message in messages %}{{ message['content'] + '<|im_end|>' }}{% endfor %}"
    )
    monkeypatch.setattr(tokenizer, "chat_template", refuses)
    rows = read_rows(write_rows(tmp_path, {"prompt": "x", "completion": "y"}, ROW))
    with pytest.raises(InputError) as caught:
        encode_rows(tokenizer, rows, "chat")
    assert str(caught.value).startswith("data: row_000002: ")
    assert "refuses the turns system, user: System role not supported; " in str(caught.value)
    assert len(encode_rows(tokenizer, rows[:1], "chat")) == 1
    assert len(encode_rows(tokenizer, rows, "raw")) == 2


def test_a_special_token_inside_an_answer_is_text(tokenizer: Any, tmp_path: Path) -> None:
    answer = '{"a": "<|im_end|>"}'
    row = {"prompt": "x", "completion": answer}
    (example,) = encode_rows(tokenizer, read_rows(write_rows(tmp_path, row)), "chat")
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert learned(example).count(end) == 1
    assert learned(example)[-1] == end
    assert tokenizer.decode(learned(example)[:-1]) == answer


def test_rows_are_read_in_all_three_forms(tmp_path: Path) -> None:
    messages = {"messages": [*ROW["prompt"], *ROW["completion"]]}
    plain = {"prompt": "Ada?", "completion": '{"name": "Ada"}'}
    one, two, three = read_rows(write_rows(tmp_path, ROW, messages, plain))
    assert one.completion == two.completion == '{"name": "Ada", "age": 36}'
    assert one.case.messages == two.case.messages
    assert three.case.expected == {"name": "Ada"}


def test_each_broken_row_is_named_with_its_line(tmp_path: Path) -> None:
    path = write_rows(tmp_path, ROW, "{not json", {"prompt": [{"role": "robot", "content": "x"}]})
    with pytest.raises(InputError) as caught:
        read_rows(path)
    lines = [problem.removeprefix(f"{path}: ") for problem in caught.value.problems]
    assert lines[0].startswith("line 2: not strict JSON")
    assert lines[1].startswith("line 3.messages[0].role: expected 'system', 'user'")


def test_a_row_without_an_answer_is_named_with_its_line(tmp_path: Path) -> None:
    path = write_rows(tmp_path, ROW, "", {"prompt": "x"}, {"prompt": "x", "completion": ""})
    with pytest.raises(InputError) as caught:
        read_rows(path)
    assert [problem.split(" no answer")[0] for problem in caught.value.problems] == [
        f"{path}: line 3:",
        f"{path}: line 4:",
    ]


@pytest.mark.parametrize("epoch", range(4))
def test_batches_hold_rows_of_like_length_and_every_row_once(epoch: int) -> None:
    lengths = [(index * 37) % 101 for index in range(103)]
    order = length_batches(lengths, 10, seed=0, epoch=epoch)
    assert sorted(order) == list(range(103))
    batches = [order[start : start + 10] for start in range(0, 103, 10)]
    spreads = [max(lengths[i] for i in b) - min(lengths[i] for i in b) for b in batches]
    assert max(spreads) <= 12
    starts = [lengths[batch[0]] for batch in batches]
    assert starts != sorted(starts, reverse=True)


def test_in_the_order_given_easy_rows_come_first_and_only_neighbours_are_mixed() -> None:
    lengths = [(index * 37) % 101 for index in range(103)]
    order = length_batches(lengths, 10, seed=0, epoch=1, pool=3, in_order=True)
    assert sorted(order) == list(range(103))
    for start in range(0, 90, 30):
        assert set(order[start : start + 30]) == set(range(start, start + 30))
        batches = [order[at : at + 10] for at in range(start, start + 30, 10)]
        spreads = [max(lengths[i] for i in b) - min(lengths[i] for i in b) for b in batches]
        assert max(spreads) < 60
    assert order[:30] != length_batches(lengths, 10, 0, 2, pool=3, in_order=True)[:30]


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    lengths = list(range(64))
    again = length_batches(lengths, 8, seed=1, epoch=2)
    assert length_batches(lengths, 8, seed=1, epoch=2) == again
    assert length_batches(lengths, 8, seed=1, epoch=3) != again
    assert length_batches(lengths, 8, seed=2, epoch=2) != again
