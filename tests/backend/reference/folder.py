"""A folder of fixtures in the format ``wt-dit-golden-1``, made by the slow reference."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor

from tests.backend.reference import network
from tests.backend.reference.network import Sizes
from tests.backend.reference.points import point_tensors

STATISTICS = ((-0.002366, -0.004008, 1.904278), (0.280865, 0.315927, 0.706423))


def write_folder(folder: Path, families: dict[str, tuple[Sizes, dict[str, Any]]], components: bool) -> None:
    """golden.json and its tensor files. A family's settings: steps, seed, rho, mode."""
    description: dict[str, Any] = {"format": "wt-dit-golden-1", "families": {}}
    for name, (sizes, settings) in families.items():
        tensors, state = family_tensors(sizes, **settings)
        description["families"][name] = family_description(sizes, **settings) | {
            "file": f"{name}.safetensors",
            "tensors": described(tensors),
            "num_parameters": sum(
                v.numel()
                for k, v in state.items()
                if k not in ("net.encoder.image_mean", "net.encoder.image_std")
            ),
        }
        weights = {f"sd.{key}": value.float() for key, value in state.items()}
        save_file(ready(tensors) | ready(weights), folder / f"{name}.safetensors")
    if components:
        tensors, values = component_tensors()
        description["components"] = values | {"file": "parts.safetensors", "tensors": described(tensors)}
        save_file(ready(tensors), folder / "parts.safetensors")
    (folder / "golden.json").write_text(json.dumps(description))


def ready(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        name: (value.float() if value.dtype == torch.float64 else value).clone().contiguous()
        for name, value in tensors.items()
    }


def described(tensors: dict[str, Tensor]) -> dict[str, Any]:
    return {
        name: [list(value.shape), str(value.dtype).removeprefix("torch.")]
        for name, value in ready(tensors).items()
    }


# -- families ------------------------------------------------------------------------------------------------


def family_description(s: Sizes, steps: int, seed: int, rho: float, mode: str) -> dict[str, Any]:
    return {
        "model_arguments": {
            "num_layers": s.layers,
            "decoder_embed_dim": s.dim,
            "num_decoder_blocks": s.blocks,
            "num_decoder_heads": s.heads,
            "num_head_blocks": s.head_blocks,
            "layer_embed_mode": "film_adaln" if s.adaln else "film",
            "patch_size": 14,
            "temporal": s.temporal,
            "temporal_insert": list(range(s.blocks // 3)) if s.temporal else None,
        },
        "encoder_arguments": {
            "embed_dim": s.encoder_dim,
            "depth": s.encoder_depth,
            "num_heads": s.encoder_heads,
            "mlp_ratio": 4,
            "pos_embed_grid": s.stored_grid,
            "patch_size": 14,
            "taps": "last 4 blocks",
        },
        "batch": s.batch,
        "frames": s.frames,
        "layers": s.layers,
        "image_size": s.side,
        "patches_per_side": s.grid,
        "xyz_norm_mode": mode,
        "sampler_steps": steps,
        "noise_seed": seed,
        "noise_time_corr": rho,
    }


def family_tensors(
    s: Sizes, steps: int, seed: int, rho: float, mode: str
) -> tuple[dict[str, Tensor], network.State]:
    """Inputs, everything in between, results; and the weights."""
    g = torch.Generator().manual_seed(seed * 7 + 1)
    state = network.random_state(s, g)
    shape = (s.batch, s.frames, s.layers, s.side, s.side)
    count = s.frames * s.layers * s.side**2
    rgb = torch.rand(s.batch, s.frames, 3, s.side, s.side, generator=g)
    mask = torch.rand(shape, generator=g) < 0.8
    x_t = torch.randn(s.batch, 3, s.frames * s.layers, s.side, s.side, generator=g)
    t = torch.linspace(0.83, 0.02, s.batch) if s.batch > 1 else torch.tensor([0.37])
    noise = torch.randn(s.batch, count, 3, generator=g)
    x = x_t.movedim(1, -1).reshape(*shape, 3).double()
    filled = torch.where(mask[..., None], x, noise.double().view(x.shape))
    still = s.frames == 1 and not s.temporal
    out: dict[str, Tensor] = {
        "in.rgb": rgb[:, 0] if still else rgb,
        "in.mask": mask[:, 0] if still else mask,
        "in.x_t": x_t,
        "in.t": t,
        "in.fill_noise": noise,
    }

    def views(v: Tensor) -> Tensor:
        """(B, T, L, H, W, 3) -> (B, V, H, W, 3)."""
        return v.flatten(1, 2)

    rgb64, t64 = rgb.double(), t.double()
    out["out.v_t"] = views(network.velocity(state, s, rgb64, x, filled, t64, out.__setitem__))
    zeros = torch.where(mask[..., None], x, torch.zeros_like(x))
    out["out.v_t_fill_zeros"] = views(network.velocity(state, s, rgb64, x, zeros, t64))
    out["out.v_t_fill_none"] = views(network.velocity(state, s, rgb64, x, x, t64))
    if s.frames > 1:
        one = network.velocity(state, s, rgb64[:, :1], x[:, :1], filled[:, :1], t64)
        out["out.v_t_single_frame"] = views(one)
    out["out.mask"] = torch.stack([mask[:, :, : i + 1].all(2) for i in range(s.layers)], 2)
    if still:
        out["out.mask"] = out["out.mask"][:, 0]
    start, fills, states, points = sampled(state, s, rgb64, mask, steps, seed, rho, mode)
    out |= {"in.x_T": start, "in.step_fill_noise": fills, "out.trajectory": states, "out.xyz": points}
    if rho > 0 and s.frames > 1:
        start, _, _, points = sampled(state, s, rgb64, mask, steps, seed, 0.0, mode)
        out |= {"in.x_T_iid": start, "out.xyz_iid_prior": points}
    return out, state


def sampled(
    state: network.State, s: Sizes, rgb: Tensor, mask: Tensor, steps: int, seed: int, rho: float, mode: str
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Sections 11, 12, 14: start noise, fill noise, states, points."""
    torch.manual_seed(seed)
    shape, pixels = mask.shape, s.layers * s.side**2
    if rho > 0 and s.frames > 1:
        shared = torch.randn(s.batch, 1, pixels, 3)
        own = torch.randn(s.batch, s.frames, pixels, 3)
        mixed = math.sqrt(rho) * shared + math.sqrt(1 - rho) * own
        start = mixed.view(s.batch, s.frames * s.layers, s.side, s.side, 3).movedim(-1, 1)
    else:
        start = torch.randn(s.batch, 3, s.frames * s.layers, s.side, s.side)
    like = torch.empty(s.batch, 3, s.frames * pixels).transpose(1, 2)  # (B, S, 3), in [B, 3, S] memory
    x = start.movedim(1, -1).reshape(*shape, 3).double()
    grid = torch.linspace(1, 0, steps + 1).double()
    fills, states = [], []
    for now, then in pairwise(grid):
        fill = torch.randn_like(like)
        fills.append(fill.contiguous())
        seen = torch.where(mask[..., None], x, fill.reshape(x.shape).double())
        x = x - (now - then) * network.velocity(state, s, rgb, x, seen, now.expand(s.batch))
        states.append(x.flatten(1, 2))
    final = mask.long().cumprod(2).bool()
    points = (decoded(x, mode) * final[..., None]).flatten(1, 2)
    return start, torch.stack(fills), torch.stack(states), points


def decoded(n: Tensor, mode: str) -> Tensor:
    """Section 12."""
    if mode == "zscore":
        mean, std = (torch.tensor(v, dtype=torch.float64) for v in STATISTICS)
        return n * std + mean
    xy = n[..., :2].sign() * (n[..., :2].abs().exp() - 1)
    return torch.cat([xy, n[..., 2:].exp()], -1)


# -- components ----------------------------------------------------------------------------------------------


def component_tensors() -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Single parts, at sizes of their own, and what the description says of them."""
    g = torch.Generator().manual_seed(99)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=g)

    out: dict[str, Tensor] = {}
    encoded = normal(17, 3)
    out["norm.encoded"] = encoded
    for mode in ("zscore", "median_log", "median_log_global"):
        out[f"norm.decoded.{mode}"] = decoded(encoded.double(), mode)
    _camera(out, g)
    _rotary(out, normal)
    out["time.t"] = torch.tensor([0.0, 0.013, 0.5, 0.999, 1.0])
    out["time.sinusoid"] = network.sinusoid(out["time.t"])
    for steps in (1, 3, 7, 20):
        out[f"time.grid.{steps}"] = torch.linspace(1, 0, steps + 1)
    image = torch.arange(3 * 42 * 28 * 3).view(3, 42, 28, 3).float()
    out["patchify.out"] = torch.stack([network.patches(view) for view in image])[None]
    out["posembed.in"] = normal(1, 1 + 23**2, 6)
    for height, width in ((322, 322), (42, 168), (448, 98)):
        grid = network.positions_for(out["posembed.in"].double(), height // 14, width // 14)
        out[f"posembed.out.{height}x{width}"] = grid[None]
    out["featnorm.x"] = 1e-3 * normal(3, 2, 4, 7)
    flat = out["featnorm.x"].double().flatten(1)
    out["featnorm.y"] = network.standardise(flat, 1e-6).view(3, 2, 4, 7)
    _prior(out)
    _blocks(out, g)
    mesh = point_tensors(out, g)
    cases, clips = _pictures(out, g)
    return out, mesh | {
        "preprocess": {"cases": cases, "clips": clips},
        "patchify": "input = arange(3*42*28*3) as [1, V*H*W, 3] with V=3, H=42, W=28, patch 14",
        "prior": {"seed": 31, "rho": 0.3, "shape": "B=1,T=5,L=3,H=6,W=4,C=3"},
        "low_variance": {"encoder_block": "one encoder block (dim 24, 3 heads)"},
    }


def _camera(out: dict[str, Tensor], g: torch.Generator) -> None:
    """Noisy points of a known camera, not square; two least-squares lines (section 14)."""
    rows, columns = 20, 36
    v, u = np.mgrid[:rows, :columns] + 0.5
    z = 1 + torch.rand(rows, columns, generator=g).numpy()
    xyz = np.stack([(u - 17.2) / 45 * z, (v - 9.1) / 41 * z, z], -1).astype(np.float32)
    xyz += 0.01 * torch.randn(xyz.shape, generator=g).numpy()
    mask = torch.rand(rows, columns, generator=g).numpy() < 0.7
    xyz[0, :5, 2] = 0  # not in front of the camera
    keep = mask & (xyz[..., 2] > 1e-6)
    x, y, depth = xyz[keep].astype(np.float64).T
    fx, cx = np.polyfit(x / depth, u[keep], 1)
    fy, cy = np.polyfit(y / depth, v[keep], 1)
    out["intr.xyz"], out["intr.mask"] = torch.from_numpy(xyz), torch.from_numpy(mask)
    out["intr.K"] = torch.tensor([[fx, 0, cx], [0, fy, cy], [0, 0, 1]], dtype=torch.float32)
    out["intr.fov_x_deg"] = torch.tensor([math.degrees(2 * math.atan(columns / (2 * fx)))])


def _rotary(out: dict[str, Tensor], normal: Any) -> None:
    for width in (8, 24, 64):
        rates = torch.tensor([100 ** (-2 * j / (width / 2)) for j in range(width // 4)], dtype=torch.float64)
        angle = torch.arange(33).double()[:, None] * rates
        rounded = angle.float().bfloat16()
        for part, f in (("cos", torch.cos), ("sin", torch.sin)):
            out[f"rope.{part}.{width}.f32"] = f(angle).repeat(1, 2)
            out[f"rope.{part}.{width}.bf16"] = f(rounded).float().repeat(1, 2)
    positions = torch.tensor([(r, c) for r in range(3) for c in range(7)])
    q = normal(2, 21, 3, 24)
    out["rope.q"], out["rope.positions"] = q, positions.expand(2, -1, -1)
    out["rope.q_rotated"] = torch.stack([network.rotary(one.double(), positions) for one in q])
    q = normal(4, 9, 2, 8)
    times = torch.tensor([(f, 0) for f in range(9)])
    out["rope.temporal.q"] = q
    out["rope.temporal.q_rotated"] = torch.stack([network.rotary(one.double(), times) for one in q])


def _prior(out: dict[str, Tensor]) -> None:
    torch.manual_seed(31)
    pixels = 3 * 6 * 4
    shared, own = torch.randn(1, 1, pixels, 3), torch.randn(1, 5, pixels, 3)
    out["prior.shared"], out["prior.independent"] = shared, own
    mixed = math.sqrt(0.3) * shared.double() + math.sqrt(0.7) * own.double()
    out["prior.x_T"] = mixed.view(1, 15, 6, 4, 3).movedim(-1, 1)


def _blocks(out: dict[str, Tensor], g: torch.Generator) -> None:
    """One block of each kind on inputs of low variance; positions differ between batch elements."""
    s = Sizes(1, 24, 2, 1, 0, 24, 1, 3, 14, 1)
    state = network.random_state(s, g)
    names = {"block.sd.": "net.decoder_blocks.0.", "encoder_block.sd.": "net.encoder.blocks.0."}
    for ours, theirs in names.items():
        out |= {ours + k[len(theirs) :]: v for k, v in state.items() if k.startswith(theirs)}
    x, m = 1e-3 * torch.randn(3, 10, 24, generator=g), torch.randn(3, 1, 6, 24, generator=g)
    positions = torch.randint(0, 40, (3, 10, 2), generator=g)
    out |= {"block.x": x, "block.modulation_input": m, "block.positions": positions}
    out["block.y"] = torch.stack(
        [
            network.dit_block(state, "net.decoder_blocks.0.", *inputs[:2], 2, inputs[2])
            for inputs in zip(x.double(), m[:, 0].double(), positions, strict=True)
        ]
    )
    x = 1e-3 * torch.randn(2, 11, 24, generator=g)
    out["encoder_block.x"] = x
    out["encoder_block.y"] = torch.stack(
        [network.encoder_block(state, "net.encoder.blocks.0.", one.double(), 3) for one in x]
    )


# -- pictures (section 13) -----------------------------------------------------------------------------------


def _pictures(
    out: dict[str, Tensor], g: torch.Generator
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    def random_image(height: int, width: int) -> NDArray[np.uint8]:
        image = torch.randint(0, 256, (height, width, 4), generator=g, dtype=torch.uint8).numpy().copy()
        top, left = height // 5, width // 3
        alpha = image[..., 3] // 2
        alpha[top : top + height // 2, left : left + width // 4] |= 128
        image[..., 3] = alpha
        return image

    images = {"tall": random_image(97, 41), "wide": random_image(38, 120)}
    for name, image in images.items():
        out[f"pre.image.{name}"] = torch.from_numpy(image)
    cases = []
    for name, size, colour, cropped, erosion, ratio in (
        ("tall", 28, (0, 0, 0), True, 1, 0.5),
        ("wide", 98, None, True, 0, 2 / 3),
        ("wide", 70, (7, 70, 200), False, 3, 2 / 3),
    ):
        index = len(cases)
        case = {
            "image": name,
            "image_size": size,
            "num_layers": 2 + index,
            "bg_color": colour,
            "center_crop": cropped,
            "alpha_erode_px": erosion,
            "max_object_ratio": ratio,
            "index": index,
        }
        cases.append(case)
        image = images[name]
        if cropped:
            image = cut(image, *square_around(image[..., 3] > 127, ratio))
        if colour is not None:
            a = image[..., 3:].astype(np.float32) / 255
            blend = image[..., :3].astype(np.float32) * a + np.array(colour, np.float32) * (1 - a)
            image = np.concatenate([blend.clip(0, 255).astype(np.uint8), image[..., 3:]], -1)
        rgb, mask = resized(image, size, erosion)
        _put(out, f"pre.{index}", rgb[None], mask[None], case)
    frames = [random_image(50, 66), random_image(44, 70)]
    for index, frame in enumerate(frames):
        out[f"clip.frame.{index}"] = torch.from_numpy(frame)
    clips: list[dict[str, Any]] = []
    for cropped, colour in ((True, (9, 99, 199)), (False, None)):
        case = {
            "image_size": 42,
            "num_layers": 2,
            "bg_color": colour,
            "center_crop": cropped,
            "alpha_erode_px": 1,
            "index": len(clips),
        }
        height, width = (max(f.shape[axis] for f in frames) for axis in (0, 1))
        union = np.zeros((height, width), bool)
        for frame in frames:
            union[: frame.shape[0], : frame.shape[1]] |= frame[..., 3] > 127
        shortest = min(min(f.shape[:2]) for f in frames)
        done = []
        for frame in frames:
            window = square_around(union, 2 / 3)
            if not cropped:  # one window for all
                height, width = (min(f.shape[axis] for f in frames) for axis in (0, 1))
                window = ((height - shortest) // 2, (width - shortest) // 2, shortest)
            rgb, mask = resized(cut(frame, *window), 42, 1)
            if colour is not None:
                rgb = np.where(mask[..., None], rgb, np.array(colour, np.uint8))
            done.append((rgb, mask))
        _put(
            out, f"clip.{case['index']}", np.stack([r for r, _ in done]), np.stack([m for _, m in done]), case
        )
        clips.append(case)
    return cases, clips


def square_around(foreground: NDArray[np.bool_], ratio: float) -> tuple[int, int, int]:
    """Top, left, side."""
    rows, columns = np.nonzero(foreground)
    box = [(int(i.min()), int(i.max())) for i in (rows, columns)]
    side = math.ceil(max(high - low + 1 for low, high in box) / ratio)
    top, left = (round((low + high) / 2 - side / 2) for low, high in box)
    return top, left, side


def cut(image: NDArray[np.uint8], top: int, left: int, side: int) -> NDArray[np.uint8]:
    """A window that may leave the image; zero outside."""
    window = np.zeros((side, side, 4), np.uint8)
    for row in range(side):
        for column in range(side):
            y, x = top + row, left + column
            if 0 <= y < image.shape[0] and 0 <= x < image.shape[1]:
                window[row, column] = image[y, x]
    return window


def resized(image: NDArray[np.uint8], size: int, erosion: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    rgb = cv2.resize(np.ascontiguousarray(image[..., :3]), (size, size), interpolation=cv2.INTER_LINEAR)
    alpha = cv2.resize(np.ascontiguousarray(image[..., 3]), (size, size), interpolation=cv2.INTER_NEAREST)
    mask = (alpha > 127).astype(np.uint8)
    if erosion:
        mask = cv2.erode(mask, np.ones((2 * erosion + 1, 2 * erosion + 1), np.uint8))
    return rgb, mask > 0


def _put(
    out: dict[str, Tensor], stem: str, rgb: NDArray[np.uint8], mask: NDArray[np.bool_], case: dict[str, Any]
) -> None:
    size = case["image_size"]
    focal = 500 * size / 512
    camera = torch.tensor([[focal, 0, size / 2], [0, focal, size / 2], [0, 0, 1]])
    out[f"{stem}.rgb"] = torch.from_numpy(rgb).permute(0, 3, 1, 2).float() / 255
    masks = torch.from_numpy(mask)[:, None].repeat(1, case["num_layers"], 1, 1)
    if stem.startswith("clip"):
        out[f"{stem}.rgb"], masks = out[f"{stem}.rgb"][None], masks[None]
    out[f"{stem}.mask"], out[f"{stem}.K"] = masks, camera[None]
