"""What the embedded base model says while it learns: rates on held-out rows and a few samples."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train.rows import Row

if TYPE_CHECKING:
    from tokenizers import Tokenizer

HELD_OUT = "held-out"

TEXT_KINDS = ("qa", "math", "verifier", "arithmetic")
"""Kinds of rows whose answer is no JSON."""


def held_out_rows(count: int) -> list[Row]:
    """Rows of the same mix as training, another seed."""
    from train.corpus import base_row

    rng = random.Random(HELD_OUT)
    return [base_row(rng) for _ in range(count)]


def answer_rows(
    model: Any, tokenizer: Tokenizer, rows: list[Row], max_new_tokens: int = 160
) -> list[str]:
    """Greedy answers, left-padded in batches of 32."""
    import torch

    from train.corpus import row_text

    encoded = [tokenizer.encode(row_text(row)[0], add_special_tokens=False).ids for row in rows]
    order = sorted(range(len(rows)), key=lambda index: len(encoded[index]))
    answers = [""] * len(rows)
    for start in range(0, len(order), 32):
        chosen = order[start : start + 32]
        width = max(len(encoded[index]) for index in chosen)
        ids = torch.zeros(len(chosen), width, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for place, index in enumerate(chosen):
            ids[place, width - len(encoded[index]) :] = torch.tensor(encoded[index])
            mask[place, width - len(encoded[index]) :] = 1
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            output = model.generate(
                input_ids=ids, attention_mask=mask, max_new_tokens=max_new_tokens, do_sample=False
            )
        for place, index in enumerate(chosen):
            answers[index] = tokenizer.decode(
                output[place, width:].tolist(), skip_special_tokens=True
            )
    return answers


def first_object(text: str) -> Any:
    """The first JSON object in a text, for measuring a base model that wraps its answers."""
    start = text.find("{")
    try:
        return json.JSONDecoder().raw_decode(text, start)[0] if start >= 0 else None
    except ValueError:
        return None


def is_right(row: Row, answer: str) -> bool:
    """Whether the final answer is right: the object in a text, or the text after `####`."""
    if row.kind in TEXT_KINDS:
        return answer.split("####")[-1].strip() == row.answer.split("####")[-1].strip()
    return first_object(answer) == first_object(row.answer)


def measure(rows: list[Row], answers: list[str]) -> dict[str, float]:
    """Share of right answers by kind; for JSON, objects equal wherever they stand in the text."""
    right: dict[str, list[bool]] = {}
    for row, answer in zip(rows, answers, strict=True):
        if row.kind not in TEXT_KINDS:
            bare = answer.strip()[:1] == "{" and answer.strip()[-1:] == "}" and "}\n{" not in answer
            right.setdefault("bare", []).append(bare)
        right.setdefault(row.kind, []).append(is_right(row, answer))
    return {kind: round(sum(values) / len(values), 3) for kind, values in sorted(right.items())}


def show_samples(
    model: Any, tokenizer: Tokenizer, folder: Path, step: int, count: int = 160
) -> None:
    """Print rates on held-out rows and three samples; append the rates to `rates.jsonl`."""
    rows = held_out_rows(count)
    model.eval()
    answers = answer_rows(model, tokenizer, rows)
    model.train()
    rates = measure(rows, answers)
    print(f"held-out at step {step}: {rates}")
    for index in random.Random(step).sample(range(count), 3):
        row, answer = rows[index], answers[index]
        print(f"  [{row.kind}] {row.messages[-1][1][:160]!r}")
        print(f"    want {row.answer[:160]!r}\n    got  {answer[:160]!r}", flush=True)
    with (folder / "rates.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps({"step": step, "n": count, **rates}) + "\n")
