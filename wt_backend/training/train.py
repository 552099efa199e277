"""`python -m wt_backend train CONFIG`: train, resume, or export what a run has learned."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from wt_backend.training.config import load_config


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
    path = Path(arguments.config)
    if not path.exists():
        path = Path(__file__).parent / "configs" / f"{arguments.config}.toml"
    config = load_config(path, arguments.state)
    if arguments.export:
        return export(config.state / "state.pt", Path(arguments.export))
    from wt_backend.training.trainer import Trainer

    return 0 if Trainer(config).run() else 3


def export(state: Path, stem: Path) -> int:
    """Averaged weights of a run as fp16 safetensors, with the run's description beside them."""
    from safetensors.torch import save_file

    saved = torch.load(state, map_location="cpu", weights_only=True)
    weights = {name: value.half().contiguous() for name, value in saved["ema"].items()}
    stem.parent.mkdir(parents=True, exist_ok=True)
    save_file(weights, str(stem.with_suffix(".safetensors")))
    description = {"run": json.loads(saved["config"]), "progress": saved["progress"]}
    stem.with_suffix(".json").write_text(json.dumps(description, indent=1), encoding="utf-8")
    print(f"{stem.with_suffix('.safetensors')}: {sum(v.numel() for v in weights.values()):,} parameters")
    return 0
