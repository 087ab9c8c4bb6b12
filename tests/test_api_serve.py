"""The real `transformers serve` on the embedded model answers what the `hf` engine answers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.engine import Batch, open_engine
from fixtures.model import Decoding, Endpoint, Model, Prompt, make_prompt
from suite.case_files import load_cases
from suite.generation import Generation

ROOT = Path(__file__).parents[1]
TINY = ROOT / "fixtures" / "tiny"
GREEDY = Decoding(max_new_tokens=64)
CASES = 12

pytestmark = [pytest.mark.slow, pytest.mark.integration]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server with the plain fp32 weights."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["transformers", "serve", str(TINY), "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--device", "cpu", "--dtype", "float32"],
        env=os.environ | {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while not _answers(f"{url}/health"):
            assert server.poll() is None, server.communicate()
            assert time.monotonic() < deadline, "did not start"
            time.sleep(0.2)
        yield f"{url}/v1"
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.communicate()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="module")
def prompts() -> list[Prompt]:
    cases = load_cases(ROOT / "suite" / "cases", frozenset({"format"}))["format"].cases
    return [make_prompt(case) for case in cases[:: len(cases) // CASES][:CASES]]


def ask(model: Model, prompts: list[Prompt]) -> list[Generation]:
    found: dict[int, Generation] = {}

    def take(batch: Batch) -> None:
        assert not batch.failed, batch.failed
        found.update(batch.rows)

    open_engine(model).generate(prompts, take)
    return [found[index] for index in range(len(prompts))]


@pytest.fixture(scope="module")
def local(prompts: list[Prompt]) -> list[Generation]:
    return ask(Model(name="hf", type="local", base=TINY, threads=1, decoding=GREEDY), prompts)


@pytest.mark.parametrize("stream", [False, True], ids=["in one piece", "streamed"])
def test_the_same_texts_as_the_hf_engine(
    address: str, prompts: list[Prompt], local: list[Generation], stream: bool
) -> None:
    endpoint = Endpoint(
        model=str(TINY), base_url=address, provider="transformers", stream=stream, max_tries=1
    )
    served = ask(Model(name="api", type="api", endpoint=endpoint, decoding=GREEDY), prompts)
    assert len(served) == CASES
    # transformers 5.23 parses the answers of a Qwen2 for tool calls and, in one piece, trims them
    texts = [each.text if stream else each.text.strip() for each in local]
    assert [each.text for each in served] == texts
    assert [each.prompt_tokens for each in served] == [each.prompt_tokens for each in local]
    assert {each.served_model for each in served} == {f"{TINY}@main"}
    assert any(each.finish_reason == "length" for each in served)
    assert any(each.finish_reason == "stop" for each in served)
    assert all((each.first_token_s is not None) == stream for each in served)
