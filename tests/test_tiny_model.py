"""The committed embedded base model is what its card says, and reads what it was trained on."""

import json
import math
from pathlib import Path

import pytest

from suite.case_files import load_cases

ROOT = Path(__file__).parents[1]
TINY = ROOT / "fixtures" / "tiny"


def read_config(name: str) -> dict[str, object]:
    return json.loads((TINY / name).read_text("utf-8"))


def tensor_shapes() -> dict[str, tuple[str, list[int]]]:
    """Dtype and shape of each tensor, from the header of the safetensors file."""
    with (TINY / "model.safetensors").open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    header.pop("__metadata__", None)
    return {name: (each["dtype"], each["shape"]) for name, each in header.items()}


def test_it_is_a_small_qwen2_in_bfloat16_with_tied_embeddings():
    config, shapes = read_config("config.json"), tensor_shapes()
    assert config["architectures"] == ["Qwen2ForCausalLM"]
    assert config["tie_word_embeddings"] is True
    assert "lm_head.weight" not in shapes
    assert {dtype for dtype, _ in shapes.values()} == {"BF16"}
    assert 3e6 <= sum(math.prod(shape) for _, shape in shapes.values()) <= 5.5e6
    assert not [name for name, (_, shape) in shapes.items() if any(size % 64 for size in shape)]
    assert sum(path.stat().st_size for path in TINY.iterdir()) <= 12e6


def test_its_end_and_padding_tokens_are_explicit():
    vocabulary = read_config("tokenizer.json")["added_tokens"]
    ids = {token["content"]: token["id"] for token in vocabulary}
    for name in ("config.json", "generation_config.json"):
        config = read_config(name)
        assert config["eos_token_id"] == [ids["<|im_end|>"], ids["<|endoftext|>"]]
        assert config["pad_token_id"] == ids["<|pad|>"]
    assert "{%- generation -%}" in (TINY / "chat_template.jinja").read_text("utf-8")


@pytest.mark.integration
@pytest.mark.parametrize("loader", ["ours", "transformers"])
def test_every_loader_splits_text_as_tokenizer_json_says(loader: str):
    """Transformers takes its own pattern for any Qwen2 folder: the tokens must be the same."""
    tokenizers = pytest.importorskip("tokenizers")
    from transformers import AutoTokenizer

    from fixtures.hf_loading import load_tokenizer
    from fixtures.prompting import encode_text

    written = tokenizers.Tokenizer.from_file(str(TINY / "tokenizer.json"))
    loaded = load_tokenizer(TINY) if loader == "ours" else AutoTokenizer.from_pretrained(TINY)
    for case in load_cases(ROOT / "suite" / "cases")["format"].cases:
        ids = written.encode(case.prompt_text, add_special_tokens=False).ids
        assert encode_text(loaded, case.prompt_text) == ids, case.id
