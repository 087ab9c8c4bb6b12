"""What is learned of a row, read from the batches that the trainer itself makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_models import END_OF_TURN, make_base
from tests.tiny_trainers import make_trainer

pytestmark = [
    # trl 1.16 with transformers 5.23: renamed, not gone
    pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning"),
]

NOT_LEARNED = -100
ROWS = [
    {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Ada is 36. JSON."},
            {"role": "assistant", "content": '{"name": "Ada", "age": 36}'},
        ]
    },
    # the answer spells the end token: it is text there
    {"prompt": "Quote it.", "completion": '{"text": "<|im_end|>", "city": "東京"}'},
    {"prompt": "Nothing?", "completion": "{}"},
]
ANSWERS = ['{"name": "Ada", "age": 36}', '{"text": "<|im_end|>", "city": "東京"}', "{}"]
CHAT = [
    "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nAda is 36. JSON.<|im_end|>\n"
    "<|im_start|>assistant\n",
    "<|im_start|>user\nQuote it.<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nNothing?<|im_end|>\n<|im_start|>assistant\n",
]
RAW = ["Be brief.\n\nAda is 36. JSON. ", "Quote it. ", "Nothing? "]


@dataclass(frozen=True)
class Seen:
    """One row of a batch, without padding."""

    ids: list[int]
    labels: list[int]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("base"))


def rows_of(loader: Any) -> Iterator[Seen]:
    """The rows of each batch; packed ones are told apart by their positions, which begin at 0."""
    for batch in loader:
        for index, labels in enumerate(batch["labels"].tolist()):
            ids = batch["input_ids"][index].tolist()
            if "attention_mask" in batch:
                there = batch["attention_mask"][index].tolist()
                pairs = list(zip(ids, labels, there, strict=True))
                assert all(label == NOT_LEARNED for _, label, here in pairs if not here)
                yield Seen(
                    [token for token, _, here in pairs if here],
                    [label for _, label, here in pairs if here],
                )
                continue
            positions = batch["position_ids"][index].tolist()
            starts = [at for at, position in enumerate(positions) if position == 0]
            for start, end in zip(starts, [*starts[1:], len(ids)], strict=True):
                yield Seen(ids[start:end], labels[start:end])


@pytest.mark.parametrize("packing", ["false", "true"], ids=["apart", "packed"])
@pytest.mark.parametrize("loss_on", ["completion", "all"])
@pytest.mark.parametrize("prompt_format", ["chat", "raw"])
def test_exactly_what_was_asked_for_is_learned(
    base: Path, tmp_path: Path, prompt_format: str, loss_on: str, packing: str
) -> None:
    trainer = make_trainer(
        base,
        tmp_path,
        ROWS,
        f"prompt_format={prompt_format}",
        f"loss_on={loss_on}",
        f"training.packing={packing}",
        "training.batch_size=3",
    )
    # in `raw` the answer is set off from the prompt by a space, which is learned with it
    prompts, lead = (CHAT, "") if prompt_format == "chat" else (RAW, " ")
    answers = [f"{lead}{answer}<|im_end|>" for answer in ANSWERS]
    wholes = [
        f"{prompt}{answer}<|im_end|>" for prompt, answer in zip(prompts, ANSWERS, strict=True)
    ]
    for loader in (trainer.get_train_dataloader(), trainer.get_eval_dataloader()):
        seen = list(rows_of(loader))
        decode = trainer.processing_class.decode
        assert sorted(decode(row.ids) for row in seen) == sorted(wholes)
        for row in seen:
            assert all(
                label in (NOT_LEARNED, token)
                for token, label in zip(row.ids, row.labels, strict=True)
            )
            # nothing comes before the first token that it could be learned from
            learned = [label for label in row.labels[1:] if label != NOT_LEARNED]
            if loss_on == "all":
                assert learned == row.ids[1:]
            else:
                assert decode(learned) == answers[wholes.index(decode(row.ids))]
                assert learned.count(END_OF_TURN) == 1
            assert learned[-1] == END_OF_TURN


def test_the_start_of_a_packed_row_is_not_learned_from_its_neighbour(
    base: Path, tmp_path: Path
) -> None:
    trainer = make_trainer(base, tmp_path, ROWS, "loss_on=all", "training.packing=true")
    (batch,) = trainer.get_train_dataloader()
    starts = batch["labels"][batch["position_ids"] == 0].tolist()
    assert starts == [NOT_LEARNED] * 3
