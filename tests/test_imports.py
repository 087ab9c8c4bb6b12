"""The import table of the rooms: who may import what, and when.

`load` is what runs when a module is imported, `call` what stands inside a function. Types alone
(`if TYPE_CHECKING:`) cost nothing and may name anything but tests, bench and conftest.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal

import pytest

ROOT = Path(__file__).parents[1]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
When = Literal["load", "call", "types"]
CLOSED = frozenset({"tests", "bench", "conftest"})  # nobody imports these

TORCH_STACK = frozenset(
    {"torch", "transformers", "peft", "accelerate", "bitsandbytes", "safetensors", "tokenizers"}
    | {"numpy"}
)
# These import the stack when they are loaded, so they are themselves imported inside functions.
HEAVY = frozenset(
    {
        "fixtures.adapter_check",
        "fixtures.batching",
        "fixtures.decoding",
        "fixtures.token_choice",
        "fixtures.hf_engine",
        "fixtures.hf_loading",
        "fixtures.padding_probe",
        "train.sft_callbacks",
        "train.sft_live",
        "train.sft_progress",
        "train.sft_trainer",
    }
)
# What belongs to a pytest session; training generates without one.
SESSION = frozenset(
    {
        "fixtures.plugin",
        "fixtures.opening",
        "fixtures.session",
        "fixtures.outcomes",
        "fixtures.trial_fixtures",
    }
)


@dataclass(frozen=True)
class Room:
    """Files and what they may import besides the standard library, by package or by group."""

    files: tuple[str, ...]
    load: frozenset[str]
    call: frozenset[str] = frozenset()


CORE = frozenset({"suite", "yaml", "pydantic", "jsonschema_rs"})
PYTEST_SIDE = frozenset({"pytest", "_pytest", "syrupy", "xdist", "filelock"})
FIXTURES = CORE | PYTEST_SIDE | {"fixtures", "session"}
TRAIN = CORE | {"train", "fixtures", "typer", "rich"}
TRAIN_STACK = TORCH_STACK | {"trl", "datasets", "tensorboard", "matplotlib", "tqdm", "heavy"}
TRAIN_STACK |= {"huggingface_hub"}  # `train push`

ROOMS = (  # the first that matches counts
    Room(("suite/test_*.py",), frozenset({"suite", "pytest", "syrupy"})),
    Room(
        ("suite/report/*.py",),
        CORE,
        frozenset({"scipy", "jinja2", "matplotlib", "sklearn"}),
    ),
    Room(
        ("suite/__main__.py", "suite/commands/*.py"),
        CORE | {"typer", "rich"},
        frozenset({"scipy", "fixtures"}),
    ),
    Room(("suite/*.py",), CORE, frozenset({"scipy"})),
    Room(
        tuple(f"{name.replace('.', '/')}.py" for name in sorted(HEAVY) if name < "g"),
        FIXTURES | TORCH_STACK | {"heavy"},
    ),
    # `openai`: of the `api` extra, imported when a server is asked
    Room(("fixtures/api_client.py",), FIXTURES, frozenset({"openai"})),
    # of the `train` extra, imported when a dataset is asked for
    Room(("fixtures/dataset_files.py",), FIXTURES, frozenset({"datasets"})),
    Room(("fixtures/*.py",), FIXTURES, frozenset({"heavy", "huggingface_hub", "rich"})),
    Room(
        tuple(f"{name.replace('.', '/')}.py" for name in sorted(HEAVY) if name > "t"),
        TRAIN | TRAIN_STACK,
    ),
    Room(("train/*.py",), TRAIN, TRAIN_STACK),
    Room(("conftest.py",), frozenset()),
    Room(("bench/*.py", "docs/*.py"), frozenset({"anything"})),
)


@dataclass(frozen=True)
class Import:
    module: str
    """Dotted; `from a import b` is `a.b`."""
    line: int
    when: When


def find_imports(source: str, package: str = "") -> Iterator[Import]:
    """Yield every import of a module, `importlib.import_module("…")` included."""
    stack: list[tuple[ast.AST, When]] = [(ast.parse(source), "load")]
    while stack:
        node, when = stack.pop()
        yield from _imports_of(node, when, package)
        inside: When = "call" if when == "load" and isinstance(node, FUNCTIONS) else when
        children = [(child, inside) for child in ast.iter_child_nodes(node)]
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            children = [(child, "types") for child in node.body]
            children += [(child, when) for child in node.orelse]
        stack += children


def _imports_of(node: ast.AST, when: When, package: str) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, node.lineno, when)
    elif isinstance(node, ast.ImportFrom):
        parts = package.split(".")
        above = parts[: len(parts) - node.level + 1] if node.level else []
        start = ".".join([*above, *filter(None, [node.module])])
        for alias in node.names:
            yield Import(f"{start}.{alias.name}", node.lineno, when)
    elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        name = ast.unparse(node.func).rpartition(".")[2]
        called = [node.args[0].value] if name in ("import_module", "__import__") else []
        yield from (Import(str(module), node.lineno, when) for module in called)


def group_of(module: str) -> str:
    """Return the word of the table that a dotted name falls under."""
    for group, members in (("heavy", HEAVY), ("session", SESSION)):
        if any(module == member or module.startswith(f"{member}.") for member in members):
            return group
    return module.partition(".")[0]


def find_breaches(path: str, source: str) -> list[str]:
    """Return what a file imports against the table, a line each."""
    room = next((r for r in ROOMS if any(PurePath(path).match(f) for f in r.files)), None)
    if room is None:
        return [f"{path}: in no room of the table"]
    package = ".".join(PurePath(path).parent.parts)
    breaches = []
    for found in find_imports(source, package):
        group = group_of(found.module)
        place = f"{path}:{found.line}: {found.module}"
        if group in CLOSED:
            breaches.append(f"{place}: nobody imports {group}")
            continue
        if group in sys.stdlib_module_names or found.when == "types" or "anything" in room.load:
            continue
        if group not in room.load | room.call:
            breaches.append(f"{place}: not for this room")
        elif group not in room.load and found.when == "load":
            breaches.append(f"{place}: only inside a function")
    return breaches


def source_files() -> list[str]:
    """Return every module of the rooms, `tests` left out: it may import anything."""
    files = [ROOT / "conftest.py"]
    for room in ("suite", "fixtures", "train", "bench", "docs"):
        files += (ROOT / room).rglob("*.py")
    return sorted(file.relative_to(ROOT).as_posix() for file in files)


@pytest.mark.parametrize("path", source_files())
def test_a_module_imports_only_what_its_room_may(path: str) -> None:
    breaches = find_breaches(path, (ROOT / path).read_text(encoding="utf-8"))
    assert not breaches, "\n".join(breaches)


def test_every_heavy_module_exists() -> None:
    missing = [m for m in sorted(HEAVY | SESSION) if m.replace(".", "/") + ".py" not in FILES]
    assert not missing, f"named in this file's sets, but not there: {missing}"


FILES = frozenset(source_files())

ALLOWED = {
    "scipy in a function of the core": ("suite/stats.py", "def f():\n    import scipy.stats"),
    "typer in a command": ("suite/commands/x.py", "import typer"),
    "the registry in a command": ("suite/commands/x.py", "def f():\n    import fixtures.registry"),
    "torch in the engine": ("fixtures/hf_engine.py", "import torch"),
    "the engine in a function": (
        "fixtures/plan.py",
        "def f():\n    from fixtures import hf_engine",
    ),
    "torch for types": ("fixtures/plan.py", "if TYPE_CHECKING:\n    import torch"),
    "torch in a function of train": ("train/sft.py", "def f():\n    import torch"),
}
REFUSED = {
    "datasets when its reader is loaded": ("fixtures/dataset_files.py", "import datasets"),
    "datasets elsewhere": ("fixtures/opening.py", "def f():\n    import datasets"),
    "openai when its client is loaded": ("fixtures/api_client.py", "import openai"),
    "openai elsewhere": ("fixtures/api_engine.py", "def f():\n    import openai"),
    "torch in the core": ("suite/case.py", "import torch"),
    "torch in a function of the core": ("suite/case.py", "def f():\n    import torch"),
    "scipy when the core is loaded": ("suite/stats.py", "import scipy.stats"),
    "scipy in a class body": ("suite/stats.py", "class A:\n    import scipy"),
    "pytest in the core": ("suite/case.py", "import pytest"),
    "fixtures in the core": ("suite/case.py", "def f():\n    from fixtures.registry import Model"),
    "fixtures when a command is loaded": ("suite/commands/x.py", "from fixtures import registry"),
    "torch in the plugin": ("fixtures/plugin.py", "import torch"),
    "torch in a function of the plugin": ("fixtures/plugin.py", "def f():\n    import torch"),
    "torch in the else of types": (
        "fixtures/x.py",
        "if TYPE_CHECKING:\n 1\nelse:\n import torch",
    ),
    "the engine when the plan is loaded": ("fixtures/plan.py", "from fixtures.hf_engine import A"),
    "the engine by relative name": ("fixtures/plan.py", "from .hf_engine import A"),
    "the engine by import_module": ("fixtures/plan.py", "import_module('fixtures.hf_engine')"),
    "train in fixtures": ("fixtures/plan.py", "def f():\n    import train.data"),
    "torch when train is loaded": ("train/sft.py", "import torch"),
    "the session in train": ("train/sft.py", "def f():\n    import fixtures.session"),
    "tests in bench": ("bench/x.py", "from tests.run_records import make_run"),
    "bench for types": ("suite/case.py", "if TYPE_CHECKING:\n    import bench.x"),
    "conftest in fixtures": ("fixtures/plan.py", "import conftest"),
    "anything in conftest": ("conftest.py", "import fixtures.plugin"),
    "a folder that is no room": ("suite/new/x.py", "import json"),
}


@pytest.mark.parametrize(("path", "source"), ALLOWED.values(), ids=ALLOWED)
def test_the_table_allows(path: str, source: str) -> None:
    assert find_breaches(path, source) == []


@pytest.mark.parametrize(("path", "source"), REFUSED.values(), ids=REFUSED)
def test_the_table_refuses(path: str, source: str) -> None:
    assert len(find_breaches(path, source)) == 1


def test_loading_every_light_module_loads_no_part_of_the_torch_stack() -> None:
    light = [
        path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for path in sorted(FILES)
        if path.startswith(("suite/", "fixtures/", "train/")) and not path.endswith("__main__.py")
    ]
    modules = [name for name in light if name not in HEAVY]
    unwanted = sorted(TORCH_STACK | {"scipy", "trl", "datasets", "matplotlib", "openai"})
    code = (
        f"import importlib, sys\nfor name in {modules}: importlib.import_module(name)\n"
        f"print([name for name in {unwanted} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
