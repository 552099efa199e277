#!/usr/bin/env bash
# Train the default model on a borrowed GPU machine that has no network and forgets everything (docs/training.md).
#
#   gpu_train.sh start  CONFIG   install the carried wheels, start the trainer as a process of its own
#   gpu_train.sh wait   SECONDS  wait for its end (or the time), showing the log
#   gpu_train.sh collect         averaged weights in pieces of < 16 MiB, logs and sheets into $OUT
#
# One command there lasts 10 minutes at most and the machine goes 30 s after the last one ends, so: start, then
# wait again and again, then collect. The trainer runs on between the calls.
set -euo pipefail
home=${WT_GPU_HOME:-/tmp/wt}
export PYTHONPATH=$home/site:$home/code PYTHONUNBUFFERED=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

case $1 in
start)
    mkdir -p "$home/site" "$home/code"
    cp -r wt_backend "$home/code/"
    if ls .whl/*.whl >/dev/null 2>&1; then
        python3 -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --upgrade --target "$home/site" .whl/*.whl
    fi
    cd "$home"
    setsid nohup python3 -m wt_backend train "$2" --state "$home/run" >"$home/train.log" 2>&1 </dev/null &
    echo $! >"$home/pid"
    echo "$2" >"$home/config"
    ;;
wait)
    for _ in $(seq "$2"); do
        kill -0 "$(cat "$home/pid")" 2>/dev/null || break
        sleep 1
    done
    grep -v '^step' "$home/train.log" | tail -n 40 || true
    grep '^step' "$home/train.log" | awk 'NR % 20 == 1' | tail -n 25 || true
    tail -n 2 "$home/train.log"
    ;;
collect)
    cd "$home"
    python3 -m wt_backend train "$(cat config)" --state run --export wt-mini
    split -b 16000000 -d wt-mini.safetensors "$OUT/wt-mini.safetensors."
    cp wt-mini.json "$OUT/"
    sha256sum wt-mini.safetensors | tee "$OUT/sha256.txt"
    cp train.log run/validation.jsonl "$OUT/"
    cp "$(ls run/sheets/*.png | tail -n 1)" "$OUT/sheet.png"
    tar czf "$OUT/tensorboard.tgz" run/tensorboard
    ;;
*)
    echo "usage: gpu_train.sh start CONFIG | wait SECONDS | collect" >&2
    exit 2
    ;;
esac
