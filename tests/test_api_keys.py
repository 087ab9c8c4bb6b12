"""A key is sent to its server and appears nowhere else, whatever fails."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.secret import MASK, Secret, SecretError
from suite.run_files import read_run
from tests.fault_server import Fault, FaultServer, answer, hang_up, reply, serving, status, stream
from tests.served_project import KEY_NAME, ServedProject
from tests.toy_project import IDS

CANARY = "sk-canary/7Q+2f9c4e1b8d60a5"
"""With characters that an address and JSON spell otherwise."""
SPELLINGS = (CANARY, "sk-canary%2F7Q%2B2f9c4e1b8d60a5", "canary", "7Q+2f9c", "7Q%2B2f9c")
EVERYTHING = (
    "-vv", "--showlocals", "--tb=long", "--full-trace", "-rA", "--log-level=DEBUG",
    "--log-file=log.txt", "--log-file-level=DEBUG", "--junitxml=junit.xml",
    "--dump-jsonl=dump.jsonl", "--output=run", "-o", "junit_logging=all",
)  # fmt: skip
ECHO = f"Incorrect API key provided: {CANARY}. Header: Bearer {CANARY}"

BY_CASE: list[Fault] = [
    answer(),
    status(500, ECHO),
    reply(f"<p>{ECHO}</p>".encode(), "text/html"),
    answer(json.dumps({"n": ECHO})),
    answer(model=CANARY, system_fingerprint=CANARY),
    status(400, ECHO, Retry_After=CANARY),
    answer(None, message={"refusal": ECHO}),
    answer("x", ECHO),
    hang_up,
    status(429, ECHO),
]
# fault of all cases, how many are asked before it is given up, what the entry says besides
OF_ALL: dict[str, tuple[Fault | None, int, dict[str, bool]]] = {
    "one fault a case": (None, 10, {}),
    "401": (status(401, ECHO), 1, {}),
    "redirect": (status(302, Location=f"http://x.test/?key={SPELLINGS[1]}"), 1, {}),
    "stream": (
        stream("{", reason=None, last=[json.dumps({"error": {"message": ECHO}})]),
        5,
        {"stream": True},
    ),
}


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with serving() as found:
        yield found


@pytest.mark.parametrize("name", OF_ALL)
def test_the_key_appears_nowhere(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, server: FaultServer, name: str
) -> None:
    fault, asked, entry = OF_ALL[name]
    monkeypatch.setenv(KEY_NAME, CANARY)
    toy = ServedProject(pytester, monkeypatch, server, api_key_env=KEY_NAME, max_tries=1, **entry)
    server.scripts = {case: [fault or BY_CASE[place]] for place, case in enumerate(IDS)}
    result = toy.run(*EVERYTHING, "--max-in-flight=1")
    assert server.seen.asked.total() == asked
    assert server.seen.headers[0]["Authorization"] == f"Bearer {CANARY}"
    shown = "\n".join([*result.outlines, *result.errlines])
    files = toy.written()
    assert MASK in shown
    names = {path.name for path in files}
    assert {"cache.sqlite", "run.json", "samples.jsonl", "report.html"} <= names
    assert {"junit.xml", "log.txt", "dump.jsonl"} <= names
    for spelling in SPELLINGS:
        assert spelling not in shown
        assert not [path for path, data in files.items() if spelling.encode() in data]


BREAKS = """
import anyio._backends._asyncio
import pytest
from fixtures.api_engine import ApiEngine
from fixtures.model import Endpoint, Model, Prompt

async def break_off(self, item):  # the request is in `item`, header and all
    raise break_off.error("in the middle of it")

@pytest.mark.parametrize(("where", "error"), [
    ("answer", OSError), ("socket", RuntimeError), ("socket", KeyboardInterrupt)
])
def test_that_breaks(where, error, monkeypatch):
    endpoint = Endpoint("m", "%s", api_key_env="%s", max_tries=1)
    engine = ApiEngine(Model("m", "api", endpoint=endpoint))
    if where == "socket":
        break_off.error = error
        monkeypatch.setattr(anyio._backends._asyncio.SocketStream, "send", break_off)

    def take(batch):
        assert not batch.failed, batch.failed
        raise error("in the middle of it")

    engine.generate([Prompt("c00", (("user", "Say c00."),))] * 5, take)
"""


@pytest.mark.slow
@pytest.mark.integration
def test_a_traceback_through_the_engine_does_not_show_it(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, server: FaultServer
) -> None:
    monkeypatch.setenv(KEY_NAME, CANARY)
    pytester.makeini("[pytest]\naddopts = -p no:anyio\n")
    pytester.makepyfile(BREAKS % (server.url, KEY_NAME))
    result = pytester.runpytest_subprocess(
        "-vv", "--showlocals", "--tb=long", "--full-trace", "--log-level=DEBUG"
    )
    shown = "\n".join([*result.outlines, *result.errlines])
    assert "OSError: in the middle of it" in shown
    assert "malformed: the reply cannot be read: RuntimeError: in the middle of it" in shown
    assert "KeyboardInterrupt" in shown
    assert "ApiEngine object" in shown  # locals are shown
    assert "canary" not in shown


def test_a_missing_key_is_named_before_anything_is_asked(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, server: FaultServer
) -> None:
    monkeypatch.delenv(KEY_NAME, raising=False)
    toy = ServedProject(pytester, monkeypatch, server, api_key_env=KEY_NAME)
    result = toy.run()
    result.stdout.fnmatch_lines(["*TOY_API_KEY is not set: the key is read from this environment*"])
    assert server.seen.asked == {}


def test_remembered_answers_need_no_key_and_no_server(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_NAME, CANARY)
    with serving() as server:
        toy = ServedProject(pytester, monkeypatch, server, api_key_env=KEY_NAME)
        toy.run("--output=first").assert_outcomes(passed=11)
    monkeypatch.delenv(KEY_NAME)
    toy.run("--output=second").assert_outcomes(passed=11)
    runs = [read_run(Path(toy.path / name)) for name in ("first", "second")]
    assert runs[0].results == runs[1].results
    assert not runs[0].models["toy"].reference_mode


def test_a_secret_shows_its_name_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_NAME, f"  {CANARY}\n")
    secret = Secret(KEY_NAME)
    assert repr(secret) == str(secret) == f"{secret!s}" == f"Secret({KEY_NAME})"
    assert secret.header() == f"Bearer {CANARY}"
    assert secret.scrub(f"a {SPELLINGS[1]} b {CANARY}") == f"a {MASK} b {MASK}"
    for take in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="not pickled"):
            take(secret)


@pytest.mark.parametrize("value", ["", " \n", "sk-\u00e4", "sk-a\nb"])
def test_a_key_that_cannot_be_sent_is_refused_unshown(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv(KEY_NAME, value)
    with pytest.raises(SecretError, match=rf"^{KEY_NAME} (is not set|holds characters)") as caught:
        Secret(KEY_NAME)
    assert "sk-" not in str(caught.value)


def test_a_word_that_is_no_key_is_not_masked_in_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_NAME, "lm-studio")
    assert Secret(KEY_NAME).scrub_data(["use lm-studio"]) == ["use lm-studio"]
    assert Secret(KEY_NAME).scrub("no lm-studio") == f"no {MASK}"
    assert Secret(None).scrub("use no key") == "use no key"
