"""`default_for` of a registry: a task that is put to another model when none is named."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests import toy_extraction
from tests.toy_project import GOOD, IDS, ToyProject


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    """Two tasks and two models that each know the answers to one of them."""
    project = ToyProject(pytester, monkeypatch)
    pytester.makepyfile(test_extraction=toy_extraction.TEST_FILE)
    toy_extraction.ask(project)
    write_models(project, {"extraction": "reader"})
    told = {f"c{index:02d}": toy_extraction.RIGHT for index in range(4)}
    (project.path / "reader.yaml").write_text(yaml.safe_dump({"answers": told}))
    (project.path / "toy.yaml").write_text(yaml.safe_dump({"answers": dict.fromkeys(IDS, GOOD)}))
    return project


def write_models(toy: ToyProject, default_for: Any) -> None:
    models = {name: {"type": "scripted", "answers": f"{name}.yaml"} for name in ("toy", "reader")}
    data = {"default": "toy", "default_for": default_for, "models": models}
    (toy.path / "models.yaml").write_text(yaml.safe_dump(data))


def asked(toy: ToyProject) -> list[tuple[str, str, int]]:
    newest = max((toy.path / ".suite" / "runs").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    run = json.loads((newest / "run.json").read_text())
    return sorted((each["model"], each["task"], each["selected"]) for each in run["summary"])


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_each_task_goes_to_its_own_default(toy: ToyProject, workers: str) -> None:
    toy.run(workers)
    assert asked(toy) == [("reader", "extraction", 4), ("toy", "format", 10)]


def test_a_named_model_gets_every_task(toy: ToyProject) -> None:
    toy.run("--model", "toy")
    assert asked(toy) == [("toy", "extraction", 4), ("toy", "format", 10)]


def test_one_task_alone_opens_its_default_only(toy: ToyProject) -> None:
    (toy.path / "toy.yaml").unlink()  # would be refused, if it were looked at
    toy.run("-m", "extraction")
    assert asked(toy) == [("reader", "extraction", 4)]


def test_a_default_that_is_no_model_is_named(toy: ToyProject) -> None:
    write_models(toy, {"extraction": "raeder"})
    result = toy.run("-m", "extraction")
    result.stderr.fnmatch_lines(
        ["*models.yaml: default_for.extraction: unknown model 'raeder'; *Did you mean 'reader'?*"]
    )


def test_the_list_of_models_tells_the_defaults(toy: ToyProject) -> None:
    result = toy.run("--list-models")
    result.stdout.fnmatch_lines(["*reader *(default for extraction)"])


def test_a_name_may_say_its_tasks(toy: ToyProject) -> None:
    toy.run("--model", "reader:extraction", "--model", "toy:format", "--model", "toy")
    assert asked(toy) == [
        ("reader", "extraction", 4),
        ("toy", "extraction", 4),  # once without: all of them
        ("toy", "format", 10),
    ]


def test_a_task_behind_a_name_that_does_not_exist_is_named(toy: ToyProject) -> None:
    result = toy.run("--model", "toy:fromat")
    result.stderr.fnmatch_lines(["*--model toy:fromat: unknown task 'fromat'; *'format'?*"])


def test_a_recorded_run_of_several_models_is_replayed_by_name_and_task(toy: ToyProject) -> None:
    toy.run("--output", "run")
    pairs = ("--model", "reader:extraction", "--model", "toy:format")
    result = toy.run("--replay", "run", *pairs)
    assert result.ret != 4, result.stderr.str()
    assert asked(toy) == [("reader", "extraction", 4), ("toy", "format", 10)]
