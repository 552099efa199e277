# mypy: disable-error-code="valid-type"
"""Trace all images of a folder, one after the other."""

from pathlib import Path

import bpy
from bpy.props import StringProperty

from wt_backend.footage.numbering import SUFFIXES
from wt_backend.paths import is_folder
from wt_backend.protocol import BackendError

from ..properties import RELATIVE
from .tracing import TraceSettings, plan_for_file


class WORLD_TRACING_OT_trace_folder(bpy.types.Operator, TraceSettings):
    """Trace every image of a folder with the settings of the panel, each as a trace of its own"""

    bl_idname = "world_tracing.trace_folder"
    bl_label = "Trace Folder"

    directory: StringProperty(
        name="Folder", subtype="DIR_PATH", options={"SKIP_SAVE"} | RELATIVE, description="Folder of images"
    )
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Ask for the folder; beside it stand the settings of the panel."""
        self.adopt_settings(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the settings."""
        self.draw_settings(self.layout)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Queue the images in the order of their names."""
        if not self.directory:  # a script's: the folder that Blender runs in is not meant
            return self.fail(BackendError("bad_image", "No folder is chosen.", "Choose one."))
        folder = Path(bpy.path.abspath(self.directory))
        if not is_folder(folder):
            return self.fail(BackendError("bad_image", f"There is no folder {folder}.", "Choose another."))
        try:
            images = _images(folder)
        except OSError as error:
            reason = error.strerror or str(error)
            return self.fail(
                BackendError(
                    "access",
                    f"The folder {folder} cannot be read ({reason}).",
                    "Check its permissions, or choose another folder.",
                )
            )
        if not images:
            return self.fail(
                BackendError("bad_image", f"There is no image in {folder}.", "Choose another folder.")
            )
        return self.run(context, [plan_for_file(str(image)) for image in images])


def _images(folder: Path) -> list[Path]:
    """The images of a folder in the order of their names.

    Raises
    ------
    OSError
        It may not be listed, or what is in it not be looked at.
    """
    found = (path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    # macOS leaves a ._NAME beside every file on other systems' disks
    return sorted(path for path in found if path.is_file() and not path.name.startswith("."))
