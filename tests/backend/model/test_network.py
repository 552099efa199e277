"""The network's own promises; its numbers are tested against the official code in test_verify.py."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from wt_backend.checkpoints.registry import OFFICIAL
from wt_backend.model.config import EncoderConfig, ModelConfig, WTDiTConfig
from wt_backend.model.layers import patchify, unpatchify
from wt_backend.model.precision import BRAIN, RELEASED, convert
from wt_backend.model.wt_dit import WTDiT

LAYERS, SIDE = 3, 28
STILL = WTDiTConfig(
    num_layers=LAYERS,
    image_size=SIDE,
    decoder_dim=32,
    decoder_heads=2,
    decoder_blocks=4,
    head_blocks=3,
    encoder=EncoderConfig(embed_dim=16, depth=4, num_heads=2, pos_embed_grid=3),
    layer_scale_init=0.5,
    temporal_layer_scale_init=0.5,
)
CONFIGS = {
    "film": STILL,
    "film_adaln": replace(STILL, layer_conditioning="film_adaln"),
    "temporal": replace(STILL, temporal_blocks=True),
}


def make(config: WTDiTConfig) -> WTDiT:
    """A model whose layer conditioning does something (training starts it at zero)."""
    torch.manual_seed(0)
    model = WTDiT(config)
    for name, parameter in model.named_parameters():
        if "film_proj.2" in name or "adaln" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()


def points(batch: int, frames: int = 1) -> Tensor:
    return torch.randn(batch, frames, LAYERS, SIDE, SIDE, 3)


@pytest.fixture(params=CONFIGS)
def model(request: pytest.FixtureRequest) -> WTDiT:
    return make(CONFIGS[request.param])


@torch.inference_mode()
def test_some_patches_are_worked_on_in_their_own_places(model: WTDiT) -> None:
    frames, draws = 2 if model.config.temporal_blocks else 1, 3
    cond = model.condition(torch.rand(2, frames, 3, SIDE, SIDE))
    x, t = points(2 * draws, frames), torch.rand(2 * draws)
    whole = model.predict_x0(x, t, cond)
    in_any_order = torch.tensor([[2, 0, 3, 1], [1, 3, 0, 2]])
    torch.testing.assert_close(model.predict_x0(x, t, cond.at(in_any_order, draws)), whole)
    few = model.predict_x0(x, t, cond.at(in_any_order[:, :1], draws))
    asked = few.flatten(1, 2).any(dim=1).any(dim=-1)  # (n·B, H, W)
    half = SIDE // 2
    assert asked[:draws, half:, :half].all() and asked[draws:, :half, half:].all()
    assert asked.sum() == 2 * draws * half**2


@torch.inference_mode()
def test_draws_of_an_image_share_its_conditioning(model: WTDiT) -> None:
    frames = 2 if model.config.temporal_blocks else 1
    rgb, x = torch.rand(2, frames, 3, SIDE, SIDE), points(6, frames)
    t = torch.rand(6)
    together = model.predict_x0(x, t, model.condition(rgb))
    for image in range(2):
        alone = model.condition(rgb[image : image + 1])
        for draw in range(3 * image, 3 * image + 3):
            single = model.predict_x0(x[draw : draw + 1], t[draw : draw + 1], alone)
            torch.testing.assert_close(together[draw : draw + 1], single)


@torch.inference_mode()
def test_one_time_for_all_equals_a_time_per_draw(model: WTDiT) -> None:
    """The folded norm (shared modulation) and the general one compute the same."""
    frames = 2 if model.config.temporal_blocks else 1
    cond, x = model.condition(torch.rand(1, frames, 3, SIDE, SIDE)), points(2, frames)
    shared = model.predict_x0(x, torch.tensor([0.3]), cond)
    torch.testing.assert_close(shared, model.predict_x0(x, torch.tensor([0.3, 0.3]), cond))


@torch.inference_mode()
def test_equal_times_per_layer_equal_one_time(model: WTDiT) -> None:
    cond, x = model.condition(torch.rand(2, 1, 3, SIDE, SIDE)), points(2)
    t = torch.tensor([0.2, 0.9])
    per_layer = model.predict_x0(x, t[:, None].expand(2, LAYERS), cond)
    torch.testing.assert_close(per_layer, model.predict_x0(x, t, cond))


@torch.inference_mode()
def test_times_per_layer_reach_their_layers() -> None:
    """Frame blocks follow their layer's time, the rest the mean modulation, the head the mean time."""
    model = make(STILL)
    t = torch.tensor([[0.1, 0.5, 0.9]])
    shared, frame, head = model._modulation(t, None)
    own = torch.stack([model.time_modulation(t[:, layer]) for layer in range(LAYERS)])  # (L, 1, 6, D)
    torch.testing.assert_close(frame[:, 0, 0, :, 0], own[:, 0].transpose(0, 1))
    torch.testing.assert_close(shared.flatten(1), own.mean(0)[0])
    torch.testing.assert_close(head.flatten(1), model.time_modulation(t.mean(1))[0])


@torch.inference_mode()
def test_one_frame_of_a_clip_model_is_a_still() -> None:
    clip = make(CONFIGS["temporal"])
    still = make(STILL)
    still.load_state_dict({k: v for k, v in clip.state_dict().items() if not k.startswith("temporal")})
    rgb, x, t = torch.rand(1, 1, 3, SIDE, SIDE), points(1), torch.tensor([0.5])
    torch.testing.assert_close(
        clip.predict_x0(x, t, clip.condition(rgb)), still.predict_x0(x, t, still.condition(rgb))
    )


def test_everything_learns_except_the_unused_token(model: WTDiT) -> None:
    frames = 2 if model.config.temporal_blocks else 1
    cond = model.condition(torch.rand(1, frames, 3, SIDE, SIDE))
    model.predict_x0(points(2, frames), torch.rand(2), cond).square().mean().backward()
    idle = {name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()}
    assert idle == {"net.encoder.mask_token"}


def test_training_starts_as_the_specification_says() -> None:
    config = replace(STILL, layer_conditioning="film_adaln", layer_scale_init=1e-4)
    model = WTDiT(config)
    state = model.state_dict()
    assert not state["layer_film_proj.2.weight"].any() and not state["layer_adaln_proj.1.bias"].any()
    assert (state["net.decoder_blocks.0.ls1.gamma"] == 1e-4).all()
    assert 0.5 < state["net.decoder_blocks.0.modulation"].std() * config.decoder_dim**0.5 < 1.5


@torch.inference_mode()
@pytest.mark.parametrize("policy", [BRAIN, RELEASED])
def test_mixed_precision_stays_near_full(policy) -> None:
    model = make(replace(STILL, rounded_rope=policy is RELEASED))
    rgb, x, t = torch.rand(1, 1, 3, SIDE, SIDE), points(1), torch.tensor([0.5])
    exact = model.predict_x0(x, t, model.condition(rgb))
    convert(model, policy)
    dtypes = {p.dtype for p in model.net.decoder_blocks[0].mlp.parameters()}
    rounded = model.predict_x0(x, t, model.condition(rgb))
    assert dtypes == {torch.bfloat16} and rounded.dtype == torch.float32
    assert 0 < (rounded - exact).abs().max() < 0.03 * exact.abs().max()


@pytest.mark.parametrize("entry", OFFICIAL, ids=lambda entry: entry.name)
def test_released_checkpoints_fit_key_for_key(entry, golden: Path) -> None:
    """Names in their order, shapes, and the number of parameters (spec sections 1 and 2)."""
    family = {"object": "r75b", "dynamic": "r76"}.get(entry.name, "r69l")
    wanted = json.loads(gzip.decompress((golden / f"keys_{family}.json.gz").read_bytes()))
    with torch.device("meta"):
        model = WTDiT(entry.config.network)
    assert {k: list(v.shape) for k, v in model.state_dict().items()} == wanted["keys"]
    assert list(model.state_dict()) == list(wanted["keys"])
    assert sum(p.numel() for p in model.parameters()) == wanted["num_parameters"]
    assert len(model.state_dict()) == wanted["num_tensors"]


def test_weights_in_their_precision_of_use_fit_a_small_gpu() -> None:
    """The object model's weights take about 3.8 GB as section 17 uses them."""
    with torch.device("meta"):
        state = WTDiT(OFFICIAL[0].config.network).state_dict()
    total = sum(tensor.numel() * RELEASED.dtype_of(name).itemsize for name, tensor in state.items())
    assert 3.7e9 < total < 3.9e9


def test_patches_are_rows_then_columns_and_go_back() -> None:
    image = torch.arange(2 * 4 * 6 * 3.0).view(2, 4, 6, 3)
    patches = patchify(image, 2)
    assert patches.shape == (2, 6, 12)
    assert torch.equal(patches[0, 1], image[0, 0:2, 2:4].flatten())
    assert torch.equal(unpatchify(patches, 2, rows=2), image)


def test_config_survives_json() -> None:
    config = ModelConfig(CONFIGS["film_adaln"], prior_correlation=0.5)
    assert ModelConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    with pytest.raises(TypeError, match="prior_corelation"):
        ModelConfig.from_dict(config.to_dict() | {"prior_corelation": 0.5})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"image_size": 30}, "multiple"),
        ({"decoder_heads": 3}, "head width"),
        ({"layer_conditioning": "none"}, "conditioning"),
    ],
)
def test_impossible_configs_are_refused(change: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(STILL, **change)


def test_images_must_be_square() -> None:
    with pytest.raises(ValueError, match="square"):
        make(STILL).condition(torch.rand(1, 1, 3, 28, 42))
