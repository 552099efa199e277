"""Trace World in background mode: the operator waits, imports, and says what went wrong in a sentence."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest

WORKS, ERROR, DIES = 0, 1, 2


def notice(addon) -> str:
    return sys.modules[f"{addon.__name__}.backend.session"].notice.message


def test_trace_world_makes_a_layered_scene(scene, stand_in: Path, photo: Path, tmp_path: Path) -> None:
    stack = tmp_path / "out.wts"
    done = bpy.ops.world_tracing.trace_world(filepath=str(photo), stack=str(stack), seed=WORKS, output="MESH")
    assert done == {"FINISHED"}
    assert stack.is_file()
    members = {member.name for member in bpy.data.collections["Trace: fôto 1"].objects}
    assert members == {"Trace: fôto 1", "fôto 1 Camera", "fôto 1 Layer 1", "fôto 1 Layer 2"}
    texture = bpy.data.materials["fôto 1 Layer 1"].node_tree.nodes["Image Texture"].image
    assert Path(bpy.path.abspath(texture.filepath)) == photo


def test_settings_of_the_scene_are_used_where_the_call_gives_none(scene, stand_in: Path, photo: Path) -> None:
    settings = scene.world_tracing
    settings.filepath, settings.seed, settings.output = str(photo), WORKS, "POINTS"
    assert bpy.ops.world_tracing.trace_world() == {"FINISHED"}
    roles = {member.world_tracing.role for member in bpy.data.collections["Trace: fôto 1"].objects}
    assert roles == {"ROOT", "CAMERA", "POINTS"}
    stored = bpy.context.object.world_tracing.stack
    assert Path(stored).is_file() and Path(stored).suffix == ".wts"


def test_tracing_twice_keeps_both_stacks(scene, stand_in: Path, photo: Path) -> None:
    stacks = set()
    for _ in range(2):
        bpy.ops.world_tracing.trace_world(filepath=str(photo), seed=WORKS)
        stacks.add(bpy.context.object.world_tracing.stack)
    assert len(stacks) == 2


def test_beside_a_saved_file_the_stack_is_kept_with_it(
    scene, stand_in: Path, photo: Path, tmp_path: Path
) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.world_tracing.trace_world(filepath=str(photo), seed=WORKS)
    assert bpy.context.object.world_tracing.stack == "//world_tracing/traces/fôto 1.wts"


@pytest.mark.filterwarnings("error::RuntimeWarning")  # Blender 4.5 has one for paths that may not
def test_paths_may_start_from_the_blend(scene, stand_in: Path, photo: Path, tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    settings, near = bpy.context.scene.world_tracing, f"//{photo.name}"
    settings.filepath, settings.mask_source, settings.mask = near, "FILE", near
    assert bpy.ops.world_tracing.trace_world(seed=WORKS) == {"FINISHED"}
    asked = {"filepath": near, "mask": near, "stack": "//near.wts", "seed": WORKS}
    assert bpy.ops.world_tracing.trace_world(**asked) == {"FINISHED"}
    assert (tmp_path / "near.wts").is_file()
    assert bpy.ops.world_tracing.trace_folder(directory="//", seed=WORKS) == {"FINISHED"}
    assert len([one for one in bpy.data.objects if one.world_tracing.role == "ROOT"]) == 3


def test_where_no_folder_can_be_made_the_stack_goes_to_the_user_folder(
    scene, stand_in: Path, photo: Path, tmp_path: Path
) -> None:
    (tmp_path / "world_tracing").touch()  # a file where the folder would be
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert bpy.ops.world_tracing.trace_world(filepath=str(photo), seed=WORKS) == {"FINISHED"}
    stack = Path(bpy.path.abspath(bpy.context.object.world_tracing.stack))
    assert stack.is_file() and tmp_path not in stack.parents


@pytest.mark.parametrize("packed", [False, True])
def test_what_an_image_in_blender_shows_is_still_there_when_the_file_is_opened_again(
    scene, stand_in: Path, tmp_path: Path, packed: bool
) -> None:
    """One that nobody saves is gone with the file, and layers that showed it were black."""
    image = bpy.data.images.new("Painted", 64, 64)
    image.pixels.foreach_set(np.full(64 * 64 * 4, 0.5, np.float32))
    if packed:
        image.pack()
    scene.world_tracing.source, scene.world_tracing.image = "IMAGE", image
    assert bpy.ops.world_tracing.trace_world(seed=WORKS) == {"FINISHED"}
    texture = bpy.data.materials["Painted Layer 1"].node_tree.nodes["Image Texture"].image
    assert (texture == image) is packed
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    texture = bpy.data.materials["Painted Layer 1"].node_tree.nodes["Image Texture"].image
    assert texture.pixels[0] == pytest.approx(0.5, abs=0.01)


def test_a_render_result_is_traced_with_a_picture_of_its_own(scene, stand_in: Path) -> None:
    """Blender shows no render result as a texture, and the next render would replace it."""
    settings = scene.world_tracing
    settings.source, settings.image = "IMAGE", bpy.data.images.get("Render Result") or rendered(scene)
    settings.seed = WORKS
    files = set()
    for _ in range(2):
        rendered(scene)
        assert bpy.ops.world_tracing.trace_world() == {"FINISHED"}
        layer = next(o for o in bpy.context.object.children if o.world_tracing.role == "LAYER")
        texture = layer.active_material.node_tree.nodes["Image Texture"].image
        assert (texture.type, tuple(texture.size)) == ("IMAGE", (64, 64)) and len(texture.pixels)
        files.add(texture.filepath)
    assert len(files) == 2


def test_a_frame_of_a_sequence_is_traced_with_a_picture_of_its_own(
    scene, stand_in: Path, photo: Path
) -> None:
    """The sequence itself would show the frames that the scene goes on to."""
    first = photo.with_name("frame.0001.png")
    photo.rename(first)
    image = bpy.data.images.load(str(first))
    image.source = "SEQUENCE"
    image.asset_generate_preview()  # which reads a frame, as an Image Editor does
    scene.world_tracing.source, scene.world_tracing.image = "IMAGE", image
    assert bpy.ops.world_tracing.trace_world(seed=WORKS) == {"FINISHED"}
    layer = next(o for o in bpy.context.object.children if o.world_tracing.role == "LAYER")
    texture = layer.active_material.node_tree.nodes["Image Texture"].image
    assert texture != image and texture.source == "FILE" and tuple(texture.size) == (64, 64)


def rendered(scene: bpy.types.Scene) -> bpy.types.Image:
    """The scene's render result, 64×64."""
    scene.render.engine, scene.cycles.samples, scene.render.resolution_percentage = "CYCLES", 1, 100
    scene.render.resolution_x = scene.render.resolution_y = 64
    if scene.camera is None:
        scene.camera = bpy.data.objects.new("Eye", bpy.data.cameras.new("Eye"))
        scene.collection.objects.link(scene.camera)
    bpy.ops.render.render()
    return bpy.data.images["Render Result"]


def test_a_model_that_is_not_here_is_said_before_anything_else(scene, stand_in: Path, photo: Path) -> None:
    scene.world_tracing.model = "object"
    with pytest.raises(RuntimeError, match="not on this machine yet"):
        bpy.ops.world_tracing.trace_world(filepath=str(photo))


def test_a_mask_file_that_is_not_chosen_is_said(scene, stand_in: Path, photo: Path) -> None:
    settings = scene.world_tracing
    settings.filepath, settings.mask_source = str(photo), "FILE"
    with pytest.raises(RuntimeError, match="No mask file is chosen"):
        bpy.ops.world_tracing.trace_world()


def test_a_folder_that_may_not_be_listed_is_a_sentence(
    scene, addon, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was a traceback. (Whoever runs the tests may list all.)"""

    def refuse(_folder: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(RuntimeError, match=r"cannot be read \(Permission denied\)\. Check its permissions"):
        bpy.ops.world_tracing.trace_folder(directory=str(photo.parent))
    assert sys.modules[f"{addon.__name__}.backend.session"].notice.code == "access"


def test_what_the_backend_says_is_the_error(scene, addon, stand_in: Path, photo: Path) -> None:
    with pytest.raises(RuntimeError, match=r"The image is empty. Choose another."):
        bpy.ops.world_tracing.trace_world(filepath=str(photo), seed=ERROR)
    assert notice(addon) == "The image is empty."
    assert "Trace: fôto 1" not in bpy.data.collections


def test_a_backend_that_dies_is_an_error_and_the_next_trace_works(scene, stand_in: Path, photo: Path) -> None:
    with pytest.raises(RuntimeError, match="The backend stopped"):
        bpy.ops.world_tracing.trace_world(filepath=str(photo), seed=DIES)
    assert bpy.ops.world_tracing.trace_world(filepath=str(photo), seed=WORKS) == {"FINISHED"}


def test_no_backend_says_where_to_get_it(scene, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WT_BACKEND_PYTHON", raising=False)
    with pytest.raises(RuntimeError, match=r"not installed yet.*Preferences"):
        bpy.ops.world_tracing.trace_world(filepath=str(photo))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "No image is chosen"),
        ("/no/such.png", "no file /no/such.png"),
        (f"/{'x' * 300}/such.png", "no file /xxx"),  # the system answers with an error
    ],
)
def test_no_image_is_a_sentence(scene, stand_in: Path, path: str, words: str) -> None:
    scene.world_tracing.filepath = path
    with pytest.raises(RuntimeError, match=words):
        bpy.ops.world_tracing.trace_world()


def test_a_folder_is_no_image(scene, stand_in: Path, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="is a folder"):
        bpy.ops.world_tracing.trace_world(filepath=str(tmp_path))


@pytest.fixture
def requests(addon, monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """What was asked of the worker, seen on its way."""
    seen: list[dict] = []
    session = sys.modules[f"{addon.__name__}.backend.session"]
    submit = session.submit

    def watch(method: str, params: dict, *rest: object, **options: object) -> object:
        seen.append(params)
        return submit(method, params, *rest, **options)

    monkeypatch.setattr(session, "submit", watch)
    return seen


def test_a_mask_belongs_to_the_image_of_the_panel(scene, requests, stand_in: Path, photo: Path) -> None:
    settings = scene.world_tracing
    settings.filepath, settings.mask_source, settings.mask = str(photo), "FILE", str(photo)
    bpy.ops.world_tracing.trace_world(seed=WORKS, fill=False)
    assert requests[-1]["mask"] == str(photo)
    bpy.ops.world_tracing.trace_world(filepath=str(photo), seed=WORKS, fill=False)  # another image, dropped
    assert requests[-1]["mask"] is None
    bpy.ops.world_tracing.trace_world(filepath=str(photo), mask=str(photo), seed=WORKS, fill=False)
    assert requests[-1]["mask"] == str(photo)
    settings.mask_source = "AUTO"
    bpy.ops.world_tracing.trace_world(seed=WORKS, fill=False)
    assert requests[-1]["mask"] is None


def test_only_a_stack_that_was_asked_for_by_name_may_be_replaced(
    scene, requests, stand_in: Path, photo: Path, tmp_path: Path
) -> None:
    """Another Blender may have found the same name free."""
    bpy.ops.world_tracing.trace_world(filepath=str(photo), seed=WORKS, fill=False)
    assert requests[-1]["fresh"]
    bpy.ops.world_tracing.trace_world(
        filepath=str(photo), stack=str(tmp_path / "own.wts"), seed=WORKS, fill=False
    )
    assert not requests[-1]["fresh"]


def test_traces_that_wait_have_paths_of_their_own(addon, scene, stand_in: Path) -> None:
    files = sys.modules[f"{addon.__name__}.scene.files"]
    assert len({files.new_stack_path("same") for _ in range(3)}) == 3
    photos = ("IMG_1", "img_1")  # one file on Windows and macOS
    assert len({files.new_stack_path(name).name.lower() for name in photos}) == 2


def test_a_photo_may_have_as_long_a_name_as_systems_allow(scene, stand_in: Path, photo: Path) -> None:
    long = photo.with_name(f"{'漢' * 83}.png")  # 253 bytes
    long.write_bytes(photo.read_bytes())
    for _ in range(2):
        assert bpy.ops.world_tracing.trace_world(filepath=str(long), seed=WORKS) == {"FINISHED"}
    stacks = {m.world_tracing.stack for m in scene.objects if m.world_tracing.role == "ROOT"}
    assert len(stacks) == 2 and all(Path(stack).is_file() for stack in stacks)


def test_layers_show_the_photo_that_was_traced(scene, stand_in: Path, photo: Path) -> None:
    """Another program had changed its file since Blender read it."""
    image = bpy.data.images.load(str(photo))
    assert image.pixels[0] != 1.0
    changed = bpy.data.images.new("changed", 64, 64)
    changed.pixels.foreach_set(np.ones(64 * 64 * 4, np.float32))
    changed.filepath_raw, changed.file_format = str(photo), "PNG"
    changed.save()
    settings = scene.world_tracing
    settings.source, settings.image, settings.seed = "IMAGE", image, WORKS
    assert bpy.ops.world_tracing.trace_world() == {"FINISHED"}
    layer = next(o for o in bpy.context.object.children if o.world_tracing.role == "LAYER")
    texture = layer.active_material.node_tree.nodes["Image Texture"].image
    assert texture == image and texture.pixels[0] == 1.0


def test_a_linked_photo_is_not_taken_for_one_of_the_same_name(
    scene, stand_in: Path, photo: Path, tmp_path: Path
) -> None:
    bpy.data.images.load(str(photo)).use_fake_user = True
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "library.blend"))
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.data.images.new(photo.name, 8, 8)
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_there, here):
        here.images = [photo.name]
    settings = bpy.context.scene.world_tracing
    settings.source, settings.image, settings.seed = "IMAGE", here.images[0], WORKS
    assert bpy.ops.world_tracing.trace_world() == {"FINISHED"}
    layer = next(o for o in bpy.context.object.children if o.world_tracing.role == "LAYER")
    assert layer.active_material.node_tree.nodes["Image Texture"].image == here.images[0]


def test_the_panel_goes_on_with_the_image_that_was_dropped(
    addon, scene, stand_in: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next press of the button said that none was chosen, or traced the one before."""
    module = sys.modules[f"{addon.__name__}.operators.trace_world"]
    monkeypatch.setattr(module.WORLD_TRACING_OT_trace_world, "dropped", True)
    settings = scene.world_tracing
    settings.mask_source = "FILE"
    asked = {name: getattr(settings, name) for name in ("mode", "fit", "model", "steps", "output", "fill")}
    asked |= {"seed": WORKS, "mode": "SCENE"}
    assert bpy.ops.world_tracing.trace_world(filepath=str(photo), **asked) == {"FINISHED"}
    assert (settings.source, settings.filepath, settings.mask_source) == ("FILE", str(photo), "AUTO")
    assert (settings.seed, settings.mode) == (WORKS, "SCENE")
    assert bpy.ops.world_tracing.trace_world() == {"FINISHED"}


@pytest.mark.parametrize("gone", [False, True])
def test_another_trace_of_the_same_image_is_two_presses_away(
    scene, stand_in: Path, photo: Path, gone: bool
) -> None:
    assert bpy.ops.world_tracing.trace_world(filepath=str(photo), seed=WORKS, mode="SCENE") == {"FINISHED"}
    settings = scene.world_tracing
    settings.mask_source, settings.mask = "FILE", str(photo)
    if gone:  # the layers wear something else, and the camera shows nothing
        for image in list(bpy.data.images):
            bpy.data.images.remove(image)
    assert bpy.ops.world_tracing.trace_again() == {"FINISHED"}
    assert (settings.seed, settings.mask_source, settings.source) == (
        WORKS + 1,
        "AUTO",
        "FILE" if gone else "IMAGE",
    )
    shown = settings.filepath if gone else settings.image.filepath
    assert Path(shown) == photo
    settings.seed = WORKS
    assert bpy.ops.world_tracing.trace_world() == {"FINISHED"}
