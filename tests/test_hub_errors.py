"""A base that does not come from the hub: its real client, against a server of this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILE = {"type": "file", "path": "config.json", "size": 2, "oid": "ab" * 20}
FIND = """
import sys
from pathlib import Path
from fixtures.hub import find_base
from suite.errors import InputError
try:
    find_base(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None, [Path()])
except InputError as error:
    print(error)
"""


class Hub(BaseHTTPRequestHandler):
    """Answers for `org/gated`, whose files need a licence; knows nothing else."""

    def do_GET(self) -> None:
        parts = self.path.split("?")[0].strip("/").split("/")
        if parts[:4] == ["api", "models", "org", "gated"]:
            if parts[-1] == "nowhere":
                self.answer(404, "RevisionNotFound")
            elif "tree" in parts:
                self.answer(200, body=[FILE])
            else:
                siblings = [{"rfilename": "config.json"}]
                self.answer(200, body={"id": "org/gated", "sha": COMMIT, "siblings": siblings})
        elif parts[:2] == ["org", "gated"]:
            self.answer(403 if "Authorization" in self.headers else 401, "GatedRepo")
        else:
            self.answer(404, "RepoNotFound")

    do_HEAD = do_GET

    def answer(self, status: int, code: str = "", body: object = None) -> None:
        data = json.dumps(body).encode() if body is not None else b""
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def hub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def ask(home: Path, endpoint: str, *arguments: str, **variables: str) -> str:
    """What a person reads who asked for a model, without the endpoint's port."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    environment = clean | {
        "HF_HOME": str(home),
        "HF_ENDPOINT": endpoint,
        "NO_PROXY": "127.0.0.1",
        **variables,
    }
    done = subprocess.run(
        [sys.executable, "-c", FIND, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip().replace(endpoint, "HUB")


def test_a_gated_model_says_what_to_accept_and_to_set(hub: str, tmp_path: Path) -> None:
    said = ask(tmp_path, hub, "org/gated")
    assert said == (
        "org/gated: no such model folder, and the hub keeps it behind a licence (gated); no token "
        "is set. Accept the licence on HUB/org/gated, set HF_TOKEN to a token of that account "
        "(https://huggingface.co/settings/tokens; `hf auth login` keeps one), or name a folder of "
        "this machine that holds the model"
    )
    again = ask(tmp_path, hub, "org/gated", HF_TOKEN="hf_xyz")
    assert "the token in use belongs to an account that has not" in again
    assert "hf_xyz" not in again


def test_a_model_that_the_hub_does_not_know_may_be_private(hub: str, tmp_path: Path) -> None:
    assert ask(tmp_path, hub, "org/typo") == (
        "org/typo: no such model folder, and the hub knows no model of that name, or it is "
        "private: set HF_TOKEN. Check the spelling on HUB, or name a folder of this machine that "
        "holds the model"
    )


def test_a_revision_that_the_hub_does_not_know_is_named(hub: str, tmp_path: Path) -> None:
    said = ask(tmp_path, hub, "org/gated", "nowhere")
    assert "the hub has no revision 'nowhere' of it" in said


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({}, "no network: config.json is not in"),
        ({"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE is set, so the hub was not asked: config.json"),
    ],
    ids=["no-network", "offline"],
)
def test_without_network_the_file_looked_for_is_named(
    tmp_path: Path, variables: dict[str, str], reason: str
) -> None:
    said = ask(tmp_path, "http://127.0.0.1:9", "org/model", **variables)
    assert f"org/model: no such model folder, and {reason}" in said
    assert str(tmp_path / "hub" / "models--org--model") in said
    assert said.endswith("or name a folder of this machine that holds the model")


def test_the_shard_that_a_broken_off_download_lacks_is_named(tmp_path: Path) -> None:
    model = tmp_path / "hub" / "models--org--model"
    snapshot = model / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text(COMMIT)
    shards = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    index = json.dumps({"weight_map": shards})
    (snapshot / "model.safetensors.index.json").write_text(index)
    (snapshot / "config.json").write_text("{}")
    (snapshot / shards["a"]).write_bytes(b"x")
    said = ask(tmp_path, "http://127.0.0.1:9", "org/model")
    assert f"broken off: model-00002-of-00002.safetensors is not in {snapshot}" in said
