"""Can the embedded base learn the later tasks? A short LoRA fine-tuning each, on fresh rows.

    python bench/probe_abilities.py --minutes 4

The base is NF4-rounded like in QLoRA. Each task trains a LoRA of rank 8 for the given time and is
measured on 300 held-out rows before and after; chance is the rate of always giving the most
frequent answer.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # bench/ has a train.py, too

from fixtures.decoding import decode_batch
from fixtures.hf_loading import load_base, load_tokenizer
from fixtures.model import Decoding
from fixtures.prompting import render
from suite.stats import wilson
from train.abilities import math_row, qa_row, verifier_row
from train.corpus import batch_by_length, encode_row
from train.prompts import extraction_row
from train.rows import Row
from train.tiny import make_batch, weighted_loss
from train.tiny_samples import is_right

TASKS: dict[str, Callable[[random.Random], Row]] = {
    "extraction": extraction_row,
    "qa": qa_row,
    "math": math_row,
    "verifier": verifier_row,
}
HELD_OUT = 300


def held_out_rows(task: str, count: int) -> list[Row]:
    """Rows in chat form from a seed that training never uses."""
    rng = random.Random(f"probe/{task}/held-out")
    rows = (TASKS[task](rng) for _ in range(10 * count))
    return [row for row in rows if not row.raw][:count]


def measure(model: Any, tokenizer: Any, rows: list[Row]) -> int:
    """How many rows the model answers rightly, greedy."""
    prompts = [render(tokenizer, row.messages, "chat") for row in rows]
    model.eval()
    answers = decode_batch(model, tokenizer, prompts, Decoding(max_new_tokens=200), 40_000)
    return sum(is_right(row, answer.text) for row, answer in zip(rows, answers, strict=True))


def train(model: Any, tokenizer: Any, task: str, seconds: float) -> int:
    """Train the LoRA for `seconds`; the learning rate falls to zero over that time."""
    rng = random.Random(f"probe/{task}/train")

    def rows() -> Iterator[Any]:
        while True:
            row = TASKS[task](rng)
            if not row.raw:
                yield encode_row(tokenizer.backend_tokenizer, row)

    parameters = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=3e-3, weight_decay=0.0)
    model.train()
    started = time.monotonic()
    for step, batch in enumerate(batch_by_length(rows(), 4096, 512, rng)):
        share = (time.monotonic() - started) / seconds
        if share >= 1:
            return step
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * (1 - share)
        tensors = make_batch(batch)
        tensors.weights[tensors.weights < 1] = 0.0  # answers only
        weighted_loss(model.base_model.model, tensors).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()
    raise AssertionError("the stream of rows is endless")


def probe(task: str, base: Path, seconds: float) -> str:
    """One line of the table."""
    torch.manual_seed(0)
    tokenizer = load_tokenizer(base)
    rounded = load_base(base, "nf4")
    rounded.dequantize(torch.float32)
    lora = LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM")
    model = get_peft_model(rounded, lora)
    rows = held_out_rows(task, HELD_OUT)
    chance = Counter(row.answer for row in rows).most_common(1)[0][1] / len(rows)
    before = measure(model, tokenizer, rows)
    steps = train(model, tokenizer, task, seconds)
    after = measure(model, tokenizer, rows)
    n = len(rows)
    rate = f"{after / n:.3f} ({after}/{n}, 95% {wilson(after, n)})"
    effort = f"{steps} steps in {seconds / 60:.0f} min"
    return f"{task:<11} {chance:>6.3f}  {before / len(rows):>6.3f}  {rate}  {effort}"


def main() -> None:
    """Probe every task named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=", ".join(TASKS))
    parser.add_argument("--base", type=Path, default=Path("fixtures/tiny"))
    parser.add_argument("--minutes", type=float, default=4.0)
    options = parser.parse_args()
    if unknown := set(options.tasks) - TASKS.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}; choose from {', '.join(TASKS)}")
    print("task        chance    base  after a LoRA of rank 8")
    for task in options.tasks or TASKS:
        print(probe(task, options.base, options.minutes * 60), flush=True)


if __name__ == "__main__":
    main()
