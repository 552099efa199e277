"""Models that see several frames at once: a clip goes through them in overlapping windows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from wt_backend.checkpoints.load import LoadedModel
from wt_backend.fitting import Fitted
from wt_backend.flow.windows import sample_clip
from wt_backend.jobs import Cancel, Progress


class ReadOnce:
    """Windows of a clip that is gone through once: each takes over what it shares with the one before.

    A movie that began anew for every window was decoded from its first frame each time.

    Parameters
    ----------
    frames
        All of the clip, in order. One is asked for when the first window that has it comes.
    """

    def __init__(self, frames: Iterator[Fitted]) -> None:
        self._coming = frames
        self._held: list[Fitted] = []  # the last window
        self._start = 0  # of it, in the clip

    def window(self, start: int, stop: int) -> list[Fitted]:
        """The frames from start until before stop; neither may lie before that of the last window."""
        del self._held[: start - self._start]
        self._start = start
        self._held.extend(itertools.islice(self._coming, stop - start - len(self._held)))
        return list(self._held)


def clip_points(
    loaded: LoadedModel,
    clip: Iterator[Fitted],
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
    clip, frames
        The fitted frames, in order, and how many they are.
    prior_correlation
        Of the start noise between any two frames.
    progress
        Counts the denoising steps of all windows, stage "trace".
    """
    config, read = loaded.entry.config, ReadOnce(clip)

    def tensors(start: int, stop: int) -> tuple[torch.Tensor, torch.Tensor]:
        fitted = read.window(start, stop)
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
