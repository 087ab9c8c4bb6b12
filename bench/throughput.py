"""What the suite costs beside what people write: the same 200 prompts, five ways.

    python bench/throughput.py --repeats 3

(a) `model.generate`, one prompt at a time; (b) `model.generate` in batches sorted by length;
(c) the suite's generation phase; (d) the whole `pytest -m format`, nothing cached; (e) the same,
everything cached. All on the embedded model with its adapter, in one run, medians.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from fixtures.decoding import decode_batch
from fixtures.hf_loading import load_model
from fixtures.model import Decoding, Model
from fixtures.prompting import render, stop_ids
from suite.case_files import load_cases

ROOT = Path(__file__).parents[1]
DECODING = Decoding()
BATCH_SIZE = 64
IMPORTS = "import pytest, torch, transformers, peft, bitsandbytes"


def generate_plainly(loaded: Any, prompts: Sequence[list[int]], batch_size: int) -> list[str]:
    """Batches through `model.generate`, sorted by length, left-padded."""
    stop = sorted(stop_ids(loaded.tokenizer, loaded.model.generation_config))
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
    texts = [""] * len(prompts)
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        width = max(len(prompts[index]) for index in chosen)
        ids = torch.zeros(len(chosen), width, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, index in enumerate(chosen):
            ids[row, width - len(prompts[index]) :] = torch.tensor(prompts[index])
            mask[row, width - len(prompts[index]) :] = 1
        with torch.inference_mode():
            output = loaded.model.generate(
                input_ids=ids,
                attention_mask=mask,
                max_new_tokens=DECODING.max_new_tokens,
                do_sample=False,
                eos_token_id=stop,
                pad_token_id=0,
            )
        for row, index in enumerate(chosen):
            texts[index] = loaded.tokenizer.decode(output[row, width:], skip_special_tokens=True)
    return texts


def generate_ours(loaded: Any, prompts: Sequence[list[int]]) -> list[str]:
    """The suite's generation phase."""
    budget = Model("", "local").batch_tokens
    answers = decode_batch(loaded.model, loaded.tokenizer, prompts, DECODING, budget)
    return [answer.text for answer in answers]


def run_suite(cache: Path) -> float:
    """Seconds of a whole `pytest -m format` process."""
    command = [sys.executable, "-m", "pytest", "-m", "format", "-q", f"--cache-dir={cache}"]
    started = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    elapsed = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
    return elapsed


def run_cold() -> float:
    """Seconds of a process that finds nothing cached."""
    folder = Path(tempfile.mkdtemp())
    try:
        return run_suite(folder)
    finally:
        shutil.rmtree(folder)


def run_imports() -> float:
    """Seconds of a process that only imports what a cold run imports."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", IMPORTS], cwd=ROOT, capture_output=True, check=True)
    return time.perf_counter() - started


def clock(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds and result of one call."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def main() -> None:
    """Run everything in turn, `--repeats` times, and print medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    model = Model(
        "tiny_json",
        "local",
        base=ROOT / "fixtures" / "tiny",
        adapter=ROOT / "adapters" / "tiny_json",
        quantization="nf4",
        threads=2,
    )
    load_s, loaded = clock(lambda: load_model(model))
    cases = load_cases(ROOT / "suite" / "cases")["format"].cases
    turns = [[(message.role, message.content) for message in case.messages] for case in cases]
    prompts = [render(loaded.tokenizer, messages, "chat") for messages in turns]
    ways: dict[str, Callable[[], list[str]]] = {
        "a": lambda: generate_plainly(loaded, prompts, 1),
        "b": lambda: generate_plainly(loaded, prompts, BATCH_SIZE),
        "c": lambda: generate_ours(loaded, prompts),
    }
    for way in ("b", "c"):
        ways[way]()  # the first pass warms allocator and threads for both
    seconds: dict[str, list[float]] = {name: [] for name in ("a", "b", "c", "d", "e", "imports")}
    texts: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as warm:
        run_suite(Path(warm))
        for _ in range(repeats):
            for way, work in ways.items():
                elapsed, texts[way] = clock(work)
                seconds[way].append(elapsed)
            seconds["d"].append(run_cold())
            seconds["e"].append(run_suite(Path(warm)))
            seconds["imports"].append(run_imports())
    median = {name: statistics.median(values) for name, values in seconds.items()}
    equal = {way: sum(x == y for x, y in zip(texts["a"], texts[way], strict=True)) for way in "bc"}
    print_table(median, equal, load_s, len(prompts), repeats)


def print_table(
    median: dict[str, float], equal: dict[str, int], load_s: float, count: int, repeats: int
) -> None:
    """The table of README."""
    rows = {
        "a": "`model.generate`, one prompt at a time",
        "b": f"`model.generate`, sorted batches of {BATCH_SIZE}",
        "c": "generation phase of the suite",
        "d": "whole `pytest -m format`, nothing cached",
        "e": "whole `pytest -m format`, everything cached",
    }
    print(f"{count} prompts, medians of {repeats}, torch {torch.__version__}, 2 threads\n")
    print("| | | seconds | of (a) |\n|---|---|---:|---:|")
    for way, what in rows.items():
        print(f"| {way} | {what} | {median[way]:.2f} | {median[way] / median['a']:.2f} |")
    rest = median["d"] - median["imports"] - load_s - median["c"]
    print(
        f"\n(d) = imports {median['imports']:.2f} + loading {load_s:.2f} + generation "
        f"{median['c']:.2f} + collecting, first-pass warm-up, checks, tests, report {rest:.2f}"
    )
    print(f"texts equal to (a): (b) {equal['b']}/{count}, (c) {equal['c']}/{count}")


if __name__ == "__main__":
    main()
