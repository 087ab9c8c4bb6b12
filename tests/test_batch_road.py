"""`--requests`, `goldgate import` and `--replay`: answers that a batch server gave elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.toy_project import BAD, GOOD, ROOT, ToyProject, outcomes


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    toy = ToyProject(pytester, monkeypatch)
    assert toy.run("--requests=ask.jsonl").ret == 0
    return toy


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def answer(custom_id: str, text: str | None = GOOD, **more: Any) -> dict[str, Any]:
    """Return an output line, as OpenAI documents it and vLLM writes it."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}} | {
        "finish_reason": "stop"
    }
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [choice | more],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
    }
    response = {"status_code": 200, "request_id": "r", "body": body}
    return {"id": "batch_req_1", "custom_id": custom_id, "response": response, "error": None}


def vllm_error(custom_id: str) -> dict[str, Any]:
    error = {"error": {"message": "too long", "type": "BadRequestError", "code": 400}}
    response = {"status_code": 400, "request_id": "vllm-batch-1", "body": None}
    return {"id": "vllm-1", "custom_id": custom_id, "response": response, "error": error}


def openai_error(custom_id: str) -> dict[str, Any]:
    body = {"error": {"message": "server had an error", "type": "server_error"}}
    response = {"status_code": 500, "request_id": "r", "body": body}
    return {"id": "batch_req_2", "custom_id": custom_id, "response": response, "error": None}


def expired(custom_id: str) -> dict[str, Any]:
    error = {"code": "batch_expired", "message": "This request could not be executed in time."}
    return {"id": "batch_req_3", "custom_id": custom_id, "response": None, "error": error}


def take_in(toy: ToyProject, rows: list[dict[str, Any]], *more: str) -> tuple[int, str]:
    """Run `goldgate import` on an output file; return exit status and what it said."""
    (toy.path / "out.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = subprocess.run(
        [sys.executable, "-m", "suite", "import", "out.jsonl", "--into=rec.jsonl", *more],
        cwd=toy.path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def custom_ids(toy: ToyProject) -> list[str]:
    return [row["custom_id"] for row in lines(toy.path / "ask.jsonl")]


def test_requests_are_written_in_the_batch_format_and_nothing_is_run(toy: ToyProject) -> None:
    rows = lines(toy.path / "ask.jsonl")
    assert len({row["custom_id"] for row in rows}) == 10
    case_hash = rows[0]["custom_id"].rpartition("-")[2]
    assert rows[0] == {
        "custom_id": f"format-c00-{case_hash}",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {
            "model": "toy",
            "messages": [{"role": "user", "content": "Say c00."}],
            "temperature": 0.0,
            "max_tokens": 256,
        },
    }
    assert not (toy.path / ".suite" / "runs").exists()
    toy.run("--output=run", "--cache-dir=other")
    assert case_hash == lines(toy.path / "run" / "samples.jsonl")[0]["case_hash"]
    result = toy.run("--requests=again.jsonl", "--request-model=served", "-k", "c01 or c02")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*2 requests to 'served' written to *nothing was generated*"])
    assert "gates.yaml" not in result.stdout.str()
    assert {row["body"]["model"] for row in lines(toy.path / "again.jsonl")} == {"served"}


def test_only_what_the_cache_lacks_is_asked(toy: ToyProject) -> None:
    toy.run("-k", "c01 or c02")
    result = toy.run("--requests=ask.jsonl")
    assert len(custom_ids(toy)) == 8
    result.stdout.fnmatch_lines(["*2 answers are in the cache and not asked for*"])
    toy.run()
    result = toy.run("--requests=ask.jsonl")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "nothing to ask: all 10 answers" in result.stderr.str()


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("--requests=a.jsonl", "--replay=out"), "leave out --replay"),
        (("--requests=a.jsonl", "-n2"), "leave out -n"),
        (("--requests=a.jsonl", "--snapshot-update"), "leave out --snapshot-update"),
        (("--request-model=x",), "--request-model goes with --requests"),
    ],
)
def test_options_that_do_not_go_with_requests_are_refused(
    toy: ToyProject, arguments: tuple[str, ...], part: str
) -> None:
    (toy.path / "out").mkdir()
    result = toy.run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert part in result.stderr.str()


def test_answers_become_a_recording_that_is_judged(toy: ToyProject) -> None:
    rows = [answer(name) for name in custom_ids(toy)]
    rows[1] = answer(custom_ids(toy)[1], BAD, finish_reason="length")
    status, said = take_in(toy, rows[::-1], "--requests=ask.jsonl")
    assert status == 0, said
    assert "10 answers taken in, 1 of them cut at max_tokens, 70 completion tokens" in said
    result = toy.run("--replay=rec.jsonl", "--output=run", "--junitxml=junit.xml", "--flips=gate")
    found = outcomes(toy.path / "junit.xml")
    assert (found["c00"], found["c01"]) == ("passed", "failed")
    assert found["format_success_rate_min[toy]"] == "passed"
    model = json.loads((toy.path / "run" / "run.json").read_text())["models"]["toy"]
    assert model["conditions"]["engine"] == "batch"
    assert model["golden_refusal"] is None
    assert not model["reference_mode"]
    cut = lines(toy.path / "run" / "samples.jsonl")[1]["generation"]
    assert (cut["finish_reason"], cut["prompt_tokens"], cut["completion_tokens"]) == (
        "length", 11, 7,
    )  # fmt: skip
    assert "is not checked" in result.stdout.str()


def test_answers_of_another_engine_are_compared_with_the_baseline_inconclusively(
    toy: ToyProject,
) -> None:
    gate = {"metrics": ["format_success_rate"], "alpha": 0.01, "reason": "r"}
    toy.write_gates({"no_regression": gate})
    toy.run("--snapshot-update")
    take_in(toy, [answer(name) for name in custom_ids(toy)], "--requests=ask.jsonl")
    result = toy.run("--replay=rec.jsonl", "--output=run")
    (found,) = json.loads((toy.path / "run" / "run.json").read_text())["gates"]
    assert found["status"] == "INCONCLUSIVE", result.stdout.str()
    assert "engine" in found["sentence"]


def test_errors_missing_and_unknown_answers_are_reported_and_can_be_asked_again(
    toy: ToyProject,
) -> None:
    names = custom_ids(toy)
    rows = [answer(name) for name in names[:4]]
    rows += [vllm_error(names[4]), openai_error(names[5]), expired(names[6])]
    rows += [answer(names[7], None), answer(names[8], finish_reason="content_filter")]
    rows += [answer("format-c09-0000000000000000"), answer("somebody else's")]
    status, said = take_in(toy, rows, "--requests=ask.jsonl", "--left=left.jsonl")
    assert status == 1
    for part in (
        "4 answers taken in",
        "5 errors, recorded as cases without an answer",
        "c04: the server answered 400: too long",
        "c05: the server answered 500: server had an error",
        "c06: the server answered None: This request could not be executed in time.",
        "c07: the message has no text",
        "c08: finish_reason 'content_filter'",
        "1 requests without any line: c09",
        "2 answers to other requests, left out: format-c09-0000000000000000, somebody else's",
    ):
        assert part in said, said
    assert [row["custom_id"] for row in lines(toy.path / "left.jsonl")] == names[4:]
    # those recorded as errors are cases without a verdict, the missing one is a miss
    missed = toy.run("--replay=rec.jsonl")
    assert "format/c09: not in the recording" in missed.stderr.str()
    toy.run("--replay=rec.jsonl", "-k", "not c09", "--junitxml=junit.xml")
    assert outcomes(toy.path / "junit.xml")["c04"] == "error"
    # and the second try fills up the same recording
    status, said = take_in(toy, [answer(name) for name in names[4:]], "--requests=left.jsonl")
    assert (status, "rec.jsonl now holds 10" in said) == (0, True), said
    assert toy.run("--replay=rec.jsonl").ret == 0


def test_a_second_different_answer_is_refused_and_changes_nothing(toy: ToyProject) -> None:
    names = custom_ids(toy)
    rows = [answer(name) for name in names]
    assert take_in(toy, rows, "--requests=ask.jsonl")[0] == 0
    before = (toy.path / "rec.jsonl").read_bytes()
    status, said = take_in(toy, [answer(names[3], "{}")], "--requests=ask.jsonl")
    assert (status, "c03: the recording holds another answer" in said) == (2, True), said
    status, said = take_in(toy, [*rows, answer(names[3], "{}")], "--requests=ask.jsonl")
    assert (status, "line 11: a second, different answer" in said) == (2, True), said
    assert (toy.path / "rec.jsonl").read_bytes() == before


def test_answers_to_other_weights_do_not_go_into_the_same_recording(toy: ToyProject) -> None:
    take_in(toy, [answer(name) for name in custom_ids(toy)], "--requests=ask.jsonl")
    toy.retrain()
    toy.run("--requests=ask.jsonl", "--cache-dir=other")
    status, said = take_in(toy, [answer(custom_ids(toy)[0])], "--requests=ask.jsonl")
    assert (status, "made with another subject.answers" in said) == (2, True), said


def test_without_the_requests_an_import_is_unverified(toy: ToyProject) -> None:
    status, said = take_in(toy, [answer(name) for name in custom_ids(toy)])
    assert (status, "unverified" in said) == (0, True), said
    result = toy.run("--replay=rec.jsonl", "--as=toy", "--snapshot-update")
    assert not toy.golden_file().exists()
    assert "unverified: no header" in " ".join(result.outlines)


def test_hostile_answers_reach_no_terminal_raw(toy: ToyProject) -> None:
    names = custom_ids(toy)
    row = openai_error(names[0])
    row["response"]["body"]["error"]["message"] = "\x1b]0;x\x07\n::error::y"
    _, said = take_in(toy, [row, answer("\x1b[31m::stop-commands::x")], "--requests=ask.jsonl")
    assert "\x1b" not in said
    assert not [line for line in said.splitlines() if line.strip().startswith("::")]


def test_a_file_that_is_no_batch_output_is_refused_with_the_line(toy: ToyProject) -> None:
    status, said = take_in(toy, lines(toy.path / "ask.jsonl"), "--requests=ask.jsonl")
    assert (status, "out.jsonl: line 1: expected custom_id with response" in said) == (2, True)


@pytest.mark.parametrize("left", ["ask.jsonl", "ask.txt", "out.jsonl", "rec.jsonl"])
def test_what_is_left_is_not_written_over_what_is_read_or_imported(
    toy: ToyProject, left: str
) -> None:
    before = {path.name: path.read_bytes() for path in toy.path.glob("ask*")}
    rows = [answer(custom_ids(toy)[0])]
    status, said = take_in(toy, rows, "--requests=ask.jsonl", f"--left={left}")
    assert (status, "--left" in said, "would write over" in said) == (2, True, True), said
    assert {path.name: path.read_bytes() for path in toy.path.glob("ask*")} == before
    assert lines(toy.path / "out.jsonl") == rows
    assert not (toy.path / "rec.jsonl").exists()


def test_an_import_does_not_go_over_its_requests(toy: ToyProject) -> None:
    before = (toy.path / "ask.jsonl").read_bytes()
    rows = [answer(custom_ids(toy)[0])]
    status, said = take_in(toy, rows, "--requests=ask.jsonl", "--into=ask.jsonl")
    assert (status, "would write over --requests" in said) == (2, True), said
    assert (toy.path / "ask.jsonl").read_bytes() == before
