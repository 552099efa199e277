"""What the backend's tests share: the numeric fixtures, stacks, and photographs of known pixels."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from wt_backend.stack import LayerStack, StackInfo

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def golden() -> Path:
    """Folder of the numeric fixtures; they are not part of the repository."""
    announced = os.environ.get("WT_GOLDEN_DIR")
    if announced and not (Path(announced) / "golden.json").is_file():
        pytest.fail(f"WT_GOLDEN_DIR is {announced}, and there is no golden.json")
    places = (
        [Path(announced)] if announced else [ROOT / "shared" / "golden", ROOT.parent / "shared" / "golden"]
    )
    for place in places:
        if (place / "golden.json").is_file():
            return place
    pytest.skip("no numeric fixtures: set WT_GOLDEN_DIR to their folder")


@pytest.fixture(scope="session")
def components(golden: Path) -> dict[str, NDArray]:
    """The fixtures of everything around the network."""
    from safetensors.numpy import load_file

    return load_file(golden / "components.safetensors")


@pytest.fixture
def samples() -> Path:
    """The bundled photographs."""
    return ROOT / "samples"


@pytest.fixture
def stack() -> LayerStack:
    """A small valid stack with a hole in its second layer."""
    layers, height, width = 3, 5, 7
    xyz = np.zeros((layers, height, width, 3), np.float32)
    xyz[..., :2] = np.random.default_rng(1).normal(size=(layers, height, width, 2))
    xyz[..., 2] = np.arange(1, layers + 1)[:, None, None]
    mask = np.ones((layers, height, width), bool)
    mask[1:, 2, 3] = False
    mask[2, :2] = False
    return LayerStack(
        xyz=xyz,
        mask=mask,
        rgba=np.full((height, width, 4), 200, np.uint8),
        intrinsics=np.array([[8.0, 0, 3.5], [0, 9.0, 2.5], [0, 0, 1]]),
        grid_to_image=np.array([[2.0, 0, 3], [0, 2.5, -1]]),
        info=StackInfo(
            "relative", "test", "ab", {"mode": "zscore"}, 42, 2, "euler", "/a b/ü.png", (17, 12), "object"
        ),
    )


@pytest.fixture
def write_png(tmp_path: Path) -> Callable[..., Path]:
    """Write an RGB or RGBA array as a PNG file and return its path."""

    def write(image: NDArray[np.uint8], name: str = "image.png") -> Path:
        path = tmp_path / name
        order = [2, 1, 0, 3][: image.shape[2]]
        encoded = cv2.imencode(".png", image[..., order])[1]
        path.write_bytes(encoded.tobytes())
        return path

    return write


@pytest.fixture
def disc_image() -> NDArray[np.uint8]:
    """A shaded ball on white, (90, 120, 3): an object on a plain background."""
    y, x = np.mgrid[:90, :120]
    inside = (x - 60) ** 2 + (y - 45) ** 2 < 30**2
    shade = (60 + x + y).clip(0, 220).astype(np.uint8)
    image = np.full((90, 120, 3), 255, np.uint8)
    image[inside] = np.stack([shade, shade // 2, 40 + shade // 4], -1)[inside]
    return image


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights and card of a random network of the real class: a model's mechanics, none of the waiting."""
    import json

    import torch
    from safetensors.torch import save_file

    from wt_backend.checkpoints.registry import RegistryEntry
    from wt_backend.flow.normalisation import Normalisation
    from wt_backend.model.config import EncoderConfig, ModelConfig, WTDiTConfig
    from wt_backend.model.wt_dit import WTDiT

    encoder = EncoderConfig(embed_dim=32, depth=4, num_heads=2, pos_embed_grid=4)
    network = WTDiTConfig(3, 28, 32, 2, 3, 3, encoder, layer_scale_init=0.5)
    entry = RegistryEntry(
        name="tiny",
        label="Tiny",
        licence="GPL-3.0-or-later",
        licence_url="",
        config=ModelConfig(network, Normalisation("zscore", (0.0, 0.0, 1.0), (0.1, 0.1, 0.1))),
        weights=Path(),
        fits={"object": "crop", "scene": "stretch"},
        existence_tolerance={"object": 0.005, "scene": 0.005},
        steps={"object": 2, "scene": 2},
        unit="relative",
        size_mb=1.0,
        memory_gb=0.1,
        area=True,
    )
    path = tmp_path_factory.mktemp("models") / "tiny.safetensors"
    torch.manual_seed(0)
    save_file({name: tensor.contiguous() for name, tensor in WTDiT(network).state_dict().items()}, path)
    path.with_suffix(".json").write_text(json.dumps(entry.to_dict()))
    return path
