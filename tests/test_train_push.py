"""Uploading an adapter: what would go, what goes, and what is refused; a small hub of our own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from train.__main__ import app

ROOT = Path(__file__).parents[1]


@dataclass
class Hub:
    """What a hub was asked, and what it holds."""

    address: str = ""
    repos: dict[str, bool] = field(default_factory=dict)
    """Whether it is private, by name."""
    files: dict[str, bytes] = field(default_factory=dict)
    commits: list[dict[str, Any]] = field(default_factory=list)
    writers: set[str] = field(default_factory=lambda: {"hf_writer"})
    asked: list[str] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_GET(self) -> None:
        self.hub.asked.append(f"GET {self.path}")
        name = self.path.removeprefix("/api/models/").partition("?")[0]
        if name in self.hub.repos:
            self._answer(200, {"id": name, "private": self.hub.repos[name], "siblings": []})
        else:
            self._answer(404, {"error": "not found"}, {"X-Error-Code": "RepoNotFound"})

    def do_PUT(self) -> None:
        self.hub.asked.append(f"PUT {self.path}")
        self.hub.files[self.path.rpartition("/")[2]] = self._body()
        self._answer(200, {})

    def do_POST(self) -> None:
        path = self.path.partition("?")[0]
        self.hub.asked.append(f"POST {path}")
        body = self._body()
        if self.headers.get("Authorization", "").removeprefix("Bearer ") not in self.hub.writers:
            self._answer(403, {"error": "read-only token"})
        elif path == "/api/repos/create":
            asked = json.loads(body)
            name = f"{asked['organization']}/{asked['name']}" if "organization" in asked else ""
            self.hub.repos[name] = asked["visibility"] == "private"
            self._answer(200, {"url": f"{self.hub.address}/{name}"})
        elif "/preupload/" in path:
            self._answer(200, {"files": [self._mode(each) for each in json.loads(body)["files"]]})
        elif path.endswith("/info/lfs/objects/batch"):
            objects = [self._place(each) for each in json.loads(body)["objects"]]
            self._answer(200, {"transfer": "basic", "objects": objects})
        elif "/commit/" in path:
            lines = [json.loads(line) for line in body.splitlines()]
            self.hub.commits.append({"lines": lines})
            url = f"{self.hub.address}/ada/mine/commit/0123"
            self._answer(200, {"commitUrl": url, "commitOid": "0123", "success": True})
        else:
            self._answer(200, {"errors": [], "warnings": []})

    def _mode(self, each: dict[str, Any]) -> dict[str, Any]:
        mode = "lfs" if each["path"].endswith(".safetensors") else "regular"
        return {"path": each["path"], "uploadMode": mode, "shouldIgnore": False}

    def _place(self, each: dict[str, Any]) -> dict[str, Any]:
        upload = {"href": f"{self.hub.address}/storage/{each['oid']}", "header": {}}
        return {"oid": each["oid"], "size": each["size"], "actions": {"upload": upload}}

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def hub() -> Iterator[Hub]:
    found = Hub()
    handler = type("Handler", (_Handler,), {"hub": found})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    found.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def make_adapter(folder: Path) -> Path:
    """The files of an adapter, and one that is none of it."""
    folder.mkdir()
    config = {"base_model_name_or_path": "Qwen/Qwen2.5-0.5B-Instruct"}
    manifest = {"training": {"output_dir": "/home/ada/runs/x"}}
    texts = {
        "adapter_config.json": json.dumps(config),
        "manifest.json": json.dumps(manifest),
        "README.md": "---\nlibrary_name: peft\n---\n# mine\n",
        "adapter_model.safetensors": "weights",
        "curves.png": "picture",
        "optimizer.pt": "secret",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def push(hub: Hub, folder: Path, *options: str, token: str | None = "hf_writer") -> Any:
    """Run the command as a user does, with a home and a hub of its own."""
    names = ("HF_HUB_OFFLINE", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    environment |= {
        "HF_ENDPOINT": hub.address,
        "HF_HOME": str(folder.parent / "hf"),
        "HF_HUB_DISABLE_XET": "1",  # the fake speaks the older protocol
        "NO_PROXY": "127.0.0.1",
    }
    if token:
        environment["HF_TOKEN"] = token
    command = [sys.executable, "-m", "train", "push", str(folder), "ada/mine", *options]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def dry_run(folder: Path, repo: str = "ada/mine", *options: str) -> Result:
    return CliRunner().invoke(app, ["push", str(folder), repo, "--dry-run", *options])


def test_a_dry_run_lists_what_would_go_and_asks_the_hub_nothing(hub: Hub, tmp_path: Path) -> None:
    adapter = make_adapter(tmp_path / "mine")
    done = push(hub, adapter, "--dry-run")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"{adapter} -> {hub.address}/ada/mine (private)"
    assert [line.split()[-1] for line in lines[1:6]] == [
        "README.md",
        "adapter_config.json",
        "adapter_model.safetensors",
        "curves.png",
        "manifest.json",
    ]
    assert "  stays here: optimizer.pt" in lines
    assert "  note: manifest.json names folders of this machine: /home/ada/runs/x" in lines
    assert lines[-1] == "nothing was sent (--dry-run)"
    assert hub.asked == []


def test_an_adapter_goes_whole_in_one_commit_to_a_private_repository(
    hub: Hub, tmp_path: Path
) -> None:
    done = push(hub, make_adapter(tmp_path / "mine"), "--message", "second try")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"written: {hub.address}/ada/mine/commit/0123"
    assert hub.repos == {"ada/mine": True}
    assert len(hub.commits) == 1
    head, *rest = hub.commits[0]["lines"]
    assert head["value"]["summary"] == "second try"
    assert sorted(line["value"]["path"] for line in rest) == [
        "README.md",
        "adapter_config.json",
        "adapter_model.safetensors",
        "curves.png",
        "manifest.json",
    ]
    assert [*hub.files.values()] == [b"weights"]


@pytest.mark.parametrize(("options", "private"), [((), True), (("--public",), False)])
def test_a_repository_that_is_there_keeps_what_it_is(
    hub: Hub, tmp_path: Path, options: tuple[str, ...], private: bool
) -> None:
    hub.repos["ada/mine"] = private
    done = push(hub, make_adapter(tmp_path / "mine"), *options)
    assert done.returncode == 0, done.stderr
    assert hub.repos == {"ada/mine": private}
    assert "POST /api/repos/create" not in hub.asked


def test_nothing_goes_to_a_public_repository_unasked(hub: Hub, tmp_path: Path) -> None:
    hub.repos["ada/mine"] = False
    done = push(hub, make_adapter(tmp_path / "mine"))
    assert done.returncode == 2
    message = "train push: ada/mine: is public already; --public says that this is meant\n"
    assert done.stderr == message
    assert hub.commits == []


@pytest.mark.parametrize(
    ("token", "said"),
    [(None, "nobody is logged in at"), ("hf_reader", "the hub says 403: this token may not write")],
)
def test_who_may_not_write_is_told_what_to_set(
    hub: Hub, tmp_path: Path, token: str | None, said: str
) -> None:
    done = push(hub, make_adapter(tmp_path / "mine"), token=token)
    assert done.returncode == 2
    assert said in done.stderr
    assert "set HF_TOKEN to a token that may write" in done.stderr
    assert "Traceback" not in done.stderr
    assert hub.commits == []


@pytest.mark.parametrize(
    ("make", "repo", "said"),
    [
        (make_adapter, "mine", "mine: expected owner/name, such as ada/tiny_json"),
        (lambda folder: folder, "ada/mine", "no such folder"),
        (lambda folder: folder.mkdir() or folder, "ada/mine", "neither an adapter nor a model"),
    ],
    ids=["no-owner", "nowhere", "empty"],
)
def test_what_cannot_go_is_refused(tmp_path: Path, make: Any, repo: str, said: str) -> None:
    done = dry_run(make(tmp_path / "x"), repo)
    assert done.exit_code == 2
    assert said in done.output


def test_an_adapter_of_a_local_base_says_so() -> None:
    done = dry_run(ROOT / "adapters" / "tiny_json", "ada/tiny", "--public")
    assert done.exit_code == 0
    assert "(public: everybody may read it)" in done.output
    note = "note: its base, fixtures/tiny, is a folder of this machine: say where to get it"
    assert note in done.output


def test_training_never_uploads() -> None:
    """The one module that can is the one of this command."""
    calls = ("push_to_hub=True", "create_commit(", "upload_folder(", "upload_file(", "HfApi(")
    found = {
        path.name
        for path in (ROOT / "train").rglob("*.py")
        if any(call in path.read_text(encoding="utf-8") for call in calls)
    }
    assert found == {"push.py"}


def test_a_hub_that_is_not_there_is_told_in_a_line(hub: Hub, tmp_path: Path) -> None:
    hub.address = "http://127.0.0.1:9"  # the port that discards
    done = push(hub, make_adapter(tmp_path / "mine"))
    assert done.returncode == 2
    assert done.stderr.startswith("train push: ada/mine: not uploaded: ")
    assert len(done.stderr.splitlines()) == 1
