"""A training's folders: it goes on with the same run only; mistakes are told before any load."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fixtures.devices import find_device
from suite.errors import InputError
from train.__main__ import app
from train.manifest import build_manifest
from train.precision import Accelerator
from train.sft_config import SftConfig
from train.sft_measure import Evaluation
from train.sft_run import (
    choose_place,
    find_checked_base,
    hash_base,
    last_checkpoint,
    open_run,
    pin_data,
    start_stopwatch,
)

EXAMPLES = Path(__file__).parents[1] / "train" / "examples"
HASHES = {"model.safetensors": "ab" * 32}


def make_config(folder: Path, **changes: object) -> SftConfig:
    base = folder / "base"
    base.mkdir(exist_ok=True)
    (base / "config.json").write_text("{}", encoding="utf-8")
    (base / "tokenizer.json").write_text("{}", encoding="utf-8")
    (base / "model.safetensors").write_bytes(b"weights")
    settings = {
        "base": str(base),
        "output_dir": folder / "run",
        "adapter_dir": folder / "adapter",
        "data": {
            "train_file": EXAMPLES / "train.jsonl",
            "eval_file": EXAMPLES / "eval.jsonl",
        },
    }
    return SftConfig.model_validate(settings | changes)


def evaluation(step: int, rate: float, schema: float, loss: float) -> Evaluation:
    return Evaluation(
        step=step,
        n=200,
        format_success_rate=rate,
        schema_valid_rate=schema,
        duplicate_json_objects_rate=0.005,
        exact_object_rate=0.5,
        eval_loss=loss,
    )


def run_sft(config: SftConfig, folder: Path, *options: str) -> Result:
    path = folder / "sft.yaml"
    # JSON is YAML
    path.write_text(config.model_dump_json(exclude_none=True), encoding="utf-8")
    return CliRunner().invoke(app, ["sft", "--config", str(path), *options])


def test_the_base_is_hashed_by_file(tmp_path: Path) -> None:
    make_config(tmp_path)
    assert hash_base(tmp_path / "base") == {
        "config.json": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "model.safetensors": "9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c",
        "tokenizer.json": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    }


def test_the_commit_of_a_hub_base_goes_into_record_and_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    hub = tmp_path / "hub" / "models--someone--model"
    snapshot = hub / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (hub / "refs").mkdir()
    (hub / "refs" / "main").write_text(commit, encoding="utf-8")
    for name in ("config.json", "tokenizer.json"):
        (snapshot / name).write_text("{}", encoding="utf-8")
    (snapshot / "model.safetensors").write_bytes(b"weights")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    config = make_config(tmp_path, base="someone/model", revision="main")
    base = find_checked_base(config)
    assert (base.folder, base.revision) == (snapshot, commit)
    open_run(config, HASHES, resume=False, revision=base.revision)
    record = json.loads((config.output_dir / "run.json").read_text(encoding="utf-8"))
    assert record["base_revision"] == commit
    assert open_run(config, HASHES, resume=True, revision="ff" * 20)
    manifest = build_manifest(
        config, base.revision, None, HASHES, {}, evaluation(0, 0, 0, 1), evaluation(1, 1, 1, 0)
    )
    assert manifest["base"] == {"path": "someone/model", "revision": commit, "files": HASHES}


@pytest.mark.parametrize(
    ("asked", "found", "place"),
    [
        ({}, "cuda", ("cpu", "float32")),
        ({"device": "auto"}, "cuda", ("cuda", "bfloat16")),
        ({"device": "auto", "dtype": "float32"}, "cuda", ("cuda", "float32")),
        ({"device": "auto"}, "cpu", ("cpu", "float32")),
        ({"device": "auto"}, "mps", ("cpu", "float32")),
        ({"dtype": "bfloat16"}, "cpu", ("cpu", "bfloat16")),
    ],
    ids=["default", "auto-gpu", "auto-gpu-fp32", "auto-cpu", "auto-apple", "cpu-bf16"],
)
def test_the_device_decides_the_dtype(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked: dict[str, str],
    found: str,
    place: tuple[str, str],
) -> None:
    monkeypatch.setattr("train.sft_run.find_device", lambda: found)
    if place[0] == "cuda":  # this machine may have none
        gpu = Accelerator("cuda", "A100", (8, 0))
        monkeypatch.setattr("train.sft_run.probe_device", lambda device: gpu)
    config = choose_place(make_config(tmp_path, **asked))
    assert (config.device, config.dtype) == place


@pytest.mark.skipif(find_device() == "cuda", reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_told_before_anything_is_made(tmp_path: Path) -> None:
    done = run_sft(make_config(tmp_path), tmp_path, "device=cuda")
    assert done.exit_code == 2
    assert "train sft: device: cuda: torch " in done.output
    assert "sees no GPU here; device=cpu trains without one" in done.output
    assert not (tmp_path / "run").exists()


def test_a_missing_base_is_told_with_the_command_that_makes_it(tmp_path: Path) -> None:
    done = run_sft(make_config(tmp_path), tmp_path, f"base={tmp_path / 'nowhere'}")
    assert done.exit_code == 2
    assert f"train sft: base: {tmp_path / 'nowhere'}: no such model folder" in done.output


def test_a_broken_data_row_is_told_with_file_and_line(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"prompt": "x", "completion": "{}"}\n{"prompt": 1\n', encoding="utf-8")
    done = run_sft(make_config(tmp_path), tmp_path, f"data.train_file={rows}")
    assert done.exit_code == 2
    assert f"train sft: {rows}: line 2: not strict JSON" in done.output
    assert not (tmp_path / "run").exists()


def test_a_missing_data_file_is_told(tmp_path: Path) -> None:
    done = run_sft(make_config(tmp_path), tmp_path, "data.eval_file=gone.jsonl")
    assert (done.exit_code, done.output) == (
        2,
        "train sft: data.eval_file: gone.jsonl: no such file\n",
    )


def test_the_data_are_looked_at_before_a_base_is_fetched(tmp_path: Path) -> None:
    options = ("base=nobody/nothing", "revision=main", "data.eval_file=gone.jsonl")
    done = run_sft(make_config(tmp_path), tmp_path, *options)
    assert done.output == "train sft: data.eval_file: gone.jsonl: no such file\n"


def test_the_metric_is_checked_on_the_rows_that_are_measured(tmp_path: Path) -> None:
    rows = tmp_path / "eval.jsonl"
    lines = ('{"prompt": "a", "completion": "Paris"}', '{"prompt": "b", "completion": "{}"}')
    rows.write_text("\n".join(reversed(lines)), encoding="utf-8")
    asked = (f"data.eval_file={rows}", "evaluation.metric=exact_answer_rate")
    allowed = run_sft(make_config(tmp_path), tmp_path, *asked, f"base={tmp_path / 'nowhere'}")
    assert "no such model folder" in allowed.output
    refused = run_sft(make_config(tmp_path), tmp_path, *asked, "evaluation.rows=1")
    assert "evaluation.metric: exact_answer_rate is not measured" in refused.output
    assert not (tmp_path / "run").exists()


def test_an_unknown_key_is_told_before_anything_else(tmp_path: Path) -> None:
    done = run_sft(make_config(tmp_path), tmp_path, "trianing.epochs=2")
    assert done.exit_code == 2
    assert "trianing: unknown key 'trianing'" in done.output
    assert "Did you mean 'training'?" in done.output


def test_a_run_folder_is_not_started_twice(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    assert open_run(config, HASHES, resume=False) is False
    with pytest.raises(InputError, match="holds a run already; --resume goes on with it"):
        open_run(config, HASHES, resume=False)
    assert open_run(config, HASHES, resume=True) is True


def test_another_run_is_not_gone_on_with(tmp_path: Path) -> None:
    open_run(make_config(tmp_path), HASHES, resume=False)
    other = make_config(tmp_path, training={"learning_rate": 0.5}, seed=3)
    with pytest.raises(InputError) as caught:
        open_run(other, {"model.safetensors": "cd" * 32}, resume=True)
    run = tmp_path / "run"
    assert caught.value.problems == (
        f"{run}: base_files.model.safetensors: the run has {'ab' * 32!r}, this is {'cd' * 32!r}",
        f"{run}: settings.seed: the run has 0, this is 3",
        f"{run}: settings.training.learning_rate: the run has 0.001, this is 0.5",
        f"{run}: --resume goes on with the same settings only; --overwrite starts again",
    )


def test_a_run_that_moved_is_gone_on_with(tmp_path: Path) -> None:
    open_run(make_config(tmp_path), HASHES, resume=False)
    (tmp_path / "run").rename(tmp_path / "moved")
    assert open_run(make_config(tmp_path, output_dir=tmp_path / "moved"), HASHES, resume=True)


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    config.output_dir.mkdir()
    thesis = config.output_dir / "thesis.txt"
    thesis.write_text("years", encoding="utf-8")
    done = run_sft(config, tmp_path, "--overwrite")
    assert done.exit_code == 2
    assert "is not empty and holds no run.json" in done.output
    assert thesis.read_text(encoding="utf-8") == "years"


def test_an_adapter_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    config.adapter_dir.mkdir()
    (config.adapter_dir / "thesis.txt").write_text("years", encoding="utf-8")
    with pytest.raises(InputError, match=r"holds no adapter with a manifest\.json"):
        open_run(config, HASHES, resume=False)


def test_overwrite_deletes_nothing_when_the_adapter_folder_is_refused(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    open_run(config, HASHES, resume=False)
    config.adapter_dir.mkdir()
    (config.adapter_dir / "thesis.txt").write_text("years", encoding="utf-8")
    done = run_sft(config, tmp_path, "--overwrite")
    assert done.exit_code == 2
    assert "holds no adapter with a manifest.json" in done.output
    assert (config.output_dir / "run.json").is_file()


def test_overwrite_deletes_no_data_file_that_lies_in_the_run_folder(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    open_run(config, HASHES, resume=False)
    rows = config.output_dir / "data" / "train.jsonl"
    rows.parent.mkdir()
    rows.write_bytes((EXAMPLES / "train.jsonl").read_bytes())
    done = run_sft(config, tmp_path, "--overwrite", f"data.train_file={rows}")
    assert done.exit_code == 2
    assert f"train sft: {rows}: lies in {config.output_dir}, which --overwrite" in done.output
    assert rows.is_file()


def test_the_time_of_a_killed_session_counts(tmp_path: Path) -> None:
    first = start_stopwatch(tmp_path, time.monotonic() - 100)
    assert 100 <= first.keep() < 110
    assert 150 <= replace(first, started=time.monotonic() - 150).keep() < 160
    # killed here: nothing is called at the end
    second = start_stopwatch(tmp_path, time.monotonic() - 30)
    assert 180 <= second.keep() < 190


def test_other_data_are_not_gone_on_with(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    open_run(config, HASHES, resume=False)
    pin_data(config.output_dir, {"train.jsonl": "aa"})
    pin_data(config.output_dir, {"train.jsonl": "aa"})
    assert open_run(config, HASHES, resume=True)
    with pytest.raises(InputError, match=r"data_files\.train\.jsonl: the run has 'aa'"):
        pin_data(config.output_dir, {"train.jsonl": "bb"})


def test_a_checkpoint_cut_short_is_passed_over(tmp_path: Path) -> None:
    assert last_checkpoint(tmp_path) is None
    for step, state in ((20, "{}"), (100, "{}"), (120, '{"global_st')):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        (folder / "trainer_state.json").write_text(state, encoding="utf-8")
    (tmp_path / "checkpoint-140").mkdir()
    assert last_checkpoint(tmp_path) == tmp_path / "checkpoint-100"
