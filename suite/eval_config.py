"""An evaluation as a file: what is asked of which models, as options of pytest.

The options themselves, and what goes together, are pytest's to check; nothing is run here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from suite.errors import InputError, describe_problems, unknown
from suite.yaml_file import load_yaml


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_Names = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
"""A list, or one alone."""
_Positive = Annotated[int, Field(strict=True, ge=1)]
_Flag = Annotated[bool, Field(strict=True)]


class EvalConfig(BaseModel):
    """The keys of an evaluation file; what a key means is in `pytest --help` under its name."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    task: Annotated[_Names, Field(min_length=1)]
    """The marks that are selected."""
    models: _Names = ()
    """Names of the registry; none: its default, or what `base_model` or `replay` say."""
    output_dir: Path
    """The run folder."""
    registry: Path | None = None
    """A file like `fixtures/models.yaml`, in place of it."""
    workers: Annotated[int, Field(strict=True, ge=0)] = 0
    """Processes that run tests; the model is loaded once, whatever their number."""
    pytest: tuple[str, ...] = ()
    """Further arguments of pytest, as they are."""

    cases: Path | None = None
    allow_code: _Flag = False
    cases_file: str | None = None
    dataset_config: str | None = None
    dataset_split: str | None = None
    dataset_revision: str | None = None
    num_fewshot: Annotated[int, Field(strict=True, ge=0)] | None = None
    fewshot_file: Path | None = None
    limit: _Positive | None = None
    shard: str | None = None
    goldens: Path | None = None
    gates: Path | None = None
    flips: str | None = None
    require_gates: _Flag = False
    accept_removed: _Flag = False
    accept_regressions: _Flag = False
    baseline_ref: str | None = None
    allow_conditions: _Names = ()
    cache_dir: Path | None = None
    dump_jsonl: Path | None = None

    judge: str | None = None
    repeat: _Positive | None = None
    max_in_flight: _Positive | None = None
    max_cost: Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)] | None = None
    max_total_tokens: _Positive | None = None

    replay: str | None = None
    id_field: str | None = None
    text_field: str | None = None
    requests: Path | None = None
    request_model: str | None = None

    base_model: str | None = None
    adapter: Path | None = None
    as_name: str | None = Field(default=None, alias="as")
    revision: str | None = None
    quantization: str | None = None
    prompt_format: str | None = None
    max_new_tokens: _Positive | None = None
    batch_tokens: _Positive | None = None
    batch_size: _Positive | None = None


_OPTIONS = {"output_dir": "output", "registry": "models", "as_name": "as"}
"""Keys whose options have other names."""
_APART = {"task", "models", "workers", "pytest"}
_MAYBE_PATHS = {"base_model", "cases_file", "replay"}
"""A hub id or a folder, a run id or a file: a path where there is something of that name, and where
the name can only be one."""
_LIKE_A_PATH = re.compile(r"[./~].*|.*\.(jsonl?|csv|parquet|txt|ya?ml)", re.DOTALL)


def load_eval(path: Path) -> EvalConfig:
    """Read an evaluation file.

    Raises:
        InputError: With all problems of the file.
    """
    document = load_yaml(path)
    try:
        config = EvalConfig.model_validate(document)
    except ValidationError as error:
        raise InputError(describe_problems(error, EvalConfig, str(path))) from None
    for name, value in config:
        for each in value if isinstance(value, tuple) else (value,):
            if "\0" in str(each):
                key = EvalConfig.model_fields[name].alias or name
                raise InputError(f"{path}: {key}: no command takes a text with NUL, got {each!r}")
    return config


def pytest_arguments(config: EvalConfig, path: Path, tasks: Collection[str]) -> list[str]:
    """Return the arguments of pytest that an evaluation stands for, paths absolute.

    Args:
        config: As read.
        path: Of its file, whose folder its paths are relative to.
        tasks: Those that are known.

    Raises:
        InputError: One of its tasks is not known.
    """
    if strange := [task for task in config.task if task not in tasks]:
        raise InputError(f"{path}: task: {unknown('task', task, tasks)}" for task in strange)
    arguments = ["-m", " or ".join(config.task)]
    arguments += [f"--model={name}" for name in config.models]
    if config.workers:
        arguments.append(f"-n{config.workers}")
    return [*arguments, *_list_options(config, path), *config.pytest]


def locate(name: str | Path, path: Path) -> Path:
    """Return where a path in an evaluation file leads.

    Args:
        name: As it is written there.
        path: Of the file.
    """
    try:
        name = Path(name).expanduser()
    except RuntimeError:  # of a user who is not there: a name like any other
        name = Path(name)
    return (path.absolute().parent / name).resolve()


def _list_options(config: EvalConfig, path: Path) -> Iterator[str]:
    for name in EvalConfig.model_fields:
        value = getattr(config, name)
        if name in _APART or value is None or value is False:
            continue
        option = f"--{_OPTIONS.get(name, name).replace('_', '-')}"
        if value is True:
            yield option
        elif isinstance(value, tuple):
            yield from (f"{option}={each}" for each in value)
        elif isinstance(value, Path) or (name in _MAYBE_PATHS and _is_path(value, path)):
            yield f"{option}={locate(value, path)}"
        else:
            yield f"{option}={value}"


def _is_path(name: str, path: Path) -> bool:
    try:
        return bool(_LIKE_A_PATH.fullmatch(name)) or locate(name, path).exists()
    except OSError:  # no file can have such a name, so it is one of another kind
        return False
