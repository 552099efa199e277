"""Sizes in words."""

from __future__ import annotations


def size_text(megabytes: float) -> str:
    """A size as people read it."""
    return f"{megabytes / 1000:.1f} GB" if megabytes >= 1000 else f"{megabytes:.0f} MB"
