#!/usr/bin/env bash
# The whole road of an adapter: data -> sft -> plot -> suite -> accept.
#
#   bash train/pipeline.sh                                      # tiny_json: half an hour on two cores
#   bash train/pipeline.sh train/configs/qwen2_5_0_5b_json.yaml # any configuration
#   bash train/pipeline.sh --smoke DIR [CONFIG]                 # a few steps; all of it in DIR
#
# `key=value` settings and --overwrite may follow CONFIG. CONFIG and DIR are found from the folder
# that this is called in, paths in settings and configurations from the root of the repository. Each
# command below can be run by hand just as well. A pipeline that was killed goes on where it was.
# Exit status: 0 accepted; 1 not; 2 usage.
set -euo pipefail
called_in=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# A path as it is found from here: the caller's folder comes first.
from_here() {
  if [[ $1 == /* || $called_in -ef . ]]; then echo "$1"; else echo "$called_in/$1"; fi
}

smoke=()
goldens=goldens
if [[ ${1:-} == --smoke ]]; then
  folder=$(from_here "${2:?"--smoke: names the folder that everything goes to"}")
  smoke=(--smoke="$folder")
  shift 2
fi
config=train/configs/tiny_json.yaml
if [[ $# -gt 0 && $1 != *=* && $1 != -* ]]; then
  config=$(from_here "$1")
  if [[ ! -e $config ]]; then config=$1; fi # train/configs/… from anywhere
  shift
fi
settings=() start=()
for word in "$@"; do
  case $word in
    --overwrite | --resume) start=("$word") ;;
    -*)
      echo "train/pipeline.sh: $word: no option of this; --overwrite and key=value may follow CONFIG" >&2
      exit 2
      ;;
    *) settings+=("$word") ;;
  esac
done

say() { printf '\n==> %s\n' "$*"; }

# What the configuration says, with every default and setting filled in, checked:
# run, adapter, beside, name, base, revision, registered, generated, task, settings.
road=$(python -m train.pipeline "${smoke[@]}" "$config" "${settings[@]}") || exit $?
eval "$road"
mkdir -p "$beside"

say "data: rows to look at in $beside/data"
if [[ -n $generated ]]; then
  python -m train data --config "$beside/data.yaml"
else
  echo "the rows are those that $config names"
fi

say "sft: the adapter in $adapter"
if [[ ${#start[@]} == 0 && -f $run/run.json ]]; then start=(--resume); fi
python -m train sft --config "$config" "${start[@]}" "${settings[@]}"
if [[ -n $generated ]]; then
  # the training makes its rows itself, from the same seed: these are the ones it learned
  python - "$adapter/manifest.json" "$beside/data" <<'PY'
import hashlib, json, sys
from pathlib import Path
from train.data_config import DataConfig
manifest = json.loads(Path(sys.argv[1]).read_text())
files = DataConfig.model_validate(manifest["training"]["data"]["generate"]).files
paths = {f"{split}.jsonl": Path(sys.argv[2]) / f"{files[split]}.jsonl" for split in ("train", "eval")}
made = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in paths.items()}
sys.exit(None if made == manifest["data"]["files"] else f"{sys.argv[2]}: other rows than the adapter learned")
PY
fi

say "plot: pictures in $run/plots"
python -m train plot "$run"

# A model of the registry is asked as its entry says, any other one by its folders.
model=(--base-model="$base" --adapter="$adapter" --as="$name")
if [[ -n $revision ]]; then model+=(--revision="$revision"); fi
if [[ -n $registered ]]; then model=(--model="$name"); fi
where=()
if ((${#smoke[@]})); then
  goldens=$folder/goldens
  where=(--num-prompts=6 --max-new-tokens=32 --goldens="$goldens" --cache-dir="$folder/cache")
fi

rows="those that $config names"
if [[ -n $generated ]]; then rows="$beside/data (stats.md tells what is in them)"; fi

say "suite: every answer in $beside/generations.jsonl, the page in $beside/suite/report.html"
status=0
python -m pytest suite -m "$task" "${model[@]}" "${where[@]}" \
  --dump-jsonl="$beside/generations.jsonl" --output="$beside/suite" || status=$?
# 1: something broke, or a gate fails; accepting decides, and says what
if ((status > 1)); then exit "$status"; fi

say "accept: the goldens of $name"
python -m pytest suite -m "$task" "${model[@]}" "${where[@]}" --snapshot-update -q --tb=no || {
  echo "not accepted: see above what broke; where that is meant:"
  echo "  python -m pytest suite -m $task$(printf ' %q' "${model[@]}" "${where[@]}") --snapshot-update --accept-regressions"
  exit 1
}

cat <<END

accepted
  rows       $rows
  run        $run (checkpoints, every measured answer, tb/)
  pictures   $run/plots
  adapter    $adapter (README.md is its card)
  answers    $beside/generations.jsonl
  suite      $beside/suite/report.html
  goldens    $goldens/$name
END
if ((${#smoke[@]} == 0)) && [[ -z $registered ]]; then
  echo "next: a line in fixtures/models.yaml keeps the model: $name: {type: local, model_path: $base, lora_path: $adapter}"
fi
