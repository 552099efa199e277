"""Which parameters are updated how."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from wt_backend.training.config import OptimiserConfig
from wt_backend.training.muon import Muon

MUON = ("blocks.", "patch_embed.stages.", "final_project.", "feature_projection.", "noise_projection.")
"""Parts of the names of what Muon takes: blocks, the stem, and the projections from pixels to the decoder."""


def build_optimisers(model: nn.Module, settings: OptimiserConfig) -> list[Optimizer]:
    """AdamW, preceded by Muon for blocks, stem and projections where asked for.

    Matrices decay; biases, norms, layer scales and all that embeds do not, a stem but under Muon.
    """
    hidden, matrices, rest = [], [], []  # in the order of the model, on which a resume relies
    for name, value in model.named_parameters():
        if not value.requires_grad:
            continue
        if settings.muon and value.ndim >= 2 and any(part in name for part in MUON):
            hidden.append(value)
        elif value.ndim >= 2 and "embed" not in name:
            matrices.append(value)
        else:
            rest.append(value)
    rate, decay = settings.learning_rate, settings.weight_decay
    groups = [{"params": matrices, "weight_decay": decay}, {"params": rest, "weight_decay": 0.0}]
    adamw = torch.optim.AdamW(groups, lr=rate, betas=settings.betas, fused=True)
    if not hidden:
        return [adamw]
    return [Muon(hidden, rate, decay), adamw]


def restore_optimiser(optimiser: Optimizer, saved: dict[str, Any]) -> None:
    """Take over a saved state, but keep the settings that the optimiser was built with: the saved are old."""
    settings = [
        {name: value for name, value in group.items() if name != "params"} for group in optimiser.param_groups
    ]
    optimiser.load_state_dict(saved)
    for group, own in zip(optimiser.param_groups, settings, strict=True):
        group.update(own)
