"""What Blender shows of every button and setting: a name, a tooltip, and a reason where it is grey."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from types import ModuleType

import bpy
import pytest


def classes(addon: ModuleType, kind: type) -> list[type]:
    """The registered classes of a kind."""
    known = sys.modules[f"{addon.__name__}.registration"].CLASSES
    return [cls for cls in known if issubclass(cls, kind)]


@pytest.mark.parametrize("name", ("trace_ground_truth", "use_known_camera", "import_shot"))
def test_the_redo_panel_writes_no_files(scene: bpy.types.Scene, name: str) -> None:
    """Each change of a setting there does all of it again: a render, a stack, a cache of all frames."""
    assert "REGISTER" not in getattr(bpy.ops.world_tracing, name).bl_options


def shown_as(cls: type) -> bpy.types.Struct:
    """What Blender's interface asks for names and tooltips."""
    if not issubclass(cls, bpy.types.Operator):
        return cls.bl_rna
    return getattr(bpy.ops.world_tracing, cls.bl_idname.partition(".")[2]).get_rna_type()


def test_every_operator_has_a_name_and_a_tooltip(addon) -> None:
    found = classes(addon, bpy.types.Operator)
    assert len(found) > 40
    for cls in found:
        words = shown_as(cls).description
        assert cls.bl_label and words and not words.endswith("."), cls.__name__
        assert cls.bl_idname.startswith("world_tracing."), cls.__name__


def test_every_setting_has_a_tooltip(addon) -> None:
    silent = []
    for kind in (bpy.types.Operator, bpy.types.PropertyGroup, bpy.types.AddonPreferences):
        for cls in classes(addon, kind):
            own = {name for base in cls.__mro__ for name in getattr(base, "__annotations__", {})}
            properties = shown_as(cls).properties
            for name in own & set(properties.keys()):
                shown = properties[name]
                if not (shown.is_hidden or shown.description or "INTERNAL" in getattr(cls, "bl_options", ())):
                    silent.append(f"{cls.__name__}.{name}")
    assert not silent, "\n".join(silent)


def test_every_setting_of_the_scene_is_in_a_panel(addon) -> None:
    folder = Path(addon.__file__).parent / "ui"
    drawn = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    settings = sys.modules[f"{addon.__name__}.properties"].WorldTracingSettings.__annotations__
    assert [name for name in settings if f'"{name}"' not in drawn] == []


def test_every_grey_button_says_why(addon) -> None:
    with_poll = [cls for cls in classes(addon, bpy.types.Operator) if hasattr(cls, "poll")]
    own = [cls for cls in with_poll if cls.poll.__func__.__qualname__ != "poll"]
    assert len(own) > 15
    for cls in own:
        source = inspect.getsource(cls.poll)
        assert "poll_message_set" in source or "super().poll" in source, cls.__name__


def test_every_panel_is_in_one_tab_and_has_a_tooltip(addon) -> None:
    for cls in classes(addon, bpy.types.Panel):
        assert cls.bl_category == "World Tracing" and cls.bl_label and cls.__doc__, cls.__name__


def test_search_finds_every_operator_that_a_person_may_call(addon) -> None:
    """F3 lists operators that are registered and not internal."""
    hidden = {
        cls.bl_idname
        for cls in classes(addon, bpy.types.Operator)
        if "INTERNAL" in getattr(cls, "bl_options", ())
    }
    assert hidden == {name for name in hidden if name.split(".")[1].startswith(INTERNAL)}


INTERNAL = ("wear_", "add_solid", "exported")  # what the worker's answers call


@pytest.mark.parametrize("kind", ["VIEW_3D", "IMAGE_EDITOR"])
def test_files_are_dropped_where_they_make_sense(addon, kind: str) -> None:
    handlers = classes(addon, bpy.types.FileHandler)
    assert {cls.bl_import_operator for cls in handlers} >= {
        "world_tracing.trace_world",
        "world_tracing.trace_footage",
        "world_tracing.import_stack",
    }
    suffixes = [suffix for cls in handlers for suffix in cls.bl_file_extensions.split(";")]
    assert len(suffixes) == len(set(suffixes)) and {".png", ".mp4", ".mov", ".wts"} <= set(suffixes)
    area = bpy.context.window.screen.areas[0]
    before, area.ui_type = area.ui_type, kind
    with bpy.context.temp_override(area=area):
        assert all(cls.poll_drop(bpy.context) == (kind == "VIEW_3D") for cls in handlers)
    area.ui_type = before


IN_PREFERENCES = {"install_backend", "cancel_install", "remove_backend", "choose_checkpoint", "select_trace"}
IN_PREFERENCES |= {"download_model", "verify_model", "delete_model", "move_models"}  # of one model in a list


def test_all_operators_are_in_menus_where_search_finds_them(addon) -> None:
    menus = sys.modules[f"{addon.__name__}.ui.menus"]
    shown = {name for group in (*menus.OPERATORS, *menus.IMAGE_OPERATORS) for name in group}
    public = {
        cls.bl_idname.partition(".")[2]
        for cls in classes(addon, bpy.types.Operator)
        if "INTERNAL" not in getattr(cls, "bl_options", ())
    }
    assert public - IN_PREFERENCES == shown
    for name in (
        "VIEW3D_MT_object",
        "VIEW3D_MT_object_context_menu",
        "VIEW3D_MT_edit_mesh",
        "IMAGE_MT_image",
    ):
        drawn = getattr(bpy.types, name).draw._draw_funcs
        assert any(function.__module__ == menus.__name__ for function in drawn), name
