"""Label probabilities: the token of a label, and the softmax of one plain forward pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.label_probabilities import (
    LabelAnswer,
    LabelPrompt,
    encode_label_prompt,
    find_label_probabilities,
    label_batches,
)
from fixtures.model import Model
from fixtures.prompting import encode_text, render
from suite.errors import InputError
from tests.tiny_models import make_adapter, make_base

torch = pytest.importorskip("torch")
LABELS = ("0", "1")
TEXTS = [
    "",
    "Hi",
    "Is 2 + 2 = 5 right? " * 4,
    "東京 🙂",
    "x" * 90,
    "Label:",
    "a\n",
    "3 * 4 = 12\n" * 7,
]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from fixtures.hf_loading import load_model

    base = make_base(tmp_path_factory.mktemp("base"))
    adapter = make_adapter(tmp_path_factory.mktemp("adapter"), base)
    threads = torch.get_num_threads()
    yield load_model(Model(name="m", type="local", base=base, adapter=adapter, threads=1))
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def tiny_tokenizer() -> Any:
    from fixtures.hf_loading import load_tokenizer

    return load_tokenizer(Path(__file__).parents[1] / "fixtures" / "tiny")


@pytest.mark.parametrize("form", ["chat", "raw"])
def test_probabilities_are_those_of_a_plain_forward_pass_over_each_prompt_alone(
    loaded: Any, form: Any
) -> None:
    prompts = [
        encode_label_prompt(loaded.tokenizer, [("user", text or "?")], LABELS, form)
        for text in TEXTS
    ]
    answers = find_label_probabilities(loaded.model, prompts)
    for prompt, answer in zip(prompts, answers, strict=True):
        with torch.no_grad():
            logits = loaded.model(torch.tensor([prompt.ids])).logits[0, -1]
        want = logits.softmax(-1)[list(prompt.label_ids)].tolist()
        assert answer.probabilities == pytest.approx(want, abs=1e-5)
        assert answer.logits == pytest.approx(logits[list(prompt.label_ids)].tolist(), abs=1e-4)
    assert len({answer.probabilities for answer in answers}) == len(TEXTS)  # not all one row


def test_batches_of_any_size_give_the_same(loaded: Any) -> None:
    prompts = [
        encode_label_prompt(loaded.tokenizer, [("user", text)], LABELS, "chat") for text in TEXTS
    ]
    whole = find_label_probabilities(loaded.model, prompts)
    batches = list(label_batches(loaded.model, prompts, batch_size=3))
    assert [len(batch) for batch in batches] == [3, 3, 2]
    found = dict(pair for batch in batches for pair in batch)
    for index, answer in enumerate(whole):
        assert found[index].probabilities == pytest.approx(answer.probabilities, abs=1e-5)


def test_a_chat_answer_starts_with_the_label_itself(tiny_tokenizer: Any) -> None:
    messages = [("user", "Right?")]
    prompt = encode_label_prompt(tiny_tokenizer, messages, LABELS, "chat")
    assert list(prompt.ids) == render(tiny_tokenizer, messages, "chat")
    assert tiny_tokenizer.convert_ids_to_tokens(prompt.label_ids) == ["0", "1"]


def test_a_blank_token_before_every_label_of_a_raw_answer_becomes_part_of_the_prompt(
    tiny_tokenizer: Any,
) -> None:
    messages = [("user", "Label:")]
    prompt = encode_label_prompt(tiny_tokenizer, messages, LABELS, "raw")
    assert tiny_tokenizer.convert_ids_to_tokens(prompt.ids)[-2:] == [":", "Ġ"]
    assert list(prompt.ids) == [
        *render(tiny_tokenizer, messages, "raw"),
        *encode_text(tiny_tokenizer, " "),
    ]
    assert tiny_tokenizer.convert_ids_to_tokens(prompt.label_ids) == ["0", "1"]


@pytest.mark.parametrize("labels", [("0", "10"), ("0", "0"), ("zzyx", "qxqj"), ("10", "11")])
def test_labels_that_are_not_single_distinct_tokens_are_refused(
    tiny_tokenizer: Any, labels: tuple[str, ...]
) -> None:
    with pytest.raises(InputError, match=f"one token for each label.*'{labels[0]}' is"):
        encode_label_prompt(tiny_tokenizer, [("user", "Right?")], labels, "chat")


def test_of_equally_likely_labels_the_first_is_the_answer() -> None:
    assert LabelAnswer((0.4, 0.4), (1.5, 1.5)).likelier == 0
    assert LabelAnswer((0.4, 0.5), (1.5, 1.6)).likelier == 1


def test_memory_that_runs_out_halves_the_batch(loaded: Any) -> None:
    prompts = [LabelPrompt((5, 6, 7 + row), (19, 20)) for row in range(8)]
    sizes = []

    class Small:
        device = loaded.model.device

        def __call__(self, input_ids: Any, **rest: Any) -> Any:
            sizes.append(len(input_ids))
            if len(input_ids) > 2:
                raise torch.OutOfMemoryError("no")
            return loaded.model(input_ids=input_ids, **rest)

    small: Any = Small()
    answers = find_label_probabilities(small, prompts)
    assert sizes == [8, 4, 2, 2, 2, 2]
    whole = find_label_probabilities(loaded.model, prompts)
    for one, two in zip(answers, whole, strict=True):
        assert one.probabilities == pytest.approx(two.probabilities, abs=1e-5)


def test_padding_shifts_no_position_of_a_model_with_absolute_ones() -> None:
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=64, n_embd=32, n_layer=2, n_head=2, n_positions=64, initializer_range=0.5
    )
    model = GPT2LMHeadModel(config).eval()
    prompts = [LabelPrompt(tuple(range(3, 3 + size)), (19, 20)) for size in (3, 20, 40)]
    for prompt, answer in zip(prompts, find_label_probabilities(model, prompts), strict=True):
        with torch.no_grad():
            want = model(torch.tensor([prompt.ids])).logits[0, -1].softmax(-1)[[19, 20]].tolist()
        assert answer.probabilities == pytest.approx(want, abs=1e-5)
