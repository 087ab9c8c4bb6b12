"""The README of an adapter: what it does, how it was made, and how much better it is."""

from __future__ import annotations

from typing import Any

from suite.stats import wilson

_METRICS = (
    ("format_success_rate", "one strict JSON object and nothing else"),
    ("schema_valid_rate", "that, and it meets its schema"),
    ("exact_object_rate", "that, and it is the expected object"),
    ("duplicate_json_objects_rate", "two or more top-level objects"),
)

_CARD = """\
---
license: mit
library_name: peft
base_model: {base}
tags: [lora, json]
---
# {name}

A LoRA adapter (rank {rank}, alpha {alpha}) on `{base}` ({quantization}) that answers with one bare
JSON object. Made by

```
{command}
```

from {train_rows} synthetic rows, {tokens} tokens, seed {seed}, in {minutes} minutes on a {device}.

Measured while training, by generating greedily on {n} held-out rows of the same generator, judged
by the suite's own scorer (rate, count, Wilson 95 % interval):

| metric | meaning | base | step {step} (kept) |
|---|---|---|---|
{metrics}
| `eval_loss` | per completion token, {eval_rows} rows | {base_loss:.4f} | {best_loss:.4f} |

{rounding}All measured steps:

| step | format | schema | exact object | duplicates | loss |
|---|---|---|---|---|---|
{steps}

`manifest.json` names the base by its hashes, the data, the settings and the library versions.
It is of use only on that base, quantized in that way.
"""

_ROUNDED = """\
The rates are of the weights as trained, in float32; the file holds them rounded to bfloat16, and
single answers may differ. What the suite reports is of the file.

"""


def format_rate(rate: float, n: int) -> str:
    """Return a rate with its count and interval: `0.935 (187/200, 95% 0.892-0.962)`."""
    count = round(rate * n)
    interval = wilson(count, n)
    return f"{rate:.3f} ({count}/{n}, 95% {interval.low:.3f}-{interval.high:.3f})"


def write_card(manifest: dict[str, Any], facts: dict[str, Any]) -> str:
    """Return the Markdown.

    Args:
        manifest: As written beside the card.
        facts: `name`, `command`, `train_rows`, `eval_rows`, `tokens`, `minutes` and `evaluations`
            (all of the run, by step).
    """
    base, best = manifest["metrics"]["base"], manifest["metrics"]["best"]
    rows = [
        f"| `{name}` | {meaning} | {format_rate(base[name], base['n'])} "
        f"| {format_rate(best[name], best['n'])} |"
        for name, meaning in _METRICS
    ]
    steps = [
        f"| {each.step} | {each.format_success_rate:.3f} | {each.schema_valid_rate:.3f} "
        f"| {each.exact_object_rate:.3f} | {each.duplicate_json_objects_rate:.3f} "
        f"| {each.eval_loss:.4f} |"
        for each in facts["evaluations"]
    ]
    lora = manifest["training"]["lora"]
    return _CARD.format(
        base=manifest["base"]["path"],
        quantization=manifest["quantization"].upper(),
        device={"cpu": "CPU", "cuda": "GPU"}[manifest["device"]],
        rank=lora["r"],
        alpha=lora["alpha"],
        seed=manifest["seed"],
        n=best["n"],
        step=best["step"],
        base_loss=base["eval_loss"],
        best_loss=best["eval_loss"],
        rounding=_ROUNDED if lora["saved_dtype"] != "float32" else "",
        metrics="\n".join(rows),
        steps="\n".join(steps),
        **{key: value for key, value in facts.items() if key != "evaluations"},
    )
