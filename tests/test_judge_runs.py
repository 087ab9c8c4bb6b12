"""A judge in a session: asked once all answers are there, recorded, and not needed again."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fixtures.judge import choose_judge
from fixtures.registry import load_registry
from suite.__main__ import app
from suite.run import Run
from suite.run_folder import read_folder
from tests.toy_project import ToyProject
from tests.toy_qa import LOW, TOP, answer, ask, gate, grade, make_toy


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    return make_toy(pytester, monkeypatch)


def measures(run: Run) -> dict[str, tuple[float, int]]:
    (found,) = run.measures
    return {each.metric: (each.value, each.n) for each in found.of_all
            if each.metric.startswith("judge")}  # fmt: skip


def judged(toy: ToyProject, *arguments: str, folder: str = "out") -> Run:
    toy.run("--flips=gate", f"--output={folder}", *arguments)
    return read_folder(toy.path / folder).run


def plans(toy: ToyProject, run: str) -> dict[str, int]:
    """What was generated for a run, by the name of its plan."""
    connection = sqlite3.connect(toy.path / ".suite" / "cache.sqlite")
    rows = connection.execute("SELECT model, done FROM plans WHERE run = ?", [run]).fetchall()
    connection.close()
    return dict(rows)


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_grades_are_figures_of_the_run_and_change_no_verdict(toy: ToyProject, workers: str) -> None:
    answer(toy, c00="Tornvik")
    grade(toy, c00=LOW, c01=TOP, c02=LOW)
    result = toy.run(workers, "--flips=gate", "--judge=judge", "--output=out")
    result.stdout.fnmatch_lines(
        ["*judge_score * 3.000 (n=4, 95% *", "*judge_agreement * 0.750 (n=4, 95% *",
         "  toy: qa graded by judge, which may err as any model"]
    )  # fmt: skip
    run = read_folder(toy.path / "out").run
    assert measures(run)["judge_unscored"] == (0.0, 4)
    grades = {each.case_id: each.judgement and each.judgement.grades for each in run.results}
    assert [found and found.score for found in grades.values()] == [1, 5, 1, 5]
    assert [each.score and each.score.passed for each in run.results] == [False, True, True, True]
    assert plans(toy, run.id) == {"toy": 4, "judge as judge": 4}
    # the retry is asked of nobody, and the judge is no model under test
    assert [selection.model for selection in run.selections] == ["toy"]


def test_an_unreadable_reply_is_asked_for_once_more_and_then_unscored(toy: ToyProject) -> None:
    grade(toy, c00="5!", c00_retry=LOW, c01="5!", c01_retry="```json\n" + TOP + "\n```")
    run = judged(toy, "--judge=judge")
    found = {each.case_id: each.judgement for each in run.results}
    assert found["c00"] is not None
    assert [each.text for each in found["c00"].replies] == ["5!", LOW]
    assert found["c00"].grades is not None
    assert found["c01"] is not None
    assert (found["c01"].grades, found["c01"].reason) == (None, "code_fence")
    assert measures(run)["judge_score"] == (pytest.approx(11 / 3), 3)
    assert measures(run)["judge_unscored"] == (0.25, 4)
    assert plans(toy, run.id)["judge as judge, asked again"] == 2
    assert "1 unscored" in toy.run("--flips=gate", "--judge=judge").stdout.str()


def test_a_judge_is_asked_once_about_the_same_answer(toy: ToyProject) -> None:
    first = judged(toy, "--judge=judge")
    second = judged(toy, "--judge=judge")
    assert plans(toy, second.id) == {}
    assert measures(first) == measures(second)
    answer(toy, c00="Tornvik")
    assert plans(toy, judged(toy, "--judge=judge").id)["judge as judge"] == 1


def test_two_models_are_judged_each_by_its_own_answers(toy: ToyProject) -> None:
    toy.write_models("toy", "judge", "other")
    shutil.copy(toy.path / "toy.yaml", toy.path / "other.yaml")
    answer(toy, c00="Tornvik")
    run = judged(toy, "--model=toy", "--model=other", "--judge=judge")
    # three answers are the same, and one judgement does for both
    assert plans(toy, run.id)["judge as judge"] == 5
    assert len({r.judgement.item for r in run.results if r.judgement}) == 5


def test_the_model_under_test_may_be_its_own_judge(toy: ToyProject) -> None:
    run = judged(toy, "--judge=toy")
    assert measures(run) == {"judge_unscored": (1.0, 4)}
    assert run.judges["qa"].name == "toy"


def test_the_case_file_may_name_the_judge_and_the_command_line_another(toy: ToyProject) -> None:
    toy.write_models("toy", "judge", "strict")
    shutil.copy(toy.path / "judge.yaml", toy.path / "strict.yaml")
    ask(toy, judge="judge")
    assert judged(toy).judges["qa"].name == "judge"
    assert judged(toy, "--judge=strict").judges["qa"].name == "strict"


@pytest.mark.parametrize(
    ("option", "head", "said"),
    [
        ("--judge=nobody", None, "*--judge: *unknown model 'nobody'; known: judge, toy*"),
        (None, "nobody", "*qa.yaml: judge: *unknown model 'nobody'*"),
    ],
    ids=["option", "case file"],
)
def test_an_unknown_judge_is_told_before_anything_is_generated(
    toy: ToyProject, option: str | None, head: str | None, said: str
) -> None:
    ask(toy, **({"judge": head} if head else {}))
    result = toy.run(*([option] if option else []))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])


def test_a_judge_where_no_task_has_a_use_for_one_is_refused(toy: ToyProject) -> None:
    toy.write_cases(["f00"])
    result = toy.run("-m", "format", "--judge=judge")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--judge: no task that may be selected has judge metrics*qa*"])
    path = toy.path / "cases" / "format.yaml"
    path.write_text("judge: judge\n" + path.read_text())
    result = toy.run()
    result.stderr.fnmatch_lines(["*format.yaml: judge: task 'format' has no judge metrics*"])


def test_a_judge_is_looked_for_only_where_some_model_is_put_to_its_task(toy: ToyProject) -> None:
    toy.write_cases(["f00"])
    ask(toy, judge="nobody")
    assert toy.run("--model=toy:format").ret == pytest.ExitCode.OK
    result = toy.run("--model=toy:format", "--judge=judge")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--judge: no task that may be selected has judge metrics*qa*"])
    assert toy.run("--model=toy:format", "--model=judge:qa").ret == pytest.ExitCode.USAGE_ERROR


def test_a_judge_that_gives_no_reply_leaves_all_unscored_and_is_told(toy: ToyProject) -> None:
    gate(toy, judge_score_min={"value": 1, "reason": "r"})
    (toy.path / "judge.yaml").write_text("answers: {}")
    result = toy.run("--judge=judge", "--output=out", "--flips=gate")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*nothing of this run measures judge_score*",
                                 "*judge as judge: *no answer to c0*unscored*"])  # fmt: skip
    run = read_folder(toy.path / "out").run
    assert measures(run) == {"judge_unscored": (1.0, 4)}
    assert {each.judgement and each.judgement.reason for each in run.results} == {"no_reply"}


@pytest.mark.parametrize(("least", "status"), [(3.0, 0), (3.1, 1)], ids=["met", "missed"])
def test_a_gate_on_grades_decides_where_one_was_written(
    toy: ToyProject, least: float, status: int
) -> None:
    gate(toy, judge_score_min={"value": least, "reason": "r"})
    grade(toy, c00=LOW, c01=LOW)
    assert toy.run("--judge=judge", "--snapshot-update").ret == status


def test_a_judge_is_greedy_whatever_its_entry_says(tmp_path: Path) -> None:
    entry = {
        "type": "api", "provider": "openai", "model": "m", "base_url": "http://localhost:1/v1",
        "decoding": {"temperature": 0.9, "top_p": 0.5, "max_new_tokens": 77},
    }  # fmt: skip
    (tmp_path / "models.yaml").write_text(json.dumps({"models": {"j": entry}}))
    registry = load_registry(tmp_path / "models.yaml")
    judge = choose_judge("j", registry, [tmp_path], lambda path: "0")
    decoding = judge.model.decoding
    assert (decoding.temperature, decoding.top_p, decoding.max_new_tokens) == (0.0, 1.0, 77)
    assert judge.identity.conditions["decoding"]["temperature"] == 0.0


# --- without the judge


def forget(toy: ToyProject) -> None:
    """Leave nothing that could ask the judge again."""
    shutil.rmtree(toy.path / ".suite")
    toy.write_models("toy")
    (toy.path / "judge.yaml").unlink()


def test_a_replay_has_the_grades_that_were_recorded(toy: ToyProject) -> None:
    grade(toy, c00=LOW)
    then = judged(toy, "--judge=judge")
    ask(toy, judge="judge")  # a replay does not ask the judge of the case file
    forget(toy)
    again = judged(toy, "--replay=out", folder="again")
    assert measures(again) == measures(then)
    assert again.judges == then.judges
    assert [r.judgement for r in again.results] == [r.judgement for r in then.results]
    third = judged(toy, "--replay=again", "--as=renamed", folder="third")
    assert measures(third) == measures(then)


def test_a_recorded_run_can_be_given_to_a_judge(toy: ToyProject) -> None:
    assert measures(judged(toy)) == {}
    again = judged(toy, "--replay=out", "--judge=judge", folder="again")
    assert measures(again)["judge_score"] == (5.0, 4)
    assert again.judges["qa"].name == "judge"


def rescore(toy: ToyProject, *arguments: str) -> Run:
    done = CliRunner().invoke(app, ["rescore", *arguments])
    assert done.exit_code == 0, done.output
    return read_folder(toy.path / "now").run


def test_rescore_keeps_grades_and_drops_those_of_another_case(toy: ToyProject) -> None:
    grade(toy, c00=LOW)
    then = judged(toy, "--judge=judge")
    forget(toy)
    out, now = str(toy.path / "out"), str(toy.path / "now")
    assert measures(rescore(toy, out, "--output", now)) == measures(then)
    path = toy.path / "cases" / "qa.yaml"
    path.write_text(path.read_text().replace("- at Brattli", "- to Brattli"))
    moved = rescore(toy, out, "--cases", str(path.parent), "--output", now)
    assert measures(moved)["judge_score"] == (5.0, 3)
    assert measures(moved)["judge_unscored"] == (0.25, 4)


def test_shards_are_merged_with_their_grades(toy: ToyProject) -> None:
    grade(toy, c00=LOW)
    whole = judged(toy, "--judge=judge")
    parts = [judged(toy, "--judge=judge", f"--shard={n}/2", folder=f"s{n}") for n in (1, 2)]
    assert all(len(part.results) < 4 for part in parts)
    folders = [str(toy.path / name) for name in ("s1", "s2", "all")]
    done = CliRunner().invoke(app, ["merge", *folders[:2], "--output", folders[2]])
    assert done.exit_code in (0, 1), done.output
    merged = read_folder(toy.path / "all").run
    assert measures(merged) == measures(whole)
    assert merged.judges == whole.judges


@pytest.mark.parametrize("other", ["none", "name", "content"])
def test_shards_that_were_not_graded_alike_are_not_merged(toy: ToyProject, other: str) -> None:
    judged(toy, "--judge=judge", "--shard=1/2", folder="s1")
    toy.write_models("toy", "judge", "strict")
    shutil.copy(toy.path / "judge.yaml", toy.path / "strict.yaml")
    if other == "content":
        grade(toy, c00=LOW)
    option = {"none": [], "name": ["--judge=strict"], "content": ["--judge=judge"]}[other]
    judged(toy, *option, "--shard=2/2", folder="s2")
    folders = [str(toy.path / name) for name in ("s1", "s2")]
    done = CliRunner().invoke(app, ["merge", *folders, "--output", str(toy.path / "all")])
    assert done.exit_code == 2
    said = {
        "none": ["only one was graded"],
        "name": ["graded by ", "strict", "judge"],
        "content": ["the judge judge is not the same: answers"],
    }[other]
    assert [each for each in said if each not in done.output] == []


def test_the_page_shows_what_the_judge_said(toy: ToyProject) -> None:
    grade(toy, c00="<script>alert(1)</script>", c00_retry=LOW)
    judged(toy, "--judge=judge")
    page = (toy.path / "out" / "report.html").read_text()
    start = page.index('id="data">') + len('id="data">')
    data: Any = json.loads(page[start : page.index("</script>", start)])
    row = next(each for each in data["rows"] if each["id"] == "c00")
    assert row["judge"] == "score 1, faithfulness 1, completeness 1"
    assert row["reply"] == f"<script>alert(1)</script>\n\n{LOW}"
    assert "<script>alert" not in page
    assert "judge, judge of qa" in page


def test_a_run_without_a_judge_is_written_as_before(toy: ToyProject) -> None:
    judged(toy)
    assert not json.loads((toy.path / "out" / "run.json").read_text()).keys() & {"judges"}
    assert "judge" not in (toy.path / "out" / "samples.jsonl").read_text()


def test_an_interrupt_while_the_judge_is_asked_keeps_the_run(toy: ToyProject) -> None:
    path = toy.path / "judge.yaml"
    path.write_text(path.read_text() + "\nseconds_per_batch: 60\n")
    options = ["--models=models.yaml", "--cases=cases", "--gates=gates.yaml", "--output=out"]
    command = [sys.executable, "-m", "pytest", "-p", "fixtures.plugin", *options, "--judge=judge"]
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=toy.path, **pipes) as running:
        for line in running.stdout or ():
            if line.startswith("judge as judge:"):  # loading, or the first of its four answers
                running.send_signal(signal.SIGINT)
                break
        running.communicate()
    assert running.returncode == pytest.ExitCode.INTERRUPTED
    run = read_folder(toy.path / "out").run
    assert run.stopped
    assert [each.judgement for each in run.results] == [None] * 4
    assert all(each.score and each.score.passed for each in run.results)


def test_a_recorded_run_that_cannot_be_read_gives_its_answers_without_grades(
    toy: ToyProject,
) -> None:
    judged(toy, "--judge=judge")
    path = toy.path / "out" / "run.json"
    path.write_text(path.read_text().replace('"format": 2', '"format": 1'))
    result = toy.run("--replay=out", "--output=again", "--flips=gate")
    result.stdout.fnmatch_lines(["*no grades are taken from it: *format 1*"])
    assert measures(read_folder(toy.path / "again").run) == {}
