"""Answers of a verifier while it is trained: the likelier label, by one forward pass over a prompt.

The pass is `fixtures.label_probabilities`, which the suite asks with, too. What the answers are
worth is judged in `train.sft_measure`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from fixtures.label_probabilities import LabelPrompt, encode_label_prompt, label_batches
from suite.errors import InputError
from suite.generation import Generation, LabelProbability
from suite.verifier_score import VERIFIER_LABELS
from train.processes import say
from train.sft_measure import find_answers
from train.user_rows import SftRow

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from fixtures.model import PromptFormat


def find_label_prompts(
    tokenizer: PreTrainedTokenizerBase, rows: Sequence[SftRow], prompt_format: PromptFormat
) -> list[LabelPrompt] | None:
    """The prompts of a verifier's rows, ready for the label.

    Args:
        tokenizer: Of the base.
        rows: To be measured.
        prompt_format: As the suite will ask.

    Returns:
        None where the rows are no verifier's, or their labels are not what the suite asks for, or a
        label is not one token: such rows are answered by generating.
    """
    is_verifier = all(row.case.task == "verifier" for row in rows)
    labels = {row.completion.strip() for row in rows}
    if not is_verifier or find_answers(rows) != "label" or not labels <= set(VERIFIER_LABELS):
        return None
    try:
        return [
            encode_label_prompt(
                tokenizer,
                [(message.role, message.content) for message in row.case.messages],
                VERIFIER_LABELS,
                prompt_format,
            )
            for row in rows
        ]
    except InputError as error:
        say(f"data: measured by generating, and no decision threshold is chosen: {error}")
        return None


def score_learned_tokens_only() -> None:
    """Have TRL project the learned tokens alone to the vocabulary, with the same loss.

    TRL 1.16 does so where there is Triton, and elsewhere projects every token, which spares some
    accelerators a compilation. On a CPU that is a quarter of each step of a verifier, whose rows
    have one label among a hundred tokens.
    """
    import trl.trainer.utils as fused

    assert hasattr(fused, "_use_triton"), "TRL chooses in another way now: see `add_fused_lm_head`"
    fused._use_triton = lambda device: True


def answer_labels(
    model: Any,
    prompts: Sequence[LabelPrompt],
    batch_tokens: int,
    on_row: Callable[[], Any] = lambda: None,
) -> list[Generation]:
    """Answer each prompt with the likelier label and the probabilities of both.

    Args:
        model: In the mode in which it should run.
        prompts: Of the rows.
        batch_tokens: Prompt and padding tokens of a batch, at most.
        on_row: Called for every row of a finished batch.

    Returns:
        One answer a prompt, in their order.
    """
    answers: dict[int, Generation] = {}
    for batch in label_batches(model, prompts, batch_tokens):
        for index, answer in batch:
            shares = zip(VERIFIER_LABELS, answer.probabilities, strict=True)
            answers[index] = Generation(
                text=VERIFIER_LABELS[answer.likelier],
                finish_reason="stop",
                label_probabilities=tuple(LabelProbability(*share) for share in shares),
            )
            on_row()
    return [answers[index] for index in range(len(prompts))]
