"""A shot in Blender: frame k shows frame k's mesh and picture, in viewport, render and saved file."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from wt_backend.footage.messages import ShotRequest
from wt_backend.stack import LayerStack, Shot, StackInfo

SIDE = 24
INTRINSICS = np.array([[30.0, 0, SIDE / 2], [0, 30.0, SIDE / 2], [0, 0, 1]])
FRAMES = {5: 2.0, 6: 2.1, 8: 2.4, 9: 2.7}  # number → depth of its first layer; 7 was not traced


def write_picture(path: Path, value: float) -> None:
    image = bpy.data.images.new("picture", 2 * SIDE, 2 * SIDE)
    image.pixels.foreach_set(np.tile(np.float32([value, value, value, 1]), 4 * SIDE * SIDE))
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    bpy.data.images.remove(image)


def write_frame(folder: Path, number: int, depth: float, radii: tuple[int, ...] = (10, 8)) -> None:
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
    mask = np.stack([np.hypot(rows - 12, columns - 12) < radius for radius in radii])
    depths = depth + np.arange(len(radii))
    rays = np.stack([columns, rows, np.ones_like(rows)], -1) @ np.linalg.inv(INTRINSICS).T
    LayerStack(
        (rays * depths[:, None, None, None]).astype(np.float32),
        mask,
        np.full((SIDE, SIDE, 4), 200, np.uint8),
        INTRINSICS,
        np.array([[2.0, 0, 0], [0, 2.0, 0]]),
        StackInfo(
            "relative", "test", "", {}, 1, 2, "", str(folder / f"frame.{number:05}.png"),
            (2 * SIDE, 2 * SIDE), "object",
        ),
    ).save(folder / f"frame.{number:05}.wts")  # fmt: skip


@pytest.fixture
def folder(scene, tmp_path: Path) -> Path:
    """A shot on disk; every frame has a grey of its own."""
    folder = tmp_path / "a shot é"
    folder.mkdir()
    Shot(folder, {n: f"frame.{n:05}.wts" for n in FRAMES}, 24.0, INTRINSICS.tolist(), {}, "done").save()
    for number, depth in FRAMES.items():
        write_frame(folder, number, depth)
    for number in range(5, 10):
        write_picture(folder / f"frame.{number:05}.png", (number - 4) / 8)
    return folder


def import_shot(folder: Path, **settings: str) -> None:
    done = bpy.ops.world_tracing.import_shot(filepath=str(folder / "shot.json"), **settings)
    assert done == {"FINISHED"}


def shown(scene: bpy.types.Scene, frame: int, role: str = "LAYER") -> dict[int, float]:
    """Layer → depth of the mesh that is visible at a frame, after evaluation, as a render sees it."""
    scene.frame_set(frame)
    found: dict[int, float] = {}
    for member in scene.objects:
        evaluated = member.evaluated_get(bpy.context.evaluated_depsgraph_get())
        if member.world_tracing.role != role or evaluated.hide_render:
            continue
        assert not evaluated.hide_viewport
        layer = member.world_tracing.layer
        assert layer not in found, "two frames of one layer are visible at once"
        data = (
            evaluated.data if role == "CACHE" else member.data
        )  # points are made by a modifier in Blender 4.2
        positions = np.empty(len(data.attributes["position"].data) * 3, np.float32)
        data.attributes["position"].data.foreach_get("vector", positions)
        found[layer] = round(float(-positions[2]), 3)
    return found


EXPECTED = {4: 2.0, 5: 2.0, 6: 2.1, 7: 2.1, 8: 2.4, 9: 2.7, 10: 2.7}


@pytest.mark.parametrize(
    ("role", "settings"),
    [
        ("LAYER", {"output": "MESH"}),
        ("POINTS", {"output": "POINTS"}),
        ("CACHE", {"cache": "USD"}),
        ("CACHE", {"cache": "ALEMBIC"}),
    ],
)
def test_each_frame_shows_its_own_layers(scene, folder: Path, role: str, settings: dict[str, str]) -> None:
    import_shot(folder, **settings)
    for frame in (7, 4, 10, 5, 9, 6, 8):  # scrubbing, not only playing
        depth = EXPECTED[frame]
        assert shown(scene, frame, role) == {0: depth, 1: depth + 1}
    assert (scene.frame_start, scene.frame_end) == (5, 9)


def test_one_camera_serves_all_frames_and_the_parts_are_in_order(scene, folder: Path) -> None:
    import_shot(folder, name="Run")
    collection = bpy.data.collections["Trace: Run"]
    assert [child.name for child in collection.children] == ["Trace: Run Layer 1", "Trace: Run Layer 2"]
    cameras = [member for member in scene.objects if member.type == "CAMERA"]
    assert [camera.name for camera in cameras] == ["Run Camera"]
    assert cameras[0].data.lens == pytest.approx(30.0 / SIDE * 36.0)
    meshes = [member for member in scene.objects if member.type == "MESH"]
    assert len(meshes) == 8
    assert len({member.animation_data.action for member in meshes}) == 4  # one a frame


@pytest.mark.parametrize("cache", ["NONE", "USD", "ALEMBIC"])
def test_renders_show_mesh_and_picture_of_their_frame_without_the_add_on(
    scene, folder: Path, tmp_path: Path, cache: str
) -> None:
    """The picture of frame n has the grey (n − 4) / 8; 7 holds its own number's file."""
    import_shot(folder, cache=cache)
    bpy.ops.world_tracing.use_trace_camera()
    saved = tmp_path / "shot.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(saved))
    bpy.ops.preferences.addon_disable(module="bl_ext.user_default.world_tracing")
    try:
        bpy.ops.wm.open_mainfile(filepath=str(saved))
        for frame in (5, 8, 9):
            assert render(bpy.context.scene, frame, tmp_path) == pytest.approx((frame - 4) / 8, abs=0.02)
    finally:
        bpy.ops.preferences.addon_enable(module="bl_ext.user_default.world_tracing")


@pytest.mark.parametrize("cache", ["NONE", "USD"])
def test_filled_colour_is_in_step_and_can_be_switched(
    scene, folder: Path, tmp_path: Path, cache: str
) -> None:
    """The colour of layer 2 at frame n has the grey n / 10; the layer in front of it is out of the way."""
    import_shot(folder, name="Run", cache=cache)
    for number in range(5, 10):
        write_picture(folder / f"hidden2.{number:05}.png", number / 10)
    upright = [[1.0, 0, 0], [0, 1.0, 0]]
    textures = [None, str(folder / "hidden2.00005.png")]
    result = {"textures": textures, "frames": [5, 9], "uv_transform": upright, "static": None}
    bpy.ops.world_tracing.wear_filled_colour(root="Trace: Run", result=json.dumps(result))
    root = bpy.data.objects["Trace: Run"]
    assert root.world_tracing.hidden_colour == "FILLED"
    bpy.data.collections["Trace: Run Layer 1"].hide_render = True
    bpy.ops.world_tracing.use_trace_camera()
    assert render(scene, 8, tmp_path) == pytest.approx(0.8, abs=0.02)
    assert render(scene, 6, tmp_path) == pytest.approx(0.6, abs=0.02)
    root.world_tracing.hidden_colour = "SMEAR"
    root.world_tracing.lit = True
    trees = {m.data.materials[0].node_tree for m in scene.objects if m.world_tracing.layer == 1}
    assert len(trees) == 1
    group = trees.pop().nodes["Layer"]
    assert group.inputs["Color"].links[0].from_node.name != "Filled"
    assert group.node_tree.name == "WT Layer Lit"


def test_only_the_first_layers_are_shown(scene, folder: Path) -> None:
    import_shot(folder, name="Run")
    bpy.data.objects["Trace: Run"].world_tracing.layers = 1
    bpy.context.view_layer.update()
    scene.frame_set(8)
    assert bpy.data.objects["Run Layer 1 00008"].visible_get()
    assert not bpy.data.objects["Run Layer 2 00008"].visible_get()
    bpy.data.objects["Trace: Run"].world_tracing.layers = 2
    assert bpy.data.objects["Run Layer 2 00008"].visible_get()


def test_the_number_of_layers_hides_no_collection_of_the_artist(scene, folder: Path) -> None:
    import_shot(folder, name="Run")
    own, prop = bpy.data.collections.new("Set"), bpy.data.objects.new("prop", None)
    scene.collection.children.link(own)
    own.objects.link(prop)
    for member in list(bpy.data.collections["Trace: Run Layer 2"].objects):  # as M does, Move to Collection
        bpy.data.collections["Trace: Run Layer 2"].objects.unlink(member)
        own.objects.link(member)
    bpy.data.objects["Trace: Run"].world_tracing.layers = 1
    assert not own.hide_viewport and not own.hide_render


def render(scene: bpy.types.Scene, frame: int, folder: Path) -> float:
    """Grey in the middle of a rendered frame."""
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 1, False
    scene.render.resolution_x = scene.render.resolution_y = 32
    scene.render.resolution_percentage = 100
    scene.view_settings.view_transform = "Standard"
    scene.render.filepath = str(folder / f"out{frame}.png")
    scene.frame_set(frame)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(scene.render.filepath)
    pixels = np.array(image.pixels[:]).reshape(32, 32, 4)
    return float(pixels[14:18, 14:18, 0].mean())


@pytest.mark.parametrize("cache", ["USD", "ALEMBIC"])
def test_a_cache_holds_the_meshes_and_nothing_is_left_of_baking(scene, folder: Path, cache: str) -> None:
    import_shot(folder, name="Run", cache=cache, output="BOTH")
    names = sorted(member.name for member in scene.objects if member.world_tracing.role == "CACHE")
    assert names == ["Run Layer 1 Cache", "Run Layer 2 Cache"]
    assert not [member for member in scene.objects if member.world_tracing.role == "LAYER"]
    assert len(bpy.data.scenes) == 1 and not bpy.app.handlers.frame_change_pre
    player = bpy.data.objects["Run Layer 1 Cache"]
    assert player.parent == bpy.data.objects["Run Layer 1"]
    evaluated = player.evaluated_get(bpy.context.evaluated_depsgraph_get())
    uvs = {node.uv_map for node in player.data.materials[0].node_tree.nodes if node.type == "UVMAP"}
    assert {layer.name for layer in evaluated.data.uv_layers} == uvs
    import_shot(folder, name="Again", cache=cache)
    assert len([file for file in folder.iterdir() if file.stem.startswith("layers")]) == 2
    assert len({file.filepath for file in bpy.data.cache_files}) == 2
    bpy.ops.world_tracing.delete_trace(root="Trace: Run")
    assert shown(scene, 8, "CACHE") == {0: 2.4, 1: 3.4}


def test_a_usd_cache_stays_in_step_at_another_rate(scene, folder: Path) -> None:
    """Alembic counts in seconds: its description says so."""
    import_shot(folder, cache="USD")
    scene.render.fps = 50
    for frame, depth in EXPECTED.items():
        assert shown(scene, frame, "CACHE") == {0: depth, 1: depth + 1}


@pytest.mark.parametrize("cache", ["USD", "ALEMBIC"])
def test_a_layer_that_is_empty_throughout_leaves_nothing_to_the_next_shot(
    scene, folder: Path, cache: str
) -> None:
    for name, radii, layers in (("One", (10, 8, 0), {0, 1}), ("Two", (10, 9, 8), {0, 1, 2})):
        for number, depth in FRAMES.items():
            write_frame(folder, number, depth, radii)
        import_shot(folder, name=name, cache=cache)
        players = [m for m in scene.objects if m.world_tracing.role == "CACHE" and m.name.startswith(name)]
        assert {player.world_tracing.layer for player in players} == layers
        assert not [mesh.name for mesh in bpy.data.meshes if mesh.name.startswith("layers")]


@pytest.mark.parametrize("cache", ["NONE", "USD"])
def test_a_shot_with_a_damaged_stack_is_a_sentence_and_leaves_nothing(
    scene, folder: Path, cache: str
) -> None:
    stack = folder / "frame.00008.wts"
    stack.write_bytes(stack.read_bytes()[:200])
    before = {*folder.iterdir()}
    with pytest.raises(RuntimeError, match=r"frame\.00008\.wts"):
        import_shot(folder, cache=cache)
    assert {*folder.iterdir()} == before
    assert len(bpy.data.scenes) == 1 and not bpy.data.objects and not bpy.data.meshes
    assert not bpy.data.collections


def test_what_is_finished_can_be_imported_while_the_rest_is_traced(scene, folder: Path) -> None:
    (folder / "frame.00008.wts").unlink()
    (folder / "frame.00009.wts").unlink()
    import_shot(folder)
    assert shown(scene, 9) == {0: 2.1, 1: 3.1}


def test_a_shot_is_deleted_whole(scene, folder: Path) -> None:
    import_shot(folder, name="Run", output="BOTH")
    bpy.ops.world_tracing.delete_trace(root="Trace: Run")
    assert not [c.name for c in bpy.data.collections if c.name.startswith("Trace: ")]
    assert not scene.objects and not bpy.data.meshes and not bpy.data.pointclouds


def test_what_only_a_single_image_can_have_is_refused_and_changes_nothing(scene, folder: Path) -> None:
    import_shot(folder, name="Run")
    root, camera = bpy.data.objects["Trace: Run"], bpy.data.objects["Run Camera"]
    stack, lens = root.world_tracing.stack, camera.data.lens
    with pytest.raises(RuntimeError, match="Only a single image can be made solid"):
        bpy.ops.world_tracing.make_solid()  # it was of the first frame, in no colour, among all frames
    with pytest.raises(RuntimeError, match="Only a single image can get another camera"):
        bpy.ops.world_tracing.use_known_camera(focal_length=100)
    with pytest.raises(RuntimeError, match="Import its shot anew"):
        bpy.ops.world_tracing.rebuild_trace()
    assert root.world_tracing.stack == stack and camera.data.lens == lens
    root.world_tracing.without_sky = True
    session = sys.modules["bl_ext.user_default.world_tracing.backend.session"]
    assert session.notice is not None and "Nothing can be left out" in session.notice.message
    assert bpy.ops.world_tracing.merge_static.poll()
    bpy.data.objects.remove(camera)
    with pytest.raises(RuntimeError, match=r"The camera of this trace was deleted\. Import its shot anew"):
        bpy.ops.world_tracing.use_trace_camera()


def test_a_single_frame_is_a_trace_of_its_own(scene, folder: Path, real_worker: None) -> None:
    import_shot(folder, name="Run")
    assert bpy.ops.world_tracing.import_stack(filepath=str(folder / "frame.00005.wts")) == {"FINISHED"}
    layers = [m for m in bpy.context.object.children if m.world_tracing.role == "LAYER"]
    photos = {n.image for m in layers for n in m.data.materials[0].node_tree.nodes if n.type == "TEX_IMAGE"}
    assert [(photo.source, tuple(photo.size)) for photo in photos] == [("FILE", (2 * SIDE, 2 * SIDE))]
    assert bpy.path.abspath(photos.pop().filepath) == str(folder / "frame.00005.png")
    assert not bpy.ops.world_tracing.merge_static.poll()
    assert bpy.ops.world_tracing.fill_colour() == {"FINISHED"}
    assert "Filled" in layers[1].data.materials[0].node_tree.nodes


def test_a_shot_is_projected_by_the_picture_of_its_stack(scene, folder: Path, real_worker: None) -> None:
    """Its camera shows a sequence, of which a new node shows a file that there may not be."""
    import_shot(folder, name="Run")
    root = bpy.data.objects["Trace: Run"]
    scene.frame_set(8)
    for _times in range(2):
        bpy.ops.mesh.primitive_grid_add(size=1)
        thing = bpy.context.object
        thing.matrix_world = root.matrix_world @ Matrix.Translation((0, 0, -2))
        root.select_set(True)
        assert bpy.ops.world_tracing.project_texture(route="SHADER") == {"FINISHED"}
        shown = {n.image for n in thing.data.materials[0].node_tree.nodes if n.type == "TEX_IMAGE"}
        (photo,) = (image for image in shown if "hides" not in image.name)
        assert photo.source == "FILE"
        assert bpy.path.abspath(photo.filepath) == str(folder / "frame.00005.png")
    assert sum(image.source == "FILE" and "hides" not in image.name for image in bpy.data.images) == 1


def test_no_finished_frame_is_a_sentence(scene, folder: Path) -> None:
    for stack in folder.glob("*.wts"):
        stack.unlink()
    with pytest.raises(RuntimeError, match="no frame is finished yet"):
        import_shot(folder)


def test_footage_that_is_not_chosen_is_a_sentence(scene, stand_in: Path) -> None:
    with pytest.raises(RuntimeError, match="No footage is chosen"):
        bpy.ops.world_tracing.trace_footage()


def test_trace_footage_brings_the_shot(scene, stand_in: Path, photo: Path, tmp_path: Path) -> None:
    """`photo` stands for the footage; the stand-in answers with two frames."""
    done = bpy.ops.world_tracing.trace_footage(
        filepath=str(photo), shot=str(tmp_path / "shot"), start=20, seed=0, output="MESH"
    )
    assert done == {"FINISHED"}
    assert shown(scene, 21) == {0: 2.0, 1: 3.0}
    assert (scene.frame_start, scene.frame_end) == (20, 21)
    with pytest.raises(RuntimeError, match=r"The footage is empty. Choose another."):
        bpy.ops.world_tracing.trace_footage(filepath=str(photo), seed=1)


def test_a_shot_comes_into_a_timeline_that_stays_as_it_is(scene, stand_in: Path, photo: Path) -> None:
    scene.frame_set(3)
    bpy.ops.world_tracing.trace_footage(filepath=str(photo), start=20, seed=0, use_range=False)
    assert (scene.frame_start, scene.frame_end, scene.frame_current) == (1, 250, 3)
    assert shown(scene, 21) == {0: 2.0, 1: 3.0}


def test_a_shot_shows_the_frame_that_the_scene_is_on(scene, stand_in: Path, photo: Path) -> None:
    """All but its last one were seen until the frame was changed."""
    scene.frame_set(20)
    bpy.ops.world_tracing.trace_footage(filepath=str(photo), start=20, seed=0, use_range=False)
    arrived = {thing.name for thing in scene.objects if thing.visible_get()}
    scene.frame_set(20)
    assert arrived == {thing.name for thing in scene.objects if thing.visible_get()}


def test_an_import_by_hand_sets_the_range_whatever_was_traced_before(scene, folder: Path) -> None:
    """It took over what the last call from Python had said, as Blender remembers it."""
    shot = str(folder / Shot.FILE)
    bpy.ops.world_tracing.import_shot("EXEC_DEFAULT", True, filepath=shot, name="A", use_range=False)
    assert scene.frame_end == 250
    bpy.ops.world_tracing.import_shot("EXEC_DEFAULT", True, filepath=shot, name="B")
    assert scene.frame_end != 250


def test_what_is_odd_about_footage_is_told_in_the_panel(scene, addon, folder: Path) -> None:
    """An operator that the pump calls writes its reports to the console only."""
    scene.render.fps = 30
    result = {"shot": str(folder), "warnings": ["1 frame is left out (7).", "The footage is interlaced."]}
    bpy.ops.world_tracing.import_shot(result=json.dumps(result), name="Run")
    notice = sys.modules[f"{addon.__name__}.backend.session"].notice
    assert (notice.message, notice.error) == ("Run: 4 of 4 frames, 8 objects.", False)
    assert notice.hint == (
        "1 frame is left out (7). The footage is interlaced. "
        "The shot has 24 frames a second, the scene plays 30."
    )


def test_a_cache_that_this_blender_cannot_write_is_refused_before_the_trace(
    scene, addon, stand_in: Path, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules[f"{addon.__name__}.scene.shot_cache"]
    options = SimpleNamespace(usd=False, alembic=True)
    monkeypatch.setattr(module, "bpy", SimpleNamespace(app=SimpleNamespace(build_options=options)))
    asked = {"filepath": str(photo), "shot": str(tmp_path / "shot"), "seed": 0, "cache": "USD"}
    with pytest.raises(RuntimeError, match=r"built without USD. Set Bake to Cache to No."):
        bpy.ops.world_tracing.trace_footage(**asked)
    assert not (tmp_path / "shot").exists()
    bpy.ops.world_tracing.trace_footage(**asked, output="POINTS")  # points stay in the .blend
    assert shown(scene, 1, "POINTS") == {0: 2.0, 1: 3.0}


def test_a_shot_that_was_cut_off_is_gone_on_with(scene, addon, stand_in: Path, photo: Path) -> None:
    """By the same request; another one, or one whose shot is done, gets a folder of its own."""
    shots = sys.modules[f"{addon.__name__}.scene.files"].folder("shots")
    begun = shots / "cut off"
    begun.mkdir(parents=True)
    request = ShotRequest(str(photo), "anywhere", seed=0)
    Shot(begun, {1: "frame.00001.wts"}, 24.0, None, {"request": request.identity}, "cancelled").save()
    bpy.ops.world_tracing.trace_footage(filepath=str(photo), seed=2)
    assert not (begun / "frame.00001.wts").exists()
    bpy.ops.world_tracing.trace_footage(filepath=str(photo), seed=0)
    assert (begun / "frame.00001.wts").exists() and Shot.load(begun).state == "done"
    count = len([*shots.iterdir()])
    bpy.ops.world_tracing.trace_footage(filepath=str(photo), seed=0)
    assert len([*shots.iterdir()]) == count + 1


def test_a_merged_shot_has_its_background_beside_what_moves(
    scene, addon, folder: Path, tmp_path: Path
) -> None:
    import_shot(folder, name="Run")
    old = bpy.data.objects["Trace: Run"]
    old.location.x, old.world_tracing.metric = 3.0, True
    lens = bpy.data.objects["Run Camera"].data
    lens.clip_start, lens.clip_end = 0.5, 5000.0
    bpy.context.view_layer.update()
    write_frame(tmp_path, 1, 6.0)
    result = {"shot": str(folder), "static": str(tmp_path / "frame.00001.wts")}
    assert bpy.ops.world_tracing.merge_static.poll()
    bpy.ops.world_tracing.wear_merged(result=json.dumps(result), root="Trace: Run")
    scene.frame_set(8)
    background = bpy.data.objects["Run merged Static Layer 1"]
    moving = bpy.data.objects["Run merged Layer 1 00008"]
    assert background.visible_get() and moving.visible_get()
    assert not bpy.data.objects["Run Layer 1 00008"].visible_get()  # what it was made from
    assert background.matrix_world.translation.x == moving.matrix_world.translation.x == 3.0
    assert bpy.data.objects["Trace: Run merged"].world_tracing.metric
    lens = bpy.data.objects["Run merged Camera"].data
    assert (lens.clip_start, lens.clip_end) == (0.5, 5000.0)
    notice = sys.modules[f"{addon.__name__}.backend.session"].notice
    assert notice.message == "Run merged: 2 background layers, 8 moving objects."
    with pytest.raises(RuntimeError, match="Only a single image can get another camera"):
        bpy.ops.world_tracing.use_known_camera(focal_length=100)


@pytest.mark.parametrize("damaged", ["static.wts", "frame.00008.wts"])
def test_a_merged_shot_that_is_damaged_leaves_nothing(scene, folder: Path, damaged: str) -> None:
    import_shot(folder, name="Run")
    write_frame(folder, 1, 6.0)
    (folder / "frame.00001.wts").rename(folder / "static.wts")
    (folder / damaged).write_bytes((folder / damaged).read_bytes()[:200])
    before = {*bpy.data.objects.keys(), *bpy.data.collections.keys()}
    result = {"shot": str(folder), "static": str(folder / "static.wts")}
    with pytest.raises(RuntimeError, match=damaged):
        bpy.ops.world_tracing.wear_merged(result=json.dumps(result), root="Trace: Run")
    assert {*bpy.data.objects.keys(), *bpy.data.collections.keys()} == before


def test_merging_hides_the_shot_and_nothing_else(scene, folder: Path, tmp_path: Path) -> None:
    import_shot(folder, name="Run")
    own, prop = bpy.data.collections.new("Set"), bpy.data.objects.new("prop", None)
    scene.collection.children.link(own)
    own.objects.link(prop)
    root = bpy.data.objects["Trace: Run"]
    for collection in root.users_collection:  # as M does, Move to Collection
        collection.objects.unlink(root)
    own.objects.link(root)
    write_frame(tmp_path, 1, 6.0)
    result = {"shot": str(folder), "static": str(tmp_path / "frame.00001.wts")}
    bpy.ops.world_tracing.wear_merged(result=json.dumps(result), root="Trace: Run")
    scene.frame_set(8)
    assert prop.visible_get() and bpy.data.objects["Run merged Layer 1 00008"].visible_get()
    assert not bpy.data.objects["Run Layer 1 00008"].visible_get()


def test_scrubbing_stays_quick(scene, folder: Path) -> None:
    """A scene evaluation per frame change, not a rebuild: far below what building a frame takes."""
    import_shot(folder)
    begin = time.perf_counter()
    for frame in range(5, 10):
        scene.frame_set(frame)
    assert (time.perf_counter() - begin) / 5 < 0.5


@pytest.mark.parametrize(
    "name", ["filepath", "start", "first", "last", "use_range", "use_scene_rate", "shot"]
)
def test_what_the_button_of_a_strip_sets_does_not_stay_for_the_next_movie(scene, name: str) -> None:
    """A movie was read at the scene's rate because a strip had been before it."""
    operator = bpy.ops.world_tracing.trace_footage.get_rna_type()
    assert operator.properties[name].is_skip_save


@pytest.mark.parametrize("cache", ["NONE", "USD"])
def test_a_shot_is_cut_where_it_is_asked_for(scene, folder: Path, cache: str) -> None:
    """Tear could be set for one frame after the other only, and for a cache not at all."""
    shot, faces = str(folder / Shot.FILE), []
    for island in (0, 10**6):
        bpy.ops.world_tracing.import_shot(filepath=shot, name=str(island), cache=cache, island=island)
        root = bpy.context.object
        meshes = [thing for thing in root.children_recursive if thing.type == "MESH"]
        faces.append(sum(len(thing.data.polygons) for thing in meshes))
        assert cache != "NONE" or all(thing.world_tracing.island == island for thing in meshes)
    assert faces[0] > 0 == faces[1]
