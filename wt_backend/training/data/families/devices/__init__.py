"""Instruments of music, science and everyday electronics."""
