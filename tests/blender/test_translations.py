"""The interface in other languages: every entry is something that the interface says."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from string import Formatter
from types import ModuleType

import bpy
import pytest


@pytest.fixture
def table(addon: ModuleType) -> dict:
    return sys.modules[f"{addon.__name__}.translations"].table()


STAGES = {
    "load",
    "read",
    "encode",
    "denoise",
    "decode",
    "trace",
    "write",
    "save",
    "bake",
    "unwrap",
    "make solid",
    "check solid",
    "write solid",
    "merge",
    "export",
    "fill colour",
    "download",
    "verify",
}


def test_every_entry_belongs_to_something_of_ours(addon: ModuleType, table) -> None:
    registration = sys.modules[f"{addon.__name__}.registration"]
    labels = {
        ("Operator", cls.bl_label) for cls in registration.CLASSES if issubclass(cls, bpy.types.Operator)
    }
    others: set[str] = {stage.capitalize() for stage in STAGES}
    for cls in registration.CLASSES:
        others.add(getattr(cls, "bl_label", ""))
        for name in getattr(cls, "__annotations__", {}):
            definition = cls.bl_rna.properties.get(name)
            if definition is None:
                continue
            others.add(definition.name)
            others |= {item.name for item in getattr(definition, "enum_items", ())}
    written = {node.value for tree in sources(addon) for node in ast.walk(tree) if is_text(node)}
    for context, text in table["de_DE"]:
        assert (context, text) in labels or (context == "*" and text in others) or text in written, text


def sources(addon: ModuleType) -> list[ast.Module]:
    """The add-on's files but the table itself."""
    paths = [path for path in Path(addon.__file__).parent.rglob("*.py") if path.name != "translations.py"]
    return [ast.parse(path.read_text(encoding="utf-8")) for path in paths]


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_what_is_translated_by_hand_is_in_the_table(addon: ModuleType, table) -> None:
    """The first argument of every call of `words`, where it is written there."""
    known = {text for _context, text in table["de_DE"]}
    nodes = [node for tree in sources(addon) for node in ast.walk(tree)]
    calls = [node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "words"]
    given = [part.value for call in calls for part in ast.walk(call.args[0]) if is_text(part)]
    texts = [text for text in given if len(text) > 1]
    assert len(texts) > 10
    assert not [text for text in texts if text not in known]


def test_stages_of_jobs_are_in_the_table(addon: ModuleType, table) -> None:
    session = sys.modules[f"{addon.__name__}.backend.session"]
    known = {text for _context, text in table["de_DE"]}
    assert {*session._STAGES.values(), *map(str.capitalize, STAGES)} <= known


def test_places_are_the_same_in_all_languages(table) -> None:
    for entries in table.values():
        for (_context, text), translated in entries.items():
            assert places(translated) == places(text), text


def places(text: str) -> set[str]:
    return {name for _text, name, _format, _conversion in Formatter().parse(text) if name}


def test_all_languages_have_all_entries(table) -> None:
    assert set(table) == {"de_DE", "zh_HANS", "ja_JP"}
    assert len({frozenset(entries) for entries in table.values()}) == 1
    assert all(text.strip() for entries in table.values() for text in entries.values())
