"""Architectures that people fine-tune: a small random model of each, with its template, trains.

The templates are those of the published folders in short: how a turn begins and ends, what opens a
conversation, which role has another name. Whether real weights get better is not asked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_models import TEMPLATE, TWO_LAYERS, make_tokenizer
from tests.tiny_trainers import losses, make_trainer, trained

pytestmark = [
    # trl 1.16 with transformers 5.23: renamed, not gone
    pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning"),
]

ROOT = Path(__file__).parents[1]
NOT_LEARNED = -100
LLAMA = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'"
    " + message['content'] | trim + '<|eot_id|>' }}{% endfor %}"
    "{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
PHI = (
    "{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% else %}{{ eos_token }}{% endif %}"
)
GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}"
    "{% set role = 'model' if message['role'] == 'assistant' else message['role'] %}"
    "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
PARTS = {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
FUSED = {"qkv_proj", "o_proj", "gate_up_proj", "down_proj"}


@dataclass(frozen=True)
class Family:
    """What tells one architecture from another, as far as training goes."""

    kind: str
    """Prefix of the classes in transformers."""
    template: str = TEMPLATE
    bos: str | None = None
    eos: str = "<|im_end|>"
    pad: str | None = "<|pad|>"
    marks: tuple[str, ...] = ()
    """Special tokens besides those three."""
    end: str = "<|im_end|>"
    """Ends a turn; not always the eos."""
    layers: frozenset[str] = frozenset(PARTS)
    config: dict[str, Any] = field(default_factory=dict)
    settings: tuple[str, ...] = ()
    """Of the training."""


FAMILIES = [
    Family("Qwen2", config={"tie_word_embeddings": True}),
    Family("Qwen3", config={"head_dim": 16, "tie_word_embeddings": True}),
    Family(  # its tokenizer has no pad token
        "Llama",
        LLAMA,
        bos="<|begin_of_text|>",
        eos="<|eot_id|>",
        pad=None,
        marks=("<|start_header_id|>", "<|end_header_id|>"),
        end="<|eot_id|>",
    ),
    Family(  # its turns do not end with the eos, and it pads with the eos
        "Phi3",
        PHI,
        eos="<|endoftext|>",
        pad="<|endoftext|>",
        marks=("<|system|>", "<|user|>", "<|assistant|>", "<|end|>"),
        end="<|end|>",
        layers=frozenset(FUSED),
        config={"partial_rotary_factor": 0.75, "tie_word_embeddings": True},
    ),
    *(
        Family(
            kind,
            GEMMA,
            bos="<bos>",
            eos="<eos>",
            pad="<pad>",
            marks=("<start_of_turn>", "<end_of_turn>"),
            end="<end_of_turn>",
            config={"head_dim": 16, "tie_word_embeddings": True},
            settings=settings,
        )
        for kind, settings in (
            ("Gemma", ()),
            ("Gemma2", ("attn_implementation=eager",)),  # transformers 5.23 has no other for it
            ("Gemma3", ()),
        )
    ),
]
ROWS = [
    {"prompt": "Ada is 36. JSON.", "completion": '{"name": "Ada", "age": 36}'},
    {"prompt": "Nothing?", "completion": "{}"},
]


def make_family(folder: Path, family: Family) -> Path:
    """Save a random model of two layers with the tokenizer and template of its family."""
    import torch
    import transformers

    tokenizer = make_tokenizer(folder)
    named = {"bos_token": family.bos, "eos_token": family.eos, "pad_token": family.pad}
    tokenizer.add_special_tokens({key: token for key, token in named.items() if token})
    tokenizer.add_special_tokens({"extra_special_tokens": list(family.marks)})
    if family.pad is None:
        tokenizer.pad_token = None
    tokenizer.chat_template = family.template
    tokenizer.save_pretrained(folder)
    size = {
        **TWO_LAYERS,
        "vocab_size": len(tokenizer),
        "max_position_embeddings": 1024,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    torch.manual_seed(0)
    suffix = "TextConfig" if family.kind == "Gemma3" else "Config"
    config = getattr(transformers, f"{family.kind}{suffix}")(**size | family.config)
    getattr(transformers, f"{family.kind}ForCausalLM")(config).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.kind)
def test_a_step_trains_every_linear_layer_and_learns_the_end_of_a_turn(
    family: Family, tmp_path: Path
) -> None:
    base = make_family(tmp_path / "base", family)
    settings = ("quantization=nf4", "training.batch_size=2", *family.settings)
    trainer = make_trainer(base, tmp_path, ROWS, *settings)
    (batch,) = trainer.get_train_dataloader()
    end = trainer.processing_class.convert_tokens_to_ids(family.end)
    for labels in batch["labels"].tolist():
        learned = [label for label in labels if label != NOT_LEARNED]
        assert trainer.processing_class.decode(learned[:-1]) in ('{"name": "Ada", "age": 36}', "{}")
        assert learned[-1] == end
    before = trained(trainer)
    trainer.train()
    assert len(losses(trainer)) == 1
    assert 0 < losses(trainer)[0] < 10
    after = trained(trainer)
    layers = {name.split(".lora_")[0].rpartition(".")[2] for name in after}
    assert layers == family.layers  # `all-linear`: the output layer is left alone
    assert len(after) == 2 * 2 * len(layers)
    for name, weight in after.items():
        if "lora_B" in name:  # at zero it lets nothing flow back to lora_A in the first step
            assert (weight - before[name]).abs().max() > 0, name


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.kind)
def test_the_command_makes_an_adapter_that_the_engine_puts_on_its_base(
    family: Family, tmp_path: Path
) -> None:
    import torch
    from typer.testing import CliRunner

    from fixtures.hf_loading import load_model
    from train.__main__ import app
    from train.merge import MergeOptions, plan_merge

    base = make_family(tmp_path / "base", family)
    rows = tmp_path / "rows"
    rows.mkdir()
    for split, chosen in (("train", ROWS), ("eval", [{"prompt": "Else?", "completion": "[1]"}])):
        text = "".join(json.dumps(row) + "\n" for row in chosen)
        (rows / f"{split}.jsonl").write_text(text, encoding="utf-8")
    settings = {
        "base": base,
        "output_dir": tmp_path / "run",
        "adapter_dir": tmp_path / "adapter",
        "data.train_file": rows / "train.jsonl",
        "data.eval_file": rows / "eval.jsonl",
        "lora.target_modules": "all-linear",
        "training.threads": 1,
        "training.max_steps": 1,
        "training.warmup_ratio": 0,  # else its share of one step is that step, at rate 0
        "evaluation.max_new_tokens": 4,
    }
    config = ROOT / "train" / "configs" / "tiny_smoke.yaml"
    overrides = [f"{key}={value}" for key, value in settings.items()]
    done = CliRunner().invoke(app, ["sft", "--config", str(config), *overrides, *family.settings])
    assert done.exit_code == 0, done.output
    planned = plan_merge(MergeOptions(tmp_path / "adapter", tmp_path / "out"), [Path()])
    model = load_model(planned).model
    ids = torch.arange(4, 24).reshape(1, 20)
    with torch.inference_mode():
        changed = model(input_ids=ids).logits
        with model.disable_adapter():
            plain = model(input_ids=ids).logits
    assert (changed - plain).abs().max() > 1e-5
