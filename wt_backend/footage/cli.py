"""`python -m wt_backend trace-footage CLIP --out SHOT`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from wt_backend.footage.messages import ShotRequest
from wt_backend.jobs import Cancellation, Reporter
from wt_backend.protocol import FITS, MODES
from wt_backend.terminal import Stages


def main(argv: Sequence[str]) -> int:
    """Trace footage; started again with the same words, it goes on where it ended."""
    options = vars(_parser().parse_args(argv))
    paths = {name: str(options.pop(name).absolute()) for name in ("clip", "out")}
    mask = options.pop("mask")
    request = ShotRequest(
        clip=paths["clip"],
        output=paths["out"],
        mask=str(mask.absolute()) if mask else None,
        steady=not options.pop("no_steady"),
        smooth=not options.pop("no_smooth"),
        **options,
    )
    from wt_backend.footage.shot import trace_shot

    stages = Stages()
    result = trace_shot(request, Reporter(stages), Cancellation())
    stages.close()
    for warning in result.warnings:
        print(f"Note: {warning}")
    print(
        f"{result.shot}: {result.frames} of {result.wanted} frames at {result.rate:g} a second "
        f"({result.mode} mode) in {result.seconds:.1f} s"
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m wt_backend trace-footage",
        description="Trace a movie, or an image sequence (one image of it, its folder, or NAME_####.png).",
    )
    parser.add_argument("clip", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder of the shot; made, or gone on with")
    parser.add_argument("--mask", type=Path, help="footage, or one image, that is white where the subject is")
    parser.add_argument("--mode", choices=MODES, default="auto")
    parser.add_argument("--fit", choices=FITS, help="how a scene becomes a square (default: the model's own)")
    parser.add_argument("--model", default=ShotRequest.model, help="name or file (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=ShotRequest.seed, help="(default: %(default)s)")
    parser.add_argument("--steps", type=int, help="denoising steps (default: the model's own)")
    parser.add_argument("--device", help="cpu, cuda:0 … (default: the best there is)")
    parser.add_argument("--first", type=int, default=1, help="first frame, counted from 1")
    parser.add_argument("--last", type=int, help="last frame (default: the end)")
    parser.add_argument("--step", type=int, default=1, help="take every so manyth frame")
    parser.add_argument("--start", type=int, default=1, help="frame number in Blender of the clip's frame 1")
    parser.add_argument("--rate", type=float, help="frames a second (default: the clip's; 24 for images)")
    parser.add_argument(
        "--prior-correlation",
        type=float,
        help="of the noise between frames, for models that take clips (default: the model's own)",
    )
    parser.add_argument("--no-steady", action="store_true", help="leave each frame its own scale")
    parser.add_argument("--no-smooth", action="store_true", help="do not average what stands still")
    return parser
