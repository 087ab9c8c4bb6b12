"""The embedded adapter on 1,000 generated rows that it never saw: format, schema, fields.

    PYTHONPATH=. python bench/held_out.py

Makes the rows of `python -m train data` (the `eval` split, whose prompts are in no training row),
runs the suite on them, and counts the expected top-level fields that are exactly right.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from suite.compare import same_json
from suite.stats import wilson

ROOT = Path(__file__).parents[1]


def show(name: str, count: int, n: int) -> None:
    """Print one rate with its count and interval."""
    print(f"{name:<24} {count / n:.3f} ({count}/{n}, 95% {wilson(count, n)})")


def count_training_rows(model: str) -> int:
    """How many rows the adapter was trained on: no prompt of these is in the evaluation rows."""
    manifest = json.loads((ROOT / "adapters" / model / "manifest.json").read_text("utf-8"))
    return int(manifest["training"]["data"]["generate"]["n_train"])


def main() -> None:
    """Make, run, count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="tiny_json")
    parser.add_argument("--strictness", choices=("easy", "hard"), default="hard")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make = [sys.executable, "-m", "train", "data", f"--out-dir={folder}"]
        make += [f"--n-train={count_training_rows(options.model)}"]
        make += [f"--eval-strictness={options.strictness}"]
        subprocess.run(make, cwd=ROOT, check=True, capture_output=True)
        rows = [
            json.loads(line) for line in (folder / "eval.jsonl").read_text("utf-8").splitlines()
        ]
        judge = [sys.executable, "-m", "pytest", "-m", "format", "-q", "--tb=no", "--model"]
        judge += [
            options.model,
            f"--cases-file={folder / 'eval.jsonl'}",
            f"--output={folder / 'run'}",
        ]
        subprocess.run(judge, cwd=ROOT, check=False, capture_output=True)  # failing rows: exit 1
        lines = (folder / "run" / "samples.jsonl").read_text("utf-8").splitlines()
    scores = {sample["case_id"]: sample["score"] for sample in map(json.loads, lines)}
    assert scores.keys() == {row["id"] for row in rows}
    for metric in ("format_success_rate", "schema_valid_rate", "duplicate_json_objects_rate"):
        show(metric, sum(score["metrics"][metric] for score in scores.values()), len(rows))
    right = fields = 0
    for row in rows:
        document = scores[row["id"]]["document"]
        got = document if isinstance(document, dict) else {}
        fields += len(row["expected"])
        right += sum(k in got and same_json(got[k], v) for k, v in row["expected"].items())
    show("fields exactly right", right, fields)


if __name__ == "__main__":
    main()
