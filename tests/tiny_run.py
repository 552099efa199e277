"""A training small enough for tests to run to its end: the beginning of its TOML file."""

from __future__ import annotations

TINY_RUN = """
precision = "32-true"
compile = false
sheet_minutes = 60
validation_samples = 2
[model.network]
num_layers = 6
image_size = 28
decoder_dim = 16
decoder_heads = 2
decoder_blocks = 3
head_blocks = 1
[model.network.encoder]
embed_dim = 16
depth = 4
num_heads = 2
pos_embed_grid = 2
[normalisation]
mode = "median_log"
"""
