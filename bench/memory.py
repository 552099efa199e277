"""Memory of the released models by accounting: no weights, no GPU, no arithmetic.

    python -m bench.memory

The network runs on torch's meta device, where tensors have sizes and no content, in the number formats of a
GPU; every storage is counted from its birth to its death. Attention counts as a fused kernel, which makes
its output only. Not counted: CUDA's context (0.3 to 0.5 GB), kernels' workspaces, fragmentation.
"""

from __future__ import annotations

import argparse
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # runs as a script too

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from wt_backend.checkpoints.registry import OFFICIAL, RegistryEntry
from wt_backend.flow.noise import fill_invalid
from wt_backend.flow.sampler import velocity
from wt_backend.model.precision import FULL, RELEASED, Policy, convert
from wt_backend.model.wt_dit import WTDiT

FRAMES = {True: 16, False: 1}  # of a clip model, of a still model


class StorageCounter(TorchDispatchMode):
    """Bytes alive now and at most, of all storages that operations make."""

    def __init__(self) -> None:
        super().__init__()
        self.alive = self.peak = 0
        self.known: dict[int, int] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for value in tree_leaves(result):
            if isinstance(value, Tensor):
                self._count(value.untyped_storage())
        return result

    def _count(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata
        if key in self.known:
            return
        self.known[key] = storage.nbytes()
        self.alive += storage.nbytes()
        self.peak = max(self.peak, self.alive)
        weakref.finalize(storage, self._free, key)

    def _free(self, key: int) -> None:
        self.alive -= self.known.pop(key)


def fused_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """A kernel that makes nothing but its output, (N, S, h, d) in memory."""
    return torch.empty_like(q.transpose(1, 2), memory_format=torch.contiguous_format).transpose(1, 2)


def account(entry: RegistryEntry, policy: Policy, draws: int = 1) -> tuple[float, float, float]:
    """Gigabytes of weights, of what a run keeps besides, and of the peak above both."""
    config = entry.config.network
    frames, size, layers = FRAMES[config.temporal_blocks], config.image_size, config.num_layers
    with torch.device("meta"):
        model = convert(WTDiT(config), policy)
        rgb = torch.rand(1, frames, 3, size, size)
        mask = torch.ones(draws, frames, layers, size, size, dtype=torch.bool)
    weights = sum(tensor.numel() * tensor.itemsize for tensor in model.state_dict().values())
    with _as_on_a_gpu(), torch.inference_mode(), StorageCounter() as counter:
        cond = model.condition(rgb)
        encoder_peak = counter.peak
        x = torch.randn(draws, frames, layers, size, size, 3, device="meta")
        kept = counter.alive
        counter.peak = counter.alive
        filled = fill_invalid(x, mask, torch.randn_like(x))
        x = x - 0.05 * velocity(x, model.predict_x0(filled, torch.ones(1, device="meta"), cond), 1.0)
    return weights / 1e9, kept / 1e9, (max(counter.peak, encoder_peak) - kept) / 1e9


@contextmanager
def _as_on_a_gpu() -> Iterator[None]:
    """What the meta device does not know: fused attention, and that autocast is off."""
    with (
        patch("torch.nn.functional.scaled_dot_product_attention", fused_attention),
        patch("torch.autocast", lambda *arguments, **options: nullcontext()),
        patch("torch.is_autocast_enabled", lambda device: False),
    ):
        yield


def main(argv: list[str] | None = None) -> int:
    """Print a table."""
    argparse.ArgumentParser(prog="bench memory", description=__doc__).parse_args(argv)
    print(f"{'model':10} {'formats':9} {'weights':>8} {'kept':>6} {'peak':>6} {'total':>7}  GB")
    for entry in OFFICIAL[:4]:
        for name, policy in (("GPU bf16", RELEASED), ("fp32", FULL)):
            weights, kept, peak = account(entry, policy)
            total = weights + kept + peak
            print(f"{entry.name:10} {name:9} {weights:8.2f} {kept:6.2f} {peak:6.2f} {total:7.2f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
