"""How far lower precision moves the numbers: on the fixtures' networks and on the shipped model.

    python -m bench.precision [FIXTURES]

Every row compares with float32 in the same run. "x0" is one network evaluation, root mean square of the
difference over that of the result; "depth" is a whole run of the shipped model from one seed, mean relative
difference of z over the masked points.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # runs as a script too

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from bench.solvers import Picture, sample_pictures
from wt_backend.checkpoints.load import load_model
from wt_backend.flow.noise import fill_invalid, seed_generators
from wt_backend.flow.sampler import sample
from wt_backend.model.config import WTDiTConfig
from wt_backend.model.layers import Linear
from wt_backend.model.precision import BRAIN, FULL, RELEASED, Policy, convert
from wt_backend.model.wt_dit import WTDiT
from wt_backend.parity.network import family_config

POLICIES = {
    "GPU bf16 (section 17)": RELEASED,
    "GPU bf16, head TF32 (emulated)": RELEASED,
    "GPU bf16, head bf16": replace(RELEASED, head=torch.bfloat16),
    "CPU bf16": BRAIN,
    "CPU bf16, head fp32": replace(BRAIN, head=torch.float32),
    "CPU bf16, encoder fp32": replace(BRAIN, encoder=torch.float32),
}


TF32 = "GPU bf16, head TF32 (emulated)"


def make(config: WTDiTConfig, state: dict[str, Tensor], label: str, policy: Policy) -> WTDiT:
    """A network with its own copy of the weights."""
    model = WTDiT(replace(config, rounded_rope=policy.encoder == torch.float16))
    model.load_state_dict(state)
    convert(model.eval(), policy)
    if label == TF32:
        for module in model.net.latents_projection.modules():
            if isinstance(module, Linear):
                module.weight.data = rounded_to_tf32(module.weight.data)
                module.register_forward_pre_hook(lambda module, inputs: rounded_to_tf32(inputs[0]))
    return model


def rounded_to_tf32(x: Tensor) -> Tensor:
    """float32 with 10 bits of mantissa, as a tensor core reads its operands."""
    return ((x.float().contiguous().view(torch.int32) + 0x1000) & ~0x1FFF).view(torch.float32)


@torch.inference_mode()
def fixtures(folder: Path) -> None:
    """Every family's network on its own inputs."""
    description = json.loads((folder / "golden.json").read_text(encoding="utf-8"))
    for name, family in description["families"].items():
        golden = load_file(folder / family["file"])
        state = {key[3:]: value for key, value in golden.items() if key.startswith("sd.")}
        size = family["image_size"]
        shape = (family["batch"], family["frames"], family["layers"], size, size)
        x = golden["in.x_t"].movedim(1, -1).reshape(*shape, 3)
        x = fill_invalid(x, golden["in.mask"].reshape(shape), golden["in.fill_noise"].reshape(x.shape))
        rgb = golden["in.rgb"].reshape(*shape[:2], 3, size, size)

        results = {}
        for label, policy in {"exact": FULL, **POLICIES}.items():
            model = make(family_config(family), state, label, policy)
            results[label] = model.predict_x0(x, golden["in.t"], model.condition(rgb))
        exact = results.pop("exact")
        for label, result in results.items():
            difference = (result - exact).square().mean().sqrt() / exact.square().mean().sqrt()
            print(f"{name:9} {label:30} x0 {difference.item():.2e}", flush=True)


@torch.inference_mode()
def shipped() -> None:
    """wt-mini on the bundled photographs, with their modes' default steps."""
    loaded = load_model("wt-mini", device="cpu", dtype=torch.float32)
    config, state = loaded.entry.config, loaded.model.state_dict()
    pictures = sample_pictures(loaded.entry)

    def depths(label: str, policy: Policy) -> list[Tensor]:
        model = make(config.network, state, label, policy)
        return [_depth(model, picture) for picture in pictures]

    def _depth(model: WTDiT, picture: Picture) -> Tensor:
        points = sample(
            model,
            model.condition(picture.rgb),
            picture.mask,
            seed_generators([42]),
            steps=loaded.entry.steps[picture.mode],
            solver=loaded.entry.solver,
        )
        return config.normalisation.decode(points)[..., 2][picture.mask]

    exact = depths("exact", FULL)
    for label, policy in POLICIES.items():
        moved = [
            ((z - reference).abs() / reference).mean().item()
            for z, reference in zip(depths(label, policy), exact, strict=True)
        ]
        print(f"wt-mini   {label:30} depth {np.mean(moved):.2e}", flush=True)


def main(argv: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="bench precision", description=__doc__)
    parser.add_argument("fixtures", nargs="?", type=Path, help="folder of golden.json")
    arguments = parser.parse_args(argv)
    if arguments.fixtures:
        fixtures(arguments.fixtures)
    shipped()
    return 0


if __name__ == "__main__":
    sys.exit(main())
