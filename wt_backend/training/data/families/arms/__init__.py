"""Weapons, and treasures of old."""
