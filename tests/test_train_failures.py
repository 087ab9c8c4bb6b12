"""What ends a training: no number, no room, no memory. Real errors; the long ones really train."""

from __future__ import annotations

import json
import math
import os
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from suite.errors import InputError
from tests.tiny_models import make_base
from train.__main__ import app
from train.failures import Failures, is_full, is_out_of_memory
from train.first_look import check_disk
from train.loss_guard import LossGuard, TrainingStopped, last_finite, split_rows
from train.quiet import hush

ROOT = Path(__file__).parents[1]
SMOKE = ROOT / "train" / "configs" / "tiny_smoke.yaml"
BROKEN = "~"
"""No other row has it, and its embedding is no number."""

WRITE_OVER_A_LIMIT = """
import resource, signal, sys
from pathlib import Path
import torch
from safetensors.torch import save_file
from train.failures import is_full
folder = Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
big = torch.zeros(10_000)
writes = {
    "python": lambda: (folder / "a").write_bytes(bytes(10_000)),
    "safetensors": lambda: save_file({"a": big}, folder / "b"),
    "torch": lambda: torch.save({"a": big}, folder / "c"),
}
for name, write in writes.items():
    try:
        write()
    except BaseException as error:
        print(name, type(error).__name__, is_full(error))
"""


def test_a_write_without_room_is_known_whoever_makes_it(tmp_path: Path) -> None:
    """Python, Rust and torch say it each in their own way."""
    done = subprocess.run(
        [sys.executable, "-c", WRITE_OVER_A_LIMIT, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line.split() for line in done.stdout.splitlines()]
    assert [(name, known) for name, _, known in found] == [
        ("python", "True"),
        ("safetensors", "True"),
        ("torch", "True"),
    ], done.stdout + done.stderr[-1000:]


@pytest.mark.parametrize(
    "error",
    [ValueError("x"), PermissionError(13, "denied"), KeyboardInterrupt(), RuntimeError("shape")],
    ids=lambda error: type(error).__name__,
)
def test_other_errors_are_left_alone(error: BaseException, tmp_path: Path) -> None:
    with pytest.raises(type(error)), Failures(tmp_path):
        raise error
    assert not is_full(error)
    assert not is_out_of_memory(error)


def test_a_full_disk_names_folder_and_bytes_and_what_is_kept(tmp_path: Path) -> None:
    for step in (2, 4):
        (tmp_path / f"checkpoint-{step}").mkdir()
    (tmp_path / "checkpoint-2" / "trainer_state.json").write_text("{}")
    failures = Failures(tmp_path, checkpoint_bytes=1_234_567)
    with pytest.raises(TrainingStopped) as caught, failures:
        raise OSError(28, "No space left on device", str(tmp_path / "checkpoint-4" / "x"))
    first, second, third = caught.value.problems
    folder = tmp_path / "checkpoint-4"
    assert first.startswith(f"{folder}: the disk is full: [Errno 28] No space left on device")
    assert re.fullmatch(
        rf"{re.escape(str(folder))}: [\d,]+ bytes are free there; "
        r"a checkpoint takes about 1,234,567 bytes",
        second,
    )
    assert third == (
        f"{tmp_path / 'checkpoint-2'} is whole: make room there, then --resume goes on from it"
    )


def test_too_little_room_is_told_before_the_base_is_loaded(tmp_path: Path) -> None:
    check_disk(tmp_path / "new" / "run", 1000)
    with pytest.raises(InputError) as caught:
        check_disk(tmp_path / "new" / "run", 1 << 60)
    assert f"output_dir: {tmp_path / 'new' / 'run'}: two checkpoints need about" in str(
        caught.value
    )
    assert "2,305,843,009,213,693,952 bytes" in str(caught.value)


def test_memory_that_runs_out_is_told_with_the_estimate_and_what_lowers_it(tmp_path: Path) -> None:
    import torch

    told = ["the training was estimated at 5.00 GiB", "quantization=nf4 takes less"]
    with pytest.raises(TrainingStopped) as caught, Failures(tmp_path, memory=told):
        torch.empty(1 << 58)
    assert caught.value.problems[0].startswith("out of memory: ")
    assert caught.value.problems[1:] == (
        "the training was estimated at 5.00 GiB",
        "quantization=nf4 takes less",
        "no checkpoint was saved before it: free some memory, then --resume starts again",
    )


def batch(**columns: list[list[int]]) -> dict[str, Any]:
    import torch

    return {name: torch.tensor(rows) for name, rows in columns.items()}


def test_a_batch_is_taken_apart_into_rows() -> None:
    padded = batch(input_ids=[[5, 6, 0], [7, 8, 9]], attention_mask=[[1, 1, 0], [1, 1, 1]])
    assert split_rows(padded) == [[5, 6], [7, 8, 9]]
    packed = batch(input_ids=[[5, 6, 7, 8, 9]], position_ids=[[0, 1, 0, 1, 2]])
    assert split_rows(packed) == [[5, 6], [7, 8, 9]]


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_no_number_stops_with_step_and_rows(tmp_path: Path, loss: float) -> None:
    guard = LossGuard(tmp_path, name_of=lambda ids: f"row {ids[0]}")
    guard.note(batch(input_ids=[[5, 6]]))
    guard.check_loss(1.5, step=7)
    guard.note(batch(input_ids=[[8, 9], [3, 4]]))
    with pytest.raises(TrainingStopped) as caught:
        guard.check_loss(loss, step=7)
    lines = caught.value.problems
    assert lines[0] == f"stopped at step 7: the loss is {loss}"
    assert lines[1] == "rows of that step: row 8, row 3"
    assert lines[2] == "no checkpoint was saved before it"


def test_a_gradient_that_is_no_number_names_all_rows_of_the_step(tmp_path: Path) -> None:
    guard = LossGuard(tmp_path, name_of=lambda ids: f"row {ids[0]}")
    guard.note(batch(input_ids=[[1, 1]]))
    guard.check_gradient(0.5, step=1)
    guard.note(batch(input_ids=[[5, 6]]))
    guard.note(batch(input_ids=[[8, 9]]))
    guard.check_gradient(None, step=2)  # in fp16
    guard.note(batch(input_ids=[[5, 6]]))
    guard.note(batch(input_ids=[[8, 9]]))
    with pytest.raises(TrainingStopped, match=r"rows of that step: row 5, row 8\n") as caught:
        guard.check_gradient(math.nan, step=3)
    assert caught.value.problems[0] == "stopped at step 3: the norm of the gradients is nan"


def test_the_last_good_checkpoint_holds_numbers_only(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    for step, value in ((2, 1.0), (4, 2.0), (6, math.nan)):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        weights = {"a": torch.tensor([value])}
        save_file(weights, folder / "adapter_model.safetensors")
        (folder / "trainer_state.json").write_text("{}")
    assert last_finite(tmp_path) == tmp_path / "checkpoint-4"
    (tmp_path / "checkpoint-4" / "trainer_state.json").unlink()
    assert last_finite(tmp_path) == tmp_path / "checkpoint-2"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small random model in which the embedding of one character is no number."""
    from safetensors.torch import load_file, save_file
    from transformers import AutoTokenizer

    folder = make_base(tmp_path_factory.mktemp("base"))
    path = folder / "model.safetensors"
    weights = load_file(path)
    (token,) = AutoTokenizer.from_pretrained(folder)(BROKEN)["input_ids"]
    weights["model.embed_tokens.weight"][token] = math.nan
    save_file(weights, path, metadata={"format": "pt"})
    return folder


def train(
    base: Path,
    folder: Path,
    *options: str,
    broken: bool = False,
    largest_file: int | None = None,
) -> subprocess.CompletedProcess[str]:
    rows = [
        {"id": f"row_{number}", "prompt": f"number {number}", "completion": f'{{"a": {number}}}'}
        for number in range(8)
    ]
    rows[5] |= {"id": "broken", "prompt": f"number {BROKEN}"}
    for name, chosen in (("train", rows[: 6 if broken else 5]), ("eval", rows[6:])):
        lines = "".join(json.dumps(row) + "\n" for row in chosen)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")

    def limit() -> None:
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))

    return subprocess.run(
        [sys.executable, "-m", "train", "sft", "--config", str(SMOKE)]
        + [f"base={base}", f"output_dir={folder / 'run'}", f"adapter_dir={folder / 'adapter'}"]
        + [f"data.{name}_file={folder / name}.jsonl" for name in ("train", "eval")]
        + ["training.threads=1", "training.batch_size=1", "training.epochs=1"]
        + ["evaluation.steps=1", "evaluation.rows=1", "evaluation.max_new_tokens=4", *options],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit,
    )


def test_what_is_refused_at_first_leaves_no_run_behind(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")  # else it stays set in this process
    for name in ("rows", "other"):
        text = f'{{"prompt": "{name}", "completion": "{{}}"}}\n'
        (tmp_path / f"{name}.jsonl").write_text(text, encoding="utf-8")
    run = tmp_path / "run"
    arguments = [f"base={base}", f"output_dir={run}", f"adapter_dir={tmp_path / 'adapter'}"]
    arguments += [
        f"data.train_file={tmp_path}/rows.jsonl",
        f"data.eval_file={tmp_path}/other.jsonl",
    ]
    done = CliRunner().invoke(app, ["sft", "--config", str(SMOKE), *arguments, "lora.r=2000000000"])
    assert done.exit_code == 2, done.output
    assert "train sft: not enough memory: weights, adapter and optimizer take" in done.output
    assert "train sft: quantization=" not in done.output, "it is nf4 already"
    assert not run.exists()


def test_rows_that_are_learned_and_measured_are_refused(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"id": "one", "prompt": "number one", "completion": "{}"}\n')
    arguments = [f"output_dir={tmp_path / 'run'}", f"adapter_dir={tmp_path / 'adapter'}"]
    arguments += [f"data.{split}_file={rows}" for split in ("train", "eval")]
    done = CliRunner().invoke(app, ["sft", "--config", str(SMOKE), *arguments])
    assert done.exit_code == 2, done.output
    assert "train row one is eval row one" in done.output
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("before", "local", "after"),
    [(None, True, "1"), (None, False, None), ("0", True, "0"), ("1", False, "1")],
    ids=["local", "hub", "local-told-otherwise", "hub-told-so"],
)
def test_only_a_base_of_this_machine_turns_the_hub_off(
    monkeypatch: pytest.MonkeyPatch, before: str | None, local: bool, after: str | None
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", before or "")
    if before is None:
        monkeypatch.delenv("HF_HUB_OFFLINE")
    hush(local)
    assert os.environ.get("HF_HUB_OFFLINE") == after


@pytest.mark.slow
def test_a_row_that_gives_no_number_stops_the_training(base: Path, tmp_path: Path) -> None:
    done = train(base, tmp_path, "quantization=none", "seed=1", broken=True)
    assert done.returncode == 2, done.stderr[-2000:]
    stopped = re.search(r"train sft: stopped at step (\d+): the loss is nan", done.stderr)
    assert stopped, done.stderr[-2000:]
    step = int(stopped[1])
    assert step > 1, "choose another seed: the row came first"
    assert "rows of that step: train row broken\n" in done.stderr
    good = tmp_path / "run" / f"checkpoint-{step - 1}"
    assert f"{good}: the last good checkpoint is kept; it is an adapter" in done.stderr
    assert (good / "adapter_model.safetensors").is_file()
    assert not (tmp_path / "adapter").exists()
    assert not (tmp_path / "run" / f"checkpoint-{step}").exists()


@pytest.mark.slow
def test_a_full_disk_is_told_and_the_run_goes_on_once_there_is_room(
    base: Path, tmp_path: Path
) -> None:
    """The first checkpoint's weights have room, its optimizer has none."""
    done = train(base, tmp_path, "lora.r=64", largest_file=600_000)
    assert done.returncode == 2, done.stderr[-2000:]
    run = tmp_path / "run"
    said = [line for line in done.stderr.splitlines() if line.startswith("train sft: ")]
    assert said[0].startswith(f"train sft: {run}: the disk is full: "), done.stderr[-2000:]
    assert re.fullmatch(
        rf"train sft: {run}: [\d,]+ bytes are free there, and no file may be larger than 600,000 "
        r"bytes \(ulimit -f\); a checkpoint takes about [\d,]+ bytes",
        said[1],
    )
    assert said[2].endswith(
        "no checkpoint was saved before it: make room there, then --resume starts again"
    )
    assert (run / "checkpoint-1" / "optimizer.pt").stat().st_size <= 600_000
    assert not (tmp_path / "adapter").exists()
    done = train(base, tmp_path, "lora.r=64", "--resume")
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "adapter" / "manifest.json").is_file()
    check_first_look(run / "preflight", done.stdout)


def check_first_look(folder: Path, printed: str) -> None:
    """What a finished run said of itself before its first step."""
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report["parameters"]["trained"] == 2 * 64 * (2 * 128 + 2 * 96 + 3 * 192)
    assert report["memory_bytes"]["estimated"]["peak"] > 600 << 20
    assert [(each["split"], each["rows"]) for each in report["lengths"]] == [
        ("train", 5),
        ("eval", 2),
    ]
    assert (folder / "lengths.png").read_bytes().startswith(b"\x89PNG")
    for line in (folder / "report.txt").read_text(encoding="utf-8").splitlines():
        assert line in printed
    examples = (folder / "examples.txt").read_text(encoding="utf-8")
    assert len(re.findall(r"^example \d of 3, ", examples, re.MULTILINE)) == 3
    answers = re.findall(r"^  ┃ (\{.*)$", examples, re.MULTILINE)
    assert len(answers) == 3
    assert all(re.fullmatch(r'\{"a": \d\}<\|im_end\|>', answer) for answer in answers)
    assert re.findall(r"^  ┊ (number \d)<\|im_end\|>$", examples, re.MULTILINE)
