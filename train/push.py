"""Upload an adapter or a merged model to the Hugging Face hub: `python -m train push DIR REPO`.

Only what such a folder is made of goes. Nothing else in this project ever uploads anything.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fixtures.adapter_files import ADAPTER_CONFIG, check_adapter_folder, check_base_folder
from suite.errors import InputError
from train.adapter_dir import ADAPTER_FILES
from train.merge import RECORD, read_object

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_REPO = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_MODEL_FILES = (
    "*.safetensors",
    "model.safetensors.index.json",
    "config.json",
    "generation_config.json",
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template*",
    "vocab.json",
    "merges.txt",
    "README.md",
    RECORD,
)
_LOG_IN = "log in with `hf auth login`, or set HF_TOKEN to a token that may write"


@dataclass(frozen=True, slots=True)
class Upload:
    """What would go where."""

    folder: Path
    repo: str
    public: bool
    files: tuple[Path, ...]
    left_out: tuple[str, ...]
    """Names of other things in the folder."""
    notes: tuple[str, ...]
    """What whoever downloads it will miss."""


def plan_upload(folder: Path, repo: str, public: bool = False) -> Upload:
    """Decide which files go.

    Raises:
        InputError: The folder is neither an adapter nor a model, or the name is none.
    """
    if not _REPO.fullmatch(repo):
        raise InputError(f"{repo}: expected owner/name, such as ada/tiny_json")
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    if (folder / ADAPTER_CONFIG).is_file():
        check_adapter_folder(folder)
        patterns: tuple[str, ...] = ADAPTER_FILES
    else:
        try:
            check_base_folder(folder)
        except InputError as error:
            raise InputError(f"{folder}: neither an adapter nor a model: {error}") from None
        patterns = _MODEL_FILES
    files = sorted({path for each in patterns for path in folder.glob(each) if path.is_file()})
    others = tuple(sorted(path.name for path in folder.iterdir() if path not in files))
    return Upload(folder, repo, public, tuple(files), others, tuple(_find_notes(folder)))


def describe_upload(plan: Upload) -> list[str]:
    """Return a line for each file, and what to know of them."""
    who = "public: everybody may read it" if plan.public else "private"
    lines = [f"{plan.folder} -> {_endpoint()}/{plan.repo} ({who})"]
    lines += [f"  {path.stat().st_size:>13,} bytes  {path.name}" for path in plan.files]
    if plan.left_out:
        lines.append(f"  stays here: {', '.join(plan.left_out)}")
    return lines + [f"  note: {note}" for note in plan.notes]


def upload(plan: Upload, message: str | None = None) -> str:
    """Make the repository where there is none, and commit the files in one commit.

    Args:
        plan: Of `plan_upload`.
        message: Of the commit.

    Returns:
        The address of the commit.

    Raises:
        InputError: Nobody is logged in, the repository is public though that was not asked for, or
            the hub refuses.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import CommitOperationAdd, HfApi, get_token

    if os.environ.get("HF_HUB_OFFLINE") in ("1", "true", "TRUE", "on", "ON"):
        raise InputError("HF_HUB_OFFLINE is set, so nothing can be uploaded; unset it")
    if get_token() is None:
        raise InputError(f"{plan.repo}: nobody is logged in at {_endpoint()}; {_LOG_IN}")
    api = HfApi(endpoint=_endpoint())
    operations = [CommitOperationAdd(path.name, str(path)) for path in plan.files]
    try:
        _open_repo(api, plan)
        done = api.create_commit(
            plan.repo, operations, commit_message=message or f"Upload {plan.folder.resolve().name}"
        )
    except InputError:
        raise
    except Exception as error:  # its errors share no type: network, access, missing, quota
        raise InputError(f"{plan.repo}: {_explain(error)}") from None
    return str(done.commit_url)


def _open_repo(api: HfApi, plan: Upload) -> None:
    """Make the repository, or hold one that is there against what was asked for."""
    if api.repo_exists(plan.repo):
        if not plan.public and not api.model_info(plan.repo).private:
            raise InputError(f"{plan.repo}: is public already; --public says that this is meant")
        return
    api.create_repo(plan.repo, private=not plan.public)


def _explain(error: Exception) -> str:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in (401, 403):
        return f"the hub says {status}: this token may not write there; {_LOG_IN}"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"not uploaded: {lines[0] if lines else type(error).__name__}"


def _find_notes(folder: Path) -> list[str]:
    config, manifest = folder / ADAPTER_CONFIG, folder / "manifest.json"
    notes = []
    if config.is_file():
        base = read_object(config).get("base_model_name_or_path")
        if isinstance(base, str) and (Path(base).exists() or base.count("/") != 1):
            notes.append(f"its base, {base}, is a folder of this machine: say where to get it")
        if not manifest.is_file():
            notes.append("no manifest.json: nothing tells on which base it was trained")
    for path in (manifest, folder / RECORD):
        paths = sorted({text for text in _texts(read_object(path)) if Path(text).is_absolute()})
        if paths:
            notes.append(f"{path.name} names folders of this machine: {', '.join(paths)}")
    return notes


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return [text for each in inner for text in _texts(each)]
    return [value] if isinstance(value, str) else []


def _endpoint() -> str:
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
