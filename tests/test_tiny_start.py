"""The embedded base goes on from an earlier one: which weights it takes, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from suite.errors import InputError
from train.tiny_start import pin_start, start_from


@pytest.mark.integration
def test_known_entries_keep_their_vectors_and_new_ones_are_the_mean_of_their_pieces(
    tmp_path: Path,
) -> None:
    torch = pytest.importorskip("torch")
    from train.tiny import TinyConfig, build_model
    from train.tokenizer import save_tokenizer, train_tokenizer

    small, large = (
        train_tokenizer(iter(["banana band bandana " * 20]), size) for size in (264, 268)
    )
    shape = {"layers": 1, "hidden": 64, "intermediate": 64, "heads": 2, "kv_heads": 1}
    earlier = build_model(TinyConfig(vocabulary=small.get_vocab_size(), **shape))
    earlier.save_pretrained(tmp_path)
    save_tokenizer(small, tmp_path)
    model = build_model(TinyConfig(vocabulary=large.get_vocab_size(), seed=1, **shape))
    start_from(model, large, tmp_path)
    before, now = (each.get_input_embeddings().weight for each in (earlier, model))
    known, fresh = small.get_vocab(), large.get_vocab()
    for token in known.keys() & fresh.keys():
        assert torch.equal(now[fresh[token]], before[known[token]])
    added = fresh.keys() - known.keys()
    assert added
    for token in added:
        pieces = small.encode(token, add_special_tokens=False).ids
        assert len(pieces) > 1
        assert torch.allclose(now[fresh[token]], before[pieces].mean(0))
    assert torch.equal(
        model.model.layers[0].mlp.up_proj.weight, earlier.model.layers[0].mlp.up_proj.weight
    )
    assert model.lm_head.weight.data_ptr() == now.data_ptr()


def test_a_start_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no model\.safetensors"):
        pin_start(tmp_path, str(tmp_path / "nowhere"), begun=False)


def test_a_run_is_not_gone_on_with_from_another_start(tmp_path: Path) -> None:
    pin_start(tmp_path, "", begun=False)
    pin_start(tmp_path, "", begun=True)
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(InputError, match="was begun with nothing"):
        pin_start(tmp_path, str(tmp_path), begun=True)


@pytest.mark.integration
def test_a_deeper_model_says_at_first_what_the_earlier_one_said(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from train.tiny import TinyConfig, build_model
    from train.tokenizer import save_tokenizer, train_tokenizer

    tokenizer = train_tokenizer(iter(["banana band bandana " * 20]), 264)
    shape = {"hidden": 64, "intermediate": 64, "heads": 2, "kv_heads": 1}
    shape["vocabulary"] = tokenizer.get_vocab_size()
    earlier = build_model(TinyConfig(layers=3, **shape))
    earlier.save_pretrained(tmp_path)
    save_tokenizer(tokenizer, tmp_path)
    deeper = build_model(TinyConfig(layers=5, seed=1, **shape))
    start_from(deeper, tokenizer, tmp_path)
    ids = torch.tensor([[9, 30, 200, 41]])
    assert torch.allclose(deeper(ids).logits, earlier(ids).logits, atol=1e-5)
    last = deeper.model.layers[4].mlp.up_proj.weight
    assert torch.equal(last, earlier.model.layers[2].mlp.up_proj.weight)
