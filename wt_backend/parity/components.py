"""Fixtures of single parts: pre- and post-processing, normalisation, rotary tables, blocks, voxels."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wt_backend.camera import default_intrinsics, fit_intrinsics, horizontal_fov
from wt_backend.fitting import (
    Window,
    clip_square,
    clip_window,
    crop_window,
    fit,
    fit_clip_frame,
    foreground_box,
)
from wt_backend.flow.noise import correlate
from wt_backend.flow.normalisation import OFFICIAL_MEDIAN_LOG, OFFICIAL_ZSCORE
from wt_backend.flow.sampler import time_grid
from wt_backend.geometry.voxels import fit_frame, masked_points, ray_filled, voxelise
from wt_backend.model.config import EncoderConfig
from wt_backend.model.encoder import EncoderBlock, interpolate_positions
from wt_backend.model.layers import Axis, DiTBlock, Rope, patchify, rope_table, rotate, sinusoid
from wt_backend.model.wt_dit import joint_norm
from wt_backend.parity.edge_filter import EdgeFilter, edge_filter
from wt_backend.parity.ledger import Ledger
from wt_backend.subject import near_white_alpha

PATCH = 14  # pixels; names of position grids are in pixels
# The fixtures of the window and of the border leave the 3D outliers alone.
EDGE_PRESETS: dict[str, EdgeFilter | tuple[EdgeFilter, EdgeFilter]] = {
    "default": EdgeFilter(),
    "ksize7": EdgeFilter(window=7, sigmas=math.inf),
    "boundary": EdgeFilter(border=3, sigmas=math.inf),
    "dynamic": (EdgeFilter(relative=0.04, sigmas=3.5), EdgeFilter(relative=0.025, sigmas=2.7)),
}


def verify_components(ledger: Ledger, description: dict[str, Any]) -> None:
    """Compare every component that the file holds."""
    parts = {
        "stills": _stills,
        "clips": _clips,
        "automatic alpha": _automatic_alpha,
        "normalisation": _normalisation,
        "intrinsics": _intrinsics,
        "rotary tables": _rope_tables,
        "rotary queries": _rope_queries,
        "time": _time,
        "patches": _patches,
        "positions": _positions,
        "prior": _prior,
        "edge filter": _edge_filter,
        "voxels": _voxels,
        "decoder block": _decoder_block,
        "encoder block": _encoder_block,
    }
    for name, compare in parts.items():
        with ledger.part(name), torch.inference_mode():
            compare(ledger, description)


def _stills(ledger: Ledger, description: dict[str, Any]) -> None:
    cases = description.get("preprocess", {}).get("cases", [])
    images = {name: ledger.array(name) for name in ledger.numbered("pre.image.")}
    for case in cases:
        image, size = images[f"pre.image.{case['image']}"], case["image_size"]
        ratio = case.get("max_object_ratio", 2 / 3)
        window = crop_window(image[..., 3], ratio) if case["center_crop"] else None
        fitted = fit(image, window, size, _colour(case), case["alpha_erode_px"])
        _compare_fitted(ledger, f"pre.{case['index']}", fitted.rgb[None], fitted.mask[None], case)


def _clips(ledger: Ledger, description: dict[str, Any]) -> None:
    cases = description.get("preprocess", {}).get("clips", [])
    frames = [ledger.array(name) for name in ledger.numbered("clip.frame.")]
    for case in cases:
        window = _clip_window(frames, case)
        fitted = [
            fit_clip_frame(frame, window, case["image_size"], _colour(case), case["alpha_erode_px"])
            for frame in frames
        ]
        rgb, mask = np.stack([f.rgb for f in fitted]), np.stack([f.mask for f in fitted])
        _compare_fitted(ledger, f"clip.{case['index']}", rgb, mask, case)


def _clip_window(frames: list[NDArray[np.uint8]], case: dict[str, Any]) -> Window:
    """One window for frames (H, W, 4): around their subjects, or the middle of what they share."""
    boxes = [box for frame in frames if (box := foreground_box(frame[..., 3])) is not None]
    if case["center_crop"] and boxes:
        return clip_window(boxes, case.get("max_object_ratio", 2 / 3))
    return clip_square([frame.shape[:2] for frame in frames])


def _compare_fitted(
    ledger: Ledger, stem: str, rgb: NDArray[np.uint8], mask: NDArray[np.bool_], case: dict[str, Any]
) -> None:
    """Frames (T, S, S, 3) and masks (T, S, S) as the network gets them, and the camera handed along."""
    size, layers = case["image_size"], case["num_layers"]
    ledger.compare(f"{stem}.rgb", rgb.transpose(0, 3, 1, 2).astype(np.float32) / 255)
    ledger.compare(f"{stem}.mask", np.repeat(mask[:, None], layers, axis=1))
    ledger.compare(f"{stem}.K", default_intrinsics(size, size).astype(np.float32))


def _colour(case: dict[str, Any]) -> tuple[int, int, int] | None:
    colour = case["bg_color"]
    return None if colour is None else (colour[0], colour[1], colour[2])


def _automatic_alpha(ledger: Ledger, description: dict[str, Any]) -> None:
    if ledger.has("autoalpha.rgb"):
        ledger.compare("autoalpha.alpha", near_white_alpha(ledger.array("autoalpha.rgb")))
    if ledger.has("autoalpha.rgb_rejected"):
        rejected = near_white_alpha(ledger.array("autoalpha.rgb_rejected")) is None
        ledger.require("autoalpha.rgb_rejected", rejected)


def _normalisation(ledger: Ledger, description: dict[str, Any]) -> None:
    if not ledger.has("norm.encoded"):
        return
    encoded = ledger.take("norm.encoded")
    ledger.compare("norm.decoded.zscore", OFFICIAL_ZSCORE.decode(encoded))
    for mode in ("median_log", "median_log_global"):
        ledger.compare(f"norm.decoded.{mode}", OFFICIAL_MEDIAN_LOG.decode(encoded))


def _intrinsics(ledger: Ledger, description: dict[str, Any]) -> None:
    if not ledger.has("intr.xyz"):
        return
    xyz, mask = ledger.array("intr.xyz"), ledger.array("intr.mask")
    fitted = fit_intrinsics(xyz, mask)
    if fitted is not None:
        ledger.compare("intr.K", fitted.astype(np.float32))
        ledger.compare("intr.fov_x_deg", np.array([horizontal_fov(fitted, mask.shape[1])], np.float32))


def _rope_tables(ledger: Ledger, description: dict[str, Any]) -> None:
    """Tables of one axis."""
    dtypes = {"f32": torch.float32, "bf16": torch.bfloat16}
    for name in ledger.numbered("rope.cos.") + ledger.numbered("rope.sin."):
        _, part, width, kind = name.split(".")
        rows = torch.arange(len(ledger.golden[name]))
        table = rope_table(torch.stack([rows, rows], dim=-1), int(width), dtypes[kind])
        quarter = int(width) // 4  # frequencies; in the second half of an axis sin has its own sign
        values = (table.cos if part == "cos" else table.sin)[:, quarter : 2 * quarter]
        ledger.compare(name, values.repeat(1, 2).float())


def _rope_queries(ledger: Ledger, description: dict[str, Any]) -> None:
    """Rotated queries of patches and frames."""
    if ledger.has("rope.q"):
        q, positions = ledger.take("rope.q"), ledger.take("rope.positions")
        ledger.compare("rope.q_rotated", _rotated(q, positions, torch.float32))
        rounded = _rotated(q.bfloat16(), positions, torch.bfloat16)
        ledger.compare("rope.q_rotated.bf16", rounded.float())
    if ledger.has("rope.temporal.q"):
        q = ledger.take("rope.temporal.q")
        index = torch.arange(q.shape[1])
        positions = torch.stack([index, torch.zeros_like(index)], dim=-1).expand(len(q), -1, -1)
        ledger.compare("rope.temporal.q_rotated", _rotated(q, positions, torch.float32))


def _rotated(q: Tensor, positions: Tensor, angle_dtype: torch.dtype) -> Tensor:
    """q (B, S, h, d) at positions (B, S, 2)."""
    table = rope_table(positions, q.shape[-1], angle_dtype)
    return rotate(q, Rope(table.cos[:, :, None], table.sin[:, :, None]))


def _time(ledger: Ledger, description: dict[str, Any]) -> None:
    if ledger.has("time.t"):
        ledger.compare("time.sinusoid", sinusoid(ledger.take("time.t")))
    for name in ledger.numbered("time.grid."):
        ledger.compare(name, torch.tensor(time_grid(int(name.rsplit(".", 1)[1]))))


def _patches(ledger: Ledger, description: dict[str, Any]) -> None:
    """Their order."""
    if ledger.has("patchify.out"):
        views, height, width, patch = _numbers(
            description["patchify"], r"V=(\d+), H=(\d+), W=(\d+), patch (\d+)"
        )
        image = torch.arange(views * height * width * 3, dtype=torch.float32)
        ledger.compare("patchify.out", patchify(image.view(1, views, height, width, 3), patch))


def _positions(ledger: Ledger, description: dict[str, Any]) -> None:
    """Their interpolation, and the joint normalisation of features."""
    for name in ledger.numbered("posembed.out."):
        height, width = _numbers(name, r"(\d+)x(\d+)$")
        grid = interpolate_positions(ledger.take("posembed.in"), height // PATCH, width // PATCH)
        ledger.compare(name, grid)
    if ledger.has("featnorm.x"):
        ledger.compare("featnorm.y", joint_norm(ledger.take("featnorm.x")))


def _prior(ledger: Ledger, description: dict[str, Any]) -> None:
    """The correlated start noise from its parts, and the parts from the seed."""
    if not ledger.has("prior.shared"):
        return
    prior = description["prior"]
    batch, frames, layers, height, width, channels = _numbers(
        prior["shape"], r"B=(\d+),T=(\d+),L=(\d+),H=(\d+),W=(\d+),C=(\d+)"
    )
    generator = torch.Generator().manual_seed(prior["seed"])
    pixels = layers * height * width
    shared = torch.randn(batch, 1, pixels, channels, generator=generator)
    own = torch.randn(batch, frames, pixels, channels, generator=generator)
    ledger.compare("prior.shared", shared)
    ledger.compare("prior.independent", own)
    x = correlate(shared, own, prior["rho"]).view(batch, frames * layers, height, width, channels)
    ledger.compare("prior.x_T", x.movedim(-1, 1))


def _edge_filter(ledger: Ledger, description: dict[str, Any]) -> None:
    if not ledger.has("post.xyz"):
        return
    xyz, mask = ledger.array("post.xyz"), ledger.array("post.mask")
    for name in ledger.numbered("post."):
        preset, _, what = name.removeprefix("post.").partition(".")
        if preset not in EDGE_PRESETS:
            continue
        kept = edge_filter(xyz, mask, EDGE_PRESETS[preset])
        ledger.compare(name, kept if what == "mask" else np.where(kept[..., None], xyz, np.float32(0)))


def _voxels(ledger: Ledger, description: dict[str, Any]) -> None:
    if "mesh" not in description or not ledger.has("post.xyz"):
        return
    settings = description["mesh"]
    xyz, mask = ledger.array("post.xyz"), ledger.array("post.mask")
    points = masked_points(xyz, mask)
    frame = fit_frame(points, settings["half_target"])
    ledger.compare("mesh.centroid", frame.centre)
    ledger.compare("mesh.scale", np.array([frame.scale], np.float32))
    canonical = frame.apply(points)
    for name, values in (("cloud_canonical_head", canonical), ("inverse_head", frame.invert(canonical))):
        if ledger.has(f"mesh.{name}"):
            ledger.compare(f"mesh.{name}", values[: len(ledger.golden[f"mesh.{name}"])])
    dense = ray_filled(xyz, mask, settings["ray_steps"])
    ledger.compare("mesh.dense_cloud_count", np.array([len(dense)]))
    for name in ledger.numbered("mesh.voxels."):
        resolution = int(name.rsplit(".", 1)[1])
        ledger.compare(name, voxelise(frame.apply(dense), resolution, settings["close_iters"]))


def _decoder_block(ledger: Ledger, description: dict[str, Any]) -> None:
    """One on inputs of low variance, where a wrong epsilon shows."""
    if ledger.has("block.x"):
        x, positions = ledger.take("block.x"), ledger.take("block.positions")
        width, head_width = x.shape[-1], len(ledger.take("block.sd.attn.q_norm.weight"))
        block = DiTBlock(width, width // head_width, 1.0)
        _load(ledger, block, "block.sd.")
        cos, sin = rope_table(positions, head_width, torch.float32)  # (B, S, d)
        rope = Rope(cos[:, None, None, :, None], sin[:, None, None, :, None])
        modulation = ledger.take("block.modulation_input").permute(2, 0, 1, 3)[:, :, :, None, None]
        ledger.compare("block.y", block(x[:, None, None], modulation, Axis.FRAME, rope))  # (B, 1, 1, S, D)


def _encoder_block(ledger: Ledger, description: dict[str, Any]) -> None:
    """The same for the encoder's."""
    if ledger.has("encoder_block.x"):
        x = ledger.take("encoder_block.x")
        (heads,) = _numbers(description["low_variance"]["encoder_block"], r"(\d+) heads")
        encoder_block = EncoderBlock(EncoderConfig(x.shape[-1], 4, heads))
        _load(ledger, encoder_block, "encoder_block.sd.")
        ledger.compare("encoder_block.y", encoder_block(x))


def _load(ledger: Ledger, module: nn.Module, prefix: str) -> None:
    module.load_state_dict({name[len(prefix) :]: ledger.take(name) for name in ledger.numbered(prefix)})


def _numbers(text: str, pattern: str) -> list[int]:
    """The integers that a pattern finds in a description."""
    match = re.search(pattern, text)
    if match is None:
        raise ValueError(f"golden.json: {text!r} does not look like {pattern!r}.")
    return [int(group) for group in match.groups()]
