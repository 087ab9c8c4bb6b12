"""Two roads to the same weights: packed or not, accumulated or not, resumed or not, once more.

That a whole command killed and resumed writes the same adapter is in `test_sft_training.py`; that a
merged model is the adapter on its dequantized base is in `test_train_merge.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fixtures.file_hash import hash_file
from tests.test_train_architectures import FAMILIES, make_family
from tests.tiny_models import make_base
from tests.tiny_trainers import losses, make_trainer, trained, wake_adapter

pytestmark = [
    # trl 1.16 with transformers 5.23: renamed, not gone
    pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning"),
]

# answers of very different lengths: a mean over rows is then not the mean over tokens
ROWS = [
    {"prompt": "One?", "completion": "1"},
    {"prompt": "All of the names in order, please.", "completion": '{"names": ["Ada", "Bo"]}'},
    {"prompt": "Nothing?", "completion": "{}"},
    {"prompt": "x" * 30, "completion": '{"order": "A-4471", "mugs": 3, "total": 41.70, "n": null}'},
    {"prompt": "Two of them?", "completion": "[1, 2]"},
    {"prompt": "Who?", "completion": '{"name": "Priya"}'},
]
# plain steps with no clipping: a loss of another scale makes weights of another size
PLAIN = ("training.optimizer=sgd", "training.learning_rate=0.2", "training.max_grad_norm=1000")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("base"))


def assert_same_training(one: Any, two: Any, steps: int) -> None:
    """Both are trained from the same adapter; losses and weights agree within rounding."""
    for trainer in (one, two):
        wake_adapter(trainer)
    before = trained(one)
    for trainer in (one, two):
        trainer.train()
    assert len(losses(one)) == steps
    assert losses(two) == pytest.approx(losses(one), abs=1e-5)
    after = trained(two)
    for name, weight in trained(one).items():
        moved = (weight - before[name]).abs().max()
        assert moved > 1e-3, name
        assert (weight - after[name]).abs().max() < 1e-3 * moved, name


@pytest.mark.parametrize("loss_on", ["completion", "all"])
def test_packed_rows_train_what_the_same_rows_do_apart(
    base: Path, tmp_path: Path, loss_on: str
) -> None:
    settings = (*PLAIN, f"loss_on={loss_on}", "training.epochs=2")
    apart = make_trainer(base, tmp_path / "apart", ROWS, *settings, "training.batch_size=6")
    packed = make_trainer(
        base,
        tmp_path / "packed",
        ROWS,
        *settings,
        "training.batch_size=2",
        "training.packing=true",
        "data.max_tokens=200",
    )
    assert len(packed.train_dataset) == 2  # several rows in each
    assert_same_training(apart, packed, steps=2)


@pytest.mark.parametrize("loss_on", ["completion", "all"])
def test_four_batches_of_one_row_are_one_batch_of_four(
    base: Path, tmp_path: Path, loss_on: str
) -> None:
    settings = (*PLAIN, f"loss_on={loss_on}", "training.epochs=2")
    one, two = (
        make_trainer(
            base,
            tmp_path / f"{batch}x{accumulated}",
            ROWS[:4],
            *settings,
            f"training.batch_size={batch}",
            f"training.gradient_accumulation_steps={accumulated}",
        )
        for batch, accumulated in ((4, 1), (1, 4))
    )
    assert_same_training(one, two, steps=2)


# dropout draws from the global generator, and evaluations come in between
DRAWS = (
    "lora.dropout=0.2",
    "training.batch_size=1",
    "training.gradient_accumulation_steps=2",
    "training.epochs=2",
    "training.scheduler=cosine",
    "training.learning_rate=0.01",
    "evaluation.steps=1",
)


@pytest.fixture(scope="module")
def uninterrupted(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    trainer = make_trainer(base, tmp_path_factory.mktemp("uninterrupted"), ROWS, *DRAWS)
    trainer.train()
    assert len(losses(trainer)) == 6  # two epochs of three steps
    assert len(set(losses(trainer))) == 6
    return trainer


@pytest.mark.parametrize("step", [2, 3, 4], ids=["in-epoch-1", "between", "in-epoch-2"])
def test_a_resumed_run_is_the_uninterrupted_one_bit_for_bit(
    base: Path, tmp_path: Path, uninterrupted: Any, step: int
) -> None:
    import torch

    from train.sft_callbacks import StopAfter

    stopped = make_trainer(base, tmp_path, ROWS, *DRAWS)
    stopped.add_callback(StopAfter(step))
    stopped.train()
    assert len(losses(stopped)) == step
    torch.rand(7)  # another process, in which the generator stands elsewhere
    resumed = make_trainer(base, tmp_path, ROWS, *DRAWS)
    resumed.train(resume_from_checkpoint=str(tmp_path / "run" / f"checkpoint-{step}"))
    assert losses(resumed) == losses(uninterrupted)
    wanted, found = trained(uninterrupted), trained(resumed)
    assert all(torch.equal(wanted[name], found[name]) for name in wanted)
    files = [
        Path(trainer.args.output_dir) / "checkpoint-6" / "adapter_model.safetensors"
        for trainer in (uninterrupted, resumed)
    ]
    assert hash_file(files[0]) == hash_file(files[1])


def test_the_seed_alone_decides_the_adapter(base: Path, tmp_path: Path, uninterrupted: Any) -> None:
    import torch

    def weights(seed: int) -> str:
        torch.rand(7)  # whatever was drawn before
        folder = tmp_path / str(seed)
        trainer = make_trainer(base, folder, ROWS, *DRAWS, f"seed={seed}", "training.max_steps=2")
        assert all(  # the matrices that begin random
            weight.std() > 0 for name, weight in trained(trainer).items() if "lora_A" in name
        )
        trainer.train()
        return hash_file(folder / "run" / "checkpoint-2" / "adapter_model.safetensors")

    first = weights(0)
    assert weights(1) != first
    (tmp_path / "0").rename(tmp_path / "before")
    assert weights(0) == first


@pytest.mark.parametrize("kind", ["Qwen2", "Llama"])
def test_gradients_reach_every_matrix_after_an_evaluation_on_nf4(kind: str, tmp_path: Path) -> None:
    """On AVX512-BF16 bitsandbytes repacks NF4 weights in the first forward of an evaluation.

    Layers with biases, as Qwen2's, then raise in training; those without lose gradients silently.
    """
    import torch

    from fixtures.hf_loading import load_base

    (family,) = [each for each in FAMILIES if each.kind == kind]
    base = make_family(tmp_path / "base", family)
    trainer = make_trainer(base, tmp_path, ROWS, "quantization=nf4")
    wake_adapter(trainer)
    batch = next(iter(trainer.get_train_dataloader()))

    def gradients() -> dict[str, Any]:
        trainer.model.train()
        trainer.model.zero_grad()
        trainer.compute_loss(trainer.model, dict(batch)).backward()
        return {
            name: parameter.grad.clone()
            for name, parameter in trainer.model.named_parameters()
            if parameter.requires_grad
        }

    measured = trainer.evaluate()
    assert measured["eval_loss"] > 0
    found = gradients()
    assert len(found) == 2 * 7 * 2  # A and B of seven layers in both blocks
    # the same numbers, stored plainly
    plain = load_base(base, "nf4").dequantize(torch.float32).state_dict()
    for name, module in trainer.model.named_modules():
        if name.endswith("base_layer"):
            own = name.removeprefix("base_model.model.").removesuffix(".base_layer")
            linear = torch.nn.Linear(
                module.in_features, module.out_features, bias=module.bias is not None
            )
            linear.requires_grad_(False)
            linear.weight.copy_(plain[f"{own}.weight"])
            if module.bias is not None:
                linear.bias.copy_(plain[f"{own}.bias"])
            trainer.model.get_submodule(name.removesuffix(".base_layer")).base_layer = linear
    wanted = gradients()
    for name, gradient in wanted.items():
        assert gradient.abs().max() > 1e-6, name
        error = (found[name] - gradient).abs().max()
        assert error < 1e-3 * gradient.abs().max(), name
