"""The network that the benchmark measures against computes the same numbers."""

from __future__ import annotations

import pytest
import torch
from test_network import CONFIGS, SIDE, make, points

from bench.plain_wt_dit import PlainWTDiT


@torch.inference_mode()
@pytest.mark.parametrize("name", CONFIGS)
def test_plain_variant_agrees(name: str) -> None:
    model = make(CONFIGS[name])
    frames = 3 if model.config.temporal_blocks else 1
    rgb, x, t = torch.rand(1, frames, 3, SIDE, SIDE), points(2, frames), torch.tensor([0.2, 0.8])
    plain = PlainWTDiT(model).predict_x0(x, t, rgb)
    torch.testing.assert_close(plain, model.predict_x0(x, t, model.condition(rgb)))
