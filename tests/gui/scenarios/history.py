"""A folder traced at once, and what became of it: the list of traces, edits taken back, the file reopened.

One picture of the folder is damaged; a second run over it is cancelled on the way; a seed sweep comes last.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import bpy
import hands
import numpy as np
from stage import check, layers, need, session, settings, until_idle

CHECKS = (
    "menu_button",
    "file_browser",
    "folder_field",
    "accept_button",
    "batch_begins",
    "which_of_how_many",
    "others_arrive",
    "damaged_is_named",
    "arrives_one_by_one",
    "cancel_button",
    "cancelled",
    "arrived_is_kept",
    "list_shows_all",
    "renamed",
    "row_selects",
    "row_is_marked",
    "camera_button",
    "uses_its_camera",
    "layer_deleted",
    "vertices_moved",
    "rebuild_button",
    "rebuilt",
    "rebuild_undone",
    "deleted_from_list",
    "delete_undone",
    "copies_deleted",
    "list_after_reopening",
    "rebuild_button_after_reopening",
    "rebuilt_beside_the_blend",
    "textures_beside_the_blend",
    "sweep_count",
    "three_variants",
    "keep_button",
    "one_kept",
)
SCREEN = (1440, 1100)
PHOTOS = Path("/tmp/Fotos für die Bühne")
PROJECT = Path("/tmp/Kulissen Süd")
MOVED = Path("/tmp/Umgezogen nach Köln")
BLEND = "Bühnenbild.blend"
GOOD, DAMAGED = ("1 Tasse", "3 Häferl"), "2 kaputt"
LATER = 3  # copies in the second batch
FEW, SOME, MANY = 2, 20, 60  # denoising steps: for speed; to be seen at work; to be cancelled in time
NAME = "Trace: {}"
STEP = 18  # pixels; a row is 21 high


def scenario() -> hands.Wait:
    """Everything in order."""
    make_photos()
    PROJECT.mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(PROJECT / BLEND))  # stacks shall lie beside it
    settings().steps = SOME
    yield from hands.open_tab("World Tracing")
    for part in (folder, cancelled_folder, names, edits, deletion, reopened, sweep):
        yield from part()


def make_photos() -> None:
    """Two small copies of the bundled photograph, and a damaged file between them."""
    PHOTOS.mkdir()
    for name, width in zip(GOOD, (320, 256), strict=True):
        photo = bpy.data.images.load(os.environ["WT_GUI_IMAGE"])
        photo.scale(width, width * photo.size[1] // photo.size[0])
        photo.filepath_raw, photo.file_format = str(PHOTOS / f"{name}.jpg"), "JPEG"
        photo.save()
        bpy.data.images.remove(photo)
    whole = (PHOTOS / f"{GOOD[0]}.jpg").read_bytes()
    (PHOTOS / f"{DAMAGED}.jpg").write_bytes(b"\0" * 64 + whole[64:])


def folder() -> hands.Wait:
    """Trace Folder from the menu beside the button: what can be traced arrives, the rest is named."""
    yield from trace_folder(photographed=True)
    need("batch_begins", len(session().jobs()) == 3, session().notice)
    told: set[str] = set()

    def over() -> bool:
        told.update(job.label for job in session().jobs()[:1])
        return not session().jobs()

    yield from hands.wait_for(lambda: over() or bool(told), 30)
    yield from hands.screenshot("batch")
    yield from hands.wait_for(over, 120)
    yield 0.5
    numbered = [f"{name} ({k} of 3)" for k, name in enumerate(sorted((*GOOD, DAMAGED)), 1)]
    check("which_of_how_many", {numbered[0], numbered[2]} <= told, sorted(told))
    need("others_arrive", sorted(roots()) == [NAME.format(name) for name in GOOD], sorted(roots()))
    notice = session().notice
    check("damaged_is_named", DAMAGED in f"{notice.message} {notice.hint}", notice)
    yield from hands.screenshot("batch_arrived")


def cancelled_folder() -> hands.Wait:
    """Cancel while others wait: what is there by then stays, nothing comes later."""
    for number in range(4, 4 + LATER):
        shutil.copy(PHOTOS / f"{GOOD[1]}.jpg", PHOTOS / f"{number} später.jpg")
    (PHOTOS / f"{DAMAGED}.jpg").unlink()
    settings().steps = MANY
    yield from trace_folder()
    yield from hands.wait_for(lambda: len(roots()) == 3, 90, step=0.05)
    waiting = [job.label for job in session().jobs()]
    check("arrives_one_by_one", len(roots()) == 3 and len(waiting) > LATER, waiting)
    found: list[tuple[int, int]] = []
    yield from find_cancel(found)
    need("cancel_button", bool(found), found)
    yield from hands.click(*found[0])
    yield from hands.wait_for(lambda: not session().jobs(), 10)
    arrived = roots()
    check("cancelled", not session().jobs() and len(arrived) < 4 + LATER, session().notice)
    yield 3.0
    whole = all(len(mesh_layers(name)) >= 2 for name in arrived)
    check("arrived_is_kept", len(arrived) >= 3 and roots() == arrived and whole, arrived)
    yield from hands.screenshot("batch_cancelled")
    settings().steps = FEW


def names() -> hands.Wait:
    """The list has them all; a row is renamed; another row is clicked, and its trace is the active one."""
    rows: dict[str, tuple[int, int]] = {}
    yield from find_rows(rows)
    need("list_shows_all", sorted(rows) == sorted(roots()), f"{sorted(rows)}, {roots()}")
    x, y = rows[NAME.format(GOOD[0])]
    yield from paste_into("Küche", (x, y), hands.window(), ctrl=True)  # in a list a name is typed with Ctrl
    check("renamed", "Küche" in roots() and NAME.format(GOOD[0]) not in roots(), roots())
    yield from find_rows(rows)
    yield from hands.click(*rows[NAME.format(GOOD[1])])
    yield 0.3
    yield from hands.screenshot("row_selected")
    chosen = bpy.context.view_layer.objects.active.name
    selected = {member.name for member in bpy.context.view_layer.objects.selected}
    wanted = {chosen, *(layer.name for layer in mesh_layers(chosen))}
    check("row_selects", chosen == NAME.format(GOOD[1]) and selected == wanted, (chosen, selected))
    marked = bpy.data.objects[settings().active_trace].name
    bpy.context.view_layer.objects.active = mesh_layers("Küche")[0]
    follows = bpy.data.objects[settings().active_trace].name
    check("row_is_marked", (marked, follows) == (chosen, "Küche"), (marked, follows))
    yield from press_below(rows, "use_trace_camera", "camera_button")
    camera, space = bpy.context.scene.camera, hands.viewport().spaces[0].region_3d
    through = space.view_perspective == "CAMERA"
    check("uses_its_camera", through and camera.parent.name == "Küche", camera and camera.parent)
    yield from hands.screenshot("camera")


def edits() -> hands.Wait:
    """A deeper layer deleted, another one's vertices moved, by keys; Rebuild brings both back; undo."""
    view = hands.middle(hands.region("WINDOW"))
    before = shapes("Küche")
    first, deeper = mesh_layers("Küche")[:2]
    activate(deeper)
    yield from hands.press("DEL", *view)
    yield 0.3
    left = shapes("Küche")
    check("layer_deleted", sorted(left) == sorted(set(before) - {1}), (sorted(before), sorted(left)))
    activate(first)
    yield from hands.move(*view)
    yield from key("TAB", view)
    yield from hands.wait_for(lambda: bpy.context.mode == "EDIT_MESH", 5)
    for name in ("A", "G", "X", "ONE", "RET"):
        yield from key(name, view, "1" if name == "ONE" else "")
    yield from hands.screenshot("editing")
    yield from key("TAB", view)
    yield from hands.wait_for(lambda: bpy.context.mode == "OBJECT", 5)
    moved = float((shapes("Küche")[0] - before[0])[:, 0].mean())
    need("vertices_moved", bpy.context.mode == "OBJECT" and abs(moved - 1) < 1e-3, (bpy.context.mode, moved))
    yield from hands.screenshot("edited")
    rows: dict[str, tuple[int, int]] = {}
    yield from find_rows(rows)
    yield from press_below(rows, "rebuild_trace", "rebuild_button")
    yield 0.5
    check("rebuilt", same(before, shapes("Küche")), count(shapes("Küche")))
    yield from hands.screenshot("rebuilt")
    yield from hands.undo()
    after = shapes("Küche")
    back = 1 not in after and abs(float((after[0] - before[0])[:, 0].mean()) - 1) < 1e-3
    check("rebuild_undone", back, count(after))


def deletion() -> hands.Wait:
    """The bin in a row deletes that trace and no other; undo brings it back whole."""
    rows: dict[str, tuple[int, int]] = {}
    yield from find_rows(rows)
    before, name = roots(), NAME.format(GOOD[1])
    whole = shapes(name)
    yield from hands.click(bin_column(), rows[name][1])
    yield 0.5
    gone = not [o for o in bpy.data.objects if o.name.startswith(f"{GOOD[1]} Layer") and not o.parent]
    check("deleted_from_list", roots() == [root for root in before if root != name] and gone, roots())
    yield from hands.screenshot("deleted")
    yield from hands.undo()
    check("delete_undone", roots() == before and same(whole, shapes(name)), roots())
    for name in sorted(rows, key=lambda name: rows[name][1]):  # from below: the others stay where they are
        if name.endswith(".001"):
            yield from hands.click(bin_column(), rows[name][1])
            yield 0.5
    check("copies_deleted", roots() == ["Küche", NAME.format(GOOD[1])], roots())


def reopened() -> hands.Wait:
    """Ctrl S; the folder with the file and its stacks moves; opened again, list and Rebuild still work."""
    yield from hands.press("S", *hands.middle(hands.region("WINDOW")), ctrl=True)
    yield 1.0
    before = roots()
    PROJECT.rename(MOVED)
    bpy.ops.wm.open_mainfile(filepath=str(MOVED / BLEND), load_ui=False)
    yield 1.0
    yield from hands.open_tab("World Tracing")
    rows: dict[str, tuple[int, int]] = {}
    yield from find_rows(rows)
    need("list_after_reopening", sorted(rows) == before, f"{sorted(rows)}, {before}")
    yield from hands.click(*rows["Küche"])
    edited = shapes("Küche")
    yield from press_below(rows, "rebuild_trace", "rebuild_button_after_reopening")
    yield 0.5
    rebuilt, stack = shapes("Küche"), bpy.data.objects["Küche"].world_tracing.stack
    restored = 1 not in edited and len(rebuilt.get(1, ())) > 0
    back = abs(float((edited[0] - rebuilt[0])[:, 0].mean()) - 1) < 1e-3
    check("rebuilt_beside_the_blend", restored and back and stack.startswith("//"), (stack, count(rebuilt)))
    files = [Path(bpy.path.abspath(image.filepath)) for image in bpy.data.images if image.filepath]
    lost = [file for file in files if not file.is_file()]
    check("textures_beside_the_blend", len(files) > 5 and not lost, lost or len(files))
    yield from hands.screenshot("reopened")


def sweep() -> hands.Wait:
    """Three seeds by the menu and its dialog; the one that is clicked in the list is kept."""
    settings().filepath = str(PHOTOS / f"{GOOD[1]}.jpg")
    others = roots()
    arrow: list[tuple[int, int]] = []
    yield from choose_in_menu("S", arrow)
    yield 0.5
    yield from count_of_variants("3", arrow[0])
    yield from hands.wait_for(lambda: bool(session().jobs()), 5)
    labels = [job.label for job in session().jobs()]
    need("sweep_count", len(labels) == 3 and labels[2].endswith("(3 of 3)"), labels)
    yield from until_idle()
    variants = [name for name in roots() if name not in others]
    need("three_variants", len(variants) == 3, variants or session().notice)
    yield from hands.screenshot("variants")
    rows: dict[str, tuple[int, int]] = {}
    yield from find_rows(rows)
    yield from hands.click(*rows[variants[1]])
    yield from press_below(rows, "keep_variant", "keep_button")
    yield 0.5
    check("one_kept", roots() == sorted([*others, variants[1]]), roots())
    yield from hands.screenshot("kept")


def trace_folder(photographed: bool = False) -> hands.Wait:
    """Menu, file browser, path pasted into its field, Accept. The first time each step is a check."""
    yield from choose_in_menu("T", [])
    yield from hands.wait_for(lambda: len(bpy.context.window_manager.windows) == 2, 5)
    opened = len(bpy.context.window_manager.windows) == 2
    if photographed or not opened:
        need("file_browser", opened, len(bpy.context.window_manager.windows))
    yield 1.0
    browser, window = hands.area("FILE_BROWSER"), bpy.context.window_manager.windows[1]
    field = hands.region("UI", browser)
    x, y = field.x + field.width // 2, field.y + field.height // 2
    yield from paste_into(str(PHOTOS), (x, y), window)
    shown = Path(os.fsdecode(browser.spaces.active.params.directory))
    if photographed:
        yield from hands.screenshot("file_browser")
        need("folder_field", shown == PHOTOS, shown)
    yield from hands.click(*hands.middle(hands.region("WINDOW", browser)), window)  # 5.2 goes on typing
    run = hands.region("EXECUTE", browser)
    accept = run.x + run.width - 75, run.y + run.height // 2
    if photographed:
        yield from hands.move(*accept, window)
        under = hands.under_mouse(run)
        need("accept_button", "file.execute" in under, (under, accept, run.width))
    yield from hands.click(*accept, window)
    yield from hands.wait_for(lambda: bool(session().jobs()), 5)


def choose_in_menu(letter: str, arrow: list[tuple[int, int]]) -> hands.Wait:
    """Open the menu beside Trace World, whose place goes into `arrow`, and take an entry by its letter."""
    found: list[tuple[int, int]] = []
    yield from hands.find_button("world_tracing.trace_world", found)
    need("menu_button", bool(found), found)
    sidebar = hands.region("UI")
    arrow.append((sidebar.x + sidebar.width - 46, found[0][1]))
    yield from hands.click(*arrow[0])
    yield from hands.screenshot(f"menu_{letter}")
    yield from key(letter, arrow[0])


def count_of_variants(number: str, arrow: tuple[int, int]) -> hands.Wait:
    """The number pasted into the dialog's field, which comes up beside the menu; Return over its title."""
    x, y = arrow[0] - 77, arrow[1] - 8
    bpy.context.window_manager.clipboard = number
    yield from hands.press("V", x, y, ctrl=True)
    yield from hands.screenshot("sweep_dialog")
    yield from hands.press("RET", x, y + 32)


def find_rows(rows: dict[str, tuple[int, int]]) -> hands.Wait:
    """Where each trace of the list is, by the trace that the bin of its row names."""
    rows.clear()
    sidebar = hands.region("UI")
    yield from hands.scroll(sidebar, -2 * hands.SCROLLS)
    for y in range(sidebar.y + sidebar.height - 10, sidebar.y + 10, -STEP):
        yield from hands.move(bin_column(), y)
        command = hands.under_mouse(sidebar)
        if "delete_trace(" in command:
            rows.setdefault(command.partition('root="')[2].rpartition('"')[0], (sidebar.x + 100, y))
        elif rows and y < min(low for _, low in rows.values()) - 2 * STEP:
            return


def press_below(rows: dict[str, tuple[int, int]], operator: str, name: str) -> hands.Wait:
    """Click one of the buttons that stand below the list."""
    sidebar, lowest = hands.region("UI"), min(y for _, y in rows.values())
    x, found = sidebar.x + sidebar.width // 2, False
    for y in range(lowest, lowest - 200, -hands.SCAN_STEP):
        yield from hands.move(x, y)
        found = f"world_tracing.{operator}(" in hands.under_mouse(sidebar)
        if found:
            yield from hands.click(x, y)
            break
    need(name, found, lowest)


def find_cancel(found: list[tuple[int, int]]) -> hands.Wait:
    """Where Cancel is, below the jobs; unhurried, because Blender is busy drawing what arrives."""
    sidebar = hands.region("UI")
    x, top = sidebar.x + sidebar.width // 2, sidebar.y + sidebar.height
    for y in 2 * [*range(top - 130, top - 430, -STEP)]:
        yield from hands.move(x, y)
        yield 0.05
        if "world_tracing.cancel(" in hands.under_mouse(sidebar):
            found.append((x, y))
            return


def bin_column() -> int:
    """Where the bins stand, one below the other."""
    sidebar = hands.region("UI")
    return sidebar.x + sidebar.width - 60


def paste_into(text: str, at: tuple[int, int], on: bpy.types.Window, ctrl: bool = False) -> hands.Wait:
    """Click into a text field, replace what it holds, Return."""
    bpy.context.window_manager.clipboard = text
    yield from hands.move(*at, on)
    yield from key("LEFTMOUSE", at, ctrl=ctrl, on=on)
    for name in ("A", "V"):
        yield from key(name, at, ctrl=True, on=on)
    yield from key("RET", at, on=on)
    yield 0.3


def key(
    name: str, at: tuple[int, int], letter: str = "", ctrl: bool = False, on: bpy.types.Window | None = None
) -> hands.Wait:
    """A key, with the mouse already there; where text or a number is typed, the letter counts."""
    typed = {"unicode": letter} if letter else {}
    window = on or hands.window()
    window.event_simulate(type=name, value="PRESS", x=at[0], y=at[1], ctrl=ctrl, **typed)
    yield 0.05
    window.event_simulate(type=name, value="RELEASE", x=at[0], y=at[1], ctrl=ctrl)
    yield hands.SETTLE


def roots() -> list[str]:
    """Names of all traces."""
    return sorted(o.name for o in bpy.data.objects if o.world_tracing.role == "ROOT")


def mesh_layers(root: str) -> list[bpy.types.Object]:
    """The mesh layers of a trace, front to back."""
    mine = [layer for layer in layers() if layer.parent and layer.parent.name == root]
    return sorted(mine, key=lambda layer: layer.world_tracing.layer)


def shapes(root: str) -> dict[int, np.ndarray]:
    """Vertices of each layer, (N, 3), metres of the trace."""
    found = {}
    for layer in mesh_layers(root):
        flat = np.empty(len(layer.data.vertices) * 3, np.float32)
        layer.data.vertices.foreach_get("co", flat)
        found[layer.world_tracing.layer] = flat.reshape(-1, 3)
    return found


def count(found: dict[int, np.ndarray]) -> dict[int, int]:
    """Vertices of each layer."""
    return {layer: len(vertices) for layer, vertices in found.items()}


def same(one: dict[int, np.ndarray], other: dict[int, np.ndarray]) -> bool:
    """Whether two traces have the same vertices in the same layers."""
    return count(one) == count(other) and all(np.allclose(one[k], other[k], atol=1e-5) for k in one)


def activate(member: bpy.types.Object) -> None:
    """Make an object active and the only one selected."""
    for other in bpy.context.view_layer.objects.selected:
        other.select_set(False)
    member.select_set(True)
    bpy.context.view_layer.objects.active = member
    bpy.ops.ed.undo_push(message="Select")
