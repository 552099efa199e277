"""`python -m wt_backend.checkpoints.ship`: make the weights of a training run a model that ships."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from wt_backend.checkpoints.files import check_state_dict, read_state_dict, write_model
from wt_backend.checkpoints.registry import WEIGHTS, RegistryEntry, read_card
from wt_backend.flow.sampler import Solver
from wt_backend.model.wt_dit import WTDiT
from wt_backend.output import output_error
from wt_backend.protocol import MOST_STEPS, BackendError

LICENCE = "GPL-3.0-or-later"
LICENCE_URL = "https://www.gnu.org/licenses/gpl-3.0.html"
TRAINING_SHARE = 0.74  # middle of what the training cameras frame


def ship(
    weights: Path,
    name: str,
    label: str,
    steps: dict[str, int],
    tolerance: dict[str, float],
    solver: Solver = "multistep",
    folder: Path = WEIGHTS,
) -> Path:
    """Write NAME.safetensors (float16) and its card NAME.json.

    Parameters
    ----------
    weights
        ``STEM.safetensors`` of ``train --export``, with ``STEM.json`` beside it.
    steps
        Default sampler steps of each mode, from the measured curve.
    solver
        Second order by default: nearer to the exact flow at every number of steps (docs/model.md).
    tolerance
        Existence tolerance of each mode, relative depth (`python -m wt_backend calibrate`).

    Returns
    -------
    Path
        The card.

    Raises
    ------
    BackendError
        kind "model_damaged": the files are not those of an export, or do not fit each other; "access": they
        go on from weights of another licence.
    """
    exported = read_card(weights.with_suffix(".json"))
    if exported.licence != LICENCE:
        raise BackendError(
            "access",
            f"The licence of {weights} is {exported.licence}, as of the weights that it goes on from.",
            f"What ships is licensed {LICENCE}: train from nothing, or from a model that ships.",
        )
    config = exported.config
    state = read_state_dict(weights)
    with torch.device("meta"):
        wanted = WTDiT(config.network).state_dict()
    check_state_dict(state, wanted, weights)
    target = folder / f"{name}.safetensors"
    ordered = {key: state[key] for key in wanted}
    entry = RegistryEntry(
        name=name,
        label=label,
        licence=LICENCE,
        licence_url=LICENCE_URL,
        config=config,
        weights=target,
        fits={"object": "crop", "scene": "stretch"},
        subject_share=TRAINING_SHARE,
        photograph_camera=True,
        mirrored=("object",),
        visible_first=("object",),
        area=True,
        existence_tolerance=tolerance,
        steps=steps,
        unit="relative",
        solver=solver,
        size_mb=0.0,  # like the sha256, known once it is written
        memory_gb=1.0,
    )

    def describe(sha256: str, size: int) -> dict[str, Any]:
        return replace(entry, sha256=sha256, size_mb=round(size / 1e6, 1)).to_dict()

    return write_model(target, ordered, describe)


def main(argv: list[str] | None = None) -> int:
    """Command line of :func:`ship`."""
    parser = argparse.ArgumentParser(prog="python -m wt_backend.checkpoints.ship", description=__doc__)
    parser.add_argument("weights", type=Path, help="STEM.safetensors written by `train --export`")
    parser.add_argument("--name", default="wt-mini")
    parser.add_argument("--label", default="World Tracing mini (bundled)")
    for mode in ("object", "scene"):
        help_text = f"default sampler steps in {mode} mode"
        parser.add_argument(f"--{mode}-steps", type=_steps, required=True, help=help_text)
        help_text = f"existence tolerance in {mode} mode, relative depth"
        parser.add_argument(f"--{mode}-tolerance", type=_share, required=True, help=help_text)
    parser.add_argument("--solver", choices=("euler", "multistep"), default="multistep")
    given = parser.parse_args(argv)
    tolerance: dict[str, float] = {"object": given.object_tolerance, "scene": given.scene_tolerance}
    steps: dict[str, int] = {"object": given.object_steps, "scene": given.scene_steps}
    try:
        print(ship(given.weights, given.name, given.label, steps, tolerance, given.solver))
    except (BackendError, OSError) as error:
        told = output_error(WEIGHTS, error) if isinstance(error, OSError) else error
        print(f"error: {told.message} {told.hint}", file=sys.stderr)
        return 1
    return 0


def _steps(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_STEPS:
        raise argparse.ArgumentTypeError(f"{text} is no number of steps; choose 1 to {MOST_STEPS}")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 < share < 1:
        raise argparse.ArgumentTypeError(f"{text} is no share of the depth; choose one between 0 and 1")
    return share


if __name__ == "__main__":
    raise SystemExit(main())
