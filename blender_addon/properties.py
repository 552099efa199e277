# mypy: disable-error-code="valid-type"
"""What the add-on keeps in .blend files: settings of the next trace (scene), origin of objects."""

import bpy
from bpy.props import (
    BoolProperty,
    EnumProperty,
    FloatProperty,
    FloatVectorProperty,
    IntProperty,
    IntVectorProperty,
    PointerProperty,
    StringProperty,
)

from wt_backend.protocol import BackendError
from wt_backend.stack import StackError

from .backend import session
from .scene import hidden_colour, rebuild, shading, traces, viewport
from .scene.layer_object import DEFAULTS

# What a path may do that starts from the .blend: Blender 4.5 wants to be told, else it stores none and warns.
RELATIVE = {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5) else set()
SOURCES = (
    ("FILE", "File", "An image file on disk"),
    ("IMAGE", "Image", "An image that is open in Blender, the render result included"),
)
MODES = (
    ("AUTO", "Auto", "Object if the image shows one (alpha, plain background or mask), else scene"),
    ("OBJECT", "Object", "One object; everything else is background"),
    ("SCENE", "Scene", "The whole frame"),
)
FIT_TEXT = "Scenes: how the whole frame becomes the model's square"
FITS = (
    ("AUTO", "Model's Own", "What the model was trained with"),
    ("CROP", "Crop", "Use the square in the middle of the image"),
    ("PAD", "Pad", "Use the whole image, with borders"),
    ("STRETCH", "Stretch", "Squeeze the whole image into a square; the camera undoes it"),
)
OUTPUTS = (
    ("MESH", "Layered Mesh", "A mesh for each layer"),
    ("POINTS", "Points", "A point cloud for each layer"),
    ("BOTH", "Both", "A mesh and a point cloud for each layer; the points are hidden at first"),
)
CACHES = (
    ("NONE", "No", "All meshes lie in the .blend. Quick to play, but it grows with every frame"),
    ("USD", "USD", "The meshes lie in a USD file beside the shot. It is in step at any frame rate"),
    ("ALEMBIC", "Alembic", "The meshes lie in an Alembic file. Keep the scene's frame rate from then on"),
)
MASKS = (
    ("AUTO", "Automatic", "By alpha, or by a plain background"),
    ("FILE", "File", "An image file that is white where the subject is"),
    ("IMAGE", "Image", "An image in Blender that is white where the subject is"),
)
ROLES = (
    ("NONE", "None", "Not part of a trace"),
    ("ROOT", "Root", "Parent of everything that belongs to one trace"),
    ("CAMERA", "Camera", "The camera that took the image"),
    ("LAYER", "Layer", "A layer as mesh"),
    ("POINTS", "Points", "A layer as points"),
    ("SOLID", "Solid", "A closed mesh made from the layers"),
    ("CACHE", "Cached Layer", "A layer whose frames lie in a cache file"),
    ("SHOT_LAYER", "Layer of a Shot", "Parent of what one layer shows in the frames of a shot"),
)

HIDDEN_COLOURS = (
    ("SMEAR", "Photo", "The photo goes through: hidden surfaces show what is in front of them"),
    ("FILLED", "Filled", "The colour of what is visible near by, once it was filled in"),
    ("FLAT", "Layer Colour", "A flat colour for each hidden layer"),
)
UNWRAPS = (
    ("AUTO", "Automatic", "The mesh's own UVs if it has any, else a new unwrap"),
    ("OWN", "Own UVs", "The active UV map; its islands must not overlap"),
    ("NEW", "New Unwrap", "xatlas for triangle meshes, else Smart UV Project"),
)
TEXTURE_SIZES = tuple((str(size), f"{size} px", "") for size in (512, 1024, 2048, 4096, 8192))


_NOT_KEYED: set[str] = set()  # what a change rebuilds: keys would move the number and nothing else


def _model_names(_self: bpy.types.PropertyGroup, _context: bpy.types.Context, text: str) -> list[str]:
    return [model["name"] for model in session.models() if text.lower() in model["name"].lower()]


def _active_trace(_settings: bpy.types.PropertyGroup) -> int:
    """The trace of the active object is the active one in the list, -1 where there is none."""
    root = traces.root_of(bpy.context.object)
    return bpy.data.objects.find(root.name) if root else -1


def _select_trace(_settings: bpy.types.PropertyGroup, index: int) -> None:
    """The list of traces selects what it is clicked on."""
    root = bpy.data.objects[index]
    if root.world_tracing.role == "ROOT" and root.name in bpy.context.view_layer.objects:
        viewport.select(bpy.context, root)


def _rebuild(values: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    """A changed setting shows at once."""
    layer = values.id_data
    if values.role != "LAYER" or layer.type != "MESH":
        return
    if layer.data.library is not None:
        session.say(BackendError("bad_request", traces.why_linked(layer)))
        return
    if rebuild.is_edited(layer):
        session.say(_being_edited(layer, "Leave its mode, then set it again."))
        return
    try:
        rebuild.rebuild_one(layer)
    except StackError as error:
        session.say(BackendError("bad_stack", _sentence(error), "The layer is as it was."))


def _leave_out(values: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    """What is left out goes, or comes back."""
    root = values.id_data
    if values.role != "ROOT":
        return
    if (values.without_sky or values.gap) and not traces.layers_of(root):
        message = f"Nothing can be left out of the frames of {root.name}, only of a single image."
        session.say(BackendError("bad_request", message, "Import This Frame makes one."))
        return
    if not _is_own(root):
        return
    if context.mode != "OBJECT":
        session.say(_being_edited(root, "Leave Edit Mode, then Rebuild."))
        return
    try:
        rebuild.rebuild_trace(root)
    except StackError as error:
        session.say(BackendError("bad_stack", _sentence(error), "The layers are as they were."))


def _sentence(error: StackError) -> str:
    return f"{str(error).rstrip('.')}."


def _being_edited(thing: bpy.types.Object, hint: str) -> BackendError:
    return BackendError("bad_request", f"{thing.name} is being edited.", hint)


def _change_sky(values: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    """Another mask."""
    if values.without_sky:
        _leave_out(values, context)


def _show_layers(values: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    if values.role == "ROOT":
        rebuild.show_layers(values.id_data)


def _show_colour(values: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    if values.role == "ROOT" and _wears_own(values.id_data):
        hidden_colour.show(values.id_data, values.hidden_colour)


def _show_lit(values: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    if values.role == "ROOT" and _wears_own(values.id_data):
        shading.show(values.id_data, values.lit)


def _wears_own(root: bpy.types.Object) -> bool:
    """Whether the materials of a trace lie in this file, too; else that is said."""
    material = traces.linked_material(root)
    if material is not None:
        session.say(BackendError("bad_request", traces.why_linked_material(material)))
    return material is None and _is_own(root)


def _is_own(root: bpy.types.Object) -> bool:
    """Whether a trace lies in this file; else that is said."""
    linked = traces.linked_part(root)
    if linked is not None:
        session.say(BackendError("bad_request", traces.why_linked(linked)))
    return linked is None


class WorldTracingSettings(bpy.types.PropertyGroup):
    """Settings of the next trace, and of what is made from traces."""

    source: EnumProperty(name="From", items=SOURCES, default="FILE", description="Where the image comes from")
    filepath: StringProperty(
        name="Image", subtype="FILE_PATH", options=RELATIVE, description="Image file to trace"
    )
    image: PointerProperty(name="Image", type=bpy.types.Image, description="Image to trace")
    mask_source: EnumProperty(
        name="Mask", items=MASKS, default="AUTO", description="How the subject is told from its background"
    )
    mask: StringProperty(
        name="Mask File",
        subtype="FILE_PATH",
        options=RELATIVE,
        description="Image that is white where the subject is",
    )
    mask_image: PointerProperty(
        name="Mask Image",
        type=bpy.types.Image,
        description="Image that is white where the subject is; paint it in the Image Editor",
    )
    mode: EnumProperty(name="Mode", items=MODES, default="AUTO", description="What the image shows")
    fit: EnumProperty(name="Fit", items=FITS, default="AUTO", description=FIT_TEXT)
    model: StringProperty(
        name="Model",
        default="wt-mini",
        search=_model_names,
        search_options={"SUGGESTION"},
        description="Which model traces the image",
    )
    seed: IntProperty(
        name="Seed", default=42, min=0, description="Hidden surfaces are guesses; another seed guesses anew"
    )
    steps: IntProperty(
        name="Steps",
        default=0,
        min=0,
        max=1000,
        description="Denoising steps; more are slower, and not always better. 0 is the model's own number",
    )
    output: EnumProperty(name="Output", items=OUTPUTS, default="MESH", description="What to make of a layer")
    fill: BoolProperty(
        name="Fill Hidden Colour",
        default=True,
        description="Give hidden surfaces the colour of what is visible near by, instead of what is in front",
    )
    match_colours: BoolProperty(
        name="Match Colours",
        description="Use Trace Camera shows colours without look or exposure: a render has the photo's own",
    )
    solid_resolution: IntProperty(
        name="Resolution",
        default=320,
        min=16,
        max=1024,
        description="Of a solid: most rays along a side of the image",
    )
    try_turns: BoolProperty(
        name="Try Turns",
        default=True,
        description="Start from quarter turns about the world's Z axis too, not only from where the mesh is",
    )
    unwrap: EnumProperty(
        name="UVs", items=UNWRAPS, default="AUTO", description="Where a baked texture lies on the mesh"
    )
    texture_size: EnumProperty(
        name="Size", items=TEXTURE_SIZES, default="2048", description="Side of a baked texture"
    )
    layer_hides: BoolProperty(
        name="Layer 1 Hides",
        default=False,
        description="What the photo's first layer shows in front of the mesh hides it, besides other meshes",
    )
    active_trace: IntProperty(
        name="Active Trace", get=_active_trace, set=_select_trace, options={"HIDDEN", "SKIP_SAVE"}
    )


class WorldTracingObject(bpy.types.PropertyGroup):
    """What an object is within a trace."""

    role: EnumProperty(name="Role", items=ROLES, default="NONE", options={"HIDDEN"})
    stack: StringProperty(name="Stack", description="Stack file this was made from")
    stack_folder: StringProperty(
        name="Stack From", options={"HIDDEN"}, description="Folder that the stack's path starts from"
    )
    layer: IntProperty(name="Layer", default=0, min=0, options={"HIDDEN"}, description="Counted from 0")
    tear: FloatProperty(
        name="Tear",
        default=DEFAULTS.tear.depth,
        min=0.001,
        max=10.0,
        options=_NOT_KEYED,
        update=_rebuild,
        description="Cut the surface where the depth jumps by more than this part of itself",
    )
    grazing: FloatProperty(
        name="Grazing Angle",
        default=DEFAULTS.tear.grazing,
        min=0.005,
        max=1.5,
        subtype="ANGLE",
        options=_NOT_KEYED,
        update=_rebuild,
        description="Jumps of depth that are seen at a steeper angle than this are slopes, and stay",
    )
    island: IntProperty(
        name="Smallest Island",
        default=DEFAULTS.island,
        min=0,
        options=_NOT_KEYED,
        update=_rebuild,
        description="Pieces of surface with fewer pixels are left out",
    )
    resolution: IntVectorProperty(name="Resolution", size=2, default=(0, 0), options={"HIDDEN"})
    pixel_aspect: FloatVectorProperty(name="Pixel Aspect", size=2, default=(1.0, 1.0), options={"HIDDEN"})
    layers: IntProperty(
        name="Layers Shown",
        default=64,
        min=1,
        max=64,
        options=_NOT_KEYED,
        update=_show_layers,
        description="How many, from the first",
    )
    hidden_colour: EnumProperty(
        name="Hidden Colour",
        items=HIDDEN_COLOURS,
        default="SMEAR",
        options=_NOT_KEYED,
        update=_show_colour,
        description="What hidden layers show",
    )
    lit: BoolProperty(
        name="Lit",
        default=False,
        options=_NOT_KEYED,
        update=_show_lit,
        description="Let the scene's lights fall on the layers, instead of showing them as the photo does",
    )
    gap: FloatProperty(
        name="Least Gap",
        default=0.0,
        min=0.0,
        max=1.0,
        soft_max=0.3,
        precision=3,
        step=0.5,
        options=_NOT_KEYED,
        update=_leave_out,
        description="Leave out hidden surfaces that lie nearer than this part of their depth behind the one "
        "before, and all behind them. What the model takes for one surface (1.5 % to 3.2 %) is out already",
    )
    without_sky: BoolProperty(
        name="Leave Out Sky",
        default=False,
        options=_NOT_KEYED,
        update=_leave_out,
        description="Build the layers without what the sky mask says is sky",
    )
    sky: PointerProperty(
        name="Sky Mask",
        type=bpy.types.Image,
        update=_change_sky,
        description="Image that is white where the photo shows sky; after painting, Rebuild from Stack",
    )
    metric: BoolProperty(name="Metres", default=False, options={"HIDDEN"})
    seed: StringProperty(name="Seed", options={"HIDDEN"})
    model: StringProperty(name="Model", options={"HIDDEN"})
    group: StringProperty(name="Seed Sweep", options={"HIDDEN"}, description="Sweep that it is a variant of")
    variant: IntProperty(name="Variant", options={"HIDDEN"})


CLASSES = (WorldTracingSettings, WorldTracingObject)


def attach() -> None:
    """Hang the groups onto scenes and objects."""
    bpy.types.Scene.world_tracing = PointerProperty(type=WorldTracingSettings)
    bpy.types.Object.world_tracing = PointerProperty(type=WorldTracingObject)


def detach() -> None:
    """Take the groups away; what is stored in files stays there."""
    del bpy.types.Object.world_tracing
    del bpy.types.Scene.world_tracing
