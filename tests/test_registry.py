"""The registry of models: what is read, and that every mistake is named at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.model import Decoding, Model
from fixtures.model_choice import ModelFlags, choose_models
from fixtures.registry import ScriptedEntry, list_models, load_registry
from suite.errors import InputError

GOOD = """\
default: canned
models:
  canned: {type: scripted, answers: answers.yaml}
  other: {type: scripted, answers: answers.yaml}
  gpt-4o-mini: {type: api, provider: openai, model: gpt-4o-mini, cost_per_1k_prompt: 0.00015}
  served: {type: vllm_lora, base_model: a/b, lora_path: adapters/x, gpu_memory_utilization: 0.85}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "models.yaml"
    path.write_text(text, encoding="utf-8")
    (folder / "answers.yaml").write_text("answers: {}\n", encoding="utf-8")
    return path


def choose(folder: Path, text: str = GOOD, **flags: object) -> list[Model]:
    registry = load_registry(write(folder, text))
    return choose_models(registry, ModelFlags(**flags), [folder], lambda path: "0")  # type: ignore[arg-type]


def problems(error: pytest.ExceptionInfo[InputError]) -> str:
    return "\n".join(error.value.problems)


def test_a_registry_is_read_with_every_kind_of_entry(tmp_path: Path) -> None:
    registry = load_registry(write(tmp_path, GOOD))
    assert registry.default == "canned"
    assert registry.entries["canned"] == ScriptedEntry(type="scripted", answers="answers.yaml")
    assert [entry.type for entry in registry.entries.values()] == [
        "scripted",
        "scripted",
        "api",
        "vllm_lora",
    ]


def test_all_mistakes_of_a_registry_are_named_at_once(tmp_path: Path) -> None:
    text = """\
default: cannd
modles: {}
models:
  canned: {type: scripted, anwsers: a.yaml}
  a b: {type: local, model_path: x}
  typo: {type: locl, model_path: x}
  wide: {type: local, model_path: x, quantization: nf5, decoding: {temperature: -1, top_k: 3}}
"""
    with pytest.raises(InputError) as caught:
        load_registry(write(tmp_path, text))
    found = problems(caught)
    for expected in (
        "unknown key 'modles'; known: default, default_for, models. Did you mean 'models'?",
        "models.canned.anwsers: unknown key 'anwsers'; known: answers, type. "
        "Did you mean 'answers'?",
        "models.canned.answers: missing",
        "models.a b: a name is letters, digits",
        "models.typo.type: unknown type 'locl'; known: api, local, scripted, vllm_lora. "
        "Did you mean 'local'?",
        "models.wide.quantization: expected 'none', 'nf4' or 'int8', got 'nf5'",
        "models.wide.decoding.temperature: expected greater than or equal to 0, got -1",
        "models.wide.decoding.top_k: unknown key 'top_k'; known: max_new_tokens, seed, "
        "temperature, top_p",
        "default: unknown model 'cannd'",
        "Did you mean 'canned'?",
    ):
        assert expected in found, expected


INTEGER, NUMBER = "a valid integer", "a valid number"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("default: [toy]", "models.yaml: default: expected the name of a model, got ['toy']"),
        ("default: 5", "models.yaml: default: expected the name of a model, got 5"),
        (
            "models: {toy: {type: [scripted], answers: a.yaml}}",
            "models.yaml: models.toy.type: unknown type \"['scripted']\"; known: api, local, ",
        ),
        (
            "models: {toy: {answers: a.yaml}}",
            "models.yaml: models.toy.type: missing; known: api, local, ",
        ),
        (
            "models: {toy: 5}",
            "models.yaml: models.toy: expected a mapping of keys to values, got 5",
        ),
        (
            "models: {toy: }",
            "models.yaml: models.toy: expected a mapping of keys to values, got None",
        ),
        ("models: {5: {}}", "models.yaml: models.5: a name is letters, digits"),
        *(
            (
                f"models: {{a: {{type: local, model_path: p, {setting}}}}}",
                f"models.yaml: models.a.{place}: expected {kind}, got {got}",
            )
            for setting, place, kind, got in (
                ("decoding: {max_new_tokens: true}", "decoding.max_new_tokens", INTEGER, True),
                ("decoding: {max_new_tokens: '9'}", "decoding.max_new_tokens", INTEGER, "'9'"),
                ("decoding: {temperature: true}", "decoding.temperature", NUMBER, True),
                ("decoding: {top_p: true}", "decoding.top_p", NUMBER, True),
                ("decoding: {seed: true}", "decoding.seed", INTEGER, True),
                ("batch_tokens: true", "batch_tokens", INTEGER, True),
                ("threads: 1.0", "threads", INTEGER, 1.0),
            )
        ),
    ],
    ids=[
        "default a list",
        "default a number",
        "type a list",
        "no type",
        "entry a number",
        "entry empty",
        "name a number",
        "no count",
        "a quoted count",
        "no temperature",
        "no share",
        "no seed",
        "no batch",
        "no whole count",
    ],
)
def test_a_value_of_the_wrong_kind_is_named(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        load_registry(write(tmp_path, text if "models:" in text else f"{text}\nmodels: {{}}"))
    assert problem in problems(caught)


def test_the_default_is_taken_when_no_model_is_named(tmp_path: Path) -> None:
    assert [model.name for model in choose(tmp_path)] == ["canned"]


def test_models_come_in_the_order_asked_for_and_once(tmp_path: Path) -> None:
    found = choose(tmp_path, names=("other", "canned", "other"))
    assert [model.name for model in found] == ["other", "canned"]


def test_all_wrong_names_are_given_with_the_nearest_right_one(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        choose(tmp_path, names=("cannde", "gpt-4o-mni"))
    found = problems(caught)
    assert "unknown model 'cannde'" in found
    assert "Did you mean 'canned'?" in found
    assert "Did you mean 'gpt-4o-mini'?" in found


def test_a_registry_without_default_asks_for_a_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no default; pick one: --model NAME, of canned"):
        choose(tmp_path, GOOD.replace("default: canned\n", ""))


def test_a_missing_answers_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"model 'canned': .*nowhere\.yaml: no such file"):
        choose(
            tmp_path,
            GOOD.replace(
                "canned: {type: scripted, answers: answers",
                "canned: {type: scripted, answers: nowhere",
            ),
        )


def test_a_broken_answers_file_is_named(tmp_path: Path) -> None:
    registry = load_registry(write(tmp_path, GOOD))
    (tmp_path / "answers.yaml").write_text("answrs: {}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        choose_models(registry, ModelFlags(), [tmp_path], lambda path: "0")
    assert "model 'canned': " in problems(caught)
    assert "answers.yaml: answrs: unknown key 'answrs'; known: answers, " in problems(caught)


def test_a_limit_of_tokens_on_the_command_line_wins(tmp_path: Path) -> None:
    (model,) = choose(tmp_path, max_new_tokens=7, batch_tokens=99, batch_size=3)
    assert model.decoding == Decoding(max_new_tokens=7)
    assert (model.batch_tokens, model.batch_size) == (99, 3)


def test_the_list_marks_the_default(tmp_path: Path) -> None:
    lines = list_models(load_registry(write(tmp_path, GOOD)))
    assert lines[0] == "* canned       scripted   answers answers.yaml"
    assert lines[2].startswith("  gpt-4o-mini  api")
    assert lines[2].endswith("provider openai, model gpt-4o-mini")
