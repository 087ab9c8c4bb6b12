"""The padding probe: a sound model passes, one that ignores the mask does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fixtures.model import Model
from fixtures.padding_probe import probe_padding
from fixtures.probe_record import describe_probe, refuse_goldens
from tests.tiny_models import make_base

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from fixtures.hf_loading import load_model

    base = make_base(tmp_path_factory.mktemp("base"))
    threads = torch.get_num_threads()
    yield load_model(Model(name="m", type="local", base=base, threads=1)).model
    torch.set_num_threads(threads)


def test_a_sound_model_passes_and_its_noise_is_measured(loaded: Any) -> None:
    found = probe_padding(loaded)
    assert found["equal"]
    assert 0 <= found["noise"] < 1e-3
    assert refuse_goldens(Model(name="m", type="local"), found) is None
    assert describe_probe(found)[0].startswith("padding probe at 3, 33, 65 tokens: logits alone")


def test_a_model_that_loses_the_mask_makes_no_goldens(
    loaded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward = loaded.forward

    def broken(**kwargs: Any) -> Any:
        del kwargs["attention_mask"]
        return forward(**kwargs)

    monkeypatch.setattr(loaded, "forward", broken)
    found = probe_padding(loaded)
    assert not found["equal"]
    refusal = refuse_goldens(Model(name="m", type="local"), found)
    assert refusal is not None
    assert "padding changes what this model answers" in refusal


def test_without_a_probe_on_record_there_are_no_goldens() -> None:
    refusal = refuse_goldens(Model(name="m", type="local"), None)
    assert refusal is not None
    assert refusal.startswith("no padding probe on record")
    assert refuse_goldens(Model(name="m", type="scripted"), None) is None
