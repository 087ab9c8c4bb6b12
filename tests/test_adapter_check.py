"""Adapters on a loaded base: every sound kind is taken, a partial or foreign one is refused."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fixtures.engine import EngineError
from tests.tiny_models import make_base

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("base"))


def load(base: Path) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)


def save_adapter(
    folder: Path, base: Path, save_embeddings: bool | str = "auto", **lora: Any
) -> Path:
    """Save an adapter whose updates are random, as training would leave them."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(1)
    config = LoraConfig(r=4, lora_alpha=8, task_type="CAUSAL_LM", **lora)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = get_peft_model(load(base), config)
        with torch.no_grad():
            for name, weight in model.named_parameters():
                if ".lora_B." in name or ".lora_embedding_A." in name:
                    weight.copy_(torch.randn_like(weight) * 0.1)
        model.save_pretrained(folder, save_embedding_layers=save_embeddings)
    return folder


def edit_weights(folder: Path, edit: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    from safetensors.torch import load_file, save_file

    path = folder / "adapter_model.safetensors"
    save_file(edit(load_file(path)), path, metadata={"format": "pt"})


def add(base: Path, adapter: Path) -> Any:
    from fixtures.hf_loading import _add_adapter

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # peft's own word on missing keys
        return _add_adapter(load(base), adapter)


def answer(model: Any) -> Any:
    with torch.no_grad():
        return model.eval()(input_ids=torch.tensor([[5, 6, 7]])).logits


QV = ["q_proj", "v_proj"]


@pytest.mark.parametrize(
    "lora",
    [
        pytest.param({"target_modules": "all-linear"}, id="every linear layer"),
        pytest.param({"target_modules": QV, "modules_to_save": ["lm_head"]}, id="a saved module"),
        pytest.param({"target_modules": QV, "use_dora": True}, id="DoRA"),
        pytest.param(
            {"target_modules": [*QV, "embed_tokens"], "save_embeddings": False}, id="embeddings"
        ),
        pytest.param(
            {"target_modules": [*QV, "embed_tokens"], "save_embeddings": True},
            id="embeddings with their base",
        ),
        pytest.param(
            {"target_modules": QV, "save_embeddings": True}, id="untouched embeddings saved too"
        ),
        pytest.param({"target_modules": ["embed_tokens"]}, id="embeddings alone"),
    ],
)
def test_a_sound_adapter_is_taken(base: Path, tmp_path: Path, lora: dict[str, Any]) -> None:
    model = add(base, save_adapter(tmp_path, base, **lora))
    assert not torch.allclose(answer(model), answer(load(base)), atol=1e-4)


def test_an_adapter_that_lost_a_layer_is_refused(base: Path, tmp_path: Path) -> None:
    save_adapter(tmp_path, base, target_modules=QV)
    edit_weights(tmp_path, lambda kept: {k: v for k, v in kept.items() if "layers.0" in k})
    with pytest.raises(
        EngineError,
        match=r"adapter_model\.safetensors: 4 of the 8 keys that adapter_config\.json asks for are "
        r"missing, such as base_model\.model\.model\.layers\.1\.self_attn\.q_proj\.lora_A\.weight",
    ):
        add(base, tmp_path)


def test_an_adapter_with_keys_of_another_architecture_is_refused(
    base: Path, tmp_path: Path
) -> None:
    save_adapter(tmp_path, base, target_modules=QV)
    edit_weights(tmp_path, lambda kept: {k.replace("layers.1", "h.1"): v for k, v in kept.items()})
    with pytest.raises(
        EngineError,
        match=r"4 keys have no place in the base, such as .*h\.1.*4 of the 8 keys .* are missing.*"
        "another architecture",
    ):
        add(base, tmp_path)


def test_an_adapter_whose_updates_are_zero_is_refused(base: Path, tmp_path: Path) -> None:
    save_adapter(tmp_path, base, target_modules=[*QV, "embed_tokens"])
    edit_weights(
        tmp_path,
        lambda kept: {
            k: v * 0 if "lora_B" in k or "lora_embedding_A" in k else v for k, v in kept.items()
        },
    )
    with pytest.raises(EngineError, match="not live: every lora_B is zero"):
        add(base, tmp_path)


def test_the_known_warning_of_peft_is_the_one_that_pyproject_lists(base: Path) -> None:
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(target_modules=QV, task_type="CAUSAL_LM")
    get_peft_model(load(base), config)  # with any other warning this would raise
    with pytest.warns(FutureWarning, match="`is_gradient_checkpointing` is deprecated"):
        get_peft_model(load(base), config)
