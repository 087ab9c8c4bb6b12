"""`goldgate diff`: two models on the same prompts, through the real command line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.recorded_runs import RecordedProject, problems_of, text_of


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RecordedProject:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    project = RecordedProject(pytester, monkeypatch)
    project.write_models("toy", "new")
    project.answer("c00", "c01", model="toy")
    project.answer("c01", model="new")
    return project


def diff(
    toy: RecordedProject, *arguments: str, models: tuple[str, ...] = ("toy", "new")
) -> list[str]:
    names = [part for name in models for part in ("--model", name)]
    return ["diff", "--models", "models.yaml", *names, *arguments]


def test_both_answers_stand_below_their_case_with_a_verdict_and_marked_words(
    toy: RecordedProject,
) -> None:
    result = toy.goldgate(*diff(toy, "--cases", "cases", "--num-prompts", "3"))
    assert result.ret == 0, problems_of(result)
    assert result.outlines[:13] == [
        "toy → new  3 of 10 cases of format; each loaded by itself",
        "",
        "c00",
        "asked  Say c00.",
        "toy    fails no_json: no JSON value in the text",
        "  │ [-no idea-]",
        "new    passes",
        '  │ {+{"n": 1}+}',
        "",
        "c01",
        "asked  Say c01.",
        "toy    fails no_json: no JSON value in the text",
        "  │ no idea",
    ]
    assert result.outlines[14] == "  │ the same text"
    assert "  toy  0.333 (1/3, 95% 0.061-0.792)" in result.outlines
    assert "  new  0.667 (2/3, 95% 0.208-0.939)" in result.outlines


def test_words_are_colored_instead_where_there_is_color(
    toy: RecordedProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    result = toy.goldgate(*diff(toy, "--cases", "cases", "--num-prompts", "1"))
    assert "\x1b[1;31mno idea\x1b[0m" in text_of(result)
    assert '\x1b[32m{"n": 1}\x1b[0m' in text_of(result)
    assert "[-" not in text_of(result)


def test_an_output_that_a_terminal_or_a_runner_would_obey_is_shown(toy: RecordedProject) -> None:
    toy.answer(model="toy", c00="::error::x \x1b[2J\n ##[error]y \u202e")
    result = toy.goldgate(*diff(toy, "--cases", "cases", "--num-prompts", "1"))
    assert "\x1b" not in text_of(result)
    assert "\u202e" not in text_of(result)
    assert "##[error]" not in text_of(result)
    assert "\\e[2J" in text_of(result)


def test_rows_of_a_file_are_asked(toy: RecordedProject) -> None:
    rows = toy.path / "rows.jsonl"
    rows.write_text('{"prompt": "One?", "id": "c00"}\n{"prompt": "Two?", "id": "c02"}\n')
    result = toy.goldgate(*diff(toy, "--cases-file", "rows.jsonl"))
    assert result.outlines[0] == "toy → new  2 of 2 cases of format; each loaded by itself"
    assert "asked  Two?" in result.outlines


def test_a_registry_from_elsewhere_means_the_files_beside_it(
    toy: RecordedProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = toy.goldgate(*diff(toy, "--cases=cases"))
    assert own.ret == 0
    elsewhere = toy.path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    # of the same name as one beside the registry
    (elsewhere / "toy.yaml").write_text("answers: {}\n")
    arguments = diff(toy, f"--cases={toy.path}/cases")
    arguments[2] = f"{toy.path}/models.yaml"
    assert toy.goldgate(*arguments).outlines == own.outlines
    arguments[2] = "../models.yaml"
    assert toy.goldgate(*arguments).outlines == own.outlines


def test_bad_names_and_silent_models_are_refused(toy: RecordedProject) -> None:
    one = toy.goldgate(*diff(toy, models=("toy",)))
    assert one.ret == 2
    assert "--model: give two names, --model A --model B; got toy" in problems_of(one)
    typo = toy.goldgate(*diff(toy, models=("toy", "newt")))
    assert typo.ret == 2
    assert "unknown model 'newt'; known: new, toy. Did you mean 'new'?" in problems_of(typo)
    both = toy.goldgate(*diff(toy, "--cases", "cases", "--cases-file", "rows.jsonl"))
    assert both.ret == 2
    toy.answer(model="new", c00=None)
    silent = toy.goldgate(*diff(toy, "--cases", "cases", "--num-prompts", "1"))
    assert silent.ret == 2
    assert "model 'new': " in problems_of(silent)
    assert "no answer to c00" in problems_of(silent)
    assert silent.outlines == []


@pytest.mark.slow
@pytest.mark.integration
def test_one_base_answers_with_its_adapter_off_and_on_as_two_models_alone_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fixtures import hf_engine
    from fixtures.hf_loading import load_model
    from fixtures.model_choice import ModelFlags
    from fixtures.side_by_side import answer_side_by_side, choose_pair
    from suite.case import Case
    from tests.tiny_models import make_adapter, make_base, write_manifest

    base = make_base(tmp_path / "base")
    other = make_base(tmp_path / "other", seed=5)
    write_manifest(make_adapter(tmp_path / "adapter", base), base)
    place = {"type": "local", "device": "cpu", "dtype": "float32"}
    decoding = {"decoding": {"max_new_tokens": 12}}
    models = {
        "plain": {**place, **decoding, "model_path": str(base)},
        "tuned": {
            **place,
            **decoding,
            "model_path": str(base),
            "lora_path": str(tmp_path / "adapter"),
        },
        "other": {**place, **decoding, "model_path": str(other)},
    }
    registry = tmp_path / "models.yaml"
    registry.write_text(yaml.safe_dump({"default": "plain", "models": models}))
    loaded: list[str] = []

    def count(model):  # type: ignore[no-untyped-def]
        loaded.append(model.name)
        return load_model(model)

    monkeypatch.setattr(hf_engine, "load_model", count)
    cases = [
        Case(task="format", id=name, messages=({"role": "user", "content": text},))
        for name, text in (("c00", "Give me JSON."), ("c01", "Ada, please: name and email."))
    ]

    def answer(*names: str) -> tuple[list[str], list[str], int]:
        pair = choose_pair(names, registry, tmp_path, ModelFlags(names=names))
        found = answer_side_by_side(pair, cases, lambda _: None)
        left, right = ([each.text for each in texts] for texts in found.answers)
        return left, right, found.loads

    plain, tuned, loads = answer("plain", "tuned")
    assert (loads, loaded) == (1, ["tuned"])
    assert plain != tuned
    assert answer("tuned", "plain") == (tuned, plain, 1)
    assert answer("plain", "other")[0] == plain
    assert answer("tuned", "other")[::2] == (tuned, 2)
    assert loaded == ["tuned", "tuned", "plain", "other", "tuned", "other"]
