"""What `train/pipeline.sh` has to know of a configuration, as assignments that bash reads.

Everything that can be refused is refused here, before hours of training; nothing is run here.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fixtures.registry import OWN_REGISTRY, LocalEntry, load_registry
from suite.checkout import ROOT
from suite.errors import InputError
from suite.whole_file import write_whole
from train.sft_config import SftConfig, read_config
from train.terminal import say

_SMOKE = (
    "training.batch_size=8",
    "training.max_steps=4",
    "training.logging_steps=2",
    "training.threads=1",  # threads without a core of their own wait for each other
    "evaluation.steps=4",
    "evaluation.per_epoch=null",
    "evaluation.rows=4",
    "evaluation.max_new_tokens=32",
)
_SMOKE_ROWS = ("data.generate.n_train=64", "data.generate.n_eval=16")
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json")


@dataclass(frozen=True, slots=True)
class Road:
    """What the steps are called with."""

    config: SftConfig
    settings: tuple[str, ...]
    """`key=value`, those of the smoke size included."""
    name: str
    """What the suite calls the model."""
    is_registered: bool
    """Whether `fixtures/models.yaml` has this very adapter under that name."""
    task: str

    @property
    def beside(self) -> Path:
        """The folder of the pipeline; the run folder is the training's own."""
        return Path(f"{self.config.output_dir}_pipeline")


def plan_road(path: Path, settings: Sequence[str], smoke: Path | None) -> Road:
    """Read a configuration, and find out what becomes of its adapter.

    Args:
        path: Of the configuration.
        settings: `key=value`.
        smoke: Folder that everything of a run of few steps goes to; None: the whole run.

    Raises:
        InputError: The configuration is wrong, or another model has the adapter's name.
    """
    config = read_config(path, settings)
    if smoke is not None:
        # nothing of it reaches the committed adapters and goldens
        places = (f"output_dir={smoke / 'run'}", f"adapter_dir={smoke / 'smoke_adapter'}")
        rows = () if config.data.generate is None else _SMOKE_ROWS
        settings = [*settings, *places, *rows, *_SMOKE]
        config = read_config(path, settings)
    run, adapter = config.output_dir, config.adapter_dir
    name = adapter.name if adapter.name != "adapter" else run.name
    recipe = config.data.generate
    task = config.data.task if recipe is None else recipe.task
    return Road(
        config=config,
        settings=tuple(settings),
        name=name,
        is_registered=_is_registered(name, adapter),
        task=task,
    )


def _is_registered(name: str, adapter: Path) -> bool:
    """Whether the registry's entry is this adapter; one of the same name may be another."""
    entry = load_registry(OWN_REGISTRY).entries.get(name)
    if entry is None:
        return False
    there = entry.lora_path if isinstance(entry, LocalEntry) else None
    if there is not None and (ROOT / there).resolve() == adapter.resolve():
        return True
    raise InputError(
        f"adapter_dir: {adapter}: the suite would call it {name}, and fixtures/models.yaml has "
        f"another model of this name{f' ({there})' if there else ''}, whose goldens accepting "
        "would replace; end adapter_dir with another name"
    )


def write_recipe(road: Road) -> bool:
    """Write the configuration of the `data` step; False where the rows are those of files."""
    recipe = road.config.data.generate
    if recipe is None:
        return False
    where = {"out_dir": str(road.beside / "data")}
    document = where | _tokenizer(road.config) | recipe.model_dump(mode="json")
    write_whole(road.beside / "data.yaml", yaml.safe_dump(document))
    return True


def _tokenizer(config: SftConfig) -> dict[str, Any]:
    """Whose tokens are counted: those of the base, where it is on this machine already."""
    if Path(config.base).is_dir():
        return {"base": config.base}
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        if any(
            isinstance(try_to_load_from_cache(config.base, name, revision=config.revision), str)
            for name in _TOKENIZER_FILES
        ):
            return {"base": config.base, "revision": config.revision}
    except HFValidationError:  # a folder that is not there: sft tells it
        pass
    say(f"pipeline: {config.base} is not here yet: tokens of rows are not counted", sys.stderr)
    return {"base": None}


def assignments(road: Road, is_generated: bool) -> str:
    """Return the road as bash: words are quoted, and an empty one means no."""
    facts = {
        "run": str(road.config.output_dir),
        "adapter": str(road.config.adapter_dir),
        "beside": str(road.beside),
        "name": road.name,
        "base": road.config.base,
        "revision": road.config.revision or "",
        "registered": "yes" if road.is_registered else "",
        "generated": "yes" if is_generated else "",
        "task": road.task,
    }
    lines = [f"{name}={shlex.quote(value)}" for name, value in facts.items()]
    return "\n".join([*lines, f"settings=({shlex.join(road.settings)})"])


def main() -> None:
    """Print the assignments."""
    parser = argparse.ArgumentParser(prog="python -m train.pipeline", description=__doc__)
    parser.add_argument("--smoke", type=Path)
    parser.add_argument("config", type=Path)
    parser.add_argument("settings", nargs="*")
    given = parser.parse_args()
    try:
        road = plan_road(given.config, given.settings, given.smoke)
        text = assignments(road, write_recipe(road))
    except InputError as error:
        for problem in error.problems:
            say(f"train pipeline: {problem}", sys.stderr)
        sys.exit(2)
    except OSError as error:  # a folder that cannot be written to, a full disk
        problem = f"{error.filename or 'output_dir'}: {error.strerror or error}"
        say(f"train pipeline: {problem}", sys.stderr)
        sys.exit(2)
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
