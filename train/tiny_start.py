"""Start the embedded base model from the weights of an earlier one instead of random ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from suite.errors import InputError

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer
    from transformers import Qwen2ForCausalLM


START = "start.txt"


def pin_start(run: Path, start: str, begun: bool) -> None:
    """Refuse a start that is not there, or another one than the run was begun with.

    Args:
        run: Folder of the run; the start is written down in it.
        start: Folder of the earlier model; empty: random weights.
        begun: There is a checkpoint, so no weights are copied any more.
    """
    if start and not (Path(start) / "model.safetensors").is_file():
        raise InputError(f"--start-from: {start}: holds no model.safetensors")
    known = run / START
    if not begun:
        known.write_text(start, "utf-8")
    elif known.is_file() and (was := known.read_text("utf-8")) != start:
        raise InputError(
            f"--start-from: {start or 'nothing'}: the run in {run} was begun with "
            f"{was or 'nothing'}; take that, or another --run"
        )


def start_from(model: Qwen2ForCausalLM, tokenizer: Tokenizer, folder: Path) -> None:
    """Copy the weights of the model in `folder`; its tokenizer may be another one.

    An entry that both vocabularies have keeps its vector; a new one starts as the mean of the
    pieces that it was before. Layers that `model` has beyond those of the earlier one come into
    its middle, as copies that add nothing at first (Wu et al. 2024, "LLaMA Pro", block expansion).
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
    for token, index in tokenizer.get_vocab().items():
        pieces = [known[token]] if token in known else _pieces(tokenizer, before, index)
        embedding[index] = vectors[pieces].mean(dim=0).detach()
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        state[name] = embedding
    model.load_state_dict(_grow(state, earlier.config.num_hidden_layers, len(model.model.layers)))
    model.tie_weights()


def _grow(state: dict[str, torch.Tensor], earlier: int, layers: int) -> dict[str, torch.Tensor]:
    """The weights of `earlier` layers as those of `layers`, of which some do nothing yet."""
    middle = earlier // 2
    sources = [*range(middle), *[middle] * (layers - earlier), *range(middle, earlier)]
    grown = {name: value for name, value in state.items() if ".layers." not in name}
    for index, source in enumerate(sources):
        prefix = f"model.layers.{source}."
        idle = middle <= index < middle + layers - earlier
        for name, value in state.items():
            if name.startswith(prefix):
                zero = idle and name.endswith(("o_proj.weight", "down_proj.weight"))
                grown[f"model.layers.{index}.{name.removeprefix(prefix)}"] = (
                    value * 0 if zero else value
                )
    return grown


def _pieces(tokenizer: Tokenizer, before: Tokenizer, index: int) -> list[int]:
    text = tokenizer.decode([index], skip_special_tokens=False)
    ids: list[int] = before.encode(text, add_special_tokens=False).ids
    assert ids, text  # the mean of nothing is not a number
    return ids
