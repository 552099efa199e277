"""The World Tracing objective: flow matching on raw XYZ, x0-parameterised (arXiv 2606.13652).

Depth filling, invalid pixels as noise, one XYZ loss over all layers, and a penalty on rays whose layers
run back to front. What is not the paper's: the error of slopes, the encoder's lesson, and weights that fit a
small budget.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from wt_backend.flow.normalisation import Normalisation
from wt_backend.flow.sampler import MIN_TIME
from wt_backend.model.layers import patchify, unpatchify
from wt_backend.model.wt_dit import Conditioning, WTDiT
from wt_backend.training.config import ObjectiveConfig, Schedule
from wt_backend.training.gaps import gap_error
from wt_backend.training.lesson import Lesson
from wt_backend.training.noise_levels import draw_noise_levels
from wt_backend.training.slopes import slope_error


def unproject(depth: Tensor, intrinsics: Tensor) -> Tensor:
    """Depth along +Z to camera-space points through pixel centres.

    Parameters
    ----------
    depth : Tensor, (B, L, H, W)
    intrinsics : Tensor, (B, 3, 3)
        In pixels of the H×W grid; skew is zero.

    Returns
    -------
    Tensor, (B, L, H, W, 3)
    """
    _, _, height, width = depth.shape
    u = torch.arange(width, device=depth.device, dtype=depth.dtype) + 0.5
    v = torch.arange(height, device=depth.device, dtype=depth.dtype) + 0.5
    fx, fy, cx, cy = (intrinsics[:, i, j, None] for i, j in ((0, 0), (1, 1), (0, 2), (1, 2)))
    ray_x = ((u - cx) / fx)[:, None, None, :]  # (B, 1, 1, W)
    ray_y = ((v - cy) / fy)[:, None, :, None]  # (B, 1, H, 1)
    return torch.stack([depth * ray_x, depth * ray_y, depth], dim=-1)


def fill_depth(depth: Tensor) -> Tensor:
    """Depth filling: where a ray has no further hit, deeper layers repeat its last one.

    Parameters
    ----------
    depth : Tensor, (B, L, H, W)
        0 where there is no hit, NaN where nobody knows: these are filled too.
    """
    layers = [depth[:, 0]]
    for layer in depth.unbind(1)[1:]:
        layers.append(torch.where(layer > 0, layer, layers[-1]))
    return torch.stack(layers, dim=1)


def filled_weights(x0: Tensor, weight: float) -> Tensor:
    """`weight` where a layer of x0 (B, L, H, W, 3) lies on the one before it (:func:`fill_depth`), else 1."""
    z = x0[..., 2]
    weights = torch.ones_like(z)  # (B, L, H, W)
    weights[:, 1:] = torch.where(z[:, 1:] == z[:, :-1], weight, 1.0)
    return weights


def vary_colours(rgb: Tensor, painted: Tensor) -> Tensor:
    """Random exposure, gamma, white balance, saturation and channel order, one draw an image.

    Parameters
    ----------
    rgb : Tensor, (B, 3, H, W)
        In [0, 1].
    painted : Tensor, (B, 1, H, W)
        True where the background has been painted grey: those pixels stay as they are.
    """

    def draw(low: float, high: float, channels: int = 1) -> Tensor:
        return low + (high - low) * torch.rand(len(rgb), channels, 1, 1, device=rgb.device)

    order = torch.rand(len(rgb), 3, device=rgb.device).argsort(dim=1)
    swap = torch.rand(len(rgb), 1, device=rgb.device) < 0.5
    order = torch.where(swap, order, torch.arange(3, device=rgb.device))
    varied = torch.gather(rgb, 1, order[:, :, None, None].expand_as(rgb))
    varied = (varied.clamp(1e-4, 1) ** draw(0.7, 1.4)) * draw(0.7, 1.3) * draw(0.9, 1.1, 3)
    grey = varied.mean(dim=1, keepdim=True)
    varied = grey + draw(0.3, 1.3) * (varied - grey)
    return torch.where(painted, rgb, varied.clamp(0, 1))


def some_patches(valid: Tensor, patch: int, count: int) -> Tensor:
    """Random patches (B, count) of each image; those with a valid pixel, of (B, H, W), come first."""
    filled = patchify(valid[..., None], patch).any(dim=-1)  # (B, P)
    return (filled + torch.rand(filled.shape, device=valid.device)).topk(count, dim=1, sorted=False).indices


def within(patches: Tensor, patch: int, side: int) -> Tensor:
    """The pixels of some patches of an image: (B, n) -> (B, side, side) bool."""
    rows = side // patch
    chosen = torch.zeros(len(patches), rows**2, dtype=torch.bool, device=patches.device)
    chosen.scatter_(1, patches, True)
    return unpatchify(chosen[..., None].expand(-1, -1, patch**2), patch, rows)[..., 0]


class Losses(nn.Module):
    """Estimate and truth → losses; apart from the network, so that it can be compiled into few kernels.

    Parameters
    ----------
    config : ObjectiveConfig
    """

    def __init__(self, config: ObjectiveConfig) -> None:
        super().__init__()
        self.config = config

    def forward(
        self, estimate: Tensor, x0: Tensor, valid: Tensor, t: Tensor, weight: Tensor
    ) -> dict[str, Tensor]:
        """Weighted XYZ error, order, slopes and gaps over what is valid, (B, L, H, W)."""
        pixels = valid[:, 0].sum().clamp(min=1)
        count = pixels * x0.shape[1]
        error = (estimate - x0).square().mean(dim=-1)  # (B, L, H, W)
        error = torch.where(valid, error, 0.0)
        level_weight = t.clamp(min=MIN_TIME).pow(-2).clamp(max=self.config.max_weight)  # (B, L)
        by_layer = (level_weight * weight[:, None])[:, :, None, None]
        weighted = (error * by_layer * filled_weights(x0, self.config.filled_weight)).sum() / count
        z = estimate[..., 2]
        violation = torch.relu(z[:, :-1] - z[:, 1:]).square()
        monotonic = torch.where(valid[:, 1:], violation, 0.0).sum() / count
        loss = weighted + self.config.monotonic_weight * monotonic
        if self.config.slope_weight:
            slopes = slope_error(z[:, 0], x0[:, 0, ..., 2], valid[:, 0])  # (B,)
            loss = loss + self.config.slope_weight * (slopes * weight).mean()
        if self.config.gap_weight:
            gaps = gap_error(z, x0[..., 2], valid)  # (B,)
            loss = loss + self.config.gap_weight * (gaps * weight).sum() / pixels
        return {"loss": loss, "x0_error": (error.sum() / count).detach(), "monotonic": monotonic.detach()}


class FlowObjective(nn.Module):
    """Batch → losses; wraps the network so that data-parallel wrappers see one forward.

    Parameters
    ----------
    model : WTDiT
    normalisation : Normalisation
        XYZ (median depth of layer 0 = 1) ↔ network space.
    config : ObjectiveConfig
    """

    def __init__(self, model: WTDiT, normalisation: Normalisation, config: ObjectiveConfig) -> None:
        super().__init__()
        self.model = model
        self.normalisation = normalisation
        self.config = config
        self.losses = Losses(config)
        self.lesson: Lesson | None = None
        if config.lesson_weight:
            network = model.config
            self.lesson = Lesson(
                network.decoder_dim,
                network.num_layers,
                network.patch_size,
                config.lesson_slope_weight,
                config.gap_weight,
            )

    def forward(
        self,
        batch: dict[str, Tensor],
        draws: int,
        schedule: Schedule = "shared",
        patches: int = 0,
    ) -> dict[str, Tensor]:
        """Losses of one batch.

        Parameters
        ----------
        batch : dict
            `rgb` uint8 (B, H, W, 3) with the background painted; `mask` bool (B, H, W), what is the subject;
            `depth` (B, L, H, W), 0 without a hit, NaN where nobody knows, relative to the median of layer 0;
            `intrinsics` (B, 3, 3);
            `scene` bool (B,).
        draws : int
            Noise draws per encoded image; 0: the lesson alone.
        patches : int
            How many of an image's the decoder works on; 0: all.

        Returns
        -------
        dict
            `loss` (to minimise), and for the log its parts: `x0_error` (mean squared, normalised units) and
            `monotonic` where there are draws, `lesson` where there is one.
        """
        rgb, x0, valid = self.prepare(batch)
        weight = torch.where(batch["scene"], self.config.scene_weight, 1.0)
        if self.lesson is None:
            condition = self.model.condition(rgb[:, None])
            return self.flow_losses(x0, valid, weight, condition, draws, schedule, patches)
        tokens = self.model.encode(rgb[:, None])  # (B, 1, P, D)
        lesson = self.lesson(tokens[:, 0], x0[..., 2], valid, weight)
        taught = self.config.lesson_weight * lesson
        if not draws:
            return {"loss": taught, "lesson": lesson.detach()}
        condition = self.model.condition(rgb[:, None], tokens)
        losses = self.flow_losses(x0, valid, weight, condition, draws, schedule, patches)
        return losses | {"loss": losses["loss"] + taught, "lesson": lesson.detach()}

    def flow_losses(
        self,
        x0: Tensor,
        valid: Tensor,
        weight: Tensor,
        condition: Conditioning,
        draws: int,
        schedule: Schedule,
        patches: int,
    ) -> dict[str, Tensor]:
        """Losses of flow matching: `draws` estimates of each x0 (B, L, H, W, 3) from noise."""
        if patches:
            size = self.model.config.patch_size
            chosen = some_patches(valid[:, 0], size, patches)
            valid = valid & within(chosen, size, valid.shape[-1])[:, None]
            condition = condition.at(chosen, draws)
        x0, valid, weight = (a.repeat_interleave(draws, dim=0) for a in (x0, valid, weight))
        b, layers = x0.shape[:2]
        t = draw_noise_levels(b, layers, schedule, self.config.pure_noise_share, x0.device)  # (B, L)
        noise = torch.randn_like(x0)
        level = t[:, :, None, None, None]
        x_t = (1 - level) * x0 + level * noise
        seen = torch.where(valid[..., None], x_t, noise)  # (B, L, H, W, 3)
        # One level for all layers goes in as (B,): the head then sees the very t, as the sampler gives it.
        estimate = self.model.predict_x0(seen[:, None], t if schedule == "per_layer" else t[:, 0], condition)[
            :, 0
        ].float()
        return self.losses(estimate, x0, valid, t, weight)

    def prepare(self, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Batch → varied RGB (B, 3, H, W), normalised x0 (B, L, H, W, 3), what counts of it (B, L, H, W)."""
        rgb = batch["rgb"].permute(0, 3, 1, 2).float() / 255
        mask = batch["mask"]
        if self.training:
            rgb = vary_colours(rgb, ~mask[:, None])
        depth = batch["depth"].float()
        valid = (mask & (depth[:, 0] > 0))[:, None] & ~depth.isnan()
        filled = torch.where(valid[:, :1], fill_depth(depth), 1.0)
        x0 = self.normalisation.encode(unproject(filled, batch["intrinsics"].float()))
        return rgb, x0, valid
