"""What a run needs to go on exactly where it stopped, written whole or not at all."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout
from torch import nn

from wt_backend.output import output_error
from wt_backend.protocol import BackendError

PARTS = {"model", "ema", "optimisers", "progress", "random", "config"}
"""What a saved run holds; any torch file has none of it."""


@dataclass
class Progress:
    """Where a run is.

    Attributes
    ----------
    stage, stage_step, step : int
        Stage of the run, optimiser steps done in it, and in all.
    stage_batches : int
        Mini-batches consumed from the stream of the stage.
    stage_seconds, seconds : float
        Training time in the stage and in all, over all resumes.
    images : int
        Image presentations so far.
    loss_level : float
        Running value of the loss, against which spikes are told.
    skipped : int
        Steps skipped as spikes.
    joined : int
        Step at which the decoder began to learn with a fresh encoder (`graft.graft`); -1 before.
    initial : str
        SHA-256 of the weights that the run began with.
    """

    stage: int = 0
    stage_step: int = 0
    step: int = 0
    stage_batches: int = 0
    stage_seconds: float = 0.0
    seconds: float = 0.0
    images: int = 0
    loss_level: float = 0.0
    skipped: int = 0
    joined: int = -1
    initial: str = ""

    def next_stage(self) -> None:
        self.stage += 1
        self.stage_step = self.stage_batches = 0
        self.stage_seconds = 0.0


class Ema:
    """Exponential moving average of the parameters, in fp32.

    Early on the average follows quickly: its decay at step n is min(decay, (1 + n)/(10 + n)).
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.values = {name: value.detach().clone().float() for name, value in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Take the parameters after `step` steps into the average."""
        decay = min(self.decay, (1 + step) / (10 + step))
        current = model.state_dict()
        names = list(self.values)
        torch._foreach_lerp_(
            [self.values[n] for n in names], [current[n].detach().float() for n in names], 1 - decay
        )


def random_state() -> dict[str, Any]:
    """State of the generators that training draws from."""
    state: dict[str, Any] = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def restore_random_state(state: dict[str, Any]) -> None:
    """Undo of `random_state`."""
    torch.set_rng_state(state["cpu"].cpu())
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"].cpu())


@contextmanager
def alone(state: Path) -> Iterator[None]:
    """Keep a run's folder to this process: two trainers would take each other's steps back.

    Raises
    ------
    BackendError
        kind "bad_request": another trainer is at work in it.
    """
    state.mkdir(parents=True, exist_ok=True)
    lock = FileLock(state / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise BackendError(
            "bad_request",
            f"Another trainer is at work in {state}.",
            "Wait for its end or stop it, or name another folder with --state.",
        ) from error
    except (OSError, NotImplementedError):  # a file system without locks
        pass
    try:
        yield
    finally:
        lock.release()


def save_atomically(values: dict[str, Any], path: Path) -> None:
    """`torch.save` to a file that appears whole or not at all.

    Raises
    ------
    BackendError
        kind "disk_full" or "bad_output"; an earlier file is untouched.
    """
    partial = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:  # given a path instead, torch would not say that the disk is full
            torch.save(values, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except (OSError, RuntimeError) as error:
        partial.unlink(missing_ok=True)
        # torch tells of its own trouble on closing, and keeps the cause as context.
        cause = error if isinstance(error, OSError) else error.__context__
        if not isinstance(cause, OSError):
            raise
        raise output_error(path, cause) from error


def load_state(path: Path, device: torch.device | str) -> dict[str, Any]:
    """Read a saved run; only tensors and plain values are accepted.

    Raises
    ------
    BackendError
        kind "model_damaged"
    """
    try:
        saved: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
        if not isinstance(saved, dict) or not saved.keys() >= PARTS:
            raise ValueError(f"It lacks some of {', '.join(sorted(PARTS))}.")
    except (RuntimeError, OSError, EOFError, pickle.UnpicklingError, ValueError) as error:
        raise BackendError(
            "model_damaged",
            f"{path} is damaged, or not the state of a training.",
            "Take it out of the folder to begin anew, or put a copy in its place to go on from there.",
            log=str(error),
        ) from error
    return saved
