"""One family of fixtures: the whole network, the sampler and the decoded points."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from wt_backend.flow.noise import SampleShape, fill_invalid, seed_generators, start_noise
from wt_backend.flow.normalisation import OFFICIAL_MEDIAN_LOG, OFFICIAL_ZSCORE, Normalisation
from wt_backend.flow.sampler import OnStep, sample, velocity
from wt_backend.model.config import BLOCK_KINDS, EncoderConfig, WTDiTConfig
from wt_backend.model.wt_dit import Conditioning, WTDiT
from wt_backend.parity.ledger import Ledger

STATE = "sd."
TAPS = "last 4 blocks"
NORMALISATIONS = {
    "zscore": OFFICIAL_ZSCORE,
    "median_log": OFFICIAL_MEDIAN_LOG,
    "median_log_global": OFFICIAL_MEDIAN_LOG,
}


@dataclass(frozen=True)
class Inputs:
    """A family's inputs in our layout: rgb (B, T, 3, H, W), x (B, T, L, H, W, 3), mask (B, T, L, H, W)."""

    rgb: Tensor
    x: Tensor
    t: Tensor
    mask: Tensor
    noise: Tensor


def verify_family(ledger: Ledger, family: dict[str, Any]) -> None:
    """Compare everything that a family file holds."""
    _check_description(ledger, family)
    model = _model(ledger, family)
    batch, frames, size = family["batch"], family["frames"], family["image_size"]
    shape = (batch, frames, family["layers"], size, size)
    inputs = Inputs(
        rgb=ledger.take("in.rgb").reshape(batch, frames, 3, size, size),
        x=_points(ledger.take("in.x_t"), shape),
        t=ledger.take("in.t"),
        mask=ledger.take("in.mask").reshape(shape),
        noise=ledger.take("in.fill_noise").reshape(*shape, 3),
    )
    with ledger.part("network"), torch.inference_mode():
        _network(ledger, model, inputs)
    with ledger.part("sampler"), torch.inference_mode():
        _sampler(ledger, model, inputs, family)


def _check_description(ledger: Ledger, family: dict[str, Any]) -> None:
    """Note settings that no network here has: it would be compared as if it were another."""
    arguments = family["model_arguments"]
    every = list(range(arguments["num_decoder_blocks"] // BLOCK_KINDS))
    inserted = arguments.get("temporal_insert")
    if inserted is not None and list(inserted) != every:
        ledger.problems.append(
            f"{ledger.prefix}temporal_insert: {inserted} is not {every}, all global blocks"
        )
    taps = family["encoder_arguments"].get("taps", TAPS)
    if taps != TAPS:
        ledger.problems.append(f"{ledger.prefix}taps: {taps!r} is not {TAPS!r}")


def family_config(family: dict[str, Any]) -> WTDiTConfig:
    """The network that a family's description asks for."""
    arguments, encoder = family["model_arguments"], dict(family["encoder_arguments"])
    encoder.pop("taps", None)
    return WTDiTConfig(
        num_layers=arguments["num_layers"],
        image_size=family["image_size"],
        decoder_dim=arguments["decoder_embed_dim"],
        decoder_heads=arguments["num_decoder_heads"],
        decoder_blocks=arguments["num_decoder_blocks"],
        head_blocks=arguments["num_head_blocks"],
        layer_conditioning=arguments["layer_embed_mode"],
        temporal_blocks=arguments["temporal"],
        patch_size=arguments["patch_size"],
        encoder=EncoderConfig(**encoder),
    )


def family_normalisation(family: dict[str, Any]) -> Normalisation:
    """The released normalisation of an official mode name."""
    return NORMALISATIONS[family["xyz_norm_mode"]]


def _model(ledger: Ledger, family: dict[str, Any]) -> WTDiT:
    with torch.device("meta"):
        model = WTDiT(family_config(family))
    names = [name for name in ledger.golden if name.startswith(STATE)]
    model.load_state_dict({name[len(STATE) :]: ledger.take(name) for name in names}, assign=True)
    counted = sum(parameter.numel() for parameter in model.parameters())
    if counted != family.get("num_parameters", counted):
        ledger.problems.append(f"{ledger.prefix}{counted} parameters, not {family['num_parameters']}")
    return model.eval()


def _network(ledger: Ledger, model: WTDiT, inputs: Inputs) -> None:
    """Intermediate tensors and the velocity in every fill mode."""
    ledger.compare("mid.time_adaln", model.time_modulation(inputs.t)[:, None])
    with _recorded(model, ledger):
        cond = model.condition(inputs.rgb)
        filled = fill_invalid(inputs.x, inputs.mask, inputs.noise)
        ledger.compare("mid.tokens_in", model.input_tokens(filled, cond))
        ledger.compare("out.v_t", _velocity(model, inputs.x, filled, inputs.t, cond))
    zeros = fill_invalid(inputs.x, inputs.mask, inputs.x.new_zeros(()))
    ledger.compare("out.v_t_fill_zeros", _velocity(model, inputs.x, zeros, inputs.t, cond))
    ledger.compare("out.v_t_fill_none", _velocity(model, inputs.x, inputs.x, inputs.t, cond))
    if ledger.has("out.v_t_single_frame"):
        first = model.condition(inputs.rgb[:, :1])
        x, seen = inputs.x[:, :1], filled[:, :1]
        ledger.compare("out.v_t_single_frame", _velocity(model, x, seen, inputs.t, first))


def _velocity(model: WTDiT, x: Tensor, seen: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
    return velocity(x, model.predict_x0(seen, t, cond), t.view(-1, 1, 1, 1, 1, 1))


def _sampler(ledger: Ledger, model: WTDiT, inputs: Inputs, family: dict[str, Any]) -> None:
    """The run from the seed alone: start noise, fill noise, every state, decoded points."""
    shape, steps, seed = inputs.mask.shape, family["sampler_steps"], family["noise_seed"]
    final_mask = inputs.mask.cumprod(dim=2).bool()
    ledger.compare("out.mask", final_mask)
    cond = model.condition(inputs.rgb)
    normalisation = family_normalisation(family)
    runs = (
        ("in.x_T", "out.xyz", family.get("noise_time_corr") or 0.0),
        ("in.x_T_iid", "out.xyz_iid_prior", 0.0),
    )
    for start_name, points_name, correlation in runs:
        start = start_noise(SampleShape(*shape), seed_generators([seed]), correlation)
        ledger.compare(start_name, start.flatten(1, 2).movedim(-1, 1))
        wanted = (points_name, "out.trajectory", "in.step_fill_noise")
        if not any(map(ledger.has, wanted if start_name == "in.x_T" else wanted[:1])):
            continue
        states: list[Tensor] = []
        spy = _FillSpy(model)
        last = sample(
            spy,
            cond,
            inputs.mask,
            seed_generators([seed]),
            steps=steps,
            prior_correlation=correlation,
            on_step=_append_to(states),
        )
        xyz = normalisation.decode(last) * final_mask[..., None]
        ledger.compare(points_name, xyz)
        if start_name == "in.x_T":
            ledger.compare("out.trajectory", torch.stack(states))
            _compare_fill(ledger, spy.seen, inputs.mask)


def _append_to(states: list[Tensor]) -> OnStep:
    return lambda done, total, x: states.append(x)


class _FillSpy:
    """A model that remembers what it was shown."""

    def __init__(self, model: WTDiT) -> None:
        self.model = model
        self.seen: list[Tensor] = []

    def predict_x0(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        """Pass on to the model."""
        self.seen.append(x)
        return self.model.predict_x0(x, t, cond)


def _compare_fill(ledger: Ledger, seen: list[Tensor], mask: Tensor) -> None:
    """Fill noise shows at invalid pixels only; at valid ones the golden numbers stand in."""
    if not ledger.has("in.step_fill_noise"):
        return
    golden = ledger.golden["in.step_fill_noise"].reshape(len(seen), *mask.shape, 3)
    ledger.compare("in.step_fill_noise", torch.where(mask[None, ..., None], golden, torch.stack(seen)))


@contextmanager
def _recorded(model: WTDiT, ledger: Ledger) -> Iterator[None]:
    """Compare what passes through the blocks while the context is open."""
    head = model.net.latents_projection

    def output(name: str) -> Callable[..., None]:
        return lambda module, arguments, result: ledger.compare(name, result)

    def first_input(name: str) -> Callable[..., None]:
        return lambda module, arguments: ledger.compare(name, arguments[0])

    handles = [
        model.net.encoder.final_project.register_forward_pre_hook(first_input("mid.encoder_features")),
        model.net.encoder.register_forward_hook(output("mid.encoder_tokens")),
        head.register_forward_pre_hook(first_input("mid.decoder_out")),
    ]
    groups: list[tuple[str, nn.ModuleList]] = [
        ("decoder", model.net.decoder_blocks),
        ("head", head.geo_blocks),
    ]
    if model.config.temporal_blocks:
        groups.append(("temporal", model.temporal_blocks))
    for group, blocks in groups:
        handles += [block.register_forward_hook(output(f"mid.{group}.{i}")) for i, block in enumerate(blocks)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _points(channels_first: Tensor, shape: tuple[int, ...]) -> Tensor:
    """(B, 3, T·L, H, W) -> (B, T, L, H, W, 3)."""
    return channels_first.movedim(1, -1).reshape(*shape, 3)
