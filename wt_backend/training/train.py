"""`python -m wt_backend train CONFIG`: train, resume, or export what a run has learned."""

from __future__ import annotations

import argparse
import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from wt_backend.checkpoints.files import write_model
from wt_backend.checkpoints.load import find_entry
from wt_backend.checkpoints.registry import UNMEASURED, UNMEASURED_TOLERANCE, RegistryEntry
from wt_backend.model.config import ModelConfig
from wt_backend.protocol import BackendError
from wt_backend.training.config import TrainConfig, load_config
from wt_backend.training.state import load_state

CONFIGS = Path(__file__).parent / "configs"


def main(argv: list[str] | None = None) -> int:
    """Command line of the trainer; returns 0 when the run is done, 3 where a signal stopped it."""
    parser = argparse.ArgumentParser(prog="python -m wt_backend train", description=__doc__)
    parser.add_argument(
        "config", help="TOML file, or the name of one that ships (see wt_backend/training/configs)"
    )
    parser.add_argument("--state", help="folder for state and logs; default runs/NAME")
    parser.add_argument(
        "--export", metavar="STEM", help="write STEM.safetensors and STEM.json from the saved state, and stop"
    )
    arguments = parser.parse_args(argv)
    config = read_config(arguments.config, arguments.state)
    if arguments.export is not None:
        return export(config.state / "state.pt", Path(arguments.export))
    from wt_backend.training.trainer import Trainer

    return 0 if Trainer(config).run() else 3


def read_config(name: str, state: str | None) -> TrainConfig:
    """The run of a TOML file, or of a name that ships.

    Raises
    ------
    BackendError
        kind "bad_request": there is none of that name, or what it says cannot be trained.
    """
    path = Path(name)
    if not path.is_file():
        path = CONFIGS / f"{name}.toml"
    if not path.is_file():
        shipped = ", ".join(sorted(config.stem for config in CONFIGS.glob("*.toml")))
        raise BackendError("bad_request", f"There is no file {name}.", f"Runs that ship: {shipped}.")
    try:
        return load_config(path, state)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BackendError(
            "bad_request",
            f"{path}: {error} is missing." if isinstance(error, KeyError) else f"{path}: {error}",
            "docs/training.md and wt_backend/training/config.py say what it takes.",
        ) from error


def export(state: Path, stem: Path) -> int:
    """Averaged weights of a run as fp16 safetensors, and a card that makes them a model for every command.

    The card also describes the run (`run`, `progress`): where the weights come from.
    """
    if not state.is_file():
        raise BackendError(
            "bad_request",
            f"{state} does not exist: this run has not saved anything yet.",
            "Name its folder with --state, or let it run until it has saved.",
        )
    name = stem.name.removesuffix(".safetensors")
    if not name:
        raise BackendError(
            "bad_output", f"{stem} is no name of a file.", "Name the weights, for example --export out/mine."
        )
    saved = load_state(state, "cpu")
    weights = stem.with_name(f"{name}.safetensors")
    run = json.loads(saved["config"])
    entry = replace(_entry_like(run), name=name, label=name, aliases=(), weights=weights)

    def describe(sha256: str, _size: int) -> dict[str, Any]:
        return replace(entry, sha256=sha256).to_dict() | {"run": run, "progress": saved["progress"]}

    write_model(weights, saved["ema"], describe)
    print(f"{weights}: {sum(v.numel() for v in saved['ema'].values()):,} parameters")
    return 0


def _entry_like(run: dict[str, Any]) -> RegistryEntry:
    """How to use what a run has learned: as the model that it began with, or as wt-mini, unmeasured."""
    config = ModelConfig.from_dict(run["model"])
    first = run["initial_weights"]
    with suppress(BackendError):  # the weights it began with may be gone
        if first:
            return replace(find_entry(first), config=config)
    bundled = find_entry("wt-mini")
    if first:  # whose licence the result has is not known any more
        bundled = replace(bundled, licence=f"that of {first}", licence_url="")
    return replace(
        bundled,
        config=config,
        unit="metre" if config.normalisation.mode == "zscore" else "relative",
        existence_tolerance=dict.fromkeys(bundled.modes, UNMEASURED_TOLERANCE),
        caveat=UNMEASURED,
    )
