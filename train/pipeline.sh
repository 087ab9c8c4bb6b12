#!/usr/bin/env bash
# The whole road of an adapter: data -> sft -> plot -> suite -> accept.
#
#   bash train/pipeline.sh                                      # tiny_json: half an hour on two cores
#   bash train/pipeline.sh train/configs/qwen2_5_0_5b_json.yaml # any configuration
#   bash train/pipeline.sh --smoke DIR [CONFIG]                 # a few steps; all of it in DIR
#
# Settings may follow CONFIG as `key=value`. Each command below can be run by hand just as well. A
# pipeline that was killed goes on where it was. Exit status: 0 accepted, 1 not, 2 usage.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

smoke=""
if [[ ${1:-} == --smoke ]]; then
  smoke=${2:?"--smoke: names the folder that everything goes to"}
  shift 2
fi
config=train/configs/tiny_json.yaml
if [[ $# -gt 0 && $1 != *=* ]]; then
  config=$1
  shift
fi
settings=("$@")

if [[ -n $smoke ]]; then
  mkdir -p "$smoke"
  # nothing of it reaches the committed adapters and goldens
  settings+=("output_dir=$smoke/run" "adapter_dir=$smoke/smoke_adapter")
  settings+=(data.generate.n_train=64 data.generate.n_eval=16 training.batch_size=8)
  settings+=(training.max_steps=4 training.logging_steps=2 evaluation.steps=4)
  settings+=(evaluation.per_epoch=null evaluation.rows=4 evaluation.max_new_tokens=32)
  settings+=(training.threads=1) # threads without a core of their own wait for each other
fi

say() { printf '\n==> %s\n' "$*"; }

# What the configuration says, with every default and setting filled in.
mapfile -t facts < <(python -m train sft --config "$config" --print-config "${settings[@]}" \
  | python -c '
import sys, yaml
from pathlib import Path
from fixtures.registry import OWN_REGISTRY, load_registry
config = yaml.safe_load(sys.stdin)
run, adapter = Path(config["output_dir"]), Path(config["adapter_dir"])
name = adapter.name if adapter.name != "adapter" else run.name
print(run, adapter, name, config["base"], config["revision"] or "", sep="\n")
print("yes" if name in load_registry(OWN_REGISTRY).entries else "")
recipe = config["data"]["generate"]
if recipe:
    beside = Path(f"{run}_pipeline")
    beside.mkdir(parents=True, exist_ok=True)
    here = {"out_dir": str(beside / "data"), **({"base": config["base"]} if Path(config["base"]).is_dir() else {})}
    (beside / "data.yaml").write_text(yaml.safe_dump(here | recipe))
print("yes" if recipe else "")
')
if ((${#facts[@]} != 7)); then exit 2; fi # the command has said why
run=${facts[0]} adapter=${facts[1]} name=${facts[2]} base=${facts[3]} revision=${facts[4]}
registered=${facts[5]} generated=${facts[6]}
beside=${run}_pipeline # the run folder is the training's own
mkdir -p "$beside"

say "data: rows to look at in $beside/data"
if [[ -n $generated ]]; then
  python -m train data --config "$beside/data.yaml"
else
  echo "the rows are those that $config names"
fi

say "sft: the adapter in $adapter"
going_on=()
if [[ -f $run/run.json ]]; then going_on=(--resume); fi
python -m train sft --config "$config" "${going_on[@]}" "${settings[@]}"
if [[ -n $generated ]]; then
  # the training makes its rows itself, from the same seed: these are the ones it learned
  python - "$adapter/manifest.json" "$beside/data" <<'PY'
import hashlib, json, sys
from pathlib import Path
learned = json.loads(Path(sys.argv[1]).read_text())["data"]["files"]
made = {name: hashlib.sha256((Path(sys.argv[2]) / name).read_bytes()).hexdigest() for name in learned}
sys.exit(None if made == learned else f"{sys.argv[2]}: other rows than the adapter learned")
PY
fi

say "plot: pictures in $run/plots"
python -m train plot "$run"

# A model of the registry is asked as its entry says, any other one by its folders.
model=(--base-model="$base" --adapter="$adapter" --as="$name")
if [[ -n $revision ]]; then model+=(--revision="$revision"); fi
if [[ -n $registered ]]; then model=(--model="$name"); fi
where=()
if [[ -n $smoke ]]; then
  where=(--num-prompts=6 --max-new-tokens=32 --goldens="$smoke/goldens"
    --cache-dir="$smoke/cache")
fi

say "suite: every answer in $beside/generations.jsonl, the page in $beside/suite/report.html"
status=0
python -m pytest suite "${model[@]}" "${where[@]}" \
  --dump-jsonl="$beside/generations.jsonl" --output="$beside/suite" || status=$?
# 1: something broke, or a gate fails; accepting decides, and says what
if ((status > 1)); then exit "$status"; fi

say "accept: the goldens of $name"
python -m pytest suite "${model[@]}" "${where[@]}" --snapshot-update -q --tb=no || {
  echo "not accepted: see above what broke; where that is meant:"
  echo "  python -m pytest suite ${model[*]} --snapshot-update --accept-regressions"
  exit 1
}

goldens=${smoke:+$smoke/}goldens/$name
rows="those that $config names"
if [[ -n $generated ]]; then rows="$beside/data (stats.md tells what is in them)"; fi
cat <<END

accepted
  rows       $rows
  run        $run (checkpoints, every measured answer, tb/)
  pictures   $run/plots
  adapter    $adapter (README.md is its card)
  answers    $beside/generations.jsonl
  suite      $beside/suite/report.html
  goldens    $goldens
END
if [[ -z $smoke && -z $registered ]]; then
  echo "next: a line in fixtures/models.yaml keeps the model: $name: {type: local, model_path: $base, lora_path: $adapter}"
fi
