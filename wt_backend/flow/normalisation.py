"""From camera-space points to the numbers the network sees, and back (spec section 12).

Camera frame: OpenCV, x right, y down, z forward. Both modes end in a per-axis z-score; they differ in
whether the points go through a logarithm first.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:  # model cards are listed before torch is loaded, which takes seconds
    from torch import Tensor

Mode = Literal["zscore", "median_log"]
Vector = tuple[float, float, float]

ZERO: Vector = (0.0, 0.0, 0.0)
ONE: Vector = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Normalisation:
    """How XYZ becomes network numbers.

    Parameters
    ----------
    mode
        ``"zscore"``: ``n = (X - mean) / std``. ``"median_log"``: the points are divided by a median depth
        ``m`` and mapped by ``sign(x) log(1 + |x|)`` (x and y) and ``log z`` (z), and then z-scored. The
        released scene models have mean 0 and std 1; their official mode names ``median_log`` and
        ``median_log_global`` differ only in how ``m`` was chosen in training.
    mean, std
        Per axis, in the units of the mode: metres for a metric z-score, none for relative ones.
    """

    mode: Mode = "zscore"
    mean: Vector = ZERO
    std: Vector = ONE

    def __post_init__(self) -> None:
        if self.mode not in ("zscore", "median_log"):
            raise ValueError(f"Unknown normalisation {self.mode!r}: use 'zscore' or 'median_log'.")
        for name, vector in (("mean", self.mean), ("std", self.std)):
            if not isinstance(vector, tuple) or len(vector) != 3 or not all(map(_is_number, vector)):
                raise ValueError(f"`{name}` of the normalisation are three finite numbers, not {vector!r}.")
        if min(self.std) <= 0:
            raise ValueError(f"Normalisation std must be positive, not {self.std}.")

    def encode(self, xyz: Tensor, median: Tensor | float = 1.0) -> Tensor:
        """Normalise points.

        Parameters
        ----------
        xyz
            (..., 3) camera-space points; ``median_log`` needs z > 0.
        median
            Depth that the points are divided by first (1 for metric models); broadcasts against ``xyz``.

        Returns
        -------
        Tensor
            (..., 3) network numbers.
        """
        import torch

        scaled = xyz / median  # (..., 3)
        if self.mode == "median_log":
            lateral, depth = scaled[..., :2], scaled[..., 2:]
            scaled = torch.cat([lateral.sign() * lateral.abs().log1p(), depth.log()], dim=-1)
        return (scaled - scaled.new_tensor(self.mean)) / scaled.new_tensor(self.std)

    def decode(self, normalised: Tensor, median: Tensor | float = 1.0) -> Tensor:
        """Undo :meth:`encode`: (..., 3) network numbers to (..., 3) camera-space points."""
        import torch

        mapped = normalised * normalised.new_tensor(self.std) + normalised.new_tensor(self.mean)
        if self.mode == "median_log":
            lateral, depth = mapped[..., :2], mapped[..., 2:]
            mapped = torch.cat([lateral.sign() * lateral.abs().expm1(), depth.exp()], dim=-1)
        return mapped * median

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Normalisation:
        """Read what :meth:`to_dict` wrote; official mode names are accepted."""
        vectors = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        mode: Mode = "median_log" if values["mode"] == "median_log_global" else values["mode"]
        return cls(**values | vectors | {"mode": mode})


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


OFFICIAL_ZSCORE = Normalisation("zscore", (-0.002366, -0.004008, 1.904278), (0.280865, 0.315927, 0.706423))
OFFICIAL_MEDIAN_LOG = Normalisation("median_log")
