"""The estimate of a training's memory: counted parts exactly, activations against a real pass."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from suite.errors import InputError
from train.memory import MemoryEstimate, count_adapter, estimate_memory, read_shape
from train.memory_room import (
    Saving,
    available_memory,
    check_memory,
    find_savings,
    gib,
)
from train.sft_config import SftConfig

GIB = 1 << 30
QWEN_0_5B = {
    "hidden_size": 896,
    "intermediate_size": 4864,
    "num_hidden_layers": 24,
    "num_attention_heads": 14,
    "num_key_value_heads": 2,
    "vocab_size": 151936,
}


def make_config(**changes: Any) -> SftConfig:
    settings = {
        "base": "base",
        "output_dir": "run",
        "adapter_dir": "adapter",
        "dtype": "float32",
        "data": {"train_file": "train.jsonl", "eval_file": "eval.jsonl"},
    }
    return SftConfig.model_validate(settings | changes)


def write_base(folder: Path, config: dict[str, Any]) -> Path:
    """A base with the heads of its weight files and nothing behind them: sizes are in the heads."""
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    kv = hidden // config["num_attention_heads"] * config["num_key_value_heads"]
    shapes = {"model.embed_tokens.weight": [config["vocab_size"], hidden]}
    for layer in range(config["num_hidden_layers"]):
        shapes |= {
            f"model.layers.{layer}.{name}.weight": shape
            for name, shape in {
                "self_attn.q_proj": [hidden, hidden],
                "self_attn.k_proj": [kv, hidden],
                "self_attn.v_proj": [kv, hidden],
                "self_attn.o_proj": [hidden, hidden],
                "mlp.gate_proj": [inner, hidden],
                "mlp.up_proj": [inner, hidden],
                "mlp.down_proj": [hidden, inner],
                "input_layernorm": [hidden],
                "post_attention_layernorm": [hidden],
            }.items()
        }
    head: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    for name, shape in shapes.items():
        head[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [0, 0]}
    text = json.dumps(head).encode()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def test_a_half_billion_model_is_counted(tmp_path: Path) -> None:
    """Published: 494,032,768; these files hold no biases (24 x 1,152) and no last norm (896)."""
    shape = read_shape(write_base(tmp_path, QWEN_0_5B))
    assert sum(a * b for a, b in shape.matrices().values()) == 357_826_560
    assert shape.count() == 494_032_768 - 24 * 1152 - 896
    config = make_config(
        dtype="bfloat16",
        quantization_settings={"double_quant": True},
        training={"batch_size": 1, "optimizer": "paged_adamw_8bit"},
    )
    assert count_adapter(shape, config) == 4_399_104
    found = estimate_memory(shape, config, longest=512)
    assert found.weights == pytest.approx(
        357_826_560 / 2  # NF4
        + 357_826_560 / 64 * (1 + 4 / 256)  # scales, themselves quantized
        + (151936 * 896 + 24 * 2 * 896) * 2  # embeddings and norms
        + 896 * 4864 * 2,  # the largest matrix while it is used
        abs=2,
    )
    assert found.adapter == 4_399_104 * 8
    assert found.optimizer == 4_399_104 * 2


@pytest.mark.parametrize(
    ("changes", "bytes_per_weight"),
    [
        ({"quantization": "none"}, 4),
        ({"quantization": "none", "dtype": "bfloat16"}, 2),
        ({"quantization": "nf4"}, 0.5 + 4 / 64),
        ({"quantization": "nf4", "quantization_settings": {"double_quant": True}}, 0.515869140625),
        ({"quantization": "int8"}, 1),
    ],
    ids=["fp32", "bf16", "nf4", "nf4-double", "int8"],
)
def test_the_base_weighs_what_its_quantization_says(
    tmp_path: Path, changes: dict[str, Any], bytes_per_weight: float
) -> None:
    shape = read_shape(write_base(tmp_path, QWEN_0_5B))
    config = make_config(**changes)
    size = 2 if config.dtype == "bfloat16" else 4
    scratch = 0 if config.quantization == "none" else 896 * 4864 * size
    outside = (151936 * 896 + 24 * 2 * 896) * size
    expected = 357_826_560 * bytes_per_weight + outside + scratch
    assert estimate_memory(shape, config, 128).weights == pytest.approx(expected, abs=2)


def test_a_file_that_is_cut_short_is_named(tmp_path: Path) -> None:
    base = write_base(tmp_path, QWEN_0_5B)
    path = base / "model.safetensors"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match=r"model\.safetensors: cannot be read as safetensors"):
        read_shape(base)


@pytest.mark.parametrize(
    "head",
    [b"[1]", b"null", b'{"a": 5}', b'{"a": {"shape": 5}}', b"[" * 100_000],
    ids=["array", "null", "number", "shape", "deep"],
)
def test_a_file_whose_head_is_no_table_is_named(tmp_path: Path, head: bytes) -> None:
    base = write_base(tmp_path, QWEN_0_5B)
    (base / "model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head)
    with pytest.raises(InputError, match=r"model\.safetensors: cannot be read as safetensors"):
        read_shape(base)


def test_a_base_that_is_quantized_already_is_refused(tmp_path: Path) -> None:
    made = {"quantization_config": {"quant_method": "gptq"}}
    with pytest.raises(InputError, match=r"config\.json: the base is quantized already \(gptq\)"):
        read_shape(write_base(tmp_path, QWEN_0_5B | made))


def estimate(**changes: int) -> MemoryEstimate:
    parts = {
        "weights": 2 * GIB,
        "adapter": 0,
        "optimizer": 0,
        "activations": 3 * GIB,
        "loss": 0,
        "evaluation": GIB,
        "libraries": 0,
    }
    return MemoryEstimate(**(parts | changes))


def test_training_and_generating_take_turns() -> None:
    assert estimate().peak == 5 * GIB
    assert estimate(evaluation=4 * GIB).peak == 6 * GIB


def test_what_cannot_fit_is_refused_with_the_settings_that_lower_it() -> None:
    advice = [Saving((("quantization", "nf4"),), 1536 << 20), Saving((("dtype", "x"),), 3 * GIB)]
    check_memory(estimate(), 2 * GIB, advice)
    check_memory(estimate(), None, advice)
    with pytest.raises(InputError) as caught:
        check_memory(estimate(weights=3 * GIB), 2 * GIB, advice)
    assert caught.value.problems == (
        "not enough memory: weights, adapter and optimizer take 3.00 GiB, the whole training "
        "about 6.00 GiB, and 2.00 GiB are free",
        "quantization=nf4 takes about 1.50 GiB, which fits",
        "dtype=x takes about 3.00 GiB",
    )


def test_the_settings_named_are_those_that_help(tmp_path: Path) -> None:
    shape = read_shape(write_base(tmp_path, QWEN_0_5B))
    wide = make_config(quantization="none", training={"batch_size": 16})
    named = [each.words() for each in find_savings(shape, wide, 512)]
    assert named[0] == "training.batch_size=1 training.gradient_accumulation_steps=16"
    assert "training.activation_checkpointing=true" in named
    assert "data.max_tokens=256" in named
    small = make_config(
        dtype="bfloat16",
        training={"batch_size": 1, "activation_checkpointing": True},
        evaluation={"batch_tokens": 1024},
    )
    assert find_savings(shape, small, 64) == []


def test_free_memory_of_this_machine_is_read() -> None:
    free = available_memory(make_config(device="cpu"))
    assert free is None or 64 << 20 < free < 1 << 45


def test_sizes_are_said_in_words() -> None:
    assert (gib(900 << 20), gib(GIB), gib(5 * GIB // 2)) == ("900 MiB", "1.00 GiB", "2.50 GiB")


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("dropout", [0.0, 0.1])
@pytest.mark.parametrize("checkpointing", [False, True], ids=["plain", "checkpointing"])
def test_activations_are_what_a_real_pass_keeps(
    dtype: str, dropout: float, checkpointing: bool, tmp_path: Path
) -> None:
    """Two layers more or less: what embeddings and the head keep is not in the estimate."""
    small = {**QWEN_0_5B, "hidden_size": 128, "intermediate_size": 320, "vocab_size": 64}
    small |= {"num_attention_heads": 4}
    config = make_config(
        dtype=dtype,
        lora={"dropout": dropout},
        training={"batch_size": 2, "activation_checkpointing": checkpointing},
    )
    estimated, measured = [], []
    for layers in (4, 2):
        sizes = small | {"num_hidden_layers": layers}
        shape = read_shape(write_base(tmp_path / str(layers), sizes))
        estimated.append(estimate_memory(shape, config, 96).activations)
        measured.append(kept_by_a_pass(config, sizes, 96))
    grown = [values[0] - values[1] for values in (estimated, measured)]
    assert grown[0] == pytest.approx(grown[1], rel=0.02)


def kept_by_a_pass(config: SftConfig, sizes: dict[str, int], length: int) -> int:
    """Bytes that autograd keeps between the forward and the backward pass."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(0)
    model = Qwen2ForCausalLM(Qwen2Config(**sizes, use_cache=False))
    model.to(getattr(torch, config.dtype))
    lora = LoraConfig(
        r=config.lora.r,
        lora_dropout=config.lora.dropout,
        target_modules=list(config.lora.target_modules),
        task_type="CAUSAL_LM",
    )
    model = get_peft_model(model, lora)
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    if config.training.activation_checkpointing:
        model.activation_checkpointing_enable()
        model.enable_input_require_grads()
    model.train()
    known = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    kept: dict[int, int] = {}

    def pack(tensor: Any) -> Any:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    ids = torch.zeros((config.training.batch_size, length), dtype=torch.long)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        model(input_ids=ids, labels=ids)
    return sum(kept.values())
