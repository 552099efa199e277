"""The interface in other languages: every entry is something that the interface says."""

from __future__ import annotations

import sys
from types import ModuleType

import bpy
import pytest


@pytest.fixture
def table(addon: ModuleType) -> dict:
    return sys.modules[f"{addon.__name__}.translations"].table()


def test_every_entry_belongs_to_something_of_ours(addon: ModuleType, table) -> None:
    registration = sys.modules[f"{addon.__name__}.registration"]
    labels = {
        ("Operator", cls.bl_label) for cls in registration.CLASSES if issubclass(cls, bpy.types.Operator)
    }
    others: set[str] = {"Show Layers"}  # written in a panel
    for cls in registration.CLASSES:
        others.add(getattr(cls, "bl_label", ""))
        for name in getattr(cls, "__annotations__", {}):
            definition = cls.bl_rna.properties.get(name)
            if definition is None:
                continue
            others.add(definition.name)
            others |= {item.name for item in getattr(definition, "enum_items", ())}
    for context, text in table["de_DE"]:
        assert (context, text) in labels or (context == "*" and text in others), (context, text)


def test_all_languages_have_all_entries(table) -> None:
    assert set(table) == {"de_DE", "zh_HANS", "ja_JP"}
    assert len({frozenset(entries) for entries in table.values()}) == 1
    assert all(text.strip() for entries in table.values() for text in entries.values())
