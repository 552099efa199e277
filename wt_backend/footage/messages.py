"""What is asked of `trace_shot` and what it answers. Without torch: Blender imports it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path

from wt_backend.checkpoints.registry import fingerprint
from wt_backend.footage.numbering import written
from wt_backend.protocol import FITS, MODES, MOST_STEPS, BackendError

ENDLESS = 1 << 40


@dataclass(frozen=True)
class ShotRequest:
    """Trace footage. Paths are absolute; None means the clip's or the model's own.

    Attributes
    ----------
    clip, output
        Movie, image of a sequence or folder of one; folder of the shot.
    mask
        Footage of the same kind, or one image, that is white where the subject is.
    first, last, step
        Which frames of the clip, counted from 1, both ends included.
    start
        Frame number in Blender of the clip's frame 1.
    rate
        Frames a second at which the clip is read.
    steady
        Align the scale of neighbouring frames.
    smooth
        Average over time what does not change in the picture.
    prior_correlation
        Of the start noise between frames, for models that take clips.
    """

    clip: str
    output: str
    mask: str | None = None
    mode: str = "auto"
    fit: str | None = None
    model: str = "wt-mini"
    seed: int = 42
    steps: int | None = None
    device: str | None = None
    first: int = 1
    last: int | None = None
    step: int = 1
    start: int = 1
    rate: float | None = None
    steady: bool = True
    smooth: bool = True
    prior_correlation: float | None = None

    @property
    def frames(self) -> range:
        """Frames of the clip that are wanted; without `last` more than any clip has."""
        return range(self.first, ENDLESS if self.last is None else self.last + 1, self.step)

    @property
    def identity(self) -> dict[str, object]:
        """What must be the same to go on with a shot that was cut off: all but folder and device.

        The files themselves too, and the model's card: footage that was rendered anew meanwhile has the same
        name, and so has a model that an update has changed.
        """
        values = asdict(self)
        del values["output"], values["device"]
        files = [path and written(Path(path)) for path in (self.clip, self.mask)]
        return values | {"written": files, "card": fingerprint(self.model)}

    def __post_init__(self) -> None:
        if not self.clip or not self.output:
            raise BackendError("bad_request", "A shot needs a clip and an output folder.", "Choose both.")
        if self.mode not in MODES or self.fit not in (None, *FITS):
            raise BackendError(
                "bad_request", f"There is no mode {self.mode!r} or fit {self.fit!r}.", "Choose another."
            )
        if self.first < 1 or self.step < 1 or (self.last is not None and self.last < self.first):
            raise BackendError(
                "bad_request",
                f"Frames {self.first} to {self.last} in steps of {self.step} are none.",
                "Count frames from 1; the last must not come before the first, the step is at least 1.",
            )
        if self.start + self.first < 1:
            raise BackendError(
                "bad_request",
                f"The shot would start at frame {self.start + self.first - 1}.",
                "Start it at 0 or later.",
            )
        if self.steps is not None and not 1 <= self.steps <= MOST_STEPS:  # before a folder is made
            raise BackendError("bad_request", f"steps is {self.steps}.", f"Choose 1 to {MOST_STEPS} steps.")
        if not 0 <= self.seed < 2**63:
            raise BackendError("bad_request", f"seed is {self.seed}.", "Choose a seed from 0 to 2^63 - 1.")
        if self.rate is not None and not 0 < self.rate <= 1000:
            raise BackendError("bad_request", f"The rate is {self.rate}.", "Choose 1 to 1000.")
        if self.prior_correlation is not None and not 0 <= self.prior_correlation <= 1:
            raise BackendError(
                "bad_request", f"The prior correlation is {self.prior_correlation}.", "Choose 0 to 1."
            )


@dataclass(frozen=True)
class MergeRequest:
    """Folder of a shot, and another one for its background and what moves."""

    shot: str
    output: str


@dataclass(frozen=True)
class FillRequest:
    """Folder of a shot whose hidden layers get a colour."""

    shot: str


@dataclass(frozen=True)
class ShotResult:
    """`frames` finished of `wanted`; `skipped` says which are not there and why."""

    shot: str
    frames: int
    wanted: int
    mode: str
    rate: float
    seconds: float
    skipped: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
