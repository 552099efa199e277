# mypy: disable-error-code="valid-type"
"""Add-on preferences: the backend's environment, device, patience."""

from contextlib import suppress
from pathlib import Path

import bpy
from bpy.props import EnumProperty, FloatProperty, StringProperty

ADDON = __package__  # "bl_ext.<repository>.world_tracing"

TORCH_BUILDS = (
    ("AUTO", "Automatic", "By the driver and the generation of the GPU"),
    ("CPU", "CPU", "No GPU; the smallest download"),
    ("CU126", "CUDA 12.6", "NVIDIA GPUs before Turing, or older drivers"),
    ("CU130", "CUDA 13.0", "Newer NVIDIA GPUs with a current driver"),
    ("XPU", "XPU", "Intel GPUs"),
)


def _devices(_self: bpy.types.AddonPreferences, _context: bpy.types.Context, _text: str) -> list[str]:
    """What the backend said that it can use."""
    from .backend import session

    return [device["id"] for device in (session.info() or {}).get("devices", [])]


def _changed(_self: bpy.types.AddonPreferences, _context: bpy.types.Context) -> None:
    from .backend import session

    session.settings_changed()


_hub_token = [""]  # here and not in a property of its own: Blender would write that into userpref.blend


def _set_token(_self: bpy.types.AddonPreferences, token: str) -> None:
    from .backend import session

    _hub_token[0] = token
    session.settings_changed()


class WorldTracingPreferences(bpy.types.AddonPreferences):
    """Kept in Blender's user preferences."""

    bl_idname = ADDON

    python: StringProperty(
        name="Use Existing Python",
        subtype="FILE_PATH",
        update=_changed,
        description="Python interpreter with PyTorch that runs the backend, instead of the environment that "
        "the add-on manages",
    )
    torch_build: EnumProperty(name="PyTorch Build", items=TORCH_BUILDS, description="What to install")
    wheels: StringProperty(
        name="Folder of Wheels",
        subtype="DIR_PATH",
        description="Install from this folder without any network. It holds uv, PyTorch and all the others "
        "as wheels",
    )
    base_python: StringProperty(
        name="Base Python",
        subtype="FILE_PATH",
        description="Python to build the environment on. Empty: one that is downloaded, or Blender's own "
        "where a folder of wheels is given",
    )
    index: StringProperty(
        name="Package Index",
        description="Address of a package index to install everything from, PyTorch too, such as "
        "https://pypi.example.org/simple. Empty: $PIP_INDEX_URL if it is set, else PyPI and PyTorch's own",
    )
    device: StringProperty(
        name="Device",
        search=_devices,
        search_options={"SUGGESTION"},
        description="Where the model runs: cpu, cuda:0, mps … Leave empty to let the backend choose",
    )
    hub_token: StringProperty(
        name="Hub Token",
        subtype="PASSWORD",
        get=lambda _self: _hub_token[0],
        set=_set_token,
        description="Access token of huggingface.co for gated models. Kept until Blender closes, never "
        "written; `hf auth login` or HF_TOKEN keep one for longer",
    )
    models: StringProperty(
        name="Models Folder",
        subtype="DIR_PATH",
        update=_changed,
        description="Where downloaded models lie. Empty: the cache folder of huggingface_hub",
    )
    silence: FloatProperty(
        name="Give Up After",
        default=60.0,
        min=10.0,
        soft_max=3600.0,
        subtype="TIME_ABSOLUTE",
        description="Seconds without any sign of life after which the backend is ended",
    )

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the preferences."""
        from .ui import preferences_panel

        preferences_panel.draw(self.layout, context, self)


def get() -> WorldTracingPreferences:
    """The preferences of this add-on."""
    return bpy.context.preferences.addons[ADDON].preferences


def user_folder(name: str) -> Path:
    """A folder for this add-on's own files that survives its upgrade.

    Where it cannot be made, whoever writes there says so. (Blender's `create` gives "" then, which would be
    the folder that happens to be current.)
    """
    folder = Path(bpy.utils.extension_path_user(ADDON, path=name))
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


CLASSES = (WorldTracingPreferences,)
