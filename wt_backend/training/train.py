"""`python -m wt_backend train CONFIG`: train, resume, or export what a run has learned."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from wt_backend.checkpoints.files import write_safetensors
from wt_backend.protocol import BackendError
from wt_backend.training.config import TrainConfig, load_config

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
    if arguments.export:
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
            f"{path}: {error}",
            "docs/training.md and wt_backend/training/config.py say what it takes.",
        ) from error


def export(state: Path, stem: Path) -> int:
    """Averaged weights of a run as fp16 safetensors, with the run's description beside them."""
    if not state.is_file():
        raise BackendError(
            "bad_request",
            f"{state} does not exist: this run has not saved anything yet.",
            "Name its folder with --state, or let it run until it has saved.",
        )
    saved = torch.load(state, map_location="cpu", weights_only=True)
    name = stem.name.removesuffix(".safetensors")
    weights, card = stem.with_name(f"{name}.safetensors"), stem.with_name(f"{name}.json")
    write_safetensors(weights, saved["ema"], lambda _: torch.float16)
    description = {"run": json.loads(saved["config"]), "progress": saved["progress"]}
    temporary = stem.with_name(f"{name}.json.part")
    temporary.write_text(json.dumps(description, indent=1), encoding="utf-8")
    temporary.replace(card)
    print(f"{weights}: {sum(v.numel() for v in saved['ema'].values()):,} parameters")
    return 0
