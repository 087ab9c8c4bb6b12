"""The README of an adapter: what it does, how it was made, and how much better it is."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from suite.stats import wilson

if TYPE_CHECKING:
    from train.sft_measure import Evaluation

_METRICS = (
    ("format_success_rate", "format", "one strict JSON object and nothing else"),
    ("schema_valid_rate", "schema", "that, and it meets its schema"),
    ("exact_object_rate", "exact object", "that, and it is the expected object"),
    ("duplicate_json_objects_rate", "duplicates", "two or more top-level objects"),
    ("accuracy", "accuracy", "the right label and nothing else"),
    ("flexible_exact_match", "flexible match", "the right final number, however written"),
    ("strict_exact_match", "strict match", "the right number after `####`"),
    ("exact_answer_rate", "exact answer", "the expected text"),
)
"""Those that a run measured are shown."""
_TOLD = ("name", "command", "train_rows", "eval_rows", "tokens", "minutes")

_CARD = """\
---
{license}library_name: peft
base_model: {base}
tags: [lora{tags}]
---
# {name}

A LoRA adapter (rank {rank}, alpha {alpha}) on `{base}` ({quantization}){aim}. Made by

```
{command}
```

from {train_rows} {rows}, {tokens} tokens, seed {seed}, in {minutes} minutes on a {device}.

Measured while training, {answered} {n} held-out rows{origin}, {judged}
(rate, count, Wilson 95 % interval):

| metric | meaning | base | step {step} (kept) |
|---|---|---|---|
{metrics}
| `eval_loss` | per {learned} token, {eval_rows} rows | {base_loss:.4f} | {best_loss:.4f} |

{threshold}{rounding}{picture}All measured steps:

| step | {columns} | loss |
|---|{dashes}---|
{steps}

`manifest.json` names the base by its hashes, the data, the settings and the library versions.
It is of use only on that base, quantized in that way.
"""

_ROUNDED = """\
The rates are of the weights as trained, in float32; the file holds them rounded to bfloat16, and
single answers may differ. What the suite reports is of the file.

"""

_THRESHOLD = """\
The decision threshold is {value}: a solution counts as flawed where P(1) / (P(0) + P(1)) is at
least that. It was chosen on the {rows} held-out rows (largest balanced accuracy): {accuracy} of
them are told right by it, {half} by the likelier label; the area under the ROC curve is {auc:.3f}.

"""

_PICTURE = """\
![Curves of the training; dashed: the base at step 0](curves.png)

Dashed: the base, before the first step. The ring: the weights kept. Shaded: 95 % intervals.

"""


def format_rate(rate: float, n: int) -> str:
    """Return a rate with its count and interval: `0.935 (187/200, 95% 0.892-0.962)`."""
    count = round(rate * n)
    return f"{rate:.3f} ({count}/{n}, 95% {wilson(count, n)})"


def write_card(manifest: dict[str, Any], facts: dict[str, Any]) -> str:
    """Return the Markdown.

    Args:
        manifest: As written beside the card.
        facts: `name`, `command`, `train_rows`, `eval_rows`, `tokens`, `minutes`, `evaluations`
            (all of the run, by step), `by_label` where rows were answered by the likelier label
            and, where `curves.png` lies beside the card, `has_curves`.
    """
    base, best = manifest["metrics"]["base"], manifest["metrics"]["best"]
    shown = [each for each in _METRICS if best.get(each[0]) is not None]
    rows = [
        f"| `{name}` | {meaning} | {format_rate(base[name], base['n'])} "
        f"| {format_rate(best[name], best['n'])} |"
        for name, _, meaning in shown
    ]
    settings = manifest["training"]
    lora, is_made = settings["lora"], "generate" in settings["data"]
    makes_json = best.get("format_success_rate") is not None
    by_label = bool(facts.get("by_label"))
    return _CARD.format(
        license="license: mit\n" if manifest["base"]["path"] == "fixtures/tiny" else "",
        base=manifest["base"]["path"],
        tags=", json" if makes_json else "",
        aim=" that answers with one bare\nJSON object" if makes_json else "",
        quantization=manifest["quantization"].upper(),
        device={"cpu": "CPU", "cuda": "GPU"}[manifest["device"]],
        rank=lora["r"],
        alpha=lora["alpha"],
        seed=manifest["seed"],
        rows="synthetic rows" if is_made else "rows",
        origin=" of the same generator" if is_made else "",
        answered="by one forward pass over each of" if by_label else "by generating greedily on",
        judged=_say_judged(best, makes_json, by_label),
        threshold=_say_threshold(manifest),
        learned="completion"
        if settings.get("loss_on", "completion") == "completion"
        else "learned",
        n=best["n"],
        step=best["step"],
        base_loss=base["eval_loss"],
        best_loss=best["eval_loss"],
        rounding=_ROUNDED if lora["saved_dtype"] != "float32" else "",
        picture=_PICTURE if facts.get("has_curves") else "",
        metrics="\n".join(rows),
        columns=" | ".join(column for _, column, _ in shown),
        dashes="---|" * len(shown),
        steps="\n".join(
            _step_row(each, [name for name, _, _ in shown]) for each in facts["evaluations"]
        ),
        **{key: facts[key] for key in _TOLD},
    )


def _say_judged(best: dict[str, Any], makes_json: bool, by_label: bool) -> str:
    if by_label:
        return "the likelier\nof the labels 0 and 1 compared with the right one"
    if makes_json or best.get("flexible_exact_match") is not None:
        return "judged\nby the suite's own scorer"
    return "each compared\nwith the expected answer, blanks at the ends aside"


def _say_threshold(manifest: dict[str, Any]) -> str:
    if "decision_threshold" not in manifest:
        return ""
    choice = manifest["decision_threshold_choice"]
    rows = choice["rows"]
    return _THRESHOLD.format(
        value=manifest["decision_threshold"],
        rows=rows,
        accuracy=format_rate(choice["accuracy"], rows),
        half=format_rate(choice["accuracy_at_half"], rows),
        auc=choice["roc_auc"],
    )


def _step_row(evaluation: Evaluation, metrics: list[str]) -> str:
    values = asdict(evaluation)
    cells = [f"{values[name]:.3f}" for name in metrics]
    return f"| {evaluation.step} | {' | '.join(cells)} | {evaluation.eval_loss:.4f} |"
