# mypy: disable-error-code="valid-type"
"""Where the meshes of layers are cut: what operators that build them have in common."""

import bpy
from bpy.props import FloatProperty, IntProperty

from wt_backend.geometry.layer_mesh import MeshSettings

from ..scene.layer_object import DEFAULTS, mesh_settings
from .bases import Operator


class SurfaceSettings(Operator):
    """An operator that makes meshes of layers."""

    tear: FloatProperty(
        name="Tear",
        default=DEFAULTS.tear.depth,
        min=0.001,
        max=10.0,
        description="Cut the surface where the depth jumps by more than this part of itself",
    )
    grazing: FloatProperty(
        name="Grazing Angle",
        default=DEFAULTS.tear.grazing,
        min=0.005,
        max=1.5,
        subtype="ANGLE",
        description="Jumps of depth that are seen at a steeper angle than this are slopes, and stay",
    )
    island: IntProperty(
        name="Smallest Island",
        default=DEFAULTS.island,
        min=0,
        description="Pieces of surface with fewer pixels are left out",
    )

    def mesh_settings(self) -> MeshSettings:
        """How the layers become meshes."""
        return mesh_settings(self)

    def draw_surface(self, layout: bpy.types.UILayout) -> None:
        """Draw them."""
        for name in ("tear", "grazing", "island"):
            layout.prop(self, name)
