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

from .backend import session
from .scene.build import DEFAULTS

SOURCES = (
    ("FILE", "File", "An image file on disk"),
    ("IMAGE", "Image", "An image that is open in Blender, the render result included"),
)
MODES = (
    ("AUTO", "Auto", "Object if the image shows one (alpha, plain background or mask), else scene"),
    ("OBJECT", "Object", "One object; everything else is background"),
    ("SCENE", "Scene", "The whole frame"),
)
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
ROLES = (
    ("NONE", "None", "Not part of a trace"),
    ("ROOT", "Root", "Parent of everything that belongs to one trace"),
    ("CAMERA", "Camera", "The camera that took the image"),
    ("LAYER", "Layer", "A layer as mesh"),
    ("POINTS", "Points", "A layer as points"),
)


def _model_names(_self: bpy.types.PropertyGroup, _context: bpy.types.Context, text: str) -> list[str]:
    return [model["name"] for model in session.models() if text.lower() in model["name"].lower()]


class WorldTracingSettings(bpy.types.PropertyGroup):
    """Settings of the next trace."""

    source: EnumProperty(name="From", items=SOURCES, default="FILE", description="Where the image comes from")
    filepath: StringProperty(name="Image", subtype="FILE_PATH", description="Image file to trace")
    image: PointerProperty(name="Image", type=bpy.types.Image, description="Image to trace")
    mask: StringProperty(
        name="Mask",
        subtype="FILE_PATH",
        description="Image that is white where the subject is. Leave empty to find the subject by alpha or "
        "a plain background",
    )
    mode: EnumProperty(name="Mode", items=MODES, default="AUTO", description="What the image shows")
    fit: EnumProperty(name="Fit", items=FITS, default="AUTO", description="How a frame becomes a square")
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
        description="Denoising steps; more are slower and often better. 0 is the model's own number",
    )
    output: EnumProperty(name="Output", items=OUTPUTS, default="MESH", description="What to make of a layer")


class WorldTracingObject(bpy.types.PropertyGroup):
    """What an object is within a trace."""

    role: EnumProperty(name="Role", items=ROLES, default="NONE", options={"HIDDEN"})
    stack: StringProperty(name="Stack", description="Stack file this was made from")
    layer: IntProperty(name="Layer", default=0, min=0, options={"HIDDEN"}, description="Counted from 0")
    tear: FloatProperty(
        name="Tear",
        default=DEFAULTS.tear.depth,
        min=0.001,
        max=10.0,
        description="Cut the surface where the depth jumps by more than this part of itself",
    )
    island: IntProperty(
        name="Smallest Island",
        default=DEFAULTS.island,
        min=0,
        description="Pieces of surface with fewer pixels are left out",
    )
    resolution: IntVectorProperty(name="Resolution", size=2, default=(0, 0), options={"HIDDEN"})
    pixel_aspect: FloatVectorProperty(name="Pixel Aspect", size=2, default=(1.0, 1.0), options={"HIDDEN"})
    metric: BoolProperty(name="Metres", default=False, options={"HIDDEN"})


CLASSES = (WorldTracingSettings, WorldTracingObject)


def attach() -> None:
    """Hang the groups onto scenes and objects."""
    bpy.types.Scene.world_tracing = PointerProperty(type=WorldTracingSettings)
    bpy.types.Object.world_tracing = PointerProperty(type=WorldTracingObject)


def detach() -> None:
    """Take the groups away; what is stored in files stays there."""
    del bpy.types.Object.world_tracing
    del bpy.types.Scene.world_tracing
