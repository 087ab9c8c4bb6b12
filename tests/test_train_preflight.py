"""What a training refuses before its first step, each on rows that have the defect."""

from __future__ import annotations

from typing import Any

import pytest

from suite.errors import InputError
from tests.tiny_models import END_OF_TURN, PAD, make_tokenizer
from train.preflight import NOT_LEARNED, Labels, check_boundaries, check_labels, read_labels
from train.sft_data import Example

NO = NOT_LEARNED


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return make_tokenizer(tmp_path_factory.mktemp("tokenizer"))


def refusal(*rows: tuple[list[int], list[int]], pad: int = 0) -> str:
    named = [Labels(f"row {number}", *row) for number, row in enumerate(rows)]
    with pytest.raises(InputError) as caught:
        check_labels(named, end=2, pad=pad, spell=lambda token: f"<{token}>")
    return str(caught.value)


def test_rows_that_end_with_the_end_of_the_turn_pass() -> None:
    check_labels([Labels("row", [5, 6, 7, 2], [NO, NO, 7, 2])], end=2, pad=0)
    # pad and end may be one token where the end is learned all the same
    check_labels([Labels("row", [5, 6, 7, 2], [NO, NO, 7, 2])], end=2, pad=2)
    # the end of the turn may be followed by what is not learned, such as a line end
    check_labels([Labels("row", [5, 7, 2, 9], [NO, 7, 2, NO])], end=2, pad=0)


def test_a_row_without_a_trained_label_is_refused() -> None:
    said = refusal(([5, 6, 2], [NO, NO, NO]), ([5, 6, 2], [NO, 6, 2]))
    assert said == (
        "data: row 0: no trained label: a row without an answer teaches nothing; "
        "leave it out of the data"
    )


def test_a_row_that_does_not_end_with_the_end_of_the_turn_is_refused() -> None:
    said = refusal(*[([5, 6, 7], [NO, 6, 7])] * 5)
    assert said.startswith(
        "data: row 0, row 1, row 2 and 2 more: the last trained label is <7>, not the "
        "end-of-turn token <2>: the model would not learn to stop"
    )


def test_an_end_of_turn_that_is_masked_as_padding_is_refused() -> None:
    said = refusal(([5, 6, 7, 2], [NO, 6, 7, NO]), pad=2)
    assert "the pad token is the end-of-turn token (<2>), and both are masked" in said
    assert "tokenizer_config.json: pad_token" in said
    # with a pad token of its own, the same labels have another cause
    assert "the last trained label is <7>" in refusal(([5, 6, 7, 2], [NO, 6, 7, NO]), pad=0)


def test_the_collator_that_masks_padding_by_token_is_refused(tokenizer: Any) -> None:
    """transformers' own: it masks each token that equals the pad token, the end of turn too."""
    from datasets import Dataset
    from transformers import DataCollatorForLanguageModeling

    rows = Dataset.from_dict({"input_ids": [[5, 6, END_OF_TURN], [7, END_OF_TURN]]})
    trainer = Trainer(rows, DataCollatorForLanguageModeling(tokenizer, mlm=False))
    check_labels(read_labels(trainer, "train", name), END_OF_TURN, PAD)
    before = tokenizer.pad_token
    tokenizer.pad_token = tokenizer.eos_token
    try:
        with pytest.raises(InputError, match=r"row of 3, row of 2: the pad token is the end"):
            check_labels(read_labels(trainer, "train", name), END_OF_TURN, END_OF_TURN)
    finally:
        tokenizer.pad_token = before


def name(ids: Any) -> str:
    return f"row of {len(ids)}"


class Trainer:
    """Holds a data set and a real collator."""

    def __init__(self, rows: Any, collator: Any) -> None:
        self.train_dataset = self.eval_dataset = rows
        self.data_collator = collator


@pytest.mark.slow  # TRL takes its time to load
def test_packed_rows_are_looked_at_one_by_one() -> None:
    from datasets import Dataset
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    ids, labels = [5, 6, 2, 8, 9, 7], [NO, 6, 2, NO, 9, 7]
    packed = {"input_ids": [ids], "labels": [labels], "seq_lengths": [[3, 3]]}
    rows = Dataset.from_dict(packed)
    trainer = Trainer(rows, DataCollatorForLanguageModeling(pad_token_id=0, padding_free=True))
    with pytest.raises(InputError, match=r"data: row of 3: the last trained label is 7"):
        check_labels(read_labels(trainer, "train", name), end=2, pad=0)


def encode(tokenizer: Any, prompt: str, completion: str) -> Example:
    ids = [list(tokenizer(text)["input_ids"]) for text in (prompt, completion)]
    return Example(ids[0], [*ids[1], END_OF_TURN])


def test_a_boundary_that_one_token_spans_is_refused(tokenizer: Any) -> None:
    assert tokenizer.tokenize("name") == ["name"]
    apart = encode(tokenizer, "the na", "me")
    good = encode(tokenizer, "the name", ' {"a": 1}')
    check_boundaries(tokenizer, [good], ["good"])
    with pytest.raises(InputError) as caught:
        check_boundaries(tokenizer, [good, apart, apart], ["good", "one", "two"])
    assert str(caught.value).startswith(
        "data: one, two: prompt and completion merge into one token ('name'): a model that "
        "answers never sees the token that spans both"
    )


def test_a_template_ends_a_prompt_with_a_token_of_its_own(tokenizer: Any) -> None:
    start = "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"
    rows = [encode(tokenizer, start, text) for text in ('{"a": 1}', "\n\n{}", "é", "東京")]
    check_boundaries(tokenizer, rows, ["a", "b", "c", "d"])


def test_a_prompt_cut_inside_a_character_is_no_merge(tokenizer: Any) -> None:
    """The tail that is looked at may begin in the middle of a character."""
    prompt = encode(tokenizer, "東京" * 12 + " name", ' {"a": 1}')
    check_boundaries(tokenizer, [prompt], ["row"])
