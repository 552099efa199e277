#!/usr/bin/env bash
# Runs a command as root inside a chroot, without network; every mount and process vanishes with it.
# usage: gui_in_chroot.sh CHROOT SHARED READ_ONLY[:READ_ONLY...] COMMAND...
# SHARED appears as /share; each READ_ONLY file or folder appears at its own path and cannot be written.
set -euo pipefail
export root=$(realpath "$1") shared=$(realpath "$2") readonly_paths=$3
shift 3
exec unshare --mount --net --pid --fork --kill-child --propagation private bash -euc '
  mkdir -p "$root/share" "$root/dev/shm"
  mount -t proc proc "$root/proc"
  mount -t tmpfs tmpfs "$root/dev/shm"
  mount -t tmpfs tmpfs "$root/tmp"  # a fresh one each time: a left-over X lock there stops the next Xvfb
  chmod 1777 "$root/tmp"
  mount --bind "$shared" "$root/share"
  IFS=:
  for path in $readonly_paths; do
    if [ -d "$path" ]; then mkdir -p "$root$path"; else mkdir -p "$root${path%/*}" && touch "$root$path"; fi
    mount --bind "$path" "$root$path"
    mount -o remount,bind,ro "$root$path"
  done
  exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/tmp \
    LIBGL_ALWAYS_SOFTWARE=1 XDG_RUNTIME_DIR=/tmp BLENDER_USER_RESOURCES=/tmp/blender "$@"' _ "$@"
