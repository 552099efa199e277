"""Photos onto meshes with the real worker: bake, fit, re-project, and what cannot be textured."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Matrix
from projection_scenes import (
    RADIUS,
    baked_colours,
    ball,
    only,
    photographed,
    places,
    shapes,
    texture,
    turned,
    values,
    waves,
)

from wt_backend.stack import LayerStack

pytestmark = pytest.mark.usefixtures("real_worker")


def test_a_mesh_without_uvs_gets_a_texture(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = photographed(shapes.sphere, tmp_path)
    thing = ball(root, calc_uvs=False)
    assert bpy.ops.world_tracing.project_texture(size="512") == {"FINISHED"}
    assert [layer.name for layer in thing.data.uv_layers] == ["WT Projected"]
    seen, where = values(thing, "wt_seen"), places(thing, root)
    assert 0.2 < seen.mean() < 0.5  # of a sphere near by, less than half; its rim is left out
    towards = (where - (0, 0, -shapes.DISTANCE)) @ (0, 0, 1.0)
    assert towards[seen].min() > 0 and seen[towards > 0.6].all()
    error = np.abs(baked_colours(thing) - waves(where))
    assert error[seen].mean() < 0.02 and np.quantile(error[seen], 0.95) < 0.06
    assert texture(thing).colorspace_settings.name == "sRGB"


@pytest.mark.parametrize(
    ("operator", "name", "setting", "chosen", "other", "sent"),
    [
        ("make_solid", "resolution", "solid_resolution", 64, 48, [320, 64, 48]),
        ("fit_to_layers", "turn", "try_turns", False, True, [True, False, True]),
        ("project_texture", "size", "texture_size", "1024", "512", [2048, 1024, 512]),
        ("project_texture", "unwrap", "unwrap", "NEW", "OWN", ["own", "xatlas", "own"]),
        ("project_texture", "layer_hides", "layer_hides", True, False, [False, True, False]),
    ],
)
def test_what_the_call_does_not_say_the_panel_says(
    scene, tmp_path: Path, monkeypatch, operator: str, name: str, setting: str, chosen, other, sent: list
) -> None:
    """Nothing in the interface could set these."""
    ball(photographed(shapes.sphere, tmp_path))
    found = []

    def keep(_self, _context, _method, params: dict, *_rest: object) -> set[str]:
        found.append(params[name])
        return {"FINISHED"}

    job = sys.modules["bl_ext.user_default.world_tracing.operators.geometry_job"]
    monkeypatch.setattr(job.GeometryJob, "run_job", keep)
    press = getattr(bpy.ops.world_tracing, operator)
    press()
    setattr(scene.world_tracing, setting, chosen)
    press()
    press(**{name: other})
    assert found == sent


def test_only_the_traces_that_are_meant_are_used(scene: bpy.types.Scene, tmp_path: Path) -> None:
    one, other = (photographed(shapes.sphere, tmp_path, name) for name in ("one", "other"))
    thing = ball(one)
    assert not bpy.ops.world_tracing.project_texture.poll()  # two traces: which is meant?
    seen = []
    for roots in ([one], [one, other]):
        other.matrix_world = one.matrix_world @ turned(100)
        only(thing, *roots)
        assert bpy.ops.world_tracing.project_texture(size="512") == {"FINISHED"}
        seen.append(values(thing, "wt_seen").mean())
    assert seen[1] > 1.4 * seen[0]


@pytest.mark.parametrize("own", [True, False])
def test_pixels_of_a_trace_are_no_uvs_for_a_bake(scene: bpy.types.Scene, tmp_path: Path, own: bool) -> None:
    """Fronts lie on backs in them: the back wore the photo of the front."""
    root = photographed(shapes.sphere, tmp_path)
    thing = ball(root, calc_uvs=own)
    for route in ("SHADER", "BAKE"):
        only(thing, root)
        assert bpy.ops.world_tracing.project_texture(size="512", route=route) == {"FINISHED"}
    used = "UVMap" if own else "WT Projected"
    assert thing.data.uv_layers.active.name == used and "WT Pixel thing" in thing.data.uv_layers
    seen, where = values(thing, "wt_seen"), places(thing, root)
    assert np.abs(baked_colours(thing) - waves(where))[seen].mean() < 0.03


def test_a_solid_is_unwrapped(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = photographed(shapes.sphere, tmp_path)
    bpy.ops.world_tracing.make_solid()
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    only(solid)
    assert bpy.ops.world_tracing.project_texture(size="512") == {"FINISHED"}
    assert [layer.name for layer in solid.data.uv_layers] == ["WT Pixel", "WT Projected"]
    session = sys.modules["bl_ext.user_default.world_tracing.backend.session"]
    assert "overlap" not in session.notice.message
    seen, where = values(solid, "wt_seen"), places(solid, root)
    assert np.abs(baked_colours(solid) - waves(where))[seen].mean() < 0.03


def test_quads_keep_whole_and_own_uvs_are_used(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = photographed(shapes.sphere, tmp_path)
    bpy.ops.mesh.primitive_uv_sphere_add(segments=32, ring_count=16, radius=RADIUS, calc_uvs=False)
    thing = bpy.context.object
    thing.matrix_world = root.matrix_world @ Matrix.Translation((0, 0, -shapes.DISTANCE))
    thing.scale.x *= -1  # mirrored: inside out for whoever forgets it
    only(thing)
    for unwrap in ("NEW", "OWN"):
        assert bpy.ops.world_tracing.project_texture(size="512", unwrap=unwrap) == {"FINISHED"}
        seen, where = values(thing, "wt_seen"), places(thing, root)
        assert 0.3 < seen.mean() < 0.5
        error = np.abs(baked_colours(thing) - waves(where))
        assert error[seen].mean() < 0.03
    assert len(thing.data.polygons) == 32 * 16 and len(thing.data.materials) == 1


def test_another_chosen_mesh_hides(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = photographed(lambda size: shapes.two_planes(size, 2.0, 4.0), tmp_path)
    wall, screen = (plane(root, depth, side) for depth, side in ((4.0, 3.0), (2.0, 0.5)))
    only(wall, screen)
    assert bpy.ops.world_tracing.project_texture(size="512", unwrap="OWN") == {"FINISHED"}
    seen, where = values(wall, "wt_seen"), np.abs(places(wall, root)[:, :2]).max(1)
    assert not seen[where < 0.49].any() and seen[(where > 0.6) & (where < 1.3)].all()
    assert values(screen, "wt_seen").all()


def plane(root: bpy.types.Object, depth: float, side: float) -> bpy.types.Object:
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=16, y_subdivisions=16, size=side)
    bpy.context.object.matrix_world = root.matrix_world @ Matrix.Translation((0, 0, -depth))
    return bpy.context.object


def test_fit_brings_a_moved_mesh_back(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = photographed(shapes.sphere, tmp_path)
    thing = ball(root)
    at_first = thing.matrix_world.translation.copy()
    thing.matrix_world = Matrix.Translation((2, 1, 0.5)) @ thing.matrix_world @ Matrix.Scale(0.6, 4)
    only(thing)
    assert bpy.ops.world_tracing.fit_to_layers() == {"FINISHED"}
    assert (thing.matrix_world.translation - at_first).length < 0.05
    assert thing.matrix_world.to_scale().x == pytest.approx(1, rel=0.05)


def below_a_sky(size: int) -> LayerStack:
    """A sphere, and something very far away in the upper third of the picture."""
    ball = shapes.sphere(size)
    depths = np.where(ball.mask, ball.xyz[..., 2], np.nan)
    upper = np.arange(size)[:, None] < size // 3
    depths[0] = np.where(upper & ~ball.mask[0], 100.0, depths[0])
    return shapes.make_stack(depths, mode="scene")


def leave_out_sky(root: bpy.types.Object) -> None:
    """What `below_a_sky` has put there."""
    mask = bpy.data.images.new("sky", 3, 3)
    mask.pixels.foreach_set(np.repeat([0, 0, 1], 12).astype(np.float32))  # rows from below
    root.world_tracing.sky, root.world_tracing.without_sky = mask, True


def test_a_sky_that_is_left_out_is_no_layer_to_fit_to(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = photographed(below_a_sky, tmp_path)
    leave_out_sky(root)
    thing = ball(root)
    at_first = thing.matrix_world.translation.copy()
    thing.location.x += 0.3
    only(thing, root)
    assert bpy.ops.world_tracing.fit_to_layers() == {"FINISHED"}
    assert (thing.matrix_world.translation - at_first).length < 0.05
    assert thing.matrix_world.to_scale().x == pytest.approx(1, rel=0.05)
    entry = sys.modules["bl_ext.user_default.world_tracing.scene.projection"].camera_entry(root)
    sent = LayerStack.load(entry["stack"])
    assert sent.xyz[..., 2][sent.mask].max() < 10  # nor does it say what is hidden there


def test_a_mesh_that_was_moved_meanwhile_is_put_where_it_fits(scene: bpy.types.Scene, tmp_path: Path) -> None:
    thing = ball(photographed(shapes.sphere, tmp_path))
    found = Matrix.Translation((1, 2, 3))
    sent = {"target": thing.name, "sent": str(tmp_path / "sent.npz")}
    fits = {"matrix": [list(row) for row in found], "residual": 0, "relative": 0, "before": 0, "scale": 1}
    place = thing.matrix_world.copy()
    thing.location.x += 5.0
    rows = json.dumps([list(row) for row in place])
    assert bpy.ops.world_tracing.wear_fit(result=json.dumps(fits), place=rows, **sent) == {"FINISHED"}
    np.testing.assert_allclose(thing.matrix_world, found @ place, atol=1e-6)


def test_a_solid_that_lost_its_pixels_gets_them_back(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = photographed(shapes.sphere, tmp_path)
    bpy.ops.world_tracing.make_solid()
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    before = [tuple(entry.uv) for entry in solid.data.uv_layers["WT Pixel"].data]
    layers = values(solid, "wt_layer")
    for name in ("WT Pixel", "wt_pixel", "wt_layer", "wt_seen"):
        solid.data.attributes.remove(solid.data.attributes[name])
    only(solid)
    assert bpy.ops.world_tracing.reproject() == {"FINISHED"}
    after = [tuple(entry.uv) for entry in solid.data.uv_layers["WT Pixel"].data]
    moved = np.abs(np.array(after) - before).max(1)  # the solid's wall stands half a pixel outside the rim
    assert np.quantile(moved, 0.85) < 1e-4 and moved.max() < 0.75 / 48
    assert (values(solid, "wt_layer") == layers).mean() > 0.9
    assert len(solid.data.materials) == 2


@pytest.mark.parametrize("output", ["POINTS", "BOTH", "POINTS without camera"])
def test_a_mesh_wears_no_material_of_points(scene: bpy.types.Scene, tmp_path: Path, output: str) -> None:
    """They show a colour attribute that it has not: it was black, and without the camera it wore nothing."""
    output, _, without = output.partition(" without ")
    first = photographed(shapes.sphere, tmp_path)
    bpy.ops.world_tracing.delete_trace(root=first.name)
    bpy.ops.world_tracing.import_stack(filepath=str(tmp_path / "thing.wts"), output=output)
    root = bpy.context.object
    root.world_tracing.lit = True
    if without:
        bpy.data.objects.remove(next(c for c in root.children if c.world_tracing.role == "CAMERA"))
    bpy.ops.world_tracing.make_solid()
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    for _again in range(2):
        for material in solid.data.materials:
            nodes = material.node_tree.nodes
            colour = nodes["Layer"].inputs["Color"].links[0].from_node
            assert colour.type == "TEX_IMAGE" and colour.image.name == "thing.png"
        assert len(solid.data.materials) == 2 and nodes["Layer"].node_tree.name == "WT Layer Lit"
        only(solid)
        assert bpy.ops.world_tracing.reproject() == {"FINISHED"}
    layer = next((child for child in root.children if child.world_tracing.role == "LAYER"), None)
    if layer is not None:
        worn = layer.data.materials[:]
        layer.hide_set(False)
        only(layer)
        assert bpy.ops.world_tracing.reproject() == {"FINISHED"} and layer.data.materials[:] == worn


def test_of_several_meshes_none_gets_pixels_where_one_is_refused(scene, tmp_path: Path) -> None:
    root = photographed(shapes.sphere, tmp_path)
    good, bad = ball(root), ball(root)
    bad.modifiers.new("Subdivision", "SUBSURF")
    only(good, bad)
    with pytest.raises(RuntimeError, match="Modifiers of"):
        bpy.ops.world_tracing.reproject()
    assert "wt_pixel" not in good.data.attributes


def spoil_missing_photo(thing: bpy.types.Object, folder: Path) -> None:
    (folder / "thing.png").unlink()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda thing, folder: thing.data.clear_geometry(), "has no faces"),
        (lambda thing, folder: bpy.data.objects.new("twin", thing.data), "shares its mesh"),
        (lambda thing, folder: setattr(thing, "scale", (1, 1, 0)), "is flat"),
        (spoil_missing_photo, "photo of Trace: thing is missing"),
        (lambda thing, folder: (folder / "thing.wts").unlink(), "thing.wts"),
    ],
)
@pytest.mark.parametrize("route", ["BAKE", "SHADER"])
def test_what_cannot_be_textured_is_told(scene, tmp_path: Path, route: str, spoil, message: str) -> None:
    thing = ball(photographed(shapes.sphere, tmp_path))
    spoil(thing, tmp_path)
    only(thing)
    with pytest.raises(RuntimeError, match=message):
        bpy.ops.world_tracing.project_texture(size="512", route=route)
    assert not thing.data.materials and "wt_seen" not in thing.data.attributes


@pytest.mark.parametrize("kept", ["", "pack", "float", "save as"])
def test_what_is_painted_on_the_photo_is_projected(scene, tmp_path: Path, kept: str) -> None:
    root = photographed(shapes.sphere, tmp_path)
    photo = next(child for child in root.children if child.type == "CAMERA").data.background_images[0]
    if kept == "float":
        photo.image = bpy.data.images.new("painting", 192, 192, float_buffer=True)
    pixels = np.ones((192 * 192, 4), np.float32)
    pixels[:, :3] = (1.0, 0.0, 0.0)
    photo.image.pixels.foreach_set(pixels.ravel())
    if kept == "pack":
        photo.image.pack()
    if kept == "save as":
        photo.image.filepath_raw = str(tmp_path / "retouched.png")
        photo.image.save()
    thing = ball(root)
    only(thing, root)
    assert bpy.ops.world_tracing.project_texture(size="512") == {"FINISHED"}
    shown = baked_colours(thing)[values(thing, "wt_seen")]
    assert np.abs(shown - (1, 0, 0)).mean() < 0.01


@pytest.mark.parametrize("gone", ["picture", "camera"])
def test_a_photo_that_no_camera_shows_is_projected(scene: bpy.types.Scene, tmp_path: Path, gone: str) -> None:
    root = photographed(shapes.sphere, tmp_path)
    camera = next(child for child in root.children if child.type == "CAMERA")
    if gone == "picture":
        camera.data.background_images.clear()
    else:
        bpy.data.objects.remove(camera)
    thing = ball(root)
    only(thing, root)
    assert bpy.ops.world_tracing.project_texture(size="512", route="SHADER") == {"FINISHED"}
    nodes = thing.data.materials[0].node_tree.nodes
    assert "thing.png" in {node.image.name for node in nodes if node.type == "TEX_IMAGE"}
    assert 0.2 < values(thing, "wt_seen").mean() < 0.5


def test_a_photo_that_is_missing_is_called_that(scene: bpy.types.Scene, tmp_path: Path) -> None:
    """Not a file of ours that has too few pixels: a stack without its photo wears its own small picture."""
    root = photographed(shapes.sphere, tmp_path)
    bpy.ops.world_tracing.delete_trace(root=root.name)
    bpy.data.images.remove(bpy.data.images["thing.png"])
    (tmp_path / "thing.png").unlink()
    bpy.ops.world_tracing.import_stack(filepath=str(tmp_path / "thing.wts"))
    root = bpy.context.object
    only(ball(root), root)
    with pytest.raises(RuntimeError, match=r"The photo of .* is missing: .*thing\.png\. Put it back"):
        bpy.ops.world_tracing.project_texture(size="512")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda data: data.uv_layers.remove(data.uv_layers[0]), "has no UVs.* choose New Unwrap"),
        (
            lambda data: [setattr(entry, "uv", (3, 3)) for entry in data.uv_layers[0].data],
            "unit square.* choose New Unwrap",
        ),
    ],
)
def test_own_uvs_that_cannot_be_used_are_told(scene, tmp_path: Path, spoil, message: str) -> None:
    thing = ball(photographed(shapes.sphere, tmp_path))
    spoil(thing.data)
    only(thing)
    with pytest.raises(RuntimeError, match=message):
        bpy.ops.world_tracing.project_texture(size="512", unwrap="OWN")
    assert not thing.data.materials


@pytest.mark.parametrize("spoilt", ["modifier", "eight UV maps"])
def test_of_several_meshes_none_is_unwrapped_where_one_is_refused(scene, tmp_path: Path, spoilt: str) -> None:
    root = photographed(shapes.sphere, tmp_path)
    good, bad = plane(root, 4.0, 1.0), plane(root, 4.0, 1.0)
    if spoilt == "modifier":
        bad.modifiers.new("Subdivision", "SUBSURF").levels = 1
    for number in range(7):
        bad.data.uv_layers.new(name=str(number))
    for target in (good, bad):
        target.data.uv_layers[0].active_render = True
    only(good, bad)
    with pytest.raises(RuntimeError, match=f"{bad.name} (change its faces|has 8 UV maps)"):
        bpy.ops.world_tracing.project_texture(size="512", unwrap="NEW")
    assert len(good.data.uv_layers) == 1 and len(bad.data.uv_layers) == 8


@pytest.mark.parametrize("route", ["BAKE", "SHADER"])
def test_room_for_uv_maps_is_looked_for_first(scene: bpy.types.Scene, tmp_path: Path, route: str) -> None:
    """A bake took minutes, and then there was no place for its UVs; the shader's attributes were written."""
    thing = ball(photographed(shapes.sphere, tmp_path))
    for number in range(7):
        thing.data.uv_layers.new(name=str(number))
    only(thing)
    with pytest.raises(RuntimeError, match=r"has 8 UV maps already, and can have eight\. Remove 1"):
        bpy.ops.world_tracing.project_texture(size="512", route=route, unwrap="NEW")
    assert not [item.name for item in thing.data.attributes if item.name.startswith("wt_")]


def test_a_hidden_mesh_is_left_alone(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = photographed(shapes.sphere, tmp_path)
    thing, other = ball(root), ball(root)
    only(thing, other)
    thing.hide_set(True)
    assert bpy.ops.world_tracing.project_texture(size="512") == {"FINISHED"}
    assert other.data.materials and not thing.data.materials
    only(thing)
    assert not bpy.ops.world_tracing.project_texture.poll()
    with pytest.raises(RuntimeError, match="is hidden; show it first"):
        bpy.ops.world_tracing.project_texture(size="512")


@pytest.mark.parametrize("route", ["BAKE", "SHADER"])
@pytest.mark.parametrize("scale", [(0.4, 2.0, 1.0), (-0.4, 2.0, 1.0), (-1.0, -1.0, -1.0)])
def test_scale_of_any_kind_is_no_matter(scene, tmp_path: Path, route: str, scale: tuple) -> None:
    """The same shape in the world, however its object is scaled."""
    root = photographed(shapes.sphere, tmp_path)
    found = []
    for factors in ((1.0, 1.0, 1.0), scale):
        thing = ball(root)
        thing.data.transform(Matrix.Diagonal((*factors, 1.0)).inverted())
        if Matrix.Diagonal(factors).determinant() < 0:
            thing.data.flip_normals()  # as Blender does when it applies a mirror
        thing.matrix_world = thing.matrix_world @ Matrix.Diagonal((*factors, 1.0))
        only(thing)
        assert bpy.ops.world_tracing.project_texture(size="512", route=route) == {"FINISHED"}
        found.append(values(thing, "wt_seen"))
        thing.hide_set(True)
    np.testing.assert_array_equal(found[0], found[1])
    assert 0.2 < found[0].mean() < 0.5


@pytest.mark.parametrize("route", ["BAKE", "SHADER"])
def test_broken_topology_is_no_trouble(scene: bpy.types.Scene, tmp_path: Path, route: str) -> None:
    """An edge with three faces, a face twice, one without area, one of seven corners, loose points."""
    root = photographed(shapes.one_layer, tmp_path)
    around = [(math.cos(k), math.sin(k), -3.0) for k in np.linspace(0, 2 * math.pi, 7, endpoint=False)]
    points = [*around, (0, 0, -2.5), (0.2, 0, -2.5), (0.4, 0, -2.5), (5, 5, 5), (6, 6, 6)]
    faces = [tuple(range(7)), (0, 1, 7), (0, 1, 8), (1, 0, 9), (2, 3, 7), (7, 2, 3), (7, 8, 9)]
    mesh = bpy.data.meshes.new("Broken")
    mesh.from_pydata(points, [(10, 11)], faces)
    thing = bpy.data.objects.new("Broken", mesh)
    scene.collection.objects.link(thing)
    thing.matrix_world = root.matrix_world
    only(thing)
    assert bpy.ops.world_tracing.project_texture(size="512", route=route) == {"FINISHED"}
    seen = values(thing, "wt_seen")
    assert seen[:7].any() and not seen[10:].any() and len(mesh.polygons) == len(faces)


def test_linked_meshes_are_left_alone(scene: bpy.types.Scene, tmp_path: Path) -> None:
    bpy.ops.mesh.primitive_cube_add()
    bpy.data.libraries.write(str(tmp_path / "library.blend"), {bpy.context.object})
    root = photographed(shapes.sphere, tmp_path)
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (there, here):
        here.objects = there.objects[:1]
    linked = here.objects[0]
    scene.collection.objects.link(linked)
    only(linked)
    with pytest.raises(RuntimeError, match="linked from another file"):
        bpy.ops.world_tracing.project_texture(size="512")
    assert root.name in bpy.data.objects


def test_modifiers(scene: bpy.types.Scene, tmp_path: Path) -> None:
    thing = ball(photographed(shapes.sphere, tmp_path))
    thing.modifiers.new("Cast", "CAST").factor = 0.0  # moves vertices only
    only(thing)
    assert bpy.ops.world_tracing.project_texture(size="512", route="SHADER") == {"FINISHED"}
    thing.modifiers.new("Subdivision", "SUBSURF").levels = 1
    assert bpy.ops.world_tracing.project_texture(size="512", unwrap="OWN") == {"FINISHED"}
    for options in ({"unwrap": "NEW"}, {"route": "SHADER"}):
        with pytest.raises(RuntimeError, match="Modifiers of Icosphere"):
            bpy.ops.world_tracing.project_texture(size="512", **options)


def test_camera_inside_a_mesh_sees_its_inside(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = photographed(shapes.one_layer, tmp_path)
    bpy.ops.mesh.primitive_cube_add(size=4)
    cube = bpy.context.object
    cube.matrix_world = root.matrix_world
    cube.data.vertices.add(1)  # one that belongs to no face
    only(cube)
    assert bpy.ops.world_tracing.project_texture(size="512", unwrap="NEW") == {"FINISHED"}
    nodes = cube.data.materials[0].node_tree.nodes
    mask = next(node.image for node in nodes if node.type == "TEX_IMAGE" and " seen" in node.image.name)
    # At distance 2 the photo (45°) covers (2 · 2 tan 22.5°)² of one face of 4², six faces in all.
    covered = (4 * math.tan(math.radians(22.5))) ** 2 / (6 * 16)
    island = 0.4, 1.05  # share of the texture that xatlas and Smart UV fill with faces
    seen = np.array(mask.pixels[:]).reshape(-1, 4)[:, 0].mean()
    assert covered * island[0] < seen < covered * island[1]
