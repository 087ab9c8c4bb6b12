"""The anchored baseline: moved by `goldgate anchor` alone, and gated beside the rolling one."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
import yaml

from tests.toy_project import BAD, GOOD, ToyProject

METRIC = "format_success_rate"
RULE = {"no_regression": {"metrics": [METRIC], "alpha": 0.01, "warn_alpha": 0.05, "reason": "r"}}
IDS = [f"c{index:02d}" for index in range(40)]


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    """Forty cases, all accepted as passing."""
    project = ToyProject(pytester, monkeypatch)
    project.write_cases(IDS)
    project.write_gates(RULE)
    answer(project)
    assert project.run("--snapshot-update").ret == 0
    return project


def answer(toy: ToyProject, *bad: str) -> None:
    toy._write("toy.yaml", {"answers": {name: BAD if name in bad else GOOD for name in IDS}})


def anchor(toy: ToyProject, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `goldgate anchor` in the project."""
    command = [sys.executable, "-m", "suite", "anchor", *arguments]
    return subprocess.run(command, cwd=toy.path, capture_output=True, text=True, check=False)


def anchor_file(toy: ToyProject) -> bytes:
    return (toy.path / "goldens" / "toy" / "anchor" / "format.json").read_bytes()


def statuses(toy: ToyProject) -> dict[str, str]:
    run = json.loads((toy.path / "out" / "run.json").read_text())
    return {gate["name"]: gate["status"] for gate in run["gates"]}


def accept_losses(toy: ToyProject, number: int) -> list[dict[str, str]]:
    """Lose one more case per retraining, judge each, and accept it; return the gates of each."""
    found = []
    for lost in range(1, number + 1):
        answer(toy, *IDS[:lost])
        toy.run("--output=out")
        found.append(statuses(toy))
        toy.run("--snapshot-update", "--accept-regressions")
    return found


def test_small_accepted_losses_pass_one_by_one_and_fail_the_anchor(toy: ToyProject) -> None:
    assert anchor(toy).returncode == 0
    before = anchor_file(toy)
    found = accept_losses(toy, 12)
    assert [each["no_regression"] for each in found] == ["PASS"] * 12
    assert [each["no_regression_anchor"] for each in found] == [
        *["PASS"] * 5,  # two tests share the error budget: 2 / 2^n
        *["WARN"] * 2,
        *["FAIL"] * 5,
    ]
    assert anchor_file(toy) == before
    result = toy.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*FAIL * no_regression_anchor", "*12 broke, 0 fixed of 40 *"])


def test_accepting_does_not_excuse_a_loss_against_the_anchor(toy: ToyProject) -> None:
    anchor(toy)
    answer(toy, *IDS[:12])
    assert toy.run("--snapshot-update", "--accept-regressions", "--output=out").ret == 1
    assert statuses(toy) == {"no_regression": "WARN", "no_regression_anchor": "FAIL"}


def test_without_an_anchor_there_is_no_such_gate(toy: ToyProject) -> None:
    toy.run("--output=out")
    assert statuses(toy) == {"no_regression": "PASS"}


def test_an_anchor_is_not_moved_to_worse_verdicts_without_yes(toy: ToyProject) -> None:
    assert "a first anchor, 40 cases" in anchor(toy).stdout
    before = anchor_file(toy)
    answer(toy, "c05", "c07")
    toy.run("--snapshot-update", "--accept-regressions")
    refused = anchor(toy)
    assert refused.returncode == 1
    assert "toy format: 2 worse (c05, c07), made of other answers" in refused.stdout
    assert "--yes" in refused.stdout
    assert anchor_file(toy) == before
    assert anchor(toy, "--yes").returncode == 0
    assert json.loads(anchor_file(toy)) == json.loads(toy.golden_file().read_text())
    assert "nothing differs" in anchor(toy).stdout


def test_an_anchor_moves_to_better_verdicts_by_itself(toy: ToyProject) -> None:
    answer(toy, "c05")
    toy.run("--snapshot-update", "--accept-regressions")
    anchor(toy)
    answer(toy)
    toy.run("--snapshot-update")
    moved = anchor(toy)
    assert (moved.returncode, "1 better" in moved.stdout) == (0, True)


def test_a_removed_case_does_not_leave_the_anchor_unsaid(toy: ToyProject) -> None:
    anchor(toy)
    toy.write_cases(IDS[:39])
    toy.run("--snapshot-update", "--accept-removed")
    result = toy.run()
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*no_regression_anchor", "*of the anchor's 40 cases: 1 gone*"])
    refused = anchor(toy)
    assert (refused.returncode, "1 removed" in refused.stdout) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model=tpy"], "unknown model 'tpy'; known: toy. Did you mean 'toy'?"),
        (["--task=fromat"], "unknown task 'fromat'; known: format. Did you mean 'format'?"),
        (["--goldens=nowhere"], "nowhere: holds no goldens"),
    ],
)
def test_what_is_not_there_is_refused(toy: ToyProject, arguments: list[str], said: str) -> None:
    done = anchor(toy, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (toy.path / "goldens" / "toy" / "anchor").exists()


def edit_conditions(toy: ToyProject, **conditions: Any) -> None:
    """Make the accepted goldens those of other conditions."""
    data = json.loads(toy.golden_file().read_text())
    data["conditions"].update(conditions)
    toy.golden_file().write_text(json.dumps(data))


def test_an_allowed_condition_is_compared_said_and_stored(toy: ToyProject) -> None:
    edit_conditions(toy, dtype="bfloat16")
    toy.run("--output=out")
    assert statuses(toy) == {"no_regression": "INCONCLUSIVE"}
    answer(toy, *IDS[:12])
    result = toy.run("--allow-conditions=dtype", "--output=out")
    assert result.ret == 1
    assert statuses(toy) == {"no_regression": "FAIL"}
    result.stdout.fnmatch_lines(
        [
            "*looser * toy format: conditions: dtype 'bfloat16' → None (--allow-conditions)",
            "*compared though conditions differ (--allow-conditions): dtype*",
        ]
    )
    run = json.loads((toy.path / "out" / "run.json").read_text())
    assert run["allowed_conditions"] == ["dtype"]
    assert run["bar_changes"][0]["kind"] == "looser"


def test_one_allowed_condition_does_not_allow_another(toy: ToyProject) -> None:
    edit_conditions(toy, dtype="bfloat16", device="cuda")
    result = toy.run("--allow-conditions=dtype", "--output=out")
    assert statuses(toy) == {"no_regression": "INCONCLUSIVE"}
    result.stdout.fnmatch_lines(["*conditions differ from the baseline: device"])


def test_an_unknown_condition_is_refused_with_the_choices(toy: ToyProject) -> None:
    edit_conditions(toy, dtype="bfloat16", decoding={"seed": 1})
    result = toy.run("--allow-conditions=dtpye")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*unknown condition 'dtpye'; known: *decoding.seed*. Did you mean 'dtype'?*"]
    )


def test_a_group_allows_what_is_in_it(toy: ToyProject) -> None:
    edit_conditions(toy, decoding={"seed": 1})
    toy.run("--allow-conditions=decoding", "--output=out")
    assert statuses(toy) == {"no_regression": "PASS"}


def test_a_changed_case_is_listed_first_also_without_a_revision(toy: ToyProject) -> None:
    path = toy.path / "cases" / "format.yaml"
    document = yaml.safe_load(path.read_text())
    document["cases"][3]["schema"] = {"type": "object"}
    path.write_text(yaml.safe_dump(document))
    result = toy.run("--output=out")
    result.stdout.fnmatch_lines(
        [
            "*= goldgate =*",
            "changed since the goldens were accepted",
            "  changed case 1: c03 (toy: cases/format.yaml: not what the goldens answered; *",
            "format *",
        ]
    )
    run = json.loads((toy.path / "out" / "run.json").read_text())
    assert run["bar_changes"][0]["cases"] == ["c03"]
