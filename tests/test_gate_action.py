"""A pull request played through the script of the composite action, outside of GitHub."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / ".github" / "actions" / "gate" / "gate.py"
IDS = [f"c{index:02d}" for index in range(60)]
WEAK = IDS[:8]
"""What the accepted model gets wrong."""
GOOD, BAD = '{"n": 1}', "no idea"
SCHEMA = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}

pytestmark = pytest.mark.integration


class Fork:
    """Somebody's repository that is gated by goldgate; its `main` is accepted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.email", "dev@example.org")
        self.git("config", "user.name", "dev")
        # names that goldgate's own checkout has, too
        (path / "fixtures").mkdir()
        (path / "fixtures" / "__init__.py").write_text("raise ImportError('not this one')\n")
        models = {"mine": {"type": "scripted", "answers": "answers.yaml"}}
        self.write("eval/models.yaml", {"default": "mine", "models": models})
        self.write("eval/gates.yaml", {"format": self.gates(0.6)})
        self.write_cases(SCHEMA)
        self.answer(*WEAK)
        done = self.gate("--require-gates", accept=True)
        assert done.returncode == 0, done.stdout
        self.commit("accepted")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, capture_output=True, text=True, check=True
        )
        return done.stdout

    def commit(self, title: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", title)

    def write(self, name: str, data: object) -> None:
        (self.path / name).parent.mkdir(exist_ok=True, parents=True)
        (self.path / name).write_text(yaml.safe_dump(data, sort_keys=False))

    @staticmethod
    def gates(least: float) -> dict[str, object]:
        return {
            "format_success_rate_min": {"value": least, "reason": "most must do"},
            "no_regression": {
                "metrics": ["format_success_rate"], "alpha": 0.01, "reason": "no worse than before",
            },
        }  # fmt: skip

    def write_cases(self, schema: Mapping[str, object]) -> None:
        cases = [{"id": name, "prompt": f"Say {name}.", "schema": schema} for name in IDS]
        self.write("eval/cases/format.yaml", {"task": "format", "version": 1, "cases": cases})

    def answer(self, *bad: str, otherwise: str = GOOD) -> None:
        answers = {name: BAD if name in bad else otherwise for name in IDS}
        self.write("eval/answers.yaml", {"answers": answers})

    def places(self) -> list[str]:
        names = {"cases": "cases", "gates": "gates.yaml", "models": "models.yaml"}
        names["goldens"] = "goldens"
        return [f"--{name}=eval/{file}" for name, file in names.items()]

    def accept(self, *more: str) -> None:
        done = self.gate("--snapshot-update", *more, accept=True)
        assert done.returncode == 0, done.stdout

    def gate(self, *more: str, accept: bool = False) -> subprocess.CompletedProcess[str]:
        """Run the script as the action does, or pytest to accept."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GITHUB_")}
        environment["GITHUB_WORKSPACE"] = str(self.path)
        if accept:
            places = [place.replace("eval", f"{self.path}/eval") for place in self.places()]
            command = [sys.executable, "-m", "pytest", "-m", "format", "--snapshot-update", *places]
            command += [each for each in more if each not in ("--require-gates",)]
            return subprocess.run(
                command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
            )
        command = [sys.executable, str(SCRIPT), *self.places(), "--output=run", *more]
        environment |= {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": f"{self.path}/summary.md"}
        return subprocess.run(
            command, cwd=self.path, env=environment, capture_output=True, text=True, check=False
        )

    def summary(self) -> str:
        return (self.path / "summary.md").read_text(encoding="utf-8")


@pytest.fixture
def fork(tmp_path: Path) -> Fork:
    return Fork(tmp_path)


def test_one_broke_and_six_fixed_goes_green(fork: Fork) -> None:
    fork.git("checkout", "-q", "-b", "retrained")
    fork.answer(*WEAK[6:], IDS[20])
    done = fork.gate("--baseline-ref=main", "--comment=comment.md")
    assert done.returncode == 0, done.stdout + done.stderr
    text = fork.summary()
    assert text.startswith("# ✅ goldgate: PASS\n")
    assert "1 broke, 6 fixed" in text
    assert "## ❌ broke: 1\n" in text
    assert f"- {GOOD}\n+ {BAD}\n" in text
    assert "<code>c20</code>" in text
    comment = (fork.path / "comment.md").read_text(encoding="utf-8")
    assert comment == f"<!-- goldgate -->\n{text}"
    run = json.loads((fork.path / "run" / "run.json").read_text(encoding="utf-8"))
    assert run["baseline_ref"] == "main"
    assert "::warning " in done.stdout
    assert "::error" not in done.stdout


def test_twelve_broke_and_accepted_in_the_same_pull_request_goes_red(fork: Fork) -> None:
    fork.git("checkout", "-q", "-b", "weakened")
    fork.answer(*WEAK, *IDS[20:32])
    fork.accept("--accept-regressions")
    fork.commit("retrained and accepted")
    assert fork.gate().returncode == 0, "its own goldens are its baseline"
    assert fork.summary().startswith("# ✅ goldgate: PASS\n")
    (fork.path / "summary.md").unlink()
    done = fork.gate("--baseline-ref=main")
    assert done.returncode == 1, done.stdout
    text = fork.summary()
    assert text.startswith("# ❌ goldgate: FAIL\n")
    assert "## ❌ broke: 12\n" in text
    assert all(f"<code>{name}</code>" in text for name in IDS[20:32])
    rows = [line for line in text.split("\n") if line.startswith("| ❌ FAIL")]
    assert len([row for row in rows if "no&#95;regression" in row]) == 1
    assert re.search(r"^::error [^:]*no_regression\[mine\]::FAIL: 12 broke", done.stdout, re.M)


def test_lowered_bars_are_listed_first_and_do_not_count(fork: Fork) -> None:
    fork.git("checkout", "-q", "-b", "loosened")
    fork.write_cases({"type": "object"})
    fork.write("eval/gates.yaml", {"format": fork.gates(0.1)})
    fork.answer(*WEAK, *IDS[20:32])
    done = fork.gate("--baseline-ref=main")
    assert done.returncode == 1, done.stdout
    text = fork.summary()
    first, second = re.findall(r"^## (.*)$", text, re.M)[:2]
    assert (first, second) == ("Asked otherwise than in the baseline", "Gates")
    rows = [line for line in text.split("\n") if line.startswith("| ❌ looser")]
    assert any("0.6 → 0.1" in row for row in rows)
    assert any("schema" in row and "<code>c00</code>" in row for row in rows)
    warnings = [line for line in done.stdout.split("\n") if line.startswith("::warning")]
    assert "goldgate%3A looser" in warnings[0]


def test_what_cannot_run_is_told_and_keeps_its_exit_status(fork: Fork) -> None:
    (fork.path / "eval" / "gates.yaml").write_text("::error::x: {\n")
    done = fork.gate()
    assert done.returncode == 4
    assert "exit status 4: its input is wrong" in fork.summary()
    assert [line for line in done.stdout.split("\n") if line.startswith("::")] == [
        "::error title=goldgate::pytest ended with exit status 4"
    ]
    assert not (fork.path / "run" / "run.json").exists()


def test_a_recording_in_the_folder_of_the_run_is_not_lost(fork: Fork) -> None:
    assert fork.gate("--output=kept").returncode == 0
    record = (fork.path / "kept" / "run.json").read_bytes()
    done = fork.gate("--replay=kept", "--output=kept")
    assert done.returncode == 4, done.stdout
    assert (fork.path / "kept" / "run.json").read_bytes() == record


def test_wrong_input_is_told_in_annotation_summary_and_comment(fork: Fork) -> None:
    (fork.path / "eval" / "gates.yaml").write_text("format: {nonsense_min: 1}\n")
    done = fork.gate("--output=fresh", "--comment=fresh/comment.md")
    assert done.returncode == 4
    assert "::error title=goldgate::pytest ended with exit status 4" in done.stdout
    comment = (fork.path / "fresh" / "comment.md").read_text(encoding="utf-8")
    assert comment.startswith("<!-- goldgate -->\n# ❌ goldgate")
    assert "nonsense" in comment
    assert "nonsense" in fork.summary()


def test_answers_without_a_header_are_judged_under_a_name_with_what_they_lack_allowed(
    fork: Fork,
) -> None:
    rows = [{"id": name, "text": BAD if name in WEAK else GOOD} for name in IDS]
    plain = "".join(f"{json.dumps(row)}\n" for row in rows)
    (fork.path / "answers.jsonl").write_text(plain)
    given = ("--replay=answers.jsonl", "--id-field=id", "--text-field=text", "--baseline-ref=main")
    assert fork.gate(*given).returncode == 1
    done = fork.gate(*given, "--as=mine", "--allow-conditions=verified engine")
    assert done.returncode == 0, done.stdout
    assert "compared though conditions differ" in done.stdout


def test_annotations_name_files_of_the_callers_repository(fork: Fork) -> None:
    fork.answer(*WEAK, *IDS[20:32])
    done = fork.gate("--baseline-ref=main")
    assert done.returncode == 1
    assert "file=eval/gates.yaml" in done.stdout
    assert "file=eval/cases/format.yaml" in done.stdout
