"""What a training run is: one TOML file, read into frozen dataclasses."""

from __future__ import annotations

import dataclasses
import math
import tomllib
from dataclasses import MISSING, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from wt_backend.checkpoints import registry
from wt_backend.flow.normalisation import Normalisation
from wt_backend.model.config import EncoderConfig, ModelConfig, WTDiTConfig
from wt_backend.training.lesson import CELL

Schedule = Literal["per_layer", "shared"]
SCHEDULES = get_args(Schedule)
PRECISIONS = ("auto", "bf16-mixed", "32-true")
DATA_LAYERS = 6
"""Layers of every training sample."""
KINDS: dict[Any, tuple[tuple[type, ...], str]] = {
    bool: ((bool,), "true or false"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    str: ((str,), "text"),
}
"""Type of a setting → types of its value in TOML, and what messages call it."""


def check(settings: Any, **least: float) -> None:
    """Hold the values of a dataclass against their types and, by name, the least they may be.

    Raises
    ------
    ValueError
        It names the value.
    """
    hints = get_type_hints(type(settings))
    for name, value in vars(settings).items():
        if hints[name] in KINDS and type(value) not in KINDS[hints[name]][0]:
            raise ValueError(f"`{name}` is {KINDS[hints[name]][1]}, not {value!r}.")
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"`{name}` is a finite number, not {value}.")
        if name in least and value < least[name]:
            raise ValueError(f"`{name}` is at least {least[name]}, not {value}.")


def check_share(settings: Any, name: str) -> None:
    """Refuse a share above 1.

    Raises
    ------
    ValueError
        It names the value.
    """
    if getattr(settings, name) > 1:
        raise ValueError(f"`{name}` is a share up to 1, not {getattr(settings, name)}.")


def table(raw: dict[str, Any], name: str) -> dict[str, Any]:
    """Take a table out of what a TOML file says; empty where there is none.

    Raises
    ------
    ValueError
        Something else has its name.
    """
    values = raw.pop(name, {})
    if not isinstance(values, dict):
        raise ValueError(f"`{name}` is a table [{name}], not {values!r}.")
    return values


def expected(settings: type[Any], values: Any, where: str, given: tuple[str, ...] = ()) -> dict[str, Any]:
    """Hold the keys of a table against the fields of the dataclass that it describes.

    Parameters
    ----------
    given : tuple of str
        Fields that come from elsewhere.

    Raises
    ------
    ValueError
        It names the keys that are unknown or missing.
    """
    if not isinstance(values, dict):
        raise ValueError(f"{where} is a table, not {values!r}.")
    known = [f for f in dataclasses.fields(settings) if f.name not in given]
    unknown = [repr(key) for key in values if key not in {f.name for f in known}]
    if unknown:
        raise ValueError(
            f"{where} has no setting {', '.join(unknown)}. It has {', '.join(f.name for f in known)}."
        )
    needed = [f.name for f in known if f.default is MISSING and f.default_factory is MISSING]
    missing = [f"`{name}`" for name in needed if name not in values]
    if missing:
        raise ValueError(f"{where} lacks {', '.join(missing)}.")
    return values


@dataclass(frozen=True)
class DataConfig:
    """The endless procedural data set (`wt_backend.training.data`), a folder of stacks, or a mixture.

    Attributes
    ----------
    seed : int
        Every sample is a function of this seed and its index.
    scene_share : float
        Share of full-frame scenes; the rest are objects with a mask.
    workers : int
        Processes that generate samples.
    reuse : int
        How often a generated sample is drawn from the rolling buffer, each time augmented anew.
    buffer_scenes : int
        Scenes whose views the rolling buffer of one worker holds.
    stacks : str
        Folder with `.wts` files to train on ("" for procedural data alone): a user's own, or pictures
        that `scripts/render_cycles.py --pairs` took of procedural subjects.
    stacks_share : float
        Share of subjects that come from `stacks`, in (0, 1]; the rest are procedural.
    """

    seed: int = 1
    scene_share: float = 0.3
    workers: int = 2
    reuse: int = 2
    buffer_scenes: int = 16
    stacks: str = ""
    stacks_share: float = 1.0

    def __post_init__(self) -> None:
        check(self, seed=0, scene_share=0, workers=0, reuse=1, buffer_scenes=1)
        check_share(self, "scene_share")
        if not 0 < self.stacks_share <= 1:
            raise ValueError(f"`stacks_share` is a share above 0 and at most 1, not {self.stacks_share}.")


@dataclass(frozen=True)
class ObjectiveConfig:
    """Weights of the flow-matching objective (training_and_evaluation.md, "The objective").

    Attributes
    ----------
    max_weight : float
        The x0 error is weighted by min(1/t², max_weight). 400 is the velocity loss of the paper (t clamped
        at 0.05); 1 weights all noise levels evenly, which a small budget wants.
    pure_noise_share : float
        Share of draws at exactly t = 1, where few-step sampling begins.
    monotonic_weight : float
        Weight of the squared violation of front-to-back order.
    scene_weight : float
        Weight of scene samples against object samples, whose depths span a smaller range.
    filled_weight : float
        Weight of the XYZ error where a layer is filled, the surface before it being the last. Where the image
        does not tell whether there is another one, the estimate is the mean of *there* and *not there*; below
        1 it lies nearer to where the surface is if there is one.
    slope_weight : float
        Weight of the error of the visible surface's slopes (`slopes.slope_error`): an edge or a shaded
        face tells how a surface leans long before a network can tell where it is.
    gap_weight : float
        Weight of the error of how far surfaces lie behind one another (`gaps.gap_error`), here and in the
        encoder's lesson. Errors of points are mostly those that all layers share.
    lesson_weight : float
        Weight of what the encoder learns by itself (`lesson.Lesson`); 0: it learns through the decoder alone.
    lesson_slope_weight : float
        Weight of slopes in that lesson. Of the decoder's gradient they make nearly all at the same weight.
    """

    max_weight: float = 400.0
    pure_noise_share: float = 0.0
    monotonic_weight: float = 0.1
    scene_weight: float = 1.0
    filled_weight: float = 1.0
    slope_weight: float = 0.0
    gap_weight: float = 0.0
    lesson_weight: float = 0.0
    lesson_slope_weight: float = 0.0

    def __post_init__(self) -> None:
        check(self, max_weight=0, pure_noise_share=0, monotonic_weight=0, scene_weight=0, slope_weight=0)
        check(self, filled_weight=0, gap_weight=0, lesson_weight=0, lesson_slope_weight=0)
        check_share(self, "pure_noise_share")


@dataclass(frozen=True)
class StageConfig:
    """One stage of progressive resolution.

    Attributes
    ----------
    size : int
        Image side in pixels, a multiple of the patch.
    images, draws : int
        Images per optimiser step on one device, and noise draws per encoded image. Without a draw the
        encoder learns alone, by its lesson.
    steps : int
        Optimiser steps; 0 where `minutes` limits the stage.
    minutes : float
        Wall-clock length, counted over resumes; 0 where `steps` limits the stage.
    schedule : {"per_layer", "shared"}
        Mixed noise schedule: stage one draws a noise level per layer, stage two one for all layers.
    patches : int
        So many patches of an image the decoder works on in a draw, those with something to learn first;
        0: on all. The encoder always sees the whole image.
    rate : float
        Of the learning rate, in this stage: low where a decoder that has learned gets another encoder.
    """

    size: int
    images: int
    draws: int
    steps: int = 0
    minutes: float = 0.0
    schedule: Schedule = "shared"
    patches: int = 0
    rate: float = 1.0

    def __post_init__(self) -> None:
        check(self, size=1, images=1, draws=0, steps=0, minutes=0, patches=0, rate=0)
        if (self.steps > 0) == (self.minutes > 0):
            raise ValueError("A stage is limited either by `steps` or by `minutes`: set exactly one of them.")
        if self.schedule not in SCHEDULES:
            raise ValueError(f"`schedule` is one of {', '.join(SCHEDULES)}, not {self.schedule!r}.")


@dataclass(frozen=True)
class OptimiserConfig:
    """Optimiser settings: warm-up, then cosine decay over the whole run.

    Attributes
    ----------
    muon : bool
        Update blocks, stem and projections (`optimisers.MUON`) by Muon instead of AdamW (the paper's choice):
        worth it in short trainings from nothing. Its steps are scaled to AdamW's: both share a learning rate.
    ema : float
        Decay of the averaged weights.
    spike_factor : float
        A step whose loss exceeds this many times the running loss is skipped.
    """

    muon: bool = False

    learning_rate: float = 1e-4
    final_learning_rate: float = 1e-5
    warmup_steps: int = 2000
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.95)
    clip: float = 1.0
    ema: float = 0.9995
    spike_factor: float = 4.0

    def __post_init__(self) -> None:
        check(
            self,
            learning_rate=0,
            final_learning_rate=0,
            warmup_steps=0,
            weight_decay=0,
            ema=0,
            spike_factor=1,
        )
        numbers = isinstance(self.betas, tuple) and all(type(b) in KINDS[float][0] for b in self.betas)
        if not numbers or len(self.betas) != 2 or not all(0 <= beta < 1 for beta in self.betas):
            raise ValueError(f"`betas` are two numbers from 0 to below 1, not {self.betas}.")
        if self.clip <= 0:
            raise ValueError(f"`clip` is above 0, not {self.clip}; a large one clips nothing.")
        check_share(self, "ema")


@dataclass(frozen=True)
class TrainConfig:
    """Everything that defines a run; `state` is the folder that makes it resumable.

    `precision` is bf16-mixed, 32-true or, "auto", the faster one here.
    `initial_weights` is a model to go on from, with a `fresh_encoder` all of it but the encoder: that learns
    by itself while stages have no draws, and after such a lesson says what the model's own said (`graft`).
    """

    name: str
    state: Path
    model: ModelConfig
    stages: tuple[StageConfig, ...]
    data: DataConfig = field(default_factory=DataConfig)
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    seed: int = 0
    precision: str = "auto"
    compile: bool = True
    initial_weights: str = ""
    fresh_encoder: bool = False
    save_minutes: float = 5.0
    sheet_minutes: float = 10.0
    validation_samples: int = 64

    def __post_init__(self) -> None:
        check(self, validation_samples=1, save_minutes=0, sheet_minutes=0)
        if self.name in ("", ".", "..") or Path(self.name).name != self.name:
            raise ValueError(f"`name` is that of a folder in runs, not {self.name!r}.")
        if not self.stages:
            raise ValueError("A run needs at least one stage: add a table [[stages]].")
        if self.precision not in PRECISIONS:
            raise ValueError(f"`precision` is one of {', '.join(PRECISIONS)}, not {self.precision!r}.")
        network = self.model.network
        if self.fresh_encoder and not self.initial_weights:
            raise ValueError(
                "`fresh_encoder` says how to take `initial_weights`: name them, or leave it out."
            )
        if self.objective.lesson_weight and network.patch_size % CELL:
            raise ValueError(f"The encoder's lesson takes patches of an even size, not {network.patch_size}.")
        for stage in self.stages:
            if stage.size % network.patch_size:
                raise ValueError(f"A stage's `size` is a multiple of {network.patch_size}, not {stage.size}.")
            if stage.patches > (stage.size // network.patch_size) ** 2:
                raise ValueError(f"An image of {stage.size}² has fewer than {stage.patches} patches.")
            if not stage.draws and not self.objective.lesson_weight:
                raise ValueError(
                    "A stage without `draws` teaches nothing: give the encoder a `lesson_weight`."
                )
        if network.num_layers != DATA_LAYERS:
            raise ValueError(
                f"The data has {DATA_LAYERS} layers; `num_layers` {network.num_layers} cannot be trained."
            )
        if len({stage.steps > 0 for stage in self.stages}) != 1:
            raise ValueError(
                "Limit all stages by `steps`, or all by `minutes`: the learning rate spans them."
            )


def load_config(path: str | Path, state: str | Path | None = None) -> TrainConfig:
    """Read a TOML run description.

    Parameters
    ----------
    path : str or Path
        The TOML file. `model` is a table, or the name of a model whose network is meant.
    state : str or Path, optional
        Folder for checkpoints and logs; default `runs/NAME` in the working directory.

    Raises
    ------
    FileNotFoundError, ValueError, TypeError
        Missing file; a value out of range, an unknown or missing key (named in the message).
    """
    raw = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    name = raw.pop("name", Path(path).stem)
    stages = raw.pop("stages", [])
    if not isinstance(stages, list) or not all(isinstance(stage, dict) for stage in stages):
        raise ValueError("`stages` are tables, each under a line [[stages]].")
    if "model" not in raw:
        raise ValueError("`model` is missing: name one, or describe its network.")
    model = raw.pop("model")
    if isinstance(model, str):
        entry = registry.find(model)
        if entry is None:
            raise ValueError(f"there is no model named {model!r} to take the network from.")
        network = entry.config
    elif not isinstance(model, dict) or "network" not in model or "normalisation" not in raw:
        raise ValueError(
            "a model is described by the tables [model.network], [model.network.encoder] and [normalisation]."
        )
    else:
        encoder = expected(WTDiTConfig, model["network"], "[model.network]").get("encoder")
        expected(EncoderConfig, encoder, "[model.network.encoder]")
        expected(ModelConfig, model, "[model]", given=("normalisation",))
        normalisation = expected(Normalisation, table(raw, "normalisation"), "[normalisation]")
        network = ModelConfig.from_dict(model | {"normalisation": normalisation})
    optimiser = table(raw, "optimiser")
    if isinstance(optimiser.get("betas"), list):
        optimiser["betas"] = tuple(optimiser["betas"])
    parts = {
        "name": name,
        "state": Path(state) if state else Path("runs") / str(name),
        "model": network,
        "stages": tuple(StageConfig(**expected(StageConfig, stage, "[[stages]]")) for stage in stages),
        "data": DataConfig(**expected(DataConfig, table(raw, "data"), "[data]")),
        "objective": ObjectiveConfig(**expected(ObjectiveConfig, table(raw, "objective"), "[objective]")),
        "optimiser": OptimiserConfig(**expected(OptimiserConfig, optimiser, "[optimiser]")),
    }
    return TrainConfig(**parts, **expected(TrainConfig, raw, "A run", given=tuple(parts)))


def describe(config: TrainConfig) -> dict[str, Any]:
    """The run as plain JSON values, stored beside its weights."""
    plain = dataclasses.asdict(config)
    plain["state"] = str(config.state)
    return plain
