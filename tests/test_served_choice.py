"""Entries of served models: what is refused before anything is asked, and what a model comes to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixtures.file_hash import hash_file
from fixtures.identity import cache_key, find_environment, identify
from fixtures.limits import Limits
from fixtures.model import Model, Prompt
from fixtures.model_choice import ModelFlags, choose_models
from fixtures.registry import load_registry
from fixtures.request_body import sampling_fields
from fixtures.served_choice import check_priced
from suite.errors import InputError

OPENAI = {"type": "api", "provider": "openai", "model": "gpt-4o-mini"}
VLLM = {"type": "vllm_lora", "base_model": "meta-llama/Llama-3.1-8B", "lora_path": "lora"}


def choose(folder: Path, entry: dict[str, Any], **flags: Any) -> Model:
    registry = folder / "models.yaml"
    registry.write_text(yaml.safe_dump({"default": "toy", "models": {"toy": entry}}))
    (model,) = choose_models(load_registry(registry), ModelFlags(**flags), [folder], hash_file)
    return model


def write_lora(folder: Path, rank: int = 64, weights: bytes = b"w") -> None:
    (folder / "lora").mkdir(exist_ok=True)
    config = {"r": rank, "peft_type": "LORA", "base_model_name_or_path": "x"}
    (folder / "lora" / "adapter_config.json").write_text(json.dumps(config))
    (folder / "lora" / "adapter_model.safetensors").write_bytes(weights)


def test_the_key_of_openai_goes_to_openai_alone(tmp_path: Path) -> None:
    usual = choose(tmp_path, OPENAI).endpoint
    other = choose(tmp_path, OPENAI | {"base_url": "https://proxy.test/v1/"}).endpoint
    assert usual is not None
    assert other is not None
    assert (usual.base_url, usual.api_key_env) == ("https://api.openai.com/v1", "OPENAI_API_KEY")
    assert (other.base_url, other.api_key_env) == ("https://proxy.test/v1", None)


def test_a_lora_of_vllm_says_how_its_server_is_started(tmp_path: Path) -> None:
    write_lora(tmp_path)
    entry = VLLM | {"base_url": "http://localhost:8001/v1", "gpu_memory_utilization": 0.85}
    model = choose(tmp_path, entry)
    assert model.endpoint is not None
    assert model.endpoint.model == "toy"
    assert model.endpoint.start == (
        "vllm serve meta-llama/Llama-3.1-8B --enable-lora --lora-modules "
        f"toy={tmp_path / 'lora'} --max-lora-rank 64 --gpu-memory-utilization 0.85 --port 8001"
    )


@pytest.mark.parametrize(
    ("provider", "address", "start"),
    [
        ("vllm", None, "vllm serve 'my model'"),
        ("vllm", "http://localhost:8000/v1", "vllm serve 'my model' --port 8000"),
        ("llamacpp", "http://localhost:9000/v1", "llama-server -hf 'my model' --port 9000"),
        ("transformers", "http://host/v1", "transformers serve 'my model'"),
        ("ollama", None, "ollama run 'my model'"),
        ("other", "http://localhost:9000/v1", ""),
    ],
)
def test_a_server_is_started_where_it_is_looked_for(
    tmp_path: Path, provider: str, address: str | None, start: str
) -> None:
    entry = {"type": "api", "provider": provider, "model": "my model", "base_url": address}
    model = choose(tmp_path, entry)
    assert model.endpoint is not None
    assert model.endpoint.start == start


def test_a_lora_that_is_not_safe_to_load_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lora"):
        choose(tmp_path, VLLM)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "raw": ({"prompt_format": "raw"}, "`prompt_format: raw` is for local models"),
    "no address": ({"provider": "other"}, "base_url: missing: a provider 'other' has no usual"),
    "a password": ({"base_url": "https://me:pass-canary@host/v1"}, "name the key: api_key_env"),
    "a query": ({"base_url": "https://host/v1?key=pass-canary"}, "name the key: api_key_env"),
    "no scheme": ({"base_url": "localhost:8000/v1"}, "expected http://… or https://…"),
    "template": ({"chat_template_kwargs": {"a": 1}}, "openai takes none"),
    "half a price": ({"cost_per_1k_prompt": 1}, "give both or none"),
    "sent twice": ({"extra_body": {"seed": 1}}, "extra_body.seed: is sent already"),
    "unknown provider": ({"provider": "opnai"}, "models.toy.provider"),
    "a key in the file": ({"api_key_env": "sk-12/3"}, "models.toy.api_key_env"),
    "unknown key": ({"api_key": "x"}, "unknown key 'api_key'"),
    "of local models": ({"dtype": "float32"}, "unknown key 'dtype'"),
    "a password without a scheme": ({"base_url": "me:pass-canary@host/v1"}, "expected http://…"),
    "a password before a slash": ({"base_url": "https://me:pass-canary/x@host"}, "expected http"),
    "no number for a port": ({"base_url": "http://host:one/v1"}, "expected http://…"),
    "a port that cannot be": ({"base_url": "http://host:99999/v1"}, "expected http://…"),
    "a blank in the host": (
        {"base_url": "http://my host/v1"},
        "base_url: expected an address without",
    ),
    "the key for its name": (
        {"api_key_env": "sk-pass-canary"},
        "toy.api_key_env: expected the name",
    ),
    "no name": ({"model": ""}, "models.toy.model: expected at least 1 character"),
    "a price of any height": ({"cost_per_1k_prompt": "inf"}, "models.toy.cost_per_1k_prompt"),
    "a price that is true": ({"cost_per_1k_prompt": True}, "models.toy.cost_per_1k_prompt"),
    "no deadline": ({"run_timeout_s": "inf"}, "models.toy.run_timeout_s: expected a valid number"),
    "endless heat": ({"decoding": {"temperature": "inf"}}, "models.toy.decoding.temperature"),
    "a word for true": ({"stream": "yes"}, "models.toy.stream: expected a valid boolean"),
    "true for a number": ({"max_tries": True}, "models.toy.max_tries: expected a valid integer"),
    "negative price": ({"cost_per_1k_prompt": -1}, "models.toy.cost_per_1k_prompt"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_refused_before_anything_is_asked(tmp_path: Path, name: str) -> None:
    change, message = WRONG[name]
    with pytest.raises(InputError) as caught:
        choose(tmp_path, OPENAI | change)
    found = "\n".join(caught.value.problems)
    assert message in found
    assert "canary" not in found


@pytest.mark.parametrize("key", ["cost_per_1k_prompt", "request_timeout_s", "run_timeout_s"])
def test_a_number_past_all_numbers_is_refused(tmp_path: Path, key: str) -> None:
    path = tmp_path / "models.yaml"
    path.write_text(f"models:\n  a: {{type: api, provider: openai, model: m, {key}: 1e999}}\n")
    with pytest.raises(InputError, match=f"a.{key}: expected a finite number, got inf"):
        load_registry(path)


def test_wrong_addresses_of_all_entries_are_told_at_once(tmp_path: Path) -> None:
    bad = OPENAI | {"base_url": "https://me:pass-canary@host/v1"}
    (tmp_path / "models.yaml").write_text(yaml.safe_dump({"models": {"a": bad, "b": bad}}))
    with pytest.raises(InputError) as caught:
        load_registry(tmp_path / "models.yaml")
    where = f"{tmp_path / 'models.yaml'}: models."
    assert [each[: len(where) + 10] for each in caught.value.problems] == [
        f"{where}a.base_url",
        f"{where}b.base_url",
    ]


@pytest.mark.parametrize("flags", [{"prompt_format": "raw"}, {"quantization": "nf4"}])
def test_flags_of_local_models_are_refused(tmp_path: Path, flags: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="are for models loaded here"):
        choose(tmp_path, OPENAI, **flags)


def test_a_cap_on_money_needs_prices(tmp_path: Path) -> None:
    prices = {"cost_per_1k_prompt": 0.0, "cost_per_1k_completion": 0.0}
    models = [choose(tmp_path, OPENAI), choose(tmp_path, OPENAI | prices)]
    check_priced(models, Limits())
    check_priced(models[1:], Limits(max_cost_usd=1.0))
    with pytest.raises(InputError, match="--max-cost: model 'toy' has no prices; write cost_per"):
        check_priced(models, Limits(max_cost_usd=1.0))


def test_such_a_model_is_never_in_reference_mode(tmp_path: Path) -> None:
    model = choose(tmp_path, OPENAI)
    assert not model.is_reference
    assert any("not in reference mode" in note for note in model.notes)
    assert find_environment(model)["base_url"] == "https://api.openai.com/v1"


def key(model: Model) -> str:
    return cache_key(identify(model, hash_file), Prompt("c", (("user", "hi"),)))


CHANGES: list[dict[str, Any]] = [
    {"model": "gpt-4o"},
    {"base_url": "https://proxy.test/v1"},
    {"provider": "vllm"},
    {"decoding": {"temperature": 0.5}},
    {"decoding": {"seed": 1}},
    {"decoding": {"max_new_tokens": 9}},
    {"omit": ["seed"]},
    {"extra_body": {"reasoning_effort": "low"}},
]


def test_what_may_change_an_answer_is_another_key(tmp_path: Path) -> None:
    keys = [key(choose(tmp_path, OPENAI | change)) for change in [{}, *CHANGES]]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    "change",
    [
        {"max_tries": 2},
        {"stream": True},
        {"api_key_env": "OTHER"},
        {"request_timeout_s": 5},
        {"cost_per_1k_prompt": 1, "cost_per_1k_completion": 1},
    ],
)
def test_what_cannot_change_an_answer_is_the_same_key(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    assert key(choose(tmp_path, OPENAI | change)) == key(choose(tmp_path, OPENAI))


def test_other_weights_of_an_adapter_are_another_key(tmp_path: Path) -> None:
    write_lora(tmp_path)
    before = key(choose(tmp_path, VLLM))
    write_lora(tmp_path, weights=b"other")
    assert key(choose(tmp_path, VLLM)) != before


def test_fields_that_a_model_refuses_are_left_out(tmp_path: Path) -> None:
    entry = OPENAI | {"omit": ["temperature", "top_p"], "decoding": {"max_new_tokens": 9}}
    assert sampling_fields(choose(tmp_path, entry)) == {"seed": 0, "max_completion_tokens": 9}


@pytest.mark.parametrize("provider", ["vllm", "llamacpp", "transformers"])
def test_template_variables_are_sent_where_a_server_takes_them(
    tmp_path: Path, provider: str
) -> None:
    entry = OPENAI | {"provider": provider, "chat_template_kwargs": {"enable_thinking": False}}
    fields = sampling_fields(choose(tmp_path, entry))
    assert fields["chat_template_kwargs"] == {"enable_thinking": False}
    assert fields["max_tokens"] == 256
