"""What the add-on's preferences show."""

import bpy

from ..backend import session, setup
from ..backend.environment import EnvironmentState
from ..translations import words
from .install_button import draw_install
from .text import draw_error, size_text

_SAYS = {
    EnvironmentState.NOT_INSTALLED: ("The backend is not installed yet", "INFO"),
    EnvironmentState.INCOMPLETE: ("An installation was not finished; Install repairs it", "ERROR"),
    EnvironmentState.READY: ("The backend is installed", "CHECKMARK"),
    EnvironmentState.OUTDATED: ("The backend belongs to an older version; Install upgrades it", "INFO"),
}


def draw(
    layout: bpy.types.UILayout, context: bpy.types.Context, settings: bpy.types.AddonPreferences
) -> None:
    """Draw everything."""
    layout.use_property_split = True
    layout.use_property_decorate = False
    if not settings.python:
        _draw_environment(layout.box(), context, settings)
    layout.prop(settings, "python")
    layout.prop(settings, "device")
    layout.prop(settings, "silence")
    row = layout.row(align=True)
    row.operator("world_tracing.check_backend", icon="CONSOLE")
    row.operator("world_tracing.unload_model", icon="X")
    row.operator("world_tracing.open_log", icon="TEXT")
    row.operator("world_tracing.open_guide", icon="HELP")
    _draw_backend(layout.box().column(align=True), context)
    _draw_models(layout.box(), settings)


def _draw_environment(
    layout: bpy.types.UILayout, context: bpy.types.Context, settings: bpy.types.AddonPreferences
) -> None:
    """State of the managed environment, and the buttons that change it."""
    state, installation = setup.state(), setup.installation()
    text, icon = _SAYS[state]
    layout.label(text=text, icon=icon)
    if installation is not None and installation.status.running:
        status = installation.status
        text = f"{words(status.stage.value[0])}: {status.detail}"
        layout.progress(factor=status.fraction, type="BAR", text=text)
        layout.operator("world_tracing.cancel_install", icon="X")
        return
    error = installation.status.error if installation is not None else None
    if error is not None:
        draw_error(layout.column(align=True), context, error.message, error.hint, error.kind)
    column = layout.column()
    build = column.row()
    build.enabled = not settings.wheels  # the folder decides
    build.prop(settings, "torch_build")
    column.prop(settings, "wheels")
    column.prop(settings, "base_python")
    index = column.row()
    index.enabled = not settings.wheels
    index.prop(settings, "index")
    row = draw_install(layout, context)
    row.operator("world_tracing.remove_backend", text="", icon="TRASH")


def _draw_backend(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What the backend said about itself, or why it said nothing."""
    info = session.info()
    if session.notice is not None and session.notice.error:
        draw_error(layout, context, session.notice.message, session.notice.hint, session.notice.code)
    elif info is None:
        layout.label(text="Starting…" if session.is_running() else "Not started yet", icon="INFO")
    else:
        layout.label(text=f"Python {info['python']}, PyTorch {info['torch']}", icon="CHECKMARK")
        for device in info["devices"]:
            name = f"{device['id']}: {device['name']}, {device['memory_gb']:.1f} GB"
            layout.label(text=name, icon="BLANK1")


def _draw_models(layout: bpy.types.UILayout, settings: bpy.types.AddonPreferences) -> None:
    """Where they lie, and what there is, with licence, size and memory before the click."""
    row = layout.row(align=True)
    row.prop(settings, "models")
    row.operator("world_tracing.move_models", text="Move")
    head = _columns(layout)
    for column, text in zip(head, ("Models", "Licence", "Size", "Memory", ""), strict=True):
        column.label(text=text, icon="FILE_3D" if column is head[0] else "NONE")
    for model in session.models():
        label, licence, size, memory, row = _columns(layout)
        short = model["label"].removeprefix("World Tracing ")
        label.label(text=short, icon="CHECKMARK" if model["available"] else "IMPORT")
        licence.label(text=model["licence"])
        size.label(text=size_text(model["size_mb"]))
        memory.label(text=f"{model['memory_gb']:.0f} GB")
        name = "verify_model" if model["available"] else "download_model"
        text = "Verify" if model["available"] else "Download"
        row.operator(f"world_tracing.{name}", text=text).model = model["name"]
        if model["available"] and not model["bundled"]:
            row.operator("world_tracing.delete_model", text="", icon="TRASH").model = model["name"]
    running = session.jobs()
    if running:
        layout.progress(factor=running[0].fraction, type="BAR", text=session.progress_text(running[0]))
        layout.operator("world_tracing.cancel", icon="X")
    layout.prop(settings, "hub_token")


def _columns(layout: bpy.types.UILayout) -> list[bpy.types.UILayout]:
    """A row of the table of models: as wide as the words in it need."""
    columns = []
    for share in (0.36, 0.36, 0.33, 0.36):  # of what is left
        layout = layout.split(factor=share)
        columns.append(layout.row())
    return [*columns, layout.row(align=True)]
