"""What the weights of a run begin with."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from wt_backend.checkpoints.files import check_state_dict
from wt_backend.model.wt_dit import WTDiT
from wt_backend.protocol import BackendError

if TYPE_CHECKING:
    from wt_backend.checkpoints.load import LoadedModel

ENCODER = "net.encoder."  # how the names of its parameters begin


def open_gates(model: WTDiT) -> None:
    """Let every decoder block speak from the first step.

    With the gates near zero, as long trainings start (wt_dit.md section 18), a short one spends its first
    thousands of steps on opening them.
    """
    attention_gate, mlp_gate = 2, 5  # of the six modulation vectors
    with torch.no_grad():
        for block in [*model.net.decoder_blocks, *model.net.latents_projection.geo_blocks]:
            block.modulation.view(6, -1)[[attention_gate, mlp_gate]] += 1


def remind_of_licence(source: str) -> None:
    """Say so where the licence of a checkpoint forbids sharing what is made from it."""
    from wt_backend.checkpoints.load import find_entry

    with suppress(BackendError):  # whoever loads it says what is wrong
        licence = find_entry(source).licence
        if licence.startswith("CC BY-NC-ND"):
            print(
                f"{source} is licensed {licence}: you may fine-tune it for yourself, "
                "but its licence forbids sharing the result.",
                flush=True,
            )


def load_initial_weights(model: WTDiT, source: str, fresh_encoder: bool = False) -> str:
    """Start from a checkpoint (fine-tuning) instead of fresh weights, or from all of it but the encoder.

    Returns
    -------
    str
        SHA-256 of its file.

    Raises
    ------
    BackendError
        It cannot be loaded, or is of another network.
    """
    first = initial_model(source)
    state = dict(first.model.state_dict())
    if fresh_encoder:
        own = {name: value for name, value in model.state_dict().items() if name.startswith(ENCODER)}
        state = own | {name: value for name, value in state.items() if not name.startswith(ENCODER)}
    check_state_dict(state, model.state_dict(), Path(source))
    model.load_state_dict(state)
    return first.sha256


def initial_model(source: str) -> LoadedModel:
    """The model that a run begins with, in fp32 on the processor.

    Raises
    ------
    BackendError
        It cannot be loaded.
    """
    from wt_backend.checkpoints.load import load_model

    return load_model(source, device="cpu", dtype=torch.float32)
