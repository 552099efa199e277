"""A trace and its photo as a view that meshes are projected through."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from wt_backend.projection.view import _read_linear


@pytest.mark.parametrize("name", ["a.exr", "a.tif"])
def test_colours_of_soft_pixels_are_not_dark(tmp_path: Path, name: str) -> None:
    """What is stored multiplied by alpha was baked so, where the layers show the colour itself."""
    straight, alpha = np.array([0.5, 0.25, 2.0], np.float32), np.float32(0.6)
    buffer = oiio.ImageBuf(oiio.ImageSpec(32, 24, 4, oiio.FLOAT))
    pixels = np.full((24, 32, 4), [*(straight * alpha), alpha], np.float32)
    pixels[:4] = 0
    buffer.set_pixels(oiio.ROI(), pixels)
    assert buffer.write(str(tmp_path / name))
    found = _read_linear(str(tmp_path / name))
    np.testing.assert_allclose(found[4:], np.broadcast_to(straight, (20, 32, 3)), rtol=1e-5)
    assert not found[:4].any()
