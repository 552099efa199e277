"""Models that see several frames at once: a clip goes through them in overlapping windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from wt_backend.checkpoints.load import LoadedModel
from wt_backend.fitting import Fitted
from wt_backend.flow.windows import sample_clip
from wt_backend.jobs import Cancel, Progress

ReadFitted = Callable[[int, int], list[Fitted]]


def clip_points(
    loaded: LoadedModel,
    read: ReadFitted,
    frames: int,
    seed: int,
    steps: int,
    prior_correlation: float,
    progress: Progress,
    cancel: Cancel,
) -> Iterator[NDArray[np.float32]]:
    """Points (L, S, S, 3) of each frame, in order.

    Parameters
    ----------
    read
        The fitted frames from start until before stop.
    prior_correlation
        Of the start noise between any two frames.
    progress
        Counts the denoising steps of all windows, stage "trace".
    """
    config = loaded.entry.config

    def tensors(start: int, stop: int) -> tuple[torch.Tensor, torch.Tensor]:
        fitted = read(start, stop)
        rgb = torch.from_numpy(np.stack([one.rgb for one in fitted])).to(loaded.device)  # (T, S, S, 3)
        mask = torch.from_numpy(np.stack([one.mask for one in fitted])).to(loaded.device)  # (T, S, S)
        layers = mask[None, :, None].expand(-1, -1, config.network.num_layers, -1, -1)
        return rgb.permute(0, 3, 1, 2)[None].float() / 255.0, layers

    def on_step(done: int, total: int, _state: torch.Tensor) -> None:
        progress("trace", done, total)
        cancel()

    sampled = sample_clip(
        loaded.model,
        tensors,
        frames,
        seed,
        prior_correlation=prior_correlation,
        steps=steps,
        solver=loaded.entry.solver,
        on_step=on_step,
    )
    for _, normalised in sampled:
        yield config.normalisation.decode(normalised).float().cpu().numpy()
