"""Local models: what is decided from files, and what is refused before anything is loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fixtures.adapter_files import chat_template_sha256
from fixtures.file_hash import hash_file
from fixtures.identity import find_environment, identify
from fixtures.model import REFERENCE_THREADS, Model
from fixtures.model_choice import ModelFlags, choose_models
from fixtures.registry import LocalEntry, Registry
from suite.errors import InputError

NO_FLAGS = ModelFlags()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A base and an adapter that fit, by their files; the weights are never read as weights."""
    base, adapter = tmp_path / "base", tmp_path / "adapters" / "good"
    base.mkdir()
    adapter.mkdir(parents=True)
    (base / "config.json").write_text("{}")
    (base / "model.safetensors").write_bytes(b"base")
    (base / "tokenizer.json").write_text("{}")
    (base / "chat_template.jinja").write_bytes(b"{{ messages }}\n")
    (adapter / "adapter_config.json").write_text("{}")
    (adapter / "adapter_model.safetensors").write_bytes(b"adapter")
    write_manifest(tmp_path)
    return tmp_path


def write_manifest(folder: Path, **changes: Any) -> None:
    base = folder / "base"
    manifest = {
        "base": {"files": {n: hash_file(base / n) for n in ("model.safetensors", "config.json")}},
        "quantization": "nf4",
        "prompt_format": "chat",
        "chat_template_sha256": chat_template_sha256(base),
        **changes,
    }
    (folder / "adapters" / "good" / "manifest.json").write_text(json.dumps(manifest))


def choose(folder: Path, flags: ModelFlags = NO_FLAGS, **entry: Any) -> Model:
    data = {"type": "local", "model_path": "base", "lora_path": "adapters/good", **entry}
    registry = Registry(Path("models.yaml"), "m", {"m": LocalEntry.model_validate(data)})
    (model,) = choose_models(registry, flags, [folder], hash_file)
    return model


def test_quantization_and_prompt_format_come_from_the_manifest(folder: Path) -> None:
    write_manifest(folder, prompt_format="raw")
    model = choose(folder, device="cpu", dtype="float32")
    assert (model.quantization, model.prompt_format) == ("nf4", "raw")
    assert model.notes == (
        "NF4 base dequantized once at load to float32, adapter applied unmerged",
    )


def test_a_base_that_was_quantized_twice_in_training_is_so_in_the_suite(folder: Path) -> None:
    once = choose(folder, device="cpu", dtype="float32")
    write_manifest(folder, quantization_settings={"double_quant": True})
    twice = choose(folder, device="cpu", dtype="float32")
    assert (once.double_quant, twice.double_quant) == (False, True)
    quantizations = [
        identify(model, hash_file).conditions["quantization"] for model in (once, twice)
    ]
    assert quantizations == ["nf4", "nf4, double"]  # their answers may not be compared
    write_manifest(folder, quantization_settings={"double_quant": "yes"})
    with pytest.raises(InputError, match=r"double_quant: expected true or false, got 'yes'"):
        choose(folder)


def test_another_quantization_than_the_manifests_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match="trained on a base with quantization 'nf4', got 'none'"):
        choose(folder, quantization="none")


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_another_base_than_the_manifests_is_refused(folder: Path, name: str) -> None:
    (folder / "base" / name).write_text('{"changed": 1}')
    with pytest.raises(InputError, match=rf"trained on another base: sha256 of .*{name} is "):
        choose(folder)


def test_another_chat_template_than_the_manifests_is_refused(folder: Path) -> None:
    (folder / "base" / "chat_template.jinja").write_bytes(b"{{ messages }}\r\n")
    with pytest.raises(InputError, match="trained with another chat template"):
        choose(folder)


def test_another_prompt_format_may_be_asked_for_and_is_noted(folder: Path) -> None:
    model = choose(folder, ModelFlags(prompt_format="raw"), device="cpu")
    assert model.prompt_format == "raw"
    assert "prompt format 'raw' was asked for; the adapter learned 'chat'" in model.notes


def test_an_adapter_without_manifest_is_a_warning_that_says_what_is_unchecked(folder: Path) -> None:
    (folder / "adapters" / "good" / "manifest.json").unlink()
    model = choose(folder)
    assert model.quantization == "none"
    assert len(model.warnings) == 1
    assert "unchecked whether quantization, base and chat template" in model.warnings[0]


def test_a_manifest_that_lacks_facts_is_a_warning_that_names_each(folder: Path) -> None:
    assert choose(folder).warnings == ()
    facts = {"quantization": None, "prompt_format": None, "chat_template_sha256": None}
    write_manifest(folder, base={"files": {}}, **facts)
    (warning,) = choose(folder).warnings
    assert warning.endswith(
        "manifest.json: does not say base.files, quantization, prompt_format, "
        "chat_template_sha256, so that is unchecked"
    )
    write_manifest(folder, base={"files": {}})
    (warning,) = choose(folder).warnings
    assert warning.endswith("manifest.json: does not say base.files, so that is unchecked")


def test_a_base_without_template_leaves_no_hash_to_name(folder: Path) -> None:
    (folder / "base" / "chat_template.jinja").unlink()
    write_manifest(folder, prompt_format="raw")
    assert choose(folder).warnings == ()


def test_a_chat_without_a_template_is_refused_with_the_next_step(folder: Path) -> None:
    base = folder / "base"
    (base / "chat_template.jinja").unlink()
    (base / "tokenizer_config.json").write_text('{"chat_template": null}')
    with pytest.raises(InputError, match=r"base: has no chat template; use `--prompt-format raw`"):
        choose(folder, lora_path=None)
    raw = choose(folder, ModelFlags(prompt_format="raw"), lora_path=None)
    assert raw.prompt_format == "raw"


@pytest.mark.parametrize(
    ("place", "content"),
    [
        ("tokenizer_config.json", '{"chat_template": "{{ messages }}"}'),
        ("tokenizer_config.json", '{"chat_template": [{"name": "default", "template": "x"}]}'),
        ("additional_chat_templates/default.jinja", "{{ messages }}"),
        ("tekken.json", "{}"),
    ],
    ids=["config", "named", "folder", "tokenizer"],
)
def test_a_template_that_only_transformers_may_find_is_left_to_it(
    folder: Path, place: str, content: str
) -> None:
    (folder / "base" / "chat_template.jinja").unlink()
    path = folder / "base" / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    assert choose(folder, lora_path=None).prompt_format == "chat"


def test_a_missing_adapter_names_those_beside_it(folder: Path) -> None:
    with pytest.raises(
        InputError, match=r"adapters/goood: no such adapter folder; beside it: good"
    ):
        choose(folder, lora_path="adapters/goood")


def test_pickled_weights_are_refused(folder: Path) -> None:
    adapter = folder / "adapters" / "good"
    (adapter / "adapter_model.safetensors").rename(adapter / "adapter_model.bin")
    with pytest.raises(InputError, match=r"got adapter_model\.bin; pickled weights are not loaded"):
        choose(folder)
    (folder / "base" / "model.safetensors").rename(folder / "base" / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"no \*\.safetensors, got pytorch_model\.bin; pickled"):
        choose(folder)


@pytest.mark.parametrize("place", ["base/config.json", "adapters/good/adapter_config.json"])
def test_a_folder_that_wants_to_run_code_is_refused(folder: Path, place: str) -> None:
    (folder / place).write_text('{"auto_map": {"AutoModel": "evil.Model"}}')
    with pytest.raises(InputError, match="auto_map: it wants to run code"):
        choose(folder)


def test_a_broken_manifest_is_named(folder: Path) -> None:
    (folder / "adapters" / "good" / "manifest.json").write_text("{")
    with pytest.raises(InputError, match=r"manifest\.json: not JSON"):
        choose(folder)
    write_manifest(folder, base={"path": "x"})
    with pytest.raises(InputError, match=r"base\.files: expected file names with their sha256"):
        choose(folder)


def test_a_base_that_is_nowhere_is_named(folder: Path) -> None:
    with pytest.raises(InputError, match=r"\./nowhere: no such model folder"):
        choose(folder, model_path="./nowhere")


def test_only_a_pinned_model_is_in_reference_mode(folder: Path) -> None:
    pinned = choose(folder, device="cpu", dtype="float32")
    assert pinned.is_reference
    assert pinned.threads == REFERENCE_THREADS
    assert not choose(folder, device="cpu").is_reference
    assert not choose(folder, device="cpu", dtype="bfloat16").is_reference
    assert choose(folder, device="cpu", threads=8).is_reference


@pytest.mark.parametrize(
    ("entry", "mode"),
    [
        ({"device": "cuda", "dtype": "bfloat16"}, "cuda, bfloat16"),
        ({"device": "cpu", "dtype": "bfloat16"}, "cpu, bfloat16"),
        ({"device": "cpu"}, "cpu, float32, threads not pinned"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_model_that_is_not_in_reference_mode_is_named(
    folder: Path, entry: dict[str, str], mode: str
) -> None:
    model = choose(folder, lora_path=None, **entry)
    assert model.notes == (
        f"{mode}: not in reference mode, text may change with the batch or the machine",
    )
    assert choose(folder, lora_path=None, device="cpu", dtype="float32").notes == ()


def test_a_revision_of_a_folder_of_this_machine_is_refused(folder: Path) -> None:
    with pytest.raises(
        InputError, match=r"base: revision: only a model of the hub has one, got 'abc123'"
    ):
        choose(folder, revision="abc123")


def test_a_wrong_name_is_said_before_any_base_is_looked_for(folder: Path) -> None:
    registry = Registry(Path("models.yaml"), None, {})
    flags = ModelFlags(names=("nobody",), base_model="./nowhere")
    with pytest.raises(InputError) as caught:
        choose_models(registry, flags, [folder], hash_file)
    assert caught.value.problems == ("models.yaml: unknown model 'nobody'; known: none",)


def test_a_base_and_adapter_of_the_command_line_need_no_entry(folder: Path) -> None:
    registry = Registry(Path("models.yaml"), None, {})
    flags = ModelFlags(base_model="base", adapter="adapters/good")
    (model,) = choose_models(registry, flags, [folder], hash_file)
    assert model.name == "base_good"
    assert model.quantization == "nf4"
    flags = ModelFlags(base_model="base", as_name="mine")
    (model,) = choose_models(registry, flags, [folder], hash_file)
    assert (model.name, model.adapter) == ("mine", None)
    with pytest.raises(InputError, match="--adapter, --as and --revision go with --base-model"):
        choose_models(registry, ModelFlags(adapter="adapters/good"), [folder], hash_file)


def test_a_model_in_the_cache_of_the_hub_is_found_by_branch_and_commit(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    model = folder / "hub" / "models--org--name"
    snapshot = model / "snapshots" / commit
    blobs = model / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text(commit)
    (snapshot / "config.json").write_text("{}")
    blob = blobs / ("ab" * 32)
    blob.write_bytes(b"weights")
    (snapshot / "model.safetensors").symlink_to(blob)
    monkeypatch.setenv("HF_HUB_CACHE", str(folder / "hub"))
    (snapshot / "chat_template.jinja").write_text("{{ messages }}")
    for revision in (None, commit):
        found = choose(folder, model_path="org/name", lora_path=None, revision=revision)
        assert (found.base, found.revision) == (snapshot, commit)
        facts = find_environment(found)
        assert (facts["base"], facts["revision"], facts["adapter"]) == ("org/name", commit, None)
    facts = find_environment(choose(folder))
    assert (facts["base"], facts["revision"]) == ("base", None)
    assert facts["adapter"] == str(folder / "adapters" / "good")
    # a big file of the hub is not read: its name is its hash
    assert hash_file(snapshot / "model.safetensors") == "ab" * 32
