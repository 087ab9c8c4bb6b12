"""The command `python -m train data`: options, configuration file and `key=value` in, rows out.

The rows are made in `train/data.py`.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from train.terminal import refuse, say

_STRICTNESS = (
    "`easy`: prompts that frame a text or ask a question after it, keys named in running text, "
    "objects without nested values and lists, also as broken outputs to put right, no hard "
    "negatives. `hard`: also prompts with a schema in any layout (JSON Schema, TypeScript, Python "
    "class, table, bullets, example), in the message or in the system prompt, prompts put together "
    "in any order, and whole requests in prose; nested objects and lists, also in broken outputs; "
    "hard negatives."
)


def data(
    overrides: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[key=value ...]",
            help="Settings; all of the configuration file's, such as duplicate_key_prob_train=0.2.",
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            help="YAML, such as train/configs/data_hard_eval.yaml; else section `data` of "
            "run_config.yaml or run_config.json in the root of the repository, if there is one."
        ),
    ] = None,
    out_dir: Annotated[Path | None, typer.Option(help="Folder to write to.")] = None,
    task: Annotated[
        str | None,
        typer.Option(
            metavar="[format|extraction|qa|verifier|math]",
            help="`format` (default): the mix below. `extraction`: its plain rows, and in "
            "`hard` splits six of ten ask for facts of natural texts by what keys mean. `qa`: "
            "questions over a passage, answered by a span of it, a count, or `unanswerable`; half "
            "are laid out as the suite's. `verifier`: "
            "worked solutions, half of them with a planted error. `math`: word problems to solve. "
            "These two also get test.jsonl, and validation.jsonl in place of eval.jsonl.",
        ),
    ] = None,
    n_train: Annotated[
        int | None,
        typer.Option(
            help="Rows of train.jsonl: 6000; 2000 of extraction and qa, 20000 of verifier and math."
        ),
    ] = None,
    n_eval: Annotated[
        int | None,
        typer.Option(
            help="Rows of eval.jsonl: 1000; 200 of extraction and qa. Of validation.jsonl: 600. No "
            "prompt is in two files, or in the suite, or nearly."
        ),
    ] = None,
    n_test: Annotated[
        int | None, typer.Option(help="Rows of test.jsonl, of verifier and math: 1000.")
    ] = None,
    hard_negative_prob_train: Annotated[
        float | None,
        typer.Option(
            help="Share of prompts that pull out of the format ('explain first', 'in a code "
            "block'): 0.3; the right answer is still one bare object."
        ),
    ] = None,
    hard_negative_prob_eval: Annotated[
        float | None,
        typer.Option(help="The same in eval.jsonl: 0.25 with `hard`, 0 with `easy`."),
    ] = None,
    fix_bad_output_prob_train: Annotated[
        float | None,
        typer.Option(help="Share of prompts with a broken output to put right: 0.15 in both."),
    ] = None,
    eval_strictness: Annotated[
        str | None,
        typer.Option(metavar="[easy|hard]", help="Of eval.jsonl: hard. " + _STRICTNESS),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="The same seed and options give the same bytes: 0.")
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            help="Folder or hub id of the base whose tokenizer counts the tokens: fixtures/tiny."
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Replace files of --out-dir that this command did not make."
        ),
    ] = False,
) -> None:
    """Make training rows: train.jsonl, eval.jsonl, stats.json, stats.md, a dataset card.

    Of verifier and math train.jsonl, validation.jsonl, test.jsonl; of verifier also catalogue.csv.
    """
    options = {
        "out_dir": out_dir,
        "task": task,
        "n_train": n_train,
        "n_eval": n_eval,
        "n_test": n_test,
        "hard_negative_prob_train": hard_negative_prob_train,
        "hard_negative_prob_eval": hard_negative_prob_eval,
        "fix_bad_output_prob_train": fix_bad_output_prob_train,
        "eval_strictness": eval_strictness,
        "seed": seed,
        "base": base,
    }
    given = {name: value for name, value in options.items() if value is not None}
    from suite.errors import InputError

    try:
        _make(config, given, overrides or (), overwrite)
    except InputError as error:
        refuse("data", str(error))
    except OSError as error:  # a folder that cannot be written to, a full disk
        refuse("data", f"{error.filename or 'out_dir'}: {error.strerror or error}")


def _make(
    config: Path | None, options: Mapping[str, Any], overrides: Iterable[str], overwrite: bool
) -> None:
    from train.data import check_out_dir, make_data
    from train.data_config import DataConfig, read_data_run
    from train.data_stats import find_tokenizer
    from train.run_config import choose_config
    from train.worked_rows import CATALOGUE

    path = choose_config(config, "data")
    run = read_data_run(path, options, overrides)
    if not overwrite or run.out_dir.is_file():
        check_out_dir(run.out_dir)
    tokenizer = find_tokenizer(run.base, run.revision, chosen="base" in run.model_fields_set)
    words = ["python", "-m", "train", "data", *(("--config", str(path)) if path else ())]
    words += [f"{name}={value}" for name, value in options.items()]
    recipe = DataConfig.model_validate(run.model_dump(include=set(DataConfig.model_fields)))
    named = " @ ".join(filter(None, (run.base, run.revision)))
    stats = make_data(recipe, run.out_dir, shlex.join([*words, *overrides]), tokenizer, named)
    if tokenizer is not None:
        say(f"tokens are those of {named}")
    for split, facts in stats["splits"].items():
        say(f"{run.out_dir / split}.jsonl: {facts['rows']} rows, sha256 {facts['sha256']}")
        told = [_mix(facts)] if _mix(facts) else []
        if "tokens" in facts:
            told.append(f"tokens of a row {_span(facts['tokens']['row'])}")
        if told:
            say(f"  {'; '.join(told)}")
    if run.task == "verifier":
        say(f"{run.out_dir / CATALOGUE}: all rows as a table")
    both = "both" if len(stats["splits"]) == 2 else "two"
    say(f"{run.out_dir}: no row is (nearly) in {both} splits or a case of the suite; see stats.md")


def _mix(facts: Mapping[str, Any]) -> str:
    if "error_types" in facts:
        return ", ".join(f"{name} {count}" for name, count in facts["error_types"].items())
    if "hard_negative_share" not in facts:
        return ""
    shares = (facts["hard_negative_share"], facts["repair_share"])
    return "hard negatives {:.3f}, repairs {:.3f}".format(*shares)


def _span(spread: Mapping[str, float]) -> str:
    return f"{spread['min']} to {spread['max']}, mean {spread['mean']}"
