"""`python -m wt_backend merge-static SHOT --out FOLDER`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from wt_backend.jobs import Cancellation, Reporter
from wt_backend.terminal import Stages


def main(argv: Sequence[str]) -> int:
    """Merge what stands still in a shot."""
    options = _parser().parse_args(argv)
    from wt_backend.footage.merge import merge_static

    stages = Stages()
    result = merge_static(options.shot.absolute(), options.out.absolute(), Reporter(stages), Cancellation())
    stages.close()
    print(
        f"{result['static']}: the background of {result['frames']} frames; "
        f"{result['still']:.0%} of the picture stands still. What moves: {result['shot']}"
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m wt_backend merge-static",
        description="Of a traced shot from a still camera: one clean background, and a shot of what moves.",
    )
    parser.add_argument("shot", type=Path, help="folder of the shot")
    parser.add_argument("--out", type=Path, required=True, help="another folder, made where it is missing")
    return parser
