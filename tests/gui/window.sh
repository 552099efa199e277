#!/bin/bash
# Inside the chroot: install the zip as a user would from the command line, open Blender on a virtual screen, act.
# usage: window.sh PLAY SCENARIO SECONDS WIDTH HEIGHT X11|WAYLAND
# /share holds extension.zip and receives result.json, logs and pictures
set -eu
play=$1 scenario=$2 seconds=$3 width=$4 height=$5 desktop=$6
blender --command extension install-file -r user_default -e /share/extension.zip >/share/install.log 2>&1

x11() { # nothing but a screen
  export DISPLAY=:79 # no other run sees it: the chroot has a network of its own, and X listens on nothing else
  Xvfb :79 -screen 0 "${width}x${height}x24" +extension GLX -noreset >/share/screen.log 2>&1 &
  sleep 1.5
  geometry=(--window-geometry 0 0 "$width" "$height")
}

wayland() { # a window manager with a clipboard, where Blender fills the screen, and a mouse that all programs share
  cat >/tmp/sway.config <<CONFIG
output HEADLESS-1 resolution ${width}x${height}
default_border none
for_window [app_id="drag-source"] floating enable, resize set 80 80, move absolute position 20 $((height - 100))
CONFIG
  WLR_BACKENDS=headless WLR_RENDERER=pixman WLR_LIBINPUT_NO_DEVICES=1 sway -c /tmp/sway.config >/share/screen.log 2>&1 &
  export WAYLAND_DISPLAY=wayland-1
  for _ in $(seq 50); do [ -S "$XDG_RUNTIME_DIR/$WAYLAND_DISPLAY" ] && break; sleep 0.2; done
  wayvnc --unix-socket /tmp/mouse >>/share/screen.log 2>&1 &
  geometry=()
}

${desktop,,}
blender --enable-event-simulate "${geometry[@]}" --python "$play" -- "$scenario" >/share/blender.log 2>&1 &
blender=$!
for _ in $(seq $((seconds * 5))); do
  [ -e /share/done ] && break
  kill -0 "$blender" 2>/dev/null || break
  sleep 0.2
done
[ -e /share/done ] || if [ "$desktop" = X11 ]; then import -window root /share/last.png; else grim /share/last.png; fi
cp /tmp/*.crash.txt /share/ 2>/dev/null || true # Blender's own words, where it crashed
