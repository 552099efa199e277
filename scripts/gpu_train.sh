#!/usr/bin/env bash
# Train the default model on a borrowed GPU machine that has no network and forgets everything (docs/training.md).
#
#   gpu_train.sh start  CONFIG   install the carried wheels, start the trainer as a process of its own
#   gpu_train.sh wait   SECONDS  wait for its end (or the time), showing the log; status 1 if it has failed
#   gpu_train.sh collect         averaged weights in pieces of < 16 MiB, logs and sheets into $OUT
#
# One command there lasts 10 minutes at most and the machine goes 30 s after the last one ends, so: start, then
# wait again and again, then collect. The trainer runs on between the calls.
set -euo pipefail
home=${WT_GPU_HOME:-/tmp/wt}
export PYTHONPATH=$home/site:$home/code PYTHONUNBUFFERED=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

# In a machine without an init process who ended stays a process, so its status in a file is what tells.
running() { [ ! -e "$home/status" ] && kill -0 "$(cat "$home/pid" 2>/dev/null)" 2>/dev/null; }

case ${1:-} in
start)
    config=${2:?name a run or a TOML file}
    if running; then
        echo "A trainer is at work in $home already; wait for it." >&2
        exit 1
    fi
    mkdir -p "$home/site" "$home/code"
    cp -r wt_backend "$home/code/"
    if [ -f "$config" ]; then
        cp "$config" "$home/config.toml"
        config=$home/config.toml
    fi
    if ls .whl/*.whl >/dev/null 2>&1; then
        python3 -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --upgrade --target "$home/site" .whl/*.whl
    fi
    cd "$home"
    # What is missing is said now, not in a log that somebody reads minutes later.
    python3 -c 'import wt_backend.training.trainer, embreex, manifold3d; from wt_backend.training.train import read_config
import sys, torch; from wt_backend.protocol import BackendError
try: read_config(sys.argv[1], None)
except BackendError as error: sys.exit(f"{error} {error.hint}".strip())
torch.multiprocessing.set_sharing_strategy("file_system"); torch.zeros(1).share_memory_()  # as the data travels' "$config"
    rm -f status
    echo "$config" >config
    # shellcheck disable=SC2016 # expanded by the inner shell
    setsid nohup bash -c 'python3 -m wt_backend train "$1" --state run; echo $? >status' trainer "$config" \
        >train.log 2>&1 </dev/null &
    echo $! >pid
    ;;
wait)
    seconds=${2:?seconds to wait}
    if [ ! -e "$home/train.log" ]; then
        echo "No trainer was started in $home: gpu_train.sh start CONFIG." >&2
        exit 1
    fi
    for _ in $(seq "$seconds"); do
        running || break
        sleep 1
    done
    grep -v '^step' "$home/train.log" | tail -n 40 || true
    grep '^step' "$home/train.log" | awk 'NR % 20 == 1' | tail -n 25 || true
    tail -n 2 "$home/train.log"
    if running; then
        echo "The trainer is still at work."
    elif [ "$(cat "$home/status" 2>/dev/null)" = 0 ]; then
        echo "The training is done."
    else
        echo "The trainer has ended with status $(cat "$home/status" 2>/dev/null || echo unknown): see above." >&2
        exit 1
    fi
    ;;
collect)
    mkdir -p "${OUT:?the folder for the results}"
    out=$(cd "$OUT" && pwd)
    cd "$home"
    for file in train.log run/validation.jsonl; do # first what tells why, if nothing else is there
        if [ -e "$file" ]; then cp "$file" "$out/"; fi
    done
    python3 -m wt_backend train "$(cat config)" --state run --export wt-mini
    split -b 16000000 -d wt-mini.safetensors "$out/wt-mini.safetensors."
    cp wt-mini.json "$out/"
    sha256sum wt-mini.safetensors | tee "$out/sha256.txt"
    for sheet in run/sheets/*.png; do # the last one stays
        if [ -e "$sheet" ]; then cp "$sheet" "$out/sheet.png"; fi
    done
    tar czf "$out/tensorboard.tgz" run/tensorboard
    ;;
*)
    echo "usage: gpu_train.sh start CONFIG | wait SECONDS | collect" >&2
    exit 2
    ;;
esac
