#!/bin/bash
# Inside the chroot: install the zip as a user would from the command line, open Blender on a virtual screen, act.
# usage: window.sh PLAY SCENARIO SECONDS WIDTH HEIGHT
# /share holds extension.zip and receives result.json, logs and pictures
set -eu
play=$1 scenario=$2 seconds=$3 width=$4 height=$5
export DISPLAY=:79 # no other run sees it: the chroot has a network of its own, and X listens on nothing else
blender --command extension install-file -r user_default -e /share/extension.zip >/share/install.log 2>&1
Xvfb :79 -screen 0 "${width}x${height}x24" +extension GLX -noreset >/share/xvfb.log 2>&1 &
sleep 1.5
blender --enable-event-simulate --window-geometry 0 0 "$width" "$height" --python "$play" -- "$scenario" \
  >/share/blender.log 2>&1 &
blender=$!
for _ in $(seq $((seconds * 5))); do
  [ -e /share/done ] && break
  kill -0 "$blender" 2>/dev/null || break
  sleep 0.2
done
[ -e /share/done ] || import -window root /share/last.png
