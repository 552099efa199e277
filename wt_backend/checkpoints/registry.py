"""The models that can be asked for by name, and what the pipeline must know about each."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from wt_backend.model.config import (
    DYNAMIC_R76,
    OBJECT_R75B,
    SCENE_R69E,
    SCENE_R69G,
    SCENE_R69L,
    ModelConfig,
)
from wt_backend.paths import is_file
from wt_backend.protocol import FITS, BackendError, ModelEntry

WEIGHTS = Path(__file__).parent / "weights"

Fit = Literal["crop", "pad", "stretch"]
Unit = Literal["relative", "metre"]
Solver = Literal["euler", "multistep"]

RELEASED_STEPS = 20  # what the authors ran (spec section 11)
UNMEASURED_TOLERANCE = 0.01  # the bundled model's optimum on objects; the released weights could not be run
UNMEASURED = "From which share of depth a hidden surface of this model counts (1 %) is a guess, not measured."
OFFICIAL_LICENCE = "CC BY-NC-ND 4.0"
OFFICIAL_LICENCE_URL = "https://creativecommons.org/licenses/by-nc-nd/4.0/"


@dataclass(frozen=True)
class Source:
    """A file in a Hugging Face repository."""

    repository: str
    filename: str = "model.pt"


@dataclass(frozen=True)
class RegistryEntry:
    """One model.

    Attributes
    ----------
    name, label, aliases
        For messages and files; for people; other names that are accepted.
    config
        Network, normalisation, start noise.
    weights
        A local file, or where to download it.
    sha256
        Of the weights, where known in advance.
    fits
        Mode → how an image becomes the network's square; its keys are the modes the model was made for.
    background
        Grey, or colour, painted behind a subject; None leaves the image as it is.
    subject_share
        Share of the square's side that a cropped subject takes.
    photograph_camera
        The image is taken for a whole photograph: its camera has one focal length and its principal point in
        the middle, and points move onto their pixels' rays, keeping their depth. The released models keep
        their points and the camera that fits them best.
    mirrored
        Modes in which the image and its mirror image are both traced, and their points averaged.
    visible_first
        Modes in which the visible surface stays where the first step has it, and later ones move what is
        behind it. Not for clips, whose frames follow from one another.
    area
        Average pixels where an image shrinks, as this model's training images were made.
    existence_tolerance
        Mode → share of the depth by which a deeper layer must clear the one before it to exist: about the
        model's depth noise, which differs between objects and scenes.
    unit
        Of the decoded points.
    steps
        Mode → default number of sampler steps.
    solver, clip
        Default solver; whether the model takes several frames.
    caveat
        A sentence that comes with every result, or nothing.
    size_mb, memory_gb
        Of the download, and what a still needs while it runs in the precision of a GPU.
    """

    name: str
    label: str
    licence: str
    licence_url: str
    config: ModelConfig
    weights: Path | Source
    fits: dict[str, Fit]
    existence_tolerance: dict[str, float]
    steps: dict[str, int]
    unit: Unit
    size_mb: float
    memory_gb: float
    aliases: tuple[str, ...] = ()
    sha256: str = ""
    background: tuple[int, int, int] | None = (128, 128, 128)
    subject_share: float = 2 / 3
    photograph_camera: bool = False
    mirrored: tuple[str, ...] = ()
    visible_first: tuple[str, ...] = ()
    area: bool = False
    solver: Solver = "euler"
    clip: bool = False
    caveat: str = ""

    def __post_init__(self) -> None:
        for name in ("existence_tolerance", "steps"):
            missing = set(self.fits) - set(getattr(self, name))
            if missing:
                raise ValueError(f"{name} has no value for {', '.join(sorted(missing))} mode")
        for mode, fit in self.fits.items():
            steps, tolerance = self.steps[mode], self.existence_tolerance[mode]
            if fit not in FITS:
                raise ValueError(f"fits has {fit!r} for {mode} mode, not one of {', '.join(FITS)}")
            if type(steps) is not int or steps < 1:
                raise ValueError(f"steps has {steps!r} for {mode} mode, not a whole number from 1")
            if not isinstance(tolerance, int | float) or not tolerance > 0:
                raise ValueError(
                    f"existence_tolerance has {tolerance!r} for {mode} mode, not a share above 0"
                )
        for name, known in (("unit", get_args(Unit)), ("solver", get_args(Solver))):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} is {getattr(self, name)!r}, not one of {', '.join(known)}")
        if not isinstance(self.subject_share, int | float) or not 0 < self.subject_share <= 1:
            raise ValueError(f"subject_share is {self.subject_share!r}, not a share above 0 and up to 1")
        for name in ("mirrored", "visible_first"):
            foreign = set(getattr(self, name)) - set(self.fits)
            if foreign:
                raise ValueError(f"{name} has {', '.join(sorted(foreign))}, which is no mode of the model")
        if self.clip and self.visible_first:
            raise ValueError("visible_first is not for models that take clips")

    @property
    def modes(self) -> list[str]:
        """What kinds of image the model is made for."""
        return list(self.fits)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a JSON card beside a weights file; the file itself is left out."""
        values = asdict(self)
        del values["weights"]
        return values | {"config": self.config.to_dict()}

    @classmethod
    def from_dict(cls, values: dict[str, Any], weights: Path) -> RegistryEntry:
        """Read what :meth:`to_dict` wrote; what `train --export` adds about its run is left out."""
        values = {key: value for key, value in values.items() if key not in ("run", "progress")}
        background = values["background"]
        return cls(
            **values
            | {
                "weights": weights,
                "config": ModelConfig.from_dict(values["config"]),
                "aliases": tuple(values["aliases"]),
                "mirrored": tuple(values["mirrored"]),
                "visible_first": tuple(values.get("visible_first", ())),  # older cards have none
                "background": None if background is None else tuple(background),
            }
        )


def read_card(path: Path) -> RegistryEntry:
    """The model described by a JSON card that lies beside its weights ``NAME.safetensors``."""
    try:
        return RegistryEntry.from_dict(
            json.loads(path.read_text(encoding="utf-8")), path.with_suffix(".safetensors")
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BackendError(
            "model_damaged",
            f"The model card {path} cannot be read: {error}.",
            "Reinstall or re-export the model, or take away what is no card of it.",
        ) from error


# Sizes are those of the released pickles if stored in float32 (spec section 1). Memory is weights in their
# precision of use, activations by accounting (bench/memory.py), and 0.5 GB for CUDA.
_OBJECT = RegistryEntry(
    name="object",
    label="World Tracing object (r75b)",
    aliases=("r75b",),
    licence=OFFICIAL_LICENCE,
    licence_url=OFFICIAL_LICENCE_URL,
    config=OBJECT_R75B,
    weights=Source("haoz19/object-model-6layer"),
    fits={"object": "crop"},
    existence_tolerance={"object": UNMEASURED_TOLERANCE},
    steps={"object": RELEASED_STEPS},
    caveat=UNMEASURED,
    unit="metre",
    size_mb=6820,
    memory_gb=5.0,
)
_SCENE = replace(
    _OBJECT,
    name="scene",
    label="World Tracing scene (r69l)",
    aliases=("r69l",),
    config=SCENE_R69L,
    weights=Source("haoz19/scene-model-6layer-840"),
    fits={"scene": "stretch"},
    existence_tolerance={"scene": UNMEASURED_TOLERANCE},
    steps={"scene": RELEASED_STEPS},
    background=None,
    unit="relative",
    size_mb=6197,
    memory_gb=5.8,
)
_DYNAMIC = replace(
    _OBJECT,
    name="dynamic",
    label="World Tracing dynamic, 16 frames (r76)",
    aliases=("r76",),
    config=DYNAMIC_R76,
    weights=Source("haoz19/dynamic-model-16frame"),
    size_mb=8407,
    memory_gb=10.0,
    clip=True,
)
_LEGACY = replace(_SCENE, weights=Source("haoz19/scene-model-6layer"), aliases=(), memory_gb=4.8)
_SCENE_E = replace(_LEGACY, name="r69e", label="World Tracing scene 504 (r69e)", config=SCENE_R69E)
_SCENE_G = replace(_LEGACY, name="r69g", label="World Tracing scene 504 (r69g)", config=SCENE_R69G)
_SCENE_MIX = replace(
    _SCENE_G,
    name="r69g_mix",
    label="World Tracing scene 504, mixed data (r69g_mix)",
    weights=Source("haoz19/scene-model-6layer-mix"),
)

OFFICIAL = (_OBJECT, _SCENE, _DYNAMIC, _SCENE_E, _SCENE_G, _SCENE_MIX)


def entries() -> list[RegistryEntry]:
    """All known models, those that ship with the package first."""
    return [*(read_card(path) for path in sorted(WEIGHTS.glob("*.json"))), *OFFICIAL]


def find(name: str) -> RegistryEntry | None:
    """The entry of a name or alias."""
    return next((entry for entry in entries() if name in (entry.name, *entry.aliases)), None)


def fingerprint(name: str) -> str | None:
    """Of what a model is and how it traces, by its card; None where there is none, or one that is damaged.

    A model may be another one by the same name: after an update, or where a file has been replaced.
    """
    path = Path(name).expanduser()
    card = path.with_suffix(".json") if path.name else path
    with suppress(BackendError):  # whoever loads the model says what is wrong
        entry = find(name) or (read_card(card) if is_file(card) else None)
        if entry is not None:
            return hashlib.sha256(json.dumps(entry.to_dict(), sort_keys=True).encode()).hexdigest()
    return None


def cached(source: Source, cache: Path | None = None) -> Path | None:
    """The file in the Hub's cache, if it is there; read from the folder, without the Hub's client."""
    folder = repository_folder(source, cache)
    try:
        revision = (folder / "refs" / "main").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):  # it is not there, or damaged
        return None
    path = folder / "snapshots" / revision / source.filename
    return path if is_file(path) else None


def repository_folder(source: Source, cache: Path | None = None) -> Path:
    """Where the Hub's client keeps a repository."""
    return (cache or hub_cache()) / f"models--{source.repository.replace('/', '--')}"


def hub_cache() -> Path:
    """The Hub's cache folder, by the rules of its own client."""
    base = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("HF_HOME", f"{base}/huggingface")
    older = os.environ.get("HUGGINGFACE_HUB_CACHE") or f"{home}/hub"
    chosen = Path(os.path.expandvars(os.environ.get("HF_HUB_CACHE") or older))
    try:
        return chosen.expanduser()
    except RuntimeError:  # a service account without a home
        return chosen


def is_available(entry: RegistryEntry, cache: Path | None = None) -> bool:
    """Whether the weights are on this machine."""
    if isinstance(entry.weights, Path):
        return is_file(entry.weights)
    return cached(entry.weights, cache) is not None


def models(cache: Path | None = None) -> list[ModelEntry]:
    """All known models as the worker lists them. Imports nothing heavy: Blender calls it too.

    `cache` is the folder of downloads where it is not the one that the environment names.
    """
    return [
        ModelEntry(
            name=entry.name,
            label=entry.label,
            licence=entry.licence,
            available=is_available(entry, cache),
            size_mb=entry.size_mb,
            memory_gb=entry.memory_gb,
            modes=entry.modes,
            bundled=isinstance(entry.weights, Path),
        )
        for entry in entries()
    ]
