"""Error of the solvers over their number of steps, on the shipped model: which solver, how many steps.

    python -m bench.solvers [--seeds 2]

The reference is 100 multistep steps from the same noise; the error is the root mean square of the difference
in normalised points over that of the reference, inside the mask. Euler is shown without the released clamp at
t = 0.05, which would keep it from arriving at more than 20 steps.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # runs as a script too

import numpy as np
import torch
from torch import Tensor

from wt_backend.checkpoints.load import load_model
from wt_backend.checkpoints.registry import RegistryEntry
from wt_backend.fitting import crop_window, fit
from wt_backend.flow.noise import seed_generators
from wt_backend.flow.sampler import Solver, sample
from wt_backend.images import read_image
from wt_backend.subject import find_subject

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
STEPS = (1, 2, 3, 4, 6, 8, 12, 16, 20, 40)
REFERENCE_STEPS = 100


@dataclass(frozen=True, eq=False)
class Picture:
    """An image as the network gets it: rgb (1, 1, 3, S, S), mask (1, 1, L, S, S)."""

    name: str
    mode: str
    rgb: Tensor
    mask: Tensor


def sample_pictures(entry: RegistryEntry) -> list[Picture]:
    """The bundled photographs, fitted as the pipeline fits objects and scenes."""
    pictures = []
    size, layers = entry.config.image_size, entry.config.network.num_layers
    for path in sorted(p for p in SAMPLES.iterdir() if p.suffix in (".png", ".jpg")):
        photo = read_image(path)
        subject = find_subject(photo.rgba)
        rgba = photo.rgba.copy()
        window, background = None, None
        if subject is not None:
            rgba[..., 3] = np.where(subject, 255, 0)
            window, background = crop_window(rgba[..., 3], entry.subject_share), entry.background
        fitted = fit(rgba, window, size, background, area=entry.area)
        rgb = torch.from_numpy(fitted.rgb).permute(2, 0, 1)[None, None].float() / 255
        mask = torch.from_numpy(fitted.mask).expand(1, 1, layers, size, size)
        mode = "scene" if subject is None else "object"
        pictures.append(Picture(path.name, mode, rgb, mask))
    return pictures


def errors(entry_name: str, seeds: int) -> dict[str, list[float]]:
    """Solver → mean error for each of STEPS."""
    loaded = load_model(entry_name, device="cpu", dtype=torch.float32)
    curves: dict[str, list[list[float]]] = {"euler": [], "multistep": []}
    for picture in sample_pictures(loaded.entry):
        with torch.inference_mode():
            cond = loaded.model.condition(picture.rgb)

        def run(solver: Solver, steps: int, cond=cond, mask=picture.mask) -> Tensor:  # type: ignore[no-untyped-def]
            with patch("wt_backend.flow.sampler.MIN_TIME", 0.0):
                points = sample(
                    loaded.model,
                    cond,
                    mask,
                    seed_generators(range(seeds)),
                    steps=steps,
                    solver=solver,
                    fill="zeros",
                )
            return points[mask.expand(points.shape[:-1])]

        reference = run("multistep", REFERENCE_STEPS)
        scale = reference.square().mean().sqrt()
        for solver in ("euler", "multistep"):
            curves[solver].append(
                [((run(solver, n) - reference).square().mean().sqrt() / scale).item() for n in STEPS]
            )
    return {solver: np.mean(rows, axis=0).tolist() for solver, rows in curves.items()}


def main(argv: list[str] | None = None) -> int:
    """Print the curves."""
    parser = argparse.ArgumentParser(prog="bench solvers", description=__doc__)
    parser.add_argument("--model", default="wt-mini")
    parser.add_argument("--seeds", type=int, default=2)
    arguments = parser.parse_args(argv)
    curves = errors(arguments.model, arguments.seeds)
    print(f"{'steps':>10} " + " ".join(f"{n:6}" for n in STEPS))
    for solver, values in curves.items():
        print(f"{solver:>10} " + " ".join(f"{value:6.3f}" for value in values))
    return 0


if __name__ == "__main__":
    sys.exit(main())
