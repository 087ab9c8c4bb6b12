"""A real model asked for labels: by the engine, and by pytest from cases to the run folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixtures.engine import Batch, EngineError
from fixtures.model import Decoding, Model, Prompt
from suite.verifier_score import VERIFIER_LABELS, VERIFIER_LAYOUT
from tests.tiny_models import make_adapter, make_base, write_manifest
from tests.toy_verifier import TEST_FILE, make_case

torch = pytest.importorskip("torch")
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def engine(base: Path) -> Any:
    from fixtures.hf_engine import HfEngine

    threads = torch.get_num_threads()
    decoding = Decoding(max_new_tokens=4)
    yield HfEngine(Model(name="m", type="local", base=base, threads=1, decoding=decoding))
    torch.set_num_threads(threads)


def generate(engine: Any, *prompts: Prompt) -> dict[int, Any]:
    found: dict[int, Any] = {}

    def take(batch: Batch) -> None:
        found.update(dict(batch.rows))

    engine.generate(prompts, take)
    return found


def prompt(text: str, labels: tuple[str, ...] = VERIFIER_LABELS) -> Prompt:
    return Prompt(text, (("user", text),), labels=labels)


def test_prompts_with_and_without_labels_are_answered_each_in_its_way(engine: Any) -> None:
    texts = ["Is 1 + 1 = 3?", "Hi", "Is 2 + 2 = 4 right?"]
    found = generate(engine, prompt(texts[0]), prompt(texts[1], ()), prompt(texts[2]))
    assert found[1].label_probabilities == ()
    assert 1 <= found[1].completion_tokens <= 4
    for index in (0, 2):
        answer = found[index]
        shares = {each.label: each.probability for each in answer.label_probabilities}
        assert list(shares) == list(VERIFIER_LABELS)
        assert answer.text == max(VERIFIER_LABELS, key=shares.__getitem__)
        assert answer.completion_tokens == 0  # nothing was generated
        assert answer.prompt_tokens > 10
        assert answer.margin is not None
        assert answer.margin > 0


def test_labels_that_lie_closer_than_the_noise_are_noted_as_a_near_tie(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (plain,) = generate(engine, prompt("Right?")).values()
    assert plain.near == ()
    monkeypatch.setattr(engine, "_near", plain.margin * 2)
    (answer,) = generate(engine, prompt("Right?")).values()
    (tie,) = answer.near
    tokens = engine._loaded.tokenizer.convert_tokens_to_ids([answer.text, *VERIFIER_LABELS])
    assert (tie.position, tie.margin, tie.token) == (0, plain.margin, tokens[0])
    assert {tie.token, tie.rival} == set(tokens[1:])


def test_labels_of_several_tokens_are_told_before_anything_is_answered(engine: Any) -> None:
    answered: list[Batch] = []
    with pytest.raises(EngineError, match="want one token for each label"):
        engine.generate([prompt("Hi", ()), prompt("Right?", ("10", "11"))], answered.append)
    assert answered == []


@pytest.mark.slow
def test_probabilities_of_a_run_are_those_of_a_plain_forward_pass(
    base: Path, tmp_path: Path
) -> None:
    adapter = make_adapter(tmp_path / "adapter", base, scale=0.3)
    write_manifest(adapter, base, decision_threshold=0.4)
    (tmp_path / "cases").mkdir()
    cases = [make_case(index) for index in range(8)]
    data = {"task": "verifier", "version": 1, "cases": cases}
    (tmp_path / "cases" / "verifier.yaml").write_text(yaml.safe_dump(data))
    entry = {
        "type": "local", "model_path": str(base), "lora_path": str(adapter), "device": "cpu",
        "dtype": "float32",
    }  # fmt: skip
    registry = {"default": "tiny", "models": {"tiny": entry}}
    (tmp_path / "models.yaml").write_text(yaml.safe_dump(registry))
    (tmp_path / "gates.yaml").write_text("verifier: {}\n")
    (tmp_path / "test_verifier.py").write_text(TEST_FILE)
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-p", "fixtures.plugin", "-p", "no:hypothesispytest",
            "--models=models.yaml", "--cases=cases", "--gates=gates.yaml", "--goldens=goldens",
            "--output=run", "--batch-size=3",
        ],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stdout + done.stderr  # a random model may be wrong
    lines = (tmp_path / "run" / "samples.jsonl").read_text().splitlines()
    found = {each["case_id"]: each for each in map(json.loads, lines)}
    assert len(found) == 8
    wanted = find_plainly(base, adapter, cases)
    for case_id, want in wanted.items():
        got = dict(found[case_id]["generation"]["label_probabilities"])
        assert [got["0"], got["1"]] == pytest.approx(want, abs=1e-5), case_id
        assert found[case_id]["generation"]["text"] == str(int(want[1] > want[0]))
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert run["models"]["tiny"]["decision_threshold"] == 0.4
    assert run["summary"][0]["measures"]["decision_threshold"]["value"] == 0.4


def find_plainly(base: Path, adapter: Path, cases: list[dict[str, Any]]) -> dict[str, list[float]]:
    """Return P(0) and P(1) by transformers and peft alone, one prompt at a time, unpadded."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast.from_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    model = PeftModel.from_pretrained(model, adapter).eval()
    ids = tokenizer.convert_tokens_to_ids(list(VERIFIER_LABELS))
    found = {}
    for case in cases:
        turns = VERIFIER_LAYOUT.fill(case)
        text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        encoded = tokenizer(text, add_special_tokens=False, return_tensors="pt")
        with torch.no_grad():
            logits = model(**encoded).logits[0, -1]
        found[case["id"]] = logits.softmax(-1)[ids].tolist()
    return found
