"""Start the embedded base model from the weights of an earlier one instead of random ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import Qwen2ForCausalLM


def start_from(model: Qwen2ForCausalLM, tokenizer: Tokenizer, folder: Path) -> int:
    """Copy the weights of the model in `folder`; its tokenizer may be another one.

    An entry that both vocabularies have keeps its vector; a new one starts as the mean of the
    pieces that it was before.

    Returns:
        How many entries of the vocabulary are new.
    """
    import torch
    from tokenizers import Tokenizer
    from transformers import Qwen2ForCausalLM

    earlier = Qwen2ForCausalLM.from_pretrained(folder, dtype=torch.float32)
    before = Tokenizer.from_file(str(folder / "tokenizer.json"))
    known = before.get_vocab()
    vectors = earlier.get_input_embeddings().weight
    state = earlier.state_dict()
    embedding = torch.empty(tokenizer.get_vocab_size(), vectors.shape[1])
    new = 0
    for token, index in tokenizer.get_vocab().items():
        pieces = [known[token]] if token in known else _pieces(tokenizer, before, index)
        new += token not in known
        embedding[index] = vectors[pieces].mean(dim=0).detach()
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        state[name] = embedding
    model.load_state_dict(state)
    model.tie_weights()
    return new


def _pieces(tokenizer: Tokenizer, before: Tokenizer, index: int) -> list[int]:
    ids: list[int] = before.encode(tokenizer.decode([index]), add_special_tokens=False).ids
    return ids
