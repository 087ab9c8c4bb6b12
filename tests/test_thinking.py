"""What a chat template is told (`enable_thinking: false`) is a condition, and part of the prompt.

So are few-shot examples, in `chat` and in `raw`. Nothing here loads a model.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fixtures.file_hash import hash_file
from fixtures.identity import cache_key, identify
from fixtures.model import Model, make_prompt
from fixtures.model_choice import ModelFlags, choose_models
from fixtures.prompting import render
from fixtures.registry import load_registry
from suite.case_files import load_task_file
from tests.tiny_models import make_tokenizer

ROOT = Path(__file__).parents[1]
THINKING = """{%- for message in messages -%}
<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endfor -%}
<|im_start|>assistant
{% if enable_thinking is defined and enable_thinking is false %}<think>

</think>

{% endif %}"""
"""In the manner of Qwen3's template."""


def choose(folder: Path, *lines: str) -> list[Model]:
    (folder / "models.yaml").write_text("\n".join(["default: a", "models:", *lines]) + "\n")
    registry = load_registry(folder / "models.yaml")
    flags = ModelFlags(names=tuple(registry.entries))
    return choose_models(registry, flags, [folder], hash_file)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A base by its files; the weights are never read as weights."""
    (tmp_path / "base").mkdir()
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / "base" / name).write_text("{}")
    (tmp_path / "base" / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "base" / "chat_template.jinja").write_text(THINKING)
    return tmp_path


def entry(name: str, kwargs: str = "") -> str:
    more = f", chat_template_kwargs: {kwargs}" if kwargs else ""
    fixed = "device: cpu, dtype: float32"
    return f"  {name}: {{type: local, model_path: base, {fixed}{more}}}"


def test_what_the_template_is_told_changes_conditions_and_cache_key_only(base: Path) -> None:
    lines = [entry("a"), entry("b", "{enable_thinking: false}"), entry("c", "{}")]
    plain, told, empty = (identify(model, hash_file) for model in choose(base, *lines))
    assert told.conditions["chat_template_kwargs"] == {"enable_thinking": False}
    differing = {key for key in plain.conditions if plain.conditions[key] != told.conditions[key]}
    assert differing == {"chat_template_kwargs"}
    assert plain.subject == told.subject
    prompt = make_prompt(load_task_file(ROOT / "suite/cases/math.yaml").cases[0])
    assert cache_key(plain, prompt) != cache_key(told, prompt)
    assert cache_key(plain, prompt) == cache_key(empty, prompt)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = make_tokenizer(tmp_path_factory.mktemp("tokenizer"))
    made.chat_template = THINKING
    return made


def test_the_template_is_told_it(tokenizer: Any) -> None:
    turns = [("user", "6 * 4?")]
    plain = tokenizer.decode(render(tokenizer, turns, "chat"))
    quiet = tokenizer.decode(render(tokenizer, turns, "chat", {"enable_thinking": False}))
    assert plain.endswith("<|im_start|>assistant\n")
    assert quiet == plain + "<think>\n\n</think>\n\n"


@pytest.mark.parametrize("count", [0, 2])
def test_examples_are_turns_in_chat_and_one_text_in_raw(tokenizer: Any, count: int) -> None:
    file = load_task_file(ROOT / "suite/cases/math.yaml", num_fewshot=count)
    messages = make_prompt(file.cases[0]).messages
    chat = tokenizer.decode(render(tokenizer, messages, "chat"))
    raw = tokenizer.decode(render(tokenizer, messages, "raw"))
    assert chat.count("<|im_start|>assistant") == count + 1
    assert chat.count("#### ") == raw.count("#### ") == count
    assert raw == "\n\n".join(content for _, content in messages)
    assert raw.endswith("Question: " + file.cases[0].inputs["question"] + "\nAnswer:")
    if count:
        assert "Answer:\n\nThe crates hold 3 * 24 = 72 bottles.\n" in raw


def test_no_example_of_the_suite_is_a_case_of_it() -> None:
    file = load_task_file(ROOT / "suite/cases/math.yaml", num_fewshot=8)  # refuses one that is
    assert len(file.examples) == 8
    assert {len(case.messages) for case in file.cases} == {17}
