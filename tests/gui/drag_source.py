"""A window of another program with a file to drag, as a file manager's icon.

usage: python3 drag_source.py FILE     (the suite's own Python, with GTK 3)
"""

import sys
from pathlib import Path

import gi

gi.require_versions({"Gtk": "3.0", "Gdk": "3.0"})
from gi.repository import Gdk, GLib, Gtk  # noqa: E402 - the versions must be chosen first

GLib.set_prgname("drag-source")  # window.sh finds the window by it
window = Gtk.Window()
icon = Gtk.EventBox()
icon.add(Gtk.Label(label="drag me"))
window.add(icon)
icon.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
icon.drag_source_add_uri_targets()
icon.connect("drag-data-get", lambda _w, _c, data, _i, _t: data.set_uris([Path(sys.argv[1]).as_uri()]))
window.show_all()
Gtk.main()
