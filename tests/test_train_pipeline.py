"""`train/pipeline.sh`: what it refuses, and in smoke size an accepted adapter in its own folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from suite.errors import InputError
from train.pipeline import assignments, plan_road, write_recipe

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "train" / "pipeline.sh"
TINY_JSON = ROOT / "train" / "configs" / "tiny_json.yaml"
KEPT = ("adapters", "goldens", "fixtures")


def run(*arguments: str | Path, called_in: Path = ROOT) -> subprocess.CompletedProcess[str]:
    names = ("GITHUB_STEP_SUMMARY", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }
    command = ["bash", str(SCRIPT), *map(str, arguments)]
    return subprocess.run(
        command, cwd=called_in, env=environment, capture_output=True, text=True, check=False
    )


def content(folder: str) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (ROOT / folder).rglob("*") if path.is_file()}


@pytest.mark.integration
def test_a_setting_that_is_none_ends_it_before_anything_is_made(tmp_path: Path) -> None:
    done = run("--smoke", tmp_path, "trianing.epochs=2")
    assert done.returncode == 2
    assert "trianing: unknown key 'trianing'" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.integration
def test_an_option_that_is_none_is_no_configuration(tmp_path: Path) -> None:
    done = run("--smoke", tmp_path, "--overwirte")
    assert done.returncode == 2
    assert "--overwirte: no option of this" in done.stderr
    assert list(tmp_path.iterdir()) == []


def settings_in(folder: Path, **changes: str) -> list[str]:
    paths = {"output_dir": str(folder / "run"), "adapter_dir": str(folder / "mine")} | changes
    return [f"{key}={value}" for key, value in paths.items()]


def verifier_config(folder: Path, **changes: object) -> Path:
    """Rows of files, of another task than the pipeline's own."""
    for split, start in {"train": 0, "eval": 50}.items():
        rows = [
            {"prompt": f"Is {n} plus {n + start} {2 * n + start}?", "completion": "1"}
            for n in range(start, start + 24)
        ]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{split}.jsonl").write_text(text, encoding="utf-8")
    document = yaml.safe_load(TINY_JSON.read_text(encoding="utf-8"))
    files = {f"{split}_file": str(folder / f"{split}.jsonl") for split in ("train", "eval")}
    document["data"] = {**files, "task": "verifier", "near_duplicate": 1.0}
    document["evaluation"] |= {"metric": "accuracy"}
    path = folder / "verifier.yaml"
    path.write_text(yaml.safe_dump(document | changes), encoding="utf-8")
    return path


def test_the_entry_of_the_registry_is_asked_only_for_its_own_adapter(tmp_path: Path) -> None:
    own = settings_in(tmp_path, adapter_dir=str(ROOT / "adapters" / "tiny_json"))
    assert plan_road(TINY_JSON, own, None).is_registered
    assert not plan_road(TINY_JSON, settings_in(tmp_path), None).is_registered


@pytest.mark.parametrize("name", ["tiny_json", "tiny_base"])
def test_an_adapter_with_the_name_of_another_model_is_refused(tmp_path: Path, name: str) -> None:
    taken = settings_in(tmp_path, adapter_dir=str(tmp_path / name))
    with pytest.raises(InputError, match=r"another model of this name.*end adapter_dir with"):
        plan_road(TINY_JSON, taken, None)


def test_a_task_is_judged_by_its_own_cases(tmp_path: Path) -> None:
    road = plan_road(verifier_config(tmp_path), settings_in(tmp_path), None)
    assert road.task == "verifier"
    made = plan_road(TINY_JSON, [*settings_in(tmp_path), "data.generate={task: qa}"], None)
    assert made.task == "qa"
    assert plan_road(TINY_JSON, settings_in(tmp_path), None).task == "format"


def test_the_smoke_size_of_files_asks_for_no_generated_rows(tmp_path: Path) -> None:
    road = plan_road(verifier_config(tmp_path), (), tmp_path / "smoke")
    assert road.config.training.max_steps == 4
    assert road.config.adapter_dir == tmp_path / "smoke" / "smoke_adapter"
    assert not write_recipe(road)


def test_tokens_are_counted_by_the_base_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    road = plan_road(TINY_JSON, settings_in(tmp_path), None)
    assert write_recipe(road)
    recipe = tmp_path / "run_pipeline" / "data.yaml"
    assert yaml.safe_load(recipe.read_text(encoding="utf-8"))["base"] == "fixtures/tiny"
    away = plan_road(
        TINY_JSON, settings_in(tmp_path, base="goldgate-tests/none", revision="a" * 40), None
    )
    assert write_recipe(away)
    assert yaml.safe_load(recipe.read_text(encoding="utf-8"))["base"] is None
    assert "goldgate-tests/none is not here yet" in capsys.readouterr().err


def test_a_base_of_the_hub_counts_once_it_is_cached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = "a" * 40
    snapshot = tmp_path / "hub" / "models--goldgate-tests--none" / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (snapshot / "tokenizer.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    hub = {"base": "goldgate-tests/none", "revision": commit}
    assert write_recipe(plan_road(TINY_JSON, settings_in(tmp_path, **hub), None))
    text = (tmp_path / "run_pipeline" / "data.yaml").read_text(encoding="utf-8")
    assert hub.items() <= yaml.safe_load(text).items()


def test_bash_reads_the_assignments_back_as_they_were(tmp_path: Path) -> None:
    odd = tmp_path / "it's $(echo here)"
    road = plan_road(TINY_JSON, settings_in(odd), None)
    script = f'{assignments(road, True)}\nprintf \'%s\\n\' "$adapter" "$task" "${{settings[@]}}"'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [str(odd / "mine"), "format", *road.settings]


@pytest.mark.slow
@pytest.mark.integration
@pytest.mark.parametrize(
    ("config", "task"), [("tiny_json", "format"), ("tiny_verifier", "verifier")]
)
def test_the_smoke_size_ends_with_an_accepted_adapter(
    config: str, task: str, tmp_path: Path
) -> None:
    before = {folder: content(folder) for folder in KEPT}
    done = run("--smoke", tmp_path, f"train/configs/{config}.yaml")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert {folder: content(folder) for folder in KEPT} == before
    said = done.stdout.partition("\naccepted\n")[2]
    places = [Path(line.split()[1]) for line in said.splitlines() if line.startswith("  ")]
    assert len(places) == 7
    assert all(place.exists() and tmp_path in place.parents for place in places), said
    goldens = json.loads((tmp_path / f"goldens/smoke_adapter/{task}.json").read_text("utf-8"))
    assert len(goldens["goldens"]) == 6
    dumped = (tmp_path / "run_pipeline" / "generations.jsonl").read_text("utf-8")
    assert len(dumped.splitlines()) == 6
    assert (tmp_path / "smoke_adapter" / "curves.png").is_file()
    assert "![Curves" in (tmp_path / "smoke_adapter" / "README.md").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.integration
def test_rows_of_files_are_judged_by_the_cases_of_their_task_and_may_start_anew(
    tmp_path: Path,
) -> None:
    verifier_config(tmp_path)
    # a run that is there is gone on with, or meets no --resume
    for word in ((), (), ("--overwrite",)):
        done = run("--smoke", "out", "verifier.yaml", *word, called_in=tmp_path)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        assert "\naccepted\n" in done.stdout
        assert f"adapter    {tmp_path}/out/smoke_adapter" in done.stdout
        assert (tmp_path / "out" / "goldens" / "smoke_adapter" / "verifier.json").is_file()
