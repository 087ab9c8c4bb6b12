"""A verifier in training is measured by the probabilities of its labels, as the suite measures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from suite.tasks import TASKS
from tests.tiny_models import make_base
from tests.tiny_trainers import make_trainer
from train.data_config import DataConfig
from train.label_answers import find_label_prompts
from train.sft_measure import outputs_of
from train.threshold import find_threshold
from train.user_rows import read_rows
from train.worked_rows import make_worked_splits

# trl 1.16 with transformers 5.23: renamed, not gone
pytestmark = pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning")

ROWS = 12


@pytest.fixture(scope="module")
def trainer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("labels")
    recipe = DataConfig(task="verifier", n_train=ROWS, n_eval=2, n_test=2)
    rows = make_worked_splits(recipe)["train"]
    settings = (f"evaluation.rows={ROWS}", "data.task=verifier", "evaluation.batch_tokens=600")
    return make_trainer(make_base(folder / "base"), folder, rows, *settings)


def plain_shares(trainer: Any, prompt: list[int]) -> list[float]:
    """Probabilities of the two labels by a forward pass of this row alone."""
    import torch

    tokens = [trainer.processing_class.encode(label)[0] for label in "01"]
    with torch.no_grad():
        logits = trainer.model(input_ids=torch.tensor([prompt])).logits[0, -1]
    found: list[float] = logits.softmax(-1)[tokens].tolist()
    return found


def test_probabilities_are_those_of_a_plain_forward_pass_and_accuracy_follows(
    trainer: Any, tmp_path: Path
) -> None:
    assert trainer.metric == "accuracy"
    measured = trainer.measure(0.5)
    lines = outputs_of(Path(trainer.args.output_dir) / "evaluations", 0).read_text().splitlines()
    judged = [json.loads(line) for line in lines]
    assert len(judged) == measured.n == ROWS
    right = 0
    for row, prompt in zip(judged, trainer.prompts, strict=True):
        shares = plain_shares(trainer, prompt)
        assert list(row["probabilities"].values()) == pytest.approx(shares, abs=1e-5)
        assert row["text"] == ("1" if shares[1] > shares[0] else "0")
        right += row["text"] == row["expected"]
    assert measured.accuracy == pytest.approx(right / ROWS, abs=1e-4)
    chosen = find_threshold(outputs_of(Path(trainer.args.output_dir) / "evaluations", 0))
    assert chosen is not None
    assert chosen.rows == ROWS


def test_the_model_goes_on_training_as_before(trainer: Any) -> None:
    trainer.model.train()
    trainer.measure(0.5)
    assert trainer.model.training


@pytest.mark.parametrize(
    ("task", "labels"),
    [("format", ["0", "1"]), ("verifier", ["yes", "no"])],
    ids=["another task", "other labels"],
)
def test_other_rows_are_answered_by_generating(
    task: str, labels: list[str], trainer: Any, tmp_path: Path
) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [{"prompt": f"is {n} right?", "completion": label} for n, label in enumerate(labels)]
    expected = {"expected": 1} if task == "verifier" else {}
    path.write_text("".join(json.dumps(row | expected) + "\n" for row in rows), encoding="utf-8")
    read = read_rows(path, task)
    assert find_label_prompts(trainer.processing_class, read, "chat") is None


def test_labels_that_are_no_single_tokens_are_told_and_generated(
    trainer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    from train import label_answers

    monkeypatch.setattr(label_answers, "VERIFIER_LABELS", ("0", "10"))
    found = find_label_prompts(trainer.processing_class, trainer.eval_rows[:1], "chat")
    assert found is None
    assert "measured by generating, and no decision threshold" in capsys.readouterr().out


def test_training_rows_ask_what_the_suite_asks(trainer: Any) -> None:
    layout = TASKS["verifier"].layout
    assert layout is not None
    for row in trainer.eval_rows:
        parts = {name: row.case.inputs[name] for name in ("question", "solution")}
        asked = [{"role": each.role, "content": each.content} for each in row.case.messages]
        assert asked == layout.fill(parts)


def test_the_loss_is_the_same_when_learned_tokens_alone_are_projected(
    trainer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    import trl.trainer.utils as fused

    rows = [trainer.train_dataset[index] for index in range(6)]

    def loss_and_gradients() -> list[torch.Tensor]:
        batch = trainer.data_collator(rows)
        trainer.model.zero_grad()
        loss = trainer.compute_loss(trainer.model, batch)
        loss.backward()
        found = [each.grad for each in trainer.model.parameters() if each.grad is not None]
        return [loss.detach(), *(each.clone() for each in found)]

    assert fused._use_triton(torch.device("cpu"))
    trainer.model.train()
    compact = loss_and_gradients()
    monkeypatch.setattr(fused, "_use_triton", lambda device: False)
    every = loss_and_gradients()
    assert len(compact) == len(every) > 3
    for one, other in zip(compact, every, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)
