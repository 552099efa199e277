"""Calibrate where layers are torn, on ray-traced scenes whose true connectivity is known.

    python -m bench.tearing [--samples 4] [--size 96 224 504]

Truth comes from tracing the same scene on a finer grid: two neighbouring pixels of a layer lie on one surface
if a walk between them over the finer grid, always to the nearest depth of any layer, meets no jump.
Printed for each threshold, without and with noise on the depths: wrong bridges (of all true gaps, the share
that was joined; by count and by length, because a long bridge is what one sees) and wrong tears (of all
true connections, the share that was cut).
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wt_backend.geometry.tearing import Tear, joined_edges, seam_limits
from wt_backend.training.data import generate

FINER = {96: 7, 224: 5, 504: 3}  # odd: the middle of the finer pixels is the coarse centre
JUMP = 0.7  # share of the whole difference in one step of the walk that makes it a jump
SMALL = 0.002  # relative differences below this are never a jump


@dataclass(frozen=True)
class Case:
    """Depths on the coarse grid and which neighbours truly belong together."""

    depths: NDArray[np.float32]  # (L, H, W), 0 where there is none
    focal: float  # pixels
    right: NDArray[np.bool_]  # (L, H, W − 1)
    down: NDArray[np.bool_]  # (L, H − 1, W)


@dataclass
class Count:
    """Numbers of neighbouring pairs, and lengths relative to their depth."""

    gaps: int = 0
    bridges: int = 0
    gap_length: float = 0.0
    bridge_length: float = 0.0
    links: int = 0
    tears: int = 0

    def add(self, joined: NDArray, known: NDArray, both: NDArray, depth: NDArray, axis: int) -> None:
        """Compare the edges of one layer along one axis with the truth."""
        near, far = np.delete(depth, -1, axis), np.delete(depth, 0, axis)
        jump = np.abs(far - near) / np.maximum(np.minimum(far, near), 1e-9)
        gap = both & ~known
        self.gaps += np.count_nonzero(gap)
        self.bridges += np.count_nonzero(gap & joined)
        self.gap_length += jump[gap].sum()
        self.bridge_length += jump[gap & joined].sum()
        self.links += np.count_nonzero(known)
        self.tears += np.count_nonzero(known & ~joined)

    def __str__(self) -> str:
        return (
            f"bridges {100 * self.bridges / max(self.gaps, 1):6.2f} % of {self.gaps} "
            f"({100 * self.bridge_length / max(self.gap_length, 1e-9):6.2f} % of their length), "
            f"tears {100 * self.tears / max(self.links, 1):6.3f} % of {self.links}"
        )


def true_rows(fine: NDArray[np.float32], finer: int) -> NDArray[np.bool_]:
    """Connections (L, H, W − 1) along rows, from depths (L, finer·H, finer·W), 0 where there is none."""
    rows = fine[:, finer // 2 :: finer]  # (L, H, finer·W)
    depth = np.where(rows > 0, rows, np.inf)
    middle = depth[..., finer // 2 :: finer]
    start, end = middle[..., :-1], middle[..., 1:]
    with np.errstate(invalid="ignore"):  # infinite where there is no surface
        whole = np.abs(end - start)
        place, largest = start.copy(), np.zeros_like(start)
        for step in range(1, finer + 1):
            ahead = depth[..., finer // 2 + step :: finer][..., : start.shape[-1]]  # (L, H, W − 1)
            away = np.abs(ahead[:, None] - place[None])  # (layer ahead, layer, H, W − 1)
            away = np.where(np.isnan(away), np.inf, away)
            place = np.take_along_axis(ahead, away.argmin(0), 0)
            largest = np.maximum(largest, away.min(0))
        arrived = np.abs(place - end) <= 1e-5 * end
        smooth = (largest <= JUMP * whole) | (whole <= SMALL * start)
    return arrived & smooth & np.isfinite(start) & np.isfinite(end)


def make_case(kind: str, size: int, index: int) -> Case:
    """One view of a random object or scene."""
    finer = FINER[size]
    sample = generate(7, index, size * finer, "object" if kind == "object" else "scene")[0]
    middle = slice(finer // 2, None, finer)
    down = true_rows(np.ascontiguousarray(sample.depth.transpose(0, 2, 1)), finer).transpose(0, 2, 1)
    focal = float(np.sqrt(sample.intrinsics[0, 0] * sample.intrinsics[1, 1])) / finer
    return Case(sample.depth[:, middle, middle].copy(), focal, true_rows(sample.depth, finer), down)


def score(cases: list[Case], tear: Tear, noise: float) -> Count:
    """Counts over all layers of all cases, with white noise of ``noise`` times the depth."""
    random = np.random.default_rng(0)
    count = Count()
    for case in cases:
        masks = case.depths > 0
        depths = case.depths * (1 + noise * random.standard_normal(case.depths.shape)).astype(np.float32)
        for layer, mask in enumerate(masks):
            limits = seam_limits(depths[layer], mask, tear.limit(case.focal))
            right, down = joined_edges(depths, masks, layer, limits)
            count.add(right, case.right[layer], mask[:, 1:] & mask[:, :-1], case.depths[layer], 1)
            count.add(down, case.down[layer], mask[1:] & mask[:-1], case.depths[layer], 0)
    return count


def main(argv: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--samples", type=int, default=4, help="objects and scenes a size")
    parser.add_argument("--size", type=int, nargs="+", default=sorted(FINER), choices=sorted(FINER))
    arguments = parser.parse_args(argv)
    for size in arguments.size:
        for kind in ("object", "scene"):
            cases = [make_case(kind, size, index) for index in range(arguments.samples)]
            for noise in (0.0, 0.003):
                for depth, degrees in ((0.02, 7), (0.04, 4), (0.04, 7), (0.04, 10), (0.08, 7), (0.16, 7)):
                    count = score(cases, Tear(depth, float(np.radians(degrees))), noise)
                    print(
                        f"{kind} {size}² noise {noise:.3f} depth {depth:.2f} grazing {degrees:2d}°: {count}"
                    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
