#!/usr/bin/env bash
# Makes a Debian chroot that holds a real Blender with a virtual screen (root, about 1 minute, 1.2 GB).
# usage: gui_make_chroot.sh SUITE DIR     SUITE: trixie (Blender 4.3) or sid (Blender 5.2)
# DIR appears whole or not at all: the chroot grows beside it and is renamed when its Blender has started.
set -euo pipefail
suite=$1 dir=$2
growing="$dir.incomplete.$$"
trap 'rm -rf "$growing"' EXIT
mkdir -p "$(dirname "$dir")" # mmdebstrap makes the last folder only

mirror=$(awk '/^URIs:/{print $2; exit}' /etc/apt/sources.list.d/debian.sources 2>/dev/null || true)
[ -n "$mirror" ] || mirror=$(awk '$1=="deb"{for(i=2;i<=NF;i++) if($i ~ /^[a-z]+:\/\//){print $i; exit}}' /etc/apt/sources.list)
[ -n "$mirror" ] || { echo "No Debian mirror is named in /etc/apt; cannot make a $suite chroot." >&2; exit 1; }

packages=blender,xvfb,imagemagick,libgl1-mesa-dri,libegl1,libgl1,libglx-mesa0
packages+=,python3-requests,python3-zstandard,python3-numpy,ca-certificates
if [ "$suite" = sid ]; then
  packages+=,python3-cattr # Blender 5.2's extension code needs it and Debian only recommends it
  # A Wayland desktop, for which Debian builds 5.2 but not 4.3: its clipboard, mouse and camera, and a window to drag from
  packages+=,sway,wayvnc,wl-clipboard,grim,libwayland-egl1,libwayland-cursor0,python3-gi,gir1.2-gtk-3.0
fi

# sid's Release file may be past its Valid-Until where the clock is ahead; signatures are still checked.
DEBIAN_FRONTEND=noninteractive mmdebstrap --quiet --variant=minbase --components=main --include="$packages" \
  --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  "$suite" "$growing" "$mirror"
ln -sf /proc/self/mounts "$growing/etc/mtab"
chroot "$growing" /usr/bin/blender --version | head -1
rm -rf "$dir" # of an older version of this script
mv -T "$growing" "$dir"
