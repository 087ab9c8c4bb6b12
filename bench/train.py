"""What training costs beside what people write: TRL's SFTTrainer with its defaults, and ours.

    python bench/train.py --steps 40

The same base in NF4, the same LoRA, the same rows, on this machine's CPU, each in a process of its
own: tokens per second of the steps, peak memory, and what the difference comes from. Also the share
of measuring in the time of `tiny_json.yaml`. Tokens are those of rows, padding not counted.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # in this folder, this file would stand for the package
CONFIG = ROOT / "train" / "configs" / "tiny_json.yaml"
WARM_UP = 2
"""Steps that are not counted: allocator, threads and caches."""
WHOLE = {"steps": 872, "evaluations": 4, "rows": 200}
"""Of `tiny_json.yaml`."""
MOST_MEASURING = 0.2
"""Share of the time that evaluations may take."""


class Watch:
    """Counts tokens and time of the steps, and the time of evaluations."""

    def __init__(self) -> None:
        self.steps: list[tuple[float, int, int]] = []
        """Moment at which a step began, its tokens, and its places with padding."""
        self.evaluation_s = 0.0
        self.evaluations = 0

    def attach(self, trainer: Any) -> None:
        """Wrap the step and the evaluation of a trainer's class."""
        step, evaluate = trainer.training_step, trainer.evaluate

        def watched_step(own: Any, model: Any, inputs: Any, *rest: Any) -> Any:
            places = inputs["input_ids"].numel()
            mask = inputs.get("attention_mask")
            tokens = places if mask is None else int(mask.sum())
            self.steps.append((time.perf_counter(), tokens, places))
            return step(own, model, inputs, *rest)

        def watched_evaluate(own: Any, *args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            done = evaluate(own, *args, **kwargs)
            self.evaluation_s += time.perf_counter() - started
            self.evaluations += 1
            return done

        trainer.training_step, trainer.evaluate = watched_step, watched_evaluate

    def found(self) -> dict[str, float]:
        """The figures; the last step only ends the one before it."""
        counted = self.steps[WARM_UP:]
        elapsed = counted[-1][0] - counted[0][0]
        tokens, places = (sum(each[index] for each in counted[:-1]) for index in (1, 2))
        return {
            "tokens_per_s": tokens / elapsed,
            "step_s": elapsed / (len(counted) - 1),
            "rows_tokens": tokens / (len(counted) - 1),
            "padding": 1 - tokens / places,
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "evaluation_s": self.evaluation_s / max(1, self.evaluations),
        }


def train_plainly(rows: Path, steps: int, threads: int) -> None:
    """TRL as its documentation has it, on a CPU: nothing set but what it cannot know."""
    import torch
    from datasets import load_dataset
    from peft import LoraConfig
    from transformers import AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    from fixtures.hf_loading import load_base
    from train.sft_config import read_config

    torch.set_num_threads(threads)
    config = read_config(CONFIG)
    base = ROOT / config.base
    names = ["prompt", "completion"]
    dataset = load_dataset("json", data_files=str(rows / "train.jsonl"), split="train")
    trainer = SFTTrainer(
        model=load_base(base, "nf4"),
        args=SFTConfig(
            output_dir=str(rows / "plain"),
            max_steps=steps,
            use_cpu=True,
            bf16=False,  # TRL's default needs a GPU
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        ),
        train_dataset=dataset.select_columns(names),
        processing_class=AutoTokenizer.from_pretrained(base),
        peft_config=LoraConfig(
            r=config.lora.r,
            lora_alpha=config.lora.alpha,
            target_modules=list(config.lora.target_modules),
            task_type="CAUSAL_LM",
        ),
    )
    trainer.train()


def train_ours(rows: Path, steps: int, threads: int, measured: int) -> None:
    """`python -m train sft`, as a user runs it."""
    from typer.testing import CliRunner

    from train.__main__ import app

    settings = {
        "base": ROOT / "fixtures" / "tiny",
        "output_dir": rows / "ours",
        "adapter_dir": rows / "adapter",
        "data.generate": "null",
        "data.train_file": rows / "train.jsonl",
        "data.eval_file": rows / "eval.jsonl",
        "training.max_steps": steps,
        "training.threads": threads,
        "evaluation.steps": steps,
        "evaluation.rows": measured,
    }
    words = [f"{key}={value}" for key, value in settings.items()]
    done = CliRunner().invoke(app, ["sft", "--config", str(CONFIG), *words])
    if done.exit_code:
        raise SystemExit(done.output)


def run_child(way: str, rows: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """One way in a process of its own."""
    out = rows / f"{way}.json"
    command = [sys.executable, __file__, "--way", way, "--rows", str(rows), "--out", str(out)]
    command += ["--steps", str(arguments.steps), "--threads", str(arguments.threads)]
    command += ["--measured", str(arguments.measured)]
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "OMP_NUM_THREADS": str(arguments.threads),
    }
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{way} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    found: dict[str, float] = json.loads(out.read_text(encoding="utf-8"))
    return found


def take_medians(pairs: Sequence[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """The median of each figure over the repeats."""
    return {
        way: {name: median(pair[way][name] for pair in pairs) for name in pairs[0][way]}
        for way in pairs[0]
    }


def print_table(
    pairs: Sequence[dict[str, dict[str, float]]], arguments: argparse.Namespace
) -> None:
    """The figures of both, and where the difference is from."""
    found = take_medians(pairs)
    plain, ours = found["plain"], found["ours"]
    print(
        f"{arguments.steps} steps, {arguments.threads} threads, {WARM_UP} steps not counted; "
        f"medians of {len(pairs)}\n"
    )
    print("| | tokens/s | peak MiB | tokens a step | padding |\n|---|---:|---:|---:|---:|")
    for name, each in (("TRL SFTTrainer, defaults", plain), ("`train sft`", ours)):
        print(
            f"| {name} | {each['tokens_per_s']:.0f} | {each['peak_mib']:.0f} "
            f"| {each['rows_tokens']:.0f} | {each['padding']:.1%} |"
        )
    ratios = [pair["ours"]["tokens_per_s"] / pair["plain"]["tokens_per_s"] for pair in pairs]
    ratio = median(ratios)
    print(
        f"\nours: {ratio:.2f} times the tokens per second ({'ok' if ratio >= 1 else 'SLOWER'}; "
        f"side by side {', '.join(f'{each:.2f}' for each in ratios)})"
    )
    print(
        f"why faster: batches of like length leave {ours['padding']:.1%} of the places to padding "
        f"({plain['padding']:.1%} in TRL's order), activations are not computed a second time, "
        "products are in bf16\n"
        "why more memory: 16 rows a step with their activations kept, where TRL's default has 8 "
        "and computes them again; training.activation_checkpointing=true does the same here"
    )
    print_share(ours, arguments.measured)


def print_share(ours: dict[str, float], measured: int) -> None:
    """The share of evaluations in the time of `tiny_json.yaml`."""
    one = ours["evaluation_s"] * WHOLE["rows"] / measured
    measuring = WHOLE["evaluations"] * one
    share = measuring / (measuring + WHOLE["steps"] * ours["step_s"])
    whole = f"tiny_json.yaml: {WHOLE['evaluations']} evaluations of {WHOLE['rows']} rows"
    if measured < WHOLE["rows"]:
        # the tokens of an answer come one after another, for few rows as for many
        print(f"{whole}: less than {share:.1%} of the time; --measured 200 says how much")
        return
    verdict = "ok" if share <= MOST_MEASURING else "OVER"
    print(f"{whole}, {one:.0f} s each: {share:.1%} of the time ({verdict}: at most 20 %)")


def main() -> None:
    """Make the rows, run both ways, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3, help="each way in turn")
    parser.add_argument("--measured", type=int, default=WHOLE["rows"], help="rows generated")
    parser.add_argument("--way", choices=["plain", "ours"], help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        watch = Watch()
        if arguments.way == "plain":
            from trl import SFTTrainer

            watch.attach(SFTTrainer)
            train_plainly(arguments.rows, arguments.steps, arguments.threads)
        else:
            # its `evaluate` generates as well: that of TRL's class would be half of the time
            from train.sft_trainer import FormatTrainer

            watch.attach(FormatTrainer)
            train_ours(arguments.rows, arguments.steps, arguments.threads, arguments.measured)
        arguments.out.write_text(json.dumps(watch.found()), encoding="utf-8")
        return
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder)
        from train.data import make_data
        from train.data_config import DataConfig

        # as many evaluation rows for each row generated as in tiny_json.yaml
        make_data(
            DataConfig(n_train=16 * (arguments.steps + 4), n_eval=3 * arguments.measured), rows
        )
        pairs = []
        for number in range(arguments.repeats):
            pairs.append({way: run_child(way, rows, arguments) for way in ("plain", "ours")})
            for left in ("ours", "adapter"):  # a training refuses a folder that holds another run
                shutil.rmtree(rows / left, ignore_errors=True)
            print(f"{number + 1} of {arguments.repeats} done", file=sys.stderr)
        print_table(pairs, arguments)


if __name__ == "__main__":
    main()
