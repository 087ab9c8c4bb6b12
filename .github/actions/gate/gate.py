"""Judges models for a pull request and tells what came of it; the same in CI and on a desk.

    python .github/actions/gate/gate.py --model tiny_json --baseline-ref origin/main

It runs pytest in goldgate's own checkout, prints its lines so that GitHub's runner takes none of
them for a command, then writes the job summary, the text of a comment and annotations from the run
folder. Its exit status is pytest's. Options not given are read from `GOLDGATE_<OPTION>`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))  # the suite of this checkout, whatever is installed

from suite.errors import InputError  # noqa: E402
from suite.own_tasks import own_tasks  # noqa: E402
from suite.report.summary import (  # noqa: E402
    COMMENT_MARK,
    render_annotations,
    render_comment,
    write_summary,
)
from suite.report.verdict import find_verdict  # noqa: E402
from suite.run_files import RUN_FILE  # noqa: E402
from suite.run_folder import RecordedRun, read_folder  # noqa: E402
from suite.sinks import annotation, log_safe, markdown_block, terminal_safe  # noqa: E402

PATHS = ("cases", "gates", "models", "goldens", "replay")
WORDS = ("baseline-ref", "id-field", "text-field", "as")
SWITCHES = ("accept-removed", "allow-code")
_WRONG_INPUT = 4
"""As pytest ends with it."""
_TAIL = 40
"""Lines of pytest that are shown where there is no run to speak of."""
_LONGEST_LINE = 500


def main(arguments: Sequence[str] | None = None) -> int:
    """Run pytest, report, and return its exit status."""
    given = _read_options(arguments)
    folder = given.output.resolve()
    try:
        # an earlier run must not be told as this one; of a file pytest says that it is no folder
        with suppress(NotADirectoryError):
            if _may_clear(given, folder):
                (folder / RUN_FILE).unlink(missing_ok=True)
    except OSError as error:
        _complain(error)
        return _WRONG_INPUT
    status, tail = _run_guarded(_pytest_command(given, folder))
    try:
        with ExitStack() as known:
            if given.allow_code == "true" and given.cases:
                with suppress(InputError):  # pytest has said so, and ended with it
                    known.enter_context(own_tasks(Path(given.cases), True))
            _tell(given, folder, status, tail)
    except Exception as error:
        # what was judged stands, told or not, and whatever a defect of the telling may be
        _complain(error)
    return status


def _may_clear(given: argparse.Namespace, folder: Path) -> bool:
    """Tell whether no recording that is to be judged lies in the folder; pytest refuses it then."""
    if not given.replay:
        return True
    replay = Path(given.replay).resolve()
    return folder not in (replay, *replay.parents)


def _complain(error: Exception) -> None:
    said = str(error) if isinstance(error, InputError | OSError) else repr(error)
    sys.stderr.write(f"gate: {log_safe(terminal_safe(said))}\n")


def _read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    about, _, more = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(description=about, epilog=more)

    def add(option: str, help_: str, default: str = "") -> None:
        variable = f"GOLDGATE_{option.replace('-', '_').upper()}"
        parser.add_argument(
            f"--{option}", default=os.environ.get(variable) or default, metavar="…", help=help_
        )

    add("cases", "folder of case files; default: goldgate's own, as for the next three")
    add("gates", "gate file")
    add("models", "registry; paths in it are relative to its folder")
    add("goldens", "folder of goldens")
    add("replay", "recorded answers to judge instead of loading a model")
    add("id-field", "of a replayed JSONL file")
    add("text-field", "of a replayed JSONL file")
    add("as", "name of the model of a replayed file that names none")
    add("model", "names of models, separated by spaces; default: the registry's")
    add("task", "the mark to select", "format")
    add("baseline-ref", "git revision whose gates, goldens and cases decide, such as origin/main")
    add("allow-conditions", "conditions that may differ from the baseline's, separated by spaces")
    add("accept-removed", "true: cases of the baseline may be gone; they are listed first", "false")
    add("allow-code", "true: run scorers.py of the folder of case files", "false")
    add("output", "folder of the run", "goldgate-run")
    add("summary", "where the Markdown goes", os.environ.get("GITHUB_STEP_SUMMARY", ""))
    add("comment", "where the text of a comment goes")
    given = parser.parse_args(arguments)
    for name in SWITCHES:
        if (word := getattr(given, name.replace("-", "_"))) not in ("true", "false"):
            parser.error(f"--{name}: expected true or false, got {word!r}")
    given.output = Path(given.output)
    return given


def _pytest_command(given: argparse.Namespace, folder: Path) -> list[str]:
    command = [sys.executable, "-m", "pytest", "-m", given.task, "--require-gates"]
    command.append(f"--output={folder}")
    for name in PATHS:
        if value := getattr(given, name):
            command.append(f"--{name}={Path(value).resolve()}")
    for name in WORDS:
        if value := getattr(given, name.replace("-", "_")):
            command.append(f"--{name}={value}")
    switched = (name for name in SWITCHES if getattr(given, name.replace("-", "_")) == "true")
    command += [f"--{name}" for name in switched]
    command += [f"--allow-conditions={field}" for field in given.allow_conditions.split()]
    return command + [f"--model={name}" for name in given.model.split()]


def _run_guarded(command: Sequence[str]) -> tuple[int, list[str]]:
    """Run a command in this checkout; return its exit status and its last lines."""
    tail: deque[str] = deque(maxlen=_TAIL)
    with subprocess.Popen(
        command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        for raw in process.stdout:
            line = log_safe(terminal_safe(raw.decode("utf-8", "backslashreplace"), lines=True))
            sys.stdout.buffer.write(line.encode())
            sys.stdout.buffer.flush()
            tail.append(line.rstrip("\n")[:_LONGEST_LINE])
    return process.returncode, list(tail)


def _environment() -> Mapping[str, str]:
    """Leave out what is for this script: summary and annotations are written once, afterwards."""
    hidden = ("GITHUB_", "GOLDGATE_", "GH_TOKEN")
    return {name: value for name, value in os.environ.items() if not name.startswith(hidden)}


def _tell(given: argparse.Namespace, folder: Path, status: int, tail: Sequence[str]) -> None:
    recorded = read_folder(folder) if (folder / RUN_FILE).exists() else None
    notes = [] if recorded is None else render_annotations(recorded.run)
    told = ""
    if recorded is None or (status and find_verdict(recorded.run).status in ("PASS", "WARN")):
        told = _describe_end(status, tail)
        notes.append(annotation("error", f"pytest ended with exit status {status}", "goldgate"))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        # as the lines before it: the runner reads UTF-8, whatever Python takes for its terminal's
        sys.stdout.buffer.write("".join(f"{note}\n" for note in notes).encode())
        sys.stdout.buffer.flush()
    if given.summary:
        _write_summary(Path(given.summary), recorded, told)
    if given.comment:
        text = render_comment(recorded.run, recorded.baselines) if recorded else COMMENT_MARK + "\n"
        place = Path(given.comment)
        place.parent.mkdir(parents=True, exist_ok=True)  # where input is wrong pytest makes none
        place.write_text(text + told, encoding="utf-8")


def _write_summary(path: Path, recorded: RecordedRun | None, told: str) -> None:
    if recorded is not None:
        write_summary(path, recorded.run, recorded.baselines)
    if told:
        with path.open("a", encoding="utf-8") as file:
            file.write(told)


def _describe_end(status: int, tail: Sequence[str]) -> str:
    why = {2: ": it was interrupted", 4: ": its input is wrong", 5: ": there was nothing to run"}
    said = f"pytest ended with exit status {status}{why.get(status, '')}"
    return f"# ❌ goldgate\n\n{said}.\n\n{markdown_block(chr(10).join(tail))}"


if __name__ == "__main__":
    sys.exit(main())
