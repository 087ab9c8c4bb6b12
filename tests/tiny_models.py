"""Makes small random models with a tokenizer and chat template of their own, in a second.

Their answers mean nothing; loading, padding, decoding and adapters are real.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

from train.tokenizer import CHAT_TEMPLATE as TEMPLATE

SPECIALS = ["<|pad|>", "<|im_start|>", "<|im_end|>", "<|endoftext|>"]
PAD, START, END_OF_TURN, END_OF_TEXT = range(4)
TWO_LAYERS = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
"""Sizes of a model of any architecture, for its configuration."""
TEXTS = [
    'Give me JSON with the name and the email of {"name": "Ada", "email": "ada@example.org"}',
    "system user assistant The order A-4471 came in from Priya, 3 mugs, 41.70 altogether.",
    "Straße, naïve, 東京, emoji 🙂 and digits 0123456789",
]


def make_tokenizer(folder: Path) -> Any:
    """Save a byte-level BPE tokenizer with the ChatML template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=SPECIALS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=SPECIALS[END_OF_TURN],
        pad_token=SPECIALS[PAD],
        padding_side="left",
        clean_up_tokenization_spaces=False,
        extra_special_tokens=[SPECIALS[START], SPECIALS[END_OF_TEXT]],
    )
    wrapped.chat_template = TEMPLATE
    wrapped.save_pretrained(folder)
    return wrapped


def make_base(folder: Path, seed: int = 0, end_bias: float = 0.0) -> Path:
    """Save a random Qwen2 of 64 x 2 with its tokenizer.

    Args:
        folder: Made when missing.
        seed: Of the weights.
        end_bias: How much the end of turn is favoured, by turning its embedding towards the mean
            direction; random models else hardly ever stop.
    """
    import torch
    from transformers import GenerationConfig, Qwen2Config, Qwen2ForCausalLM

    tokenizer = make_tokenizer(folder)
    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=1024,
        initializer_range=0.3,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=END_OF_TURN,
        pad_token_id=PAD,
    )
    model = Qwen2ForCausalLM(config)
    with torch.no_grad():
        model.lm_head.weight[END_OF_TURN] *= 1 + end_bias
    model.generation_config = GenerationConfig(
        do_sample=False, eos_token_id=[END_OF_TURN, END_OF_TEXT], pad_token_id=PAD
    )
    model.save_pretrained(folder)
    return folder


def make_adapter(folder: Path, base: Path, scale: float = 0.1, seed: int = 1) -> Path:
    """Save a random LoRA adapter, r = 4, on every linear layer; `scale` 0 leaves lora_B zero."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    config = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft 0.21.2 with transformers 5.23
        wrapped = get_peft_model(model, config)
    with torch.no_grad():
        for name, weight in wrapped.named_parameters():
            if "lora_B" in name:
                weight.copy_(torch.randn_like(weight) * scale)
    wrapped.save_pretrained(folder)
    return folder


def write_manifest(adapter: Path, base: Path, **changes: Any) -> None:
    """Write a manifest that fits, but for what is changed."""
    from fixtures.adapter_files import chat_template_sha256
    from fixtures.file_hash import hash_file

    names = ("model.safetensors", "config.json", "tokenizer.json")
    manifest = {
        "base": {
            "path": str(base),
            "revision": None,
            "files": {name: hash_file(base / name) for name in names},
        },
        "quantization": "none",
        "dtype": "float32",
        "prompt_format": "chat",
        "chat_template_sha256": chat_template_sha256(base),
        **changes,
    }
    (adapter / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def forget_ends(base: Path) -> None:
    """Take every end token out of the configs of a folder, as many published folders have it."""
    for name in ("config.json", "generation_config.json"):
        path = base / name
        data = json.loads(path.read_text(encoding="utf-8"))
        data.pop("eos_token_id", None)
        path.write_text(json.dumps(data), encoding="utf-8")
