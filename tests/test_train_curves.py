"""Curves of a training: read from a run or from TensorBoard, drawn with the base's level."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from suite.errors import InputError
from train.__main__ import app
from train.curves import Curve, Curves, read_logdir, read_run
from train.plot import draw_card, draw_pictures, make_figure

ASKED = ["loss.png", "eval_loss.png", "format_success.png", "duplicates.png", "learning_rate.png"]


def write_run(folder: Path, **changes: Any) -> Path:
    """A run of twenty steps: measured at 0, 10 and 20, logged every five."""
    (folder / "evaluations").mkdir(parents=True)
    for step, rate, duplicates, loss in ((0, 0.31, 0.165, 0.9), (10, 0.9, 0.02, 0.3)):
        write_evaluation(folder, step, rate, duplicates, loss)
    write_evaluation(folder, 20, 0.97, 0.0, 0.25, **changes)
    checkpoint = folder / "checkpoint-20"
    checkpoint.mkdir()
    history = [
        {"step": step, "loss": 1 / step, "learning_rate": 1e-3 * (20 - step)}
        for step in (5, 10, 15, 20)
    ]
    history.append({"step": 20, "eval_loss": 0.25})
    state = json.dumps({"log_history": history})
    (checkpoint / "trainer_state.json").write_text(state, encoding="utf-8")
    return folder


def write_evaluation(
    folder: Path, step: int, rate: float, duplicates: float, loss: float, **changes: Any
) -> None:
    row = {
        "step": step,
        "n": 200,
        "eval_loss": loss,
        "format_success_rate": rate,
        "duplicate_json_objects_rate": duplicates,
        "accuracy": None,
        "reasons": {"extra_text": 6},
    }
    path = folder / "evaluations" / f"step_{step:05d}.json"
    path.write_text(json.dumps(row | changes), encoding="utf-8")


def write_events(folder: Path, scalars: dict[str, list[tuple[int, float]]]) -> None:
    """A TensorBoard file, without torch."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(folder))
    for tag, points in scalars.items():
        for step, value in points:
            summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
            writer.add_event(Event(step=step, wall_time=float(step), summary=summary))
    writer.close()


def size_of(path: Path) -> tuple[int, int]:
    head = path.read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def run_plot(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["plot", *map(str, arguments)])


def test_a_run_is_read_with_its_base_and_what_its_last_checkpoint_logged(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "run"))
    assert run.name == "run"
    assert run.by_metric["format_success_rate"] == Curve(((0, 0.31), (10, 0.9), (20, 0.97)), n=200)
    assert run.by_metric["eval_loss"] == Curve(((0, 0.9), (10, 0.3), (20, 0.25)))
    assert run.by_metric["eval_loss"].base == 0.9
    assert run.by_metric["loss"].points[0] == (5, 0.2)
    assert run.by_metric["loss"].base is None
    assert "accuracy" not in run.by_metric
    assert "reasons" not in run.by_metric


def test_a_loss_that_is_no_number_is_left_out(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "run", eval_loss=math.nan))
    assert run.by_metric["eval_loss"].points == ((0, 0.9), (10, 0.3))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: None, "no such run folder"),
        (lambda folder: folder.mkdir(), "not a run of `train sft`: it has no evaluations/"),
        (lambda folder: (folder / "evaluations").mkdir(parents=True), "nothing was measured yet"),
    ],
    ids=["nowhere", "no-run", "not-started"],
)
def test_what_is_no_run_is_told(tmp_path: Path, make: Any, message: str) -> None:
    make(tmp_path / "x")
    with pytest.raises(InputError, match=message):
        read_run(tmp_path / "x")


def test_a_broken_evaluation_is_named(tmp_path: Path) -> None:
    write_run(tmp_path / "run")
    broken = tmp_path / "run" / "evaluations" / "step_00010.json"
    broken.write_text("{", encoding="utf-8")
    done = run_plot(tmp_path / "run")
    assert done.exit_code == 2
    assert f"train plot: {broken}: not JSON" in done.output


def test_tensorboards_files_are_read_by_folder(tmp_path: Path) -> None:
    tags = {"train/loss": [(5, 0.5), (10, 0.25)], "eval/format_success_rate": [(0, 0.25)]}
    write_events(tmp_path / "a" / "tb", tags | {"eval/runtime": [(0, 9.0)]})
    write_events(tmp_path / "b", {"eval/loss": [(0, 1.0), (10, 0.5)]})
    # a resumed run did step 10 again
    write_events(tmp_path / "b", {"eval/loss": [(10, 0.75)]})
    first, second = read_logdir(tmp_path)
    assert (first.name, second.name) == ("a/tb", "b")
    assert set(first.by_metric) == {"loss", "format_success_rate"}
    assert first.by_metric["format_success_rate"].base == 0.25
    assert second.by_metric == {"eval_loss": Curve(((0, 1.0), (10, 0.75)))}


def test_a_logdir_without_files_is_told(tmp_path: Path) -> None:
    done = run_plot("--logdir", tmp_path)
    assert (done.exit_code, done.output) == (
        2,
        f"train plot: {tmp_path}: holds no TensorBoard files (events.out.tfevents.*)\n",
    )


@pytest.mark.parametrize(
    ("metric", "level", "text"),
    [
        ("format_success_rate", 0.31, "base (step 0): 0.310"),
        ("duplicate_json_objects_rate", 0.165, "base (step 0): 0.165"),
        ("eval_loss", 0.9, "base (step 0): 0.9000"),
        ("loss", 0.9, "base, evaluation loss (step 0): 0.9000"),
    ],
)
def test_the_level_of_step_0_is_drawn_across(
    tmp_path: Path, metric: str, level: float, text: str
) -> None:
    axes = make_figure(metric, [read_run(write_run(tmp_path / "run"))]).axes[0]
    dashed = [line for line in axes.lines if line.get_linestyle() == "--"]
    assert [list(line.get_ydata()) for line in dashed] == [[level, level]]
    assert list(dashed[0].get_xdata()) == [0, 1]  # of the width
    assert text in [found.get_text() for found in axes.texts]


def test_runs_on_one_base_share_its_line_and_a_name_is_no_mathematics(tmp_path: Path) -> None:
    one = read_run(write_run(tmp_path / "run"))
    two = Curves("$x$ \x1b[31m", one.by_metric)
    axes = make_figure("eval_loss", [one, two]).axes[0]
    assert len([line for line in axes.lines if line.get_linestyle() == "--"]) == 1
    legend = axes.get_legend()
    assert legend is not None
    assert [each.get_text() for each in legend.get_texts()] == ["run", r"\$x\$ \e[31m"]


def test_the_interval_of_a_rate_is_shaded_where_its_n_is_known(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "run"))
    rate = run.by_metric["format_success_rate"]
    bare = Curves("bare", {"format_success_rate": Curve(rate.points)})
    assert len(make_figure("format_success_rate", [run]).axes[0].collections) == 1
    assert len(make_figure("format_success_rate", [bare]).axes[0].collections) == 0


def test_the_command_writes_the_pictures_and_names_them(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run")
    done = run_plot(folder)
    assert done.exit_code == 0, done.output
    paths = [folder / "plots" / name for name in ASKED]
    assert done.output.splitlines() == [str(path) for path in paths]
    assert {size_of(path) for path in paths} == {(960, 555)}
    before = {path: path.read_bytes() for path in paths}
    assert run_plot(folder, "--out", tmp_path / "again").exit_code == 0
    again = {path: (tmp_path / "again" / path.name).read_bytes() for path in paths}
    assert again == before


def test_one_source_is_asked_for(tmp_path: Path) -> None:
    for arguments in ([], [tmp_path, "--logdir", tmp_path]):
        done = run_plot(*arguments)
        assert (done.exit_code, done.output) == (
            2,
            "train plot: name a run folder, or --logdir DIR; not both\n",
        )


def test_the_card_has_one_picture_with_the_kept_step_marked(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "run"))
    plain, marked = draw_card(run), draw_card(run, best_step=10)
    assert plain is not None
    assert marked is not None
    (tmp_path / "card.png").write_bytes(marked)
    assert size_of(tmp_path / "card.png") == (1560, 930)
    assert plain != marked


def test_only_what_was_measured_is_drawn(tmp_path: Path) -> None:
    run = Curves("verifier", {"accuracy": Curve(((0, 0.5), (10, 0.75)), n=8)})
    assert [path.name for path in draw_pictures([run], tmp_path)] == ["accuracy.png"]
    assert draw_card(run) is not None
