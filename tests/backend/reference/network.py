"""WT-DiT once more, from the fact sheet alone: slow, in float64, one function a section, nothing shared.

It uses no code of ``wt_backend``. Weights are a dict of the official names; tokens are (B, T, L, P, D).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

State = dict[str, Tensor]
Note = Callable[[str, Tensor], None]


@dataclass(frozen=True)
class Sizes:
    """A tiny network and its inputs."""

    layers: int
    dim: int
    heads: int
    blocks: int
    head_blocks: int
    encoder_dim: int
    encoder_depth: int
    encoder_heads: int
    side: int
    batch: int
    frames: int = 1
    adaln: bool = False
    temporal: bool = False
    stored_grid: int = 37

    @property
    def grid(self) -> int:
        return self.side // 14


# -- section 2 -----------------------------------------------------------------------------------------------


def shapes(s: Sizes) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names and shapes of all tensors."""
    d, e = s.dim, s.encoder_dim

    def linear(name: str, out: int, into: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield f"{name}.weight", (out, into)
        yield f"{name}.bias", (out,)

    def norm(name: str, width: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield f"{name}.weight", (width,)
        yield f"{name}.bias", (width,)

    def block(name: str) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield f"{name}.modulation", (6 * d,)
        yield from norm(f"{name}.norm1", d)
        yield from norm(f"{name}.norm3", d)
        yield f"{name}.attn.qkv.weight", (3 * d, d)
        yield from norm(f"{name}.attn.q_norm", d // s.heads)
        yield from norm(f"{name}.attn.k_norm", d // s.heads)
        yield from linear(f"{name}.attn.proj", d, d)
        yield from linear(f"{name}.mlp.fc1", 4 * d, d)
        yield from linear(f"{name}.mlp.fc2", d, 4 * d)
        yield f"{name}.ls1.gamma", (d,)
        yield f"{name}.ls2.gamma", (d,)

    yield from linear("net.time_embedding.0", d, 256)
    yield from linear("net.time_embedding.2", d, d)
    yield from linear("net.time_projection.1", 6 * d, d)
    yield from linear("net.feature_projection.0", d // 2, d)
    yield from linear("net.geo_noise_projection.0", d // 2, 1176)
    yield "net.encoder.cls_token", (1, 1, e)
    yield "net.encoder.pos_embed", (1, 1 + s.stored_grid**2, e)
    yield "net.encoder.mask_token", (1, e)
    yield "net.encoder.image_mean", (1, 3, 1, 1)
    yield "net.encoder.image_std", (1, 3, 1, 1)
    yield "net.encoder.patch_embed.proj.weight", (e, 3, 14, 14)
    yield "net.encoder.patch_embed.proj.bias", (e,)
    for i in range(s.encoder_depth):
        name = f"net.encoder.blocks.{i}"
        yield from norm(f"{name}.norm1", e)
        yield from norm(f"{name}.norm2", e)
        yield from linear(f"{name}.attn.qkv", 3 * e, e)
        yield from linear(f"{name}.attn.proj", e, e)
        yield from linear(f"{name}.mlp.fc1", 4 * e, e)
        yield from linear(f"{name}.mlp.fc2", e, 4 * e)
        yield f"{name}.ls1.gamma", (e,)
        yield f"{name}.ls2.gamma", (e,)
    yield from norm("net.encoder.norm", e)
    yield from linear("net.encoder.final_project", d, 4 * e)
    for i in range(s.blocks):
        yield from block(f"net.decoder_blocks.{i}")
    for i in range(s.head_blocks):
        yield from block(f"net.latents_projection.geo_blocks.{i}")
    yield from linear("net.latents_projection.geo_proj", 588, d)
    for embed, film in (
        ("net.latents_projection.geo_layer_embed", "net.latents_projection.geo_film_proj"),
        ("layer_embed", "layer_film_proj"),
    ):
        yield f"{embed}.weight", (s.layers, d)
        yield from linear(f"{film}.0", d, d)
        yield from linear(f"{film}.2", 2 * d, d)
    if s.adaln:
        yield from linear("layer_adaln_proj.1", 6 * d, d)
    if s.temporal:
        for j in range(s.blocks // 3):
            yield from block(f"temporal_blocks.{j}.block")


def random_state(s: Sizes, generator: torch.Generator) -> State:
    """Weights that are nowhere near zero or one, rounded to float32."""
    state = {}
    for name, shape in shapes(s):
        noise = torch.randn(shape, generator=generator, dtype=torch.float64)
        if name.endswith("image_mean"):
            value = torch.tensor([0.485, 0.456, 0.406]).view(shape)
        elif name.endswith("image_std"):
            value = torch.tensor([0.229, 0.224, 0.225]).view(shape)
        elif name.endswith("gamma") or ("norm" in name and name.endswith("weight")):
            value = 0.7 + 0.2 * noise
        elif name.endswith("weight"):
            value = noise * (math.prod(shape[1:]) ** -0.5)
        else:
            value = 0.3 * noise
        state[name] = value.float().double()
    return state


# -- small parts ---------------------------------------------------------------------------------------------


def linear(state: State, name: str, x: Tensor) -> Tensor:
    y = x @ state[f"{name}.weight"].T
    return y + state[f"{name}.bias"] if f"{name}.bias" in state else y


def standardise(x: Tensor, eps: float) -> Tensor:
    """Over the last axis."""
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True) + eps).sqrt()


def layer_norm(state: State, name: str, x: Tensor, eps: float) -> Tensor:
    return standardise(x, eps) * state[f"{name}.weight"] + state[f"{name}.bias"]


def gelu(x: Tensor) -> Tensor:
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def silu(x: Tensor) -> Tensor:
    return x / (1 + torch.exp(-x))


def softmax_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """(S, h, d) each: one sequence, head by head."""
    heads = []
    for h in range(q.shape[1]):
        scores = torch.exp(q[:, h] @ k[:, h].T / math.sqrt(q.shape[-1]))
        heads.append(scores / scores.sum(-1, keepdim=True) @ v[:, h])
    return torch.stack(heads, dim=1)


def rotary(x: Tensor, positions: Tensor) -> Tensor:
    """x (S, h, d) turned by positions (S, 2), pair by pair (section 6)."""
    width = x.shape[-1] // 2
    out = x.clone()
    for axis in range(2):
        for j in range(width // 2):
            frequency = 100 ** (-2 * j / width)
            angle = positions[:, axis].double()[:, None] * frequency
            first, second = axis * width + j, axis * width + j + width // 2
            a, b = x[..., first], x[..., second]
            out[..., first] = a * angle.cos() - b * angle.sin()
            out[..., second] = b * angle.cos() + a * angle.sin()
    return out


def patches(image: Tensor) -> Tensor:
    """(H, W, 3) -> (P, 588): rows of patches, then (row, column, channel)."""
    rows, columns = image.shape[0] // 14, image.shape[1] // 14
    return torch.stack(
        [
            image[14 * r : 14 * r + 14, 14 * c : 14 * c + 14].reshape(-1)
            for r in range(rows)
            for c in range(columns)
        ]
    )


def picture(values: Tensor, side: int) -> Tensor:
    """(P, 588) -> (side, side, 3)."""
    image = values.new_empty(side, side, 3)
    grid = side // 14
    for index, value in enumerate(values):
        r, c = divmod(index, grid)
        image[14 * r : 14 * r + 14, 14 * c : 14 * c + 14] = value.view(14, 14, 3)
    return image


# -- section 3 -----------------------------------------------------------------------------------------------


def cubic(distance: float) -> float:
    """Keys' kernel with a = -0.75, as torch's bicubic interpolation has it."""
    x, a = abs(distance), -0.75
    if x <= 1:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1
    return a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a if x < 2 else 0.0


def resampling(stored: int, wanted: int) -> Tensor:
    """(wanted, stored) weights for one axis, positions by the scale factor (wanted + 0.1) / stored."""
    matrix = torch.zeros(wanted, stored, dtype=torch.float64)
    for i in range(wanted):
        position = (i + 0.5) * stored / (wanted + 0.1) - 0.5
        base = math.floor(position)
        for tap in range(base - 1, base + 3):
            matrix[i, min(max(tap, 0), stored - 1)] += cubic(position - tap)
    return matrix


def positions_for(stored: Tensor, rows: int, columns: int) -> Tensor:
    """(1, 1 + G², E) -> (1 + rows·columns, E)."""
    side = math.isqrt(stored.shape[1] - 1)
    grid = stored[0, 1:].view(side, side, -1)
    if (rows, columns) != (side, side):
        grid = torch.einsum("ri,cj,ije->rce", resampling(side, rows), resampling(side, columns), grid)
    return torch.cat([stored[0, :1], grid.reshape(rows * columns, -1)])


def encoder_block(state: State, name: str, x: Tensor, heads: int) -> Tensor:
    """x (S, E)."""
    y = layer_norm(state, f"{name}norm1", x, 1e-6)
    qkv = linear(state, f"{name}attn.qkv", y).view(len(x), 3, heads, -1)
    attended = softmax_attention(qkv[:, 0], qkv[:, 1], qkv[:, 2]).reshape(len(x), -1)
    x = x + state[f"{name}ls1.gamma"] * linear(state, f"{name}attn.proj", attended)
    y = layer_norm(state, f"{name}norm2", x, 1e-6)
    y = linear(state, f"{name}mlp.fc2", gelu(linear(state, f"{name}mlp.fc1", y)))
    return x + state[f"{name}ls2.gamma"] * y


def encode(state: State, s: Sizes, rgb: Tensor) -> Tensor:
    """One image (3, H, W) -> (P, 4E)."""
    name = "net.encoder."
    image = (rgb - state[f"{name}image_mean"][0]) / state[f"{name}image_std"][0]
    kernel = state[f"{name}patch_embed.proj.weight"].permute(0, 2, 3, 1).reshape(s.encoder_dim, -1)
    x = patches(image.permute(1, 2, 0)) @ kernel.T + state[f"{name}patch_embed.proj.bias"]
    x = torch.cat([state[f"{name}cls_token"][0], x])
    x = x + positions_for(state[f"{name}pos_embed"], s.grid, s.grid)
    levels = []
    for i in range(s.encoder_depth):
        x = encoder_block(state, f"{name}blocks.{i}.", x, s.encoder_heads)
        levels.append(layer_norm(state, f"{name}norm", x, 1e-6)[1:])
    return torch.cat(levels[-4:], dim=-1)


# -- sections 4 to 9 -----------------------------------------------------------------------------------------


def sinusoid(t: Tensor) -> Tensor:
    """(N,) -> (N, 256), rounded to float32 as the original does."""
    phase = (1000 * t.float()).double()[:, None] * 10000.0 ** (-torch.arange(128).double() / 128)
    return torch.cat([phase.cos(), phase.sin()], -1).float().double()


def time_vectors(state: State, t: Tensor) -> Tensor:
    """(B,) -> (B, 6, D)."""
    y = linear(state, "net.time_embedding.0", sinusoid(t))
    y = linear(state, "net.time_embedding.2", silu(y))
    return linear(state, "net.time_projection.1", silu(y)).view(len(t), 6, -1)


def film(state: State, embed: str, projection: str) -> tuple[Tensor, Tensor]:
    """gamma and beta, (L, D) each."""
    y = linear(state, f"{projection}.0", state[f"{embed}.weight"])
    gamma, beta = linear(state, f"{projection}.2", gelu(y)).chunk(2, -1)
    return gamma, beta


def dit_block(state: State, name: str, x: Tensor, m: Tensor, heads: int, positions: Tensor | None) -> Tensor:
    """One sequence: x (S, D), m (6, D)."""
    c = state[f"{name}modulation"].view(6, -1) + m
    y = layer_norm(state, f"{name}norm1", x, 1e-5) * (1 + c[1]) + c[0]
    qkv = linear(state, f"{name}attn.qkv", y).view(len(x), 3, heads, -1)
    q = layer_norm(state, f"{name}attn.q_norm", qkv[:, 0], 1e-5)
    k = layer_norm(state, f"{name}attn.k_norm", qkv[:, 1], 1e-5)
    if positions is not None:
        q, k = rotary(q, positions), rotary(k, positions)
    attended = softmax_attention(q, k, qkv[:, 2]).reshape(len(x), -1)
    x = x + state[f"{name}ls1.gamma"] * linear(state, f"{name}attn.proj", attended) * c[2]
    y = layer_norm(state, f"{name}norm3", x, 1e-5) * (1 + c[4]) + c[3]
    y = linear(state, f"{name}mlp.fc2", gelu(linear(state, f"{name}mlp.fc1", y)))
    return x + state[f"{name}ls2.gamma"] * y * c[5]


def run_block(state: State, name: str, x: Tensor, kind: str, modulation: Tensor, s: Sizes) -> Tensor:
    """x (B, T, L, P, D), modulation (B, L, 6, D): every sequence by itself."""
    out = x.clone()
    frames, layers, count = x.shape[1:4]
    grid = torch.tensor([(r, c) for r in range(s.grid) for c in range(s.grid)])
    for b in range(len(x)):
        m = modulation[b]
        if kind == "frame":
            for f in range(frames):
                for l in range(layers):  # noqa: E741
                    out[b, f, l] = dit_block(state, name, x[b, f, l], m[l], s.heads, grid)
        elif kind == "ray":
            for f in range(frames):
                for p in range(count):
                    out[b, f, :, p] = dit_block(state, name, x[b, f, :, p], m[0], s.heads, None)
        elif kind == "global":
            for f in range(frames):
                flat = x[b, f].reshape(layers * count, -1)
                y = dit_block(state, name, flat, m[0], s.heads, grid.repeat(layers, 1))
                out[b, f] = y.view(layers, count, -1)
        else:
            times = torch.tensor([(f, 0) for f in range(frames)])
            for l in range(layers):  # noqa: E741
                for p in range(count):
                    out[b, :, l, p] = dit_block(state, name, x[b, :, l, p], m[0], s.heads, times)
    return out


def velocity(
    state: State, s: Sizes, rgb: Tensor, x: Tensor, seen: Tensor, t: Tensor, note: Note = lambda *_: None
) -> Tensor:
    """rgb (B, T, 3, H, W); sample x and what the network sees of it (B, T, L, H, W, 3); t (B,)."""
    features = torch.stack([torch.stack([encode(state, s, frame) for frame in clip]) for clip in rgb])
    note("mid.encoder_features", features)
    tok = linear(state, "net.encoder.final_project", features)  # (B, T, P, D)
    note("mid.encoder_tokens", tok)
    mod = time_vectors(state, t)
    note("mid.time_adaln", mod[:, None])
    joint = tok[:, :, None] + state["layer_embed.weight"][:, None]  # (B, T, L, P, D)
    joint = standardise(joint.flatten(1), 1e-6).view(joint.shape)
    image_half = linear(state, "net.feature_projection.0", 0.3 * joint)
    both = torch.stack(
        [
            torch.stack(
                [
                    torch.stack(
                        [torch.cat([patches(frame.permute(1, 2, 0)), patches(layer)], -1) for layer in points]
                    )
                    for frame, points in zip(clip, sample, strict=True)
                ]
            )
            for clip, sample in zip(rgb, seen, strict=True)
        ]
    )  # (B, T, L, P, 1176)
    h = torch.cat([image_half, linear(state, "net.geo_noise_projection.0", both)], -1)
    note("mid.tokens_in", h.flatten(1, 2))

    plain = mod[:, None].repeat(1, s.layers, 1, 1)  # (B, L, 6, D)
    per_layer = plain
    if s.adaln:
        vectors = linear(state, "layer_adaln_proj.1", silu(state["layer_embed.weight"]))
        per_layer = plain + vectors.view(s.layers, 6, -1)
    gamma, beta = film(state, "layer_embed", "layer_film_proj")
    for i in range(s.blocks):
        kind = ("frame", "ray", "global")[i % 3]
        if kind == "frame":
            h = h * (1 + gamma[:, None]) + beta[:, None]
        m = per_layer if kind == "frame" else plain
        h = run_block(state, f"net.decoder_blocks.{i}.", h, kind, m, s)
        note(f"mid.decoder.{i}", h.flatten(1, 2))
        if kind == "global" and s.temporal and h.shape[1] > 1:
            h = run_block(state, f"temporal_blocks.{i // 3}.block.", h, "time", plain, s)
            note(f"mid.temporal.{i // 3}", h.flatten(1, 2))
    note("mid.decoder_out", h.flatten(1, 2))
    head = "net.latents_projection"
    gamma, beta = film(state, f"{head}.geo_layer_embed", f"{head}.geo_film_proj")
    for i in range(s.head_blocks):
        kind = ("frame", "ray", "global")[i % 3]
        if kind == "frame":
            h = h * (1 + gamma[:, None]) + beta[:, None]
        h = run_block(state, f"{head}.geo_blocks.{i}.", h, kind, plain, s)
        note(f"mid.head.{i}", h.flatten(1, 2))
    values = linear(state, f"{head}.geo_proj", h)
    raw = torch.stack([picture(v, s.side) for v in values.flatten(0, 2)]).view(x.shape)
    return (raw + x) / t.clamp(min=0.05).view(-1, 1, 1, 1, 1, 1)
